"""From a caller's words to instants: deterministic, and honest about what it does not know.

`resolve` knows neither the machine's clock nor its zone, raises for no text, and never takes a
time that isn't there: what may mean two things is ambiguous, what can't be true a contradiction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sched_agent.model.interval import MINUTE
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT, local_day, on_the_clock, on_the_wall
from sched_agent.speech.agreement import together
from sched_agent.speech.clocks import MIDNIGHT, NOON, Clock, Part, readings, within
from sched_agent.speech.dates import (
    MAX_CANDIDATES,
    Granularity,
    Shifted,
    Status,
    Stretch,
    Today,
)
from sched_agent.speech.hearing import Hearing
from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.speech.lexicon import lexicon
from sched_agent.speech.saying import Option
from sched_agent.speech.tokens import on_other_clocks, tokens
from sched_agent.speech.understanding import Said, understood

_SOON_DAYS = 14
_AMERICAS = ("America/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/", "Pacific/Honolulu")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time that may be meant.

    Args:
        start: The instant; of a stretch its first.
        end: The first instant after it; of a point nothing unless an end or a length was said.
        granularity: Whether it is a point or which kind of stretch.
        assumed: What was filled in: `am`, `pm`, `today`, `tomorrow`, `next_week`, …
        daily: Of a stretch of days: the minutes past midnight that were meant on each of them.
    """

    start: int
    end: int | None
    granularity: Granularity
    assumed: tuple[str, ...] = ()
    daily: tuple[int, int] | None = None

    @property
    def option(self) -> Option:
        """The same as a thing to say."""
        return Option(self.start, self.end, self.granularity.value)

    def is_over(self, now: int) -> bool:
        """Whether it lies wholly before an instant."""
        if self.granularity is Granularity.MINUTE or self.end is None:
            return self.start < now
        return self.end <= now


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a phrase.

    Args:
        status: Whether a time was found, and whether it is the only one.
        candidates: The times, best first, at most four.
        language: In which language it was read.
        minutes: How long it is to take, if that was said.
        dated: Whether a day was said, or how far off it is, and not just a time of day.
    """

    status: Status
    candidates: tuple[Candidate, ...]
    language: Language
    minutes: int | None = None
    dated: bool = False


def resolve(
    phrase: str, now: int, in_zone: ZoneInfo, languages: Sequence[Language] = LANGUAGES
) -> Reading:
    """Return the times that a phrase may mean.

    Args:
        phrase: What was said, as speech-to-text or a person wrote it.
        now: The instant when it was said.
        in_zone: The caller's zone.
        languages: The one that knows most of the words counts, of equals the first.
    """
    heard = tokens(phrase)
    hearings = [Hearing(lexicon(language), heard) for language in languages]
    best = max(hearings, key=_understood_words)
    known = best.lexicon
    orders = known.orders
    if len(orders) > 1 and not in_zone.key.startswith(_AMERICAS):
        orders = orders[::-1]
    today = Today(local_day(now, in_zone), known.coming_first, orders)
    there = _There(now, in_zone, today)
    alternatives = () if on_other_clocks(phrase) else understood(best.items)
    status, candidates = _judged([there.meant(said) for said in alternatives], now)
    minutes = next((said.length for said in alternatives if said.length), None)
    dated = any(said.dated or said.elapsed is not None for said in alternatives)
    return Reading(status, candidates, known.language, minutes, dated)


def _understood_words(hearing: Hearing) -> int:
    return sum(item.end - item.start for item in hearing.items)


_FIRST_DAY, _LAST_DAY = date(1900, 1, 2).toordinal(), date(2199, 12, 30).toordinal()

Meant = tuple[Sequence[Candidate], bool]  # the times, and whether they are a contradiction


def _judged(meant: Sequence[Meant], now: int) -> tuple[Status, tuple[Candidate, ...]]:
    found = _distinct(one for candidates, _ in meant for one in candidates)
    if not found:
        return Status.UNRECOGNIZED, ()
    if any(contradiction for _, contradiction in meant):
        return Status.CONTRADICTION, found
    ahead = tuple(one for one in found if not one.is_over(now))
    if not ahead:
        return Status.PAST, found[:1]
    return (Status.RESOLVED if len(ahead) == 1 else Status.AMBIGUOUS), ahead


def _distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    known: dict[tuple[int, int | None], Candidate] = {}
    for one in candidates:
        empty = one.end is not None and one.end <= one.start  # a day that a zone left out
        if FIRST_INSTANT <= one.start < LAST_INSTANT and not empty:
            known.setdefault((one.start, one.end), one)
    return tuple(known.values())[:MAX_CANDIDATES]


@dataclass(frozen=True, slots=True)
class _There:
    """When and where something was said."""

    now: int
    zone: ZoneInfo
    today: Today

    def meant(self, said: Said) -> Meant:
        """Return the times that one alternative may mean."""
        if said.elapsed is not None:
            return self._elapsed(said, self.now + said.elapsed * MINUTE)
        if said.within is not None:
            days = Shifted(said.within.days, said.within.months).dates(self.today).options[0].first
            end = self._same_time(days) + said.within.minutes * MINUTE
            return self._range(self.now, end), False
        if said.deadline is not None:
            return self._until(said)
        if said.days:
            return self._on_days(said)
        if said.clock is not None and said.between is None:
            return self._clock_alone(said, said.clock)
        if said.timed:
            return self._stretch_alone(said)
        if said.soon:
            return self._range(self.now, self._same_time(self.today.day + _SOON_DAYS)), False
        return (), False

    def _elapsed(self, said: Said, at: int) -> Meant:
        """Return a point so long from now; a day or time beside it that it is not in contradicts.

        "I have a meeting in an hour, Tuesday at three works" is about Tuesday, or it is not.
        """
        point = self._point(at, said)
        others, _ = self.meant(replace(said, elapsed=None))
        if not others or any(
            one.start <= at < (one.end or at) or one.start == at for one in others
        ):
            return point, False
        return [*others, *point], True

    def _same_time(self, day: int) -> int:
        """Return the instant on a day when clocks read what they read now."""
        midnight = on_the_clock(self.today.day, 0, self.zone)
        minutes, rest = divmod(self.now - midnight, MINUTE)
        return on_the_clock(day, minutes, self.zone) + rest

    def _until(self, said: Said) -> Meant:
        assert said.deadline is not None  # noqa: S101  # asked before
        dates = said.deadline.day.dates(self.today)
        start = self.now
        if said.days and (others := together(said.days, self.today).options):
            start = max(start, self._at(others[0].first, 0))
        found, over = list[Candidate](), list[Candidate]()
        to_start = said.deadline.to_start
        for option in dates.options:
            begin, end = start, self._at(option.first if to_start else option.end, 0)
            if said.clock is not None:
                end = self._at(option.end - 1, within(said.clock, said.part).read()[0])
            elif said.part is not None:
                last = option.end - 1
                at = said.part.start if to_start else said.part.end
                end = self._at(last, at)
            if end <= begin:  # over: the days themselves
                begin, end = self._at(option.first, 0), self._at(option.end, 0)
                over.append(Candidate(begin, end, Granularity.RANGE))
            else:
                found += self._range(begin, end)
        return found or over, dates.contradiction

    def _on_days(self, said: Said) -> Meant:
        dates = together(said.days, self.today)
        contradiction = dates.contradiction
        found: list[Candidate] = []
        for option in dates.options:
            named = not dates.by_time
            candidates, clash = self._on(option, said, named=named)
            contradiction = contradiction or clash
            if dates.by_time and said.timed:  # the same weekday: today unless that is over
                if any(not one.is_over(self.now) for one in candidates):
                    return candidates, contradiction
                continue_with = [one for one in candidates if option.first != self.today.day]
                found += continue_with
                continue
            found += candidates
        return found, contradiction

    def _on(self, option: Stretch, said: Said, *, named: bool) -> Meant:
        """Return a day or stretch of days with the time that was said for it."""
        if not _FIRST_DAY <= option.first < option.end <= _LAST_DAY:
            return [], False
        if not option.single:
            start, end = self._at(option.first, 0), self._at(option.end, 0)
            daily, assumed = _daily(said)
            known = (*option.assumed, *assumed)
            return [Candidate(start, end, option.granularity, known, daily)], False
        if said.clock is not None and said.between is None:
            return self._at_readings(option, said.clock, said, named=named)
        if said.between is not None:
            first, last, assumed = said.between.read(said.part)
            return self._part(option, first, last, Granularity.RANGE, assumed), False
        if said.part is not None:
            part = said.part
            return self._part(option, part.start, part.end, Granularity.PART_OF_DAY), False
        start, end = self._at(option.first, 0), self._at(option.end, 0)
        return [Candidate(start, end, Granularity.DAY, option.assumed)], False

    def _at_readings(self, option: Stretch, clock: Clock, said: Said, *, named: bool) -> Meant:
        """Return each time that an hour may be with the part of the day that was said."""
        meant = [
            self._on_the_clock(
                replace(option, first=option.first + days, end=option.end + days),
                one,
                said,
                named=named,
            )
            for one, days in readings(clock, said.part)
        ]
        return [c for candidates, _ in meant for c in candidates], any(skip for _, skip in meant)

    def _on_the_clock(self, option: Stretch, clock: Clock, said: Said, *, named: bool) -> Meant:
        day = option.first
        if clock.is_midnight:
            found = [self._at(day, MIDNIGHT), self._at(day, 0)]
            ahead = [at for at in found if at >= self.now] or found
            return [c for at in ahead for c in self._point(at, said, option.assumed)], False
        minutes, assumed = clock.read()
        instants, skipped = on_the_wall(day, minutes, self.zone)
        over = all(at < self.now for at in instants)
        if named and over and clock.bare and day == self.today.day and minutes < NOON:
            other, other_skipped = on_the_wall(day, minutes + NOON, self.zone)
            if any(at >= self.now for at in other):
                instants, skipped, assumed = other, other_skipped, ("pm",)
        known = (*option.assumed, *assumed)
        return [c for at in instants for c in self._point(at, said, known)], skipped

    def _clock_alone(self, said: Said, clock: Clock) -> Meant:
        day = self.today.day
        if readings(clock, said.part) != ((within(clock, said.part), 0),):
            return self._at_readings(_assuming(day, "today"), clock, said, named=False)
        clock = within(clock, said.part)
        if clock.is_midnight:
            return self._point(self._at(day, MIDNIGHT), said), False
        today = self._on_the_clock(_assuming(day, "today"), clock, said, named=False)
        if any(not one.is_over(self.now) for one in today[0]):
            return today
        tomorrow = self._on_the_clock(_assuming(day + 1, "tomorrow"), clock, said, named=False)
        minutes, assumed = clock.read()
        if assumed == ("am",):
            later = Clock(minutes, "pm")
            half = self._on_the_clock(_assuming(day, "today"), later, said, named=False)
            if any(not one.is_over(self.now) for one in half[0]):
                return [*tomorrow[0], *half[0]], tomorrow[1] or half[1]
        return tomorrow

    def _stretch_alone(self, said: Said) -> Meant:
        """Return a stretch of the day today, or tomorrow when it is over or has begun."""
        today = self._on(_assuming(self.today.day, "today"), said, named=True)
        begun = any(one.start < self.now for one in today[0])
        over = any(one.is_over(self.now) for one in today[0])
        starts = said.between is not None and said.between.start is not None
        if over or (begun and starts):
            return self._on(_assuming(self.today.day + 1, "tomorrow"), said, named=True)
        return today

    def _at(self, day: int, minutes: int) -> int:
        return on_the_clock(day, minutes, self.zone)

    def _point(self, at: int, said: Said, assumed: tuple[str, ...] = ()) -> list[Candidate]:
        end = None if said.length is None else at + said.length * MINUTE
        return [Candidate(at, end, Granularity.MINUTE, assumed)]

    def _range(self, start: int, end: int) -> list[Candidate]:
        return [Candidate(start, end, Granularity.RANGE)] if end > start else []

    def _part(
        self,
        option: Stretch,
        first: int,
        last: int,
        granularity: Granularity,
        assumed: tuple[str, ...] = (),
    ) -> list[Candidate]:
        start, end = self._at(option.first, first), self._at(option.first, last)
        if end <= start:
            return []
        return [Candidate(start, end, granularity, (*option.assumed, *assumed))]


def _assuming(day: int, assumed: str) -> Stretch:
    return Stretch(day, day + 1, assumed=(assumed,))


def _daily(said: Said) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Return the minutes past midnight said for each day of a stretch, and what was assumed."""
    if said.between is not None:
        first, last, assumed = said.between.read(said.part)
        return (first, last), assumed
    if said.clock is not None:
        at, assumed = within(said.clock, said.part).read()
        return (at, at), assumed
    part: Part | None = said.part
    return (None if part is None else (part.start, part.end)), ()
