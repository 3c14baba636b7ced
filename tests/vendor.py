"""A server of our own, which stands for the vendor that a hosted backend talks to."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sched_agent.bootstrap import Program, open_program
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, DoubleBooking, Policy
from sched_agent.model.caller import Level
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.ids import Kind, Number, uuid
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.services import calendars, events, tokens
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from sched_agent.transports.rest.app import application, mcp_server
from tests.transports.conftest import Running

NOW = "2026-11-20T10:00-05:00"
"""It is Friday, 10:00 in New York: as for the fixture `clock`."""

HOSTED = ("talkover", "workspace", "timekit")
LENIENT = frozenset({"talkover", "timekit"})
"""The families whose pages do not say that a time is never booked twice."""
_PATHS = {"talkover": "/api/v1", "workspace": "", "timekit": "/v2"}


def double_booking_at(backend: str) -> DoubleBooking:
    """Return whether a calendar takes two events at one time, as leniently as its family may."""
    return DoubleBooking.ALLOW if backend in LENIENT else DoubleBooking.REFUSE


def settings_at(database: str, **more: str) -> dict[str, str]:
    """Return settings, as environment variables, of a program that stands at `NOW`."""
    return {
        "SCHED_AGENT_DATABASE": database,
        "SCHED_AGENT_TIMEZONE": "America/New_York",
        "SCHED_AGENT_NOW": NOW,
        "SCHED_AGENT_RATE_LIMIT": "0",
        **more,
    }


@contextmanager
def a_program(environ: Mapping[str, str]) -> Iterator[Program]:
    """Open a program with these settings, and close all that it has open."""
    program = open_program(Settings.read(environ))
    try:
        yield program
    finally:
        program.close()


class Truth:
    """What really is on the calendars, read past all doors."""

    def __init__(self, program: Program) -> None:
        self.app, self.environment = program.app, program.environment
        self._admin = local_admin(program.environment)

    def add_calendar(self, name: str, *rules: Rule, **more: Any) -> Calendar:
        """Make a calendar in New York with some rules and a policy."""
        policy = Policy(**{k: more.pop(k) for k in tuple(more) if k in Policy.__slots__})
        return calendars.create(
            self.app,
            self._admin,
            name=name,
            rules=rules,
            policy=policy,
            **{"timezone": "America/New_York"} | more,
        )

    def book(self, calendar: str, interval: Interval, title: str) -> Event:
        """Put an event on a calendar as somebody else would."""
        draft, number = Draft(title=title, interval=interval), self._number(calendar)
        return events.book(self.app, self._admin, number, draft, check=Check.NONE)

    def move(self, calendar: str, title: str, to: Interval) -> None:
        """Move an event as somebody else would."""
        event = next(one for one in self.events(calendar) if one.title == title)
        change = Change(start=to.start, end=to.end)
        events.revise(self.app, self._admin, event.id, change, check=Check.NONE)

    def calendars(self) -> Sequence[Calendar]:
        """Return all calendars."""
        return calendars.find_all(self.app, self._admin, limit=1000).items

    def rules(self, calendar: str) -> Sequence[Rule]:
        """Return a calendar's rules."""
        return calendars.rules(self.app, self._admin, self._number(calendar))

    def events(self, calendar: str) -> Sequence[Event]:
        """Return everything that is or was on the calendar of that name, by start."""
        wanted = EventFilter(calendar_ids=(self._number(calendar),))
        return events.find_all(self.app, self._admin, wanted, 10_000).items

    def _number(self, calendar: str) -> Number:
        return next(one.id for one in self.calendars() if one.name == calendar)


class Vendor:
    """A running server, a token for it, and what really is in its database."""

    def __init__(self, program: Program, running: Running) -> None:
        self.truth, self.url = Truth(program), running.url
        self._program, self._running = program, running
        self._token, self.token = tokens.create(
            program.app, program.environment, name="client", level=Level.ADMIN
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def wake(self, backend: str, database: str) -> None:
        """Let the server make what a family's first request needs, however long that takes.

        After that a test may have less patience. The database is the program's own.
        """
        with a_program(self.environ(backend, database)) as patient:
            patient.backend.calendars(local_admin(patient.environment), limit=1)

    def stop(self) -> None:
        """Serve nobody any more."""
        self._running.__exit__()

    def revoke_token(self) -> None:
        """Make the token invalid."""
        tokens.revoke(self._program.app, self._program.environment, self._token.id)

    def environ(
        self, backend: str, database: str, url: str | None = None, **more: str
    ) -> dict[str, str]:
        """Return the settings, as environment variables, of a program whose backend this is.

        Args:
            backend: By which of the families it talks.
            database: The program's own.
            url: Where it believes the server to be.
            more: Further settings.
        """
        workspace = uuid(Kind.ENVIRONMENT, self._program.environment.id)
        return settings_at(
            database,
            SCHED_AGENT_BACKEND=backend,
            SCHED_AGENT_BASE_URL=f"{url or self.url}{_PATHS[backend]}",
            SCHED_AGENT_TOKEN=self.token,
            **{"SCHED_AGENT_WORKSPACE": workspace} if backend == "workspace" else {},
            **more,
        )


@contextmanager
def a_vendor(folder: Path, **more: str) -> Iterator[Vendor]:
    """Serve from a database file of its own; only who has the token gets in."""
    more |= {"SCHED_AGENT_ALLOWED_HOSTS": "vendor.example"}
    settings = Settings.read(settings_at(f"sqlite:///{folder}/vendor.db", **more))
    program = open_program(settings)
    server = mcp_server(program.backend, settings)
    try:
        with Running(application(program.app, program.environment, settings, server)) as running:
            yield Vendor(program, running)
    finally:
        program.close()
