"""A server on which calendars can be connected, and a browser that comes to it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from sched_agent import serving
from sched_agent.backends.local import LocalBackend
from sched_agent.model.ids import Kind, uuid
from sched_agent.services.connecting import FORM
from sched_agent.settings import Settings
from sched_agent.transports.gate import Allowance
from sched_agent.transports.rest.app import application, mcp_server
from tests.connecting import THERE, World
from tests.transports.conftest import ADMIN_TOOLS, Running


@dataclass(slots=True)
class Door:
    """A running server, asked without a token from its own machine."""

    world: World
    url: str
    http: httpx.Client

    def api(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, **more: Any
    ) -> Any:
        """Call a path below /api/v1 and return its JSON; CAL stands for the calendar."""
        calendar = f"/calendars/{uuid(Kind.CALENDAR, self.world.calendar.id)}"
        answer = self.http.request(
            method, f"/api/v1{path.replace('CAL', calendar)}", json=body, **more
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def begin(self, provider: str = "google", **more: Any) -> Any:
        """Begin a connection, and return its data."""
        body = {"provider": provider, "redirect_uri": THERE} | more
        return self.api("POST", "CAL/providers", body, expect=201)["data"]

    def come_back(self, begun: Any) -> httpx.Response:
        """Agree, and follow the browser to the callback."""
        return self.http.get(self.world.oauth.visit(begun["authorization_url"]))


@pytest.fixture(name="door")
def a_door(world, environment) -> Iterator[Door]:
    server = Running(None)
    outside = replace(world.app.outside, public_url=server.url)
    world.app = replace(world.app, outside=outside)
    settings = Settings.read(ADMIN_TOOLS)
    mcp = mcp_server(LocalBackend(world.app), settings)
    allowance = Allowance(settings.rate_limit, world.app.clock)
    server.config.app = application(world.app, environment, settings, mcp, allowance=allowance)
    server.config.access_log = serving._config(None, settings).access_log
    with server, httpx.Client(base_url=server.url, timeout=30) as http:
        yield Door(world, server.url, http)


class Fields(HTMLParser):
    """What a form on a page sends, and where; and everything else that it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.action = ""
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            self.action = urljoin(FORM, known["action"])
        if tag == "input":
            name = known["name"] or ""
            self.values[name] = known.get("value") or ""
            self.kinds[name] = known["type"] or ""
