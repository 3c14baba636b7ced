"""What came to the provider and went again between two cursors: it may never be told of."""

import pytest

from sched_agent.model.event import Change
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events
from sched_agent.sync.apply import GONE_THERE
from tests.builders import span
from tests.google_stub import PRIMARY
from tests.sync.conftest import Connected


@pytest.mark.parametrize("changes", range(3))
def test_our_event_that_is_deleted_before_the_next_sync_is_missed_however_often_it_was_told(
    connected: Connected, changes: int
) -> None:
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    for n in range(changes):
        change = Change(fields={"description": f"change {n}"})
        events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)
        connected.work()
    (theirs,) = connected.google.live()
    connected.google.delete(theirs["id"])
    connected.sync()

    assert connected.event(booked).status is Status.CANCELLED
    assert connected.event(booked).cancel_reason == GONE_THERE


def cut_short(connected: Connected) -> None:
    """Sync, and lose the provider after the first page."""
    connected.google.calendars[PRIMARY].most = 1
    pages = iter(range(9))

    def lose(method: str) -> None:
        if method == "calendar.events.list" and next(pages) == 1:
            connected.google.fail_next(503, "backendError", times=9)

    connected.google.on_request = lose
    connected.sync()
    assert connected.now().trouble
    connected.google.on_request = lambda _: None
    connected.google.trouble.clear()


def test_an_event_that_was_read_by_a_sync_that_was_cut_short_and_then_deleted_is_missed(
    connected: Connected,
) -> None:
    connected.work()
    dentist = connected.google.add("Dentist", span("10:00", "11:00"))
    connected.google.add("Lunch", span("12:00", "13:00"))
    cut_short(connected)
    assert connected.titles() == ["Dentist"]
    connected.google.delete(dentist)
    connected.clock.move_by(minutes=5)
    connected.work()

    assert connected.titles() == ["Lunch"]


def test_an_event_that_was_changed_there_while_it_was_awaited_is_still_awaited(
    connected: Connected,
) -> None:
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    connected.clock.move_by(minutes=1)
    (theirs,) = connected.google.live()
    connected.google.rename(theirs["id"], "Theirs")
    connected.google.add("Lunch", span("12:00", "13:00"))
    cut_short(connected)
    assert connected.titles() == ["Theirs"]
    connected.google.delete(theirs["id"])
    connected.clock.move_by(minutes=5)
    connected.work()

    assert connected.titles() == ["Lunch"]
    assert connected.event(booked).cancel_reason == GONE_THERE


def test_what_a_sync_has_read_to_its_end_is_awaited_no_more(connected: Connected) -> None:
    connected.work()
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.sync()

    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        assert not tx.links_awaited(connected.connection.id)
