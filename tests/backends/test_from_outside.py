"""Somebody else writes at the vendor, past us, between our look and our write."""

import pytest

from sched_agent import errors
from sched_agent.model.event import Change
from sched_agent.model.owner import Owner, OwnerType
from tests.builders import span
from tests.contracts.backends.place import ELEVEN, NINE, TEN
from tests.vendor import HOSTED

LENIENT = [family for family in HOSTED if family != "workspace"]


@pytest.fixture
def lenient(place):
    """A calendar whose vendor would book any time twice."""
    return place.lenient


@pytest.fixture
def meanwhile(proxy):
    """Let something happen at the vendor right before the next write reaches it."""

    def meanwhile(act):
        def choose(asked):
            if asked.is_write and not happened:
                happened.append(asked)
                act()

        proxy.choose = choose
        return happened

    happened = []
    return meanwhile


def test_who_comes_in_meanwhile_wins_and_other_times_are_offered(place, lenient, meanwhile):
    meanwhile(lambda: place.truth.book("Lenient", NINE, "Theirs"))

    with pytest.raises(errors.SlotTaken) as refusal:
        place.book(NINE, on=lenient, title="Ours")

    assert place.there("Lenient") == [("Theirs", NINE)]
    assert refusal.value.alternatives
    assert NINE not in [slot.interval for slot in refusal.value.alternatives]


@pytest.mark.parametrize("family", LENIENT, indirect=True)
def test_a_move_that_meets_somebody_goes_back_to_where_it_was(place, lenient, meanwhile):
    event = place.book(NINE, on=lenient, title="Ours")
    meanwhile(lambda: place.truth.book("Lenient", TEN, "Theirs"))

    with pytest.raises(errors.SlotTaken):
        place.revise(event, to=TEN)

    assert sorted(place.there("Lenient")) == [("Ours", NINE), ("Theirs", TEN)]


@pytest.mark.parametrize("family", LENIENT, indirect=True)
def test_the_time_that_a_move_leaves_is_given_to_nobody_while_it_may_have_to_go_back(
    place, lenient, open_one, proxy
):
    event = place.book(NINE, on=lenient, title="Ours")
    other = type(place)(open_one(), place.truth, lenient)
    done: list[str] = []

    def choose(asked):
        if asked.is_write and not done:
            done.append("theirs")
            place.truth.book("Lenient", TEN, "Theirs")
        elif not asked.is_write and done == ["theirs"]:  # we look back; the old time looks free
            done.append("another agent's")
            with pytest.raises(errors.SlotTaken):
                other.book(NINE, on=lenient, title="Another agent's")

    proxy.choose = choose

    with pytest.raises(errors.SlotTaken):
        place.revise(event, to=TEN)

    assert done == ["theirs", "another agent's"]
    assert sorted(place.there("Lenient")) == [("Ours", NINE), ("Theirs", TEN)]


def test_an_event_that_somebody_moves_meanwhile_is_changed_as_it_is_then(place, lenient, open_one):
    event = place.book(NINE, on=lenient, title="Ours")
    place.get(event)  # read a moment ago, and moved since
    other = type(place)(open_one(), place.truth, lenient)
    other.revise(event, to=TEN)

    place.backend.revise(
        place.caller, event.id, Change(length=2 * NINE.length), if_version=None, request_id=None
    )

    assert place.there("Lenient") == [("Ours", span("10:00", "11:00"))]


def test_a_vendor_that_says_yes_and_does_nothing_is_not_believed(place, lenient, proxy, vendor):
    event = place.book(NINE, on=lenient, title="Ours")
    moved_back: list[bool] = []

    def choose(asked):
        if asked.method == "GET" and place.there("Lenient") == [("Ours", TEN)] and not moved_back:
            moved_back.append(True)
            vendor.truth.move("Lenient", "Ours", NINE)

    proxy.choose = choose

    with pytest.raises(errors.OutcomeUnknown):
        place.revise(event, to=TEN)


@pytest.mark.parametrize("family", ["timekit"], indirect=True)
def test_a_token_for_its_own_events_is_refused_where_events_have_no_owner(place):
    bound = place.caller_as(actor=Owner(OwnerType.AGENT, "a1"), own_events_only=True)

    with pytest.raises(errors.Unsupported):
        place.book(ELEVEN, by=bound)

    assert place.there() == []
