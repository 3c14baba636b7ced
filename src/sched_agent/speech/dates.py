"""Ways to name days, and which days they are: pure arithmetic on dates.

Days are proleptic Gregorian ordinals (`date.toordinal`), stretches half-open, weeks begin on Monday.
"""

import calendar
from collections.abc import Callable, Sequence
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


def _day(*days: int) -> Dates:
    return Dates(tuple(one(day) for day in days))


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
            return _day(this)
        if self.mode == "last":
            return _day(this if this < today.day else this - 7)
        if self.mode == "coming_or_today":
            return _day(this if is_today else coming)
        if self.mode == "after_next":
            return _day(coming + 7, coming + 14) if ahead else _day(coming + 7)
        if self.mode == "next":
            return self._next(today, this, coming)
        if self.mode == "bare" and is_today:
            return Dates((one(this, "today"), one(this + 7, "next_week")), by_time=True)
        return _day(coming)

    def _next(self, today: Today, this: int, coming: int) -> Dates:
        next_week = this + 7
        if this == today.day:
            return _day(next_week)
        if coming != next_week:
            both = (coming, next_week) if today.coming_first else (next_week, coming)
            return _day(*both)
        if today.day - today.monday >= 5:
            return _day(next_week, next_week + 7)
        return _day(next_week)


@dataclass(frozen=True, slots=True)
class Weekend:
    """Saturday and Sunday; `next` and the others follow Saturday."""

    mode: Mode = "this"

    def dates(self, today: Today) -> Dates:
        """Return the weekend or weekends that may be meant."""
        known = Weekday(5, self.mode).dates(today)
        if self.mode == "last" and today.day - today.monday >= 5:
            known = _day(today.monday - 2)
        found = tuple(Stretch(s.first, s.first + 2, Granularity.RANGE) for s in known.options)
        return replace(known, options=found)


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday, so many weeks after the current one."""

    offset: int

    def dates(self, today: Today) -> Dates:
        """Return the week."""
        first = today.monday + 7 * self.offset
        return _stretch(first, first + 7, Granularity.WEEK)


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
        return _stretch(monday + first, monday + end, granularity)


def _stretch(first: int, end: int, granularity: Granularity) -> Dates:
    return Dates((Stretch(first, end, granularity),))


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: so many after the current one, or the next that has that name.

    Args:
        offset: Months after the current one; with `number`: years after the next such month's.
        number: 1 to 12.
        year: If it was said.
        mode: `next` leaves the current month out, `last` is the most recent one that is over.
    """

    offset: int = 0
    number: int | None = None
    year: int | None = None
    mode: Mode = "bare"

    def month(self, today: Today) -> int:
        """Return the month that is meant, counted from year 0."""
        if self.number is None:
            return today.month + self.offset
        this = today.date.year * 12 + self.number - 1
        if self.year is not None:
            return self.year * 12 + self.number - 1
        if self.offset:
            return this + 12 * self.offset
        if self.mode == "last":
            return this if this < today.month else this - 12
        skipped = this < today.month or (self.mode == "next" and this == today.month)
        return this + 12 if skipped else this

    def dates(self, today: Today) -> Dates:
        """Return the month."""
        month = self.month(today)
        return _stretch(day_of_month(month, 1), day_of_month(month + 1, 1), Granularity.MONTH)


@dataclass(frozen=True, slots=True)
class MonthPart:
    """Some days of a month, counted from 1, or with `last` its last ones."""

    month: Month
    first: int = 1
    end: int = 0  # 0: until the month ends
    last: int = 0

    def dates(self, today: Today) -> Dates:
        """Return the days; of a month that can only be the next one, when they are over, that."""
        known = self._in(self.month.month(today))
        over = known.end <= today.day
        if over and self.month.year is None and not self.month.offset:
            known = self._in(self.month.month(today) + (12 if self.month.number else 1))
        return Dates((known,))

    def _in(self, month: int) -> Stretch:
        following = day_of_month(month + 1, 1)
        if self.last:
            return Stretch(following - self.last, following, Granularity.RANGE)
        end = day_of_month(month, self.end) if self.end else following
        return Stretch(day_of_month(month, self.first), end, Granularity.RANGE)


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """The next 3rd that is not before today."""

    number: int

    def dates(self, today: Today) -> Dates:
        """Return the day; months that are too short are passed over."""
        month = today.month
        while days_in(month) < self.number or day_of_month(month, self.number) < today.day:
            month += 1
        rolled = () if month == today.month else ("next_month",)
        return Dates((one(day_of_month(month, self.number), *rolled),))


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of a named month; without a year the next one that is not before today."""

    day: int
    month: int
    year: int | None = None

    def dates(self, today: Today) -> Dates:
        """Return the day, or the two around it if the month hasn't so many."""
        year = today.date.year if self.year is None else self.year
        found = _in_month(year * 12 + self.month - 1, self.day)
        if self.year is None and found.options[-1].first < today.day:
            found = _in_month((year + 1) * 12 + self.month - 1, self.day)
            rolled = tuple(replace(o, assumed=("next_year",)) for o in found.options)
            found = replace(found, options=rolled)
        return found


def _in_month(month: int, day: int) -> Dates:
    """Return a day of a month; a day that it hasn't is its last, or the first of the next."""
    if day <= days_in(month):
        return _day(day_of_month(month, day))
    following = day_of_month(month + 1, 1)
    return Dates((one(following - 1), one(following)), contradiction=True)


@dataclass(frozen=True, slots=True)
class Numeric:
    """A date in figures, 12/3 or 12/3/2026: its order follows the language and the zone."""

    first: int
    second: int
    year: int | None = None

    def dates(self, today: Today) -> Dates:
        """Return the day or days that may be meant."""
        readings = [self._reading(order) for order in today.orders]
        real = [r.dates(today) for r in readings if r]
        if not real:  # its order is impossible in the language
            turned = self._reading("md" if today.orders == ("dm",) else "dm")
            return replace(turned.dates(today), contradiction=True) if turned else Dates(())
        real = [d for d in real if not d.contradiction] or real[:1]
        options = tuple(dict.fromkeys(option for dates in real for option in dates.options))
        ahead = tuple(o for o in options if o.first >= today.day and "next_year" not in o.assumed)
        return Dates(ahead or options, contradiction=real[0].contradiction)

    def _reading(self, order: str) -> MonthDay | None:
        day, month = (self.first, self.second) if order == "dm" else (self.second, self.first)
        return MonthDay(day, month, self.year) if 1 <= month <= 12 and 1 <= day <= 31 else None


@dataclass(frozen=True, slots=True)
class Nth:
    """The n-th (from 1) or last (-1) such day of a month: a weekday, a business day, a day."""

    number: int
    month: Month
    weekday: int | None = None
    business: bool = False

    def dates(self, today: Today) -> Dates:
        """Return the next one that is not before today; a fifth that isn't there is nothing."""
        month = self.month.month(today)
        found = self._in(month)
        named = self.month.year is not None or self.month.offset != 0
        if found is not None and found < today.day and not named:
            found = self._in(month + (12 if self.month.number else 1))
        return Dates(()) if found is None else _day(found)

    def _in(self, month: int) -> int | None:
        days = [day_of_month(month, n + 1) for n in range(days_in(month))]
        fitting = [day for day in days if self._fits(date.fromordinal(day).weekday())]
        index = self.number if self.number < 0 else self.number - 1
        return fitting[index] if -len(fitting) <= index < len(fitting) else None

    def _fits(self, weekday: int) -> bool:
        if self.business:
            return weekday < 5
        return self.weekday is None or weekday == self.weekday


@dataclass(frozen=True, slots=True)
class Span:
    """From one day through another one after it."""

    first: DayRef
    last: DayRef

    def dates(self, today: Today) -> Dates:
        """Return the days of the span, for each day that the first may be."""
        begins = self.first.dates(today)
        options = []
        for option in begins.options[:1] if begins.by_time else begins.options:
            ends = self.last.dates(replace(today, day=option.first))
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


@dataclass(frozen=True, slots=True)
class Exact:
    """A date with its year."""

    year: int
    month: int
    day: int

    def dates(self, today: Today) -> Dates:
        """Return the day, or the two around it if there is no such day."""
        return MonthDay(self.day, self.month, self.year).dates(today)


def together(refs: Sequence[DayRef], today: Today) -> Dates:
    """Return the days that several ways to name them have in common.

    A day inside a stretch ("Tuesday", "next week") is that day of the stretch; two that can't both
    be true ("Tuesday the 25th", a Wednesday) are a contradiction: the date first, then the weekday
    nearest to it.
    """
    ordered = sorted(refs, key=lambda ref: (_is_single(ref, today), isinstance(ref, Weekday)))
    known = ordered[0].dates(today)
    for ref in ordered[1:]:
        known = _narrowed(known, ref, today)
    return known


def _is_single(ref: DayRef, today: Today) -> bool:
    return all(option.single for option in ref.dates(today).options)


def _narrowed(known: Dates, ref: DayRef, today: Today) -> Dates:
    if not known.options:
        return known
    other = ref.dates(today)
    if not known.options[0].single:
        return _inside(known, ref, other, today)
    common = [o for o in known.options if o.first in {s.first for s in other.options}]
    if isinstance(ref, Weekday):
        common = common or [o for o in known.options if _weekday(o.first) == ref.weekday]
        if not common:
            near = _nearest(ref.weekday, known.options[0].first, today.day)
            return Dates((known.options[0], one(near)), contradiction=True)
    if common:
        return replace(known, options=tuple(common), by_time=False)
    return Dates((known.options[0], *other.options), contradiction=True)


def _inside(known: Dates, ref: DayRef, other: Dates, today: Today) -> Dates:
    fits = _fitting(ref)
    if fits is None:
        inside = [
            o
            for o in other.options
            if any(s.first <= o.first and o.end <= s.end for s in known.options)
        ]
        if inside:
            return replace(other, options=tuple(inside), by_time=False)
        return Dates((*other.options, *known.options), contradiction=True)
    days = [day for s in known.options for day in range(s.first, s.end) if fits(day)]
    ahead = [day for day in days if day >= today.day] or days
    if ahead:
        return Dates(tuple(one(day) for day in ahead[:MAX_CANDIDATES]))
    if isinstance(ref, DayOfMonth):
        return _in_month(Today(known.options[0].first).month, ref.number)
    return Dates((*other.options, *known.options), contradiction=True)


def _fitting(ref: DayRef) -> Callable[[int], bool] | None:
    """Return whether a day is such a one, for ways to name that don't depend on today."""
    if isinstance(ref, Weekday):
        return lambda day: _weekday(day) == ref.weekday
    if isinstance(ref, DayOfMonth):
        return lambda day: date.fromordinal(day).day == ref.number
    return None


def _weekday(day: int) -> int:
    return date.fromordinal(day).weekday()


def _nearest(weekday: int, to: int, today: int) -> int:
    """Return the day with that weekday nearest to a day, of those that aren't over."""
    near = sorted(range(to - 3, to + 8), key=lambda day: abs(day - to))
    return next(d for d in near if _weekday(d) == weekday and (d >= today or to < today))


def days_in(month: int) -> int:
    """Return how many days a month has."""
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def day_of_month(month: int, number: int) -> int:
    """Return a day of a month."""
    return date(month // 12, month % 12 + 1, number).toordinal()
