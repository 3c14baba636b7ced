"""A calendar that is connected to Google's stub, with a worker that does what is due."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sched_agent.app import App, Outside
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.connection import (
    Connection,
    ConnectionPolicy,
    ProviderKind,
    ProviderSettings,
    State,
)
from sched_agent.model.event import Draft, Event, EventFilter
from sched_agent.model.schedule import Check
from sched_agent.providers.credentials import Credentials, Tokens, sealed
from sched_agent.providers.vault import Vault, new_key
from sched_agent.services import availability, events
from sched_agent.services.availability import Question
from sched_agent.services.tasks import TASKS
from sched_agent.services.working import Worker
from sched_agent.sync import following
from tests.builders import MovableClock, span
from tests.google_stub import PRIMARY, GoogleStub

HALF_HOUR = 30 * 60 * 1_000_000


@pytest.fixture
def app(store, clock) -> App:
    outside = Outside(keys=(new_key(),), allow_private=True, seconds=10.0)
    return App(store=store, clock=clock, outside=outside)


@pytest.fixture
def google(clock) -> Iterator[GoogleStub]:
    stub = GoogleStub(clock=clock)
    yield stub
    stub.stop()
    stub.check()


def connect(
    app: App,
    calendar: Calendar,
    admin: Caller,
    settings: ProviderSettings,
    credentials: Credentials,
    remote: str,
    *,
    writable: bool = True,
    policy: ConnectionPolicy = ConnectionPolicy(),  # noqa: B008  # frozen
) -> Connection:
    """Connect a calendar as it is after its owner has agreed, its first sync being due."""
    now = app.clock()
    with app.store.transaction(admin.environment_id) as tx:
        tx.put_provider(settings)
        connection = tx.add_connection(
            Connection(
                id=0,
                calendar_id=calendar.id,
                provider=settings.name,
                kind=settings.kind,
                state=State.ACTIVE,
                sealed_credentials=sealed(Vault(app.outside.keys), credentials),
                remote_calendar=remote,
                writable=writable,
                policy=policy,
                created_at=now,
                updated_at=now,
            )
        )
        following.queue_sync(tx, connection, now)
    return connection


@dataclass
class Connected:
    """A connected calendar, its provider, and what is done with both."""

    app: App
    caller: Caller
    calendar: Calendar
    connection: Connection
    google: GoogleStub
    clock: MovableClock

    @property
    def worker(self) -> Worker:
        return Worker(self.app, TASKS)

    def work(self) -> int:
        """Do everything that is due."""
        return self.worker.run_due()

    def sync(self) -> None:
        """Read what has changed at the provider, and do what follows."""
        with self.app.store.transaction(self.caller.environment_id) as tx:
            following.queue_sync(tx, self.connection, self.clock())
        self.work()

    def now(self) -> Connection:
        """Return the connection as it is."""
        with self.app.store.snapshot(self.caller.environment_id) as tx:
            return tx.connection(self.connection.id)

    def put(self, **fields) -> None:
        """Change the connection."""
        from dataclasses import replace

        with self.app.store.transaction(self.caller.environment_id) as tx:
            tx.put_connection(replace(tx.connection(self.connection.id), **fields))

    def book(self, start: str, end: str, title: str = "Stand-up", **more) -> Event:
        draft = Draft(title=title, interval=span(start, end))
        return events.book(self.app, self.caller, self.calendar.id, draft, check=Check.FULL, **more)

    def event(self, event: Event) -> Event:
        return events.get(self.app, self.caller, event.id)[1]

    def titles(self) -> list[str]:
        """Return the titles of the live events here, by start."""
        wanted = EventFilter(calendar_ids=(self.calendar.id,))
        found = events.find_all(self.app, self.caller, wanted, 1000).items
        return [one.title for one in found if one.status != "cancelled"]

    def free(self, start: str, end: str) -> bool:
        """Whether a stretch of Monday is on offer as a whole."""
        asked = span(start, end)
        question = Question(
            calendar_ids=(self.calendar.id,), within=asked, length=asked.length, exact=True
        )
        return bool(availability.check(self.app, self.caller, question).slots)

    def there(self) -> list[str]:
        """Return the titles of the live events at the provider."""
        return sorted(one.get("summary", "") for one in self.google.live())


@pytest.fixture
def connected(app, admin, calendar, clock, google) -> Connected:
    settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE, url=google.url)
    tokens = Tokens(access=google.token())
    connection = connect(app, calendar, admin, settings, tokens, PRIMARY)
    return Connected(app, admin, calendar, connection, google, clock)
