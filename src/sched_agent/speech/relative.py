"""Relative times in words (Timekit: introduction to availability): `now`, `3 days 2 weeks`."""

import calendar
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument, UnrecognizedTime
from sched_agent.model.interval import DAY, HOUR, MINUTE, SECOND
from sched_agent.model.zone import instant, local, on_the_clock
from sched_agent.speech.iso import read_bound

_UNITS = {
    "second": SECOND,
    "sec": SECOND,
    "minute": MINUTE,
    "min": MINUTE,
    "hour": HOUR,
    "hr": HOUR,
    "day": DAY,
    "week": 7 * DAY,
}
_PART = re.compile(r"([+-]?)\s*(\d{1,6})\s*(month|" + "|".join(_UNITS) + r")s?\b[\s,]*")
_LONGEST = 366 * DAY


def read_relative(text: str, now: int, in_zone: ZoneInfo, *, field: str) -> int:
    """Return the instant that relative words, or a date or date-time in ISO 8601, name.

    Days, weeks and months move the date on the zone's clocks, hours and less are elapsed time.
    A date means its first midnight, and so do `today` and `tomorrow`.

    Raises:
        UnrecognizedTime: It is none of these.
        NonexistentTime: A clock change skips it.
        InvalidArgument: It lies before 1900 or after 2199.
    """
    spelled = text.strip().lower()
    if spelled == "now":
        return now
    if spelled in _DAYS:
        return on_the_clock(local(now, in_zone).toordinal() + _DAYS[spelled], 0, in_zone)
    parts = _parts(spelled)
    if parts is not None:
        return _moved(now, parts, in_zone)
    if not re.match(r"\d{4}", spelled):
        raise _unrecognized(text, field, "`now`, `tomorrow`, `3 days 2 weeks`, or ISO 8601")
    return read_bound(text, in_zone, field=field, is_end=False)[0]


_DAYS = {"today": 0, "tomorrow": 1}


def read_length(text: str, *, field: str) -> int:
    """Return the microseconds of a length such as `30 minutes` or `1 hour 15 minutes`.

    Raises:
        UnrecognizedTime: It is none.
        InvalidArgument: It is negative, or longer than a year.
    """
    parts = _parts(text.strip().lower())
    if parts is None or any(unit == "month" for _, unit in parts):
        raise _unrecognized(text, field, "a length such as `30 minutes` or `1 hour`")
    length = sum(count * _UNITS[unit] for count, unit in parts)
    if not 0 <= length <= _LONGEST:
        raise InvalidArgument(
            f"{field} is out of range.", fields={field: "must be positive, and at most a year"}
        )
    return length


def _parts(spelled: str) -> list[tuple[int, str]] | None:
    """Return each number and its unit, or None if there is anything else."""
    found, at = [], 0
    for part in _PART.finditer(spelled):
        if part.start() != at:
            return None
        at = part.end()
        found.append((int(part[1] + part[2]), part[3]))
    return found if found and at == len(spelled) else None


def _moved(now: int, parts: list[tuple[int, str]], in_zone: ZoneInfo) -> int:
    months = sum(count for count, unit in parts if unit == "month")
    days = sum(count * _UNITS[unit] // DAY for count, unit in parts if unit in {"day", "week"})
    rest = sum(count * _UNITS[unit] for count, unit in parts if unit not in _OF_DATES)
    here = local(now, in_zone)
    try:
        day = _months_on(here.date(), months) + timedelta(days=days)
        moved = here if day == here.date() else datetime.combine(day, here.time(), in_zone)
        at = instant(moved) + rest
        instant(local(at, in_zone))
    except (ValueError, OverflowError):
        raise InvalidArgument("Times must lie between the years 1900 and 2199.") from None
    return at


_OF_DATES = {"month", "week", "day"}


def _months_on(day: date, months: int) -> date:
    """Return the same day some months on, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _unrecognized(text: str, field: str, wanted: str) -> UnrecognizedTime:
    return UnrecognizedTime(
        f"{field} {text[:40]!r} can't be read.",
        hint=f"Send {wanted}.",
        fields={field: "is not a time in words or in ISO 8601"},
    )
