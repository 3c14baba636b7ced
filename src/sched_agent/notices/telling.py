"""What an event rule's condition, webhooks and mails know of an event."""

from typing import Any

from sched_agent.model.attendee import Attendee
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import DEFAULT_TYPE, Event
from sched_agent.model.event_rule import labels_of
from sched_agent.model.interval import HOUR, Interval
from sched_agent.model.status import Status
from sched_agent.model.zone import local
from sched_agent.speech.iso import utc_text
from sched_agent.speech.phrasing import say_interval


def event_data(event: Event, calendar: Calendar) -> dict[str, Any]:
    """Return an event in the names of the workspace family, with its labels and metadata."""
    days = event.days
    return {
        "id": event.id,
        "calendarId": event.calendar_id,
        "title": event.title,
        "description": event.description,
        "location": event.location,
        "startTime": local(event.interval.start, calendar.zone).isoformat(),
        "endTime": local(event.interval.end, calendar.zone).isoformat(),
        "allDay": days is not None,
        "startDate": days.first_date.isoformat() if days else None,
        "endDate": days.end_date.isoformat() if days else None,
        "timezone": calendar.timezone,
        "status": event.status.value,
        "type": event.type,
        "ownerType": event.owner.type.value if event.owner else None,
        "ownerId": event.owner.id if event.owner else None,
        "createdBy": event.created_by,
        "attendees": [
            {
                "memberId": attendee.member,
                "eventId": event.id,
                "response": attendee.response.value,
                "name": attendee.name,
                "email": attendee.email,
                "phone": attendee.phone,
            }
            for attendee in event.attendees
        ],
        "attendeeCount": len(event.attendees),
        "cancelReason": event.cancel_reason,
        "version": event.version,
        "createdAt": utc_text(event.created_at),
        "updatedAt": utc_text(event.updated_at),
        "labels": list(labels_of(event)),
        "metadata": dict(event.metadata or {}),
    }


def sample(now: int) -> tuple[Event, Calendar]:
    """Return an event that nobody has, and its calendar, to show how one is told."""
    calendar = Calendar(id=1, name="Example", timezone="UTC", created_at=now, updated_at=now)
    event = Event(
        id=1,
        calendar_id=calendar.id,
        title="A test of this event rule",
        interval=Interval(now + HOUR, now + 2 * HOUR),
        description=None,
        location=None,
        status=Status.CONFIRMED,
        type=DEFAULT_TYPE,
        transparent=False,
        attendees=(Attendee(name="Jane Doe", email="jane@example.com"),),
        owner=None,
        created_by=None,
        hold_expires_at=None,
        created_at=now,
        updated_at=now,
    )
    return event, calendar


def calendar_data(calendar: Calendar) -> dict[str, Any]:
    """Return what is told of a calendar."""
    return {"id": calendar.id, "name": calendar.name, "timezone": calendar.timezone}


def values(event: Event, calendar: Calendar) -> dict[str, str]:
    """Return what the placeholders of a mail stand for, but for `name`."""
    return {
        "title": event.title,
        "description": event.description or "",
        "location": event.location or "",
        "when": say_interval(event.interval, calendar.zone),
        "timezone": calendar.timezone,
        "status": event.status.value,
        "calendar": calendar.name,
    }
