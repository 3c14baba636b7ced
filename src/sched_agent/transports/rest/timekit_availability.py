"""The Timekit family's availability query."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Annotated, Any

from fastapi import status
from pydantic import BaseModel, Field

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, SchedAgentError, Unsupported
from sched_agent.model import zone
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.constraint import Constraint, read_constraints
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.interval import DAY, SECOND, Interval
from sched_agent.services import calendars, timeslots
from sched_agent.services.availability import offer
from sched_agent.services.timeslots import Mode, Search
from sched_agent.speech.relative import read_length, read_relative
from sched_agent.tools.arguments import calendar_number
from sched_agent.transports.rest.common import Asking, Running
from sched_agent.transports.rest.talkover_shapes import Body
from sched_agent.transports.rest.timekit_family import Wrapped, extras, family_router
from sched_agent.transports.rest.timekit_shapes import Constraints, Flag, Id, Zone
from sched_agent.transports.rest.timekit_times import written

router = family_router()

_LONGEST_DAYS = 184  # the vendor's six months
Words = Annotated[str, Field(max_length=64)]


class AvailabilityBody(Body):
    """Body of query-availability."""

    mode: Mode = Field(description="Who has to be free: all, or any; or one by turns")
    resources: Annotated[list[Id], Field(min_length=1, max_length=50)]
    from_: Words = Field("now", alias="from", description="Such as `now`, `1 day`, or RFC 3339")
    to: Words = Field("4 weeks", description="In the same words; six months at most")
    length: Words | None = Field("1 hour", description="null: as long as it is free")
    buffer: Words | None = Field(None, description="Kept clear around what takes time")
    timeslot_increments: Words | None = Field(None, description="Default: the length")
    round_to_nearest_hour: Flag = Field(True, description="Begin at a full hour")
    constraints: Constraints = Field([])
    output_timezone: Zone = Field("UTC", description="Only how the answer is written")
    project_id: str | None = Field(None, description="Not supported: there are no projects")


class WhoData(BaseModel):
    """A resource that is free."""

    id: str
    name: str
    timezone: str


class TimeslotData(BaseModel):
    """A free time."""

    start: str
    end: str
    resources: list[WhoData]


@router.post("/availability", status_code=status.HTTP_200_OK, tags=["availability"])
def query_availability(
    app: Running, caller: Asking, body: AvailabilityBody
) -> Wrapped[list[TimeslotData]]:
    """List the free times of resources, by start.

    Constraints are read in each resource's zone, together with its own.
    """
    if body.project_id is not None:
        raise Unsupported("There are no projects here: send the settings themselves.")
    output = zone.zone(body.output_timezone)
    resources = {one.id: one for one in (_resource(app, caller, text) for text in body.resources)}
    found = timeslots.find(app, caller, _search(body, resources, app.clock()))
    who = {
        number: WhoData(
            id=uuid(Kind.CALENDAR, number), name=resource.name, timezone=resource.timezone
        )
        for number, resource in resources.items()
    }
    return Wrapped(
        data=[
            TimeslotData(
                start=written(slot.interval.start, output),
                end=written(slot.interval.end, output),
                resources=[who[number] for number in slot.resources],
            )
            for slot in found
        ]
    )


@contextmanager
def inside_constraints(
    app: App, caller: Caller, resource: Calendar, asked: Interval
) -> Iterator[None]:
    """Let a refusal offer only what a resource's own constraints leave open."""
    try:
        yield
    except SchedAgentError as refusal:
        with suppress(SchedAgentError):  # the refusal is the answer, with or without
            if refusal.alternatives and (constraints := own_constraints(resource)):
                same = [slot for slot in refusal.alternatives if slot.interval == asked]
                near = timeslots.near(app, caller, resource, constraints, asked)
                offer(refusal, [*same, *(slot for slot in near if slot.interval != asked)])
        raise


def _resource(app: App, caller: Caller, text: str) -> Calendar:
    return calendars.of_resource(app, caller, calendar_number(text))[0]


def _search(body: AvailabilityBody, resources: Mapping[int, Calendar], now: int) -> Search:
    first = next(iter(resources.values()))
    start = read_relative(body.from_, now, first.zone, field="from")
    end = read_relative(body.to, now, first.zone, field="to")
    if end <= start:
        raise InvalidArgument("to must be after from.", fields={"to": "must be after from"})
    if end - start > _LONGEST_DAYS * DAY:
        raise InvalidArgument(
            "One question covers six months at most.", fields={"to": "is too far from from"}
        )
    asked = read_constraints(body.constraints, "constraints")
    return Search(
        resources={number: (asked, own_constraints(one)) for number, one in resources.items()},
        mode=body.mode,
        within=Interval(start, end),
        length=None if body.length is None else _length(body.length, "length"),
        buffer=read_length(body.buffer or "0 minutes", field="buffer"),
        step=(
            _length(body.timeslot_increments, "timeslot_increments")
            if body.timeslot_increments
            else None
        ),
        on_the_hour=body.round_to_nearest_hour,
    )


def own_constraints(resource: Calendar) -> list[Constraint]:
    """Return the constraints of a resource."""
    kept: Any = extras(resource).get("availability_constraints") or []
    if not isinstance(kept, list) or not all(isinstance(one, Mapping) for one in kept):
        raise InvalidArgument(f"The constraints of {resource.name[:40]} can't be read.")
    return read_constraints(kept, "availability_constraints")


def _length(text: str, field: str) -> int:
    length = read_length(text, field=field)
    if length < 60 * SECOND:
        raise InvalidArgument(f"{field} is too short.", fields={field: "must be a minute or more"})
    return length
