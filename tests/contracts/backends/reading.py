"""What is there is listed, all of it and nothing else."""

from dataclasses import replace

import pytest

from sched_agent import errors
from sched_agent.model.attendee import Attendee
from sched_agent.model.event import EventFilter
from sched_agent.model.interval import Interval
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.page import read_cursor
from sched_agent.model.status import Status
from tests.builders import span
from tests.contracts.backends.place import ANA, BO, ELEVEN, NEVER, NINE, TEN, WEEK, needs


def window(interval: Interval) -> dict[str, int]:
    return {"starts_from": interval.start, "ends_until": interval.end}


def titles(events):
    return [event.title for event in events]


class Reading:
    def test_calendars_are_found_by_a_part_of_their_name(self, place):
        def found(query):
            page = place.backend.calendars(place.caller, query=query, limit=10)
            return [calendar.name for calendar in page.items]

        assert found("salao") == ["Sal\u00e3o Norte"]
        assert found("nowhere") == []

    def test_a_calendar_tells_its_name_and_zone(self, place):
        lisbon = place.lisbon

        found = place.backend.calendar(place.caller, lisbon.id)

        assert (found.id, found.name, found.timezone) == (lisbon.id, "Lisbon", "Europe/Lisbon")

    def test_pages_of_calendars_hold_each_of_them_once(self, place):
        names, after = [], 0
        while True:
            page = place.backend.calendars(place.caller, limit=2, after=after)
            assert len(page.items) <= 2
            names += [calendar.name for calendar in page.items]
            if page.next_cursor is None:
                break
            (after,) = read_cursor(page.next_cursor, 1)

        assert sorted(names) == sorted(calendar.name for calendar in place.truth.calendars())

    def test_an_unknown_calendar_is_told_as_such(self, place):
        with pytest.raises(errors.UnknownCalendar):
            place.backend.calendar(place.caller, NEVER)
        with pytest.raises(errors.UnknownCalendar):
            place.list(calendar_ids=(place.calendar.id, NEVER))
        with pytest.raises(errors.UnknownCalendar):
            place.free(on=[NEVER])

    def test_an_unknown_event_is_told_as_such_to_whoever_wants_something_of_it(self, place):
        booked = place.book()
        nobody = replace(booked, id=NEVER)

        with pytest.raises(errors.UnknownEvent):
            place.get(nobody)
        with pytest.raises(errors.UnknownEvent):
            place.revise(nobody, title="Other")
        with pytest.raises(errors.UnknownEvent):
            place.cancel(nobody)

        assert titles(place.list()) == ["Stand-up"]

    def test_events_are_listed_by_start(self, place):
        for at in (TEN, ELEVEN, NINE):
            place.book(at, title=f"{at.start}")

        assert [event.interval for event in place.list()] == [NINE, TEN, ELEVEN]

    def test_a_listing_shows_events_as_they_are_read_one_by_one(self, place):
        booked = place.book(title="One")

        assert place.list() == [place.get(booked)]

    def test_a_stretch_of_time_shows_all_events_that_it_touches(self, place):
        place.book(TEN, title="Ten")
        place.book(span("10:30", "12:00"), title="Long")
        place.book(NINE, title="Nine")

        assert titles(place.list(**window(span("10:15", "10:20")))) == ["Ten"]
        assert titles(place.list(**window(span("10:29", "10:31")))) == ["Ten", "Long"]
        assert titles(place.list(**window(span("11:00", "11:30")))) == ["Long"]
        assert titles(place.list(**window(span("09:30", "10:00")))) == []
        assert titles(place.list(**window(WEEK))) == ["Nine", "Ten", "Long"]

    def test_a_stretch_may_be_open_at_one_end(self, place):
        place.book(NINE, title="Nine")
        place.book(ELEVEN, title="Eleven")

        assert titles(place.list(starts_from=TEN.start)) == ["Eleven"]
        assert titles(place.list(ends_until=TEN.start)) == ["Nine"]

    def test_only_what_lies_inside_a_stretch_is_listed_if_that_is_asked_for(self, place):
        place.book(NINE, title="Nine")
        place.book(TEN, title="Ten")

        inside = place.list(**window(span("09:15", "10:30")), contained=True)

        assert titles(inside) == ["Ten"]

    def test_pages_hold_each_event_once(self, place):
        booked = [place.book(span(f"{h}:00", f"{h}:30"), title=f"{h}") for h in range(10, 15)]

        found, after = [], None
        while True:
            wanted = EventFilter(calendar_ids=(place.calendar.id,), after=after)
            page = place.backend.events(place.caller, wanted, 2)
            assert len(page.items) <= 2
            found += page.items
            if page.next_cursor is None:
                break
            start, number = read_cursor(page.next_cursor, 2)
            after = (start, number)

        assert [event.id for event in found] == [event.id for event in booked]

    @needs("cancelled_kept")
    def test_events_are_listed_by_their_status(self, place):
        place.book(NINE, title="Stays")
        place.cancel(place.book(TEN, title="Goes"))

        assert titles(place.list(statuses=frozenset({Status.CANCELLED}))) == ["Goes"]
        assert titles(place.list(statuses=frozenset({Status.CONFIRMED}))) == ["Stays"]
        assert titles(place.list()) == ["Stays", "Goes"]

    def test_a_cancelled_event_is_not_listed_among_the_confirmed(self, place):
        place.book(NINE, title="Stays")
        place.cancel(place.book(TEN, title="Goes"))

        assert titles(place.list(statuses=frozenset({Status.CONFIRMED}))) == ["Stays"]

    @needs("attendees")
    def test_events_are_found_by_who_is_invited(self, place):
        place.book(NINE, title="Ana's", attendees=(ANA,))
        place.book(TEN, title="Bo's", attendees=(BO,))

        assert titles(place.list(attendee="ANA@example")) == ["Ana's"]
        assert titles(place.list(attendee="bo@example.com")) == ["Bo's"]
        assert titles(place.list(attendee="nobody@example.com")) == []

    @needs("attendees", "phone")
    def test_a_callers_event_is_found_by_the_phone_number_in_any_form(self, place):
        one = replace(ANA, phone="+55 11 98765-4321")
        place.book(NINE, title="Ana's", attendees=(one,))
        place.book(TEN, title="Bo's", attendees=(replace(BO, phone="+55 21 98765-4321"),))

        for said in ("(11) 98765-4321", "11987654321", "+55 11 98765 4321", "5511987654321"):
            assert titles(place.list(attendee=said)) == ["Ana's"]
        assert titles(place.list(attendee="98765-4321")) == ["Ana's", "Bo's"]

    @needs("attendees", "attendees_without_email")
    def test_a_callers_event_is_found_by_the_names_words_in_any_order(self, place):
        place.book(NINE, title="Ana's", attendees=(Attendee(name="Ana Garc\u00eda O'Shea"),))
        two = (Attendee(name="Ana P\u00e9rez"), Attendee(name="Luis Garc\u00eda"))
        place.book(TEN, title="Two's", attendees=two)

        assert titles(place.list(attendee="garcia ANA")) == ["Ana's"]
        assert titles(place.list(attendee="ana oshea")) == ["Ana's"]
        assert titles(place.list(attendee="luis")) == ["Two's"]
        assert titles(place.list(attendee="ana", limit=1)) == ["Ana's"]
        assert titles(place.list(attendee="an")) == []

    @needs("attendees", "owner")
    def test_who_may_read_only_its_own_events_finds_and_sees_no_others(self, place):
        agent = Owner(OwnerType.AGENT, "receptionist")
        by = place.caller_as(actor=agent, own_events_only=True)
        others = place.book(NINE, title="Others", attendees=(ANA,))
        place.book(TEN, by=by, title="Own", attendees=(ANA,))
        wanted = EventFilter(calendar_ids=(place.calendar.id,))

        seen = place.backend.events(by, wanted, 10).items
        by_person = place.backend.events(by, replace(wanted, attendee="ana@example.com"), 10)
        by_words = place.backend.events(by, replace(wanted, query="other"), 10)

        assert [e.title for e in seen] == ["Busy", "Own"]
        assert [len(e.attendees) for e in seen] == [0, 1]
        assert place.backend.event(by, others.id)[1] == seen[0]
        assert titles(by_person.items) == ["Own"]
        assert titles(by_words.items) == []

    @needs("description")
    def test_events_are_found_by_words(self, place):
        place.book(NINE, title="D\u00e9j\u00e0 vu")
        place.book(TEN, title="Review", description="the quarterly numbers")

        assert titles(place.list(query="deja")) == ["D\u00e9j\u00e0 vu"]
        assert titles(place.list(query="QUARTERLY")) == ["Review"]
        assert titles(place.list(query="absent")) == []

    @needs("type")
    def test_events_are_listed_by_their_type(self, place):
        place.book(NINE, title="A", type="consultation")
        place.book(TEN, title="B")

        assert titles(place.list(type="consultation")) == ["A"]

    def test_one_listing_can_be_of_several_calendars(self, place):
        other = place.other
        place.book(TEN, title="Mine")
        place.book(NINE, title="Theirs", on=other)

        both = place.list(calendar_ids=(place.calendar.id, other.id))

        assert [(e.title, e.calendar_id) for e in both] == [
            ("Theirs", other.id),
            ("Mine", place.calendar.id),
        ]

    def test_what_others_did_behind_the_backend_is_seen(self, place):
        booked = place.book(NINE)
        place.cancel(booked)

        assert place.is_free(NINE)
