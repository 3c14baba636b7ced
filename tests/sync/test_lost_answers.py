"""An event that has arrived at the provider though nobody here knows, and is changed since."""

import pytest

from sched_agent.model.event import Change, Event
from sched_agent.model.schedule import Check
from sched_agent.services import events
from sched_agent.sync import following
from tests.builders import span
from tests.sync.conftest import Connected


@pytest.fixture
def booked(connected: Connected) -> Event:
    """An event that was put there by a worker that died before it wrote that down."""
    connected.work()
    event = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    with connected.app.store.transaction(connected.caller.environment_id) as tx:
        (link,) = tx.links_of(event.id)
        tx.delete_link(connected.connection.id, link.key)
        tx.put_event(event)
        numbers = (connected.connection.id, connected.calendar.id, event.id)
        following.queue_push(tx, *numbers, connected.clock())
    connected.clock.move_by(minutes=1)
    return event


def lost(connected: Connected) -> list[tuple[str, object]]:
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        found = tx.lost_changes(connected.connection.id, 10)
    return [(one.what, one.lost["title"]) for one in found]


def both(connected: Connected) -> list[str]:
    """Return the titles here, which are those there."""
    assert connected.titles() == connected.there()
    return connected.titles()


def rename_here(connected: Connected, event: Event, title: str) -> None:
    change = Change(fields={"title": title})
    events.revise(connected.app, connected.caller, event.id, change, check=Check.FULL)


def rename_there(connected: Connected, title: str) -> None:
    (theirs,) = connected.google.live()
    connected.google.rename(theirs["id"], title)


@pytest.mark.parametrize("first", ["told", "synced"])
def test_what_others_made_of_it_meanwhile_is_taken_over(connected, booked, first):
    rename_there(connected, "Theirs, newer")
    connected.work() if first == "told" else connected.sync()

    assert both(connected) == ["Theirs, newer"]
    assert lost(connected) == [("here", "Haircut")]


@pytest.mark.parametrize("first", ["told", "synced"])
def test_what_we_made_of_it_since_is_told_and_theirs_is_kept_aside(connected, booked, first):
    rename_there(connected, "Theirs, older")
    connected.clock.move_by(minutes=1)
    rename_here(connected, booked, "Ours, newer")
    connected.work() if first == "told" else connected.sync()

    assert both(connected) == ["Ours, newer"]
    assert lost(connected) == [("there", "Theirs, older")]


def test_what_still_says_the_same_is_tied_and_nothing_is_written(connected, booked):
    asked = len(connected.google.seen)
    connected.work()

    assert both(connected) == ["Haircut"]
    assert lost(connected) == []
    writes = [one.method for one in connected.google.seen[asked:] if "patch" in one.method]
    assert writes == []


def test_it_is_told_though_it_lies_beyond_what_is_read(connected):
    connected.work()
    event = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    with connected.app.store.transaction(connected.caller.environment_id) as tx:
        (link,) = tx.links_of(event.id)
        tx.delete_link(connected.connection.id, link.key)
    connected.clock.move_by(minutes=1)
    rename_here(connected, event, "Beard trim")
    connected.put(known_until=span("08:00", "08:30").end)
    connected.work()

    assert connected.there() == ["Beard trim"]
