"""Ways to name months and the days in them, and which days they are."""

from dataclasses import dataclass, replace
from datetime import date

from sched_agent.speech.dates import (
    Dates,
    Granularity,
    Mode,
    Stretch,
    Today,
    day_of_month,
    days,
    days_in,
    one,
    stretch,
)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: so many after the current one, or the next that has that name.

    Args:
        offset: Months after the current one; with `number`: years after the next such month's.
        number: 1 to 12.
        year: If it was said.
        mode: `this` is the current year's, `next` leaves the current month out, `last` is the most
            recent one that is over.
    """

    offset: int = 0
    number: int | None = None
    year: int | None = None
    mode: Mode = "bare"

    @property
    def may_roll(self) -> bool:
        """Whether the next such month may be meant when what is said of this one is over."""
        return self.year is None and not self.offset and self.mode != "this"

    def month(self, today: Today) -> int:
        """Return the month that is meant, counted from year 0."""
        if self.number is None:
            return today.month + self.offset
        this = today.date.year * 12 + self.number - 1
        if self.year is not None:
            return self.year * 12 + self.number - 1
        if self.offset:
            return this + 12 * self.offset
        if self.mode == "this":
            return this
        if self.mode == "last":
            return this if this < today.month else this - 12
        skipped = this < today.month or (self.mode == "next" and this == today.month)
        return this + 12 if skipped else this

    def assumed(self, month: int, today: Today) -> tuple[str, ...]:
        """Return what is taken for granted where a month is meant, counted from year 0."""
        if self.offset or self.year is not None or self.mode != "bare":
            return ()
        if self.number is None:
            return () if month == today.month else ("next_month",)
        return () if month // 12 == today.date.year else ("next_year",)

    def dates(self, today: Today) -> Dates:
        """Return the month."""
        month = self.month(today)
        return stretch(day_of_month(month, 1), day_of_month(month + 1, 1), Granularity.MONTH)


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
        if over and self.month.may_roll:
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
        found = in_month(year * 12 + self.month - 1, self.day)
        if self.year is None and found.options[-1].first < today.day:
            found = in_month((year + 1) * 12 + self.month - 1, self.day)
            rolled = tuple(replace(o, assumed=("next_year",)) for o in found.options)
            found = replace(found, options=rolled)
        return found


def in_month(month: int, day: int) -> Dates:
    """Return a day of a month; a day that it hasn't is its last, or the first of the next."""
    if day <= days_in(month):
        return days(day_of_month(month, day))
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
        if found is not None and found < today.day and self.month.may_roll:
            month += 12 if self.month.number else 1
            found = self._in(month)
        return Dates(() if found is None else (one(found, *self.month.assumed(month, today)),))

    def _in(self, month: int) -> int | None:
        every = [day_of_month(month, n + 1) for n in range(days_in(month))]
        fitting = [day for day in every if self._fits(date.fromordinal(day).weekday())]
        index = self.number if self.number < 0 else self.number - 1
        return fitting[index] if -len(fitting) <= index < len(fitting) else None

    def _fits(self, weekday: int) -> bool:
        if self.business:
            return weekday < 5
        return self.weekday is None or weekday == self.weekday


@dataclass(frozen=True, slots=True)
class Exact:
    """A date with its year."""

    year: int
    month: int
    day: int

    def dates(self, today: Today) -> Dates:
        """Return the day, or the two around it; of a 13th month or a 32nd day there is none."""
        if not (1 <= self.month <= 12 and 1 <= self.day <= 31):
            return Dates(())
        return MonthDay(self.day, self.month, self.year).dates(today)
