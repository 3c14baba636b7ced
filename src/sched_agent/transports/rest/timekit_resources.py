"""The Timekit family's resources: the people and things that are booked.

A resource is a calendar of ours, and has its id. Its further calendars name it; what is on any of
them blocks it.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Request, status

from sched_agent.app import App
from sched_agent.errors import UnknownCalendar, Unsupported
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Caller
from sched_agent.model.constraint import read_constraints
from sched_agent.model.text import fold
from sched_agent.model.zone import local
from sched_agent.services import calendars
from sched_agent.tools.arguments import calendar_number
from sched_agent.transports.rest.common import Asking, Retried, Running
from sched_agent.transports.rest.timekit_family import (
    Include,
    Limit,
    Paged,
    PageNumber,
    Wrapped,
    every_calendar,
    extras,
    family_router,
    paged,
    read_include,
    with_extras,
    words,
)
from sched_agent.transports.rest.timekit_shapes import (
    CalendarData,
    ResourceBody,
    ResourceChanges,
    ResourceData,
    TimezoneData,
)

router = family_router()

ResourceId = Annotated[str, Path(max_length=64, description="Resource UUID")]
_INCLUDES = ("availability_constraints", "calendars")


@router.post(
    "/resources",
    status_code=status.HTTP_201_CREATED,
    tags=["resources"],
    response_model_exclude_unset=True,
)
def create_resource(
    app: Running, caller: Asking, body: ResourceBody, key: Retried = None
) -> Wrapped[ResourceData]:
    """Create a resource with its first calendar. It is free until something blocks it."""
    read_constraints(body.availability_constraints or (), "availability_constraints")
    resource = calendars.create(
        app,
        caller,
        name=body.name,
        timezone=body.timezone,
        policy=Policy(availability=Availability.OPEN),
        metadata=with_extras(None, body.model_dump(exclude=_OURS, exclude_none=True)),
        request_id=key,
    )
    return Wrapped(data=ResourceData.of(resource))


@router.get("/resources", tags=["resources"], response_model_exclude_unset=True)
def list_resources(
    app: Running,
    caller: Asking,
    request: Request,
    include: Include = None,
    limit: Limit = 50,
    page: PageNumber = 1,
) -> Paged[ResourceData]:
    """List resources."""
    wanted = read_include(include, _INCLUDES)
    found = (one for one in every_calendar(app, caller) if one.resource_id is None)

    def shape(resource: Calendar) -> ResourceData:
        return _with_includes(app, caller, resource, wanted)

    return paged(request, found, shape, (page, limit))


@router.get("/resources/timezone/{email}", tags=["resources"])
def get_timezone(
    app: Running, caller: Asking, email: Annotated[str, Path(max_length=254)]
) -> Wrapped[TimezoneData]:
    """Tell the zone of the resource with that e-mail."""
    for resource in every_calendar(app, caller):
        if resource.resource_id is None and fold(words(resource).get("email", "")) == fold(email):
            offset = local(app.clock(), resource.zone).utcoffset()
            assert offset is not None  # noqa: S101  # a ZoneInfo always has one
            hours = offset.total_seconds() / 3600
            ahead = int(hours) if hours.is_integer() else hours
            return Wrapped(data=TimezoneData(timezone=resource.timezone, utc_offset=ahead))
    raise UnknownCalendar("No resource has that e-mail.", hint="List the resources to find it.")


@router.get("/resources/{resource_id}", tags=["resources"], response_model_exclude_unset=True)
def get_resource(
    app: Running, caller: Asking, resource_id: ResourceId, include: Include = None
) -> Wrapped[ResourceData]:
    """Read a resource; `include` adds `availability_constraints`, `calendars`."""
    resource = calendars.of_resource(app, caller, calendar_number(resource_id))[0]
    wanted = read_include(include, _INCLUDES)
    return Wrapped(data=_with_includes(app, caller, resource, wanted))


@router.put("/resources/{resource_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["resources"])
def update_resource(
    app: Running,
    caller: Asking,
    resource_id: ResourceId,
    body: ResourceChanges,
    key: Retried = None,
) -> None:
    """Change a resource: what is not sent stays. A new zone is that of all its calendars."""
    resource, *further = calendars.of_resource(app, caller, calendar_number(resource_id))
    if body.email is not None and fold(body.email) != fold(words(resource).get("email", "")):
        raise Unsupported(
            "The e-mail of a resource can't be changed.",
            hint="Create a new resource instead.",
            fields={"email": "can't be changed"},
        )
    read_constraints(body.availability_constraints or (), "availability_constraints")
    changes: dict[str, Any] = body.model_dump(include=_OURS, exclude_none=True)
    if kept := body.model_dump(exclude=_OURS | {"email"}, exclude_unset=True):
        changes["metadata"] = with_extras(resource, kept)
    calendars.revise(app, caller, resource.id, changes, request_id=key)
    if body.timezone is not None:
        for calendar in further:
            calendars.revise(app, caller, calendar.id, {"timezone": body.timezone})


@router.delete(
    "/resources/{resource_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["resources"]
)
def delete_resource(
    app: Running, caller: Asking, resource_id: ResourceId, key: Retried = None
) -> None:
    """Delete a resource with its calendars and their events."""
    number = calendar_number(resource_id)
    try:
        calendars.get(app, caller, number)
    except UnknownCalendar:
        further: Sequence[Calendar] = ()  # the request may have come before
    else:
        further = calendars.of_resource(app, caller, number)[1:]
    for calendar in further:
        calendars.delete(app, caller, calendar.id)
    calendars.delete(app, caller, number, request_id=key)


_OURS = {"name", "timezone"}


def _with_includes(
    app: App, caller: Caller, resource: Calendar, wanted: frozenset[str]
) -> ResourceData:
    data = ResourceData.of(resource)
    if "availability_constraints" in wanted:
        kept = extras(resource).get("availability_constraints")
        listed = kept if isinstance(kept, list) else []
        data.availability_constraints = [one for one in listed if isinstance(one, dict)]
    if "calendars" in wanted:
        found = calendars.of_resource(app, caller, resource.id)
        data.calendars = [CalendarData.of(calendar) for calendar in found]
    return data
