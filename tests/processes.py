"""The program as it is run: its processes, and requests as they go over the line."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from itertools import count
from typing import Any

import httpx
import pytest

COMMAND = [sys.executable, "-m", "sched_agent"]


def settings_for(database: str, **more: str) -> dict[str, str]:
    """Return the environment of a process whose clock is pinned."""
    return {
        "PATH": os.environ["PATH"],
        "SCHED_AGENT_DATABASE": database,
        "SCHED_AGENT_TIMEZONE": "UTC",
        "SCHED_AGENT_NOW": "2026-11-20T10:00Z",
        "SCHED_AGENT_RATE_LIMIT": "0",
        **more,
    }


def mcp_body(tool: str, arguments: Mapping[str, Any], number: int = 1) -> str:
    """Return a stateless request of protocol 2026-07-28, made without any SDK."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


def mcp_headers(tool: str) -> dict[str, str]:
    """Return the headers that go with it over HTTP."""
    return {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }


Call = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Calls a tool and returns its result; many may wait at once."""


@asynccontextmanager
async def stdio_process(environ: Mapping[str, str]) -> AsyncIterator[Call]:
    """Start a `sched-agent mcp` process, and end it."""
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(
        *COMMAND, "mcp", env=environ, stdin=pipe, stdout=pipe
    )
    assert server.stdin
    assert server.stdout
    answers: dict[int, asyncio.Future[Any]] = {}
    numbers = count(1)

    async def listen(lines: asyncio.StreamReader) -> None:
        try:
            async for line in lines:
                message = json.loads(line)
                answers.pop(message["id"]).set_result(message["result"])
        finally:  # who still waits must not wait for ever
            for answer in answers.values():
                answer.set_exception(ConnectionError("the server has ended"))

    async def call(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        answer = answers[number] = asyncio.get_running_loop().create_future()
        assert server.stdin
        server.stdin.write(f"{mcp_body(tool, arguments, number)}\n".encode())
        result: dict[str, Any] = await answer
        return result

    listening = asyncio.create_task(listen(server.stdout))
    yield call
    server.stdin.close()
    await listening
    await server.wait()


def free_port() -> int:
    """Return a port of this machine where nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
    return port


class Served:
    """A `sched-agent serve` process and where it is: at the port that the settings name, if any."""

    def __init__(self, environ: Mapping[str, str], *options: str) -> None:
        self.port = int(environ.get("SCHED_AGENT_PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = [*COMMAND, "serve", "--port", str(self.port), *options]
        self.process = subprocess.Popen(arguments, env=environ, stderr=subprocess.DEVNULL)
        self.until_ready()

    def until_ready(self) -> None:
        """Wait until it answers."""
        for _ in range(400):
            try:
                if httpx.get(f"{self.url}/readyz", timeout=20).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        pytest.fail("the server does not get ready")

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
