"""Every place that a calendar can be kept in, for the suites that must hold on all of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pytest

from sched_agent.bootstrap import open_app
from sched_agent.settings import Settings
from sched_agent.store.base import Store
from tests.clusters import Server
from tests.several_servers import spread

Make = Callable[[pytest.FixtureRequest, Path], str]


def open_store(database: str) -> Store:
    """Open a database as the program does."""
    return open_app(Settings(database=database)).store


def make_postgres(server: Server, partitions: int | None = None) -> str:
    """Make a database with our tables and return where it is."""
    database = server.new_database()
    store = open_store(database)
    store.migrate(partitions)
    store.close()
    return database


def make_spread(front: Server, *others: Server) -> str:
    """Make a database whose calendars lie on other servers and return where it is."""
    database = front.new_database()
    spread(database, [other.new_database() for other in others])
    return database


def _sqlite(_: pytest.FixtureRequest, folder: Path) -> str:
    return f"sqlite:///{folder}/calendar.db"


def _emptied(fixture: str) -> Make:
    """Return the database of a fixture for each test, without what the test before left."""

    def make(request: pytest.FixtureRequest, _: Path) -> str:
        database: str = request.getfixturevalue(fixture)
        with psycopg.connect(database, options="-c search_path=sched_agent") as connection:
            connection.execute("truncate calendar, availability_rule, event, event_place")
            connection.execute("truncate environment cascade")  # and all that refers to it
        return database

    return make


MAKE: Mapping[str, Make] = {
    "sqlite": _sqlite,
    "postgres": _emptied("postgres_database"),
    "postgres in 16 leaves": _emptied("divided_database"),
    "postgres on three servers": _emptied("spread_database"),
}
