"""What each word of a phrase may begin: numbers, names, and the wordings made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.speech.agreement import Both
from sched_agent.speech.clocks import NOON, Clock, clock, within
from sched_agent.speech.grammar import CONSTRUCTIONS
from sched_agent.speech.lexicon import Lexicon
from sched_agent.speech.months import DayOfMonth
from sched_agent.speech.tokens import Kind, Token

Found = Sequence[tuple[int, Any]]
NUMERIC = frozenset({Kind.NUMBER, Kind.CLOCK})


class Slots:
    """The words of one phrase in one language, and what may begin at each of them."""

    def __init__(self, lexicon: Lexicon, tokens: Sequence[Token]) -> None:
        self.lexicon = lexicon
        self.tokens = cleaned(lexicon, tokens)
        self.words = [token.text for token in self.tokens]
        self._known: dict[tuple[str, int], Found] = {}

    def of(self, name: str, at: int) -> Found:
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
        for end, (rank, name), slots in wordings.matches(self.words, at, self.of):
            construction, *names = name.split()
            arguments = [self.lexicon.parts.get(one, one) for one in names]
            value = constructions[construction](*arguments, **slots)
            if value is not None:
                ranked.append((-end, rank, value))
        ranked.sort(key=lambda one: one[:2])
        found = [(-end, value) for end, _, value in ranked]
        if category == "clock":  # an hour is a time of day when its half is said: "three pm"
            hours = [one for one in self._halved(self.of("hour", at)) if one[1].half]
            return [*self._halved(found), *hours]
        if category == "day":
            return [one for one in found if not self._is_hour(at, *one)]
        return found

    def _is_hour(self, at: int, end: int, value: Any) -> bool:
        """Whether the number after a weekday is its hour: "Friday ten to nine" is not the 10th."""
        if not (isinstance(value, Both) and isinstance(value.refs[1], DayOfMonth)):
            return False
        starts = range(at + 1, end)
        return any(after > end for number in starts for after, _ in self.of("time", number))

    def stands_alone(self, end: int) -> bool:
        """Whether no other number and nothing that is counted follows: "three people"."""
        if end == len(self.tokens) or self.of("length", end):
            return True
        if any(after > end + 1 for after, _ in self.of("day", end)):
            return True
        return self.tokens[end].kind is not Kind.NUMBER and (
            self.words[end] not in self.lexicon.counted
            and self.words[end] not in self.lexicon.cardinals
        )

    def _halved(self, times: Found) -> list[tuple[int, Clock]]:
        found = [self._with_half(end, time) for end, time in times]
        return [one for one in found if one is not None]

    def _with_half(self, end: int, time: Clock) -> tuple[int, Clock] | None:
        """Return a clock time with the "pm" or the part of the day that follows it.

        "15 pm" says it twice; "15 am" is no time.
        """
        if end == len(self.tokens) or time.half is not None:
            return end, time
        half = self.lexicon.halves.get(self.words[end])
        if half is not None and time.exact:
            return (end + 1, time) if half == "pm" or time.minutes < NOON else None
        if half is not None:
            return end + 1, replace(time, half=half)
        parts = [(e, part) for e, part in self.of("part", end) if part.half]
        if time.bare and parts:
            after, part = max(parts, key=lambda one: one[0])
            if part.half == "am" or part.takes(time):
                return after, within(time, part)
        return end, time

    def _times(self, at: int) -> Found:
        """Return clock times, bare hours among them, each with its half of the day."""
        return [*self.of("clock", at), *self._halved(self.of("hour", at))]

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
                ones = known.get(self.words[after], 0)
                if 0 < ones < 10:
                    found.insert(0, (after + 1, value + ones))
        return found

    def _joined(self, at: int) -> Sequence[int]:
        """Return where the ones may stand after the tens."""
        if at >= len(self.tokens):
            return ()
        if self.words[at] in self.lexicon.joins:
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
        ones = known.get(self.words[at + 1], 0)
        return [(at + 2, tens + ones)] if 0 < ones < 10 else ()

    def _hours(self, at: int) -> Found:
        if self.words[at] in self.lexicon.no_hours:
            return ()
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
        count = self.lexicon.counts.get(self.words[at])
        counts = [] if count is None else [(at + 1, count)]
        return [*counts, *((end, n) for end, n in self._cardinals(at) if 0 < n < 1000)]

    def _years(self, at: int) -> Found:
        token = self.tokens[at]
        if token.kind is Kind.NUMBER:
            return [(at + 1, token.value[0])] if 1900 <= token.value[0] < 2200 else ()
        found = []
        for end, century in self._cardinals(at):
            if century == 2 and end < len(self.tokens) and self.words[end] in self.lexicon.thousand:
                skip = (
                    end + 1 + (self.words[end + 1 : end + 2] in [[j] for j in self.lexicon.joins])
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
        value = names.get(self.words[at])
        return () if value is None else [(at + 1, value)]


_LEXICAL: Mapping[str, Callable[[Slots, int], Found]] = {
    "h": Slots._hours,
    "m": Slots._minutes,
    "mm": Slots._two_digits,
    "d": Slots._days,
    "n": Slots._counted,
    "ordinal": Slots._ordinals,
    "year": Slots._years,
    "hm": Slots._written,
    "hhmm": Slots._digits,
    "time": Slots._times,
    "numeric": lambda slots, at: slots._of_kind(Kind.DATE, at),
    "iso": lambda slots, at: slots._of_kind(Kind.ISO_DATE, at),
    "weekday": lambda slots, at: slots._named(slots.lexicon.weekdays, at),
    "month": lambda slots, at: slots._named(slots.lexicon.months, at),
    "p": lambda slots, at: [
        (end, slots.lexicon.parts[name]) for end, name in slots._named(slots.lexicon.part_words, at)
    ],
}


def cleaned(lexicon: Lexicon, tokens: Sequence[Token]) -> Sequence[Token]:
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
        before[-1].kind in NUMERIC or before[-1].text in lexicon.halves or before[-1].text == "h"
    )
    return timed and after[0].kind in NUMERIC
