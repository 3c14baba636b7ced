"""Events that have dates instead of instants."""

from datetime import date

import pytest

from sched_agent import errors
from sched_agent.model.days import Days
from sched_agent.model.event import Change
from sched_agent.model.schedule import Check
from sched_agent.services import calendars, events
from tests.builders import a_draft, at, span

TUESDAY = Days(date(2026, 11, 24).toordinal(), date(2026, 11, 25).toordinal())
SUNDAY_OF_THE_CHANGE = Days(date(2026, 11, 1).toordinal(), date(2026, 11, 2).toordinal())


@pytest.fixture
def book(app, admin, calendar):
    def book(days=TUESDAY, check=Check.CONFLICTS):
        draft = a_draft(days.interval(calendar.zone), days=days, title="Fair")
        return events.book(app, admin, calendar.id, draft, check=check)

    return book


@pytest.fixture
def revise(app, admin):
    def revise(event, change):
        return events.revise(app, admin, event.id, change, check=Check.CONFLICTS).event

    return revise


def test_an_all_day_event_takes_its_day_in_the_calendars_zone_west_of_utc(
    book, app, admin, calendar
):
    event = book()

    assert event.interval == span("00:00", "24:00", "2026-11-24")
    late = a_draft(span("23:00", "23:30", "2026-11-24"))
    with pytest.raises(errors.SlotTaken):
        events.book(app, admin, calendar.id, late, check=Check.CONFLICTS)
    after = a_draft(span("00:00", "00:30", "2026-11-25"))
    booked = events.book(app, admin, calendar.id, after, check=Check.CONFLICTS)
    assert booked.days is None


def test_a_day_on_which_the_clocks_change_is_taken_whole(book):
    assert book(SUNDAY_OF_THE_CHANGE).interval == span("00:00", "24:00", "2026-11-01")


def test_its_dates_stay_when_the_calendar_moves_to_another_zone(book, app, admin, calendar):
    event = book()

    calendars.revise(app, admin, calendar.id, {"timezone": "Pacific/Auckland"})

    moved = events.get(app, admin, event.id)[1]
    assert moved.days == TUESDAY
    assert moved.interval == TUESDAY.interval(calendars.get(app, admin, calendar.id).zone)
    assert moved.version == event.version + 1


def test_it_is_moved_by_dates_and_keeps_its_number_of_days(book, revise):
    event = book(Days(TUESDAY.first, TUESDAY.first + 3))

    moved = revise(event, Change(first_day=TUESDAY.first + 7))

    assert moved.days == Days(TUESDAY.first + 7, TUESDAY.first + 10)


def test_an_event_with_instants_becomes_all_day_and_back(book, revise, calendar):
    event = book()

    timed = revise(event, Change(start=at("2026-11-24T10:00"), end=at("2026-11-24T11:00")))
    whole = revise(timed, timed.to_days({}, None, None, calendar.zone))

    assert (timed.days, timed.interval) == (None, span("10:00", "11:00", "2026-11-24"))
    assert (whole.days, whole.interval) == (TUESDAY, event.interval)


def test_no_days_at_all_are_refused_with_the_date_to_send():
    with pytest.raises(errors.InvalidArgument) as refusal:
        Days(TUESDAY.first, TUESDAY.first)

    assert "2026-11-25" in refusal.value.hint
