"""What an agent reads of a connected calendar."""

from sched_agent.backends.local import LocalBackend
from sched_agent.model.ids import Kind, code
from sched_agent.services import meetings
from sched_agent.speech.language import Language
from sched_agent.tools.agenda import agenda
from sched_agent.tools.catalog import all_tools
from tests.builders import span


def call(connected, name, **arguments):
    backend = LocalBackend(connected.app)
    return all_tools()[name].call(backend, connected.caller, arguments, language=Language.EN)


def test_a_booking_says_that_the_provider_is_told_next(connected):
    connected.work()
    booked = call(connected, "create_event", title="Haircut", start_at="2026-11-23T09:00")

    assert booked.data.event.sync == "pending"
    assert "the connected calendar is told next" in booked.text
    connected.work()
    event_id = booked.data.event.id
    told = call(connected, "get_event", event_id=event_id)
    assert told.data.event.sync == "synced"
    assert "told next" not in told.text


def test_how_fresh_a_connected_calendar_is_is_told(connected):
    connected.work()
    connected.clock.move_by(minutes=10)
    told = call(connected, "check_availability", when="2026-11-23T09:00")

    (read,) = told.data.calendars
    assert read.as_of == "2026-11-20T10:00:00-05:00"
    assert told.data.now == "2026-11-20T10:10:00-05:00"


def test_sync_calendar_tells_how_the_connections_stand(connected):
    first = call(connected, "sync_calendar")
    assert first.data.connections[0].last_sync_at is None
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.work()
    then = call(connected, "sync_calendar")

    (one,) = then.data.connections
    assert (one.state, one.is_active, one.events_synced) == ("active", True, 1)
    assert one.last_sync_at == "2026-11-20T10:00:00-05:00"
    assert then.data.say == "The calendar My calendar is being synced."


def test_an_agenda_shows_events_though_free_time_is_not_known(connected):
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.work()
    connected.clock.move_by(minutes=61)
    calendar_id = code(Kind.CALENDAR, connected.calendar.id)
    shown = agenda(LocalBackend(connected.app), connected.caller, calendar_id, "2026-11-23")

    assert "Dentist" in shown.text
    assert "not known" in shown.text
    assert shown.data.free == []


def test_a_meeting_is_shown_with_its_event(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    met = meetings.meet(connected.app, connected.caller, connected.calendar.id, booked.id)
    told = call(connected, "get_event", event_id=code(Kind.EVENT, booked.id))
    assert told.data.event.meeting_url == met[1].url
