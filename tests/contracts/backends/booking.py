"""What is booked is there, once, and as it was asked for."""

from datetime import date
from threading import Barrier, Thread

import pytest

from sched_agent import errors
from sched_agent.model.attendee import Attendee
from sched_agent.model.caller import Level
from sched_agent.model.days import Days
from sched_agent.model.interval import HOUR
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.reason import Because, Reason
from sched_agent.model.status import Status
from tests.builders import NEW_YORK, a_draft, span
from tests.contracts.backends.place import ANA, BO, ELEVEN, NEVER, NINE, TEN, needs

MONDAY = date(2026, 11, 23).toordinal()
WORDS = (
    "Caf\u00e9 \u2013 \u201cJos\u00e9 & M\u00fcller\u201d's \\ 100% <b>\u4f1a\u8b70</b> \U0001f4c5"
)


class Booking:
    def test_what_is_booked_is_there_and_read_as_it_was_told(self, place):
        booked = place.book(NINE, title="Stand-up")

        assert (booked.title, booked.interval) == ("Stand-up", NINE)
        assert booked.calendar_id == place.calendar.id
        assert booked.status is Status.CONFIRMED
        assert place.there() == [("Stand-up", NINE)]
        assert place.get(booked) == booked
        assert place.backend.event(place.caller, booked.id)[0].id == place.calendar.id

    @needs("description")
    def test_words_survive_whatever_letters_they_have(self, place):
        booked = place.book(title=WORDS, description=f"{WORDS}\n\n\t{WORDS}")

        kept = place.get(booked)

        assert (kept.title, kept.description) == (WORDS, f"{WORDS}\n\n\t{WORDS}")
        assert place.there() == [(WORDS, NINE)]

    @needs("location")
    def test_the_place_is_kept(self, place):
        assert place.get(place.book(location="Room 4 / 2nd floor")).location == "Room 4 / 2nd floor"

    @needs("attendees")
    def test_who_is_invited_is_kept(self, place):
        booked = place.book(attendees=(ANA, BO))

        assert [who.email for who in place.get(booked).attendees] == [ANA.email, BO.email]

    @needs("attendees", "phone", "attendees_without_email")
    def test_who_is_invited_by_phone_alone_is_kept(self, place):
        caller = Attendee(name="Cy", phone="+55 11 98765-4321")

        (kept,) = place.get(place.book(attendees=(caller,))).attendees

        assert (kept.name, kept.phone, kept.email) == (caller.name, caller.phone, None)

    @needs("type")
    def test_the_type_is_kept(self, place):
        assert place.get(place.book(type="consultation")).type == "consultation"

    @needs("created_by")
    def test_who_made_it_is_kept(self, place):
        user = "5b6f1f9e-0d2c-4a52-9a5c-0c6c0f6a7d11"

        assert place.get(place.book(created_by=user)).created_by == user

    @needs("owner")
    def test_its_owner_is_kept(self, place):
        owner = Owner(OwnerType.AGENT, "receptionist")

        assert place.get(place.book(owner=owner)).owner == owner

    def test_an_agents_event_is_its_own_where_events_have_owners(self, place):
        agent = Owner(OwnerType.AGENT, "receptionist")

        booked = place.book(by=place.caller_as(level=Level.WRITE, actor=agent))

        assert place.get(booked).owner == (None if place.lacks("owner") else agent)

    @needs("owner")
    def test_who_may_own_only_its_own_events_cannot_book_for_another(self, place):
        agent = Owner(OwnerType.AGENT, "receptionist")
        by = place.caller_as(level=Level.WRITE, actor=agent, own_events_only=True)

        with pytest.raises(errors.OwnerConflict):
            place.book(by=by, owner=Owner(OwnerType.USER, "someone"))

        assert place.there() == []

    def test_who_may_only_read_books_nothing(self, place):
        with pytest.raises(errors.NotAllowed):
            place.book(by=place.caller_as(level=Level.READ))

        assert place.there() == []

    def test_a_taken_time_is_refused_and_what_is_offered_instead_can_be_booked(self, place):
        place.book(TEN, title="First")

        with pytest.raises(errors.SlotTaken) as refusal:
            place.book(TEN, title="Second")

        assert place.there() == [("First", TEN)]
        offered = refusal.value.alternatives
        assert refusal.value.reason == Reason(because=Because.TAKEN)
        assert len(offered) == 3
        assert all(slot.calendar_ids == (place.calendar.id,) for slot in offered)
        for number, slot in enumerate(offered):
            place.book(slot.interval, title=f"Offered {number}")

    def test_a_time_that_is_taken_in_part_is_refused(self, place):
        place.book(TEN)

        for start, end in (("09:45", "10:15"), ("10:15", "10:45"), ("09:30", "11:00")):
            with pytest.raises(errors.SlotTaken):
                place.book(span(start, end))

    def test_times_that_touch_are_both_booked(self, place):
        place.book(TEN, title="First")
        place.book(span("10:30", "11:00"), title="Second")
        place.book(span("09:30", "10:00"), title="Third")

        assert len(place.there()) == 3

    def test_a_time_before_now_is_refused(self, place):
        with pytest.raises(errors.InThePast):
            place.book(span("09:00", "09:30", "2026-11-20"))

        assert place.there() == []

    def test_a_time_outside_the_calendars_hours_is_refused_with_times_inside_them(self, place):
        with pytest.raises(errors.OutsideHours) as refusal:
            place.book(span("20:00", "20:30"))

        assert place.there() == []
        hours = (span("09:00", "17:00"),)
        told = Reason(because=Because.CLOSED_THEN, hours=hours, zone=NEW_YORK)
        assert refusal.value.reason == told
        assert refusal.value.alternatives
        for slot in refusal.value.alternatives:
            assert place.is_free(slot.interval)

    def test_on_a_calendar_without_hours_any_time_ahead_can_be_booked(self, place):
        place.book(span("03:00", "03:30", "2026-11-22"), on=place.other)

        assert len(place.there("Other")) == 1

    def test_a_calendar_that_does_not_exist_takes_nothing(self, place):
        with pytest.raises(errors.UnknownCalendar):
            place.backend.book(place.caller, NEVER, a_draft(NINE), request_id=None)

    def test_calendars_do_not_take_time_from_each_other(self, place):
        other = place.other
        place.book(NINE)

        place.book(NINE, on=other)

        assert len(place.there()) == len(place.there("Other")) == 1

    def test_of_many_who_ask_at_once_one_gets_the_time(self, place):
        together, told = Barrier(8), []

        def ask(number):
            together.wait()
            try:
                told.append(place.book(title=f"Mine {number}").title)
            except errors.SlotTaken as refusal:
                told.append(refusal.code)

        _in_threads(ask, 8)

        assert sorted(told)[1:] == ["slot_taken"] * 7
        assert [title for title, _ in place.there()] == sorted(told)[:1]

    def test_two_programs_with_one_store_of_their_own_do_not_book_the_same_time(
        self, place, another_program
    ):
        together, told = Barrier(8), []
        backends = [place.backend, another_program.backend]

        def ask(number):
            together.wait()
            try:
                backends[number % 2].book(
                    place.caller, place.calendar.id, a_draft(NINE), request_id=f"r{number}"
                )
                told.append("booked")
            except errors.SlotTaken as refusal:
                told.append(refusal.code)

        _in_threads(ask, 8)

        assert sorted(told) == ["booked"] + ["slot_taken"] * 7
        assert len(place.there()) == 1

    @needs("tentative")
    def test_a_tentative_event_takes_its_time_and_can_be_confirmed(self, place):
        booked = place.book(status=Status.TENTATIVE, title="Perhaps")
        assert place.get(booked).status is Status.TENTATIVE

        with pytest.raises(errors.SlotTaken):
            place.book()
        place.revise(booked, status=Status.CONFIRMED)

        assert place.get(booked).status is Status.CONFIRMED
        assert place.there() == [("Perhaps", NINE)]

    @needs("hold")
    def test_a_hold_takes_its_time_until_it_is_released(self, place):
        hold = place.book(status=Status.TENTATIVE, hold_seconds=300)
        assert hold.hold_expires_at == place.backend.now() + 300_000_000

        with pytest.raises(errors.SlotTaken):
            place.book(title="Second")
        place.cancel(hold)
        place.book(title="Third")

        assert [title for title, _ in place.there()] == ["Third"]

    @needs("hold")
    def test_a_hold_that_is_confirmed_stays(self, place):
        hold = place.book(status=Status.TENTATIVE, hold_seconds=300, title="Held")

        confirmed = place.revise(hold, status=Status.CONFIRMED).event

        assert (confirmed.status, confirmed.hold_expires_at) == (Status.CONFIRMED, None)
        assert place.there() == [("Held", NINE)]

    def test_a_block_takes_time_without_a_check(self, place):
        place.book(TEN)
        place.book(span("00:00", "24:00"), type="block", title="Closed")

        assert len(place.there()) == 2
        with pytest.raises(errors.SlotTaken):
            place.book(ELEVEN)

    @needs("all_day")
    def test_an_all_day_event_has_dates_and_takes_the_whole_of_them(self, place):
        monday = Days(MONDAY, MONDAY + 1)
        at = monday.interval(NEW_YORK)

        booked = place.book(at, days=monday, type="block", title="Fair")

        assert (place.get(booked).days, place.get(booked).interval) == (monday, at)
        with pytest.raises(errors.SlotTaken):
            place.book(TEN)

    def test_the_hours_of_a_day_with_a_clock_change_are_those_of_the_wall_clock(self, place):
        # clocks go back at 02:00 on 7 November 2027; 01:30 comes twice, 03:00 once
        three = span("03:00", "03:30", "2027-11-07")

        booked = place.book(three, on=place.other)

        assert place.get(booked).interval == three
        assert three.start - span("00:00", "00:30", "2027-11-07").start == 4 * HOUR


def _in_threads(act, times):
    threads = [Thread(target=act, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
