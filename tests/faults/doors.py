"""The three ways to call the product, each through its wire: what an agent's program would send."""

import itertools
import json
import os
import random
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from sched_agent.model import ids
from sched_agent.model.zone import instant
from sched_agent.speech.iso import utc_text
from tests.faults.journal import BOOKINGS, Act, Answer, Kind, Outcome, Seen

PATIENCE = 20.0
"""Seconds after which an answer counts as lost: longer than a store waits for its lock."""

_PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_NOT_KNOWN = frozenset({"outcome_unknown"})
"""Codes by which the product says that it doesn't know itself whether the act was done."""


class Door(Protocol):
    """A way to ask; a lost answer is an answer, too."""

    name: str

    def ask(self, act: Act) -> Answer:
        """Send an act once."""
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...


def lost(how: str) -> Answer:
    """Return what an agent knows whose answer did not come."""
    return Answer(outcome=Outcome.LOST, code=how)


def refused(code: str) -> Answer:
    """Return what an agent knows who was told no."""
    return lost(code) if code in _NOT_KNOWN else Answer(outcome=Outcome.REFUSED, code=code)


def acknowledged(events: Sequence[Mapping[str, Any]]) -> Answer:
    """Return what an agent knows who was told what there is."""
    return Answer(outcome=Outcome.ACKNOWLEDGED, events=tuple(map(_seen, events)))


class Rest:
    """The REST API, at any of several servers."""

    name = "rest"

    def __init__(self, urls: Sequence[str], token: str, dice: random.Random) -> None:
        self._urls, self._dice = urls, dice
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)

    def ask(self, act: Act) -> Answer:
        """See `Door`."""
        method, path, body = _rest_request(act)
        headers = {"Idempotency-Key": act.request_id} if act.request_id else {}
        if act.if_version is not None:
            headers["If-Match"] = f'"{act.if_version}"'
        url = f"{self._dice.choice(self._urls)}/api/v1{path}"
        try:
            response = self._http.request(method, url, json=body, headers=headers)
        except httpx.TransportError as fault:
            return lost(type(fault).__name__)
        told = _json(response)
        if response.is_success and act.kind is Kind.DELETE:
            return acknowledged(())
        if response.is_success and "data" in told:
            found = told["data"]
            return acknowledged(found if isinstance(found, list) else [found])
        return refused(str(told.get("code", f"http_{response.status_code}")))

    def close(self) -> None:
        """See `Door`."""
        self._http.close()


class McpOverHttp:
    """MCP by single requests of the stateless protocol, at any of several servers."""

    name = "mcp-http"

    def __init__(self, urls: Sequence[str], token: str, dice: random.Random) -> None:
        self._urls, self._dice = urls, dice
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": _PROTOCOL,
            "Mcp-Method": "tools/call",
        }
        self._http = httpx.Client(headers=headers, timeout=PATIENCE)

    def ask(self, act: Act) -> Answer:
        """See `Door`."""
        body = _mcp_request(1, act)
        url = f"{self._dice.choice(self._urls)}/mcp"
        headers = {"Mcp-Name": body["params"]["name"]}
        try:
            response = self._http.post(url, json=body, headers=headers)
        except httpx.TransportError as fault:
            return lost(type(fault).__name__)
        told = _json(response)
        if "jsonrpc" in told:
            return _mcp_answer(told)
        return refused(str(told.get("code", f"http_{response.status_code}")))

    def close(self) -> None:
        """See `Door`."""
        self._http.close()


class McpOverStdio:
    """MCP over the pipes of a server of one's own, which is started again when it has died."""

    name = "mcp-stdio"

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._environ, self._log = environ, log
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None

    def ask(self, act: Act) -> Answer:
        """See `Door`."""
        server = self._running()
        assert server.stdin
        number = next(self._numbers)
        try:
            server.stdin.write(f"{json.dumps(_mcp_request(number, act))}\n".encode())
            server.stdin.flush()
            return _mcp_answer(json.loads(self._line(server)))
        except (OSError, ValueError) as fault:  # it died before, while or after it answered
            self.close()
            return lost(type(fault).__name__)

    def close(self) -> None:
        """See `Door`."""
        if self._server:
            self._server.kill()
            self._server.communicate()
            self._server = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            with self._log.open("ab") as log:
                self._server = subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.fast_clock", "mcp"],
                    env=dict(os.environ) | dict(self._environ),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                )
        return self._server

    def _line(self, server: subprocess.Popen[bytes]) -> bytes:
        assert server.stdout
        line = b""
        while not line.endswith(b"\n"):
            if not select.select([server.stdout], [], [], PATIENCE)[0]:
                raise TimeoutError
            part = os.read(server.stdout.fileno(), 1 << 20)
            if not part:
                raise ConnectionResetError
            line += part
        return line


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _mcp_request(number: int, act: Act) -> dict[str, Any]:
    name, arguments = _tool(act)
    given = {k: v for k, v in arguments.items() if v is not None}
    params = {"name": name, "arguments": given, "_meta": _META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def _tool(act: Act) -> tuple[str, dict[str, Any]]:
    """Return the tool that does an act, and its arguments; None is left out."""
    again = {"request_id": act.request_id}
    one = {"event_id": str(act.event)}
    if act.kind in BOOKINGS:
        words = {"title": act.request_id, "calendar_id": str(act.calendar)}
        guests = {"attendees": [{"email": guest} for guest in act.guests]}
        return "create_event", _times(act) | words | guests | again | _held(act)
    if act.kind in {Kind.CONFIRM, Kind.MOVE}:
        mark = {"description": act.request_id, "if_version": act.if_version}
        status = {"status": "confirmed"} if act.kind is Kind.CONFIRM else {}
        return "update_event", one | _times(act) | mark | status | again
    if act.kind is Kind.CANCEL:
        return "cancel_event", one | again
    if act.kind is Kind.RESPOND:
        return "respond_to_event", one | again | {
            "attendee": act.guests[0],
            "response": act.response,
        }
    if act.kind is Kind.READ:
        return "get_event", one
    assert act.start
    assert act.end
    stretch = {"from": utc_text(act.start), "to": utc_text(act.end), "limit": 100}
    return "list_events", stretch | {"calendar_ids": [str(act.calendar)]}


def _rest_request(act: Act) -> tuple[str, str, dict[str, Any] | None]:
    """Return method, path and body that do an act."""
    events = f"/calendars/{act.calendar}/events"
    one = f"{events}/{act.event}"
    if act.kind in BOOKINGS:
        guests = {"attendees": [{"email": guest} for guest in act.guests]}
        return "POST", events, {"title": act.request_id} | _times(act) | guests | _held(act)
    if act.kind is Kind.CONFIRM:
        return "PUT", one, {"status": "confirmed", "description": act.request_id}
    if act.kind is Kind.MOVE:
        return "PUT", one, _times(act) | {"description": act.request_id}
    if act.kind is Kind.CANCEL:
        return "PUT", one, {"status": "cancelled"}
    if act.kind is Kind.DELETE:
        return "DELETE", one, None
    if act.kind is Kind.READ:
        return "GET", one, None
    assert act.kind is Kind.LOOK
    assert act.start
    assert act.end
    return "GET", f"{events}?from={utc_text(act.start)}&to={utc_text(act.end)}", None


def _times(act: Act) -> dict[str, Any]:
    times = {"start_at": act.start, "end_at": act.end}
    return {name: utc_text(at) for name, at in times.items() if at is not None}


def _held(act: Act) -> dict[str, Any]:
    return {"hold_minutes": act.hold_minutes} if act.hold_minutes else {}


def _mcp_answer(told: Mapping[str, Any]) -> Answer:
    if "result" not in told:
        return refused(f"rpc_{told['error']['code']}")
    result = told["result"]
    if result.get("isError"):
        fault = result.get("_meta", {}).get("sched-agent/error", {})
        return refused(str(fault.get("code", "no_code")))
    data = result["structuredContent"]
    return acknowledged(data["events"] if "events" in data else [data["event"]])


def _seen(event: Mapping[str, Any]) -> Seen:
    expires = event.get("hold_expires_at")
    return Seen(
        id=ids.parse(ids.Kind.EVENT, event["id"]) or 0,
        calendar=ids.parse(ids.Kind.CALENDAR, event["calendar_id"]) or 0,
        version=event["version"],
        title=event["title"],
        description=event.get("description"),
        start=_at(event["start_at"]),
        end=_at(event["end_at"]),
        status=event["status"],
        hold_expires_at=_at(expires) if expires else None,
        guests=tuple((guest["email"], guest["response"]) for guest in event["attendees"]),
    )


def _at(text: str) -> int:
    return instant(datetime.fromisoformat(text))
