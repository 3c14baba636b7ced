from zoneinfo import ZoneInfo

import pytest

from sched_agent.errors import (
    HoldExpired,
    InvalidArgument,
    OwnerConflict,
    StatusConflict,
    UnknownAttendee,
)
from sched_agent.model.attendee import Attendee, Response, find, keep_responses
from sched_agent.model.event import Change, Draft
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.owner import Owner, OwnerType, owner, owner_for
from sched_agent.model.status import Status, blocks, check_change
from tests.builders import a_draft, an_event, span

UTC = ZoneInfo("UTC")

FROM_100_TO_200 = Interval(100, 200)


@pytest.mark.parametrize(
    ("status", "transparent", "expires", "expected"),
    [
        pytest.param("confirmed", False, None, True, id="confirmed"),
        pytest.param("tentative", False, None, True, id="tentative"),
        pytest.param("cancelled", False, None, False, id="cancelled"),
        pytest.param("confirmed", True, None, False, id="transparent"),
        pytest.param("tentative", False, 51, True, id="a live hold"),
        pytest.param("tentative", False, 50, False, id="a hold that ends at this instant"),
    ],
)
def test_what_blocks_time(status, transparent, expires, expected):
    assert (
        blocks(Status(status), transparent=transparent, hold_expires_at=expires, now=50) is expected
    )


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("tentative", "confirmed", True),
        ("tentative", "cancelled", True),
        ("confirmed", "tentative", True),
        ("confirmed", "cancelled", True),
        ("cancelled", "cancelled", False),
        ("cancelled", "confirmed", False),
        ("cancelled", "tentative", False),
    ],
)
def test_which_changes_of_status_are_allowed(before, after, allowed):
    if allowed:
        check_change(Status(before), Status(after))
    else:
        with pytest.raises(StatusConflict):
            check_change(Status(before), Status(after))


def test_a_cancelled_event_takes_no_other_change_either():
    with pytest.raises(StatusConflict):
        an_event(status=Status.CANCELLED).revised(Change(fields={"title": "New"}), UTC, now=1)


def test_moving_the_start_keeps_the_length():
    event = an_event(interval=FROM_100_TO_200)

    assert event.revised(Change(start=500), UTC, now=1).interval == Interval(500, 600)


def test_a_change_counts_one_version_up_and_leaves_the_rest():
    revised = an_event(description="x").revised(Change(fields={"title": "New"}), UTC, now=9)

    assert (revised.title, revised.version, revised.updated_at) == ("New", 2, 9)
    assert (revised.description, revised.created_at) == ("x", 0)


def test_confirming_a_live_hold_makes_it_last():
    hold = an_event(status=Status.TENTATIVE, hold_expires_at=50)

    confirmed = hold.as_of(49).revised(Change(fields={"status": Status.CONFIRMED}), UTC, now=49)

    assert confirmed.hold_expires_at is None
    assert confirmed.as_of(50) == confirmed


def test_a_hold_cancels_itself_at_the_instant_at_which_it_runs_out():
    hold = an_event(status=Status.TENTATIVE, hold_expires_at=50)

    ended = hold.as_of(50)

    assert hold.as_of(49) == hold
    assert ended == hold.as_of(99) == ended.as_of(99)
    assert (ended.status, ended.version, ended.updated_at) == ("cancelled", 2, 50)
    assert ended.ran_out
    assert not ended.blocks(50)


@pytest.mark.parametrize("fields", [{"status": Status.CONFIRMED}, {"title": "x"}])
def test_a_hold_that_ran_out_can_no_longer_be_changed(fields):
    ended = an_event(status=Status.TENTATIVE, hold_expires_at=50).as_of(50)

    with pytest.raises(HoldExpired):
        ended.revised(Change(fields=fields), UTC, now=50)


def test_a_hold_that_was_released_did_not_run_out():
    hold = an_event(status=Status.TENTATIVE, hold_expires_at=50)

    assert (
        not hold.revised(Change(fields={"status": Status.CANCELLED}), UTC, now=49).as_of(99).ran_out
    )


def test_an_event_lasts_a_year_at_most():
    with pytest.raises(InvalidArgument, match="366 days"):
        Draft(title="x", interval=Interval(0, 367 * DAY))


def test_a_hold_is_tentative():
    with pytest.raises(InvalidArgument, match="tentative"):
        a_draft(span("09:00", "09:30"), hold_seconds=300, status=Status.CONFIRMED)


@pytest.mark.parametrize(
    ("kind", "name"), [(OwnerType.USER, None), (None, "u1"), (OwnerType.USER, "")]
)
def test_owner_type_and_owner_id_come_together(kind, name):
    with pytest.raises(OwnerConflict, match="come together"):
        owner(kind, name)


def test_an_event_belongs_to_who_is_asked_for_else_to_the_tokens_actor():
    agent, user = Owner(OwnerType.AGENT, "a"), Owner(OwnerType.USER, "u")

    assert owner(None, None) is None
    assert owner_for(agent, None, own_events_only=True) == agent
    assert owner_for(agent, user, own_events_only=False) == user
    with pytest.raises(OwnerConflict):
        owner_for(agent, user, own_events_only=True)


def test_an_attendee_is_somebody():
    with pytest.raises(InvalidArgument):
        Attendee()


JANE = Attendee(name="Jané Doe", email="jane@example.com", phone="+1 (212) 555-0142")


@pytest.mark.parametrize("who", ["jane doe", "JANE@example.com", "+12125550142", "1 212 555 0142"])
def test_an_attendee_is_found_by_name_email_or_phone_however_written(who):
    assert find([Attendee(name="Omar"), JANE], who) == 1


@pytest.mark.parametrize("who", ["jan", "", "142", "omar", "jane omar", "ane@example.com"])
def test_an_attendee_is_not_found_by_a_part_of_a_word(who):
    with pytest.raises(UnknownAttendee):
        find([JANE], who)


def test_an_attendee_has_a_number_that_stays_and_is_found_by_it():
    omar = Attendee(name="Omar", member_id=7)

    assert find([omar, JANE], 7) == 0
    assert find([omar, JANE], JANE.member) == 1
    assert JANE.member == Attendee(email="JANE@example.com").member < 2**53
    with pytest.raises(UnknownAttendee, match="no attendee with that number"):
        find([omar, JANE], 8)
    with pytest.raises(UnknownAttendee, match="Several attendees have that number"):
        find([omar, Attendee(name="Jo", member_id=7)], 7)


def test_two_attendees_of_one_name_have_to_be_told_apart():
    with pytest.raises(UnknownAttendee, match="2 attendees fit") as refusal:
        find([Attendee(name="Jo"), Attendee(name="jo", email="j@x.org")], "Jo")
    assert "Ask which of them is meant" in refusal.value.hint


def test_whom_a_name_fits_wholly_comes_before_whom_it_fits_in_part():
    people = [Attendee(name="Ana García López"), Attendee(name="Ana García")]

    assert find(people, "garcia ana") == 1
    assert find(people, "lopez") == 0
    with pytest.raises(UnknownAttendee, match="2 attendees fit"):
        find(people, "Ana")


def test_a_new_list_of_attendees_keeps_the_answers_that_were_given():
    before = [Attendee(email="a@x.org", response=Response.ACCEPTED), Attendee(email="b@x.org")]
    after = [Attendee(name="Ann", email="A@x.org"), Attendee(email="c@x.org")]

    kept = keep_responses(before, after)

    assert [a.response for a in kept] == [Response.ACCEPTED, Response.NEEDS_ACTION]
