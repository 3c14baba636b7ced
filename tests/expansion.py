"""The occurrences of a series, by plain calendar arithmetic: what our readers are compared with.

It looks at each day of a calendar and asks whether the series falls on it. It shares nothing with
how the product expands a series, nor with the libraries that it uses for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sched_agent.model.interval import DAY, Interval, merge

_ONE_DAY = timedelta(days=1)
_LONGEST = timedelta(days=400)
"""No occurrence lies further from the day it is on by its rule, however it was moved."""


class Every(Enum):
    """After what a series comes again."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"


class Nth(NamedTuple):
    """One weekday of a month: the first Monday is (1, 1), the last Friday (-1, 5)."""

    number: int
    weekday: int


@dataclass(frozen=True, kw_only=True)
class Series:
    """A rule on a wall calendar. Weekdays are 1 (Monday) to 7, weeks begin on Monday.

    Args:
        first: The day of the first occurrence.
        at: What clocks in `zone` read when an occurrence begins; None: it takes whole days.
        minutes: How long an occurrence takes; of whole days, see `days`.
        days: How many whole days an occurrence takes.
        interval: Every how many days, weeks or months.
        weekdays: On which days of the week; none: on that of the first.
        nth: Of a monthly series: on which weekday; None: on the day of the month of the first.
        until: The last day on which it may begin.
        count: How many occurrences there are, those that are left out included.
        left_out: Days on which it does not happen.
        moved: The day of an occurrence by the rule -> when it happens instead.
    """

    first: date
    zone: ZoneInfo
    at: time | None = None
    minutes: int = 30
    days: int = 1
    every: Every = Every.WEEK
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    nth: Nth | None = None
    until: date | None = None
    count: int | None = None
    left_out: frozenset[date] = frozenset()
    moved: Mapping[date, Interval] = field(default_factory=dict)

    def occurrences(self, within: Interval) -> dict[date, Interval]:
        """Return what touches a stretch: the day by the rule -> when it happens."""
        past = _day_of(within.end) + _LONGEST
        there = {
            day: self.moved.get(day) or self.planned(day)
            for day in self._days_by_the_rule(past)
            if day not in self.left_out
        }
        return {
            day: when
            for day, when in there.items()
            if when.start < within.end and within.start < when.end
        }

    def planned(self, day: date) -> Interval:
        """Return when the occurrence of a day happens by the rule."""
        if self.at is None:
            end = day + timedelta(days=self.days)
            return Interval(self._midnight(day), self._midnight(end))
        start = _instant(datetime.combine(day, self.at, self.zone))
        return Interval(start, start + self.minutes * DAY // (24 * 60))

    def _midnight(self, day: date) -> int:
        return _instant(datetime.combine(day, time(), self.zone))

    def _days_by_the_rule(self, past: date) -> Iterator[date]:
        end = min(past, self.until or past)
        left = self.count
        day = self.first
        while day <= end and left != 0:
            if self._falls_on(day):
                yield day
                left = None if left is None else left - 1
            day += _ONE_DAY

    def _falls_on(self, day: date) -> bool:
        if self.every is Every.DAY:
            return (day - self.first).days % self.interval == 0 and self._on_weekday(day)
        if self.every is Every.WEEK:
            weeks = (_monday(day) - _monday(self.first)).days // 7
            return weeks % self.interval == 0 and self._on_weekday(day)
        months = (day.year - self.first.year) * 12 + day.month - self.first.month
        if months % self.interval:
            return False
        return day.day == self.first.day if self.nth is None else day == _nth_day(day, self.nth)

    def _on_weekday(self, day: date) -> bool:
        if not self.weekdays:
            return self.every is Every.DAY or day.isoweekday() == self.first.isoweekday()
        return day.isoweekday() in self.weekdays


def busy(series: Iterable[Series], within: Interval) -> list[Interval]:
    """Return when any of the series takes time within a stretch; nothing reaches beyond it."""
    return merge(
        Interval(max(when.start, within.start), min(when.end, within.end))
        for one in series
        for when in one.occurrences(within).values()
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.isoweekday() - 1)


def _nth_day(month: date, nth: Nth) -> date | None:
    first = month.replace(day=1)
    days = [first + timedelta(days=n) for n in range(31)]
    fitting = [day for day in days if day.month == month.month and day.isoweekday() == nth.weekday]
    place = nth.number - 1 if nth.number > 0 else nth.number
    return fitting[place] if -len(fitting) <= place < len(fitting) else None


def _instant(moment: datetime) -> int:
    # Aware date-times of one zone are subtracted as the wall says; those of two by what elapses.
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _day_of(instant: int) -> date:
    return date(1970, 1, 1) + timedelta(days=instant // DAY)
