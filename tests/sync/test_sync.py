"""Both sides come to say the same, whoever changes what, and in whatever order it is told."""

from dataclasses import replace

import pytest

from sched_agent.errors import CalendarUnreachable, ConsentNeeded, SlotTaken, Unsupported
from sched_agent.model.connection import (
    ConnectionPolicy,
    ProviderKind,
    State,
    WhenTaken,
    WhenUnknown,
)
from sched_agent.model.event import Change, Draft, EventFilter, SyncState
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events, providers
from sched_agent.services.providers import NewProvider
from sched_agent.sync.apply import GONE_THERE
from sched_agent.sync.push import TAKEN_THERE
from tests.builders import span


def test_a_connected_calendar_is_unknown_until_it_was_read_once(connected):
    with pytest.raises(CalendarUnreachable, match=r"My calendar.*has not been read yet"):
        connected.free("09:00", "09:30")

    connected.work()

    assert connected.free("09:00", "09:30")


def test_an_event_at_the_provider_blocks_its_time(connected):
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.work()

    assert not connected.free("10:30", "11:00")
    assert connected.free("11:00", "11:30")
    assert connected.titles() == ["Dentist"]
    with pytest.raises(SlotTaken) as refused:
        connected.book("10:30", "11:00")
    assert refused.value.alternatives


def test_a_booking_appears_at_the_provider(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    assert booked.sync is SyncState.PENDING

    connected.work()

    assert connected.there() == ["Haircut"]
    assert connected.event(booked).sync is SyncState.SYNCED
    assert connected.event(booked).version == booked.version


def test_our_own_event_is_recognised_when_it_comes_back(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    for _ in range(3):
        connected.sync()

    assert connected.titles() == ["Haircut"]
    assert connected.there() == ["Haircut"]
    assert connected.event(booked).version == booked.version


def test_an_event_that_is_deleted_at_the_provider_frees_its_slot(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    (theirs,) = connected.google.live()
    connected.google.delete(theirs["id"])
    connected.sync()

    assert connected.free("09:00", "09:30")
    assert connected.event(booked).status is Status.CANCELLED
    assert connected.event(booked).cancel_reason == GONE_THERE


def test_moves_and_words_go_both_ways(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    (theirs,) = connected.google.live()
    connected.clock.move_by(minutes=1)
    connected.google.move(theirs["id"], span("10:00", "10:30"))
    connected.sync()
    assert connected.event(booked).interval == span("10:00", "10:30")

    connected.clock.move_by(minutes=1)
    to = span("11:00", "11:30")
    change = Change(fields={"title": "Beard trim"}, start=to.start)
    events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)
    connected.work()
    assert connected.there() == ["Beard trim"]
    connected.sync()
    assert connected.event(booked).interval == to
    assert connected.titles() == ["Beard trim"]


def test_a_cancelled_event_goes_away_at_the_provider(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    connected.work()
    events.cancel(connected.app, connected.caller, booked.id)
    connected.work()
    connected.sync()

    assert connected.there() == []
    assert connected.titles() == []


def test_a_deleted_event_goes_away_at_the_provider(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    connected.work()
    events.delete(connected.app, connected.caller, booked.id)
    connected.work()
    connected.sync()

    assert connected.there() == []
    assert connected.titles() == []


def test_an_event_that_is_cancelled_before_it_was_told_is_never_told(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    events.cancel(connected.app, connected.caller, booked.id)
    connected.work()

    assert connected.there() == []


def test_a_slot_whose_event_was_just_cancelled_can_be_booked_at_once(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "First")
    connected.work()
    events.cancel(connected.app, connected.caller, booked.id)  # the provider still shows it

    connected.book("09:00", "09:30", "Second")
    connected.work()

    assert connected.there() == ["Second"]


def test_an_event_can_be_moved_to_where_it_overlaps_itself(connected):
    connected.work()
    booked = connected.book("09:00", "10:00")
    connected.work()
    change = Change(start=span("09:30", "10:00").start)
    events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)
    connected.work()

    assert connected.event(booked).sync is SyncState.SYNCED
    assert len(connected.there()) == 1


def test_a_time_that_somebody_took_outside_since_the_last_sync_is_refused(connected):
    connected.work()
    connected.google.add("Dentist", span("10:00", "11:00"))

    with pytest.raises(SlotTaken, match="google has another event"):
        connected.book("10:30", "11:00")
    assert connected.titles() == []  # the claim is gone
    connected.work()  # what was not known is read soon
    assert connected.titles() == ["Dentist"]


def test_what_is_known_well_enough_need_not_be_asked_about(connected):
    connected.put(policy=ConnectionPolicy(recheck_seconds=120))
    connected.work()
    asked = len(connected.google.seen)
    connected.book("09:00", "09:30")
    assert len(connected.google.seen) == asked

    connected.clock.move_by(minutes=3)
    connected.book("10:00", "10:30")
    assert len(connected.google.seen) > asked


@pytest.mark.parametrize("policy", [WhenTaken.KEEP, WhenTaken.CANCEL])
def test_an_event_whose_time_is_taken_when_it_arrives_is_treated_as_its_owner_wants(
    connected, policy
):
    connected.put(policy=ConnectionPolicy(when_taken=policy))
    connected.work()
    booked = connected.book("10:30", "11:00", "Haircut")
    connected.google.add("Dentist", span("10:00", "11:00"))  # between the answer and the telling
    connected.work()

    now = connected.event(booked)
    assert now.sync is SyncState.CONFLICT
    if policy is WhenTaken.KEEP:
        assert now.status is Status.CONFIRMED
        assert connected.there() == ["Dentist", "Haircut"]
    else:
        assert (now.status, now.cancel_reason) == (Status.CANCELLED, TAKEN_THERE)
        assert connected.there() == ["Dentist"]


def test_while_the_provider_is_down_nothing_is_booked(connected):
    connected.work()
    connected.google.go_down()

    with pytest.raises(CalendarUnreachable, match=r"google.*can't be asked now"):
        connected.book("09:00", "09:30")
    assert connected.titles() == []


def test_while_the_provider_is_down_an_event_is_held_if_its_owner_wants_that(connected):
    connected.put(policy=ConnectionPolicy(when_unknown=WhenUnknown.HOLD))
    connected.work()
    connected.google.go_down()
    booked = connected.book("09:00", "09:30", "Haircut")
    assert (booked.status, booked.sync) == (Status.TENTATIVE, SyncState.UNSEEN)
    with pytest.raises(SlotTaken):
        connected.book("09:00", "09:30")

    connected.google.come_back()
    connected.clock.move_by(minutes=5)
    connected.work()

    assert connected.event(booked).status is Status.CONFIRMED
    assert connected.event(booked).sync is SyncState.SYNCED
    assert connected.there() == ["Haircut"]


def test_a_held_event_is_cancelled_when_its_time_turns_out_to_be_taken(connected):
    connected.put(policy=ConnectionPolicy(when_unknown=WhenUnknown.HOLD))
    connected.work()
    connected.google.go_down()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.google.come_back()
    connected.google.add("Dentist", span("09:00", "10:00"))
    connected.clock.move_by(minutes=5)
    connected.work()

    assert connected.event(booked).status is Status.CANCELLED
    assert connected.there() == ["Dentist"]


def test_a_calendar_that_was_not_read_for_too_long_is_unknown(connected):
    connected.work()
    connected.google.go_down()
    connected.clock.move_by(minutes=61)
    connected.work()

    with pytest.raises(CalendarUnreachable, match="could not be read lately"):
        connected.free("11:30", "12:00")
    assert connected.now().trouble


def test_a_provider_that_refuses_us_leaves_the_calendar_unknown(connected):
    connected.work()
    connected.google.refuse()
    connected.sync()

    assert connected.now().state is State.CONSENT_NEEDED
    with pytest.raises(ConsentNeeded):
        connected.free("11:30", "12:00")
    with pytest.raises(ConsentNeeded):
        connected.book("11:30", "12:00")


def test_what_was_written_while_the_provider_was_down_is_told_later(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.google.go_down()
    connected.work()
    assert connected.event(booked).sync is SyncState.PENDING
    connected.google.come_back()
    connected.clock.move_by(minutes=5)
    connected.work()

    assert connected.there() == ["Haircut"]


def test_of_two_changes_the_newer_one_wins_and_the_other_is_kept_aside(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    (theirs,) = connected.google.live()
    change = Change(fields={"title": "Ours, older"})
    events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)
    connected.clock.move_by(minutes=1)
    connected.google.rename(theirs["id"], "Theirs, newer")
    connected.work()
    connected.sync()

    assert connected.titles() == ["Theirs, newer"]
    assert connected.there() == ["Theirs, newer"]
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        (lost,) = tx.lost_changes(connected.connection.id, 10)
    assert (lost.what, lost.lost["title"]) == ("here", "Ours, older")


def test_our_change_wins_if_it_is_the_newer_one(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    (theirs,) = connected.google.live()
    connected.google.rename(theirs["id"], "Theirs, older")
    connected.clock.move_by(minutes=1)
    change = Change(fields={"title": "Ours, newer"})
    events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)
    connected.work()
    connected.sync()

    assert connected.titles() == ["Ours, newer"]
    assert connected.there() == ["Ours, newer"]
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        (lost,) = tx.lost_changes(connected.connection.id, 10)
    assert (lost.what, lost.lost["title"]) == ("there", "Theirs, older")


def test_a_cursor_that_is_forgotten_leads_to_the_same(connected):
    dentist = connected.google.add("Dentist", span("10:00", "11:00"))
    connected.google.add("Lunch", span("12:00", "13:00"))
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    connected.work()
    connected.google.delete(dentist)
    connected.google.forget_cursors()
    connected.sync()

    assert connected.titles() == ["Haircut", "Lunch"]
    assert connected.event(booked).sync is SyncState.SYNCED


def test_a_hold_goes_to_the_provider_when_it_is_confirmed(connected):
    connected.work()
    draft = replace(
        Draft(title="Held", interval=span("09:00", "09:30"), status=Status.TENTATIVE),
        hold_seconds=600,
    )
    held = events.book(
        connected.app, connected.caller, connected.calendar.id, draft, check=Check.FULL
    )
    connected.work()
    assert connected.there() == []

    change = Change(fields={"status": Status.CONFIRMED})
    events.revise(connected.app, connected.caller, held.id, change, check=Check.FULL)
    connected.work()
    assert connected.there() == ["Held"]


@pytest.mark.parametrize("act", [events.cancel, events.delete])
def test_what_can_only_be_read_takes_its_time_whatever_is_done_here(connected, act):
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.work()
    wanted = EventFilter(calendar_ids=(connected.calendar.id,))
    (dentist,) = events.find_all(connected.app, connected.caller, wanted, 10).items
    act(connected.app, connected.caller, dentist.id)
    connected.put(writable=False, cursor=None)  # before it was told
    connected.sync()

    assert connected.there() == ["Dentist"]
    assert connected.titles() == ["Dentist"]
    assert not connected.free("10:00", "11:00")
    live = replace(wanted, statuses=frozenset({Status.CONFIRMED}))
    (again,) = events.find_all(connected.app, connected.caller, live, 10).items
    with pytest.raises(Unsupported):
        act(connected.app, connected.caller, again.id)
    assert not connected.free("10:00", "11:00")


def test_time_beyond_what_was_read_is_not_on_offer(connected):
    from sched_agent.model.interval import DAY, Interval
    from sched_agent.services import availability
    from sched_agent.services.availability import Question

    connected.work()
    until = connected.now().known_until
    assert until is not None
    question = Question(
        calendar_ids=(connected.calendar.id,),
        within=Interval(until, until + 30 * DAY),
        length=30 * 60 * 1_000_000,
    )
    assert not availability.check(connected.app, connected.caller, question).slots


def test_a_provider_that_is_set_up_again_is_read_again_by_itself(connected):
    connected.work()
    providers.remove(connected.app, connected.caller, "google")
    connected.sync()
    connected.google.add("Dentist", span("09:00", "09:30"))

    again = NewProvider(
        name="google", kind=ProviderKind.GOOGLE, url=connected.google.url, client_id="ours"
    )
    providers.add(connected.app, connected.caller, again)
    connected.work()

    assert connected.titles() == ["Dentist"]
