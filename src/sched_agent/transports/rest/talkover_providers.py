"""The Talkover family: connections of calendars to providers, and how their syncing goes.

Names and envelopes are those of the vendor's pages; what they leave open is decided in
docs/adr/0022. People who connect a calendar come with a browser and without a token: what lets
them in is the `state` in their link.
"""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Path, Request, Security, status
from fastapi.security import HTTPBearer
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from sched_agent.errors import SchedAgentError
from sched_agent.services import connecting, connections, finishing
from sched_agent.services.finishing import CredentialsRefused, Finished
from sched_agent.speech.iso import utc_text
from sched_agent.tools.arguments import calendar_number, connection_number
from sched_agent.transports.problem import Problem
from sched_agent.transports.rest import pages
from sched_agent.transports.rest.common import Asking, Retried, Running, known_query, problems
from sched_agent.transports.rest.talkover_provider_shapes import (
    BegunData,
    ConflictData,
    ConnectionBody,
    ConnectionData,
    QueuedData,
    SyncData,
)
from sched_agent.transports.rest.talkover_shapes import Done, Envelope

_PROBLEMS = problems(
    Problem,
    {
        401: "No valid token",
        403: "The token's scope is too low",
        404: "No such thing in this environment",
        409: "The calendar's owner has to agree, or the Idempotency-Key was used before",
        413: "The body is too large",
        422: "The request can't be understood, or the provider is unknown",
        429: "Too many requests",
        500: "A fault of the server",
        503: "The calendar database can't be reached, or the server is about to stop",
    },
)

router = APIRouter(
    prefix="/api/v1",
    tags=["providers"],
    responses=_PROBLEMS,
    dependencies=[
        Depends(known_query),
        Security(HTTPBearer(auto_error=False, description="A token: `talq_...`")),
    ],
)
browsers = APIRouter(prefix="/api/v1/providers", include_in_schema=False)

CalendarId = Annotated[str, Path(max_length=64, description="Calendar UUID")]
ConnectionId = Annotated[str, Path(max_length=64, description="The connection's UUID")]


@router.post("/calendars/sync", status_code=status.HTTP_202_ACCEPTED)
def sync_calendars(app: Running, caller: Asking, key: Retried = None) -> Envelope[QueuedData]:
    """Sync all connected calendars, soon."""
    at = connections.sync_all(app, caller, request_id=key)
    return Envelope(data=QueuedData(queued_at=utc_text(at)))


@router.get("/calendars/sync-status")
def sync_status(app: Running, caller: Asking) -> Envelope[list[SyncData]]:
    """Tell how the syncing of all connected calendars goes."""
    found = [one for one in connections.find_all(app, caller) if one.counts]
    return Envelope(data=[SyncData.of(one) for one in found])


@router.post("/calendars/{calendar_id}/providers", status_code=status.HTTP_201_CREATED)
def connect_provider(
    app: Running, caller: Asking, calendar_id: CalendarId, body: ConnectionBody, key: Retried = None
) -> Envelope[BegunData]:
    """Begin to connect a calendar. It is active once the user has agreed, and is synced then."""
    begun = connecting.begin(
        app,
        caller,
        calendar_number(calendar_id),
        provider=body.provider,
        redirect_uri=body.redirect_uri,
        remote_calendar=body.calendar,
        policy=body.changes(),
        request_id=key,
    )
    return Envelope(data=BegunData.of(begun))


@router.get("/calendars/{calendar_id}/providers")
def list_connections(
    app: Running, caller: Asking, calendar_id: CalendarId
) -> Envelope[list[ConnectionData]]:
    """List a calendar's connections, oldest first."""
    found = connections.find_all(app, caller, calendar_number(calendar_id))
    return Envelope(data=[ConnectionData.of(one) for one in found])


@router.get("/calendars/{calendar_id}/providers/{provider_id}")
def get_connection(
    app: Running, caller: Asking, calendar_id: CalendarId, provider_id: ConnectionId
) -> Envelope[ConnectionData]:
    """Read a connection."""
    numbers = calendar_number(calendar_id), connection_number(provider_id)
    return Envelope(data=ConnectionData.of(connections.get(app, caller, *numbers)))


@router.get("/calendars/{calendar_id}/providers/{provider_id}/conflicts")
def list_conflicts(
    app: Running, caller: Asking, calendar_id: CalendarId, provider_id: ConnectionId
) -> Envelope[list[ConflictData]]:
    """List what gave way where both sides had changed an event: the latest 100, newest first."""
    numbers = calendar_number(calendar_id), connection_number(provider_id)
    found = connections.lost_changes(app, caller, *numbers)
    return Envelope(data=[ConflictData.of(one) for one in found])


@router.delete("/calendars/{calendar_id}/providers/{provider_id}")
def disconnect_provider(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    provider_id: ConnectionId,
    key: Retried = None,
) -> Done:
    """Disconnect a calendar: what was synced stays, and is no longer updated."""
    numbers = calendar_number(calendar_id), connection_number(provider_id)
    connections.disconnect(app, caller, *numbers, request_id=key)
    return Done(message="Provider connection removed")


@router.post(
    "/calendars/{calendar_id}/providers/{provider_id}/sync", status_code=status.HTTP_202_ACCEPTED
)
def sync_connection(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    provider_id: ConnectionId,
    key: Retried = None,
) -> Envelope[QueuedData]:
    """Sync one connection, soon."""
    numbers = calendar_number(calendar_id), connection_number(provider_id)
    at = connections.sync_now(app, caller, *numbers, request_id=key)
    return Envelope(data=QueuedData(queued_at=utc_text(at)))


@browsers.get("/callback")
def callback(app: Running, request: Request) -> Response:
    """Finish a connection with what an authorization server gave the browser."""
    sent = request.query_params
    state, code, error, issuer = (_single(sent, name) for name in ("state", "code", "error", "iss"))
    try:
        finished = finishing.finish(app, state or "", code=code, error=error, issuer=issuer)
    except SchedAgentError as refusal:
        return _not_connected(refusal)
    return _outcome(finished)


@browsers.get("/authorize")
def ask(app: Running, request: Request) -> Response:
    """Show the form for what a provider without OAuth needs."""
    state = _single(request.query_params, "state") or ""
    try:
        return pages.form(finishing.form(app, state), state)
    except SchedAgentError as refusal:
        return _not_connected(refusal)


async def _sent(request: Request) -> ImmutableMultiDict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return ImmutableMultiDict(parse_qsl(body, keep_blank_values=True, max_num_fields=10))
    except ValueError:
        return ImmutableMultiDict()


@browsers.post("/authorize")
def answer(app: Running, sent: Annotated[ImmutableMultiDict[str, str], Depends(_sent)]) -> Response:
    """Finish a connection with what a person typed in, or show the form again."""
    state = _single(sent, "state") or ""
    try:
        try:
            return _outcome(finishing.submit(app, state, dict(sent)))
        except CredentialsRefused as refusal:
            return pages.form(finishing.form(app, state), state, str(refusal))
    except SchedAgentError as refusal:
        return _not_connected(refusal)


def _single(sent: ImmutableMultiDict[str, str], name: str) -> str | None:
    """Return a parameter that came once; one that came twice is nobody's word (RFC 6749 §3.1)."""
    given = sent.getlist(name)
    return given[0] if len(given) == 1 else None


def _outcome(finished: Finished) -> Response:
    if finished.redirect_to is not None:
        return pages.sent_on(finished.redirect_to)
    if finished.problem is not None:
        return pages.told("Not connected", finished.problem, status=422)
    return pages.told("Connected", "The calendar is connected. You can close this page.")


def _not_connected(refusal: SchedAgentError) -> Response:
    words = f"{refusal.message} {refusal.hint}".strip()
    return pages.told("Not connected", words, status=refusal.status)
