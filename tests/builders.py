"""Values that tests are made of, and the two doubles at the far ends: the clock and its reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sched_agent.model.availability_rule import ExceptionRule, Hours, RecurringRule, read_clock
from sched_agent.model.calendar import Calendar, Policy
from sched_agent.model.event import Draft, Event
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.status import Status
from sched_agent.model.zone import instant, on_the_clock

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = "2026-11-23"


def at(text: str, zone: ZoneInfo = NEW_YORK) -> int:
    """Return an instant: `2026-11-23T09:00` on New York clocks."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=zone))


def span(start: str, end: str, day: str = MONDAY, zone: ZoneInfo = NEW_YORK) -> Interval:
    """Return the interval between two clock times of a day; `24:00` is its end."""
    ordinal = datetime.fromisoformat(day).toordinal()
    first, last = (on_the_clock(ordinal, read_clock(t, is_end=True), zone) for t in (start, end))
    return Interval(first, last)


def a_calendar(**policy: Any) -> Calendar:
    """Return a calendar in New York with a policy."""
    return Calendar(
        id=1,
        name="Work",
        timezone="America/New_York",
        policy=Policy(**policy),
        created_at=0,
        updated_at=0,
    )


def weekdays(start: str = "09:00", end: str = "17:00", **more: Any) -> RecurringRule:
    """Return a rule for Monday to Friday."""
    hours = Hours(start=read_clock(start), end=read_clock(end, is_end=True))
    return RecurringRule(id=0, days_of_week=frozenset(range(1, 6)), hours=hours, **more)


def on_date(day: str, *, available: bool, hours: tuple[str, str] | None = None) -> ExceptionRule:
    """Return a rule for one date."""
    read = (
        Hours(start=read_clock(hours[0]), end=read_clock(hours[1], is_end=True)) if hours else None
    )
    date = datetime.fromisoformat(day).date()
    return ExceptionRule(id=0, date=date, available=available, hours=read)


def a_draft(interval: Interval, title: str = "Stand-up", **more: Any) -> Draft:
    """Return a draft of an event."""
    return Draft(title=title, interval=interval, **more)


def an_event(calendar_id: int = 1, interval: Interval | None = None, **more: Any) -> Event:
    """Return an event that a store has still to give an id."""
    fields: dict[str, Any] = {
        "id": 0,
        "calendar_id": calendar_id,
        "title": "Stand-up",
        "interval": interval or span("09:00", "09:30"),
        "description": None,
        "location": None,
        "status": Status.CONFIRMED,
        "type": "meeting",
        "transparent": False,
        "attendees": (),
        "owner": None,
        "created_by": None,
        "hold_expires_at": None,
        "created_at": 0,
        "updated_at": 0,
    }
    return Event(**fields | more)


@dataclass
class MovableClock:
    """A clock that stands still until it is moved."""

    now: int

    def __call__(self) -> int:
        return self.now

    def move_to(self, text: str) -> None:
        self.now = at(text)

    def move_by(self, minutes: int) -> None:
        self.now += minutes * MINUTE
