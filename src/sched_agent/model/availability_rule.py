"""When a calendar is open: recurring rules and exceptions for single dates."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument
from sched_agent.model.calendar import Availability
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, HOUR, Interval, merge, subtract
from sched_agent.model.zone import local_day, on_the_clock, zone

WHOLE_DAY = (0, 1440)
_LONGEST_DAY = DAY + 2 * HOUR  # with a clock change in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Wall-clock minutes `start <= m < end` of one day; 1440 is the midnight that ends it."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1440:
            raise InvalidArgument(
                "end_time must be after start_time on the same day; "
                "hours over midnight are two rules, one until 24:00 and one from 00:00.",
                fields={"end_time": "must be after start_time"},
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringRule:
    """The same hours on certain days of every week (1 = Monday ... 7 = Sunday).

    Args:
        available: False takes the hours away from what other rules open.
        timezone: Whose clocks; None means the calendar's.
        day_of_month: If it is not None: only on this day of a month.
        until: The last date, included; None: it does not end.
        name: What people call it.
    """

    id: Number
    days_of_week: frozenset[int]
    hours: Hours
    available: bool = True
    timezone: str | None = None
    day_of_month: int | None = None
    until: date | None = None
    name: str | None = None

    def windows(self, within: Interval, default: ZoneInfo) -> Iterator[Interval]:
        """Yield the hours as instants, on every day that touches a stretch of time."""
        in_zone = zone(self.timezone) if self.timezone else default
        start, end = self.hours.start, self.hours.end
        days = self.days_of_week
        last = local_day(within.end, in_zone)
        if self.until is not None:
            last = min(last, self.until.toordinal())
        for day in range(local_day(within.start, in_zone), last + 1):
            if (day - 1) % 7 + 1 in days and self._is_of_month(day):  # ordinal 1 is a Monday
                opens = on_the_clock(day, start, in_zone)
                closes = on_the_clock(day, end, in_zone)
                if opens < closes:  # a clock change can swallow a window whole
                    yield Interval(opens, closes)

    def _is_of_month(self, day: int) -> bool:
        return self.day_of_month is None or date.fromordinal(day).day == self.day_of_month


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRule:
    """One date, or some hours of it, open or closed whatever the recurring rules say.

    Where exceptions overlap, the later made one wins.
    """

    id: Number
    date: date
    available: bool
    hours: Hours | None = None
    timezone: str | None = None
    name: str | None = None

    def windows(self, within: Interval, default: ZoneInfo) -> Iterator[Interval]:
        """Yield the hours as instants, if the date touches a stretch of time."""
        in_zone = zone(self.timezone) if self.timezone else default
        start, end = (self.hours.start, self.hours.end) if self.hours else WHOLE_DAY
        day = self.date.toordinal()
        opens, closes = on_the_clock(day, start, in_zone), on_the_clock(day, end, in_zone)
        if opens < closes and opens < within.end + DAY and within.start - DAY < closes:
            yield Interval(opens, closes)


Rule = RecurringRule | ExceptionRule


def openings(
    mode: Availability, rules: Iterable[Rule], within: Interval, default: ZoneInfo
) -> list[Interval]:
    """Return when a calendar is open, as merged intervals that reach over a day beyond `within`.

    Args:
        mode: Whether the calendar is closed or open where no rule says anything.
        rules: In the order in which they were made.
        within: The stretch that is asked about.
        default: The calendar's zone.
    """
    wide = within.padded(_LONGEST_DAY)
    kept = list(rules)
    recurring = [rule for rule in kept if isinstance(rule, RecurringRule)]
    opened = [rule for rule in recurring if rule.available]
    if mode is Availability.OPEN and not opened:
        windows = [wide]
    else:
        windows = merge(w for rule in opened for w in rule.windows(wide, default))
    closed = merge(
        w for rule in recurring if not rule.available for w in rule.windows(wide, default)
    )
    windows = subtract(windows, closed) if closed else windows
    exceptions = (rule for rule in kept if isinstance(rule, ExceptionRule))
    for available, alike in groupby(exceptions, key=lambda rule: rule.available):
        change = merge(w for rule in alike for w in rule.windows(wide, default))
        windows = merge([*windows, *change]) if available else subtract(windows, change)
    return windows


_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?\Z")


def read_clock(text: str, *, is_end: bool = False) -> int:
    """Return `HH:MM` as minutes past midnight; `24:00` is allowed as an end.

    Raises:
        InvalidArgument: It is anything else.
    """
    if is_end and text in {"24:00", "24:00:00"}:
        return 1440
    read = _CLOCK.match(text)
    if read is None:
        name = "end_time" if is_end else "start_time"
        allowed = "HH:MM from 00:00 to 24:00" if is_end else "HH:MM from 00:00 to 23:59"
        raise InvalidArgument(f"{name} must be {allowed}.", fields={name: f"must be {allowed}"})
    return int(read[1]) * 60 + int(read[2])


def clock_text(minutes: int) -> str:
    """Return minutes past midnight as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_rule(
    *,
    kind: Literal["recurring", "exception"],
    days_of_week: list[int] | None,
    day: str | None,
    start_time: str | None,
    end_time: str | None,
    available: bool | None,
    timezone: str | None,
) -> Rule:
    """Return the rule that these fields describe (Talkover: create-availability-rule).

    Raises:
        InvalidArgument: A field is missing, malformed or belongs to the other kind.
    """
    hours = None
    if start_time is not None or end_time is not None:
        if start_time is None or end_time is None:
            missing = "start_time" if start_time is None else "end_time"
            raise InvalidArgument(
                "start_time and end_time come together.", fields={missing: "is required here"}
            )
        hours = Hours(start=read_clock(start_time), end=read_clock(end_time, is_end=True))
    if kind == "exception":
        if days_of_week:
            raise _foreign("days_of_week", kind)
        if available is None:
            raise InvalidArgument(
                "An exception needs available: true (open) or false (closed).",
                fields={"available": "is required for an exception"},
            )
        return ExceptionRule(
            id=0, date=_date(day), available=available, hours=hours, timezone=timezone
        )
    if day is not None:
        raise _foreign("date", kind)
    if not days_of_week or not set(days_of_week) <= set(range(1, 8)):
        raise InvalidArgument(
            "days_of_week must name days from 1 (Monday) to 7 (Sunday).",
            fields={"days_of_week": "must be numbers from 1 to 7"},
        )
    if hours is None:
        raise InvalidArgument(
            "A recurring rule needs start_time and end_time.",
            fields={"start_time": "is required here", "end_time": "is required here"},
        )
    return RecurringRule(
        id=0,
        days_of_week=frozenset(days_of_week),
        hours=hours,
        available=available is not False,
        timezone=timezone,
    )


def _foreign(name: str, kind: str) -> InvalidArgument:
    return InvalidArgument(
        f"{name} does not belong to a rule of type {kind}.", fields={name: "does not belong here"}
    )


def _date(text: str | None) -> date:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2198:
        raise InvalidArgument(
            "An exception needs a date that exists, YYYY-MM-DD.",
            fields={"date": "must be YYYY-MM-DD"},
        )
    return day
