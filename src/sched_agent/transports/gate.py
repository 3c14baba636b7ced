"""What every HTTP request passes before a route sees it.

A request id; the host and origin that it was sent to (against DNS rebinding); the size of its
body; who is asking, by a token or by a voice platform's signature; and how often they have asked
lately.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from sched_agent.clock import Clock, monotonic_clock
from sched_agent.errors import (
    Internal,
    InvalidArgument,
    NotAllowed,
    RateLimited,
    SchedAgentError,
    ShuttingDown,
)
from sched_agent.model.caller import Caller
from sched_agent.model.interval import MINUTE, SECOND
from sched_agent.transports.auth import remember_caller
from sched_agent.transports.problem import problem_response
from sched_agent.transports.voice.signatures import Signatures

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("sched_agent")

MAX_BODY_BYTES = 1024 * 1024
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
OPEN_PREFIX = "/.well-known/"  # clients look there for an authorization server; there is none
BROWSER_PATHS = frozenset({"/api/v1/providers/callback", "/api/v1/providers/authorize"})
"""Where people come with a link that stands for itself, not with a token."""

BROWSERS_A_MINUTE = 120
"""How often they may come from one address."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MOST_BUCKETS = 10_000
_FORWARDED = re.compile(
    r"forwarded|via|x-forwarded-.*|x-original-.*|x-real-ip|x-client-ip|true-client-ip|cf-.*"
)
"""Headers that proxies add."""
_REFERENCE = "sched_agent.request_id"
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")


def in_url(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def too_large(path: str) -> JSONResponse:
    """Answer a request whose body is larger than the server reads."""
    told = f"The body is larger than {MAX_BODY_BYTES} bytes."
    return problem_response(
        InvalidArgument(told, hint="Send less in one request."), path, status=413
    )


def _no_stream() -> JSONResponse:
    """Answer a client that asks for a stream of messages: each request here stands for itself."""
    told = "There is no stream here; every answer comes with its request."
    response = problem_response(InvalidArgument(told, hint="Send requests by POST."), status=405)
    response.headers["Allow"] = "POST"
    return response


def _closing(path: str) -> JSONResponse:
    """Answer whoever comes when the server is about to stop."""
    response = problem_response(ShuttingDown("The server is about to stop."), path)
    response.headers["Connection"] = "close"
    return response


def _wrong_host(path: str) -> JSONResponse:
    told = "The request was sent to a host that is not this server."
    hint = "Call the server by its own name, or add the name to SCHED_AGENT_ALLOWED_HOSTS."
    return problem_response(NotAllowed(told, hint=hint), path, status=421)


def _wrong_origin(path: str) -> JSONResponse:
    told = "Pages of other sites may not call this server."
    return problem_response(NotAllowed(told, hint=""), path)


@dataclass(slots=True)
class Doorway:
    """Who is inside: how many requests are under way, and whether new ones are still let in."""

    closing: bool = False
    inside: int = 0


@dataclass(slots=True)
class Allowance:
    """How many requests each caller may make: a bucket that fills evenly over a minute."""

    a_minute: int
    clock: Clock = monotonic_clock
    _buckets: dict[str, tuple[float, int]] = field(default_factory=dict)

    def spend(self, name: str) -> int | None:
        """Take one request and return how many are left, or None where there is no limit.

        Raises:
            RateLimited: There is none to take.
        """
        if not self.a_minute:
            return None
        now = self.clock()  # one that nobody sets
        if len(self._buckets) > _MOST_BUCKETS:  # those that are full again say nothing
            kept = {one: known for one, known in self._buckets.items() if now - known[1] < MINUTE}
            self._buckets = kept
        tokens, since = self._buckets.get(name, (float(self.a_minute), now))
        tokens = min(self.a_minute, tokens + (now - since) * self.a_minute / MINUTE)
        if tokens < 1:
            seconds = max(1, round((1 - tokens) * MINUTE / self.a_minute / SECOND))
            raise RateLimited(
                f"More than {self.a_minute} requests in a minute; wait {seconds} s.",
                retry_after_seconds=seconds,
            )
        self._buckets[name] = (tokens - 1, now)
        return int(tokens - 1)


class Gate:
    """ASGI middleware; see the module."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        who: Callable[[str | None, bool], Caller],
        trusting: bool,
        allowance: Allowance,
        allowed_hosts: Sequence[str],
        doorway: Doorway,
        signatures: Signatures,
    ) -> None:
        self._app = app
        self._who = who
        self._trusting = trusting
        self._allowance = allowance
        self._browsers = Allowance(BROWSERS_A_MINUTE, allowance.clock)
        self._doorway = doorway
        self._signatures = signatures
        self._hosts = {in_url(name).lower() for name in (*LOOPBACK, *allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        extra = {"X-Request-Id": _request_id(headers)}
        scope[_REFERENCE] = extra["X-Request-Id"]
        send = _with_headers(send, extra)
        if turned_away := self._turned_away(scope, headers):
            await turned_away(scope, receive, send)
            return
        self._doorway.inside += 1
        try:
            await self._let_in(scope, receive, send, extra)
        finally:
            self._doorway.inside -= 1

    async def _let_in(
        self, scope: Scope, receive: Receive, send: Send, extra: dict[str, str]
    ) -> None:
        receive = _limited(receive)
        try:
            if scope["path"] in BROWSER_PATHS:
                self._browsers.spend(str((scope.get("client") or ("",))[0]))
            elif scope["path"] not in OPEN_PATHS and not scope["path"].startswith(OPEN_PREFIX):
                caller, receive = await self._caller(scope, receive)
                remember_caller(scope, caller)  # type: ignore[arg-type]  # a scope is a dict
                left = self._allowance.spend(caller.name)
                if left is not None:
                    extra["X-RateLimit-Limit"] = str(self._allowance.a_minute)
                    extra["X-RateLimit-Remaining"] = str(left)
        except SchedAgentError as error:
            await problem_response(error, scope["path"])(scope, receive, send)
            return
        except HTTPException:
            await too_large(scope["path"])(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception:  # the application has answered already; here it is logged
            log.exception("request failed", extra={"request_id": extra["X-Request-Id"]})

    async def _caller(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """Return who is asking, and what the application reads the body from."""
        headers = Headers(scope=scope)
        authorization = headers.get("authorization")
        path: str = scope["path"]
        if self._signatures.concern(path, headers):
            body, receive = await _read(receive)
            authorization = self._signatures.authorization(path, headers, body)
        trusted = self._trusting and not any(map(_FORWARDED.fullmatch, headers))
        return await anyio.to_thread.run_sync(self._who, authorization, trusted), receive

    def _turned_away(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        """Answer what needs no look at who is asking; None lets it pass."""
        path: str = scope["path"]
        if self._doorway.closing and path != "/healthz":
            return _closing(path)
        if not self._is_ours(headers.get("host", "")):
            return _wrong_host(path)
        origin = headers.get("origin")
        if origin is not None and not self._is_ours(origin.partition("://")[2]):
            return _wrong_origin(path)
        if (path, scope["method"]) == ("/mcp", "GET"):
            return _no_stream()
        length = headers.get("content-length", "0")
        return too_large(path) if length.isdecimal() and int(length) > MAX_BODY_BYTES else None

    def _is_ours(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if re.search(r":\d+\Z", host) else host
        return name.lower() in self._hosts


def internal(scope: Scope) -> Internal:
    """Return what a client is told of a fault of ours: no more than where the log has it."""
    return Internal(f"The request failed by a fault of the server (reference {scope[_REFERENCE]}).")


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else f"req_{secrets.token_hex(8)}"


def _limited(receive: Receive) -> Receive:
    """Count what arrives without a Content-Length."""
    arrived = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return counted


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Return a body, and what it can be read from once more."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> MutableMapping[str, Any]:
        return messages.pop(0) if messages else await receive()

    return body, again


def _with_headers(send: Send, extra: dict[str, str]) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra.items():
                headers[name] = value
        await send(message)

    return sending
