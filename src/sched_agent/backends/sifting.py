"""Finding events among those that a vendor showed, as the stores find them."""

from collections.abc import Iterable

from sched_agent.model.event import Event, EventFilter
from sched_agent.model.text import fold


def sift(events: Iterable[Event], wanted: EventFilter, country: str | None) -> list[Event]:
    """Return the events that a filter lets through; for `country` see `Event.invites`."""
    return [event for event in events if _is_wanted(event, wanted, country)]


def _is_wanted(event: Event, wanted: EventFilter, country: str | None) -> bool:
    position = (event.interval.start, event.id)
    return (
        event.calendar_id in wanted.calendar_ids
        and event.status in wanted.statuses
        and _lies_there(event, wanted)
        and wanted.type in {None, event.type}
        and (wanted.query is None or fold(wanted.query) in event.search_text)
        and (wanted.attendee is None or event.invites(wanted.attendee, country))
        and (wanted.after is None or position > wanted.after)
    )


def _lies_there(event: Event, wanted: EventFilter) -> bool:
    start, end = wanted.starts_from, wanted.ends_until
    begins, ends = event.interval
    if wanted.contained:
        return (start is None or begins >= start) and (end is None or ends <= end)
    return (start is None or ends > start) and (end is None or begins < end)
