"""Finding the times in what was said: the longest wording at each word, the rest passed over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from sched_agent.speech.agreement import Both
from sched_agent.speech.clocks import Between, Clock, clock, within
from sched_agent.speech.dates import Shifted, Weekday
from sched_agent.speech.grammar import CONSTRUCTIONS
from sched_agent.speech.lexicon import Lexicon
from sched_agent.speech.months import DayOfMonth, Exact, Month, MonthDay, Numeric
from sched_agent.speech.said import Elapsed, Item, Length, Word
from sched_agent.speech.tokens import Kind, Token

Found = Sequence[tuple[int, Any]]
_STARTERS = ("day", "item", "clock", "part")
_CONTINUED = frozenset({Word.OR, Word.CORRECTION, Word.NO})
_NUMERIC = frozenset({Kind.NUMBER, Kind.CLOCK})


class Hearing:
    """One phrase, heard in one language."""

    def __init__(self, lexicon: Lexicon, tokens: Sequence[Token]) -> None:
        self.lexicon = lexicon
        self.tokens = _cleaned(lexicon, tokens)
        self._words = [token.text for token in self.tokens]
        self._known: dict[tuple[str, int], Found] = {}

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
        continued = self._continued(at, before)
        if continued is not None:
            return continued
        found = [
            (end, -rank, value)
            for rank, category in enumerate(_STARTERS)
            for end, value in self._slots(category, at)
            if self._fits(category, value, at, end, before)
        ]
        if found:
            end, _, value = max(found, key=lambda one: one[:2])
            if isinstance(value, Between) and value.may_move:
                value = self._spoken_to(at, end) or value
            return Item(value, at, end)
        return self._lasting(at, before) or self._beside(at, before) or self._alone(at, before)

    def _lasting(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return how long something takes that begins at the time just said: "at 3, 45 minutes"."""
        if before and before[-1].end == at and isinstance(before[-1].meaning, Clock):
            return next((Item(Length(n), at, end) for end, n in self._slots("length", at)), None)
        return None

    def _spoken_to(self, at: int, end: int) -> Clock | None:
        """Return "ten to nine" as the time that it is; in figures it goes from ten to nine."""
        if self.tokens[at].kind is not Kind.WORD:
            return None
        clocks = (v for e, v in self._slots("clock", at) if e == end and v.minutes % 5 == 0)
        return next(clocks, None)

    def _alone(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare hour that is all that was said, or the first of two: "three or four pm"."""
        for end, number in self._slots("h", at):
            time = clock(number)
            if time is None or not 1 <= number <= 12 or not self._stands_alone(at, end):
                continue
            words_only = all(isinstance(item.meaning, Word) for item in before)
            if words_only and end == len(self.tokens) and at == (before[-1].end if before else 0):
                return Item(time, at, end)
            ors = [after for after, value in self._slots("item", end) if value is Word.OR]
            if any(self._slots("clock", after) for after in ors):
                return Item(time, at, end)
        return None

    def _beside(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare number right beside a day as its hour: "Tuesday three", "three Tuesday"."""
        follows = bool(before) and before[-1].end == at and _is_day(before[-1].meaning)
        weekday = follows and isinstance(before[-1].meaning, Weekday)
        for end, number in self._slots("d", at):
            if not self._stands_alone(at, end) or self.tokens[at].kind is Kind.ORDINAL:
                continue
            if weekday and 12 < number <= 31:
                return Item(DayOfMonth(number), at, end)
            time = clock(number) if 1 <= number <= 12 else None
            linked = end + (end < len(self.tokens) and self._words[end] in self.lexicon.follows)
            days = [v for start in {end, linked} for _, v in self._slots("day", start)]
            leads = at == 0 and number > 1 and any(map(_is_day, days))
            if time is not None and (follows or leads):
                return Item(time, at, end)
        return None

    def _continued(self, at: int, before: Sequence[Item]) -> Item | None:
        """Return a bare number after "or" and "no wait" as what came before: "at three or four"."""
        if len(before) < 2 or before[-1].meaning not in _CONTINUED or before[-1].end != at:
            return None
        known = before[-2].meaning
        if isinstance(known, Length):
            return next((Item(Length(n), at, end) for end, n in self._slots("length", at)), None)
        if isinstance(known, Clock) and (self._slots("clock", at) or self._slots("item", at)):
            return None
        if isinstance(known, Clock):
            hours = self._slots("hour", at)
            return next((Item(h, at, e) for e, h in hours if self._stands_alone(at, e)), None)
        for end, number in self._slots("d", at):
            if self._stands_alone(at, end):
                if isinstance(known, DayOfMonth) and 1 <= number <= 31:
                    return Item(DayOfMonth(number), at, end)
                if isinstance(known, MonthDay) and 1 <= number <= 31:
                    return Item(replace(known, day=number), at, end)
                if (more := _as_many(known, number)) is not None:
                    return Item(more, at, end)
        return None

    def _fits(self, category: str, value: Any, at: int, end: int, before: Sequence[Item]) -> bool:
        """Whether the words around it leave it what it seems to be."""
        if isinstance(value, Clock | MonthDay | DayOfMonth) and self._is_address(end):
            return False
        if isinstance(value, Clock):
            heard = before[-1].end if before else 0
            number_before = at > heard and self.tokens[at - 1].kind in _NUMERIC
            return not number_before and self._stands_alone(at, end)
        if value is Word.NO:  # "no, Tuesday" names the day that "no Tuesday" rules out
            return end == len(self.tokens) or self._words[end] != ","
        if isinstance(value, Between):
            return self.tokens[end - 1].kind is Kind.CLOCK or self._stands_alone(at, end)
        if isinstance(value, DayOfMonth):
            return self._leaves_room(at, end)
        if isinstance(value, MonthDay) and self.tokens[end - 1].kind is Kind.NUMBER:
            return not any(v.half for e, v in self._slots("clock", end - 1) if e > end)
        if isinstance(value, Both) and isinstance(value.refs[1], DayOfMonth):
            return not any(self._runs_on(number, end) for number in range(at + 1, end))
        if isinstance(value, Weekday) and self._words[at] in self.lexicon.ordinals:
            return end == len(self.tokens) or self._words[end] not in self.lexicon.counted
        return True

    def _is_address(self, end: int) -> bool:
        """Whether what follows makes it a place: "at 330 Main Street"."""
        return any(word in self.lexicon.places for word in self._words[end : end + 3])

    def _stands_alone(self, at: int, end: int) -> bool:
        """Whether no other number and nothing that is counted follows: "three people"."""
        if end == len(self.tokens) or self._slots("length", end):
            return True
        return self.tokens[end].kind is not Kind.NUMBER and (
            self._words[end] not in self.lexicon.counted
            and self._words[end] not in self.lexicon.cardinals
        )

    def _runs_on(self, at: int, end: int) -> bool:
        """Whether a time of day begins at a word and goes on after another."""
        return any(after > end for after, _ in self._slots("time", at))

    def _leaves_room(self, at: int, end: int) -> bool:
        """Whether what follows "the third" lets it be a day: not "the third floor"."""
        if end == len(self.tokens) or self._words[end] in self.lexicon.follows:
            return True
        return self.tokens[end].kind in _NUMERIC or any(
            not isinstance(value, Word)
            for category in _STARTERS
            for _, value in self._slots(category, end)
        )

    def _counts(self, items: Sequence[Item], n: int) -> bool:
        """Whether a name that is another word as well ("may", "sat") is meant as a time."""
        item = items[n]
        token = self.tokens[item.start]
        after = n > 0 and items[n - 1].meaning in _CONTINUED
        weak = (token.kind is Kind.NUMBER and not after) or token.text in self.lexicon.weak
        if not weak or item.end - item.start > 1 or len(self.tokens) == 1:
            return True
        if isinstance(item.meaning, Month):
            return False
        near = (items[n - 1] if n else None, items[n + 1] if n + 1 < len(items) else None)
        return any(
            other is not None
            and not isinstance(other.meaning, Word)
            and self._words[other.start] not in self.lexicon.weak
            and min(abs(other.start - item.end), abs(item.start - other.end)) <= 1
            for other in near
        )

    def _slots(self, name: str, at: int) -> Found:
        """Return what a slot may be filled with from a word on: where it ends, and the value."""
        key = (name, at)
        if key not in self._known:
            self._known[key] = ()  # a wording that begins with its own category ends here
            if at >= len(self.tokens):
                return ()
            token = self.tokens[at]
            if token.kind is Kind.WORD and token.text not in self.lexicon.beginnings[name]:
                return ()
            lexical = _LEXICAL.get(name)
            if lexical is not None:
                self._known[key] = lexical(self, at)
            else:
                self._known[key] = self._constructed(name, at)
        return self._known[key]

    def _constructed(self, category: str, at: int) -> Found:
        ranked: list[tuple[int, int, Any]] = []
        constructions, wordings = CONSTRUCTIONS[category], self.lexicon.wordings[category]
        for end, (rank, name), slots in wordings.matches(self._words, at, self._slots):
            construction, *names = name.split()
            arguments = [self.lexicon.parts.get(one, one) for one in names]
            value = constructions[construction](*arguments, **slots)
            if value is not None:
                ranked.append((-end, rank, value))
        ranked.sort(key=lambda one: one[:2])
        found = [(-end, value) for end, _, value in ranked]
        if category == "clock":  # an hour is a time of day when its half is said: "three pm"
            halved = [self._with_half(end, value) for end, value in found]
            hours = [self._with_half(end, value) for end, value in self._slots("hour", at)]
            return [*halved, *((end, value) for end, value in hours if value.half)]
        return found

    def _with_half(self, end: int, time: Clock) -> tuple[int, Clock]:
        """Return a clock time with the "pm" or the part of the day that follows it."""
        if end < len(self.tokens) and time.bare:
            half = self.lexicon.halves.get(self._words[end])
            if half is not None:
                return end + 1, replace(time, half=half)
            parts = [(e, part) for e, part in self._slots("part", end) if part.half]
            if parts:
                after, part = max(parts, key=lambda one: one[0])
                return after, within(time, part)
        return end, time

    def _times(self, at: int) -> Found:
        """Return clock times, bare hours among them, each with its half of the day."""
        hours = [self._with_half(end, value) for end, value in self._slots("hour", at)]
        return [*self._slots("clock", at), *hours]

    def _cardinals(self, at: int) -> Found:
        token, known = self.tokens[at], self.lexicon.cardinals
        if token.kind is Kind.NUMBER:
            return [(at + 1, token.value[0])]
        value = known.get(token.text)
        if value is None:
            return ()
        found = [(at + 1, value)]
        if value >= 20 and value % 10 == 0:
            for after in self._joined(at + 1):
                ones = known.get(self._words[after], 0)
                if 0 < ones < 10:
                    found.insert(0, (after + 1, value + ones))
        return found

    def _joined(self, at: int) -> Sequence[int]:
        """Return where the ones may stand after the tens."""
        if at >= len(self.tokens):
            return ()
        if self._words[at] in self.lexicon.joins:
            return (at + 1,) if at + 1 < len(self.tokens) else ()
        return (at,) if "" in self.lexicon.joins else ()

    def _ordinals(self, at: int) -> Found:
        token, known = self.tokens[at], self.lexicon.ordinals
        if token.kind is Kind.ORDINAL:
            return [(at + 1, token.value[0])]
        if token.text in known:
            return [(at + 1, known[token.text])]
        tens = self.lexicon.cardinals.get(token.text, 0)
        if tens not in {20, 30} or at + 1 >= len(self.tokens):
            return ()
        ones = known.get(self._words[at + 1], 0)
        return [(at + 2, tens + ones)] if 0 < ones < 10 else ()

    def _hours(self, at: int) -> Found:
        return [(end, n) for end, n in self._cardinals(at) if 0 <= n <= 24]

    def _minutes(self, at: int) -> Found:
        return [(end, n) for end, n in self._cardinals(at) if 1 <= n <= 59]

    def _two_digits(self, at: int) -> Found:
        """Return minutes after an hour: 05, or ten and more, never "nine five"."""
        two = len(self.tokens[at].text) == 2 and self.tokens[at].kind is Kind.NUMBER
        return [(end, n) for end, n in self._cardinals(at) if (n >= 10 or two) and n < 60]

    def _days(self, at: int) -> Found:
        words = self.lexicon.ordinal_days or self.tokens[at].kind is Kind.ORDINAL
        ordinals = [(end, n) for end, n in self._ordinals(at) if words or n == 1]
        return [*ordinals, *self._cardinals(at)]

    def _counted(self, at: int) -> Found:
        count = self.lexicon.counts.get(self._words[at])
        counts = [] if count is None else [(at + 1, count)]
        return [*counts, *((end, n) for end, n in self._cardinals(at) if 0 < n < 1000)]

    def _years(self, at: int) -> Found:
        token = self.tokens[at]
        if token.kind is Kind.NUMBER:
            return [(at + 1, token.value[0])] if 1900 <= token.value[0] < 2200 else ()
        found = []
        for end, century in self._cardinals(at):
            if (
                century == 2
                and end < len(self.tokens)
                and self._words[end] in self.lexicon.thousand
            ):
                skip = (
                    end + 1 + (self._words[end + 1 : end + 2] in [[j] for j in self.lexicon.joins])
                )
                found += [(e, 2000 + n) for e, n in self._cardinals_at(skip) if n < 100]
                found.append((end + 1, 2000))
            if century in {19, 20, 21}:
                found += [
                    (e, century * 100 + n) for e, n in self._cardinals_at(end) if 10 <= n < 100
                ]
        return found

    def _cardinals_at(self, at: int) -> Found:
        return self._cardinals(at) if at < len(self.tokens) else ()

    def _written(self, at: int) -> Found:
        token = self.tokens[at]
        if token.kind is not Kind.CLOCK:
            return ()
        hour, minute, leading_zero = token.value
        time = clock(hour, minute, exact=bool(leading_zero))
        return [] if time is None else [(at + 1, time)]

    def _digits(self, at: int) -> Found:
        token = self.tokens[at]
        written = token.kind is Kind.NUMBER and 3 <= len(token.text) <= 4
        return [(at + 1, token.value[0])] if written else ()

    def _of_kind(self, kind: Kind, at: int) -> Found:
        token = self.tokens[at]
        return [(at + 1, token.value)] if token.kind is kind else ()

    def _named(self, names: Mapping[str, Any], at: int) -> Found:
        value = names.get(self._words[at])
        return () if value is None else [(at + 1, value)]


_LEXICAL: Mapping[str, Callable[[Hearing, int], Found]] = {
    "h": Hearing._hours,
    "m": Hearing._minutes,
    "mm": Hearing._two_digits,
    "d": Hearing._days,
    "n": Hearing._counted,
    "ordinal": Hearing._ordinals,
    "year": Hearing._years,
    "hm": Hearing._written,
    "hhmm": Hearing._digits,
    "time": Hearing._times,
    "numeric": lambda hearing, at: hearing._of_kind(Kind.DATE, at),
    "iso": lambda hearing, at: hearing._of_kind(Kind.ISO_DATE, at),
    "weekday": lambda hearing, at: hearing._named(hearing.lexicon.weekdays, at),
    "month": lambda hearing, at: hearing._named(hearing.lexicon.months, at),
    "p": lambda hearing, at: [
        (end, hearing.lexicon.parts[name])
        for end, name in hearing._named(hearing.lexicon.part_words, at)
    ],
}


def _as_many(known: Any, number: int) -> Elapsed | Shifted | None:
    """Return so many of the hours, days or weeks that were said before: "an hour or two"."""
    if isinstance(known, Elapsed):
        return Elapsed(number * (60 if known.minutes % 60 == 0 else 1))
    if isinstance(known, Shifted) and known.after is None and known.days > 0:
        return Shifted(number * (7 if known.days % 7 == 0 else 1))
    return None


def _is_day(meaning: Any) -> bool:
    return isinstance(meaning, Weekday | Shifted | MonthDay | DayOfMonth | Both | Numeric | Exact)


def _cleaned(lexicon: Lexicon, tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens without fillers, a dash only between two times, a comma after the first."""
    spoken = [
        token
        for n, token in enumerate(tokens)
        if token.text not in lexicon.fillers and (token.text != "," or n == 1)
    ]
    return _respelled(
        lexicon,
        [
            token
            for n, token in enumerate(spoken)
            if token.text != "-" or _is_range(lexicon, spoken[:n], spoken[n + 1 :])
        ],
    )


def _respelled(lexicon: Lexicon, tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens with two that are written for one replaced: "2a feira" is Monday."""
    words: list[Token] = []
    for token in tokens:
        both = (words[-1].text, token.text) if words else ()
        if (known := lexicon.spellings.get(both)) is not None:
            words[-1] = Token(known, Kind.WORD)
        else:
            words.append(token)
    return words


def _is_range(lexicon: Lexicon, before: Sequence[Token], after: Sequence[Token]) -> bool:
    if not before or not after:
        return False
    if before[-1].text in lexicon.weekdays and after[0].text in lexicon.weekdays:
        return True
    timed = (
        before[-1].kind in _NUMERIC or before[-1].text in lexicon.halves or before[-1].text == "h"
    )
    return timed and after[0].kind in _NUMERIC
