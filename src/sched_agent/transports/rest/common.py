"""What the routes of all REST families have in common."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, UnknownArgument
from sched_agent.model.attendee import Attendee
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.owner import Owner
from sched_agent.services import calendars, events
from sched_agent.speech.iso import read_bound, read_moment
from sched_agent.transports.auth import caller_of

MOST_ROWS = 5000
"""As many events or slots as one answer is made of."""


def problems(
    model: type[BaseModel], described: Mapping[int, str]
) -> dict[int | str, dict[str, Any]]:
    """Return what FastAPI writes down about a family's refusals, by status."""
    return {code: {"model": model, "description": told} for code, told in described.items()}


async def known_query(request: Request) -> None:
    """Refuse a query parameter that a path does not have: no filter is lost in silence."""
    known = {param.alias for param in request.scope["route"].dependant.query_params}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise UnknownArgument(
            f"There is no query parameter {', '.join(name[:40] for name in unknown[:5])} here.",
            hint=f"There are: {', '.join(sorted(known))}." if known else "There are none.",
            fields=dict.fromkeys(unknown[:5], "is not a query parameter of this path"),
        )


# Asynchronous, though they wait for nothing: each of the others costs a journey to a thread.
async def app_of(request: Request) -> App:
    """Return the program that a request is served by."""
    app = request.app.state.app
    assert isinstance(app, App)  # noqa: S101  # set where the routes are put together
    return app


async def asking(request: Request) -> Caller:
    """Return who a request is from."""
    return caller_of(request)


Asking = Annotated[Caller, Depends(asking)]
Running = Annotated[App, Depends(app_of)]
Retried = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="Names the request, so that its repetition acts once and gets the first answer",
    ),
]


def all_calendars(app: App, caller: Caller) -> list[Calendar]:
    """Return the calendars of the environment, by id."""
    found: list[Calendar] = []
    while True:
        page = calendars.find_all(app, caller, limit=500, after=found[-1].id if found else 0)
        found += page.items
        if page.next_cursor is None:
            return found


def all_events(
    app: App, caller: Caller, wanted: EventFilter, names: tuple[str, str]
) -> Sequence[Event]:
    """Return what a filter lets through, by (start, id); `names` are its bounds in the query.

    Raises:
        UnknownCalendar: One of the calendars does not exist.
        InvalidArgument: It is more than one answer may hold.
    """
    found = events.find_all(app, caller, wanted, MOST_ROWS)
    if found.next_cursor is not None:
        raise InvalidArgument(
            f"More than {MOST_ROWS} events lie there.",
            hint=f"Ask for less with {names[0]} and {names[1]}.",
        )
    return found.items


def bounds(
    texts: tuple[str | None, str | None], in_zone: ZoneInfo, names: tuple[str, str]
) -> tuple[int | None, int | None]:
    """Return the bounds of a list: a date is its first midnight, as an end its last."""
    start, end = (
        None if text is None else read_bound(text, in_zone, field=name, is_end=is_end)[0]
        for text, name, is_end in zip(texts, names, (False, True), strict=True)
    )
    return start, end


def moment(text: str | None, in_zone: ZoneInfo, name: str) -> int | None:
    """Return the instant of a date-time, if there is one."""
    return None if text is None else read_moment(text, in_zone, field=name).at


class EventChanges(Protocol):
    """The body of an update: fields that were not sent are not set."""

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that were sent."""
        ...

    def model_dump(self, *, include: set[str]) -> dict[str, Any]:
        """Return some of the fields."""
        ...

    def owner(self) -> Owner | None:
        """Return the owner."""
        ...

    def invited(self) -> tuple[Attendee, ...]:
        """Return the attendees."""
        ...


def changed_fields(body: EventChanges) -> dict[str, Any]:
    """Return what was sent of an event but for its time, by field; null clears where it can."""
    sent = body.model_fields_set
    cleared = {"description", "location", "created_by"}
    words = body.model_dump(include=sent & (cleared | {"title", "status", "type"}))
    fields = {name: value for name, value in words.items() if value is not None or name in cleared}
    if "attendees" in sent:
        fields["attendees"] = body.invited()
    if sent & {"owner_type", "owner_id"}:
        fields["owner"] = body.owner()
    return fields
