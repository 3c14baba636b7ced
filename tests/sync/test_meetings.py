"""A video meeting is made by the provider, and only one."""

import pytest

from sched_agent.errors import MeetingProviderRequired, StatusConflict, UnknownEvent
from sched_agent.services import events, meetings


def test_an_event_gets_a_meeting_and_keeps_it(connected):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")

    first = meetings.meet(connected.app, connected.caller, connected.calendar.id, booked.id)
    again = meetings.meet(connected.app, connected.caller, connected.calendar.id, booked.id)
    connected.work()
    connected.sync()

    assert first[1].url.startswith("https://")
    assert again[1] == first[1] == connected.event(booked).meeting
    assert connected.there() == ["Haircut"]
    assert connected.titles() == ["Haircut"]
    assert sum(seen.method == "calendar.events.patch" for seen in connected.google.seen) == 1


def test_a_calendar_that_is_connected_to_nobody_gets_no_meeting(app, admin, calendar):
    from sched_agent.model.schedule import Check
    from tests.builders import a_draft, span

    booked = events.book(app, admin, calendar.id, a_draft(span("09:00", "09:30")), check=Check.FULL)
    with pytest.raises(MeetingProviderRequired):
        meetings.meet(app, admin, calendar.id, booked.id)


def test_a_cancelled_event_gets_no_meeting(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    events.cancel(connected.app, connected.caller, booked.id)
    with pytest.raises(StatusConflict):
        meetings.meet(connected.app, connected.caller, connected.calendar.id, booked.id)


def test_an_event_of_another_calendar_is_unknown(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    with pytest.raises(UnknownEvent):
        meetings.meet(connected.app, connected.caller, connected.calendar.id + 1, booked.id)
