"""How a program is led to a server of ours that stands for a hosted API, and what it asks there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx

from sched_agent.bootstrap import Program
from sched_agent.model.caller import Level
from sched_agent.model.ids import Kind, uuid
from sched_agent.services import tokens

FAMILIES: Mapping[str, str] = {"talkover": "/api/v1", "workspace": "", "timekit": "/v2"}
"""The backends for hosted APIs, and the path below which our server has each family."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a client needs besides a server's address.

    Args:
        token: Lets it in as an admin.
        workspace: The environment, as the workspace family spells it.
    """

    token: str
    workspace: str

    @classmethod
    def to(cls, vendor: Program) -> "Keys":
        """Make a token; from then on the server lets in nobody without one."""
        _, token = tokens.create(vendor.app, vendor.environment, name="client", level=Level.ADMIN)
        return cls(token, uuid(Kind.ENVIRONMENT, vendor.environment.id))

    def settings(self, backend: str, url: str) -> dict[str, str]:
        """Return the settings of a program whose calendars are at that server."""
        there = {
            "SCHED_AGENT_BACKEND": backend,
            "SCHED_AGENT_BASE_URL": f"{url}{FAMILIES[backend]}",
            "SCHED_AGENT_TOKEN": self.token,
        }
        return there | ({"SCHED_AGENT_WORKSPACE": self.workspace} if backend == "workspace" else {})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, and its answer."""

    request: httpx.Request
    response: httpx.Response


def data(response: httpx.Response) -> Any:
    """Return what a response says, without its envelope; None if it has no body."""
    told = response.json() if response.content else None
    return told.get("data", told) if isinstance(told, dict) else told


@contextmanager
def exchanges() -> Iterator[list[Exchange]]:
    """Yield what this process sends with httpx meanwhile; it is sent as ever."""
    seen: list[Exchange] = []
    send = httpx.Client.send

    def note(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(client, request, **options)
        response.read()
        seen.append(Exchange(request, response))
        return response

    with patch.object(httpx.Client, "send", note):
        yield seen
