"""Holds: limits, expiry, and the sweeper that nothing depends on."""

import threading

import pytest

from sched_agent import bootstrap
from sched_agent.bootstrap import open_app
from sched_agent.errors import HoldExpired, SlotTaken, TooManyHolds
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import RAN_OUT, Change, EventFilter
from sched_agent.model.interval import HOUR, MINUTE, Interval, intersect
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import availability, events
from sched_agent.services.availability import Question
from sched_agent.services.sweeping import REMEMBERED_FOR, sweep
from sched_agent.settings import Settings
from tests.builders import a_draft, span

CONFIRM = Change(fields={"status": Status.CONFIRMED})


@pytest.fixture
def hold(app, admin, calendar):
    def hold(interval=None, minutes=5, caller=admin, **more):
        draft = a_draft(
            interval or span("09:00", "09:30"), hold_seconds=minutes * 60, status=Status.TENTATIVE
        )
        return events.book(app, caller, calendar.id, draft, check=Check.FULL, **more)

    return hold


@pytest.fixture
def listed(app, admin, calendar):
    def listed(*statuses):
        wanted = EventFilter(calendar_ids=(calendar.id,), statuses=frozenset(statuses or Status))
        return events.find_all(app, admin, wanted, 100).items

    return listed


def half_hour(number):
    start = span("09:00", "09:30").start + number * HOUR // 2
    return Interval(start, start + HOUR // 2)


def another(admin):
    return Caller(environment_id=admin.environment_id, name="tok_other", level=Level.WRITE)


def test_a_caller_has_ten_live_holds_on_a_calendar_at_most(app, admin, clock, hold):
    held = [hold(half_hour(n), minutes=5 + n) for n in range(10)]

    with pytest.raises(TooManyHolds, match=r"10 times .* runs out on .*10:05"):
        hold(half_hour(10))
    hold(half_hour(10), caller=another(admin))

    events.cancel(app, admin, held[9].id)
    hold(half_hour(11))
    events.revise(app, admin, held[8].id, CONFIRM, check=Check.FULL)
    hold(half_hour(12))
    clock.move_by(5)
    hold(half_hour(0), minutes=60)


def test_a_hold_that_ran_out_reads_as_cancelled_at_once_and_the_sweeper_changes_nothing_of_that(
    app, admin, clock, hold, listed
):
    held = hold()
    clock.move_by(5)
    before = (
        listed(),
        listed(Status.CANCELLED),
        listed(Status.TENTATIVE),
        events.get(app, admin, held.id),
    )

    swept = sweep(app)

    assert swept == (1, 0)
    assert sweep(app) == (0, 0)
    after = (
        listed(),
        listed(Status.CANCELLED),
        listed(Status.TENTATIVE),
        events.get(app, admin, held.id),
    )
    assert after == before
    assert before[0][0].cancel_reason == RAN_OUT
    assert before[0] == before[1]
    assert before[2] == []


@pytest.mark.parametrize("swept", [False, True], ids=["not swept", "swept"])
def test_confirming_too_late_offers_the_same_slot_first_if_it_is_still_free(
    app, admin, calendar, clock, hold, swept
):
    on_the_grid, off_it = hold(span("10:00", "10:30")), hold(span("11:10", "11:40"))
    clock.move_by(5)
    if swept:
        sweep(app)

    for held in (on_the_grid, off_it):
        with pytest.raises(HoldExpired) as refused:
            events.revise(app, admin, held.id, CONFIRM, check=Check.FULL, if_version=1)
        assert refused.value.alternatives[0].interval == held.interval
        assert len(refused.value.alternatives) == 3

    draft = a_draft(off_it.interval)
    events.book(app, admin, calendar.id, draft, check=Check.FULL)
    with pytest.raises(HoldExpired) as refused:
        events.revise(app, admin, off_it.id, CONFIRM, check=Check.FULL)
    assert not intersect([off_it.interval], [slot.interval for slot in refused.value.alternatives])


def test_a_hold_ends_to_the_microsecond(app, admin, calendar, clock, hold):
    held = hold()
    clock.now += 5 * MINUTE - 1
    with pytest.raises(SlotTaken):
        hold()
    confirmed_in_time = events.revise(app, admin, held.id, CONFIRM, check=Check.FULL).event
    assert confirmed_in_time.status is Status.CONFIRMED


def test_availability_shows_held_time_as_busy_until_the_hold_ends(
    app, admin, calendar, clock, hold
):
    question = Question(
        calendar_ids=(calendar.id,),
        within=span("09:00", "09:30"),
        length=30 * MINUTE,
        exact=True,
    )
    hold()

    assert availability.check(app, admin, question).slots == ()
    clock.move_by(5)
    assert len(availability.check(app, admin, question).slots) == 1


def test_the_sweeper_forgets_answers_after_a_day_and_an_hour(app, clock, hold):
    first = hold(request_id="r1")
    clock.now += REMEMBERED_FOR - HOUR
    sweep(app)
    assert hold(request_id="r1") == first

    clock.now += HOUR + 1
    assert sweep(app) == (0, 1)
    assert hold(request_id="r1").id != first.id


def test_how_many_holds_a_caller_may_have_is_a_setting(tmp_path):
    limited = Settings(database=f"sqlite:///{tmp_path}/c.db", max_holds=3)

    assert open_app(limited).max_holds == 3


def test_a_running_program_sweeps_now_and_then_and_goes_on_when_it_fails(app, monkeypatch):
    swept_twice, times = threading.Event(), []

    def fails_at_first(swept_app):
        assert swept_app is app
        times.append(1)
        if len(times) == 1:
            raise RuntimeError("once")
        swept_twice.set()

    monkeypatch.setattr(bootstrap, "_SWEEP_SECONDS", 0.001)
    monkeypatch.setattr(bootstrap, "sweep", fails_at_first)
    with bootstrap.swept(app):
        assert swept_twice.wait(20)


def test_what_expires_while_a_booking_waits_for_the_lock_has_expired(
    app, admin, calendar, clock, hold
):
    """The clock is read under the lock."""
    hold(minutes=5)
    booked: list[object] = []
    with app.store.transaction(admin.environment_id) as tx:
        tx.lock_calendar(calendar.id)
        draft = a_draft(span("09:00", "09:30"))
        waits = threading.Thread(
            target=lambda: booked.append(
                events.book(app, admin, calendar.id, draft, check=Check.FULL)
            )
        )
        waits.start()
        waits.join(0.2)
        assert booked == []
        clock.move_by(5)
    waits.join()

    assert len(booked) == 1


def test_an_event_may_move_to_where_a_hold_ran_out(app, admin, calendar, clock, hold):
    held = hold(span("09:00", "09:30"))
    draft = a_draft(span("11:00", "11:30"))
    other = events.book(app, admin, calendar.id, draft, check=Check.FULL)
    clock.move_by(5)

    move = Change(start=held.interval.start)
    moved = events.revise(app, admin, other.id, move, check=Check.FULL).event

    assert moved.interval == held.interval


def test_what_was_swept_can_be_cancelled_and_deleted(app, admin, clock, hold):
    held = hold()
    clock.move_by(5)
    sweep(app)

    assert events.cancel(app, admin, held.id).already
    assert events.delete(app, admin, held.id).ran_out
