"""The Timekit family, `/v2`: events and calendars.

Names, defaults and envelopes are those of the vendor's pages; what these leave open is decided in
docs/adr/0015.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Path, Query, Request, status

from sched_agent.app import App
from sched_agent.errors import StatusConflict, UnknownCalendar, UnknownEvent, Unsupported
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Caller
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.model.zone import zone as named_zone
from sched_agent.services import calendars, events
from sched_agent.speech.iso import read_bound
from sched_agent.tools.arguments import calendar_number, event_number
from sched_agent.transports.rest.common import Asking, Retried, Running
from sched_agent.transports.rest.timekit_family import (
    Include,
    Limit,
    Paged,
    PageNumber,
    Search,
    Wrapped,
    beside,
    calendars_sought,
    every_calendar,
    every_event,
    family_router,
    paged,
    read_include,
    read_search,
    resource_of,
    with_extras,
)
from sched_agent.transports.rest.timekit_shapes import (
    Acknowledged,
    CalendarBody,
    CalendarChanges,
    CalendarData,
    EventBody,
    EventChanges,
    EventData,
    IdData,
    Told,
    invited,
)
from sched_agent.transports.rest.timekit_times import moved, read_days, read_interval

router = family_router()

EventId = Annotated[str, Path(max_length=64, description="Event UUID")]
CalendarId = Annotated[str, Path(max_length=64, description="Calendar UUID")]
Bound = Annotated[str, Query(max_length=64, json_schema_extra={"format": "date-time"})]


@router.post(
    "/events",
    status_code=status.HTTP_201_CREATED,
    tags=["events"],
    response_model_exclude_unset=True,
)
def create_event(
    app: Running, caller: Asking, body: EventBody, key: Retried = None
) -> Acknowledged | Wrapped[EventData]:
    """Create an event, which blocks its time; nothing is checked.

    Use a booking where the time must be free.
    """
    calendar = calendars.get(app, caller, calendar_number(body.calendar_id))
    resource = resource_of(app, caller, calendar)
    days = read_days(body.start, body.end) if body.all_day else None
    draft = Draft(
        title=body.what,
        interval=(
            days.interval(calendar.zone)
            if days
            else read_interval(body.start, body.end, calendar.zone)
        ),
        days=days,
        description=body.description,
        location=body.where,
        transparent=body.transparent,
        attendees=invited(body.participants, resource, body.my_rsvp),
    )
    event = events.book(app, caller, calendar.id, draft, check=Check.NONE, request_id=key)
    if body.sync_provider:
        return Wrapped(data=EventData.of(event, calendar, resource))
    told = Told(message="Event created")
    if body.invite:
        told.note = "No invitation was sent: the calendar has no provider."
    return Acknowledged(meta=told, data=IdData(id=uuid(Kind.EVENT, event.id)))


@router.get("/events", tags=["events"], response_model_exclude_unset=True)
def list_events(
    app: Running,
    caller: Asking,
    request: Request,
    start: Bound,
    end: Bound,
    search: Search = None,
    limit: Limit = 50,
    page: PageNumber = 1,
) -> Paged[EventData]:
    """List the events that touch a stretch of time, by start.

    `search` narrows by `resource_id` or `calendar_id`.
    """
    sought = calendars_sought(app, caller, read_search(search, ("resource_id", "calendar_id")))
    known = {calendar.id: calendar for calendar in sought}
    resources = {calendar.id: calendar for calendar in every_calendar(app, caller)}
    zone = sought[0].zone if sought else named_zone("UTC")
    within = Interval(
        read_bound(start, zone, field="start", is_end=False)[0],
        read_bound(end, zone, field="end", is_end=True)[0],
    )
    wanted = EventFilter(
        calendar_ids=tuple(known),
        starts_from=within.start,
        ends_until=within.end,
        statuses=frozenset(Status) - {Status.CANCELLED},
    )

    def shape(event: Event) -> EventData:
        calendar = known[event.calendar_id]
        resource = resources.get(calendar.resource_id or calendar.id, calendar)
        return EventData.of(event, calendar, resource)

    return paged(request, every_event(app, caller, wanted), shape, (page, limit))


@router.get("/events/{event_id}", tags=["events"], response_model_exclude_unset=True)
def get_event(
    app: Running, caller: Asking, event_id: EventId, include: Include = None
) -> Wrapped[EventData]:
    """Read an event; `include=calendar` adds its calendar."""
    calendar, event = _event(app, caller, event_id)
    data = EventData.of(event, calendar, resource_of(app, caller, calendar))
    if read_include(include, ("calendar",)):
        data.calendar = CalendarData.of(calendar)
    return Wrapped(data=data)


@router.put("/events/{event_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["events"])
def update_event(
    app: Running, caller: Asking, event_id: EventId, body: EventChanges, key: Retried = None
) -> None:
    """Change an event. What was booked as the only one at its time has to stay so."""
    calendar, event = _event(app, caller, event_id)
    events.revise(
        app,
        caller,
        event.id,
        _event_change(body, event, calendar, resource_of(app, caller, calendar)),
        check=Check.CONFLICTS if event.exclusive else Check.NONE,
        beside=beside(app, caller, calendar),
        request_id=key,
    )


@router.delete("/events/{event_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["events"])
def delete_event(app: Running, caller: Asking, event_id: EventId, key: Retried = None) -> None:
    """Call an event off; to this family it is gone."""
    if events.cancel(app, caller, event_number(event_id), request_id=key).already:
        raise UnknownEvent("No event has that id.")


@router.get("/calendars", tags=["calendars"])
def list_calendars(
    app: Running,
    caller: Asking,
    request: Request,
    search: Search = None,
    limit: Limit = 50,
    page: PageNumber = 1,
) -> Paged[CalendarData]:
    """List calendars; `search` narrows by `resource_id`."""
    found = calendars_sought(app, caller, read_search(search, ("resource_id",)))
    return paged(request, found, CalendarData.of, (page, limit))


@router.get("/calendars/{calendar_id}", tags=["calendars"])
def get_calendar(app: Running, caller: Asking, calendar_id: CalendarId) -> Wrapped[CalendarData]:
    """Read a calendar."""
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    return Wrapped(data=CalendarData.of(calendar))


@router.post("/calendars", status_code=status.HTTP_201_CREATED, tags=["calendars"])
def create_calendar(
    app: Running, caller: Asking, body: CalendarBody, key: Retried = None
) -> Wrapped[CalendarData]:
    """Give a resource a further calendar; what is on it blocks the resource as well."""
    resource = calendars.of_resource(app, caller, calendar_number(body.resource_id))[0]
    double_booking = resource.policy.double_booking
    calendar = calendars.create(
        app,
        caller,
        name=body.name,
        description=body.description,
        timezone=resource.timezone,
        policy=Policy(availability=Availability.OPEN, double_booking=double_booking),
        resource_id=resource.id,
        metadata=with_extras(None, body.model_dump(include=_COLORS)),
        request_id=key,
    )
    return Wrapped(data=CalendarData.of(calendar))


@router.put("/calendars/{calendar_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["calendars"])
def update_calendar(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    body: CalendarChanges,
    key: Retried = None,
) -> None:
    """Change a calendar: what is not sent stays."""
    if body.provider_sync or body.primary:
        raise Unsupported("The calendar has no provider: it can't be synced or made primary.")
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    changes = body.model_dump(include={"name", "description"}, exclude_none=True)
    if colors := body.model_dump(include=_COLORS, exclude_unset=True):
        changes["metadata"] = with_extras(calendar, colors)
    calendars.revise(app, caller, calendar.id, changes, request_id=key)


@router.delete(
    "/calendars/{calendar_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["calendars"]
)
def delete_calendar(
    app: Running, caller: Asking, calendar_id: CalendarId, key: Retried = None
) -> None:
    """Delete a further calendar of a resource with its events."""
    number = calendar_number(calendar_id)
    with suppress(UnknownCalendar):  # the request may have come before
        if calendars.get(app, caller, number).resource_id is None:
            raise StatusConflict(
                "This is the resource's own calendar.", hint="Delete the resource instead."
            )
    calendars.delete(app, caller, number, request_id=key)


def _event(app: App, caller: Caller, event_id: str) -> tuple[Calendar, Event]:
    """Return an event and its calendar; the family knows no cancelled events."""
    calendar, event = events.get(app, caller, event_number(event_id))
    if event.status is Status.CANCELLED:
        raise UnknownEvent("No event has that id.")
    return calendar, event


def _event_change(
    body: EventChanges, event: Event, calendar: Calendar, resource: Calendar
) -> Change:
    sent = body.model_fields_set
    new = {"title": body.what, "location": body.where}
    fields: dict[str, Any] = {name: value for name, value in new.items() if value is not None}
    if "description" in sent:
        fields["description"] = body.description
    if body.participants is not None:
        others = tuple(one for one in event.attendees if not one.email)
        fields["attendees"] = others + invited(body.participants, resource, "needsAction")
    time = moved(event, calendar.zone, start=body.start, end=body.end, all_day=body.all_day)
    return replace(time, fields=fields)


_COLORS = {"backgroundcolor", "foregroundcolor"}
