"""What a run takes place in: a database with few calendars, and tokens for the agents."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

from sched_agent.bootstrap import Program, open_program
from sched_agent.clock import pinned_clock
from sched_agent.model.calendar import Availability, DoubleBooking, Policy
from sched_agent.model.caller import Level
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.interval import DAY, MINUTE
from sched_agent.services import calendars, events, tokens
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from tests.builders import at
from tests.faults.agents import Place
from tests.faults.fast_clock import FastClock
from tests.faults.history import Final, Rules
from tests.faults.seeing import seen

_ZONE = "America/New_York"
_FIRST = at("2027-06-01T09:00")  # further ahead than any run lasts, even on a fast clock
_POLICIES = {
    "Plain": Policy(availability=Availability.OPEN),
    "Limited": Policy(availability=Availability.OPEN, max_events_per_day=3, max_attendees=2),
    "Buffered": Policy(
        availability=Availability.OPEN, buffer_before_minutes=5, buffer_after_minutes=15
    ),
    "Free for all": Policy(availability=Availability.OPEN, double_booking=DoubleBooking.ALLOW),
}


class World:
    """The database of a run, as the run itself opens it: while nobody else writes."""

    def __init__(self, environ: Mapping[str, str], clock: FastClock) -> None:
        self._environ, self._clock = environ, clock
        self._rules: dict[int, Rules] = {}

    def furnish(self, names: list[str]) -> tuple[list[Place], dict[str, str]]:
        """Make the calendars, and a token for each name."""
        with self._program() as program:
            admin = local_admin(program.environment)
            for name, policy in _POLICIES.items():
                made = calendars.create(
                    program.app, admin, name=name, timezone=_ZONE, policy=policy
                )
                self._rules[made.id] = _rules(made.id, policy)
            secrets = {
                name: tokens.create(program.app, program.environment, name=name, level=Level.WRITE)[
                    1
                ]
                for name in names
            }
        places = [
            Place(id=one.id, starts=_starts(one), limited=one.a_day is not None)
            for one in self._rules.values()
        ]
        return places, secrets

    def final(self) -> Final:
        """Return what is there at one instant."""
        now = self._clock()
        with self._program() as opened:
            program = replace(opened, app=replace(opened.app, clock=pinned_clock(now)))
            admin = local_admin(program.environment)
            wanted = EventFilter(calendar_ids=tuple(self._rules))
            found: list[Event] = []
            more = True
            while more:
                page = events.find_all(program.app, admin, wanted, 500)
                found += page.items
                more = page.next_cursor is not None
                if more:
                    wanted = replace(wanted, after=(found[-1].interval.start, found[-1].id))
        return Final(now=now, calendars=self._rules, events=tuple(map(seen, found)))

    @contextmanager
    def _program(self) -> Iterator[Program]:
        program = open_program(Settings.read(self._environ))
        try:
            yield replace(program, app=replace(program.app, clock=self._clock))
        finally:
            program.app.store.close()


def _rules(number: int, policy: Policy) -> Rules:
    longer = max(policy.buffer_before_minutes, policy.buffer_after_minutes)
    return Rules(
        id=number,
        refuses=policy.double_booking is DoubleBooking.REFUSE,
        gap=longer * MINUTE,
        a_day=policy.max_events_per_day,
        guests=policy.max_attendees,
        zone=ZoneInfo(_ZONE),
    )


def _starts(rules: Rules) -> tuple[int, ...]:
    """Return few starts, a quarter of an hour apart at times, so that events are in the way."""
    days = (0, 1) if rules.a_day is not None else (0,)
    minutes = (0, 30, 45, 75, 120, 150, 180)
    return tuple(_FIRST + day * DAY + minute * MINUTE for day in days for minute in minutes)
