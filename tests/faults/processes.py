"""The processes of a run: programs that come back when they die, and the lives of agents."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

from tests.faults.agents import Mission

_FIRST_ANSWER_SECONDS = 60.0
_LAST_REQUEST_SECONDS = 15.0
"""How long a server may take to end whose client is gone: it ends what it is doing."""


class Program:
    """`sched-agent` with some words, started again at once whenever it ends."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self._words, self._log = words, log
        self._environ = dict(os.environ) | dict(environ)
        self._ending = False
        self._process = self._start()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def processes(self) -> list[psutil.Process]:
        """Return its processes of this moment, the first one first."""
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        return []

    def terminate(self) -> None:
        """Ask it to end, as a person would; another one is started then."""
        self._process.terminate()

    def stop(self) -> None:
        """End it for good."""
        self._ending = True
        self.terminate()
        self._thread.join()

    def crash(self) -> None:
        """End it for good, without a word."""
        self._ending = True
        for process in self.processes():
            kill(process.pid)
        self._thread.join()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.fast_clock", *self._words],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def _watch(self) -> None:
        while not self._ending:
            self._process.wait()
            if not self._ending:
                self._process = self._start()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class HttpServer(Program):
    """`sched-agent serve` on a port of its own."""

    def __init__(self, environ: Mapping[str, str], log: Path, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        words = ["serve", "--port", str(self.port), "--workers", str(workers)]
        super().__init__(words, environ, log)

    def wait(self) -> None:
        """Wait until it answers for the first time."""
        until = time.monotonic() + _FIRST_ANSWER_SECONDS
        while not self._is_ready():
            assert time.monotonic() < until, self._log.read_text()
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").is_success
        except httpx.TransportError:
            return False


class Slot:
    """A place for an agent: when one is killed, another takes it, with a journal of its own."""

    def __init__(self, mission: Mission, environ: Mapping[str, str], log: Path) -> None:
        self._first, self._environ, self._log = mission, dict(os.environ) | dict(environ), log
        self._lives = 0
        self.left_behind: list[psutil.Process] = []
        self._process = self._begin()

    def servers(self) -> list[psutil.Process]:
        """Return the servers that the agent has started for itself and that run."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self._process.pid).children()
        return []

    def kill_agent(self) -> None:
        """Kill the agent, not its server, and begin another life."""
        self.left_behind += self.servers()
        self._process.kill()
        self._process.wait()
        self._process = self._begin()

    def join(self, seconds: float) -> bool:
        """Wait until the agent has stopped by itself; whether it did."""
        try:
            return self._process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False

    def end(self) -> int:
        """End everything that is still there; return how many servers outlived their clients."""
        servers = [*self.left_behind, *self.servers()]
        self._process.kill()
        self._process.wait()
        alive = psutil.wait_procs(servers, timeout=_LAST_REQUEST_SECONDS)[1]
        for process in alive:
            kill(process.pid)
        return len(alive)

    def _begin(self) -> subprocess.Popen[bytes]:
        self._lives += 1
        mission = replace(
            self._first,
            name=f"{self._first.name}.{self._lives}",
            seed=f"{self._first.seed} {self._lives}",
        )
        with self._log.open("ab") as log:
            agent = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.agents"],
                env=self._environ,
                stdin=subprocess.PIPE,
                stderr=log,
            )
        assert agent.stdin
        agent.stdin.write(f"{mission.as_json()}\n".encode())
        agent.stdin.close()
        return agent


def kill(pid: int) -> None:
    """End a process without a word, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
