"""Between Google's events and ours."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument
from sched_agent.model.days import Days
from sched_agent.model.event import Meeting
from sched_agent.model.interval import Interval
from sched_agent.model.remote import UNTITLED, Content, Ref, RemoteEvent, is_ours
from sched_agent.model.status import Status
from sched_agent.model.zone import instant, local
from sched_agent.providers.google import guests
from sched_agent.providers.google.quirks import QUIET, uid_in
from sched_agent.providers.google.resources import EventResource, not_understood

_UTC = ZoneInfo("UTC")


def is_deleted(event: EventResource) -> bool:
    """Whether what is told of an event is that it is no longer there."""
    return event.status == Status.CANCELLED.value


def read(event: EventResource, in_zone: ZoneInfo) -> RemoteEvent | None:
    """Return an event as a value of ours; None if it takes no stretch of time at all.

    Args:
        event: One of which more is told than that it is deleted.
        in_zone: The zone of its calendar.

    Raises:
        ProviderRejected: It is not in the form that Google describes.
    """
    content = content_of(event, in_zone)
    if content is None:
        return None
    return RemoteEvent(
        ref=Ref(key_of(event), handle_of(event), event.etag),
        content=content,
        changed_at=None if event.updated is None else _instant(event.updated),
        meeting=meeting_of(event),
    )


def handle_of(event: EventResource) -> str:
    """Return the id of an event or, of an occurrence, that of its series."""
    return event.recurring_event_id or event.id


def key_of(event: EventResource) -> str:
    """Return what names an event for good: its UID or, of an occurrence, its id in its series.

    Of ours the id tells, which nobody else gives here. Whoever invites somebody chooses the
    iCalUID, and might write one of ours there.
    """
    if event.recurring_event_id is not None:
        return f"{event.recurring_event_id}/{event.id}"
    told = event.ical_uid
    return uid_in(event.id) or (told if told and not is_ours(told) else event.id)


def id_in(ref: Ref) -> str:
    """Return the id by which Google is asked about an event or an occurrence."""
    return ref.key.removeprefix(f"{ref.handle}/") if _is_occurrence(ref) else ref.handle


def _is_occurrence(ref: Ref) -> bool:
    return ref.key.startswith(f"{ref.handle}/")


def content_of(event: EventResource, in_zone: ZoneInfo) -> Content | None:
    """Return what an event says; see `read`."""
    try:
        days = _days(event)
        interval = days.interval(in_zone) if days else Interval(*_instants(event))
    except InvalidArgument:  # it ends where it begins, or lies outside of the centuries we know
        return None
    return Content(
        title=event.summary or UNTITLED,
        interval=interval,
        days=days,
        description=event.description or None,
        location=event.location or None,
        status=_STATUSES.get(event.status, Status.CONFIRMED),
        transparent=_takes_no_time(event),
        attendees=guests.read(event),
    )


_STATUSES: Mapping[str, Status] = {status.value: status for status in Status}
"""Google has our words."""


def _days(event: EventResource) -> Days | None:
    if event.start is None or event.start.date is None:
        return None
    if event.end is None or event.end.date is None:
        raise not_understood("the end of an event")
    return Days(_ordinal(event.start.date), _ordinal(event.end.date))


def _ordinal(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise not_understood("a date") from None


def _instants(event: EventResource) -> tuple[int, int]:
    if event.start is None or event.end is None:
        raise not_understood("the times of an event")
    return _instant(event.start.date_time), _instant(event.end.date_time)


def _instant(text: str | None) -> int:
    """Return the instant that Google writes, always with an offset."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise not_understood("a time") from None
    if moment.tzinfo is None:
        raise not_understood("the offset of a time")
    return instant(moment)


def period(start: str, end: str) -> Interval:
    """Return a stretch of time that Google tells."""
    return Interval(_instant(start), _instant(end))


def _takes_no_time(event: EventResource) -> bool:
    """Whether free/busy leaves an event out."""
    if event.event_type in QUIET:
        return event.transparency != "opaque"
    declined = any(one.is_self and one.response_status == "declined" for one in event.attendees)
    return declined or event.transparency == "transparent"


_LINK = re.compile(r"https?://[!-~]{1,2000}")
"""What people may be told to open; whoever invites somebody chooses it."""


def meeting_of(event: EventResource) -> Meeting | None:
    """Return the video meeting of an event, if it has one already."""
    conference = event.conference_data
    ways = conference.entry_points if conference else ()
    video = [way.uri for way in ways if way.entry_point_type == "video"]
    url = next((one for one in [*video, event.hangout_link] if one and _LINK.fullmatch(one)), None)
    if url is None:
        return None
    number = conference.conference_id if conference else None
    return Meeting(id=number or url.rpartition("/")[2], url=url)


def written(content: Content) -> dict[str, Any]:
    """Return a new event as Google takes it."""
    said = _words(content) | _times(content) | guests.written(content.attendees, ())
    return {name: value for name, value in said.items() if value is not None}


def changed(event: EventResource, content: Content, in_zone: ZoneInfo) -> dict[str, Any]:
    """Return a patch that lets an event say something; empty if it says so already.

    Nothing else is touched: what takes no time since its owner has declined, say, goes on to be
    opaque to all others.
    """
    now = content_of(event, in_zone)
    if now is None:
        return _words(content) | _patched_times(content) | _people(event, content)
    before, after = _words(now), _words(content)
    patch = {name: value for name, value in after.items() if value != before[name]}
    if (now.days or now.interval) != (content.days or content.interval):
        patch |= _patched_times(content)
    if guests.are_others(now.attendees, content.attendees):
        patch |= _people(event, content)
    return patch


def _words(content: Content) -> dict[str, Any]:
    return {
        "summary": content.title,
        "description": content.description or None,
        "location": content.location or None,
        "status": content.status.value,
        "transparency": "transparent" if content.transparent else "opaque",
    }


def _people(event: EventResource, content: Content) -> dict[str, Any]:
    return guests.written(content.attendees, event.attendees, event.private)


def _times(content: Content) -> dict[str, dict[str, str]]:
    if content.days is not None:
        sides = content.days.first_date, content.days.end_date
        return {side: {"date": at.isoformat()} for side, at in zip(_SIDES, sides, strict=True)}
    return {
        side: {"dateTime": rfc3339(at)} for side, at in zip(_SIDES, content.interval, strict=True)
    }


_SIDES = ("start", "end")


def _patched_times(content: Content) -> dict[str, dict[str, str | None]]:
    """Return times that take the place of those of the other kind, too."""
    other: Mapping[str, None] = (
        {"dateTime": None, "timeZone": None} if content.days is not None else {"date": None}
    )
    return {side: {**other, **time} for side, time in _times(content).items()}


def rfc3339(moment: int) -> str:
    """Return an instant as Google takes it. In UTC there is no zone that it could misread."""
    return local(moment, _UTC).astimezone(UTC).isoformat().replace("+00:00", "Z")


def taken(
    events: Sequence[EventResource], in_zone: ZoneInfo, leaving_out: frozenset[str]
) -> list[Interval]:
    """Return the time that events take, without those whose keys are left out."""
    found = []
    for event in events:
        content = None if is_deleted(event) else content_of(event, in_zone)
        if content and not content.transparent and key_of(event) not in leaving_out:
            found.append(content.interval)
    return found
