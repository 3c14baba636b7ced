"""What tools answer: values for programs and, in `say`, text for the model."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sched_agent.errors import SchedAgentError, Stale
from sched_agent.model import zone
from sched_agent.model.attendee import Attendee
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Kind, code
from sched_agent.model.interval import SECOND
from sched_agent.model.reason import Reason
from sched_agent.model.slot import Slot
from sched_agent.model.status import Status
from sched_agent.model.text import clean, cleaned
from sched_agent.speech.phrasing import quoted, say_days, say_interval, say_moment, weekday


class Output(BaseModel):
    """A part of an answer; what is not known is left out."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_hidden(cls, given: object) -> object:
        return cleaned(given)


class Answer(Output):
    """What a tool answers."""

    say: str = Field(description="For the caller: can be said as it stands")


class AttendeeOutput(Output):
    """An invited person."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    response: str

    @classmethod
    def of(cls, attendee: Attendee) -> "AttendeeOutput":
        """Return an attendee for the answer."""
        return cls(
            name=attendee.name,
            email=attendee.email,
            phone=attendee.phone,
            response=attendee.response.value,
        )


class EventOutput(Output):
    """An event; its times carry the offset of `timezone`."""

    id: str
    calendar_id: str
    calendar: str = Field(description="The calendar's name")
    title: str
    start_at: str = Field(description="All-day: a date")
    end_at: str = Field(description="All-day: the date after the last")
    all_day: bool | None = None
    weekday: str
    timezone: str
    status: str
    type: str
    description: str | None = None
    location: str | None = None
    attendees: list[AttendeeOutput] = []
    owner_type: str | None = None
    owner_id: str | None = None
    created_by: str | None = None
    hold_expires_at: str | None = None
    cancel_reason: str | None = None
    meeting_url: str | None = None
    sync: str | None = Field(None, description="How it stands with the connected calendar")
    version: int

    @classmethod
    def of(cls, calendar: Calendar, event: Event) -> "EventOutput":
        """Return an event for the answer, in its calendar's zone."""
        in_zone, owner = calendar.zone, event.owner
        start_at, end_at = times(event, in_zone)
        expires = event.hold_expires_at
        return cls(
            id=code(Kind.EVENT, event.id),
            calendar_id=code(Kind.CALENDAR, calendar.id),
            calendar=calendar.name,
            title=event.title,
            start_at=start_at,
            end_at=end_at,
            all_day=True if event.days else None,
            weekday=weekday(event.interval.start, in_zone),
            timezone=calendar.timezone,
            status=event.status.value,
            type=event.type,
            description=event.description,
            location=event.location,
            attendees=[AttendeeOutput.of(attendee) for attendee in event.attendees],
            owner_type=owner.type.value if owner else None,
            owner_id=owner.id if owner else None,
            created_by=event.created_by,
            hold_expires_at=None if expires is None else iso(expires, in_zone),
            cancel_reason=event.cancel_reason,
            meeting_url=event.meeting.url if event.meeting else None,
            sync=event.sync.value if event.sync else None,
            version=event.version,
        )


class SlotOutput(Output):
    """A free time and the calendars that are free then."""

    start_at: str
    end_at: str
    weekday: str
    timezone: str | None = Field(None, description="If the answer has no other")
    calendar_ids: list[str] | None = Field(None, description="Of several: those free then")

    @classmethod
    def of(cls, slot: Slot) -> "SlotOutput":
        """Return a slot that stands for itself, in its calendar's zone."""
        shown = zone.zone(slot.timezone)
        told = cls.within(slot, shown, of_several=True)
        return told.model_copy(update={"timezone": shown.key})

    @classmethod
    def within(cls, slot: Slot, in_zone: ZoneInfo, *, of_several: bool) -> "SlotOutput":
        """Return a slot for an answer that names the zone, and the calendar if there is only one.

        Args:
            slot: The slot.
            in_zone: The answer's zone.
            of_several: Whether there were several calendars, so that it must say which is free.
        """
        free = [code(Kind.CALENDAR, number) for number in slot.calendar_ids]
        return cls(
            start_at=iso(slot.interval.start, in_zone),
            end_at=iso(slot.interval.end, in_zone),
            weekday=weekday(slot.interval.start, in_zone),
            calendar_ids=free if of_several else None,
        )


class TimeOutput(Output):
    """A time that words may mean; a stretch of it has an end."""

    start_at: str
    end_at: str | None = None
    weekday: str
    line: str = Field(exclude=True)


def times(event: Event, in_zone: ZoneInfo) -> tuple[str, str]:
    """Return start and end: date-times with the zone's offset, or the dates of whole days."""
    if event.days:
        return event.days.first_date.isoformat(), event.days.end_date.isoformat()
    return iso(event.interval.start, in_zone), iso(event.interval.end, in_zone)


def iso(at: int, in_zone: ZoneInfo) -> str:
    """Return an instant as ISO 8601 with the zone's offset."""
    return zone.local(at, in_zone).isoformat()


def iso_now(now: int, in_zone: ZoneInfo) -> str:
    """Return what time it is, to the second."""
    return iso(now - now % SECOND, in_zone)


def say_event(calendar: Calendar, event: Event) -> str:
    """Return one line with title, time, zone, id and status."""
    zone_ = calendar.zone
    when = say_days(event.days, zone_) if event.days else say_interval(event.interval, zone_)
    held = ""
    if event.hold_expires_at is not None and event.status is Status.TENTATIVE:
        held = f", held until {say_moment(event.hold_expires_at, calendar.zone)}"
    people = ", ".join(quoted(a.name or a.email or a.phone or "", 60) for a in event.attendees[:5])
    invited = f", with {people}" if people else ""
    name = code(Kind.EVENT, event.id)
    synced = f", {_SYNC[event.sync]}" if event.sync in _SYNC else ""
    return f"{quoted(event.title)} {when}{invited} [{name}, {event.status}{held}{synced}]"


_SYNC = {
    SyncState.PENDING: "saved here, the connected calendar is told next",
    SyncState.UNSEEN: "not final: the connected calendar could not be asked yet",
    SyncState.CONFLICT: "overlaps another event in the connected calendar",
    SyncState.FAILED: "the connected calendar did not take it",
}
"""What a model has to know of an event that does not say the same on both sides."""


def say_slots(slots: Iterable[Slot]) -> str:
    """Return slots a line each, with weekday, local time, zone and the start to send back."""
    zoned = ((slot.interval, zone.zone(slot.timezone)) for slot in slots)
    return "\n".join(
        f"- {say_interval(one, shown)}: {iso(one.start, shown)}" for one, shown in zoned
    )


def say_error(error: SchedAgentError) -> str:
    """Return what a model reads of an error: what happened, what to do, what is free instead."""
    lines = [f"{error.code}: {error.message}", error.hint]
    lines += closed_by(error.reason)
    if isinstance(error, Stale):
        lines.append(f"Now: {say_event(error.calendar, error.event)}")
    lines += [f"- {one.line}" for one in error.candidates]
    if error.alternatives:
        lines.append(f"Nearest free times:\n{say_slots(error.alternatives)}")
    if error.say:
        lines.append(f"Say: {error.say}")
    return clean("\n".join(line for line in lines if line))


def error_data(error: SchedAgentError) -> dict[str, Any]:
    """Return what a program reads of an error."""
    data: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    if error.say:
        data["say"] = error.say
    if error.fields:
        data["fields"] = error.fields
    if error.candidates:
        data["candidates"] = [one.model_dump(exclude_none=True) for one in error.candidates]
    if error.reason:
        data["reason"] = reason_data(error.reason)
    if error.alternatives:
        data["alternatives"] = slots_data(error.alternatives)
    if isinstance(error, Stale):
        now = EventOutput.of(error.calendar, error.event)
        data["current"] = now.model_dump(mode="json", exclude_none=True)
    return {name: cleaned(value) for name, value in data.items()}


def closed_by(reason: Reason | None) -> list[str]:
    """Return a line that names the rule that is the reason, if one is and it has a name."""
    return [f"Closed by the rule {quoted(reason.rule)}."] if reason and reason.rule else []


def reason_data(reason: Reason) -> dict[str, Any]:
    """Return as plain data why a time can't be had."""
    known = {"because": reason.because.value, "limit": reason.limit, "rule": reason.rule}
    return {name: value for name, value in known.items() if value is not None}


def slots_data(slots: Sequence[Slot]) -> list[dict[str, Any]]:
    """Return slots as plain data."""
    return [SlotOutput.of(slot).model_dump(exclude_none=True) for slot in slots]
