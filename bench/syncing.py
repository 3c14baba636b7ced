"""Connected calendars: reading them against the bare requests, booking on them against a local one.

The provider is Google's stub in another process, which answers at once.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from bench.contention import NOW, open_calendars
from bench.google import EMPTY, Google, google
from bench.measure import Figure, by_turns
from bench.servers import database, settings
from bench.writers import half_hour
from sched_agent.bootstrap import Program
from sched_agent.model.connection import (
    HORIZON_DAYS,
    Connection,
    ConnectionPolicy,
    ProviderKind,
    ProviderSettings,
    State,
)
from sched_agent.model.event import Draft, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.schedule import Check
from sched_agent.providers.credentials import Tokens, sealed
from sched_agent.providers.google.events import rfc3339
from sched_agent.providers.vault import Vault, new_key
from sched_agent.services import events
from sched_agent.services.environments import local_admin
from sched_agent.sync.access import opened
from sched_agent.sync.apply import pull
from tests.google_stub import PRIMARY

EVENTS = 10_000
CHANGES = 100
SYNCS, BOOKINGS = 6, 30
_PAGE = "2500"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the ratios may be at most."""

    first: float
    changes: float
    asking: float
    knowing: float


ON_SQLITE = Bounds(first=15, changes=8, asking=8, knowing=1.6)
ON_POSTGRES = Bounds(first=40, changes=15, asking=8, knowing=1.6)


def figures(place: Path | str, store: str, bounds: Bounds) -> list[Figure]:
    """Measure with a new database."""
    environ = settings(place, NOW) | {
        "SCHED_AGENT_CREDENTIAL_KEYS": new_key(),
        "SCHED_AGENT_ALLOW_PRIVATE": "true",
    }
    calendars = iter(open_calendars(environ, SYNCS + 4))
    program = database(environ)
    with google(program.app.clock(), EVENTS) as there:
        bench = _Bench(program, there, calendars)
        found = [*bench.syncs(store, bounds), *bench.bookings(store, bounds)]
    program.app.store.close()
    return found


@dataclass(frozen=True, slots=True)
class _Bench:
    """What is measured with.

    Args:
        program: Ours.
        google: The provider.
        calendars: Open ones that nothing is on and nothing is connected to.
    """

    program: Program
    google: Google
    calendars: Iterator[Number]

    def syncs(self, store: str, bounds: Bounds) -> list[Figure]:
        """Measure the first sync, and one of what has changed since."""
        connections = [self._connected(PRIMARY) for _ in range(SYNCS + 1)]
        unread = iter(connections)
        with httpx.Client(headers={"Authorization": f"Bearer {self.google.token}"}) as http:
            bare = _Bare(http, self.google.url, self.program.app.clock())
            first = by_turns(
                lambda: self._sync(next(unread), EVENTS), lambda: bare.read(EVENTS), turns=SYNCS
            )
            self.google.change(CHANGES)
            changed = by_turns(
                lambda: self._sync(connections[0], CHANGES),
                lambda: bare.changes(CHANGES),
                turns=BOOKINGS,
                tidy=lambda: self.google.change(CHANGES),
            )
        return [
            first.figure(
                f"first sync of {EVENTS:,}, against bare requests, {store}", bound=bounds.first
            ),
            changed.figure(
                f"sync of {CHANGES} changes, against a bare one, {store}", bound=bounds.changes
            ),
        ]

    def bookings(self, store: str, bounds: Bounds) -> list[Figure]:
        """Measure bookings whose provider is asked, and such as need not ask it."""
        asking = self._connected(EMPTY)
        trusting = self._connected(EMPTY, ConnectionPolicy(recheck_seconds=300))
        for connection in (asking, trusting):
            self._sync(connection, 0)
        connected, known = self._books(asking.calendar_id), self._books(trusting.calendar_id)
        local = self._books(next(self.calendars))
        asked = by_turns(connected, local, turns=BOOKINGS, calls=10, tidy=self._tell_nobody)
        trusted = by_turns(known, local, turns=BOOKINGS, calls=10, tidy=self._tell_nobody)
        return [
            asked.figure(
                f"booking that asks the provider, against a local one, {store}", bound=bounds.asking
            ),
            trusted.figure(
                f"one that need not ask it, against a local one, {store}", bound=bounds.knowing
            ),
        ]

    def _connected(self, there: str, policy: ConnectionPolicy = ConnectionPolicy()) -> Connection:  # noqa: B008  # frozen
        """Connect a calendar to one at the provider."""
        app = self.program.app
        provider = ProviderSettings(
            name="google", kind=ProviderKind.GOOGLE, url=self.google.url, client_id="bench"
        )
        credentials = sealed(Vault(app.outside.keys), Tokens(access=self.google.token))
        with app.store.transaction(self.program.environment.id) as tx:
            tx.put_provider(provider)
            return tx.add_connection(
                Connection(
                    id=0,
                    calendar_id=next(self.calendars),
                    provider=provider.name,
                    kind=provider.kind,
                    state=State.ACTIVE,
                    sealed_credentials=credentials,
                    remote_calendar=there,
                    writable=True,
                    policy=policy,
                    created_at=0,
                    updated_at=0,
                )
            )

    def _sync(self, connection: Connection, changed: int) -> None:
        app, environment_id = self.program.app, self.program.environment.id
        with opened(app, environment_id, connection.id, seconds=30.0) as provider:
            assert pull(app, environment_id, connection.id, provider).changed == changed

    def _books(self, calendar_id: Number) -> Callable[[], Event]:
        """Return what books one half hour after the other."""
        app, caller, numbers = self.program.app, local_admin(self.program.environment), count()

        def book() -> Event:
            start, end = half_hour(next(numbers))
            draft = Draft(title="Demo", interval=Interval(start * 1_000_000, end * 1_000_000))
            return events.book(app, caller, calendar_id, draft, check=Check.FULL)

        return book

    def _tell_nobody(self) -> None:
        """Empty the outbox: how fast the provider takes our events is not measured."""
        with self.program.app.store.transaction(self.program.environment.id) as tx:
            for message in tx.messages(dead=False, limit=1_000):
                tx.unqueue(message.topic, message.key)


class _Bare:
    """The same questions to the provider, their answers read as JSON and dropped."""

    def __init__(self, http: httpx.Client, base: str, now: int) -> None:
        self._http = http
        self._url = f"{base}/calendars/{quote(PRIMARY, safe='')}/events"
        self._since, self._until = rfc3339(now - DAY), rfc3339(now + HORIZON_DAYS * DAY)
        self._cursor = ""

    def read(self, events: int) -> None:
        """Ask for a cursor, and for all events."""
        fields = "nextPageToken,nextSyncToken"
        *_, last = self._pages({"timeMin": self._since, "fields": fields})
        self._cursor = last["nextSyncToken"]
        window = {"timeMin": self._since, "timeMax": self._until}
        self._count(self._pages({"singleEvents": "true", **window}), events)

    def changes(self, events: int) -> None:
        """Ask for what has changed since the last time."""
        pages = list(self._pages({"syncToken": self._cursor}))
        self._cursor = pages[-1]["nextSyncToken"]
        self._count(pages, events)

    def _count(self, pages: Any, events: int) -> None:
        assert sum(len(page["items"]) for page in pages) == events

    def _pages(self, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        asked = {"maxResults": _PAGE, **asked}
        while True:
            page = json.loads(self._http.get(self._url, params=asked).raise_for_status().content)
            yield page
            if "nextPageToken" not in page:
                return
            asked["pageToken"] = page["nextPageToken"]
