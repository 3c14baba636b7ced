"""The Timekit family's bookings and reservations: events with a state."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Path, Request, status

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, UnknownEvent, Unsupported
from sched_agent.model import ids
from sched_agent.model.booking import BOOKING, Action, Booking, Graph, booked
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.event import Draft, Event, EventFilter
from sched_agent.model.ids import Kind, Number
from sched_agent.model.interval import Interval
from sched_agent.model.status import Status
from sched_agent.services import bookings, calendars
from sched_agent.tools.arguments import calendar_number
from sched_agent.transports.rest.common import Asking, Retried, Running
from sched_agent.transports.rest.timekit_availability import inside_constraints
from sched_agent.transports.rest.timekit_booking_shapes import (
    INCLUDES,
    ActionBody,
    ActionInput,
    BookingBody,
    BookingData,
    MetaBody,
    RescheduleBody,
    ReservationData,
    ReserveBody,
    WantedTime,
)
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
)
from sched_agent.transports.rest.timekit_times import read_interval

router = family_router()

BookingId = Annotated[str, Path(max_length=64, description="Booking UUID")]


@router.post("/bookings/reserve", status_code=status.HTTP_201_CREATED, tags=["bookings"])
def reserve_time(
    app: Running, caller: Asking, body: ReserveBody, key: Retried = None
) -> Wrapped[ReservationData]:
    """Hold a time; send the id as `reservation_id` with the booking before it frees itself."""
    resource = calendars.of_resource(app, caller, calendar_number(body.resource_id))[0]
    draft = replace(_draft(body, resource), status=Status.TENTATIVE, hold_seconds=body.duration)
    others = beside(app, caller, resource)
    with inside_constraints(app, caller, resource, draft.interval):
        held = bookings.reserve(app, caller, resource.id, draft, beside=others, request_id=key)
    return Wrapped(data=ReservationData.of(held, resource))


@router.post(
    "/bookings",
    status_code=status.HTTP_201_CREATED,
    tags=["bookings"],
    response_model_exclude_unset=True,
)
def create_booking(
    app: Running, caller: Asking, body: BookingBody, include: Include = None, key: Retried = None
) -> Wrapped[BookingData]:
    """Book a time of a resource; one that is taken is refused unless the settings allow it."""
    wanted = read_include(include, INCLUDES)
    graph, action = _graph(body)
    resource, *further = calendars.of_resource(app, caller, calendar_number(body.resource_id))
    calendar = _calendar(body, resource, further)
    booking = booked(
        graph,
        action,
        customer=body.customer.model_dump(exclude_none=True),
        meta=body.meta,
        double=body.settings.allow_double_bookings,
    )
    draft = replace(_draft(body, calendar), attendees=body.attendees(resource))
    with inside_constraints(app, caller, resource, draft.interval):
        event = bookings.make(
            app,
            caller,
            calendar.id,
            draft,
            booking,
            reservation=_number(body.reservation_id) if body.reservation_id else None,
            beside=[resource.id, *(one.id for one in further)],
            request_id=key,
        )
    return _answer(app, caller, event, wanted)


@router.get("/bookings", tags=["bookings"], response_model_exclude_unset=True)
def list_bookings(
    app: Running,
    caller: Asking,
    request: Request,
    search: Search = None,
    include: Include = None,
    limit: Limit = 50,
    page: PageNumber = 1,
) -> Paged[BookingData]:
    """List bookings, by start; `search` narrows by `graph`, `state` or `resource_id`."""
    sought = read_search(search, ("graph", "state", "resource_id"))
    wanted = read_include(include, INCLUDES)
    known = {calendar.id: calendar for calendar in calendars_sought(app, caller, sought)}
    resources = {calendar.id: calendar for calendar in every_calendar(app, caller)}
    now = app.clock()
    found = (
        (event, booking)
        for event in every_event(app, caller, EventFilter(calendar_ids=tuple(known), type=BOOKING))
        if (booking := Booking.of(event, now)) is not None
        and sought.get("graph", booking.graph) == booking.graph
        and sought.get("state", booking.state) == booking.state
    )

    def shape(one: tuple[Event, Booking]) -> BookingData:
        calendar = known[one[0].calendar_id]
        resource = resources.get(calendar.resource_id or calendar.id, calendar)
        return BookingData.of(*one, (calendar, resource), wanted)

    return paged(request, found, shape, (page, limit))


@router.get("/bookings/{booking_id}", tags=["bookings"], response_model_exclude_unset=True)
def get_booking(
    app: Running, caller: Asking, booking_id: BookingId, include: Include = None
) -> Wrapped[BookingData]:
    """Read a booking; `include` adds what is named, with commas between."""
    wanted = read_include(include, INCLUDES)
    _, event, _ = bookings.get(app, caller, _number(booking_id))
    return _answer(app, caller, event, wanted)


@router.put("/bookings/{booking_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["bookings"])
def update_booking(
    app: Running, caller: Asking, booking_id: BookingId, body: MetaBody, key: Retried = None
) -> None:
    """Replace the `meta` of a booking."""
    bookings.put_meta(app, caller, _number(booking_id), body.meta, request_id=key)


@router.put(
    "/bookings/{booking_id}/reschedule",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["bookings"],
)
def reschedule_booking(
    app: Running, caller: Asking, booking_id: BookingId, body: RescheduleBody, key: Retried = None
) -> None:
    """Move a booking, whose state stays."""
    _reschedule(app, caller, _number(booking_id), body, key)


@router.post(
    "/bookings/{booking_id}/reschedule", tags=["bookings"], response_model_exclude_unset=True
)
def post_reschedule(
    app: Running,
    caller: Asking,
    booking_id: BookingId,
    body: RescheduleBody,
    include: Include = None,
    key: Retried = None,
) -> Wrapped[BookingData]:
    """Move a booking, whose state stays, and read it."""
    wanted = read_include(include, INCLUDES)
    event = _reschedule(app, caller, _number(booking_id), body, key)
    return _answer(app, caller, event, wanted)


@router.put(
    "/bookings/{booking_id}/{action}",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["bookings"],
)
def act_on_booking(
    app: Running,
    caller: Asking,
    booking_id: BookingId,
    action: Action,
    body: ActionBody | None = None,
    key: Retried = None,
) -> None:
    """Do something to a booking that its state allows."""
    _act(app, caller, (_number(booking_id), action), body, key)


@router.post(
    "/bookings/{booking_id}/{action}", tags=["bookings"], response_model_exclude_unset=True
)
def post_action(
    app: Running,
    caller: Asking,
    booking_id: BookingId,
    action: Action,
    body: ActionBody | None = None,
    include: Include = None,
    key: Retried = None,
) -> Wrapped[BookingData]:
    """Do something to a booking that its state allows, and read what it is then."""
    wanted = read_include(include, INCLUDES)
    event = _act(app, caller, (_number(booking_id), action), body, key)
    return _answer(app, caller, event, wanted)


@router.delete("/bookings/{booking_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["bookings"])
def delete_booking(
    app: Running, caller: Asking, booking_id: BookingId, key: Retried = None
) -> None:
    """Delete a booking in a final state for good."""
    bookings.delete(app, caller, _number(booking_id), request_id=key)


def _act(
    app: App,
    caller: Caller,
    what: tuple[Number, Action],
    body: ActionBody | None,
    key: str | None,
) -> Event:
    number, action = what
    calendar, event, _ = bookings.get(app, caller, number)
    given: ActionInput = getattr(body, action.value, None) or body or ActionInput()
    to: Interval | None = None
    if given.start is not None and given.end is not None:
        to = read_interval(given.start, given.end, calendar.zone)
    resource = resource_of(app, caller, calendar)
    with inside_constraints(app, caller, resource, to or event.interval):
        return bookings.act(
            app,
            caller,
            number,
            action,
            given.model_dump(include=set(ActionInput.model_fields), exclude_none=True),
            beside=beside(app, caller, calendar),
            to=to,
            request_id=key,
        )


def _reschedule(
    app: App, caller: Caller, number: Number, body: RescheduleBody, key: str | None
) -> Event:
    calendar, _, _ = bookings.get(app, caller, number)
    resource = resource_of(app, caller, calendar)
    if resource.id != calendar_number(body.resource_id):
        raise Unsupported(
            "A booking stays with its resource.",
            hint="Cancel it, and book the other resource.",
            fields={"resource_id": "must be the booking's own"},
        )
    to, others = read_interval(body.start, body.end, calendar.zone), beside(app, caller, calendar)
    with inside_constraints(app, caller, resource, to):
        return bookings.reschedule(app, caller, number, to, beside=others, request_id=key)


def _answer(app: App, caller: Caller, event: Event, wanted: frozenset[str]) -> Wrapped[BookingData]:
    calendar = calendars.get(app, caller, event.calendar_id)
    booking = Booking.of(event, app.clock())
    assert booking is not None  # noqa: S101  # the services return nothing else
    places = (calendar, resource_of(app, caller, calendar))
    return Wrapped(data=BookingData.of(event, booking, places, wanted))


def _number(text: str) -> Number:
    number = ids.parse(Kind.BOOKING, text)
    if number is None:
        raise UnknownEvent("No booking has that id.")
    return number


def _draft(body: WantedTime, calendar: Calendar) -> Draft:
    return Draft(
        title=body.what,
        interval=read_interval(body.start, body.end, calendar.zone),
        description=body.description,
        location=body.where,
    )


def _graph(body: BookingBody) -> tuple[Graph, Action | None]:
    """Return the graph, and the action that is to happen with the creation."""
    if body.graph not in set(Graph):
        names: Any = ", ".join(Graph)
        raise Unsupported(
            f"There is no graph {body.graph[:40]!r} here.",
            hint=f"There are: {names}.",
            fields={"graph": f"must be one of {names}"},
        )
    graph = Graph(body.graph)
    allowed = _FIRST_ACTIONS[graph]
    if body.action not in allowed:
        names = ", ".join(filter(None, allowed))
        raise InvalidArgument(
            f"A booking by the graph {graph} does not begin with that action.",
            fields={"action": f"must be one of {names}"},
        )
    return graph, Action.CONFIRM if body.action == Action.CONFIRM else None


_FIRST_ACTIONS = {
    Graph.INSTANT: (None, "confirm"),
    Graph.CONFIRM_DECLINE: (None, "create", "confirm"),
}


def _calendar(body: BookingBody, resource: Calendar, further: list[Calendar]) -> Calendar:
    """Return the calendar of the resource that a booking is for."""
    if body.calendar_id is None:
        return resource
    number = calendar_number(body.calendar_id)
    for calendar in (resource, *further):
        if calendar.id == number:
            return calendar
    raise InvalidArgument(
        "The resource has no calendar with that id.",
        fields={"calendar_id": "must be one of the resource's"},
    )
