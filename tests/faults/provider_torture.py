"""Agents, workers, a provider and others who work there, chaos in between, and both sides after it.

`python -m tests.faults.provider_torture --provider radicale --seconds 60 --seed 7`: exit code 1
and the folder of the journals if the product has not kept its word.
"""

import argparse
import os
import random
import secrets
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from cryptography.fernet import Fernet

from sched_agent.clock import Clock
from sched_agent.model.interval import HOUR
from tests.caldav_servers import SERVERS
from tests.faults import journal
from tests.faults.agents import ENOUGH, RETRY_SECONDS, Mission, Place
from tests.faults.chaos import BadThing, Chaos
from tests.faults.connected_world import STARTS, ConnectedWorld
from tests.faults.convergence import check
from tests.faults.dav_remote import Dav
from tests.faults.doors import PATIENCE, McpOverHttp, Rest
from tests.faults.ending import Ending
from tests.faults.fast_clock import FastClock, start_now
from tests.faults.figures import Figures
from tests.faults.google_remote import Google
from tests.faults.journal import Kind
from tests.faults.outsider import Deed, Outsider
from tests.faults.processes import HttpServer, Program, Slot
from tests.faults.proxy import Proxy
from tests.faults.remotes import Remote
from tests.faults.services_door import Services
from tests.faults.stores import Database, PostgresCluster, SqliteFile
from tests.faults.violation import Violation

PROVIDERS = ("google", *SERVERS)
_RATE = 8
"""Pauses between attempts are shorter, and yet a claim outlasts the asking that it is for."""
_LEASE_SECONDS = 1.0
_PROVIDER_SECONDS = 1.0
_A_THOUSAND = 20
"""Of so many pieces that agents send, how many meet a lost connection."""
_REST_SECONDS = 90.0
"""How long it may take until both sides rest: much longer than it takes."""
_LATEST = 3
"""How many times as long a run may take where the machine is too busy for all its chaos."""
_SHOWN = 30
_WEIGHTS: Mapping[str, int] = {
    Kind.BOOK: 30,
    Kind.HOLD: 8,
    Kind.CONFIRM: 8,
    Kind.MOVE: 18,
    Kind.CANCEL: 12,
    Kind.DELETE: 5,
    Kind.RESPOND: 5,
    Kind.READ: 4,
    Kind.LOOK: 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do; the same plan does the same, as far as the machine's scheduling allows.

    Args:
        provider: google, radicale or xandikos.
        seconds: How long agents and others act.
        store: sqlite or postgres.
        seed: Of all dice.
        agents: How many at each door.
        calendars: How many are connected.
        workers: How many processes sync and tell.
        servers: How many HTTP servers; none: agents go to the services alone.
    """

    provider: str
    seconds: float
    store: str = "sqlite"
    seed: str
    agents: int = 2
    calendars: int = 2
    workers: int = 2
    servers: int = 0

    @property
    def doors(self) -> Sequence[str]:
        """The ways to the product that agents take."""
        return (Services.name, McpOverHttp.name, Rest.name) if self.servers else (Services.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run."""

    figures: Figures
    deeds: Sequence[Deed]
    ending: Ending
    violations: Sequence[Violation]

    def __str__(self) -> str:
        done = Counter(deed.work.value for deed in self.deeds)
        here = Counter(
            f"{one.event.status} and {one.event.sync}"
            for side in self.ending.sides
            for one in side.here
        )
        lines = [str(self.figures)]
        parts: list[tuple[str, Mapping[str, int]]] = [("others", done), ("in the end", here)]
        parts += [("policy", {str(side.policy): 1}) for side in self.ending.sides]
        lost = sum(len(side.lost) for side in self.ending.sides)
        parts.append(("changes that gave way", {"in all": lost}))
        for name, counted in parts:
            lines.append(f"  {name}: {', '.join(f'{k} {n}' for k, n in sorted(counted.items()))}")
        return "\n".join(lines)


@dataclass(slots=True)
class _Clock:
    """The clock of everything, which leaps once at the end."""

    now: FastClock = field(default_factory=lambda: start_now(_RATE))

    def __call__(self) -> int:
        return self.now()


class Cast:
    """The programs, agents, others and troubles of a run."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        environ: Mapping[str, str],
        database: Database,
        remote: Remote,
        clock: _Clock,
    ) -> None:
        self._plan, self._folder, self._environ = plan, folder, environ
        self._remote, self._clock = remote, clock
        self._own_url, self._url = database.own_url, database.servers_url
        self._servers = [
            HttpServer(self._programs(self._url), folder / f"http-{n}.server.log", workers=1)
            for n in range(plan.servers)
        ]
        self._workers = self._begun(self._url)
        self._proxies = [
            Proxy(server.port, f"{plan.seed} proxy {n}", _A_THOUSAND)
            for n, server in enumerate(self._servers)
        ]
        self._losing = [*self._proxies, remote.proxy, *database.proxies]
        self._slots: list[Slot] = []
        more: dict[str, BadThing] = {
            "agents killed": Chaos.kill_agent,
            "workers paused": self._pause_worker,
        }
        self._chaos = Chaos(
            f"{plan.seed} chaos",
            [*self._workers, *self._servers],
            self._slots,
            self._losing,
            more | remote.bad_things | database.bad_things,
        )

    def play(self, places: Sequence[Place], tokens: Mapping[str, str], outsider: Outsider) -> None:
        """Let them all work against each other, and then agents end what they began."""
        for server in self._servers:
            server.wait()
        self._slots += [self._slot(name, token, places) for name, token in tokens.items()]
        outsider.start()
        self._chaos.start()
        try:
            time.sleep(self._plan.seconds)
            self._chaos.await_each(_LATEST * self._plan.seconds)
        finally:
            self._chaos.stop()
            (self._folder / ENOUGH).touch()
            outsider.stop()
        for proxy in self._losing:
            proxy.lose_nothing()
        self._remote.heal()
        for slot in self._slots:
            slot.join(PATIENCE + RETRY_SECONDS)

    def calm_down(self) -> None:
        """Let the programs die once more, and others come, later, with whom all is well."""
        self._end_all()
        self._clock.now = self._clock.now.leapt(2 * HOUR)  # longer than any pause
        self._workers = self._begun(self._own_url)

    def end(self) -> None:
        """End everything."""
        self._end_all()
        for proxy in self._proxies:
            proxy.close()

    @property
    def troubles(self) -> tuple[Counter[str], Counter[str]]:
        """What was done to the processes, and to the connections."""
        drops = sum((proxy.drops for proxy in self._losing), Counter[str]())
        return self._chaos.done, drops

    def _end_all(self) -> None:
        for slot in self._slots:
            slot.end()
        for program in (*self._servers, *self._workers):
            program.crash()

    def _begun(self, database: str) -> list[Program]:
        environ = self._programs(database)
        return [
            Program(["worker"], environ, self._folder / f"worker-{n}.log")
            for n in range(self._plan.workers)
        ]

    def _programs(self, database: str) -> dict[str, str]:
        clock = self._clock.now.environ()
        return dict(self._environ) | clock | {"SCHED_AGENT_DATABASE": database}

    def _slot(self, name: str, token: str, places: Sequence[Place]) -> Slot:
        mission = Mission(
            name=name,
            seed=f"{self._plan.seed} {name}",
            door=name.rpartition("-")[0],
            urls=tuple(f"http://127.0.0.1:{proxy.port}" for proxy in self._proxies),
            token=token,
            folder=str(self._folder),
            places=tuple(places),
            weights=_WEIGHTS,
        )
        return Slot(mission, self._programs(self._url), self._folder / f"{name}.log")

    def _pause_worker(self, chaos: Chaos) -> bool:
        """Stop a worker for longer than its leases last, and let it go on."""
        found = chaos.dice.choice(self._workers).processes()
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGSTOP)
        chaos.wait(1.2 * _LEASE_SECONDS, 2 * _LEASE_SECONDS)
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
        return bool(found)


def _opened(kind: str, folder: Path, seed: str, clock: Clock) -> Remote:
    """Start a provider: google, radicale or xandikos."""
    if kind == "google":
        return Google(folder, seed, clock)
    return Dav(kind, folder, seed, clock)


def run(plan: Plan, folder: Path) -> Report:
    """Do it all in a folder, which keeps journals and logs."""
    common = {
        "SCHED_AGENT_TIMEZONE": "America/New_York",
        "SCHED_AGENT_RATE_LIMIT": "0",
        "SCHED_AGENT_WORKER": "apart",
        "SCHED_AGENT_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "SCHED_AGENT_ALLOW_PRIVATE": "true",
        "SCHED_AGENT_PROVIDER_SECONDS": str(_PROVIDER_SECONDS),
        "SCHED_AGENT_LEASE_SECONDS": str(_LEASE_SECONDS),
    }
    clock = _Clock()
    database = SqliteFile(folder) if plan.store == "sqlite" else PostgresCluster(plan.seed)
    try:
        remote = _opened(plan.provider, folder, plan.seed, clock)
        try:
            if remote.ca is not None:
                common["SCHED_AGENT_CA_FILE"] = str(remote.ca)
            environ = common | {"SCHED_AGENT_DATABASE": database.own_url}
            world = ConnectedWorld(environ, clock, remote)
            names = [f"{door}-{n}" for door in plan.doors for n in range(plan.agents)]
            dice = random.Random(f"{plan.seed} world")
            places, tokens = world.furnish(names, dice, plan.calendars)
            outsider = Outsider(f"{plan.seed} others", remote, world.remotes, STARTS, clock)
            cast = Cast(plan, folder, common, database, remote, clock)
            try:
                cast.play(places, tokens, outsider)
                cast.calm_down()
                ending = world.ended(_REST_SECONDS)
            finally:
                cast.end()
        finally:
            remote.close()
    finally:
        database.remove()
    return _reported(folder, cast, outsider.deeds, ending)


def _reported(folder: Path, cast: Cast, deeds: Sequence[Deed], ending: Ending) -> Report:
    (folder / "deeds").write_text("\n".join(map(str, deeds)))
    (folder / "final").write_text(
        "\n".join(
            str(one)
            for side in ending.sides
            for one in (side.policy, *side.here, *side.things, *side.lost)
        )
    )
    attempts = journal.read(folder)
    figures = Figures.of(attempts, ending.final)
    figures.chaos, figures.drops = cast.troubles
    violations = check(attempts, deeds, ending)
    return Report(figures=figures, deeds=deeds, ending=ending, violations=violations)


def _asked() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", choices=PROVIDERS, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", default="")
    parser.add_argument("--agents", type=int, default=2, help="at each door")
    parser.add_argument("--calendars", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--servers", type=int, default=1, help="over HTTP")
    asked = vars(parser.parse_args())
    return Plan(**asked | {"seed": asked["seed"] or secrets.token_hex(4)})


def main() -> None:
    """Run as the command line says, and tell."""
    plan, folder = _asked(), Path(mkdtemp(prefix="sched-agent-torture-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and nothing is left running
    print(
        f"{plan.seconds:g} seconds with {plan.provider} on {plan.store}, seed {plan.seed}",
        flush=True,
    )
    report = run(plan, folder)
    print(report)
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
