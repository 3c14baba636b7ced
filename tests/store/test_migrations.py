"""What an older version wrote is found after the schema was brought up to date."""

import sqlite3

import psycopg
import pytest

from sched_agent.model.attendee import Attendee
from sched_agent.model.event import EventFilter
from tests.builders import a_calendar, an_event
from tests.contracts.store_contract import nothing
from tests.stores import open_store

PAT = Attendee(name="Pat O’Brien", email="o'brien@example.com", phone="+1 212 555 0142")
AS_IT_WAS = "pat o’brien\no'brien@example.com\n12125550142\n"


def take_back_in_sqlite(database):
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        connection.execute("update event set attendee_text = ?", (AS_IT_WAS,))
        connection.execute("delete from _sqlite_migrations where name like 'm003%'")
    connection.close()


def take_back_in_postgres(database):
    with psycopg.connect(database, options="-c search_path=sched_agent") as connection:
        connection.execute("update event set attendee_text = %s", (AS_IT_WAS,))
        connection.execute("delete from step where name like '003%'")


@pytest.fixture(params=["sqlite", "postgres"])
def before(request, tmp_path):
    """A new database, and what makes one of the version before out of it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/calendar.db", take_back_in_sqlite
    return request.getfixturevalue("postgres").new_database(), take_back_in_postgres


@pytest.mark.parametrize("said", ["obrien", "pat o'brien", "O'Brien@example.com", "555 0142"])
def test_attendees_of_an_older_version_are_found_after_its_migration(before, said):
    database, take_back = before
    store = open_store(database)
    store.migrate()
    here = store.add_environment("here", "America/New_York", 0, nothing)[0].id
    with store.transaction(here) as tx:
        work = tx.add_calendar(a_calendar())
        event = tx.add_event(an_event(work.id, attendees=(PAT,)))
    take_back(database)

    (taken,) = store.migrate()

    assert taken.endswith("003_names_without_apostrophes")
    with store.snapshot(here) as tx:
        wanted = EventFilter(calendar_ids=(work.id,), attendee=said)
        assert tx.events(wanted, 10, 0) == [event]
    store.close()
