"""Events as journals show them."""

from sched_agent.model.event import Event
from tests.faults.journal import Seen


def seen(event: Event) -> Seen:
    """Return an event as journals show it."""
    return Seen(
        id=event.id,
        calendar=event.calendar_id,
        version=event.version,
        title=event.title,
        description=event.description,
        start=event.interval.start,
        end=event.interval.end,
        status=event.status.value,
        hold_expires_at=event.hold_expires_at,
        guests=tuple((guest.email or "", guest.response.value) for guest in event.attendees),
    )
