"""The one HTTP client for hosted APIs.

It tells four things apart: an answer; a refusal; a request that certainly was not acted upon; and
one of which nobody knows whether it was (`Unanswered`). Reads are tried again, within the time that
a call may take; a write only if that is harmless, and what is unknown is for the caller to look up.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from time import monotonic, sleep
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import TypeAdapter, ValidationError

from sched_agent import __version__
from sched_agent.deadline import BoundedTransport, within
from sched_agent.errors import (
    CalendarUnreachable,
    OutcomeUnknown,
    ProviderRejected,
    RateLimited,
    SchedAgentError,
)

DataT = TypeVar("DataT")

CONNECT_SECONDS = 2.0
MOST_BYTES = 16 * 1024 * 1024
_FIRST_PAUSE_SECONDS = 0.1
_MOST_REDIRECTS = 3
_MOST_TRIES = 4
_BUSY = frozenset({429, 503})


class Unanswered(OutcomeUnknown):
    """A write was sent, and no answer tells whether it was acted upon."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: status, headers, and the body as bytes."""

    status: int
    headers: httpx.Headers
    body: bytes

    def data(self) -> Any:
        """Return the body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def retry_after(self) -> float | None:
        """How long the server asks to be left alone, in seconds."""
        try:
            seconds = float(self.headers.get("Retry-After", ""))
        except ValueError:
            return None
        return max(0.0, seconds) if isfinite(seconds) else None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Sequence[tuple[str, str]]
    body: Any
    reads: bool


class Refused(Exception):
    """The server answered with an error; the adapter knows what it means."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Api:
    """A hosted API at one address, with one token. Threads share it."""

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth,
        *,
        name: str,
        secret: str,
        call_seconds: float,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Where all paths begin.
            auth: Adds the token; it is sent to this address alone.
            name: The vendor's, for messages.
            secret: The token, which no message may repeat.
            call_seconds: How long one call may take, with everything that is tried again.
        """
        self._name = name
        self._secret = secret.encode()
        self._call_seconds = call_seconds
        self._client = httpx.Client(
            base_url=base_url,
            auth=auth,
            headers={"Accept": "application/json", "User-Agent": f"sched-agent/{__version__}"},
            transport=BoundedTransport(
                limits=httpx.Limits(max_connections=40, max_keepalive_connections=20),
                proxy=_proxy(base_url),
            ),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def read(self, path: str, params: Sequence[tuple[str, str]] = (), body: Any = None) -> Reply:
        """Ask for something, trying again where the server is busy or the connection breaks.

        A question with a body is sent by POST.

        Raises:
            Refused: The server answered with an error.
            CalendarUnreachable: It can't be reached, or does not answer.
            RateLimited: It asks to be left alone for longer than a call may take.
            ProviderRejected: It answers with what can't be an answer.
        """
        request = _Request("GET" if body is None else "POST", path, params, body, reads=True)
        return self._repeated(request)

    def repeatable(self, method: str, path: str, body: Any = None) -> Reply:
        """Write what may be written twice without harm; see `read`.

        Raises:
            Unanswered: Nobody knows whether it was acted upon.
        """
        return self._repeated(_Request(method, path, (), body, reads=False))

    def _repeated(self, request: _Request) -> Reply:
        lost: SchedAgentError | None = None
        for remaining in self._tries():
            try:
                reply = self._follow(request, remaining)
            except CalendarUnreachable as error:
                lost = lost if isinstance(lost, Unanswered) else error
                continue
            except Unanswered as error:
                lost = error
                continue
            if not request.reads and _is_unknown(reply):
                lost = self._failed(reply, request)
                continue
            if reply.status in _BUSY:
                wait = reply.retry_after
                if wait is None or wait < remaining:
                    lost = lost if isinstance(lost, Unanswered) else self._busy(reply)
                    sleep(min(wait or 0.0, remaining))
                    continue
                raise lost if isinstance(lost, Unanswered) else self._busy(reply)
            if _is_unknown(reply) and not 300 <= reply.status < 400:
                lost = self._failed(reply, request)
                continue
            return _checked(reply)
        raise lost or self._unreachable("it took too long")

    def once(self, method: str, path: str, body: Any = None) -> Reply:
        """Do what must not be done twice.

        Raises:
            Refused: The server answered with an error: nothing was done.
            CalendarUnreachable: The request never left: nothing was done.
            RateLimited: The server is busy: nothing was done.
            Unanswered: Nobody knows.
        """
        lost: SchedAgentError | None = None
        request = _Request(method, path, (), body, reads=False)
        for remaining in self._tries():
            try:
                reply = self._send(request, remaining)
            except CalendarUnreachable as error:  # it never left: try again
                lost = error
                continue
            if reply.status == 429:
                raise self._busy(reply)
            if _is_unknown(reply):
                raise self._failed(reply, request)
            return _checked(reply)
        raise lost or self._unreachable("it took too long")

    def _tries(self) -> Iterator[float]:
        """Yield the seconds that are left, pausing ever longer between the tries."""
        until = monotonic() + self._call_seconds
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_MOST_TRIES):
            if (remaining := until - monotonic()) <= 0:
                return
            yield remaining
            sleep(min(random.uniform(pause / 2, pause), max(0.0, until - monotonic())))  # noqa: S311
            pause *= 2

    def _follow(self, request: _Request, remaining: float) -> Reply:
        """Send a request and follow where a read is sent on to, on the same host alone."""
        reply = self._send(request, remaining)
        for _ in range(_MOST_REDIRECTS):
            if request.method != "GET" or reply.status not in {301, 302, 303, 307, 308}:
                return reply
            here = self._client.base_url
            there = here.join(reply.headers.get("Location", ""))
            same = (there.host, there.port or there.scheme) == (here.host, here.port or here.scheme)
            if not same or there.scheme != here.scheme:
                raise ProviderRejected(
                    f"The {self._name} server sends requests on to another address.",
                    hint="Set SCHED_AGENT_BASE_URL to the address where it is now.",
                )
            reply = self._send(replace(request, path=str(there), params=()), remaining)
        return reply

    def _send(self, request: _Request, remaining: float) -> Reply:
        timeout = httpx.Timeout(remaining, connect=min(CONNECT_SECONDS, remaining))
        try:
            with (
                within(remaining),
                self._client.stream(
                    request.method,
                    request.path,
                    params=list(request.params) or None,
                    json=request.body,
                    timeout=timeout,
                ) as response,
            ):
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > MOST_BYTES:
                        raise self._too_long(request)
                body = bytes(received)
                if self._secret and response.status_code >= 400:
                    body = body.replace(self._secret, b"(token)")
                return Reply(response.status_code, response.headers, body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unreachable("no connection could be made") from error
        except httpx.HTTPError as error:  # broken off, timed out, or no HTTP
            raise self._lost(request, "the connection broke, or no answer came in time") from error

    def _lost(self, request: _Request, why: str) -> SchedAgentError:
        if request.reads:
            return self._unreachable(why)
        return Unanswered(f"The {self._name} server got the request, but {why}.")

    def _too_long(self, request: _Request) -> SchedAgentError:
        if request.reads:
            return ProviderRejected(f"The {self._name} server's answer is too long.")
        return self._lost(request, "its answer is too long")

    def _failed(self, reply: Reply, request: _Request) -> SchedAgentError:
        return self._lost(request, f"it failed with status {reply.status}")

    def _unreachable(self, why: str) -> CalendarUnreachable:
        return CalendarUnreachable(f"The {self._name} server can't be reached: {why}.")

    def _busy(self, reply: Reply) -> SchedAgentError:
        seconds = max(1, round(reply.retry_after or 1))
        return RateLimited(
            f"The {self._name} server takes no more requests for {seconds} s.",
            retry_after_seconds=seconds,
        )

    def understood(self, reply: Reply, adapter: TypeAdapter[DataT]) -> DataT:
        """Return what a reply says.

        Raises:
            ProviderRejected: It does not say it in the form that the family documents.
        """
        try:
            return adapter.validate_json(reply.body)
        except ValidationError as fault:
            where = ".".join(str(part) for part in fault.errors()[0]["loc"])
            raise ProviderRejected(
                f"The {self._name} server's answer can't be understood"
                + (f" (at {where[:60]})." if where else ".")
            ) from None


def _is_unknown(reply: Reply) -> bool:
    """Whether a status says nothing of what the server did.

    Neither does one by which something between gave up (408, 425, 499), or sends a client on.
    """
    return reply.status >= 500 or reply.status in {408, 425, 499} or 300 <= reply.status < 400


def _checked(reply: Reply) -> Reply:
    if reply.status >= 300:
        raise Refused(reply)
    return reply


def _proxy(base_url: str) -> str | None:
    """Return the proxy that the system names, but none that would see the token."""
    where = urlsplit(base_url)
    if where.scheme != "https" or proxy_bypass(where.hostname or ""):
        return None
    return getproxies().get("https")


def bearer(token: str) -> httpx.Auth:
    """Return what adds a bearer token (RFC 6750) to requests."""
    return _Bearer(token)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._value = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # it sends nothing back
        request.headers["Authorization"] = self._value
        yield request


def texts(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return query parameters that are not None."""
    return [(name, str(one)) for name, one in value.items() if one is not None]
