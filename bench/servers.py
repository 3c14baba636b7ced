"""The servers that are measured: ours as users start it, and the SDK's with one empty tool."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx

from bench.year import ZONE
from sched_agent.bootstrap import Program, open_program
from sched_agent.settings import Settings

OURS = str(Path(sys.executable).with_name("sched-agent"))
BARE = str(Path(__file__).with_name("bare_server.py"))
START_SECONDS = 30


def settings(database: Path | str, now: str) -> dict[str, str]:
    """Return the environment variables that a server of ours is measured with.

    Args:
        database: A SQLite file, or where a PostgreSQL database is.
        now: The instant at which its clock stands.
    """
    return {
        "SCHED_AGENT_DATABASE": database if isinstance(database, str) else f"sqlite:///{database}",
        "SCHED_AGENT_TIMEZONE": ZONE.key,
        "SCHED_AGENT_NOW": now,
        "SCHED_AGENT_RATE_LIMIT": "0",
        "SCHED_AGENT_LOG_LEVEL": "warning",
    }


def database(environ: dict[str, str]) -> Program:
    """Open the database of a server, to fill it before the server starts."""
    return open_program(Settings.read(environ))


@contextmanager
def over_http(command: list[str], environ: dict[str, str]) -> Iterator[str]:
    """Run a server on a free port, which ends its command, and yield the address of its MCP."""
    with listening(command, environ) as port:
        yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def listening(command: list[str], environ: dict[str, str]) -> Iterator[int]:
    """Run a server on a free port, which ends its command, and yield the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*command, str(port)], env=os.environ | environ)
    try:
        _await(f"http://127.0.0.1:{port}/")
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _await(address: str) -> None:
    until = monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(address)
        except httpx.TransportError:
            if monotonic() > until:
                raise
            sleep(0.1)
        else:
            return
