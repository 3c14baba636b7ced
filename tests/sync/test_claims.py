"""While a booking asks its provider, its claim takes the time, and is nobody's to see or change."""

from collections.abc import Callable

import pytest

from sched_agent.errors import SlotTaken, UnknownEvent
from sched_agent.model.event import Change, Event
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events
from tests.sync.conftest import Connected


@pytest.fixture
def asked(connected: Connected) -> Callable[[Callable[[Event], object]], Event]:
    """Return what books, and does something with the claim while Google is asked."""
    connected.work()

    def book(act: Callable[[Event], object]) -> Event:
        def meanwhile(method: str) -> None:
            if method == "calendar.freebusy.query":
                connected.google.on_request = lambda _: None
                act(claim(connected))

        connected.google.on_request = meanwhile
        return connected.book("09:00", "09:30", "Haircut", request_id="r1")

    return book


def claim(connected: Connected) -> Event:
    """Return the claim, as the store has it."""
    environment_id = connected.caller.environment_id
    with connected.app.store.snapshot(environment_id) as tx:
        name = f"claim of {connected.caller.name} r1"
        (found,) = tx.held(connected.calendar.id, name)
        return found


def test_a_claim_takes_its_time_and_is_no_event(connected, asked):
    told: list[object] = []

    def look(_: Event) -> None:
        told.append(connected.titles())
        with pytest.raises(SlotTaken):
            connected.book("09:00", "09:30", "Another")

    asked(look)

    assert told == [[]]
    assert connected.titles() == ["Haircut"]


def confirm(connected: Connected, number: int) -> None:
    change = Change(fields={"status": Status.CONFIRMED})
    events.revise(connected.app, connected.caller, number, change, check=Check.FULL)


def cancel(connected: Connected, number: int) -> None:
    events.cancel(connected.app, connected.caller, number)


def delete(connected: Connected, number: int) -> None:
    events.delete(connected.app, connected.caller, number)


def get(connected: Connected, number: int) -> None:
    events.get(connected.app, connected.caller, number)


@pytest.mark.parametrize("act", [confirm, cancel, delete, get], ids=lambda act: act.__name__)
def test_nobody_sees_or_changes_the_claim_of_another_one(connected, asked, act):
    refused: list[Event] = []

    def touch(claimed: Event) -> None:
        with pytest.raises(UnknownEvent):
            act(connected, claimed.id)
        refused.append(claimed)

    booked = asked(touch)

    assert refused
    assert connected.event(booked).status is Status.CONFIRMED
    assert connected.titles() == ["Haircut"]
