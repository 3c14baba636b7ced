"""Bare numbers: what makes "three" a time of day, and "the third or fourth" two days."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.speech.agreement import Both
from sched_agent.speech.clocks import Clock, clock
from sched_agent.speech.dates import Shifted, Weekday
from sched_agent.speech.months import DayOfMonth, Exact, MonthDay, Numeric
from sched_agent.speech.said import DayPart, Elapsed, Item, Length, Word
from sched_agent.speech.slots import Slots
from sched_agent.speech.tokens import Kind

CONTINUED = frozenset({Word.OR, Word.CORRECTION, Word.NO})
_OPENING = CONTINUED | {Word.NOTHING}


class Bare:
    """What bare numbers of a phrase mean beside what else was said.

    Args:
        slots: The words.
        leaves_room: Whether what follows a word lets an ordinal before it be a day.
    """

    def __init__(self, slots: Slots, leaves_room: Callable[[int], bool]) -> None:
        self.slots = slots
        self.leaves_room = leaves_room

    def item(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare number that no wording takes, if it is a time all the same."""
        return self._lasting(at, before) or self._beside(at, before) or self._alone(at, before)

    def continued(self, at: int, before: Sequence[Item], longest: int, found: Any) -> Item | None:
        """Return a bare number after "or" and "no wait" as what came before: "at three or four".

        Args:
            at: Where it stands.
            before: What was said before it.
            longest: Where the longest wording ends that begins there ...
            found: ... and what that means.
        """
        if len(before) < 2 or before[-1].meaning not in CONTINUED or before[-1].end != at:
            return None
        known = before[-2].meaning
        if isinstance(known, Length):
            return self._length(at)
        if isinstance(known, Clock):
            hours = [(e, h) for e, h in self.slots.of("hour", at) if self.slots.stands_alone(e)]
            return next((Item(h, at, e) for e, h in hours if e > longest), None)
        if isinstance(found, DayOfMonth | MonthDay | Both):
            return None
        for end, number in self.slots.of("d", at):
            if self.slots.stands_alone(end) and (more := _as_many(known, number)) is not None:
                return Item(more, at, end)
        return None

    def _length(self, at: int) -> Item | None:
        return next((Item(Length(n), at, end) for end, n in self.slots.of("length", at)), None)

    def _lasting(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return how long something takes that begins at the time just said: "at 3, 45 minutes"."""
        if before and before[-1].end == at and isinstance(before[-1].meaning, Clock):
            return self._length(at)
        return None

    def _alone(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare hour that is all that was said, or the first of two: "three or four"."""
        if not self._opens(at, before):
            return None
        for end, number in self.slots.of("h", at):
            time = clock(number)
            if time is None or not 1 <= number <= 12 or not self.slots.stands_alone(end):
                continue
            if end == len(self.slots.tokens) or self._another(end):
                return Item(time, at, end)
        return None

    def _opens(self, at: int, before: Sequence[Item]) -> bool:
        """Whether nothing was said before but yes, no, sorry."""
        said = all(item.meaning in _OPENING for item in before)
        return said and at == (before[-1].end if before else 0)

    def _another(self, at: int) -> bool:
        """Whether an "or" and another hour follow."""
        ors = [after for after, value in self.slots.of("item", at) if value is Word.OR]
        hours = [e for after in ors for e, _ in self.slots.of("hour", after)]
        return any(self.slots.of("clock", after) for after in ors) or any(
            self.slots.stands_alone(end) for end in hours
        )

    def _beside(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare number right beside a day as its hour: "Tuesday three", "three Tuesday"."""
        follows = bool(before) and before[-1].end == at and _is_day(before[-1].meaning)
        weekday = follows and isinstance(before[-1].meaning, Weekday)
        opens = self._opens(at, before)
        if self.slots.tokens[at].kind is Kind.ORDINAL:
            number = self.slots.tokens[at].value[0]
            day = opens and self.slots.lexicon.ordinal_days and self.leaves_room(at + 1)
            return Item(DayOfMonth(number), at, at + 1) if day and 1 <= number <= 31 else None
        for end, number in self.slots.of("m", at):
            if not self.slots.stands_alone(end):
                continue
            if weekday and 12 < number <= 31:
                return Item(DayOfMonth(number), at, end)
            time = clock(number) if 1 <= number <= 12 else None
            leads = opens and number > 1 and self._day_follows(end)
            if time is not None and (follows or leads):
                return Item(time, at, end)
        return None

    def _day_follows(self, at: int) -> bool:
        linked = at + (self.slots.words[at : at + 1] != [] and self._links(at))
        return any(
            _is_day(value)
            for start in {at, linked}
            for category in ("day", "item")
            for _, value in self.slots.of(category, start)
        )

    def _links(self, at: int) -> bool:
        return self.slots.words[at] in self.slots.lexicon.follows


def _as_many(known: Any, number: int) -> DayOfMonth | MonthDay | Elapsed | Shifted | None:
    """Return what a number after "or" means: the 3rd or 4th, an hour or two."""
    if isinstance(known, DayOfMonth):
        return DayOfMonth(number) if 1 <= number <= 31 else None
    if isinstance(known, MonthDay):
        return replace(known, day=number) if 1 <= number <= 31 else None
    if isinstance(known, Elapsed):
        return Elapsed(number * (60 if known.minutes % 60 == 0 else 1))
    if isinstance(known, Shifted) and known.after is None and known.days > 0:
        return Shifted(number * (7 if known.days % 7 == 0 else 1))
    return None


def _is_day(meaning: Any) -> bool:
    single = Weekday | Shifted | MonthDay | DayOfMonth | Both | Numeric | Exact | DayPart
    return isinstance(meaning, single)
