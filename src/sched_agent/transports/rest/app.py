"""The HTTP application: REST families, MCP at `/mcp`, webhooks, docs, and two health checks."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from sched_agent import __version__
from sched_agent.app import App
from sched_agent.backends.base import Backend
from sched_agent.errors import InvalidArgument, SchedAgentError, Unavailable, UnknownArgument
from sched_agent.model.calendar import Environment
from sched_agent.model.text import one_line
from sched_agent.settings import Settings
from sched_agent.transports.auth import authenticate, caller_of
from sched_agent.transports.gate import (
    LOOPBACK,
    Allowance,
    AsgiApp,
    Doorway,
    Gate,
    in_url,
    internal,
    too_large,
)
from sched_agent.transports.mcp import SchedAgentServer, http_app
from sched_agent.transports.problem import problem_response
from sched_agent.transports.rest import (
    talkover,
    talkover_outbox,
    talkover_providers,
    timekit,
    timekit_availability,
    timekit_bookings,
    timekit_resources,
    workspace,
    workspace_calendars,
    workspace_event_rules,
)
from sched_agent.transports.voice import routes as voice
from sched_agent.transports.voice.signatures import Signatures

_FAMILIES = (
    talkover_providers.router,  # first: its fixed paths look like calendars' ids
    talkover_providers.browsers,
    talkover.router,
    talkover_outbox.router,
    workspace.router,
    workspace_calendars.router,
    workspace_event_rules.router,
    timekit.router,
    timekit_resources.router,
    timekit_availability.router,
    timekit_bookings.router,
)


def mcp_server(backend: Backend, settings: Settings) -> SchedAgentServer:
    """Return the MCP server for callers over HTTP."""
    return SchedAgentServer(
        backend,
        toolsets=settings.toolsets,
        language=settings.language,
        local=None,
        who_asks=caller_of,
        secret=settings.secret,
    )


def application(
    app: App,
    environment: Environment,
    settings: Settings,
    server: SchedAgentServer,
    *,
    allowance: Allowance | None = None,
    doorway: Doorway | None = None,
    running: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> AsgiApp:
    """Return everything that `serve` serves, behind its gate.

    Args:
        app: The program.
        environment: The one that callers without a token work in, where that is allowed.
        settings: Host, names and rate limit.
        server: What answers at `/mcp`.
        allowance: How often callers may ask; default: as the settings say.
        doorway: What tells when no more requests are to be let in.
        running: What goes on as long as the application runs.
    """
    names = (settings.host, *settings.allowed_hosts)
    mcp = http_app(server, [in_url(name) for name in (*LOOPBACK, *names)])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(), server.session_manager.run():
            yield

    rest = FastAPI(
        title="sched-agent",
        version=__version__,
        description="Calendars that are never booked twice. Authenticate with a bearer token.",
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    rest.state.app = app
    rest.router.routes.extend(mcp.routes)  # first: it is asked for most
    # the families are doors to our own calendars
    families = _FAMILIES if settings.backend == "local" else ()
    routers = (voice.router(server.desk), *families)
    for router in routers:
        rest.include_router(router)
    _add_health(rest, app)
    _tell_errors(rest, routers)
    return Gate(
        rest,
        who=partial(authenticate, app, environment),
        trusting=is_private(settings),
        allowance=allowance or Allowance(settings.rate_limit),
        allowed_hosts=names,
        doorway=doorway or Doorway(),
        signatures=Signatures.of(settings),
    )


def is_private(settings: Settings) -> bool:
    """Whether only this machine is meant to reach the server: by address, and by no other name."""
    return settings.host in LOOPBACK and not settings.allowed_hosts


def _add_health(rest: FastAPI, app: App) -> None:
    @rest.get("/healthz", tags=["health"])
    async def alive() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    @rest.get("/readyz", tags=["health"], responses={503: {"description": "Not ready"}})
    def ready() -> JSONResponse:
        """Whether the database answers."""
        try:
            app.store.probe()
        except Unavailable as error:
            return problem_response(error)
        return JSONResponse({"status": "ready"})


def _tell_errors(rest: FastAPI, routers: Sequence[APIRouter]) -> None:
    @rest.exception_handler(SchedAgentError)
    def told(request: Request, error: SchedAgentError) -> JSONResponse:
        return problem_response(error, request.url.path)

    @rest.exception_handler(RequestValidationError)
    def malformed(request: Request, fault: RequestValidationError) -> JSONResponse:
        return problem_response(_malformed(fault.errors()), request.url.path, status=422)

    @rest.exception_handler(HTTPException)
    def http(request: Request, fault: HTTPException) -> JSONResponse:
        if fault.status_code == 413:
            return too_large(request.url.path)
        if fault.status_code == 400:  # how FastAPI says that a body is no text
            not_json = InvalidArgument("The body is not JSON.", fields={"body": "is not JSON"})
            return problem_response(not_json, request.url.path, status=422)
        no_route = InvalidArgument(
            "There is no such path here, or not by that method.",
            hint="See /docs for the paths and their methods.",
        )
        response = problem_response(no_route, request.url.path, status=fault.status_code)
        if methods := _methods((rest.router, *routers), request):
            response.headers["Allow"] = ", ".join(methods)
        return response

    @rest.exception_handler(Exception)
    def fault_of_ours(request: Request, _: Exception) -> JSONResponse:
        return problem_response(internal(request.scope), request.url.path)


def _methods(routers: Sequence[APIRouter], request: Request) -> list[str]:
    """Return the methods that a path has, over all its routes."""
    every = [route for router in routers for route in router.routes]
    routes = [route for route in every if isinstance(route, Route)]
    fitting = [r for r in routes if r.matches(request.scope)[0] is not Match.NONE]
    here = [r for r in fitting if r.path == fitting[0].path]
    return sorted({method for route in here for method in route.methods or ()})


def _malformed(faults: Any) -> SchedAgentError:
    """Name every field that is wrong, without its value."""
    fields: dict[str, str] = {}
    unknown = [
        one_line(str(fault["loc"][-1]), 40)
        for fault in faults
        if fault["type"] == "extra_forbidden"
    ]
    if unknown:
        return UnknownArgument(
            f"There is no field {', '.join(unknown[:5])} here.",
            hint="See /docs for the fields that there are.",
            fields=dict.fromkeys(unknown[:5], "is not a field of this body"),
        )
    for fault in faults:
        where = [str(part) for part in fault["loc"] if part not in {"body", "query", "path"}]
        message = str(fault["msg"]).removeprefix("Value error, ")
        is_json = fault["type"] == "json_invalid"
        name = "body" if is_json else ".".join(where) or "body"
        fields[name] = "is not JSON" if is_json else message[:1].lower() + message[1:]
    told = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
    return InvalidArgument(f"{told}.", fields=fields)
