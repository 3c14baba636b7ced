"""The workspace family's calendar events: `/api/v2/w/{workspace_uuid}/calendar-events`.

What the pages leave open is decided in docs/adr/0014. The page of create says that availability
and attendee limits are validated, so that the check is the full one, and at update as well.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Path, Query

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, UnknownCalendar
from sched_agent.model.attendee import find
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.days import Days, read_date
from sched_agent.model.event import DEFAULT_TYPE, Change, Draft, Event, EventFilter
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.model.text import fold
from sched_agent.model.zone import zone
from sched_agent.services import calendars, environments, events
from sched_agent.speech.iso import read_moment
from sched_agent.transports.rest.common import (
    Asking,
    Retried,
    Running,
    all_calendars,
    all_events,
    bounds,
    changed_fields,
    moment,
)
from sched_agent.transports.rest.workspace_common import PageNumber, PageSize, workspace_router
from sched_agent.transports.rest.workspace_shapes import (
    LARGEST,
    AttendeeResponse,
    CalendarEventSortField,
    CancelRequest,
    CreateEventRequest,
    Deleted,
    EventRequest,
    EventResponse,
    PaginatedResponse,
    SortOrder,
    UpdateAttendeeRequest,
    UpdateEventRequest,
    response_of,
)

router = workspace_router()
_TAG = "calendar events"
_LENGTH = 30 * MINUTE
"""How long an event is whose end is left out."""
_BOUNDS = ("startDate", "endDate")
_Bounds = tuple[int | None, int | None]

EventId = Annotated[int, Path(ge=1, le=LARGEST, description="The event's number")]
Bound = Annotated[str | None, Query(max_length=64, json_schema_extra={"format": "date-time"})]


@router.get("/calendar-events", tags=[_TAG])
def list_events(
    app: Running,
    caller: Asking,
    calendar_id: Annotated[int | None, Query(alias="calendarId", ge=1, le=LARGEST)] = None,
    start: Annotated[Bound, Query(alias="startDate", description="They end after this")] = None,
    end: Annotated[Bound, Query(alias="endDate", description="They start before this")] = None,
    status: Status | None = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
    sort_by: Annotated[
        CalendarEventSortField, Query(alias="sortBy")
    ] = CalendarEventSortField.START_TIME,
    sort_order: Annotated[SortOrder, Query(alias="sortOrder")] = SortOrder.ASC,
) -> PaginatedResponse[EventResponse]:
    """List the events of a calendar, or of all, that overlap the time between two bounds."""
    if calendar_id is None:
        among = {calendar.id: calendar for calendar in all_calendars(app, caller)}
        timezone = environments.of(app, caller).timezone
    else:
        among = {calendar_id: calendars.get(app, caller, calendar_id)}
        timezone = among[calendar_id].timezone
    between = _between((start, end), zone(timezone))
    found = _found(app, caller, tuple(among), between, status)
    key = _SORT_KEYS[sort_by]
    found.sort(key=lambda event: (key(event), event.id), reverse=sort_order is SortOrder.DESC)
    first = (page - 1) * page_size
    rows = [
        EventResponse.of(event, among[event.calendar_id])
        for event in found[first : first + page_size]
    ]
    return PaginatedResponse[EventResponse].of(rows, (page, page_size), len(found))


@router.post("/calendar-events", tags=[_TAG])
def create_event(
    app: Running, caller: Asking, body: CreateEventRequest, key: Retried = None
) -> EventResponse:
    """Book an event, if the calendar is open and free then and takes that many attendees."""
    calendar = _calendar(app, caller, body.calendar_id)
    draft = _draft(body, calendar)
    event = events.book(app, caller, calendar.id, draft, check=Check.FULL, request_id=key)
    return EventResponse.of(event, calendar)


@router.get("/calendar-events/{event_id}", tags=[_TAG])
def get_event(app: Running, caller: Asking, event_id: EventId) -> EventResponse:
    """Read an event."""
    calendar, event = events.get(app, caller, event_id)
    return EventResponse.of(event, calendar)


@router.put("/calendar-events/{event_id}", tags=[_TAG])
def update_event(
    app: Running,
    caller: Asking,
    event_id: EventId,
    body: UpdateEventRequest,
    key: Retried = None,
) -> EventResponse:
    """Change an event: what is not sent stays, null clears.

    A new time is checked as at booking; `{"status": "confirmed"}` confirms a tentative event.
    """
    calendar, event = events.get(app, caller, event_id)
    change = _change(body, event, calendar)
    revised = events.revise(app, caller, event_id, change, check=Check.FULL, request_id=key)
    return EventResponse.of(revised.event, calendar)


@router.delete("/calendar-events/{event_id}", tags=[_TAG])
def delete_event(app: Running, caller: Asking, event_id: EventId, key: Retried = None) -> Deleted:
    """Delete an event for good; `cancel` keeps it."""
    events.delete(app, caller, event_id, request_id=key)
    return Deleted()


@router.get("/calendar-events/{event_id}/attendees", tags=[_TAG])
def list_attendees(app: Running, caller: Asking, event_id: EventId) -> list[AttendeeResponse]:
    """List who is invited to an event, and what they have answered."""
    _, event = events.get(app, caller, event_id)
    return [AttendeeResponse.of(attendee, event) for attendee in event.attendees]


@router.put("/calendar-events/{event_id}/attendees/{member_id}", tags=[_TAG])
def update_attendee(
    app: Running,
    caller: Asking,
    event_id: EventId,
    member_id: Annotated[int, Path(ge=1, le=LARGEST, description="The attendee's memberId")],
    body: UpdateAttendeeRequest,
    key: Retried = None,
) -> AttendeeResponse:
    """Write down what an attendee answers to the invitation."""
    answer = response_of(body.response)
    event = events.respond(app, caller, event_id, member_id, answer, request_id=key)
    return AttendeeResponse.of(event.attendees[find(event.attendees, member_id)], event)


@router.post("/calendar-events/{event_id}/cancel", tags=[_TAG])
def cancel_event(
    app: Running,
    caller: Asking,
    event_id: EventId,
    body: CancelRequest | None = None,
    key: Retried = None,
) -> EventResponse:
    """Cancel an event and keep it; a second time changes nothing."""
    reason = body.reason if body else None
    calendar, _ = events.get(app, caller, event_id)
    cancelled = events.cancel(app, caller, event_id, reason=reason, request_id=key)
    return EventResponse.of(cancelled.event, calendar)


_SORT_KEYS: Mapping[CalendarEventSortField, Callable[[Event], Any]] = {
    CalendarEventSortField.START_TIME: lambda event: event.interval.start,
    CalendarEventSortField.END_TIME: lambda event: event.interval.end,
    CalendarEventSortField.CREATED_AT: lambda event: event.created_at,
    CalendarEventSortField.UPDATED_AT: lambda event: event.updated_at,
    CalendarEventSortField.TITLE: lambda event: fold(event.title),
    CalendarEventSortField.STATUS: lambda event: event.status.value,
}


def _between(texts: tuple[str | None, str | None], in_zone: ZoneInfo) -> _Bounds:
    start, end = bounds(texts, in_zone, _BOUNDS)
    if start is not None and end is not None and end <= start:
        raise InvalidArgument(
            "endDate must be after startDate.", fields={"endDate": "must be after startDate"}
        )
    return start, end


def _found(
    app: App, caller: Caller, numbers: tuple[int, ...], between: _Bounds, status: Status | None
) -> list[Event]:
    if not numbers:
        return []
    wanted = EventFilter(
        calendar_ids=numbers,
        starts_from=between[0],
        ends_until=between[1],
        statuses=frozenset({status} if status else Status),
    )
    return list(all_events(app, caller, wanted, _BOUNDS))


def _calendar(app: App, caller: Caller, calendar_id: int | None) -> Calendar:
    """Return the calendar to book on; it need not be named if there is only one."""
    if calendar_id is not None:
        return calendars.get(app, caller, calendar_id)
    found = calendars.find_all(app, caller, limit=2).items
    if not found:
        raise UnknownCalendar("There is no calendar yet.", hint="Create one first.")
    if len(found) > 1:
        raise InvalidArgument(
            "There are several calendars.",
            fields={"calendarId": "is required where there are several calendars"},
        )
    return found[0]


def _draft(body: CreateEventRequest, calendar: Calendar) -> Draft:
    _require_zone(body, calendar)
    days, interval = _time(body, calendar)
    return Draft(
        title=body.title,
        interval=interval,
        days=days,
        description=body.description,
        location=body.location,
        status=body.status or Status.CONFIRMED,
        type=body.type or DEFAULT_TYPE,
        attendees=body.invited(),
        owner=body.owner(),
        created_by=body.created_by,
    )


def _time(body: CreateEventRequest, calendar: Calendar) -> tuple[Days | None, Interval]:
    """Return the days of a new event, if it is to have days, and its time."""
    if body.all_day:
        first, end = _days(body)
        if first is None:
            raise _missing("startDate", "is required for an all-day event")
        days = Days(first, first + 1 if end is None else end)
        return days, days.interval(calendar.zone)
    _refuse_dates(body)
    if body.start_time is None:
        raise _missing("startTime", "is required")
    start = read_moment(body.start_time, calendar.zone, field="startTime").at
    ends = moment(body.end_time, calendar.zone, "endTime")
    return None, Interval(start, start + _LENGTH if ends is None else ends)


def _days(body: EventRequest) -> tuple[int | None, int | None]:
    """Return the first day that is named, and the day after the last one."""
    named = (("startDate", body.start_date), ("startTime", body.start_time))
    ended = (("endDate", body.end_date), ("endTime", body.end_time))
    first, end = (
        next((read_date(text, name) for name, text in both if text is not None), None)
        for both in (named, ended)
    )
    if first is not None and end is not None and end <= first:
        raise InvalidArgument(
            "endDate must be after startDate.",
            hint="It is the day after the last one; for a single day leave it out.",
            fields={"endDate": "must be after startDate"},
        )
    return first, end


def _change(body: UpdateEventRequest, event: Event, calendar: Calendar) -> Change:
    _require_zone(body, calendar)
    if body.calendar_id not in {None, calendar.id}:
        raise InvalidArgument(
            "An event stays on its calendar.",
            hint="Cancel it, and book again on the other calendar.",
            fields={"calendarId": "can't be changed"},
        )
    fields = _fields(body)
    all_day = body.all_day
    if all_day is None:
        all_day = event.days is not None and body.start_time is None and body.end_time is None
    if all_day:
        first, end = _days(body)
        return event.to_days(fields, first, end, calendar.zone)
    _refuse_dates(body)
    start = moment(body.start_time, calendar.zone, "startTime")
    ends = moment(body.end_time, calendar.zone, "endTime")
    if event.days is None:
        return Change(fields=fields, start=start, end=ends)
    if start is None:
        raise _missing("startTime", "is required where an all-day event gets a time")
    return Change(fields=fields, start=start, end=start + _LENGTH if ends is None else ends)


def _fields(body: UpdateEventRequest) -> dict[str, Any]:
    """Return what was sent but for the time; null clears where it can."""
    fields = changed_fields(body)
    if body.cancel_reason is not None:
        if body.status is not Status.CANCELLED:
            raise InvalidArgument(
                "A reason belongs to a cancellation.",
                fields={"cancelReason": "comes with the status cancelled"},
            )
        fields["cancel_reason"] = body.cancel_reason
    return fields


def _require_zone(body: EventRequest, calendar: Calendar) -> None:
    """Refuse a zone that times would not be read in."""
    if body.timezone not in {None, calendar.timezone}:
        raise InvalidArgument(
            "Times without an offset are read in the calendar's zone.",
            hint=f"That is {calendar.timezone}; for another one send times with their offset.",
            fields={"timezone": "must be the calendar's"},
        )


def _refuse_dates(body: EventRequest) -> None:
    if body.start_date is not None or body.end_date is not None:
        name = "startDate" if body.start_date is not None else "endDate"
        raise _missing("allDay", f"must be true where there is {name}")


def _missing(name: str, told: str) -> InvalidArgument:
    return InvalidArgument(f"{name} {told}.", fields={name: told})
