"""The program with connected calendars as a person runs it: processes, and HTTP between them."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urljoin

import httpx

from tests.processes import COMMAND, Served, free_port
from tests.receiving import receiving
from tests.transports.browsing import Fields
from tests.transports.conftest import mcp_over_http

_TRIES = 600
_PAUSE_SECONDS = 0.05
ERROR_KEY = "sched-agent/error"
"""Where a refusal of the MCP server is for programs."""

FoundT = TypeVar("FoundT")


class Refusal(NamedTuple):
    """What a tool answers that does not do what it is asked.

    Args:
        text: For the model.
        error: For programs.
    """

    text: str
    error: Mapping[str, Any]


class Installed:
    """The program on a new database, with the key that seals credentials.

    Args:
        folder: Where the database lies.
        settings: Without their prefix, in small letters, besides those that each test wants.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        usual = {
            "database": f"sqlite:///{folder / 'calendar.db'}",
            "timezone": "America/New_York",
            "port": str(port),
            "toolsets": "booking,admin",
            "rate_limit": "0",
            "allow_private": "true",
        }
        self.set(**(usual | settings))
        self.set(credential_keys=self.run("provider", "key").stdout.strip())

    @property
    def callback(self) -> str:
        """Where an authorization server sends browsers back to."""
        return f"{self.url}/api/v1/providers/callback"

    def set(self, **settings: str) -> None:
        """Change settings, for the processes that are started from now on."""
        self._environ |= {f"SCHED_AGENT_{name.upper()}": text for name, text in settings.items()}

    def run(
        self, *arguments: str, told: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with what a person types in."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=told,
            capture_output=True,
            text=True,
            env=self._environ,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run `sched-agent serve`."""
        served = Served(self._environ)
        try:
            yield
        finally:
            served.kill()

    def rest(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the data of a request below /api/v1 that is granted."""
        url = f"{self.url}/api/v1{path}"
        answer = httpx.request(method, url, json=body, params=query or None, timeout=60)
        assert answer.is_success, answer.text
        return answer.json().get("data")

    def calendar(self) -> str:
        """Return the id of the first calendar, as REST spells it."""
        first: str = self.rest("GET", "/calendars")[0]["id"]
        return first

    def begin(self, provider: str, landing: str, **more: Any) -> Any:
        """Begin to connect the first calendar over REST."""
        body = {"provider": provider, "redirect_uri": landing} | more
        return self.rest("POST", f"/calendars/{self.calendar()}/providers", body)

    def status(self) -> list[Any]:
        """Return how the syncing of connected calendars goes."""
        return list(self.rest("GET", "/calendars/sync-status"))

    def until_synced(self) -> None:
        """Wait until every connection was read once."""
        until(lambda: all(one["last_sync_at"] for one in self.status()), "the first sync")

    def ask(self, tool: str, **arguments: Any) -> Any:
        """Return the data of what a tool answers over MCP."""
        result = self._call(tool, arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content

    def refused(self, tool: str, **arguments: Any) -> Refusal:
        """Return why a tool does not do over MCP what it is asked."""
        result = self._call(tool, arguments)
        assert result.is_error, result.structured_content
        return Refusal(result.content[0].text, result.meta[ERROR_KEY])

    def told(self, tool: str, **arguments: Any) -> str:
        """Return the text for the model of what a tool answers over MCP."""
        result = self._call(tool, arguments)
        text: str = result.content[0].text
        return text

    def _call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        async def call() -> Any:
            async with mcp_over_http(self.url) as client:
                return await client.call_tool(tool, dict(arguments))

        return asyncio.run(call())


@contextmanager
def a_landing() -> Iterator[str]:
    """Yield the address of a page where people land who have connected a calendar."""
    with receiving() as receiver:
        yield f"{receiver.url}/connected"


def typed_in(authorization_url: str, **fields: str) -> httpx.Response:
    """Fill in the form at an address, and return the page to which that leads."""
    with httpx.Client(follow_redirects=True, timeout=60) as browser:
        page = browser.get(authorization_url)
        form = Fields(page.text)
        assert fields.keys() <= form.values.keys()
        return browser.post(urljoin(str(page.url), form.action), data=form.values | fields)


def until(look: Callable[[], FoundT], what: str) -> FoundT:
    """Look again and again until there is something, and return it."""
    for _ in range(_TRIES):
        found = look()
        if found:
            return found
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError(f"it does not come about: {what}")
