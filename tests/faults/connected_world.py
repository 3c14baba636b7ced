"""What a run with providers takes place in: a database whose calendars are connected."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sched_agent.bootstrap import Program, open_program
from sched_agent.clock import Clock
from sched_agent.model.calendar import Availability, Policy
from sched_agent.model.caller import Level
from sched_agent.model.connection import Connection, ConnectionPolicy, WhenTaken, WhenUnknown
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.outbox import Topic
from sched_agent.model.remote import Content, uid_of
from sched_agent.model.status import Status
from sched_agent.providers.base import Provider
from sched_agent.services import calendars, connections, events, tokens
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from sched_agent.store.base import Reader
from sched_agent.sync.access import opened
from tests.builders import at
from tests.faults.agents import Place
from tests.faults.ending import Ending, Here, Sides
from tests.faults.history import Final, Rules
from tests.faults.remotes import Remote
from tests.faults.seeing import seen
from tests.sync.conftest import connect

_ZONE = "America/New_York"
_FIRST = at("2027-06-01T09:00")
STARTS = tuple(_FIRST + day * DAY + n * 30 * MINUTE for day in (0, 1) for n in range(10))
"""Where events may begin: few, so that there is strife."""
_LOOK_SECONDS = 0.1
_ENOUGH = 1000


@dataclass(frozen=True, slots=True)
class Joined:
    """A calendar here and the one at the provider."""

    calendar: int
    connection: Connection


class ConnectedWorld:
    """The database of a run, as the run itself opens it."""

    def __init__(self, environ: Mapping[str, str], clock: Clock, remote: Remote) -> None:
        self._environ, self._clock, self._remote = environ, clock, remote
        self.joined: list[Joined] = []

    @property
    def remotes(self) -> Sequence[str]:
        """The provider's names of its calendars."""
        return [one.connection.remote_calendar or "" for one in self.joined]

    def furnish(
        self, names: Sequence[str], dice: random.Random, calendars_: int
    ) -> tuple[list[Place], dict[str, str]]:
        """Make calendars and connect them, and make a token for each name."""
        with self._program() as program:
            admin = local_admin(program.environment)
            for number in range(calendars_):
                made = calendars.create(
                    program.app,
                    admin,
                    name=f"Work{number}",
                    timezone=_ZONE,
                    policy=Policy(availability=Availability.OPEN),
                )
                connection = connect(
                    program.app,
                    made,
                    admin,
                    self._remote.settings,
                    self._remote.credentials,
                    self._remote.new_calendar(f"Work{number}"),
                    policy=_policy(dice),
                )
                self.joined.append(Joined(made.id, connection))
            secrets = {
                name: tokens.create(program.app, program.environment, name=name, level=Level.ADMIN)[
                    1
                ]
                for name in names
            }
        places = [Place(id=one.calendar, starts=STARTS, limited=False) for one in self.joined]
        return places, secrets

    def sync_all(self) -> None:
        """Have everything synced as soon as can be."""
        with self._program() as program:
            connections.sync_all(program.app, local_admin(program.environment))

    def ended(self, seconds: float) -> Ending:
        """Wait until everything has come to rest, and return how it stands then.

        Everything rests when nothing is left to be told to the provider, and two further syncs
        change nothing here.
        """
        with self._program() as program:
            unrest = self._unrest(program, time.monotonic() + seconds)
            return self._ending(program, unrest)

    def _unrest(self, program: Program, give_up: float) -> str | None:
        before: object = None
        for _ in range(3):
            connections.sync_all(program.app, local_admin(program.environment))
            while waiting := self._waiting(program):
                if time.monotonic() > give_up:
                    return "; ".join(waiting)
                time.sleep(_LOOK_SECONDS)
            now = [(one.event, one.keys) for side in self._sides(program) for one in side]
            if before is not None and now != before:
                changed = [str(one) for one in now if one not in before]  # type: ignore[operator]
                return f"a sync changed what had come to rest: {'; '.join(changed)}"
            before = now
        return None

    def _waiting(self, program: Program) -> list[str]:
        """Return what is still to be done, in words."""
        with self._reader(program) as tx:
            found = tx.messages(dead=False, limit=_ENOUGH)
        now = self._clock()
        return [
            f"{one.topic} {one.key} after {one.attempts} attempts: {one.trouble}"
            for one in found
            if one.topic is not Topic.SYNC or one.due_at <= now or one.lease is not None
        ]

    def _ending(self, program: Program, unrest: str | None) -> Ending:
        with self._reader(program) as tx:
            dead = [f"{one.key}: {one.trouble}" for one in tx.messages(dead=True, limit=_ENOUGH)]
        sides = []
        here = self._sides(program)
        for joined, ours in zip(self.joined, here, strict=True):
            with (
                self._reader(program) as tx,
                opened(program.app, program.environment.id, joined.connection.id) as provider,
            ):
                remote = joined.connection.remote_calendar or ""
                sides.append(
                    Sides(
                        calendar=joined.calendar,
                        remote=remote,
                        policy=joined.connection.policy,
                        here=ours,
                        there=_read(provider, remote),
                        things=self._remote.things(remote),
                        lost=tx.lost_changes(joined.connection.id, _ENOUGH),
                    )
                )
        final = Final(
            now=self._clock(),
            calendars={
                one.calendar: Rules(id=one.calendar, zone=ZoneInfo(_ZONE)) for one in self.joined
            },
            events=tuple(seen(one.event) for side in here for one in side),
        )
        return Ending(
            final=final, sides=sides, dead=dead, unrest=unrest, made=self._remote.makings()
        )

    def _sides(self, program: Program) -> list[list[Here]]:
        """Return all our events with what ties them, by calendar."""
        return [self._here(program, one.calendar) for one in self.joined]

    def _here(self, program: Program, calendar: int) -> list[Here]:
        admin = local_admin(program.environment)
        found: list[Event] = []
        wanted = EventFilter(calendar_ids=(calendar,))
        while True:
            page = events.find_all(program.app, admin, wanted, _ENOUGH)
            found += page.items
            if page.next_cursor is None:
                break
            wanted = replace(wanted, after=(found[-1].interval.start, found[-1].id))
        with self._reader(program) as tx:
            return [
                Here(
                    event=one,
                    uid=uid_of(program.environment.id, one.id),
                    keys=tuple(link.key for link in tx.links_of(one.id)),
                )
                for one in found
            ]

    @contextmanager
    def _reader(self, program: Program) -> Iterator[Reader]:
        with program.app.store.snapshot(program.environment.id) as tx:
            yield tx

    @contextmanager
    def _program(self) -> Iterator[Program]:
        program = open_program(Settings.read(self._environ))
        try:
            yield replace(program, app=replace(program.app, clock=self._clock))
        finally:
            program.app.store.close()


def _policy(dice: random.Random) -> ConnectionPolicy:
    return ConnectionPolicy(
        recheck_seconds=dice.choice((0, 0, 60)),
        max_age_minutes=24 * 60,
        sync_minutes=1,
        when_unknown=dice.choice(list(WhenUnknown)),
        when_taken=dice.choice(list(WhenTaken)),
    )


def _read(provider: Provider, calendar: str) -> dict[str, Content]:
    """Return what lies at a provider, read anew."""
    window = Interval(_FIRST - DAY, _FIRST + 30 * DAY)
    return {
        one.ref.key: one.content
        for batch in provider.changes(calendar, None, window)
        for change in batch.changes
        for one in change.events
        if one.content.status is not Status.CANCELLED
    }
