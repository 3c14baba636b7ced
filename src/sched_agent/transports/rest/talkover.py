"""The Talkover family: `/api/v1`.

Names, defaults and envelopes are those of the vendor's pages; what the pages leave open is
decided in docs/adr/0006. Bookings are checked for conflicts only: the page of
create-calendar-event promises no more, and its own example is a Saturday in the past.
"""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response, Security, status
from fastapi.security import HTTPBearer
from pydantic import Field

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, UnknownEvent
from sched_agent.model import ids
from sched_agent.model.availability_rule import read_rule
from sched_agent.model.calendar import Availability, Calendar, DoubleBooking, Policy
from sched_agent.model.caller import Caller
from sched_agent.model.days import Days, read_date
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import availability, calendars, events, meetings
from sched_agent.services.availability import Question
from sched_agent.speech.iso import read_bound, read_moment, utc_text
from sched_agent.tools.arguments import calendar_number, event_number, rule_number
from sched_agent.transports.problem import Problem
from sched_agent.transports.rest.common import (
    MOST_ROWS,
    Asking,
    Retried,
    Running,
    all_calendars,
    all_events,
    bounds,
    changed_fields,
    known_query,
    moment,
    problems,
)
from sched_agent.transports.rest.talkover_shapes import (
    CalendarBody,
    CalendarChanges,
    CalendarData,
    Done,
    Envelope,
    EventBody,
    EventChanges,
    EventData,
    Listing,
    MeetingData,
    Pagination,
    PolicyFields,
    RuleBody,
    RuleData,
    SlotData,
    Time,
    etag,
)

_PROBLEMS = problems(
    Problem,
    {
        401: "No valid token",
        403: "The token's scope is too low",
        404: "No such thing in this environment",
        409: "The calendar's state refuses it",
        412: "The event is not at the version that If-Match names",
        413: "The body is too large",
        422: "The request can't be understood",
        429: "Too many requests",
        500: "A fault of the server",
        503: "The calendar database can't be reached, or the server is about to stop",
    },
)

router = APIRouter(
    prefix="/api/v1",
    responses=_PROBLEMS,
    dependencies=[
        Depends(known_query),
        Security(HTTPBearer(auto_error=False, description="A token: `talq_...`")),
    ],
)


Matching = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The ETag of the event that you read: refuse the change if it is another now",
    ),
]
CalendarId = Annotated[str, Path(max_length=64, description="Calendar UUID")]
EventId = Annotated[str, Path(max_length=64, description="Event UUID")]


@router.post("/calendars", status_code=status.HTTP_201_CREATED, tags=["calendars"])
def create_calendar(
    app: Running, caller: Asking, body: CalendarBody, key: Retried = None
) -> Envelope[CalendarData]:
    """Create a calendar. It is open inside its availability rules; it starts without any."""
    sent = _calendar_changes(body)
    policy = {name: sent.pop(name) for name in list(sent) if name in Policy.__slots__}
    calendar = calendars.create(app, caller, **sent, policy=Policy(**policy), request_id=key)
    return Envelope(data=CalendarData.of(calendar))


@router.get("/calendars", tags=["calendars"])
def list_calendars(app: Running, caller: Asking) -> Envelope[list[CalendarData]]:
    """List all calendars of the environment."""
    return Envelope(data=[CalendarData.of(calendar) for calendar in all_calendars(app, caller)])


Bound = Annotated[str | None, Query(max_length=64, json_schema_extra={"format": "date-time"})]
PageNumber = Annotated[int | None, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int | None, Query(ge=1, le=100)]


@router.get("/calendars/events", tags=["events"])
def list_events_of_calendars(
    app: Running,
    caller: Asking,
    calendar_ids: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Query(alias="calendar_ids[]", min_length=1, max_length=50),
    ],
    from_: Annotated[Bound, Query(alias="from", description="Lower bound of start_at")] = None,
    to: Annotated[Bound, Query(description="Upper bound of end_at")] = None,
    page: PageNumber = None,
    per_page: PageSize = None,
) -> Listing[EventData] | Envelope[list[EventData]]:
    """List the events of several calendars, by start."""
    numbers = tuple(dict.fromkeys(calendar_number(one) for one in calendar_ids))
    return _listing(app, caller, numbers, (from_, to), None, (page, per_page))


@router.get("/calendars/{calendar_id}", tags=["calendars"])
def get_calendar(app: Running, caller: Asking, calendar_id: CalendarId) -> Envelope[CalendarData]:
    """Read a calendar."""
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    return Envelope(data=CalendarData.of(calendar))


@router.put("/calendars/{calendar_id}", tags=["calendars"])
def update_calendar(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    body: CalendarChanges,
    key: Retried = None,
) -> Envelope[CalendarData]:
    """Change a calendar: what is not sent stays, null clears."""
    changes = _calendar_changes(body)
    number = calendar_number(calendar_id)
    calendar = calendars.revise(app, caller, number, changes, request_id=key)
    return Envelope(data=CalendarData.of(calendar))


@router.delete("/calendars/{calendar_id}", tags=["calendars"])
def delete_calendar(
    app: Running, caller: Asking, calendar_id: CalendarId, key: Retried = None
) -> Done:
    """Delete a calendar with its rules and events."""
    calendars.delete(app, caller, calendar_number(calendar_id), request_id=key)
    return Done(message="Calendar deleted")


@router.post(
    "/calendars/{calendar_id}/events", status_code=status.HTTP_201_CREATED, tags=["events"]
)
def create_event(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    body: EventBody,
    response: Response,
    key: Retried = None,
) -> Envelope[EventData]:
    """Create an event; a taken time is refused unless the calendar allows double booking.

    Only conflicts are checked, as the family documents no more: opening hours, notice and limits
    are not.
    """
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    days = None
    if body.all_day:
        days = Days(read_date(body.start_at, "start_at"), read_date(body.end_at, "end_at"))
    draft = Draft(
        title=body.title,
        interval=days.interval(calendar.zone) if days else _interval(body, calendar),
        days=days,
        description=body.description,
        location=body.location,
        status=body.status or (Status.TENTATIVE if body.hold_minutes else Status.CONFIRMED),
        type=body.type or "meeting",
        attendees=body.invited(),
        owner=body.owner(),
        created_by=body.created_by,
        hold_seconds=body.hold_minutes and body.hold_minutes * 60,
    )
    event = events.book(app, caller, calendar.id, draft, check=Check.CONFLICTS, request_id=key)
    return _tagged(response, event)


@router.get("/calendars/{calendar_id}/events", tags=["events"])
def list_events(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    from_: Annotated[Bound, Query(alias="from", description="Lower bound of start_at")] = None,
    to: Annotated[Bound, Query(description="Upper bound of end_at")] = None,
    status: Status | None = None,
    page: PageNumber = None,
    per_page: PageSize = None,
) -> Listing[EventData] | Envelope[list[EventData]]:
    """List a calendar's events, by start; those that lie inside the bounds."""
    numbers = (calendar_number(calendar_id),)
    return _listing(app, caller, numbers, (from_, to), status, (page, per_page))


@router.get("/calendars/{calendar_id}/events/{event_id}", tags=["events"])
def get_event(
    app: Running, caller: Asking, calendar_id: CalendarId, event_id: EventId, response: Response
) -> Envelope[EventData]:
    """Read an event; the header ETag names its version."""
    return _tagged(response, _event(app, caller, calendar_id, event_id)[1])


@router.put("/calendars/{calendar_id}/events/{event_id}", tags=["events"])
def update_event(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    event_id: EventId,
    body: EventChanges,
    response: Response,
    key: Retried = None,
    match: Matching = None,
) -> Envelope[EventData]:
    """Change an event; `{"status": "cancelled"}` cancels it, `"confirmed"` confirms a hold."""
    calendar, event = _event(app, caller, calendar_id, event_id)
    change = _event_change(body, calendar, event)
    revised = events.revise(
        app,
        caller,
        event.id,
        change,
        check=Check.CONFLICTS,
        if_version=_version(match),
        request_id=key,
    )
    return _tagged(response, revised.event)


@router.delete("/calendars/{calendar_id}/events/{event_id}", tags=["events"])
def delete_event(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    event_id: EventId,
    key: Retried = None,
    match: Matching = None,
) -> Done:
    """Delete an event for good."""
    number = calendars.get(app, caller, calendar_number(calendar_id)).id
    version = _version(match)
    numbered = event_number(event_id)
    events.delete(app, caller, numbered, below=number, if_version=version, request_id=key)
    return Done(message="Event deleted")


@router.post("/calendars/{calendar_id}/events/{event_id}/meeting", tags=["events"])
def create_event_meeting(
    app: Running, caller: Asking, calendar_id: CalendarId, event_id: EventId
) -> Envelope[MeetingData]:
    """Give an event a link to a video meeting; a second time, it is the same link."""
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    event, meeting = meetings.meet(app, caller, calendar.id, event_number(event_id))
    return Envelope(data=MeetingData.of(event, meeting))


@router.get("/calendars/{calendar_id}/availability", tags=["availability"])
def query_availability(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    from_: Annotated[Time, Query(alias="from")],
    to: Annotated[Time, Query()],
    duration_minutes: Annotated[int, Query(ge=1, le=1440)] = 30,
) -> Envelope[list[SlotData]]:
    """List the free slots between two instants, by start."""
    calendar = calendars.get(app, caller, calendar_number(calendar_id))
    start, _ = read_bound(from_, calendar.zone, field="from", is_end=False)
    end, _ = read_bound(to, calendar.zone, field="to", is_end=True)
    if end <= start:
        raise InvalidArgument("to must be after from.", fields={"to": "must be after from"})
    if end - start > 366 * DAY:
        raise InvalidArgument(
            "One question covers 366 days at most.", fields={"to": "is too far from from"}
        )
    question = Question(
        calendar_ids=(calendar.id,),
        within=Interval(start, end),
        length=duration_minutes * MINUTE,
        limit=MOST_ROWS + 1,
    )
    slots = availability.check(app, caller, question).slots
    if len(slots) > MOST_ROWS:
        raise InvalidArgument(
            f"More than {MOST_ROWS} slots are free there.",
            hint="Ask about a shorter time, or longer slots.",
            fields={"to": "is too far from from"},
        )
    return Envelope(
        data=[
            SlotData(start_at=utc_text(slot.interval.start), end_at=utc_text(slot.interval.end))
            for slot in slots
        ]
    )


@router.get(
    "/calendars/{calendar_id}/availability-rules",
    tags=["availability"],
    response_model_exclude_none=True,
)
def list_availability_rules(
    app: Running, caller: Asking, calendar_id: CalendarId
) -> Envelope[list[RuleData]]:
    """List a calendar's availability rules, oldest first."""
    found = calendars.rules(app, caller, calendar_number(calendar_id))
    return Envelope(data=[RuleData.of(rule) for rule in found])


@router.post(
    "/calendars/{calendar_id}/availability-rules",
    status_code=status.HTTP_201_CREATED,
    tags=["availability"],
    response_model_exclude_none=True,
)
def create_availability_rule(
    app: Running, caller: Asking, calendar_id: CalendarId, body: RuleBody, key: Retried = None
) -> Envelope[RuleData]:
    """Open or close a calendar: every week on some days, or on one date (a later rule wins)."""
    rule = read_rule(
        kind=body.type,
        days_of_week=body.days_of_week,
        day=body.date,
        start_time=body.start_time,
        end_time=body.end_time,
        available=body.available,
        timezone=body.timezone,
    )
    number = calendar_number(calendar_id)
    kept = calendars.add_rule(app, caller, number, rule, request_id=key)
    return Envelope(data=RuleData.of(kept))


@router.delete("/calendars/{calendar_id}/availability-rules/{rule_id}", tags=["availability"])
def delete_availability_rule(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    rule_id: Annotated[str, Path(max_length=64)],
    key: Retried = None,
) -> Done:
    """Delete an availability rule; events that were booked by it stay."""
    number = calendars.get(app, caller, calendar_number(calendar_id)).id
    calendars.remove_rule(app, caller, number, rule_number(rule_id), request_id=key)
    return Done(message="Availability rule deleted")


def _tagged(response: Response, event: Event) -> Envelope[EventData]:
    response.headers["ETag"] = etag(event)
    return Envelope(data=EventData.of(event))


def _version(match: str | None) -> int | None:
    """Return the version that an `If-Match` header asks for; `*` is content with any."""
    if match is None or match.strip() == "*":
        return None
    named = re.fullmatch(r'\s*"([1-9]\d{0,8})"\s*', match)
    if named is None:
        raise InvalidArgument(
            "If-Match names no version of an event.",
            hint='Send the ETag of the event as it came, such as "3" with its quotes, or *.',
            fields={"If-Match": "must be one ETag, or *"},
        )
    return int(named[1])


def _event(app: App, caller: Caller, calendar_id: str, event_id: str) -> tuple[Calendar, Event]:
    """Return an event of just that calendar."""
    number = calendars.get(app, caller, calendar_number(calendar_id)).id
    calendar, event = events.get(app, caller, event_number(event_id))
    if calendar.id != number:
        raise UnknownEvent("The calendar has no event with that id.")
    return calendar, event


def _listing(
    app: App,
    caller: Caller,
    numbers: tuple[ids.Number, ...],
    between: tuple[str | None, str | None],
    wanted_status: Status | None,
    paging: tuple[int | None, int | None],
) -> Listing[EventData] | Envelope[list[EventData]]:
    """Return events inside the bounds: all of them, or the page that was asked for."""
    zone = calendars.get(app, caller, numbers[0]).zone
    start, end = bounds(between, zone, ("from", "to"))
    wanted = EventFilter(
        calendar_ids=numbers,
        starts_from=start,
        ends_until=end,
        contained=True,
        statuses=frozenset({wanted_status} if wanted_status else Status),
    )
    rows = [EventData.of(event) for event in all_events(app, caller, wanted, ("from", "to"))]
    if paging == (None, None):
        return Envelope(data=rows)
    page, per_page = paging[0] or 1, paging[1] or 25
    last = max(1, -(-len(rows) // per_page))
    return Listing(
        data=rows[(page - 1) * per_page : page * per_page],
        pagination=Pagination(
            current_page=page, per_page=per_page, total=len(rows), last_page=last
        ),
    )


_NOT_CLEARED = {"name", "timezone", *PolicyFields.model_fields} - {
    "slot_step_minutes",
    "max_days_ahead",
    "max_events_per_day",
    "max_attendees",
}


def _calendar_changes(body: CalendarBody) -> dict[str, Any]:
    """Return what was sent, as fields of `Calendar` and `Policy`; null clears where it can."""
    sent = body.model_dump(exclude_unset=True)
    sent = {k: v for k, v in sent.items() if v is not None or k not in _NOT_CLEARED}
    if "availability" in sent:
        sent["availability"] = Availability(sent["availability"])
    if "double_booking" in sent:
        sent["double_booking"] = DoubleBooking(sent["double_booking"])
    return sent


def _interval(body: EventBody, calendar: Calendar) -> Interval:
    return Interval(
        read_moment(body.start_at, calendar.zone, field="start_at").at,
        read_moment(body.end_at, calendar.zone, field="end_at").at,
    )


def _event_change(body: EventChanges, calendar: Calendar, event: Event) -> Change:
    fields = changed_fields(body)
    if body.all_day:
        first, end = body.start_at, body.end_at
        return event.to_days(
            fields,
            None if first is None else read_date(first, "start_at"),
            None if end is None else read_date(end, "end_at"),
            calendar.zone,
        )
    return Change(
        fields=fields,
        start=moment(body.start_at, calendar.zone, "start_at"),
        end=moment(body.end_at, calendar.zone, "end_at"),
    )
