"""From starting a server to its list of tools, and the memory it takes then."""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import psutil  # type: ignore[import-untyped]  # it has no types

from bench.measure import Figure, Turns
from bench.servers import BARE, OURS, database, settings

STARTS = 12

_REQUESTS = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
)
_LINES = "".join(json.dumps({"jsonrpc": "2.0"} | request) + "\n" for request in _REQUESTS)


def figures(folder: Path) -> list[Figure]:
    """Measure starts by turns, with compiled bytecode and a database that is there."""
    environ = settings(folder / "cold.db", "2026-11-20T08:00-05:00")
    database(environ).app.store.close()
    ours, bare = [OURS, "mcp"], [sys.executable, BARE]
    _start(ours, environ), _start(bare, {})
    both = [(_start(ours, environ), _start(bare, {})) for _ in range(STARTS)]
    times = Turns([own[0] for own, _ in both], [theirs[0] for _, theirs in both])
    memory = Turns([own[1] for own, _ in both], [theirs[1] for _, theirs in both])
    return [
        times.figure("cold start over stdio, against the bare SDK", bound=1.5),
        memory.figure("memory after it, against the bare SDK", bound=1.5, unit="MB"),
    ]


def _start(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Return the milliseconds until the tools are listed, and the megabytes taken then."""
    began = perf_counter()
    server = subprocess.Popen(
        command,
        env=os.environ | environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(_LINES)
        server.stdin.flush()
        answers = (json.loads(line) for line in server.stdout)
        listed = next(answer for answer in answers if answer.get("id") == 2)
        took = perf_counter() - began
        megabytes = psutil.Process(server.pid).memory_info().rss / 1e6
        server.stdin.close()
    assert listed["result"]["tools"]
    return took * 1000, megabytes
