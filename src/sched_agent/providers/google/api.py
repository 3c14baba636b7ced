"""Requests to Google: which are tried again, and what its refusals mean."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import ValidationError

from sched_agent.clock import Clock, monotonic_clock
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected
from sched_agent.model.interval import SECOND
from sched_agent.model.zone import instant
from sched_agent.providers.google.resources import Resource
from sched_agent.providers.http import checked, provider_errors, retry_after

Wait = Callable[[float], None]
"""Lets a number of seconds pass."""

_PAUSES_SECONDS = (0.25, 0.5, 1.0, 2.0)

_NOT_NOW = frozenset(
    {
        "calendarUsageLimitsExceeded",
        "concurrentLimitExceeded",
        "dailyLimitExceeded",
        "limitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
"""Reasons of a 403 that is none: there were too many requests."""

_CONSENT = frozenset({"authError", "insufficientPermissions", "insufficientScopes"})
"""Reasons of a 403 that goes away when the owner agrees again."""


_OURS = frozenset({400, 404, 409, 410, 412})
"""What may mean something to who has asked."""


class Refused(ProviderRejected):
    """Google refuses the request, for a reason that may mean something to who has asked.

    Args:
        status: Of the answer.
        word: Google's for the reason.
    """

    def __init__(self, status: int, word: str) -> None:
        said = f", {word[:60]}" if word.isalnum() else ""
        super().__init__(f"Google refuses the request (status {status}{said}).")
        self.http_status = status
        self.word = word


class Api:
    """Google's API at one address.

    Args:
        base: Where its paths begin.
        http: Carries the credentials; its timeout is what one call may take, all in all.
        clock: Tells now.
        wait: Lets time pass.
    """

    def __init__(self, base: str, http: httpx.Client, clock: Clock, wait: Wait) -> None:
        self._base = base
        self._http = http
        self._clock = clock
        self._wait = wait

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    @property
    def call_seconds(self) -> float:
        """How long one call may take, with everything that is tried again."""
        return self._http.timeout.read or 30.0

    def read(self, path: str, params: Mapping[str, str], body: Any = None) -> bytes:
        """Ask for something, again after a moment if Google says that there is too much going on.

        A question with a body is sent by POST.

        Raises:
            Refused: Google refuses the request.
        """
        until = monotonic_clock() + int(self.call_seconds * SECOND)
        method = "GET" if body is None else "POST"
        response = self._send(method, path, params, body, {})
        for usual in _PAUSES_SECONDS:
            pause = self._pause(response, usual)
            if pause is None or monotonic_clock() + pause * SECOND >= until:
                break
            self._wait(pause)
            response = self._send(method, path, params, body, {})
        return _understood(response)

    def write(
        self, method: str, path: str, params: Mapping[str, str], body: Any, etag: str | None
    ) -> bytes:
        """Change something, once.

        Args:
            method: PATCH, say.
            path: Below the base.
            params: The query.
            body: What is sent as JSON.
            etag: The version that it must have; None: any.

        Raises:
            Refused: Google refuses the request.
        """
        headers = {} if etag is None else {"If-Match": etag}
        return _understood(self._send(method, path, params, body, headers))

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Any,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        with provider_errors():
            return self._http.request(
                method, f"{self._base}/{path}", params=params, json=body, headers=dict(headers)
            )

    def _pause(self, response: httpx.Response, usual: float) -> float | None:
        """Return after how many seconds a read may be tried again, if Google says that it may."""
        if response.status_code < 429 and not _is_too_much(response):
            return None
        if "Retry-After" in response.headers:
            return self._asked(response)
        if response.is_server_error:
            return None
        return usual * random.uniform(0.5, 1)  # noqa: S311

    def _asked(self, response: httpx.Response) -> float:
        """Return for how many seconds Google asks to be left alone: a number of them, or a date."""
        try:
            until = parsedate_to_datetime(response.headers["Retry-After"])
        except ValueError:
            return retry_after(response)
        return max(0.0, (instant(until.replace(tzinfo=UTC)) - self._clock()) / SECOND)


class _Fault(Resource):
    reason: str = ""


class _Error(Resource):
    errors: tuple[_Fault, ...] = (_Fault(),)


class _Failure(Resource):
    error: _Error = _Error()


def _fault(response: httpx.Response) -> _Fault:
    try:
        return _Failure.model_validate_json(response.content).error.errors[0]
    except (ValidationError, IndexError):
        return _Fault()


def _is_too_much(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.FORBIDDEN and _fault(response).reason in _NOT_NOW


def _understood(response: httpx.Response) -> bytes:
    if response.is_error:
        _check_reason(response)
    return checked(response).content


def _check_reason(response: httpx.Response) -> None:
    """Raise what a refusal means at Google, if it is not what it means anywhere."""
    status, fault = response.status_code, _fault(response)
    if _is_too_much(response):
        error = CalendarUnreachable(f"Google takes no more requests for now ({fault.reason}).")
        error.retry_after_seconds = retry_after(response)
        raise error
    if status == httpx.codes.FORBIDDEN and fault.reason in _CONSENT:
        raise ConsentNeeded("Google does not let us see and change this calendar.")
    if status in _OURS or status == httpx.codes.FORBIDDEN:
        raise Refused(status, fault.reason)
