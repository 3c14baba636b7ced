"""How the Timekit family writes and reads times."""

import re
from zoneinfo import ZoneInfo

from sched_agent.model.days import Days, read_date, touched
from sched_agent.model.event import Change, Event
from sched_agent.model.interval import Interval
from sched_agent.model.zone import local
from sched_agent.speech.iso import read_moment

_UTC = ZoneInfo("UTC")
_MIDNIGHT = re.compile(r"[T ]00:00(:00([.,]0+)?)?(Z|[+-].*)?\Z", re.IGNORECASE)
_DATE_LENGTH = len("2026-11-24")


def written(at: int, zone: ZoneInfo) -> str:
    """Return an instant with the zone's offset (RFC 3339)."""
    return local(at, zone).isoformat()


def read_interval(start: str, end: str, zone: ZoneInfo) -> Interval:
    """Return the time between two date-times, which are the zone's where they have no offset."""
    return Interval(
        read_moment(start, zone, field="start").at, read_moment(end, zone, field="end").at
    )


def read_days(start: str, end: str) -> Days:
    """Return the dates of an all-day event, as they are written: no offset moves them.

    The end is the day after the last one; a time of day makes its date the last one itself, and
    so does an end on the day of the start.
    """
    first, last = _date(start, "start"), _date(end, "end")
    clock = end.strip()[_DATE_LENGTH:]
    if (clock and not _MIDNIGHT.match(clock)) or last == first:
        last += 1
    return Days(first, last)


def _date(text: str, field: str) -> int:
    spelled = text.strip()
    if len(spelled) > _DATE_LENGTH:
        read_moment(spelled, _UTC, field=field)
    return read_date(spelled[:_DATE_LENGTH], field)


def moved(
    event: Event, zone: ZoneInfo, *, start: str | None, end: str | None, all_day: bool | None
) -> Change:
    """Return the change of an event's time; what is None stays."""
    days = event.days
    if all_day or (all_day is None and days is not None):
        if start is end is None and days is not None:
            return Change()
        days = days or touched(event.interval, zone)
        if end is not None:
            days = read_days(start or days.first_date.isoformat(), end)
            return Change(first_day=days.first, end_day=days.end)
        if start is not None:
            return Change(first_day=_date(start, "start"))
        return Change(first_day=days.first, end_day=days.end)
    if days is not None and start is end is None:
        return Change(start=event.interval.start, end=event.interval.end)
    return Change(
        start=None if start is None else read_moment(start, zone, field="start").at,
        end=None if end is None else read_moment(end, zone, field="end").at,
    )
