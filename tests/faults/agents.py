"""An agent: a process that asks for random things, and keeps asking until it is answered.

Started as `python -m tests.faults.agents`, with a `Mission` as JSON on standard input.
"""

import json
import random
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sched_agent.model.interval import MINUTE
from tests.faults.doors import Door, McpOverHttp, McpOverStdio, Rest
from tests.faults.fast_clock import FastClock, of_environ
from tests.faults.journal import (
    BOOKINGS,
    CHANGES,
    DOWN,
    Act,
    Answer,
    Journal,
    Kind,
    Outcome,
    Seen,
)
from tests.faults.services_door import Services

RETRY_SECONDS = 15.0
"""How long an agent asks again for a lost answer before it gives up."""

ENOUGH = "enough"
"""The name of the file by whose being there agents know that they should end."""

_WEIGHTS: Mapping[str, int] = {
    Kind.BOOK: 22,
    Kind.HOLD: 20,
    Kind.CONFIRM: 12,
    Kind.MOVE: 14,
    Kind.CANCEL: 14,
    Kind.RESPOND: 5,
    Kind.READ: 6,
    Kind.LOOK: 7,
}
_OF_ONE = CHANGES | {Kind.DELETE, Kind.READ}
_NEWEST = 0.5
"""How often it is about an event that an agent has just come to know."""
_REPEATED = 0.1
"""How often an agent repeats a request that was answered before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A calendar as agents see it.

    Args:
        id: Its number.
        starts: Where events may begin: few, so that there is strife.
        limited: Whether its limits would be passed by a door that does not check them.
    """

    id: int
    starts: tuple[int, ...]
    limited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """What an agent is told before it begins.

    Args:
        name: Its own, in each of its lives another.
        seed: Of its dice.
        door: The name of its way to the product.
        urls: The HTTP servers.
        token: For them.
        folder: Where its journal goes.
        places: The calendars.
        weights: How often it asks for what, in proportion.
    """

    name: str
    seed: str
    door: str
    urls: tuple[str, ...]
    token: str
    folder: str
    places: tuple[Place, ...]
    weights: Mapping[str, int] = field(default_factory=lambda: _WEIGHTS)

    def as_json(self) -> str:
        """Return it as the process reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Mission":
        """Return what `as_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        places = (Place(**place | {"starts": tuple(place["starts"])}) for place in fields["places"])
        return cls(**fields | {"places": tuple(places), "urls": tuple(fields["urls"])})


@dataclass(slots=True)
class Memory:
    """The events that an agent knows of, and the requests that it may repeat."""

    events: dict[int, Seen] = field(default_factory=dict)
    answered: deque[Act] = field(default_factory=lambda: deque(maxlen=30))

    def learn(self, seen: Sequence[Seen]) -> None:
        """Remember events; of those that are long gone, a few."""
        for event in seen:
            self.events.pop(event.id, None)
            self.events[event.id] = event
        while len(self.events) > 12:
            del self.events[next(iter(self.events))]


class Agent:
    """One life of an agent."""

    def __init__(self, mission: Mission, door: Door, clock: FastClock) -> None:
        self._mission, self._door, self._clock = mission, door, clock
        self._dice = random.Random(mission.seed)
        self._journal = Journal(Path(mission.folder) / f"{mission.name}.jsonl")
        self._memory = Memory()
        self._count = 0

    def live(self) -> None:
        """Act until somebody writes into the folder that it is enough."""
        while not (Path(self._mission.folder) / ENOUGH).exists():
            if self._memory.answered and self._dice.random() < _REPEATED:
                self._ask(self._dice.choice(self._memory.answered))
            else:
                self._persist(self._next())
        self._door.close()

    def _persist(self, act: Act) -> None:
        """Ask until the answer is there; a refusal for the moment is taken or not."""
        give_up = time.monotonic() + RETRY_SECONDS
        answer = self._ask(act)
        while self._is_worth_repeating(answer) and time.monotonic() < give_up:
            time.sleep(self._dice.uniform(0.01, 0.3))  # as any polite client does
            answer = self._ask(act)
        if answer.outcome is Outcome.ACKNOWLEDGED and act.request_id:
            self._memory.answered.append(act)

    def _is_worth_repeating(self, answer: Answer) -> bool:
        if answer.code in DOWN:
            return self._dice.random() < 0.7
        return answer.outcome is Outcome.LOST

    def _ask(self, act: Act) -> Answer:
        self._journal.asks(self._door.name, act, self._clock())
        answer = self._door.ask(act)
        self._journal.told(answer, self._clock())
        self._memory.learn(answer.events)
        return answer

    def _next(self) -> Act:
        self._count += 1
        weights = self._mission.weights
        kind = Kind(self._dice.choices(list(weights), list(weights.values()))[0])
        name = f"{self._mission.name}-{self._count}"
        if kind is Kind.RESPOND and self._door.name == Rest.name:
            kind = Kind.LOOK  # this family has no way to answer an invitation
        if kind is Kind.DELETE and self._door.name == McpOverHttp.name:
            kind = Kind.CANCEL  # which is all that the tools for agents let them do
        known = [event for event in self._memory.events.values() if self._fits(kind, event)]
        if kind in _OF_ONE and known:
            newest = known[-2:] if self._dice.random() < _NEWEST else known
            return self._change(kind, name, self._dice.choice(newest))
        if kind in _OF_ONE:
            kind = Kind.BOOK
        place = self._place(kind)
        start = self._dice.choice(place.starts)
        if kind is Kind.LOOK:
            end = start + 180 * MINUTE
            return Act(kind=kind, calendar=place.id, start=start, end=end)
        return Act(
            kind=kind,
            calendar=place.id,
            request_id=name,
            start=start,
            end=start + self._dice.choice((30, 45, 60)) * MINUTE,
            hold_minutes=self._dice.choice((1, 1, 2, 3)) if kind is Kind.HOLD else None,
            guests=tuple(f"guest{n}@example.com" for n in range(self._dice.choice((0, 1, 2, 3)))),
        )

    def _fits(self, kind: Kind, event: Seen) -> bool:
        if kind is Kind.RESPOND:
            return bool(event.guests)
        if kind is Kind.MOVE:
            return any(place.id == event.calendar for place in self._open_places())
        return True

    def _change(self, kind: Kind, name: str, event: Seen) -> Act:
        more: dict[str, Any] = {}
        if kind is Kind.MOVE:
            starts = next(p.starts for p in self._mission.places if p.id == event.calendar)
            more["start"] = self._dice.choice(starts)
            if self._dice.random() < 0.5:
                more["if_version"] = event.version
        if kind is Kind.RESPOND:
            more["guests"] = (event.guests[0][0],)
            more["response"] = self._dice.choice(("accepted", "declined", "tentative"))
        if kind is not Kind.READ:
            more["request_id"] = name
        return Act(kind=kind, calendar=event.calendar, event=event.id, **more)

    def _place(self, kind: Kind) -> Place:
        return self._dice.choice(self._open_places() if kind in BOOKINGS else self._mission.places)

    def _open_places(self) -> Sequence[Place]:
        """Return where this door may book: REST does not promise to check limits."""
        if self._door.name != Rest.name:
            return self._mission.places
        return [place for place in self._mission.places if not place.limited]


def door_of(mission: Mission, clock: FastClock) -> Door:
    """Return the way to the product that a mission names."""
    if mission.door == Services.name:
        return Services(clock)
    if mission.door == McpOverStdio.name:
        log = Path(mission.folder) / f"{mission.name}.server.log"
        return McpOverStdio(clock.environ(), log)
    kind = Rest if mission.door == Rest.name else McpOverHttp
    return kind(mission.urls, mission.token, random.Random(f"{mission.seed} servers"))


def main() -> None:
    """Live."""
    mission, clock = Mission.read(sys.stdin.readline()), of_environ()
    Agent(mission, door_of(mission, clock), clock).live()


if __name__ == "__main__":
    main()
