"""Agents at all doors, chaos in between, and a look at what is true in the end.

`python -m tests.faults.torture --seconds 300 --store sqlite --seed 7`: exit code 1 and the folder
of the journals if the product has not kept its word.
"""

import argparse
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from tests.faults import journal
from tests.faults.agents import ENOUGH, RETRY_SECONDS, Mission, Place
from tests.faults.chaos import OF_AGENTS, Chaos
from tests.faults.checker import check
from tests.faults.doors import PATIENCE, McpOverHttp, McpOverStdio, Rest
from tests.faults.fast_clock import start_now
from tests.faults.figures import Figures
from tests.faults.processes import HttpServer, Slot
from tests.faults.proxy import Proxy
from tests.faults.stores import Database, PostgresCluster, SqliteFile
from tests.faults.violation import Violation
from tests.faults.world import World

_DOORS = (McpOverStdio.name, McpOverHttp.name, Rest.name)
_LATEST = 3
"""How many times as long a run may take where the machine is too busy for all its chaos."""
_SHOWN = 30
"""How many violations are printed; the rest is in the run's folder."""
_A_THOUSAND = 40
"""Of so many pieces that clients send over HTTP, how many meet a lost connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do; the same plan does the same, as far as the machine's scheduling allows.

    Args:
        seconds: How long agents act.
        store: sqlite or postgres.
        seed: Of all dice.
        agents: How many at each door.
        servers: How many HTTP servers; every second one has two workers.
    """

    seconds: float
    store: str
    seed: str
    agents: int = 3
    servers: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run."""

    figures: Figures
    violations: Sequence[Violation]


class Cast:
    """The servers, agents and troubles of a run."""

    def __init__(
        self, plan: Plan, folder: Path, environ: Mapping[str, str], database: Database
    ) -> None:
        self._plan, self._folder, self._environ = plan, folder, environ
        self._servers = [
            HttpServer(environ, folder / f"http-{n}.server.log", workers=1 + n % 2)
            for n in range(plan.servers)
        ]
        self._proxies = [
            Proxy(server.port, f"{plan.seed} proxy {n}", _A_THOUSAND)
            for n, server in enumerate(self._servers)
        ]
        self._losing = [*self._proxies, *database.proxies]
        self._slots: list[Slot] = []
        self._chaos = Chaos(
            f"{plan.seed} chaos",
            self._servers,
            self._slots,
            self._losing,
            OF_AGENTS | database.bad_things,
        )

    def play(self, places: Sequence[Place], tokens: Mapping[str, str]) -> None:
        """Let agents and chaos work against each other, and then agents end what they began."""
        for server in self._servers:
            server.wait()
        self._slots += [self._slot(name, token, places) for name, token in tokens.items()]
        self._chaos.start()
        try:
            time.sleep(self._plan.seconds)
            self._chaos.await_each(_LATEST * self._plan.seconds)
        finally:
            self._chaos.stop()
        (self._folder / ENOUGH).touch()
        for proxy in self._losing:
            proxy.lose_nothing()
        for slot in self._slots:
            slot.join(PATIENCE + RETRY_SECONDS)

    def end(self) -> int:
        """End everything; return how many servers outlived their clients."""
        orphans = sum(slot.end() for slot in self._slots)
        for server in self._servers:
            server.stop()
        for proxy in self._proxies:
            proxy.close()
        return orphans

    @property
    def troubles(self) -> tuple[Counter[str], Counter[str]]:
        """What was done to the processes, and to the connections."""
        drops = sum((proxy.drops for proxy in self._losing), Counter[str]())
        return self._chaos.done, drops

    def _slot(self, name: str, token: str, places: Sequence[Place]) -> Slot:
        mission = Mission(
            name=name,
            seed=f"{self._plan.seed} {name}",
            door=name.rpartition("-")[0],
            urls=tuple(f"http://127.0.0.1:{proxy.port}" for proxy in self._proxies),
            token=token,
            folder=str(self._folder),
            places=tuple(places),
        )
        return Slot(mission, self._environ, self._folder / f"{name}.log")


def run(plan: Plan, folder: Path) -> Report:
    """Do it all in a folder, which keeps journals and logs."""
    clock = start_now()
    common = {"SCHED_AGENT_TIMEZONE": "America/New_York", "SCHED_AGENT_RATE_LIMIT": "0"}
    database = _database(plan, folder)
    try:
        world = World(common | {"SCHED_AGENT_DATABASE": database.own_url}, clock)
        names = [f"{door}-{n}" for door in _DOORS for n in range(plan.agents)]
        places, tokens = world.furnish(names)
        environ = common | clock.environ() | {"SCHED_AGENT_DATABASE": database.servers_url}
        cast = Cast(plan, folder, environ, database)
        try:
            cast.play(places, tokens)
        finally:
            orphans = cast.end()
        final = world.final()
    finally:
        database.remove()
    (folder / "final").write_text("\n".join(map(str, final.events)))
    attempts = journal.read(folder)
    figures = Figures.of(attempts, final)
    figures.chaos, figures.drops = cast.troubles
    violations = check(attempts, final)
    if orphans:
        told = f"{orphans} stdio servers did not end when their clients were gone"
        violations.append(Violation("orphans", told, ()))
    return Report(figures=figures, violations=violations)


def _database(plan: Plan, folder: Path) -> Database:
    return SqliteFile(folder) if plan.store == "sqlite" else PostgresCluster(plan.seed)


def _asked() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", default="")
    parser.add_argument("--agents", type=int, default=3, help="at each door")
    parser.add_argument("--servers", type=int, default=2, help="over HTTP")
    asked = vars(parser.parse_args())
    return Plan(**asked | {"seed": asked["seed"] or secrets.token_hex(4)})


def main() -> None:
    """Run as the command line says, and tell."""
    plan, folder = _asked(), Path(mkdtemp(prefix="sched-agent-torture-"))
    print(f"{plan.seconds:g} seconds on {plan.store}, seed {plan.seed}", flush=True)
    report = run(plan, folder)
    print(report.figures)
    for violation in report.violations[:_SHOWN]:
        print(violation)
    print(f"violations: {len(report.violations)}")
    if report.violations:
        (folder / "violations").write_text("\n".join(map(str, report.violations)))
        print(f"All of them, with journals and logs, are in {folder}.")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
