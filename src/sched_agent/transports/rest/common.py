"""What the routes of all REST families have in common."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from sched_agent.errors import UnknownArgument
from sched_agent.model.caller import Caller
from sched_agent.services.app import App
from sched_agent.transports.auth import caller_of


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
