"""Saying things: times always with the weekday, the local time and the zone."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sched_agent.model.days import Days
from sched_agent.model.interval import DAY, HOUR, Interval
from sched_agent.model.reason import Because, Reason
from sched_agent.model.text import one_line
from sched_agent.model.zone import local

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def say_interval(interval: Interval, in_zone: ZoneInfo) -> str:
    """Return for example `Tuesday 24 November 2026, 15:30–16:00 (America/New_York)`."""
    start, end = local(interval.start, in_zone), local(interval.end, in_zone)
    changes = start.utcoffset() != end.utcoffset()  # then the clock alone may mislead
    begins, ends = (_clock(one) + (f" ({one:%z})" if changes else "") for one in (start, end))
    until = f"–{ends}"
    if end.date() != start.date():
        until = f" – {say_day(interval.end, in_zone)}, {ends}"
    return f"{say_day(interval.start, in_zone)}, {begins}{until} ({in_zone.key})"


def say_days(days: Days, in_zone: ZoneInfo) -> str:
    """Return for example `Tuesday 24 November 2026, all day (America/New_York)`."""
    first, last = (_say_date(date.fromordinal(day)) for day in (days.first, days.end - 1))
    until = "" if first == last else f" – {last}"
    return f"{first}{until}, all day ({in_zone.key})"


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def say_stretch(interval: Interval, in_zone: ZoneInfo) -> str:
    """Return for example `on Tuesday 24 November 2026 (America/New_York)`, or from when to when."""
    first = local(interval.start, in_zone)
    next_day = local(interval.start + DAY + 2 * HOUR, in_zone).replace(hour=0, minute=0, second=0)
    if first.time() == time(0) and local(interval.end, in_zone) == next_day:
        return f"on {say_day(interval.start, in_zone)} ({in_zone.key})"
    return f"within {say_interval(interval, in_zone)}"


def say_moment(at: int, in_zone: ZoneInfo) -> str:
    """Return for example `Tuesday 24 November 2026, 15:30 (America/New_York)`."""
    return f"{say_day(at, in_zone)}, {_clock(local(at, in_zone))} ({in_zone.key})"


def say_day(at: int, in_zone: ZoneInfo) -> str:
    """Return for example `Tuesday 24 November 2026`."""
    return _say_date(local(at, in_zone))


def _say_date(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def weekday(at: int, in_zone: ZoneInfo) -> str:
    """Return the weekday's English name at an instant."""
    return WEEKDAYS[local(at, in_zone).weekday()]


def why_not(reason: Reason, in_zone: ZoneInfo) -> str:
    """Return why a time can't be had; not by which rule, since that has a name of somebody's."""
    limit = reason.limit
    clocks = (tuple(_clock(local(at, in_zone)) for at in opening) for opening in reason.hours)
    hours = " and ".join("–".join(ends) for ends in clocks)
    open_then = f"; on that day it is open {hours}" if hours else ""
    return {
        Because.OVER: "that time is over",
        Because.NOTICE: f"the calendar wants {limit} minutes' notice",
        Because.HORIZON: f"the calendar takes bookings {limit} days ahead",
        Because.CLOSED_THEN: f"the calendar is not open then{open_then}",
        Because.CLOSED_THAT_DAY: "the calendar is closed that whole day",
        Because.EXCEPTION: f"the calendar is closed then, which is an exception{open_then}",
        Because.TOO_LONG: f"the calendar is not open for that long{open_then}",
        Because.FULL: f"the calendar takes {limit} events a day",
        Because.TAKEN: "that time is taken",
        Because.BUFFER: f"that is too near to another event, {limit} minutes are kept clear",
    }[reason.because]


_QUOTES = dict.fromkeys(map(ord, "“”„‟〝〞〟＂«»"), '"')


def quoted(text: str, most: int = 120) -> str:
    """Return text that somebody wrote, visible, on one line and between quotes: it is data."""
    return f"“{one_line(text.translate(_QUOTES), most)}”"
