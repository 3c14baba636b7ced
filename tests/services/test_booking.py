from dataclasses import replace

import pytest

from sched_agent import errors
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import Change, EventFilter
from sched_agent.model.interval import DAY, MINUTE
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import availability, calendars, events, tokens
from sched_agent.services.availability import Match, Question
from sched_agent.speech.phrasing import why_not
from tests.builders import MONDAY, NEW_YORK, a_draft, at, on_date, span

NINE = span("09:00", "09:30")
TEN = span("10:00", "10:30")


@pytest.fixture
def book(app, admin, calendar):
    def book(interval=NINE, *, check=Check.FULL, caller=admin, request_id=None, **more):
        draft = a_draft(interval, **more)
        return events.book(app, caller, calendar.id, draft, check=check, request_id=request_id)

    return book


@pytest.fixture
def all_events(app, admin, calendar):
    def all_events():
        return list(
            events.find_all(app, admin, EventFilter(calendar_ids=(calendar.id,)), 100).items
        )

    return all_events


def a_caller(environment, level=Level.WRITE, actor="a1", *, own=False):
    return Caller(
        environment_id=environment.id,
        name="t",
        level=level,
        actor=Owner(OwnerType.AGENT, actor),
        own_events_only=own,
    )


def test_a_time_is_booked_once(book, all_events):
    booked = book()

    with pytest.raises(errors.SlotTaken) as refusal:
        book(span("09:15", "09:45"))

    assert all_events() == [booked]
    assert [slot.interval for slot in refusal.value.alternatives] == [
        span("09:30", "10:00"),
        span("09:30", "10:00", "2026-11-24"),
        span("10:00", "10:30"),
    ]


def test_times_that_touch_are_both_booked(book, all_events):
    book()
    book(span("09:30", "10:00"))

    assert len(all_events()) == 2


def test_the_alternatives_are_the_same_time_the_same_day_and_the_same_part_of_another(book):
    book(TEN)

    with pytest.raises(errors.SlotTaken) as refusal:
        book(TEN)

    assert [slot.interval for slot in refusal.value.alternatives] == [
        span("10:00", "10:30", "2026-11-24"),
        span("10:30", "11:00"),
        span("10:00", "10:30", "2026-11-25"),
    ]


def test_alternatives_are_searched_for_days_ahead(app, admin, calendar, book):
    for day in ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"):
        calendars.add_rule(app, admin, calendar.id, on_date(day, available=False))

    with pytest.raises(errors.OutsideHours) as refusal:
        book(NINE)

    starts = [slot.interval.start for slot in refusal.value.alternatives]
    assert starts == [at(f"2026-11-20T{t}") for t in ("10:00", "16:30", "16:00")]


def test_the_conflict_check_lets_a_past_saturday_pass_but_no_overlap(book):
    saturday = span("10:00", "10:30", "2024-01-20")
    book(saturday, check=Check.CONFLICTS)

    with pytest.raises(errors.SlotTaken):
        book(saturday, check=Check.CONFLICTS)


def test_a_block_takes_any_time_without_a_check(book):
    book()
    book(span("00:00", "24:00"), type="block")

    with pytest.raises(errors.SlotTaken):
        book(TEN)


def test_a_cancelled_event_may_be_stored_anywhere(book, all_events):
    book()
    book(status=Status.CANCELLED)

    assert len(all_events()) == 2


def test_a_transparent_event_takes_no_time(book):
    book(transparent=True)
    book()


def test_a_calendar_that_allows_double_booking_takes_two(app, admin, calendar, book):
    from sched_agent.model.calendar import DoubleBooking

    calendars.revise(app, admin, calendar.id, {"double_booking": DoubleBooking.ALLOW})
    book()
    book()


def test_a_hold_blocks_until_it_runs_out(book, clock):
    hold = book(hold_seconds=300, status=Status.TENTATIVE)
    assert hold.hold_expires_at == clock.now + 5 * MINUTE

    with pytest.raises(errors.SlotTaken):
        book()
    clock.move_by(5)
    book()


def test_a_confirmed_hold_stays(app, admin, book, clock):
    hold = book(hold_seconds=300, status=Status.TENTATIVE)
    confirm = Change(fields={"status": Status.CONFIRMED})

    confirmed = events.revise(app, admin, hold.id, confirm, check=Check.FULL).event
    clock.move_by(60)

    assert (confirmed.status, confirmed.hold_expires_at) == (Status.CONFIRMED, None)
    with pytest.raises(errors.SlotTaken):
        book()


def test_a_hold_that_ran_out_cannot_be_confirmed_and_the_same_slot_is_offered_again(
    app, admin, book, clock
):
    hold = book(hold_seconds=300, status=Status.TENTATIVE)
    clock.move_by(5)

    with pytest.raises(errors.HoldExpired) as refusal:
        events.revise(
            app, admin, hold.id, Change(fields={"status": Status.CONFIRMED}), check=Check.FULL
        )

    assert NINE in [slot.interval for slot in refusal.value.alternatives]


def test_confirming_a_hold_minds_no_notice_that_has_run_down_meanwhile(
    app, admin, calendar, book, clock
):
    calendars.revise(app, admin, calendar.id, {"min_notice_minutes": 60})
    hold = book(span("11:05", "11:35", "2026-11-20"), hold_seconds=900, status=Status.TENTATIVE)
    clock.move_by(10)

    confirm = Change(fields={"status": Status.CONFIRMED})
    confirmed = events.revise(app, admin, hold.id, confirm, check=Check.FULL).event
    assert confirmed.status is Status.CONFIRMED


def test_moving_an_event_frees_its_old_time_and_takes_the_new_one(app, admin, book):
    event = book()

    events.revise(app, admin, event.id, Change(start=TEN.start), check=Check.FULL)

    book(NINE)
    with pytest.raises(errors.SlotTaken):
        book(TEN)


def test_an_event_may_move_onto_its_own_time(app, admin, book):
    event = book()

    moved = events.revise(
        app, admin, event.id, Change(start=NINE.start + 10 * MINUTE), check=Check.FULL
    ).event

    assert moved.interval == span("09:10", "09:40")


def test_a_refused_move_leaves_the_event_where_it_is(app, admin, book, all_events):
    event = book()
    other = book(TEN)

    with pytest.raises(errors.SlotTaken) as refusal:
        events.revise(app, admin, event.id, Change(start=TEN.start), check=Check.FULL)

    assert all_events() == [event, other]
    assert refusal.value.alternatives


def test_changing_words_checks_no_time(app, admin, book, clock):
    event = book()
    clock.move_to("2027-01-01T00:00")

    changed = events.revise(
        app, admin, event.id, Change(fields={"title": "New"}), check=Check.FULL
    ).event

    assert changed.title == "New"


def test_making_a_transparent_event_opaque_is_checked(app, admin, book):
    event = book(transparent=True)
    book()

    with pytest.raises(errors.SlotTaken):
        events.revise(app, admin, event.id, Change(fields={"transparent": False}), check=Check.FULL)


def test_the_daily_limit_and_the_attendee_limit_hold_for_bookings_and_moves(
    app, admin, calendar, book
):
    calendars.revise(app, admin, calendar.id, {"max_events_per_day": 1, "max_attendees": 1})
    two = (Attendee(name="a"), Attendee(name="b"))
    with pytest.raises(errors.TooManyAttendees):
        book(attendees=two)
    first = book()
    tuesday = book(span("09:00", "09:30", "2026-11-24"))

    with pytest.raises(errors.DayFull):
        book(TEN)
    with pytest.raises(errors.DayFull):
        events.revise(app, admin, tuesday.id, Change(start=TEN.start), check=Check.FULL)
    with pytest.raises(errors.TooManyAttendees):
        events.revise(app, admin, first.id, Change(fields={"attendees": two}), check=Check.FULL)
    events.revise(app, admin, first.id, Change(start=TEN.start), check=Check.FULL)


def test_cancelling_frees_the_time_and_twice_is_no_error(app, admin, book):
    event = book()

    first = events.cancel(app, admin, event.id, reason="ill")
    second = events.cancel(app, admin, event.id)

    assert (first.already, second.already) == (False, True)
    assert second.event == first.event
    assert first.event.cancel_reason == "ill"
    book()


def test_a_cancelled_event_cannot_come_back(app, admin, book):
    event = book()
    events.cancel(app, admin, event.id)

    with pytest.raises(errors.StatusConflict):
        events.revise(
            app, admin, event.id, Change(fields={"status": Status.CONFIRMED}), check=Check.FULL
        )
    again = events.revise(
        app, admin, event.id, Change(fields={"status": Status.CANCELLED}), check=Check.FULL
    ).event
    assert again.status is Status.CANCELLED


def test_answers_are_noted_and_the_same_answer_twice_changes_nothing(app, admin, book):
    event = book(attendees=(Attendee(name="Jane", email="j@x.org"),))

    answered = events.respond(app, admin, event.id, "jane", Response.ACCEPTED)
    again = events.respond(app, admin, event.id, "j@x.org", Response.ACCEPTED)

    assert answered.attendees[0].response is Response.ACCEPTED
    assert again == answered
    with pytest.raises(errors.UnknownAttendee):
        events.respond(app, admin, event.id, "omar", Response.ACCEPTED)


def test_a_change_against_an_old_version_is_stale(app, admin, book):
    event = book()
    change = Change(fields={"title": "New"})
    events.revise(app, admin, event.id, change, check=Check.FULL, if_version=1)

    with pytest.raises(errors.Stale, match="version 2"):
        events.revise(app, admin, event.id, change, check=Check.FULL, if_version=1)
    with pytest.raises(errors.Stale):
        events.cancel(app, admin, event.id, if_version=1)


def test_a_request_sent_twice_acts_once_and_gets_the_first_answer(app, admin, book, all_events):
    first = book(request_id="r1", attendees=(Attendee(name="Jané"),))
    events.revise(app, admin, first.id, Change(fields={"title": "Changed since"}), check=Check.FULL)

    again = book(request_id="r1", attendees=(Attendee(name="Jané"),))

    assert again == first
    assert len(all_events()) == 1
    with pytest.raises(errors.RequestIdReused):
        book(TEN, request_id="r1")


def test_a_refused_request_may_be_sent_again_with_the_same_id(app, admin, book):
    blocker = book()
    with pytest.raises(errors.SlotTaken):
        book(request_id="r1", title="Mine")
    events.cancel(app, admin, blocker.id)

    assert book(request_id="r1", title="Mine").title == "Mine"


def test_every_write_can_be_repeated(app, admin, calendar, book):
    event = book(attendees=(Attendee(name="Jane"),))
    office_hours = calendars.rules(app, admin, calendar.id)[0].id
    writes = [
        lambda: events.revise(
            app, admin, event.id, Change(start=TEN.start), check=Check.FULL, request_id="r"
        ),
        lambda: events.respond(app, admin, event.id, "Jane", Response.DECLINED, request_id="r"),
        lambda: events.cancel(app, admin, event.id, request_id="r"),
        lambda: events.delete(app, admin, event.id, request_id="r"),
        lambda: calendars.create(app, admin, name="Second", request_id="r"),
        lambda: calendars.revise(app, admin, calendar.id, {"name": "X"}, request_id="r"),
        lambda: calendars.add_rule(
            app, admin, calendar.id, on_date(MONDAY, available=False), request_id="r"
        ),
        lambda: calendars.remove_rule(app, admin, calendar.id, office_hours, request_id="r"),
    ]

    for write in writes:
        assert write() == write()


def test_a_reader_may_not_write_and_a_writer_may_not_delete(app, environment, book):
    event = book()
    reader = a_caller(environment, Level.READ)
    writer = a_caller(environment, Level.WRITE)

    with pytest.raises(errors.NotAllowed, match="calendars:write"):
        book(TEN, caller=reader)
    with pytest.raises(errors.NotAllowed, match="calendars:admin"):
        events.delete(app, writer, event.id)
    with pytest.raises(errors.NotAllowed):
        calendars.create(app, writer, name="x")
    assert events.get(app, reader, event.id)[1] == event


def test_a_token_for_its_own_events_changes_no_others(app, environment, book):
    me, other = a_caller(environment, own=True), a_caller(environment, actor="a2")
    mine, theirs = book(caller=me), book(TEN, caller=other)

    assert mine.owner == me.actor
    for act in (
        lambda: events.cancel(app, me, theirs.id),
        lambda: events.revise(app, me, theirs.id, Change(fields={"title": "x"}), check=Check.FULL),
        lambda: events.respond(app, me, theirs.id, "x", Response.ACCEPTED),
    ):
        with pytest.raises(errors.NotAllowed):
            act()
    change = Change(fields={"owner": other.actor})
    with pytest.raises(errors.OwnerConflict):
        events.revise(app, me, mine.id, change, check=Check.FULL)
    assert not events.cancel(app, me, mine.id).already


def test_availability_over_several_calendars(app, admin, calendar, book):
    other = calendars.create(app, admin, name="Other", rules=(calendars.OFFICE_HOURS,))
    book()

    def free(match):
        question = Question(
            calendar_ids=(calendar.id, other.id),
            within=span("09:00", "10:00"),
            length=30 * MINUTE,
            match=match,
        )
        return [
            (slot.interval, slot.calendar_ids)
            for slot in availability.check(app, admin, question).slots
        ]

    half_past = span("09:30", "10:00")
    both = (half_past, (calendar.id, other.id))
    assert free(Match.ALL) == [both]
    assert free(Match.ANY) == [(NINE, (other.id,)), both]


def test_a_whole_closed_stretch_still_gets_the_nearest_times(app, admin, calendar):
    weekend = span("00:00", "24:00", "2026-11-22")
    question = Question(calendar_ids=(calendar.id,), within=weekend, length=30 * MINUTE)

    answer = availability.check(app, admin, question)

    assert list(answer.slots) == []
    days = [slot.interval.start for slot in answer.alternatives]
    assert len(days) == 3
    assert all(slot.timezone == NEW_YORK.key for slot in answer.alternatives)


def test_a_block_that_becomes_a_meeting_is_checked_like_a_booking(app, admin, calendar, book):
    book()
    block = book(type="block")
    sunday = book(span("03:00", "04:00", "2026-11-22"), type="block")

    for one, refusal in ((block, errors.SlotTaken), (sunday, errors.OutsideHours)):
        change = Change(fields={"type": "meeting"})
        with pytest.raises(refusal):
            events.revise(app, admin, one.id, change, check=Check.FULL)
    with pytest.raises(errors.SlotTaken):
        events.revise(
            app, admin, block.id, Change(fields={"type": "meeting"}), check=Check.CONFLICTS
        )


def test_a_change_that_changes_nothing_leaves_the_version(app, admin, book):
    event = book(attendees=(Attendee(name="Jane"),))
    same = Change(fields={"title": event.title, "attendees": event.attendees}, start=NINE.start)

    for nothing in (same, Change()):
        revised = events.revise(app, admin, event.id, nothing, check=Check.FULL)
        assert (revised.event, revised.changed) == (event, False)


def test_a_cancelled_event_takes_no_words_along_with_being_cancelled_again(app, admin, book):
    event = book()
    events.cancel(app, admin, event.id)
    both = Change(fields={"status": Status.CANCELLED, "title": "lost"})

    with pytest.raises(errors.StatusConflict):
        events.revise(app, admin, event.id, both, check=Check.FULL)


def test_an_event_that_is_under_way_can_be_made_longer(app, admin, book, clock):
    event = book()
    book(TEN)
    clock.move_to("2026-11-23T09:15")

    longer = Change(end=TEN.start)
    revised = events.revise(app, admin, event.id, longer, check=Check.FULL)
    assert revised.event.interval.end == TEN.start
    too_long = Change(end=TEN.start + MINUTE)
    with pytest.raises(errors.SlotTaken):
        events.revise(app, admin, event.id, too_long, check=Check.FULL)


def test_a_request_id_is_each_callers_own(app, environment, book, all_events):
    one, other = a_caller(environment), replace(a_caller(environment, actor="a2"), name="t2")

    first = book(caller=one, request_id="1")
    with pytest.raises(errors.SlotTaken):
        book(caller=other, request_id="1")

    assert all_events() == [first]


def test_a_refused_move_on_a_full_day_is_offered_that_day_again(app, admin, calendar, book):
    calendars.revise(app, admin, calendar.id, {"max_events_per_day": 1})
    event = book()
    evening = Change(start=at("2026-11-23T20:00"))

    with pytest.raises(errors.OutsideHours) as refusal:
        events.revise(app, admin, event.id, evening, check=Check.FULL)

    assert span("16:30", "17:00") in [slot.interval for slot in refusal.value.alternatives]


def test_alternatives_of_several_calendars_are_near_what_was_asked(app, admin, calendar):
    near = calendars.create(app, admin, name="Near", rules=(calendars.OFFICE_HOURS,))
    calendars.revise(app, admin, near.id, {"max_days_ahead": 1})
    asked = span("20:00", "20:30", "2027-06-01")
    question = Question(
        calendar_ids=(calendar.id, near.id), within=asked, length=asked.length, exact=True
    )

    answer = availability.check(app, admin, question)

    assert {slot.interval.start // DAY for slot in answer.alternatives} <= {
        at("2027-06-01T12:00") // DAY,
        at("2027-06-02T12:00") // DAY,
    }


def test_a_token_for_its_own_events_is_no_admins(app, environment):
    with pytest.raises(errors.InvalidArgument, match="can't be an admin's"):
        tokens.create(
            app,
            environment,
            name="t",
            level=Level.ADMIN,
            actor=Owner(OwnerType.AGENT, "a"),
            own_events_only=True,
        )


def test_shortening_an_event_on_a_full_day_is_no_new_event(app, admin, calendar, book):
    event = book()
    book(TEN)
    calendars.revise(app, admin, calendar.id, {"max_events_per_day": 1})

    shorter = Change(length=20 * MINUTE)
    assert events.revise(app, admin, event.id, shorter, check=Check.FULL).changed


def test_a_hold_that_becomes_a_block_no_longer_runs_out(app, admin, book, clock):
    hold = book(hold_seconds=300, status=Status.TENTATIVE)
    events.revise(app, admin, hold.id, Change(fields={"type": "block"}), check=Check.FULL)
    clock.move_by(6)

    with pytest.raises(errors.SlotTaken):
        book()


@pytest.mark.parametrize(
    ("policy", "code"),
    [({"min_notice_minutes": 7200}, "too_soon"), ({"max_events_per_day": 1}, "day_full")],
)
def test_together_the_tightest_limit_decides_and_is_told(app, admin, calendar, book, policy, code):
    strict = calendars.create(app, admin, name="Strict", rules=(calendars.OFFICE_HOURS,))
    draft = a_draft(TEN)
    events.book(app, admin, strict.id, draft, check=Check.FULL)
    calendars.revise(app, admin, strict.id, policy)
    question = Question(
        calendar_ids=(calendar.id, strict.id),
        within=span("11:00", "11:30"),
        length=30 * MINUTE,
        exact=True,
        match=Match.ALL,
    )

    answer = availability.check(app, admin, question)

    assert answer.refusal is not None
    assert answer.refusal.code == code
    limit = next(iter(policy.values()))
    assert answer.reason is not None
    assert str(limit) in why_not(answer.reason, NEW_YORK)


def test_a_note_about_a_calendar_leaves_the_other_notes_as_they_are(app, admin, calendar):
    calendars.revise(app, admin, calendar.id, {"metadata": {"a": None, "color": "red"}})

    noted = calendars.revise(app, admin, calendar.id, {}, notes={"color": None, "slug": "x"})

    assert noted.metadata == {"a": None, "slug": "x"}
    bare = calendars.revise(app, admin, calendar.id, {"metadata": None}, notes={"slug": None})
    assert bare.metadata is None
