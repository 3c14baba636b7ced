"""What to say to the caller of events and calendars."""

from collections.abc import Sequence

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import BLOCK_TYPE, Event
from sched_agent.model.ids import Kind, code
from sched_agent.model.page import Page
from sched_agent.model.status import Status
from sched_agent.services.events import Cancelled, Revised
from sched_agent.speech.aloud import aloud, spelled
from sched_agent.speech.saying import Speaker

_MOST = 3
_MOST_PEOPLE = 2
_SHORT = 30

_RESPONSES = {
    Response.ACCEPTED: "accepted",
    Response.DECLINED: "declined",
    Response.TENTATIVE: "maybe",
    Response.NEEDS_ACTION: "unanswered",
}
_STATES = {
    Status.CONFIRMED: "is_confirmed",
    Status.TENTATIVE: "is_tentative",
    Status.CANCELLED: "is_cancelled",
}


def made(speaker: Speaker, event: Event) -> str:
    """Return what to say of a new event: for a hold, the question whether to book it."""
    if event.status is Status.CANCELLED:
        return _of_event("noted_cancelled", speaker, event)
    if event.type == BLOCK_TYPE:
        return _of_event("blocked", speaker, event)
    if event.hold_expires_at is not None:
        return _read_back(speaker, event)
    if event.status is Status.TENTATIVE:
        return _with_code("tentative", speaker, event)
    return _with_code("booked", speaker, event)


def _read_back(speaker: Speaker, event: Event) -> str:
    if event.days is not None:
        return _of_event("read_back_days", speaker, event)
    length = speaker.length(event.interval)
    told = speaker.book.say("read_back", event=_event(speaker, event), length=length)
    return speaker.book.sentences(told)


def as_it_is(speaker: Speaker, event: Event) -> str:
    """Return what to say of an event that was looked up."""
    title = _title(speaker, event)
    told = speaker.book.say(_STATES[event.status], title=title, event=_event(speaker, event))
    return speaker.book.sentences(told)


def revised(speaker: Speaker, before: Event, revised: Revised, *, confirming: bool) -> str:
    """Return what to say of a change.

    Args:
        speaker: Who says it.
        before: The event as it was.
        revised: What became of it.
        confirming: Whether the caller wanted it to be confirmed.
    """
    event = revised.event
    if event.status is Status.CANCELLED:
        return _of_event("cancelled", speaker, event)
    if confirming:
        return _with_code("confirmed", speaker, event)
    if event.interval.start != before.interval.start:
        then, now = (_when(speaker, one) for one in (before, event))
        return speaker.book.sentences(speaker.book.say("moved", before=then, after=now))
    return _of_event("changed" if revised.changed else "unchanged", speaker, event)


def cancelled(speaker: Speaker, cancelled: Cancelled) -> str:
    """Return what to say of a cancellation."""
    key = "already_cancelled" if cancelled.already else "cancelled"
    return _of_event(key, speaker, cancelled.event)


def deleted(speaker: Speaker, event: Event) -> str:
    """Return what to say of an event that is gone."""
    return _of_event("deleted", speaker, event)


def responded(speaker: Speaker, attendee: Attendee) -> str:
    """Return what to say of an attendee's answer."""
    name = aloud(attendee.name or "") or speaker.book.say("somebody")
    return speaker.book.sentences(speaker.book.say(_RESPONSES[attendee.response], name=name))


def found(speaker: Speaker, page: Page[Event], *, of_somebody: bool) -> str:
    """Return what to say of events that were looked for.

    Args:
        speaker: Who says it.
        page: What was found.
        of_somebody: Whether one person's events were looked for: the caller's.
    """
    if not page.items:
        return speaker.book.say("no_booking")
    events = speaker.book.joined([_listed(speaker, one) for one in page.items[:_MOST]], "standard")
    key = "many" if page.next_cursor else "yours" if of_somebody else "found"
    return speaker.book.sentences(speaker.book.counted(key, len(page.items), events=events))


def _listed(speaker: Speaker, event: Event) -> str:
    first = None if event.days is None else speaker.day(event.days.first_date)
    when = first or speaker.moment(event.interval.start)
    return speaker.book.say("listed", title=_title(speaker, event, _SHORT), when=when)


def calendars(speaker: Speaker, found: Sequence[Calendar]) -> str:
    """Return what to say of calendars that were looked for."""
    if not found:
        return speaker.book.say("no_calendar")
    names = [said_name(speaker, calendar) for calendar in found[:_MOST]]
    told = speaker.book.joined(names, "standard")
    return speaker.book.sentences(speaker.book.counted("calendars", len(found), names=told))


def which_calendar(speaker: Speaker, found: Sequence[Calendar]) -> str:
    """Return the question on which calendar it is to be."""
    if len(found) > _MOST:
        return speaker.book.say("which_calendar")
    names = [said_name(speaker, calendar) for calendar in found]
    told = speaker.book.say("which", options=speaker.book.joined(names, "or"))
    return speaker.book.sentences(told)


def calendar(key: str, speaker: Speaker, calendar: Calendar) -> str:
    """Return what to say of what was done to a calendar."""
    told = speaker.book.say(key, name=said_name(speaker, calendar))
    return speaker.book.sentences(told)


def rule_added(speaker: Speaker, of: Calendar, rule: Rule) -> str:
    """Return what to say of a new availability rule."""
    return calendar("opened" if rule.available else "closed", speaker, of)


def said_name(speaker: Speaker, calendar: Calendar) -> str:
    """Return a calendar's name as it can be said."""
    return aloud(calendar.name) or speaker.book.say("unnamed")


def _title(speaker: Speaker, event: Event, most: int = 40) -> str:
    return aloud(event.title, most) or speaker.book.say("untitled")


def _when(speaker: Speaker, event: Event) -> str:
    if event.days is not None:
        return speaker.days(event.days)
    return speaker.moment(event.interval.start)


def _event(speaker: Speaker, event: Event) -> str:
    """Return when an event is, and with whom."""
    when = _when(speaker, event)
    named = (aloud(attendee.name or "") for attendee in event.attendees)
    people = [name for name in named if name][:_MOST_PEOPLE]
    if not people:
        return when
    book = speaker.book
    return book.say("with_people", when=when, people=book.joined(people, "standard"))


def _of_event(key: str, speaker: Speaker, event: Event) -> str:
    told = speaker.book.say(key, event=_event(speaker, event))
    return speaker.book.sentences(told)


def _with_code(key: str, speaker: Speaker, event: Event) -> str:
    spoken = spelled(code(Kind.EVENT, event.id))
    told = speaker.book.say(key, event=_event(speaker, event), code=spoken)
    return speaker.book.sentences(told)
