"""A real server on a real port, and clients for both of its doors."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from sched_agent.model.caller import Level
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.services import tokens
from sched_agent.settings import Settings
from sched_agent.transports.gate import Allowance, Doorway
from sched_agent.transports.rest.app import application, mcp_server
from tests.processes import mcp_body, mcp_headers
from tests.transports.webhooks import KEY, SETTING, SIGNING

ADMIN_TOOLS = {"SCHED_AGENT_TOOLSETS": "booking,admin", "SCHED_AGENT_RATE_LIMIT": "0"}


class Running(uvicorn.Server):
    """A server in a thread, on a port of its own."""

    def __init__(self, asgi: Any) -> None:
        # asyncio switches Nagle's algorithm off only on sockets that say that they are TCP
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        super().__init__(uvicorn.Config(asgi, log_config=None, lifespan="on"))
        self._up = threading.Event()
        self._thread = threading.Thread(target=self.run, kwargs={"sockets": [self.socket]})

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    def __enter__(self) -> "Running":
        self._thread.start()
        assert self._up.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self._thread.join()
        self.socket.close()


@pytest.fixture
def start(app, backend, environment) -> Iterator[Callable[..., str]]:
    """Start a server with some settings and return its address."""
    running: list[Running] = []

    def start(doorway: Doorway | None = None, **environ: str) -> str:
        settings = Settings.read(ADMIN_TOOLS | environ)
        allowance = Allowance(settings.rate_limit, app.clock)
        server = mcp_server(backend, settings)
        asgi = application(app, environment, settings, server, allowance=allowance, doorway=doorway)
        running.append(Running(asgi).__enter__())
        return running[-1].url

    yield start
    for server in running:
        server.__exit__()


@pytest.fixture
def url(start, calendar) -> str:
    """A server that asks nobody for a token, with the first calendar."""
    return start()


@pytest.fixture
def rest(url) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def workspace(environment) -> str:
    """Where the workspace family has the default environment."""
    return f"/api/v2/w/{uuid(Kind.ENVIRONMENT, environment.id)}"


@pytest.fixture
def api_v2(rest, calendar, workspace) -> Callable[..., Any]:
    """Call a path below the workspace and return its JSON; CAL is the first calendar's number."""

    def api_v2(method, path, body=None, *, expect=200, headers=None, **params):
        path = workspace + path.replace("CAL", str(calendar.id))
        response = rest.request(method, path, json=body, params=params, headers=headers)
        assert response.status_code == expect, response.text
        return response.json()

    return api_v2


@pytest.fixture
def a_token(app, environment) -> Callable[..., str]:
    def a_token(level="admin", *, actor=None, own=False, where=None, **more) -> str:
        return tokens.create(
            app,
            where or environment,
            name="t",
            level=Level[level.upper()],
            actor=Owner(OwnerType.AGENT, actor) if actor else None,
            own_events_only=own,
            **more,
        )[1]

    return a_token


@pytest.fixture
def curl_to(url, a_token) -> Callable[..., tuple[int, Any]]:
    """Run a curl command as a shell would, and return status and JSON."""
    if shutil.which("curl") is None:
        assert "CI" not in os.environ, "CI has to install curl"
        pytest.skip("curl is not installed on this machine")
    token = a_token("admin")

    def curl(command, **more):
        names = {"host": url, "token": token, **more}
        script = (
            command.strip().format(**names).replace("curl ", "curl -s -w '\\n%{http_code}' ", 1)
        )
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    return curl


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def mcp_over_http(
    url: str, token: str | None = None, mode: str = "auto"
) -> AsyncIterator[Client]:
    """Connect a client of the official SDK over streamable HTTP."""
    async with httpx2.AsyncClient(headers=bearer(token) if token else {}, timeout=30) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def tool_call(url: str, tool: str, token: str | None = None, /, **arguments: Any) -> httpx.Response:
    """Send one stateless request of protocol 2026-07-28, without any SDK."""
    headers = mcp_headers(tool) | (bearer(token) if token else {})
    return httpx.post(f"{url}/mcp", content=mcp_body(tool, arguments), headers=headers, timeout=30)


def tool_result(url: str, tool: str, token: str | None = None, /, **arguments: Any) -> Any:
    """Return what a tool answers to `tool_call`."""
    return tool_call(url, tool, token, **arguments).json()["result"]


def titles(url: str, token: str) -> list[str]:
    """Return the titles of the events that a token sees."""
    found = httpx.post(f"{url}/tools/list_events", json={}, headers=bearer(token)).json()
    return [event["title"] for event in found["data"]["events"]]


@pytest.fixture
def served(start, calendar, a_token):
    """A server that knows every platform's key; a signature stands for a token that may write."""
    keys = {f"SCHED_AGENT_{name}": KEY for name in SETTING.values()}
    return start(SCHED_AGENT_VOICE_TOKEN=a_token("write", actor="front-desk", own=True), **keys)


@pytest.fixture
def send(served):
    def send(platform, sent, path="", headers=None, **signing):
        body = json.dumps(sent).encode()
        signed = SIGNING[platform](body, **signing) | {"Content-Type": "application/json"}
        return httpx.post(
            f"{served}/voice/{platform}{path}", content=body, headers=signed | (headers or {})
        )

    return send
