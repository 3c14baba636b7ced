"""Torture for a hosted backend: agents book, move and cancel through a network that misbehaves.

`python -m tests.backends.torture --acts 1000 --backend talkover --seed 7` plans the same again,
except for what the machine's scheduling makes of it.
"""

import argparse
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sched_agent.bootstrap import Program
from sched_agent.clock import system_clock
from sched_agent.model.calendar import Availability
from sched_agent.model.interval import DAY, HOUR
from tests.backends import verdict
from tests.backends.tortured import LENGTH, Agent, is_open
from tests.contracts.backends.place import find_calendar
from tests.faults.seeing import seen
from tests.faults.violation import Violation
from tests.misbehaving import Dice, Misbehaving, Misdeed, behave
from tests.vendor import HOSTED, Vendor, a_program, a_vendor, double_booking_at

_ROOMS = ("Room 1", "Room 2")
_AHEAD = 30 * DAY
"""So near that Timekit tells all of it in one answer: of many, one would always be spoilt."""
_STARTS = 12
_REAL_TIME = {"SCHED_AGENT_NOW": ""}
_IMPATIENT = {"SCHED_AGENT_CALL_SECONDS": "2"}
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do.

    Args:
        backend: By which family.
        acts: Of all agents together.
        seed: Of all dice.
        agents: Threads.
        programs: Which they share; these share one database, as processes would.
        a_hundred: Of so many requests over the network, how many meet a misdeed.
    """

    backend: str
    acts: int
    seed: str
    agents: int = 6
    programs: int = 3
    a_hundred: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run."""

    answers: Counter[str]
    misdeeds: Counter[str]
    violations: Sequence[Violation] = field(default=())

    def __str__(self) -> str:
        lines = [f"{count:6} {what}" for what, count in sorted(self.answers.items())]
        lines += [f"{count:6} times: {what}" for what, count in sorted(self.misdeeds.items())]
        return "\n".join([*lines, *map(str, self.violations[:_SHOWN])])


def run(plan: Plan, folder: Path) -> Report:
    """Let agents act, then let them ask for what they do not know, and look at what is there."""
    with a_vendor(folder, **_REAL_TIME) as vendor, Misbehaving(vendor.port, plain=True) as proxy:
        double_booking = double_booking_at(plan.backend)
        for room in _ROOMS:
            vendor.truth.add_calendar(
                room, availability=Availability.OPEN, double_booking=double_booking
            )
        with _programs(plan, vendor, proxy, folder) as programs:
            agents = _agents(plan, programs)
            proxy.choose = Dice(f"{plan.seed} network", plan.a_hundred, frozenset(Misdeed))
            _each(agents, lambda agent: agent.live(plan.acts // plan.agents))
            proxy.choose = behave
            proxy.settle()
            _each(agents, Agent.settle)
        proxy.settle()
        return _report(agents, vendor, proxy)


@contextmanager
def _programs(
    plan: Plan, vendor: Vendor, proxy: Misbehaving, folder: Path
) -> Iterator[list[Program]]:
    own = f"sqlite:///{folder}/own.db"
    vendor.wake(plan.backend, own)
    environ = vendor.environ(plan.backend, own, proxy.url, **_REAL_TIME, **_IMPATIENT)
    with ExitStack() as stack:
        yield [stack.enter_context(a_program(environ)) for _ in range(plan.programs)]


def _agents(plan: Plan, programs: Sequence[Program]) -> list[Agent]:
    rooms = [find_calendar(programs[0], room).id for room in _ROOMS]
    first = system_clock() // HOUR * HOUR + _AHEAD
    starts = [first + number * LENGTH for number in range(_STARTS)]
    return [
        Agent(f"a{n}", f"{plan.seed} {n}", programs[n % len(programs)], rooms, starts)
        for n in range(plan.agents)
    ]


def _each(agents: Sequence[Agent], act: Callable[[Agent], None]) -> None:
    threads = [threading.Thread(target=act, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _report(agents: Sequence[Agent], vendor: Vendor, proxy: Misbehaving) -> Report:
    there = [seen(event) for room in _ROOMS for event in vendor.truth.events(room)]
    requests = [request for agent in agents for request in agent.requests.values()]
    violations = verdict.check(requests, there)
    violations += [violation for agent in agents for violation in agent.violations]
    answers: Counter[str] = Counter()
    for request in requests:
        answers.update(
            attempt.answer.code or attempt.answer.outcome for attempt in request.attempts
        )
        if request.acknowledged and len(request.attempts) > 1:
            answers["acknowledged when asked for again"] += 1
        if is_open(request):
            told = f"{request.act.request_id} is unknown, though everything answers by now"
            violations.append(Violation("never reconciled", told, request.where))
    return Report(answers=answers, misdeeds=proxy.done, violations=violations)


def main() -> None:
    """Run as the command line says, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=1000)
    parser.add_argument("--backend", choices=HOSTED, default="talkover")
    parser.add_argument("--seed", default="")
    asked = parser.parse_args()
    plan = Plan(backend=asked.backend, acts=asked.acts, seed=asked.seed or secrets.token_hex(4))
    print(plan, flush=True)
    with TemporaryDirectory() as folder:
        report = run(plan, Path(folder))
    print(report)
    print(f"violations: {len(report.violations)}")
    if report.violations:
        sys.exit(1)


if __name__ == "__main__":
    main()
