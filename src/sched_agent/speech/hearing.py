"""Finding the times in what was said: the longest wording at each word, the rest passed over."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sched_agent.speech.bare import CONTINUED, Bare
from sched_agent.speech.clocks import Between, Clock
from sched_agent.speech.dates import Weekday
from sched_agent.speech.lexicon import Lexicon
from sched_agent.speech.months import DayOfMonth, Month, MonthDay
from sched_agent.speech.said import Item, Word
from sched_agent.speech.slots import NUMERIC, Slots
from sched_agent.speech.tokens import Kind, Token

_STARTERS = ("day", "item", "clock", "part")
_LONGEST_DASH = 8 * 60  # "9-5" are hours; "3-12" is rather a date


class Hearing:
    """One phrase, heard in one language."""

    def __init__(self, lexicon: Lexicon, tokens: Sequence[Token]) -> None:
        self.lexicon = lexicon
        self.slots = Slots(lexicon, tokens)
        self.tokens, self.words = self.slots.tokens, self.slots.words
        self.bare = Bare(self.slots, self._leaves_room)

    @cached_property
    def items(self) -> Sequence[Item]:
        """Return what was said, in its order."""
        items: list[Item] = []
        at = 0
        while at < len(self.tokens):
            item = self._item(at, items)
            if item is not None:
                items.append(item)
                at = item.end
            else:
                at += 1
        return [item for n, item in enumerate(items) if self._counts(items, n)]

    def _item(self, at: int, before: Sequence[Item]) -> Item | None:
        found = [
            (end, -rank, value)
            for rank, category in enumerate(_STARTERS)
            for end, value in self.slots.of(category, at)
            if self._fits(value, at, end, before)
        ]
        end, _, value = max(found, key=lambda one: one[:2]) if found else (at, 0, None)
        continued = self.bare.continued(at, before, end, value)
        if continued is not None:
            return continued
        if value is None:
            return self.bare.item(at, before)
        if isinstance(value, Between) and value.may_move:
            value = self._spoken_to(at, end) or value
        return Item(value, at, end)

    def _spoken_to(self, at: int, end: int) -> Clock | None:
        """Return "ten to nine" as the time that it is; in figures it goes from ten to nine."""
        if self.tokens[at].kind is not Kind.WORD:
            return None
        clocks = (v for e, v in self.slots.of("clock", at) if e == end and v.minutes % 5 == 0)
        return next(clocks, None)

    def _fits(self, value: Any, at: int, end: int, before: Sequence[Item]) -> bool:
        """Whether the words around it leave it what it seems to be."""
        if isinstance(value, Clock | MonthDay | DayOfMonth) and self._is_address(end):
            return False
        if isinstance(value, Clock):
            heard = before[-1].end if before else 0
            number_before = at > heard and self.tokens[at - 1].kind in NUMERIC
            return not number_before and self.slots.stands_alone(end) and not self._eats_day(end)
        if value is Word.NO:  # "no, Tuesday" names the day that "no Tuesday" rules out
            return end == len(self.tokens) or self.words[end] != ","
        if isinstance(value, Between):
            return self._is_stretch(value, end)
        if isinstance(value, DayOfMonth):
            later = (e for start in range(at + 1, end) for e, _ in self.slots.of("day", start))
            return self._leaves_room(end) and all(e <= end for e in later)
        if isinstance(value, MonthDay) and self.tokens[end - 1].kind is Kind.NUMBER:
            return not any(v.half for e, v in self.slots.of("clock", end - 1) if e > end)
        if isinstance(value, Weekday) and self.words[at] in self.lexicon.ordinals:
            return end == len(self.tokens) or self.words[end] not in self.lexicon.counted
        return True

    def _is_stretch(self, value: Between, end: int) -> bool:
        """Whether the end of a stretch of the day is an hour: not "before three people"."""
        if self.tokens[end - 1].kind is Kind.CLOCK:
            return True
        bare = isinstance(value.start, Clock) and value.start.bare and self.words[end - 2] == "-"
        if bare and isinstance(value.end, Clock) and value.end.bare:
            start, last, _ = value.read(None)
            if last - start > _LONGEST_DASH:
                return False
        return self.slots.stands_alone(end)

    def _eats_day(self, end: int) -> bool:
        """Whether the minutes of a time are the day of a date: "at ten 24 november"."""
        if end < 2 or self.tokens[end - 1].kind is not Kind.NUMBER:
            return False
        follows_number = self.tokens[end - 2].kind is Kind.NUMBER or (
            self.words[end - 2] in self.lexicon.cardinals
        )
        return follows_number and any(e > end for e, _ in self.slots.of("day", end - 1))

    def _is_address(self, end: int) -> bool:
        """Whether what follows makes it a place: "at 330 Main Street"."""
        return any(word in self.lexicon.places for word in self.words[end : end + 3])

    def _leaves_room(self, end: int) -> bool:
        """Whether what follows "the third" lets it be a day: not "the third floor"."""
        if end == len(self.tokens) or self.words[end] in self.lexicon.follows:
            return True
        return self.tokens[end].kind in NUMERIC or any(
            not isinstance(value, Word)
            for category in _STARTERS
            for _, value in self.slots.of(category, end)
        )

    def _counts(self, items: Sequence[Item], n: int) -> bool:
        """Whether a name that is another word as well ("may", "sat") is meant as a time."""
        item = items[n]
        token = self.tokens[item.start]
        after = n > 0 and items[n - 1].meaning in CONTINUED
        digits = token.kind is Kind.NUMBER and len(token.text) > 2 and not after
        if item.end - item.start > 1 or not (digits or token.text in self.lexicon.weak):
            return True
        if len(self.tokens) == 1:
            return True
        if isinstance(item.meaning, Month):
            return False
        near = (items[n - 1] if n else None, items[n + 1] if n + 1 < len(items) else None)
        return any(
            other is not None
            and not isinstance(other.meaning, Word)
            and self.words[other.start] not in self.lexicon.weak
            and min(abs(other.start - item.end), abs(item.start - other.end)) <= 1
            for other in near
        )
