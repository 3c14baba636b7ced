"""Booking, reading, moving, cancelling and answering events."""

from functools import partial
from typing import Any

from pydantic import Field

from sched_agent.backends.base import Backend
from sched_agent.errors import InvalidArgument
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller, Level
from sched_agent.model.days import Days
from sched_agent.model.event import BLOCK_TYPE, MAX_HOLD_SECONDS, Change, Draft, Event, EventFilter
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.owner import Owner, OwnerType, owner
from sched_agent.model.page import read_cursor
from sched_agent.model.status import Status
from sched_agent.model.zone import local_day, on_the_clock, zone
from sched_agent.speech.iso import Moment
from sched_agent.speech.language import Language
from sched_agent.speech.phrasing import quoted
from sched_agent.speech.saying import Speaker
from sched_agent.tools import telling
from sched_agent.tools.answers import Answer, EventOutput, say_event
from sched_agent.tools.arguments import (
    ActorId,
    Attendees,
    Id,
    Ids,
    Minutes,
    OwnerTypeName,
    RequestId,
    ResponseName,
    Spoken,
    StatusName,
    Tag,
    Text,
    TimeText,
    Title,
    ToolInput,
    Version,
    event_number,
)
from sched_agent.tools.calendars import the_calendar, the_calendars, the_speaker
from sched_agent.tools.registry import Result, tool
from sched_agent.tools.times import Listener, helped

_DEFAULT_MINUTES = 30


class EventAnswer(Answer):
    """One event."""

    event: EventOutput
    already_cancelled: bool | None = None
    notes: list[str] = Field(default_factory=list)


class EventsAnswer(Answer):
    """A page of events."""

    events: list[EventOutput]
    next_cursor: str | None = None


class CreateEvent(ToolInput):
    """Arguments of `create_event`."""

    title: Title
    start_at: TimeText = Field(
        description="A slot's start_at, ISO 8601 or the caller's words (Tuesday at half past three)"
    )
    end_at: TimeText | None = None
    duration_minutes: Minutes | None = Field(None, description="Instead of end_at; default 30")
    timezone: str | None = None
    all_day: bool = Field(
        False, description="start_at is a date, end_at the one after the last (default: one day)"
    )
    calendar_id: Id | None = Field(None, description="May be left out if there is only one")
    description: Text | None = None
    location: Text | None = None
    status: StatusName | None = Field(None, description="Default: confirmed")
    type: Tag = Field("meeting", description="Free tag; block: only takes time, unchecked")
    attendees: Attendees = Field([], description="Each with name, email or phone")
    owner_type: OwnerTypeName | None = None
    owner_id: ActorId | None = Field(None, description="With owner_type")
    created_by: ActorId | None = Field(None, description="User id")
    hold_minutes: int | None = Field(
        None,
        ge=1,
        le=MAX_HOLD_SECONDS // 60,
        description="Hold it tentatively; frees itself after this",
    )
    request_id: RequestId = None
    language: Spoken = Field(description="Of say: en, pt-BR or es")


@tool("Book an event", output=EventAnswer, level=Level.WRITE)
def create_event(backend: Backend, caller: Caller, arguments: CreateEvent) -> Result:
    """Book an event, or with hold_minutes hold the time while the caller decides.

    Refused if the time is taken or against a booking rule; the error names the nearest free times.
    """
    calendar = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    days, interval, notes = _when(backend, caller, arguments, calendar)
    default = Status.TENTATIVE if arguments.hold_minutes else Status.CONFIRMED
    draft = Draft(
        title=arguments.title,
        interval=interval,
        days=days,
        description=arguments.description,
        location=arguments.location,
        status=Status(arguments.status) if arguments.status else default,
        type=arguments.type,
        attendees=tuple(attendee.value() for attendee in arguments.attendees),
        owner=_owner(arguments.owner_type, arguments.owner_id),
        created_by=arguments.created_by,
        hold_seconds=arguments.hold_minutes and arguments.hold_minutes * 60,
    )
    event = backend.book(caller, calendar.id, draft, request_id=arguments.request_id)
    verb, note = _made(event)
    if note:
        notes += (note,)
    speaker = _speaker(backend, arguments.language, calendar, arguments.timezone)
    say = telling.made(speaker, event)
    return _answer(say, calendar, event, [f"{verb}: {say_event(calendar, event)}."], notes)


def _when(
    backend: Backend, caller: Caller, arguments: CreateEvent, calendar: Calendar
) -> tuple[Days | None, Interval, tuple[str, ...]]:
    """Return the days or the instants of a new event, and what had to be assumed."""
    listener = _listener(backend, caller, arguments, calendar)
    if arguments.all_day:
        _no_duration(arguments.duration_minutes, "all_day")
        days = listener.days(arguments.start_at, field="start_at")
        if arguments.end_at is not None:
            days = Days(days.first, listener.days(arguments.end_at, field="end_at").first)
        return days, days.interval(calendar.zone), ()
    length = (arguments.duration_minutes or _DEFAULT_MINUTES) * MINUTE
    with helped(backend, caller, [calendar], calendar.zone, length):
        start = listener.start(arguments.start_at, field="start_at")
        end = _end(arguments.end_at, arguments.duration_minutes, listener, start.at)
    if end is not None:
        return None, Interval(start.at, end.at), (*start.notes, *end.notes)
    ends = start.end
    if ends is None or arguments.duration_minutes is not None:
        ends = start.at + length
    return None, Interval(start.at, ends), start.notes


def _made(event: Event) -> tuple[str, str | None]:
    """Return what was done by making an event, and what to know about it."""
    if event.status is Status.CANCELLED:
        return "Noted as cancelled", None
    if event.type == BLOCK_TYPE:
        return "Blocked", "A block only takes time; other events may lie there already."
    if event.hold_expires_at is not None:
        return "Held", 'Confirm with update_event status="confirmed"; release with cancel_event.'
    return "Booked", None


class GetEvent(ToolInput):
    """Arguments of `get_event`."""

    event_id: Id = Field(description="Such as evt_7k3m9q")
    language: Spoken


@tool("Read an event", output=EventAnswer)
def get_event(backend: Backend, caller: Caller, arguments: GetEvent) -> Result:
    """Read one event: time, status, people, version."""
    calendar, event = backend.event(caller, event_number(arguments.event_id))
    lines = [f"{say_event(calendar, event)}, version {event.version}."]
    notes = {"description": event.description, "location": event.location}
    notes["cancel_reason"] = event.cancel_reason
    lines += [f"{name}: {quoted(words)}" for name, words in notes.items() if words]
    say = telling.as_it_is(_speaker(backend, arguments.language, calendar), event)
    return _answer(say, calendar, event, lines)


class ListEvents(ToolInput):
    """Arguments of `list_events`."""

    calendar_ids: Ids | None = Field(None, description="Default: all calendars")
    from_: TimeText | None = Field(
        None, alias="from", description="ISO or words; default: today, with attendee: now"
    )
    to: TimeText | None = None
    timezone: str | None = None
    status: StatusName | None = Field(None, description="Default: all but cancelled")
    attendee: str | None = Field(
        None, min_length=1, max_length=200, description="Name, e-mail or phone"
    )
    query: str | None = Field(
        None, min_length=1, max_length=200, description="Words in title, notes, location"
    )
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=100, description="next_cursor")
    language: Spoken


@tool("List events", output=EventsAnswer)
def list_events(backend: Backend, caller: Caller, arguments: ListEvents) -> Result:
    """Find events by time, person or words, earliest first: for example a caller's booking."""
    calendars = {c.id: c for c in the_calendars(backend, caller, arguments.calendar_ids)}
    first = next(iter(calendars.values()))
    in_zone = first.zone if arguments.timezone is None else zone(arguments.timezone)
    speaker = the_speaker(arguments.language, in_zone, calendars.values(), backend.now())
    listener = Listener(speaker, backend.now)
    start = end = None
    if arguments.to is not None:
        end, _ = listener.bound(arguments.to, field="to", is_end=True)
    if arguments.from_ is not None:
        start, _ = listener.bound(arguments.from_, field="from", is_end=False)
    elif end is None or end > backend.now():
        start = backend.now()  # somebody's next booking is the first
        if arguments.attendee is None:
            start = on_the_clock(local_day(start, in_zone), 0, in_zone)
    if start is not None and end is not None and end <= start:
        raise InvalidArgument("to must be after from.", fields={"to": "must be after from"})
    shown = {Status(arguments.status)} if arguments.status else set(Status) - {Status.CANCELLED}
    wanted = EventFilter(
        calendar_ids=tuple(calendars),
        starts_from=start,
        ends_until=end,
        statuses=frozenset(shown),
        attendee=arguments.attendee,
        query=arguments.query,
        after=_position(arguments.cursor),
    )
    page = backend.events(caller, wanted, arguments.limit)
    lines = [say_event(calendars[event.calendar_id], event) for event in page.items]
    if page.next_cursor:
        lines.append(f"More: cursor {page.next_cursor}")
    if not lines and arguments.from_ is None:
        lines.append("For past ones send from.")
    data = EventsAnswer(
        say=telling.found(speaker, page, of_somebody=arguments.attendee is not None),
        events=[EventOutput.of(calendars[event.calendar_id], event) for event in page.items],
        next_cursor=page.next_cursor,
    )
    return Result(data, lines)


class UpdateEvent(ToolInput):
    """Arguments of `update_event`. What is left out stays."""

    event_id: Id
    title: Title | None = None
    start_at: TimeText | None = Field(None, description="ISO or words. Keeps the length")
    end_at: TimeText | None = None
    duration_minutes: Minutes | None = None
    timezone: str | None = None
    all_day: bool = Field(False, description="start_at and end_at are dates")
    description: Text | None = Field(None, description='"" clears it')
    location: Text | None = Field(None, description='"" clears it')
    status: StatusName | None = Field(None, description="confirmed confirms a hold")
    type: Tag | None = None
    attendees: Attendees | None = Field(None, description="The whole new list")
    owner_type: OwnerTypeName | None = None
    owner_id: ActorId | None = None
    if_version: Version = None
    request_id: RequestId = None
    language: Spoken


@tool("Change an event", output=EventAnswer, level=Level.WRITE, idempotent=True)
def update_event(backend: Backend, caller: Caller, arguments: UpdateEvent) -> Result:
    """Move or change an event, or confirm a hold. A new time is checked like a new booking."""
    event_id = event_number(arguments.event_id)
    calendar, event = backend.event(caller, event_id)
    change, notes = _change(backend, caller, arguments, calendar, event)
    revised = backend.revise(
        caller,
        event_id,
        change,
        if_version=arguments.if_version,
        request_id=arguments.request_id,
    )
    verb = "Changed" if revised.changed else "Nothing to change"
    told = f"{verb}: {say_event(calendar, revised.event)}."
    say = telling.revised(
        _speaker(backend, arguments.language, calendar, arguments.timezone),
        event,
        revised,
        confirming=arguments.status == Status.CONFIRMED.value,
    )
    return _answer(say, calendar, revised.event, [told], notes)


def _change(
    backend: Backend, caller: Caller, arguments: UpdateEvent, calendar: Calendar, event: Event
) -> tuple[Change, tuple[str, ...]]:
    """Return what to change, and what had to be assumed."""
    fields, start_at, end_at = _changed_fields(arguments), arguments.start_at, arguments.end_at
    listener = _listener(backend, caller, arguments, calendar)
    if arguments.all_day:
        _no_duration(arguments.duration_minutes, "all_day")
        first = None if start_at is None else listener.days(start_at, field="start_at").first
        end_day = None if end_at is None else listener.days(end_at, field="end_at").first
        return event.to_days(fields, first, end_day, calendar.zone), ()
    start = None
    with helped(backend, caller, [calendar], calendar.zone, event.interval.length):
        if start_at is not None:
            start = listener.start(start_at, field="start_at")
        begins = start.at if start else event.interval.start
        end = _end(end_at, arguments.duration_minutes, listener, begins)
    length = arguments.duration_minutes
    ends = end.at if end else start.end if start and not length else None
    change = Change(
        fields=fields,
        start=start.at if start else None,
        end=ends,
        length=length * MINUTE if length else None,
    )
    return change, (*(start.notes if start else ()), *(end.notes if end else ()))


class CancelEvent(ToolInput):
    """Arguments of `cancel_event`."""

    event_id: Id
    reason: Text | None = None
    if_version: Version = None
    request_id: RequestId = None
    language: Spoken


@tool("Cancel an event", output=EventAnswer, level=Level.WRITE, destructive=True, idempotent=True)
def cancel_event(backend: Backend, caller: Caller, arguments: CancelEvent) -> Result:
    """Cancel an event, or release a hold; its time is free again. Cancelling is final."""
    event_id = event_number(arguments.event_id)
    calendar, _ = backend.event(caller, event_id)  # before the act: after it nothing may fail
    cancelled = backend.cancel(
        caller,
        event_id,
        reason=arguments.reason,
        if_version=arguments.if_version,
        request_id=arguments.request_id,
    )
    verb = "Already cancelled" if cancelled.already else "Cancelled"
    event = cancelled.event
    data = EventAnswer(
        say=telling.cancelled(_speaker(backend, arguments.language, calendar), cancelled),
        event=EventOutput.of(calendar, event),
        already_cancelled=cancelled.already,
    )
    return Result(data, [f"{verb}: {say_event(calendar, event)}."])


class RespondToEvent(ToolInput):
    """Arguments of `respond_to_event`."""

    event_id: Id
    attendee: str = Field(min_length=1, max_length=254, description="Name, e-mail or phone")
    response: ResponseName
    request_id: RequestId = None
    language: Spoken


@tool("Answer an invitation", output=EventAnswer, level=Level.WRITE, idempotent=True)
def respond_to_event(backend: Backend, caller: Caller, arguments: RespondToEvent) -> Result:
    """Write down an attendee's answer to the invitation: whether they come."""
    event_id = event_number(arguments.event_id)
    calendar, _ = backend.event(caller, event_id)  # before the act: after it nothing may fail
    event = backend.respond(
        caller,
        event_id,
        arguments.attendee,
        Response(arguments.response),
        request_id=arguments.request_id,
    )
    answer = f"{quoted(arguments.attendee)} {arguments.response}"
    speaker = _speaker(backend, arguments.language, calendar)
    said = Attendee(name=arguments.attendee, response=Response(arguments.response))
    fitting = partial(Attendee.fits, who=arguments.attendee, country=calendar.country)
    say = telling.responded(speaker, max(event.attendees, key=fitting, default=said))
    return _answer(say, calendar, event, [f"Noted, {answer}: {say_event(calendar, event)}."])


def _speaker(
    backend: Backend, language: Language, calendar: Calendar, timezone: str | None = None
) -> Speaker:
    in_zone = calendar.zone if timezone is None else zone(timezone)
    return the_speaker(language, in_zone, [calendar], backend.now())


def _listener(
    backend: Backend, caller: Caller, arguments: CreateEvent | UpdateEvent, calendar: Calendar
) -> Listener:
    """Return who reads the times of a write: a repetition means what the first try meant."""
    request_id = arguments.request_id
    said = (type(arguments).__name__, arguments.start_at, arguments.end_at)

    def heard_at() -> int:
        return backend.now() if request_id is None else backend.heard_at(caller, request_id, said)

    speaker = _speaker(backend, arguments.language, calendar, arguments.timezone)
    return Listener(speaker, heard_at)


def _answer(
    say: str, calendar: Calendar, event: Event, lines: list[str], notes: tuple[str, ...] = ()
) -> Result:
    data = EventAnswer(say=say, event=EventOutput.of(calendar, event), notes=list(notes))
    return Result(data, [*lines, *notes])


def _end(end_at: str | None, duration: int | None, listener: Listener, start: int) -> Moment | None:
    if end_at is None:
        return None
    _no_duration(duration, "end_at")
    return listener.end(end_at, start, field="end_at")


def _no_duration(duration: int | None, beside: str) -> None:
    if duration is not None:
        raise InvalidArgument(
            f"{beside} and duration_minutes exclude each other.",
            hint="Send one of the two.",
            fields={"duration_minutes": f"excludes {beside}"},
        )


def _owner(owner_type: OwnerTypeName | None, owner_id: str | None) -> Owner | None:
    return owner(OwnerType(owner_type) if owner_type else None, owner_id)


def _changed_fields(arguments: UpdateEvent) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in ("title", "type"):
        if (value := getattr(arguments, name)) is not None:
            fields[name] = value
    for name in ("description", "location"):
        if (value := getattr(arguments, name)) is not None:
            fields[name] = value or None
    if arguments.status is not None:
        fields["status"] = Status(arguments.status)
    if arguments.attendees is not None:
        fields["attendees"] = tuple(attendee.value() for attendee in arguments.attendees)
    if new_owner := _owner(arguments.owner_type, arguments.owner_id):
        fields["owner"] = new_owner
    return fields


def _position(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    start, event_id = read_cursor(cursor, 2)
    return start, event_id
