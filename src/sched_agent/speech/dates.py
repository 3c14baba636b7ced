"""Ways to name days and weeks, and which days they are: pure arithmetic on dates.

Days are proleptic Gregorian ordinals (`date.toordinal`), stretches are half-open, weeks begin on
Monday.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Literal, Protocol

MAX_CANDIDATES = 4
_LAST_DAY = date(2199, 12, 1).toordinal()


class Granularity(Enum):
    """What a time that was said stands for: a point, or a stretch of that kind."""

    MINUTE = "minute"
    PART_OF_DAY = "part_of_day"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    RANGE = "range"


class Status(Enum):
    """What became of a phrase."""

    RESOLVED = "resolved"
    AMBIGUOUS = "ambiguous"
    CONTRADICTION = "contradiction"
    PAST = "past"
    UNRECOGNIZED = "unrecognized"


@dataclass(frozen=True, slots=True)
class Today:
    """Where and when something is said.

    Args:
        day: The caller's date.
        coming_first: Whether "next Friday" is first of all the coming one (Portuguese, Spanish).
        orders: The orders of numeric dates that the language knows, likelier first: `md`, `dm`.
    """

    day: int
    coming_first: bool = False
    orders: tuple[str, ...] = ("md", "dm")

    @property
    def date(self) -> date:
        """The caller's date."""
        return date.fromordinal(self.day)

    @property
    def monday(self) -> int:
        """The first day of the current week."""
        return self.day - self.date.weekday()

    @property
    def month(self) -> int:
        """The current month, counted from year 0."""
        return self.date.year * 12 + self.date.month - 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from `first` until before `end`, and what was assumed to find them."""

    first: int
    end: int
    granularity: Granularity = Granularity.DAY
    assumed: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether it is one day."""
        return self.end - self.first == 1


@dataclass(frozen=True, slots=True)
class Dates:
    """The days that may be meant, likeliest first.

    Args:
        options: The days.
        contradiction: Whether what was said can't all be true.
        by_time: Whether the time decides between the two: today if it isn't over then.
    """

    options: tuple[Stretch, ...]
    contradiction: bool = False
    by_time: bool = False


class DayRef(Protocol):
    """A way to name a day or a stretch of days."""

    def dates(self, today: Today) -> Dates:
        """Return the days that may be meant."""
        ...


def one(day: int, *assumed: str) -> Stretch:
    """Return a single day."""
    return Stretch(day, day + 1, assumed=assumed)


def days(*any_of: int) -> Dates:
    """Return single days, one of which is meant."""
    return Dates(tuple(one(day) for day in any_of))


@dataclass(frozen=True, slots=True)
class Shifted:
    """So many days, weeks (7 days) and months after today, or after another day."""

    days: int = 0
    months: int = 0
    after: DayRef | None = None

    def dates(self, today: Today) -> Dates:
        """Return the day; of a month that is too short the last one."""
        if self.after is None:
            return Dates((one(self._from(today.day)),))
        start = self.after
        if isinstance(start, Weekday) and start.mode == "bare":
            start = Weekday(start.weekday, "coming_or_today")
        known = start.dates(today)
        return replace(
            known, by_time=False, options=tuple(one(self._from(s.first)) for s in known.options)
        )

    def _from(self, day: int) -> int:
        if not self.months:
            return day + self.days
        at = date.fromordinal(day)
        month = at.year * 12 + at.month - 1 + self.months
        return day_of_month(month, min(at.day, days_in(month))) + self.days


Mode = Literal["bare", "this", "next", "last", "coming", "coming_or_today", "after_next"]


@dataclass(frozen=True, slots=True)
class Weekday:
    """A weekday, 0 = Monday, said bare or as this, next, last … one."""

    weekday: int
    mode: Mode = "bare"

    def dates(self, today: Today) -> Dates:
        """Return the day or days that may be meant."""
        this = today.monday + self.weekday
        is_today, ahead = this == today.day, this > today.day
        coming = this if ahead else this + 7
        if self.mode == "this":
            return days(this)
        if self.mode == "last":
            return days(this if this < today.day else this - 7)
        if self.mode == "coming_or_today":
            return days(this if is_today else coming)
        if self.mode == "after_next":
            return days(coming + 7, coming + 14) if ahead else days(coming + 7)
        if self.mode == "next":
            return self._next(today, this, coming)
        if self.mode == "bare" and is_today:
            return Dates((one(this, "today"), one(this + 7, "next_week")), by_time=True)
        return days(coming)

    def _next(self, today: Today, this: int, coming: int) -> Dates:
        next_week = this + 7
        if this == today.day:
            return days(next_week)
        if coming != next_week:
            both = (coming, next_week) if today.coming_first else (next_week, coming)
            return days(*both)
        if today.day - today.monday >= 5:
            return days(next_week, next_week + 7)
        return days(next_week)


@dataclass(frozen=True, slots=True)
class Was:
    """A day on which something happened: a weekday is the last one, no day is ahead."""

    day: DayRef

    def dates(self, today: Today) -> Dates:
        """Return the days of it that are over."""
        day = self.day
        if isinstance(day, Weekday) and day.mode == "bare":
            day = Weekday(day.weekday, "last")
        known = day.dates(today)
        return Dates(tuple(o for o in known.options if o.end <= today.day))


@dataclass(frozen=True, slots=True)
class Weekend:
    """Saturday and Sunday; `next` and the others follow Saturday."""

    mode: Mode = "this"

    def dates(self, today: Today) -> Dates:
        """Return the weekend or weekends that may be meant."""
        known = Weekday(5, self.mode).dates(today)
        if self.mode == "last" and today.day - today.monday >= 5:
            known = days(today.monday - 2)
        found = tuple(Stretch(s.first, s.first + 2, Granularity.RANGE) for s in known.options)
        return replace(known, options=found)


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday, so many weeks after the current one."""

    offset: int

    def dates(self, today: Today) -> Dates:
        """Return the week."""
        first = today.monday + 7 * self.offset
        return stretch(first, first + 7, Granularity.WEEK)


@dataclass(frozen=True, slots=True)
class WeekOf:
    """The week in which a day lies."""

    day: DayRef

    def dates(self, today: Today) -> Dates:
        """Return the week of each day that may be meant."""
        known = self.day.dates(today)
        mondays = dict.fromkeys(o.first - (o.first - 1) % 7 for o in known.options)
        weeks = tuple(Stretch(day, day + 7, Granularity.WEEK) for day in mondays)
        return Dates(weeks, contradiction=known.contradiction)


@dataclass(frozen=True, slots=True)
class WeekPart:
    """The beginning (Monday, Tuesday), middle (Wednesday) or end (Thursday, Friday) of a week."""

    part: str
    offset: int = 0

    def dates(self, today: Today) -> Dates:
        """Return the days."""
        first, end = {"begin": (0, 2), "middle": (2, 3), "end": (3, 5)}[self.part]
        monday = today.monday + 7 * self.offset
        granularity = Granularity.DAY if self.part == "middle" else Granularity.RANGE
        return stretch(monday + first, monday + end, granularity)


def stretch(first: int, end: int, granularity: Granularity) -> Dates:
    """Return one stretch of days."""
    return Dates((Stretch(first, end, granularity),))


@dataclass(frozen=True, slots=True)
class Span:
    """From one day through another one after it.

    Args:
        first: The first day.
        last: The last day.
        may_move: Whether the words may also say from where to where something is moved.
        absolute: Whether the last day is counted from today, not from the first day.
    """

    first: DayRef
    last: DayRef
    may_move: bool = False
    absolute: bool = False

    def dates(self, today: Today) -> Dates:
        """Return the days of the span, for each day that the first may be."""
        begins = self.first.dates(today)
        options = []
        for option in begins.options[:1] if begins.by_time else begins.options:
            ends = self.last.dates(today if self.absolute else replace(today, day=option.first))
            later = [o for o in ends.options if o.end > option.first]
            if later:
                options.append(Stretch(option.first, later[0].end, Granularity.RANGE))
        return Dates(tuple(options), contradiction=begins.contradiction)


@dataclass(frozen=True, slots=True)
class Either:
    """Any of several days."""

    refs: tuple[DayRef, ...]

    def dates(self, today: Today) -> Dates:
        """Return all of them."""
        found = [ref.dates(today) for ref in self.refs]
        return Dates(tuple(option for dates in found for option in dates.options))


def days_in(month: int) -> int:
    """Return how many days a month has."""
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def day_of_month(month: int, number: int) -> int:
    """Return a day of a month."""
    return date(month // 12, month % 12 + 1, number).toordinal()
