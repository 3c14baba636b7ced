"""What is offered is free, and what is free is offered."""

import pytest

from sched_agent import errors
from sched_agent.model.interval import HOUR
from sched_agent.model.reason import Because, Reason
from sched_agent.model.status import Status
from sched_agent.services.availability import Match
from tests.builders import NEW_YORK, on_date, span
from tests.contracts.backends.place import MORNING, NINE, TEN, needs


def times(answer):
    return [slot.interval for slot in answer.slots]


class Freeness:
    def test_a_free_day_offers_every_half_hour_of_its_hours(self, place):
        free = times(place.free(span("00:00", "24:00")))

        assert free[0] == NINE
        assert free[-1] == span("16:30", "17:00")
        assert len(free) == 16

    def test_taken_time_is_not_offered(self, place):
        place.book(TEN)
        place.book(span("11:15", "11:45"))

        assert times(place.free(MORNING)) == [
            span("09:00", "09:30"),
            span("09:30", "10:00"),
            span("10:30", "11:00"),
        ]

    def test_as_many_are_offered_as_were_asked_for(self, place):
        assert times(place.free(MORNING, limit=2)) == [NINE, span("09:30", "10:00")]

    def test_longer_times_are_offered_where_they_fit(self, place):
        place.book(TEN)

        assert times(place.free(MORNING, minutes=60)) == [
            span("09:00", "10:00"),
            span("11:00", "12:00"),
        ]

    def test_what_is_offered_can_be_booked(self, place):
        place.book(TEN)

        for slot in place.free(MORNING).slots:
            place.book(slot.interval)

        assert times(place.free(MORNING)) == []

    def test_a_slot_names_its_calendar_and_the_zone_to_say_it_in(self, place):
        first = place.free(MORNING).slots[0]

        assert first.calendar_ids == (place.calendar.id,)
        assert first.timezone == "America/New_York"

    def test_a_very_time_is_free_or_there_is_a_reason_and_something_else(self, place):
        place.book(TEN)

        assert times(place.free(span("09:10", "09:40"), exact=True)) == [span("09:10", "09:40")]
        taken = place.free(span("10:15", "10:45"), exact=True)

        assert taken.slots == ()
        assert taken.refusal is errors.SlotTaken
        assert taken.reason == Reason(because=Because.TAKEN)
        assert taken.alternatives
        for slot in taken.alternatives:
            assert place.is_free(slot.interval)

    def test_the_past_is_not_offered(self, place):
        friday = place.free(span("09:00", "11:00", "2026-11-20"))

        assert times(friday) == [
            span("10:00", "10:30", "2026-11-20"),
            span("10:30", "11:00", "2026-11-20"),
        ]

    def test_a_closed_day_offers_nothing_but_days_around_it(self, place):
        sunday = place.free(span("00:00", "24:00", "2026-11-22"))

        assert sunday.slots == ()
        assert sunday.refusal is errors.OutsideHours
        assert sunday.reason
        told = (sunday.reason.because, sunday.reason.zone)
        assert told == (Because.CLOSED_THAT_DAY, NEW_YORK)
        assert sunday.alternatives

    def test_what_is_offered_instead_begins_with_the_same_time_on_another_day(self, place):
        place.book(TEN)

        offered = [slot.interval for slot in place.free(TEN, exact=True).alternatives]

        tuesday, wednesday = (span("10:00", "10:30", f"2026-11-{day}") for day in (24, 25))
        assert offered == [tuesday, span("10:30", "11:00"), wednesday]

    def test_a_date_that_is_closed_by_exception_offers_nothing(self, place):
        rule = on_date("2026-11-23", available=False)
        with place.unless_unsupported("add_availability_rule"):
            place.backend.add_rule(place.caller, place.calendar.id, rule, request_id=None)
            assert times(place.free(MORNING)) == []

    def test_any_of_several_calendars_is_offered_with_those_that_are_free_then(self, place):
        other = place.other
        place.book(NINE)
        place.book(span("09:30", "10:00"), on=other)

        both = (place.calendar.id, other.id)
        free = place.free(span("09:00", "10:30"), on=both)

        assert {slot.interval: set(slot.calendar_ids) for slot in free.slots} == {
            NINE: {other.id},
            span("09:30", "10:00"): {place.calendar.id},
            TEN: set(both),
        }
        assert [calendar.id for calendar in free.calendars] == list(both)

    def test_all_of_several_calendars_are_offered_only_when_all_are_free(self, place):
        other = place.other
        place.book(NINE)
        place.book(span("09:30", "10:00"), on=other)

        both = (place.calendar.id, other.id)
        free = place.free(span("09:00", "10:30"), on=both, match=Match.ALL)

        assert [(slot.interval, slot.calendar_ids) for slot in free.slots] == [(TEN, both)]

    def test_where_one_of_all_is_taken_nothing_is_free_for_all(self, place):
        other = place.other
        place.book(TEN, on=other)

        both = (place.calendar.id, other.id)
        free = place.free(TEN, on=both, match=Match.ALL, exact=True)

        assert free.slots == ()
        assert free.refusal is errors.SlotTaken
        for slot in free.alternatives:
            assert slot.interval != TEN
            assert slot.calendar_ids == both

    @pytest.mark.parametrize("minutes", [15, 45, 90, 180])
    def test_whatever_length_is_offered_is_booked(self, place, minutes):
        place.book(TEN)

        slot = place.free(span("00:00", "24:00"), minutes=minutes, limit=1).slots[0]

        assert place.book(slot.interval).interval == slot.interval

    @needs("hold")
    def test_a_held_time_is_not_offered(self, place):
        place.book(status=Status.TENTATIVE, hold_seconds=300)

        assert not place.is_free(NINE)

    def test_a_calendar_in_another_zone_offers_its_own_hours(self, place):
        lisbon = place.lisbon

        first = place.free(span("00:00", "24:00"), on=[lisbon.id]).slots[0]

        assert first.interval.start == NINE.start - 5 * HOUR
        assert first.timezone == "Europe/Lisbon"
