"""Times as they are said aloud, in the caller's language and zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from sched_agent.model.days import Days
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.zone import FIRST_INSTANT, local, local_day
from sched_agent.speech.language import Language
from sched_agent.speech.phrasebook import (
    Phrasebook,
    capital,
    clock_words,
    length_words,
    phrasebook,
    zone_words,
)

Granularity = Literal["minute", "part_of_day", "day", "week", "month", "range"]

_CLEAR_DAYS = range(-31, 331)  # a date from here on, to there, needs no year


@dataclass(frozen=True, slots=True)
class Option:
    """A time that somebody may have meant: a point, or a stretch that has an end."""

    start: int
    end: int | None = None
    granularity: Granularity = "minute"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says times.

    Args:
        language: To speak.
        zone: Whose clocks to go by.
        now: The instant from which `today` and `tomorrow` are told.
        home: The calendar's zone where `zone` may be another one; then `zone` is said, too.
    """

    language: Language
    zone: ZoneInfo
    now: int
    home: ZoneInfo | None = None

    @property
    def book(self) -> Phrasebook:
        """The texts of the language."""
        return phrasebook(self.language)

    def moment(self, at: int) -> str:
        """Return for example `Tuesday, March 3rd at 2:30 PM`."""
        return self.zoned(self._moment(at, near=False))

    def day(self, day: date) -> str:
        """Return for example `Tuesday, March 3rd`, or `tomorrow`."""
        return self._day(day.toordinal(), near=False)

    def days(self, days: Days) -> str:
        """Return for example `Tuesday, March 3rd, all day`."""
        return self.book.say("all_day", days=self._from_to(days.first, days.end - 1, near=False))

    def length(self, interval: Interval) -> str:
        """Return for example `1 hour and 30 minutes`."""
        return length_words(self.language, interval.length // MINUTE)

    def hours(self, openings: Sequence[Interval]) -> str:
        """Return for example `from 9 AM to noon and from 1 PM to 5 PM`."""
        said = [
            self.book.say("opening", start=self._clock("from", start), end=self._clock("to", end))
            for start, end in openings
        ]
        return self.book.joined(said, "standard")

    def stretch(self, interval: Interval, granularity: Granularity) -> str:
        """Return for example `Tuesday the 24th from 2 PM to 4 PM`, `the week of …`, `December`."""
        first = local_day(interval.start, self.zone)
        if granularity == "month":
            return self._month(first)
        if granularity == "week":
            return self.book.say("week", day=self._day(first, near=True))
        last = local_day(interval.end - 1, self.zone)
        if granularity == "day" or all(self._is_midnight(at) for at in interval):
            return self._from_to(first, last, near=True)
        if first != last:
            begins, ends = self._moment(interval.start, near=True), self._end(interval.end)
            return self.book.say("from_to", first=begins, last=ends)
        start, end = self._clock("from", interval.start), self._clock("to", interval.end)
        return self.book.say("span", day=self._day(first, near=True), start=start, end=end)

    def offered(self, starts: Sequence[int]) -> str:
        """Return times to choose from, the day said once: `Tuesday the 24th at 2 PM or 3 PM`."""
        said, before = [], None
        for at in starts:
            day = local_day(at, self.zone)
            again = day == before
            said.append(self._clock("also_at", at) if again else self._moment(at, near=True))
            before = day
        return self.zoned(self.book.joined(said, "or"))

    def options(self, options: Sequence[Option]) -> str:
        """Return times to choose from by what they differ in: `8 AM or 8 PM`."""
        return self.book.joined(self._apart(options), "or")

    def question(self, options: Sequence[Option]) -> str:
        """Return the question which of them is meant."""
        return self.book.say("which", options=self.options(options))

    def zoned(self, text: str) -> str:
        """Return a text about times with the zone, where the calendar's is another one."""
        if self.home is None or self.home.key == self.zone.key:
            return text
        zone = zone_words(self.language, self.zone.key)
        return self.book.say("in_zone", text=text, zone=zone)

    def _apart(self, options: Sequence[Option]) -> list[str]:
        """Return each option, without what all of them have in common."""
        kinds = {option.granularity for option in options}
        if kinds == {"minute"}:
            return self._points_apart([option.start for option in options])
        days = [local_day(option.start, self.zone) for option in options]
        same_clocks = len({self._clocks(option) for option in options}) == 1
        if kinds == {"part_of_day"} and same_clocks and 1 < len(days) == len(set(days)):
            return [self._day(day, near=True) for day in days]
        return [self._option(option) for option in options]

    def _points_apart(self, starts: Sequence[int]) -> list[str]:
        days = [local_day(at, self.zone) for at in starts]
        clocks = {local(at, self.zone).time() for at in starts}
        if all(self._is_midnight(at) for at in starts):
            return [self._midnight(day) for day in days]
        if len(starts) == 1 or (len(clocks) > 1 and len(set(days)) > 1):
            return [self._moment(at, near=True) for at in starts]
        if len(clocks) > 1:
            return [self._clock("also_at", at) for at in starts]
        if len(set(days)) == len(days):
            return [self._day(day, near=True) for day in days]
        return [self._of_two(at, first=at == min(starts)) for at in starts]

    def _of_two(self, at: int, *, first: bool) -> str:
        """Return a time that clocks read twice, as the one of both that it is."""
        key = "first_of_two" if first else "second_of_two"
        return self.book.say(key, time=self._clock("also_at", at))

    def _option(self, option: Option) -> str:
        if option.end is None:
            return self._moment(option.start, near=True)
        return self.stretch(Interval(option.start, option.end), option.granularity)

    def _clocks(self, option: Option) -> tuple[time, ...]:
        ends = (option.start, option.end)
        return tuple(local(at, self.zone).time() for at in ends if at is not None)

    def _moment(self, at: int, *, near: bool) -> str:
        day = local_day(at, self.zone)
        key = "moment_near" if day in self._named_days() else "moment"
        return self.book.say(key, day=self._day(day, near=near), at=self._clock("at", at))

    def _end(self, at: int) -> str:
        """Return where a stretch of several days ends: at midnight the day that is over then."""
        if self._is_midnight(at):
            return self._day(local_day(at - 1, self.zone), near=True)
        return self._moment(at, near=True)

    def _midnight(self, day: int) -> str:
        before, after = self._day(day - 1, near=True), self._day(day, near=True)
        return self.book.say("midnight", before=before, after=after)

    def _clock(self, key: str, at: int) -> str:
        moment = local(at, self.zone)
        return _clock_phrase(self.language, key, moment.hour, moment.minute)

    def _day(self, day: int, *, near: bool) -> str:
        if (named := self._named_days().get(day)) is not None:
            return self.book.say(named)
        ahead = day - self._today()
        if ahead not in _CLEAR_DAYS:
            return _day_words(self.language, "day_of_year", day)
        is_near = near and ahead > 0 and self._is_this_month(day)
        return _day_words(self.language, "day_near" if is_near else "day", day)

    def _from_to(self, first: int, last: int, *, near: bool) -> str:
        if first == last:
            return self._day(first, near=near)
        ends = {"first": self._day(first, near=near), "last": self._day(last, near=near)}
        return self.book.say("from_to", **ends)

    def _month(self, first: int) -> str:
        clear = first - self._today() in _CLEAR_DAYS
        return _month_words(self.language, "month" if clear else "month_of_year", first)

    def _named_days(self) -> dict[int, str]:
        today = self._today()
        return {today - 1: "yesterday", today: "today", today + 1: "tomorrow"}

    def _is_this_month(self, day: int) -> bool:
        """Whether the day's number alone tells it, as in `Tuesday the 24th`."""
        today = local(self.now, self.zone)
        that = date.fromordinal(day)
        return (that.year, that.month) == (today.year, today.month)

    def _today(self) -> int:
        return local_day(self.now, self.zone)

    def _is_midnight(self, at: int) -> bool:
        clock = local(at, self.zone)
        return clock.hour == clock.minute == 0


def in_full(language: Language, in_zone: ZoneInfo, options: Sequence[Option]) -> str:
    """Return times with their years and their zone, for somebody who reads them."""
    speaker = Speaker(language, in_zone, FIRST_INSTANT)  # far from any today
    said = speaker.book.joined([speaker.options([option]) for option in options], "or")
    zone = zone_words(language, in_zone.key)
    return capital(speaker.book.say("in_zone", text=said, zone=zone))


@lru_cache(maxsize=4096)
def _clock_phrase(language: Language, key: str, hour: int, minute: int) -> str:
    special = {(12, 0): "noon", (0, 0): "midnight"}.get((hour, minute), "")
    spoken = clock_words(language, hour, minute)
    return phrasebook(language).counted(key, hour, special, time=spoken)


@lru_cache(maxsize=4096)
def _day_words(language: Language, key: str, ordinal: int) -> str:
    day, book = date.fromordinal(ordinal), phrasebook(language)
    return book.say(
        key,
        weekday=book.locale.days["format"]["wide"][day.weekday()],
        number=book.ordinal(day.day),
        month=book.locale.months["format"]["wide"][day.month],
        year=day.year,
    )


@lru_cache(maxsize=1024)
def _month_words(language: Language, key: str, ordinal: int) -> str:
    day, book = date.fromordinal(ordinal), phrasebook(language)
    name = book.locale.months["stand-alone"]["wide"][day.month]
    return book.say(key, month=name, year=day.year)
