"""Whoever can put an event on a provider's calendar can write a UID of ours on it."""

from typing import Any

import pytest

from sched_agent.model.event import Draft
from sched_agent.model.remote import uid_of
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.providers.google.quirks import id_of
from sched_agent.services import events
from tests.builders import span
from tests.sync.conftest import Connected


def forge(connected: Connected, uid: str, *, as_id: bool, status: str = "confirmed") -> None:
    fields: dict[str, Any] = {"id": id_of(uid)} if as_id else {"iCalUID": uid}
    connected.clock.move_by(minutes=1)
    connected.google.add("Theirs", span("14:00", "14:30"), status=status, **fields)
    connected.sync()


def test_an_invitation_with_the_uid_of_an_event_of_ours_does_not_move_it(
    connected: Connected,
) -> None:
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    before = connected.event(booked)
    forge(connected, uid_of(connected.caller.environment_id, booked.id), as_id=False)

    assert connected.event(booked) == before
    assert connected.titles() == ["Haircut", "Theirs"]


@pytest.mark.parametrize("status", ["confirmed", "tentative"])
def test_what_can_only_be_read_takes_over_nothing_of_ours(
    connected: Connected, status: str
) -> None:
    connected.work()
    connected.put(writable=False)
    booked = connected.book("09:00", "09:30", "Haircut")
    forge(
        connected,
        uid_of(connected.caller.environment_id, booked.id),
        as_id=True,
        status=status,
    )

    assert connected.event(booked) == booked
    assert connected.titles() == ["Haircut", "Theirs"]


def test_a_hold_that_goes_to_no_provider_is_not_taken_over_from_there(
    connected: Connected,
) -> None:
    connected.work()
    draft = Draft(
        title="Held",
        interval=span("09:00", "09:30"),
        status=Status.TENTATIVE,
        hold_seconds=600,
    )
    held = events.book(
        connected.app, connected.caller, connected.calendar.id, draft, check=Check.FULL
    )
    forge(connected, uid_of(connected.caller.environment_id, held.id), as_id=True)

    assert connected.event(held) == held
    assert connected.titles() == ["Held", "Theirs"]
