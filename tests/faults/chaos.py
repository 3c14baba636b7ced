"""What goes wrong, in an order that the seed decides: deaths, lost connections, full disks."""

import random
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import psutil  # type: ignore[import-untyped]

from tests.clusters import Cluster
from tests.faults.processes import Program, Slot, kill
from tests.faults.proxy import Proxy

BadThing: TypeAlias = "Callable[[Chaos], bool]"
"""Something that goes wrong; it says whether there was anything to go wrong with."""


class Chaos:
    """Does one bad thing after another in a thread of its own, until it is stopped."""

    def __init__(
        self,
        seed: str,
        servers: Sequence[Program],
        slots: Sequence[Slot],
        proxies: Sequence[Proxy],
        more: Mapping[str, BadThing],
    ) -> None:
        self.dice = random.Random(seed)
        self.servers, self.slots, self._proxies = servers, slots, proxies
        self.done: Counter[str] = Counter()
        self._stopped, self._each_done = threading.Event(), threading.Event()
        self._deck = {
            "servers killed": Chaos.kill_server,
            "servers told to end": Chaos._end_server,
            "connections dropped": Chaos._drop_connections,
            **more,
        }
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the bad thing that is being done, and do no other."""
        self._stopped.set()
        self._thread.join()

    def await_each(self, seconds: float) -> None:
        """Wait until each bad thing was done at least once, but no longer than that."""
        self._each_done.wait(seconds)

    def wait(self, shortest: float, longest: float) -> bool:
        """Let some time go by; whether it is time to stop."""
        return self._stopped.wait(self.dice.uniform(shortest, longest))

    def _run(self) -> None:
        for name in self._cards():
            if self.wait(0.5, 2.0):
                break
            if self._deck[name](self):
                self.done[name] += 1
            if self.done.keys() == self._deck.keys():
                self._each_done.set()

    def _cards(self) -> Iterator[str]:
        """Yield what to do next: each thing once before any comes again."""
        while True:
            yield from self.dice.sample(list(self._deck), len(self._deck))

    def kill_server(self) -> bool:
        """Kill a process of a server."""
        return self._kill_one_of(self.dice.choice(self.servers).processes())

    def _end_server(self) -> bool:
        self.dice.choice(self.servers).terminate()
        return True

    def kill_stdio_server(self) -> bool:
        """Kill a server that an agent has started."""
        return self._kill_one_of([server for slot in self.slots for server in slot.servers()])

    def kill_agent(self) -> bool:
        """Kill an agent."""
        self.dice.choice(self.slots).kill_agent()
        return True

    def _drop_connections(self) -> bool:
        self.dice.choice(self._proxies).drop_all()
        return True

    def _kill_one_of(self, running: Sequence[psutil.Process]) -> bool:
        if running:
            kill(self.dice.choice(running).pid)
        return bool(running)


OF_AGENTS: dict[str, BadThing] = {
    "stdio servers killed": Chaos.kill_stdio_server,
    "agents killed": Chaos.kill_agent,
}


def fill_the_disk_under(database: Path) -> BadThing:
    """Return what lets the servers write no file beyond some place in the database's log.

    A limit of the process works without privileges and in any container, where a file system of
    its own for the database may be forbidden; to SQLite it is a write that fails half-way.
    """
    log = database.with_name(f"{database.name}-wal")

    def fill(chaos: Chaos) -> bool:
        full = chaos.dice.randrange(max(1, log.stat().st_size // 2)) if log.exists() else 0
        processes = [process for server in chaos.servers for process in server.processes()]
        processes += [process for slot in chaos.slots for process in slot.servers()]
        before = {}
        for pid in (process.pid for process in processes):
            with suppress(ProcessLookupError):
                before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, before[pid][1]))
        chaos.wait(0.3, 1.0)
        for pid, limits in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        return bool(before)

    return fill


def restart(cluster: Cluster) -> BadThing:
    """Return what crashes PostgreSQL and starts it again."""

    def crash(_: Chaos) -> bool:
        cluster.restart("immediate")
        return True

    return crash
