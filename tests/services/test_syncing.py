"""What syncing promises whatever the store: nobody's change of a connection or an event is lost."""

import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from sched_agent.errors import ConsentNeeded
from sched_agent.model.connection import State
from sched_agent.sync.access import opened
from sched_agent.sync.apply import pull
from tests.sync import conftest as syncing
from tests.sync.conftest import Connected

app, connected, google = syncing.app, syncing.connected, syncing.google
PATIENCE = 30


def until_somebody_waits(database: str) -> None:
    """Wait until a transaction waits for a lock; where only one writes at a time, it does."""
    if database.startswith("sqlite"):
        return
    with psycopg.connect(database, autocommit=True) as look:
        for _ in range(PATIENCE * 100):
            found = look.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state = 'active' and wait_event_type in ('Lock', 'Extension')"
            ).fetchone()
            if found != (0,):
                return
            threading.Event().wait(0.01)
    pytest.fail("nobody waits")


def dead(connected: Connected) -> list[Any]:
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        return [(one.topic, one.trouble) for one in tx.messages(dead=True, limit=100)]


@pytest.mark.parametrize("moment", ["it begins", "it ends"])
def test_a_sync_does_not_undo_what_becomes_of_the_connection_meanwhile(connected, database, moment):
    """Tokens that are written over with older ones can't be got back."""
    connected.work()
    environment_id = connected.caller.environment_id
    at_the_end = threading.Event()
    go_on = threading.Event()

    def on_request(method: str) -> None:
        if method == "calendar.events.list" and moment == "it ends":
            at_the_end.set()
            go_on.wait(PATIENCE)

    def sync() -> None:
        with opened(connected.app, environment_id, connected.connection.id) as provider:
            ready.set()
            go.wait(PATIENCE)
            with suppress(ConsentNeeded):  # that is what it finds
                pull(connected.app, environment_id, connected.connection.id, provider)

    connected.google.on_request = on_request
    ready, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=sync)
    thread.start()
    assert ready.wait(PATIENCE)
    if moment == "it ends":
        go.set()
        assert at_the_end.wait(PATIENCE)
    with connected.app.store.transaction(environment_id) as tx:
        tx.lock_calendar(connected.calendar.id)
        newer = replace(tx.connection(connected.connection.id), sealed_credentials="newer")
        tx.put_connection(replace(newer, state=State.CONSENT_NEEDED))
        if moment == "it ends":
            go_on.set()
        else:
            go.set()
        until_somebody_waits(database)
    thread.join(PATIENCE)

    now = connected.now()
    assert (now.sealed_credentials, now.state) == ("newer", State.CONSENT_NEEDED)


def test_an_event_that_takes_time_again_beside_another_one_does_not_stop_the_sync(connected):
    connected.work()
    connected.book("09:00", "09:30", "First")
    connected.work()
    (theirs,) = connected.google.live()
    connected.google.change(theirs["id"], transparency="transparent")
    connected.sync()
    connected.book("09:00", "09:30", "Second")
    connected.work()
    connected.google.change(theirs["id"], transparency="opaque")
    connected.sync()

    assert dead(connected) == []
    assert sorted(connected.titles()) == ["First", "Second"]
    assert not connected.free("09:00", "09:30")
