"""A calendar's day as text, for clients that read resources."""

from dataclasses import dataclass
from datetime import date, timedelta

from sched_agent.backends.base import Backend
from sched_agent.errors import ConsentNeeded, Unavailable
from sched_agent.model.caller import Caller
from sched_agent.model.event import EventFilter
from sched_agent.model.ids import Kind, code
from sched_agent.model.interval import MINUTE
from sched_agent.model.status import Status
from sched_agent.model.zone import local
from sched_agent.services.availability import Question
from sched_agent.speech.iso import read_day
from sched_agent.speech.phrasing import quoted, say_day, say_interval
from sched_agent.tools.answers import EventOutput, Output, SlotOutput, say_event
from sched_agent.tools.arguments import calendar_number

_MOST_EVENTS = 200
_MOST_SLOTS = 48
_COMPLETED_DAYS = 14


class AgendaOutput(Output):
    """A calendar's day."""

    calendar_id: str
    date: str
    events: list[EventOutput]
    free: list[SlotOutput]


@dataclass(frozen=True, slots=True)
class Agenda:
    """A calendar's day as text and as data."""

    text: str
    data: AgendaOutput


def agenda(backend: Backend, caller: Caller, calendar_id: str, day: str) -> Agenda:
    """Return the events of a day and its free half hours.

    Raises:
        UnknownCalendar: There is no such calendar.
        UnrecognizedTime: The date is none.
    """
    calendar = backend.calendar(caller, calendar_number(calendar_id))
    within = read_day(day, calendar.zone, field="date")
    wanted = EventFilter(
        calendar_ids=(calendar.id,),
        starts_from=within.start,
        ends_until=within.end,
        statuses=frozenset(Status) - {Status.CANCELLED},
    )
    page = backend.events(caller, wanted, _MOST_EVENTS)
    question = Question(
        calendar_ids=(calendar.id,), within=within, length=30 * MINUTE, limit=_MOST_SLOTS
    )
    try:
        slots = backend.free(caller, question).slots
        told = [f"- {say_interval(slot.interval, calendar.zone)}" for slot in slots] or ["- none"]
    except (Unavailable, ConsentNeeded) as unknown:
        slots, told = [], [f"- not known: {unknown.message}"]
    lines = [
        f"{quoted(calendar.name)}: {say_day(within.start, calendar.zone)} ({calendar.timezone})",
        "Events:",
        *([f"- {say_event(calendar, event)}" for event in page.items] or ["- none"]),
        *(["- and more: call list_events"] if page.next_cursor else []),
        "Free half hours:",
        *told,
    ]
    data = AgendaOutput(
        calendar_id=code(Kind.CALENDAR, calendar.id),
        date=day,
        events=[EventOutput.of(calendar, event) for event in page.items],
        free=[SlotOutput.of(slot) for slot in slots],
    )
    return Agenda("\n".join(lines), data)


def agenda_dates(backend: Backend, caller: Caller) -> list[str]:
    """Return the dates to offer for an agenda: two weeks from today in the first one's zone."""
    calendars = backend.calendars(caller, limit=1).items
    if not calendars:
        return []
    today: date = local(backend.now(), calendars[0].zone).date()
    return [(today + timedelta(days=days)).isoformat() for days in range(_COMPLETED_DAYS)]
