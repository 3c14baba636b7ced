"""What the routes of the Timekit family have in common: envelope, paging, filters, limits.

What its pages leave open is decided in docs/adr/0015.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Security
from fastapi.security import HTTPBasic, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, UnknownCalendar
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.services import calendars, events
from sched_agent.tools.arguments import calendar_number
from sched_agent.transports.problem import TimekitProblem
from sched_agent.transports.rest.common import known_query, problems

DataT = TypeVar("DataT")
ItemT = TypeVar("ItemT")

MOST_CHARACTERS = 64_000
_READ_AT_ONCE = 500
_PROBLEMS = problems(
    TimekitProblem,
    {
        401: "No valid token",
        403: "The token's scope is too low",
        404: "No such thing in this environment",
        409: "The calendar's state refuses it",
        413: "The body is too large",
        422: "The request can't be understood, or asks for what is not supported",
        500: "A fault of the server",
        503: "Too many requests, or the calendar database can't be reached, or the server stops",
    },
)


class Wrapped(BaseModel, Generic[DataT]):
    """A success."""

    data: DataT


class Paged(BaseModel, Generic[DataT]):
    """A page of a list, and where it is in the whole."""

    model_config = ConfigDict(validate_by_name=True)

    total: int
    per_page: int
    current_page: int
    last_page: int
    next_page_url: str | None
    prev_page_url: str | None
    from_: int | None = Field(alias="from", description="Position of the first row, from 1")
    to: int | None = Field(description="Position of the last row")
    data: list[DataT]


Limit = Annotated[int, Query(ge=1, le=1000)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Search = Annotated[
    str | None, Query(max_length=500, description="`field:value`, several with `;` between")
]
Include = Annotated[
    str | None, Query(max_length=200, description="What to add, with commas between")
]


class _BodyTooLong(InvalidArgument):
    """The body has more characters than the family takes."""

    status = 413


async def _short_body(request: Request) -> None:
    body = await request.body()
    if len(body) > MOST_CHARACTERS < len(body.decode(errors="replace")):
        told = f"The body is longer than {MOST_CHARACTERS} characters."
        raise _BodyTooLong(told, hint="Send less: constraints that are over can be left out.")


def family_router() -> APIRouter:
    """Return a router for some paths of the family."""
    token = "A token: `talq_...`"  # noqa: S105  # says what is wanted
    return APIRouter(
        prefix="/v2",
        responses=_PROBLEMS,
        dependencies=[
            Depends(known_query),
            Depends(_short_body),
            Security(HTTPBasic(auto_error=False, description=f"No user name. {token}")),
            Security(HTTPBearer(auto_error=False, description=token)),
        ],
    )


def paged(
    request: Request,
    items: Iterable[ItemT],
    shape: Callable[[ItemT], DataT],
    paging: tuple[int, int],
) -> Paged[DataT]:
    """Return the page of a list that was asked for, and count the whole."""
    page, limit = paging
    first, remaining = (page - 1) * limit, iter(items)
    before = sum(1 for _ in islice(remaining, first))
    shown = [shape(item) for item in islice(remaining, limit)]
    total = before + len(shown) + sum(1 for _ in remaining)
    last = max(1, -(-total // limit))
    there = {"from": first + 1, "to": first + len(shown)} if shown else {"from": None, "to": None}
    return Paged[DataT].model_validate(
        {
            "total": total,
            "per_page": limit,
            "current_page": page,
            "last_page": last,
            "next_page_url": _url(request, page + 1) if page < last else None,
            "prev_page_url": _url(request, page - 1) if page > 1 else None,
            **there,
            "data": shown,
        }
    )


def _url(request: Request, page: int) -> str:
    return str(request.url.include_query_params(page=page))


def read_search(search: str | None, known: Iterable[str]) -> dict[str, str]:
    """Return the fields and values that a list is narrowed by.

    Raises:
        InvalidArgument: One is no field that the list can be narrowed by.
    """
    wanted: dict[str, str] = {}
    for part in filter(None, (search or "").split(";")):
        field, colon, value = part.partition(":")
        if not colon or field.strip() not in known:
            raise InvalidArgument(
                "search must be field:value.",
                hint=f"The fields are: {', '.join(known)}.",
                fields={"search": f"must begin with one of {', '.join(known)}"},
            )
        wanted[field.strip()] = value.strip()
    return wanted


def read_include(include: str | None, known: Iterable[str]) -> frozenset[str]:
    """Return what is to be added to an answer.

    Raises:
        InvalidArgument: Something among it can't be.
    """
    wanted = frozenset(filter(None, (part.strip() for part in (include or "").split(","))))
    if not wanted <= set(known):
        raise InvalidArgument(
            "There is no such include here.",
            hint=f"There are: {', '.join(known)}.",
            fields={"include": f"must be among {', '.join(known)}"},
        )
    return wanted


def every_calendar(app: App, caller: Caller) -> Iterator[Calendar]:
    """Yield all calendars of the environment, by id."""
    after = 0
    while True:
        page = calendars.find_all(app, caller, limit=_READ_AT_ONCE, after=after)
        yield from page.items
        if page.next_cursor is None:
            return
        after = page.items[-1].id


def every_event(app: App, caller: Caller, wanted: EventFilter) -> Iterator[Event]:
    """Yield all events that a filter lets through, by start."""
    while wanted.calendar_ids:
        page = events.find_all(app, caller, wanted, _READ_AT_ONCE)
        yield from page.items
        if page.next_cursor is None:
            return
        last = page.items[-1]
        wanted = replace(wanted, after=(last.interval.start, last.id))


def calendars_sought(app: App, caller: Caller, sought: Mapping[str, str]) -> list[Calendar]:
    """Return the calendars that `resource_id` and `calendar_id` of a search leave.

    Raises:
        UnknownCalendar: One of them does not exist.
    """
    if "resource_id" in sought:
        found = list(calendars.of_resource(app, caller, calendar_number(sought["resource_id"])))
    else:
        found = list(every_calendar(app, caller))
    if "calendar_id" not in sought:
        return found
    number = calendars.get(app, caller, calendar_number(sought["calendar_id"])).id
    return [calendar for calendar in found if calendar.id == number]


def resource_of(app: App, caller: Caller, calendar: Calendar) -> Calendar:
    """Return the resource that a calendar belongs to; where that was deleted, the calendar."""
    if calendar.resource_id is None:
        return calendar
    try:
        return calendars.get(app, caller, calendar.resource_id)
    except UnknownCalendar:
        return calendar


def beside(app: App, caller: Caller, calendar: Calendar) -> tuple[Number, ...]:
    """Return the calendars of the same resource, on which a booking may not lie either."""
    resource = resource_of(app, caller, calendar)
    if resource.resource_id is not None:
        return ()
    return tuple(c.id for c in calendars.of_resource(app, caller, resource.id))


EXTRAS = "timekit"


def extras(calendar: Calendar) -> Mapping[str, Any]:
    """Return what only this family keeps with a calendar."""
    kept = (calendar.metadata or {}).get(EXTRAS)
    return kept if isinstance(kept, Mapping) else {}


def words(calendar: Calendar) -> Mapping[str, str]:
    """Return those of them that are texts; whoever writes metadata may write anything."""
    return {name: value for name, value in extras(calendar).items() if isinstance(value, str)}


def with_extras(calendar: Calendar | None, new: Mapping[str, Any]) -> dict[str, object]:
    """Return a calendar's metadata with some of what only this family keeps set anew."""
    if calendar is None:
        return {EXTRAS: dict(new)}
    return {**(calendar.metadata or {}), EXTRAS: {**extras(calendar), **new}}
