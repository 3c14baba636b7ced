"""The program on a real database file, with a clock that the test moves."""

import os
from collections.abc import Iterator

import pytest

from sched_agent.app import App, Outside
from sched_agent.backends.local import LocalBackend
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.caller import Caller
from sched_agent.providers.vault import new_key
from sched_agent.services import calendars, environments
from sched_agent.store.base import Store
from tests.builders import MovableClock, at
from tests.clusters import Cluster, Elsewhere, NoPostgres, Server
from tests.stores import make_postgres, make_spread, open_store


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server that SCHED_AGENT_TEST_POSTGRES_URL names, or one of our own."""
    if elsewhere := os.environ.get("SCHED_AGENT_TEST_POSTGRES_URL"):
        yield Elsewhere(elsewhere)
        return
    cluster = a_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def postgres_database(postgres) -> str:
    return make_postgres(postgres)


@pytest.fixture(scope="session")
def divided_database(postgres) -> str:
    return make_postgres(postgres, partitions=16)


@pytest.fixture(scope="session")
def spread_database() -> Iterator[str]:
    """A database on a server whose calendars lie on two further ones."""
    clusters = [a_cluster() for _ in range(3)]
    yield make_spread(*clusters)
    for cluster in clusters:
        cluster.remove()


def a_cluster() -> Cluster:
    """Return a server of our own, which a test may stop and start; where it must not, skip."""
    try:
        return Cluster(fsync="off")  # the machine does not fail in a test; benchmarks pay for it
    except NoPostgres as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture
def clock() -> MovableClock:
    """It is Friday 20 November 2026, 10:00 in New York."""
    return MovableClock(at("2026-11-20T10:00"))


@pytest.fixture
def database(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/calendar.db"


@pytest.fixture
def store(database) -> Iterator[Store]:
    store = open_store(database)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def app(store, clock) -> App:
    return App(store=store, clock=clock, outside=Outside(keys=(new_key(),), allow_private=True))


@pytest.fixture
def backend(app) -> LocalBackend:
    return LocalBackend(app)


@pytest.fixture
def environment(app) -> Environment:
    """The default environment, with its first calendar."""
    return environments.ensure(app, environments.DEFAULT, "America/New_York")[0]


@pytest.fixture
def admin(environment) -> Caller:
    return environments.local_admin(environment)


@pytest.fixture
def calendar(app, admin) -> Calendar:
    """Open Monday to Friday, 9 to 17 in New York."""
    return calendars.find_all(app, admin, limit=1).items[0]
