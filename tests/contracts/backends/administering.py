"""Calendars and their rules, made and changed through a backend."""

import pytest

from sched_agent import errors
from sched_agent.model.availability_rule import ExceptionRule, RecurringRule
from sched_agent.model.calendar import Policy
from sched_agent.model.caller import Level
from tests.builders import on_date, span, weekdays
from tests.contracts.backends.place import NEVER, needs


def make(place, name="New", *, by=None, request_id=None):
    return place.backend.create_calendar(
        by or place.caller,
        name=name,
        timezone="America/New_York",
        policy=Policy(),
        rules=(weekdays("10:00", "11:00"),),
        request_id=request_id,
        description=None,
        owner_id=None,
    )


def first_rule(place):
    """Return a calendar's first rule, or, where rules can't be read, one that is not there."""
    return next(iter(place.backend.rules(place.caller, place.calendar.id)), weekdays())


def hours(rule):
    return sorted(rule.days_of_week), rule.hours.start // 60, rule.hours.end // 60


class Administering:
    @needs("create_calendar")
    def test_a_new_calendar_is_there(self, place):
        new = make(place)

        assert (new.name, new.timezone) == ("New", "America/New_York")
        assert place.backend.calendar(place.caller, new.id).name == "New"
        assert "New" in [calendar.name for calendar in place.truth.calendars()]

    @needs("create_calendar")
    def test_a_new_calendar_opens_at_the_hours_that_it_got(self, place):
        new = make(place)

        free = place.free(span("00:00", "24:00"), on=[new.id])

        assert [slot.interval for slot in free.slots] == [
            span("10:00", "10:30"),
            span("10:30", "11:00"),
        ]
        assert place.book(span("10:00", "10:30"), on=new).calendar_id == new.id

    def test_only_an_admin_makes_calendars(self, place):
        with pytest.raises(errors.NotAllowed):
            make(place, by=place.caller_as(level=Level.WRITE))

    @needs("update_calendar")
    def test_a_calendar_can_be_renamed(self, place):
        place.backend.revise_calendar(
            place.caller, place.calendar.id, {"name": "Renamed"}, request_id=None
        )

        assert place.backend.calendar(place.caller, place.calendar.id).name == "Renamed"
        assert "Renamed" in [calendar.name for calendar in place.truth.calendars()]

    @needs("update_calendar")
    def test_a_calendar_that_does_not_exist_cannot_be_renamed(self, place):
        with pytest.raises(errors.UnknownCalendar):
            place.backend.revise_calendar(place.caller, NEVER, {"name": "X"}, request_id=None)

    @needs("add_availability_rule")
    def test_a_new_rule_opens_the_calendar(self, place):
        evening = span("18:00", "18:30")
        assert not place.is_free(evening)

        added = place.backend.add_rule(
            place.caller, place.calendar.id, weekdays("18:00", "19:00"), request_id=None
        )

        assert place.is_free(evening)
        assert isinstance(added, RecurringRule)
        known = place.backend.rules(place.caller, place.calendar.id)
        assert added in known
        assert [hours(rule) for rule in known] == [
            ([1, 2, 3, 4, 5], 9, 17),
            ([1, 2, 3, 4, 5], 18, 19),
        ]

    @needs("add_availability_rule")
    def test_an_exception_closes_a_date(self, place):
        added = place.backend.add_rule(
            place.caller, place.calendar.id, on_date("2026-11-23", available=False), request_id=None
        )

        assert isinstance(added, ExceptionRule)
        assert place.free(span("00:00", "24:00")).slots == ()
        assert place.free(span("00:00", "24:00", "2026-11-24")).slots

    @needs("remove_availability_rule")
    def test_a_rule_that_is_removed_holds_no_longer(self, place):
        rule = first_rule(place)

        removed = place.backend.remove_rule(
            place.caller, place.calendar.id, rule.id, request_id=None
        )

        assert removed == rule
        assert place.truth.rules("Work") == []

    @needs("remove_availability_rule")
    def test_a_rule_that_does_not_exist_cannot_be_removed(self, place):
        with pytest.raises(errors.UnknownRule):
            place.backend.remove_rule(place.caller, place.calendar.id, NEVER, request_id=None)
