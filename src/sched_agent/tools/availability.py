"""Asking when calendars are free."""

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from sched_agent.backends.base import Backend
from sched_agent.errors import InvalidArgument
from sched_agent.model import zone
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.ids import Kind, code
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.slot import Daily
from sched_agent.services.availability import Answer, Match, Question
from sched_agent.speech.iso import When
from sched_agent.speech.phrasing import say_interval, say_moment, say_stretch, why_not
from sched_agent.tools import answers, offers
from sched_agent.tools.answers import Output, SlotOutput, closed_by, iso, iso_now
from sched_agent.tools.arguments import Ids, Spoken, TimeText, ToolInput
from sched_agent.tools.calendars import say_calendar, the_calendars, the_speaker
from sched_agent.tools.registry import Result, tool
from sched_agent.tools.times import Listener, helped

_DEFAULT_DAYS = 14
_LONGEST_DAYS = 366


class CheckAvailability(ToolInput):
    """Arguments of `check_availability`."""

    calendar_ids: Ids | None = Field(None, description="Default: all calendars")
    when: TimeText | None = Field(
        None,
        description="The caller's words as they were said (next Tuesday afternoon), or ISO 8601: "
        "date, start time or start/end",
    )
    from_: TimeText | None = Field(None, alias="from", description="Instead of when; default: now")
    to: TimeText | None = Field(None, description="Default: 14 days later")
    duration_minutes: int = Field(30, ge=1, le=1440)
    timezone: str | None = Field(
        None, description="The caller's IANA zone; default: the calendar's"
    )
    match: Literal["any", "all"] = Field("any", description="all: every calendar free at once")
    limit: int = Field(3, ge=1, le=50)
    language: Spoken = Field(description="Of say: en, pt-BR or es")


class ReadCalendar(Output):
    """When a calendar was read, or why it could not be: then nothing is known of its time."""

    calendar_id: str
    as_of: str | None = None
    unknown: str | None = None


class AvailabilityOutput(answers.Answer):
    """Free times."""

    now: str = Field(description="What time it is, in timezone")
    available: bool = Field(description="Whether what was asked for is free")
    reason: str | None = Field(None, description="Why nothing is free")
    because: str | None = Field(None, description="reason more exactly")
    slots: list[SlotOutput] = Field(description="Free times, earliest first")
    more: bool = Field(description="Whether there are more than limit")
    alternatives: list[SlotOutput] | None = Field(
        None, description="If nothing is free: near times, best first"
    )
    searched_from: str
    searched_to: str
    timezone: str = Field(description="Of all times here")
    duration_minutes: int
    calendars: list[ReadCalendar] = Field(description="How fresh each one's data is")
    notes: list[str] = Field(default_factory=list)


@tool("Check availability", output=AvailabilityOutput)
def check_availability(backend: Backend, caller: Caller, arguments: CheckAvailability) -> Result:
    """Find free times, or ask whether one exact time is free.

    Call it before offering or booking a time. Offer only what it returns; send a slot's start_at
    to create_event. If nothing is free it says why, and which times are near.
    """
    calendars = the_calendars(backend, caller, arguments.calendar_ids)
    in_zone = calendars[0].zone if arguments.timezone is None else zone.zone(arguments.timezone)
    now = backend.now()
    speaker = the_speaker(arguments.language, in_zone, calendars, now)
    length = arguments.duration_minutes * MINUTE
    with helped(backend, caller, calendars, in_zone, length):
        when = _stretch(arguments, Listener(speaker, backend.now))
    answer = backend.free(
        caller,
        Question(
            calendar_ids=tuple(calendar.id for calendar in calendars),
            within=when.interval,
            length=when.length,
            exact=when.exact,
            match=Match(arguments.match),
            limit=arguments.limit + 1,
            daily=Daily(*when.daily, in_zone) if when.daily else None,
        ),
    )
    return _result(arguments, when, answer, (in_zone, now))


def _stretch(arguments: CheckAvailability, listener: Listener) -> When:
    length = arguments.duration_minutes * MINUTE
    start, end = arguments.from_, arguments.to
    if arguments.when is not None:
        if start is not None or end is not None:
            raise InvalidArgument(
                "when can't be combined with from and to.",
                hint="Send either when, or from and to.",
                fields={"when": "excludes from and to"},
            )
        asked = length if "duration_minutes" in arguments.model_fields_set else None
        when = listener.when(arguments.when, length=asked, default=length)
    else:
        begins, notes = (
            (listener.speaker.now, ())
            if start is None
            else listener.bound(start, field="from", is_end=False)
        )
        ends, more = (
            (begins + _DEFAULT_DAYS * DAY, ())
            if end is None
            else listener.bound(end, field="to", is_end=True)
        )
        if ends <= begins:
            raise InvalidArgument("to must be after from.", fields={"to": "must be after from"})
        within = Interval(begins, ends)
        when = When(within, exact=False, notes=(*notes, *more), length=length)
    if when.interval.length > _LONGEST_DAYS * DAY:
        raise InvalidArgument(
            f"One question covers {_LONGEST_DAYS} days at most.", hint="Ask about a shorter time."
        )
    return when


def _result(
    arguments: CheckAvailability, when: When, answer: Answer, here_and_now: tuple[ZoneInfo, int]
) -> Result:
    in_zone, now = here_and_now
    slots = answer.slots[: arguments.limit]
    several = len(answer.calendars) > 1
    speaker = the_speaker(arguments.language, in_zone, answer.calendars, now)
    near = [SlotOutput.within(slot, in_zone, of_several=several) for slot in answer.alternatives]
    data = AvailabilityOutput(
        say=offers.availability(speaker, answer, slots, exact=when.exact),
        now=iso_now(now, in_zone),
        available=bool(slots),
        reason=answer.refusal.code if answer.refusal else None,
        because=answer.reason.because if answer.reason else None,
        slots=[SlotOutput.within(slot, in_zone, of_several=several) for slot in slots],
        more=len(answer.slots) > len(slots),
        alternatives=None if slots else near,
        searched_from=iso(when.interval.start, in_zone),
        searched_to=iso(when.interval.end, in_zone),
        timezone=in_zone.key,
        duration_minutes=when.length // MINUTE,
        calendars=[_read(calendar, answer, in_zone) for calendar in answer.calendars],
        notes=list(when.notes),
    )
    clock = f"It is {say_moment(now, in_zone)} now."
    return Result(data, [*_told(when, answer, data), *_told_unknown(answer), *when.notes, clock])


def _read(calendar: Calendar, answer: Answer, in_zone: ZoneInfo) -> ReadCalendar:
    fault, at = answer.unreadable.get(calendar.id), answer.as_of.get(calendar.id)
    return ReadCalendar(
        calendar_id=code(Kind.CALENDAR, calendar.id),
        as_of=None if at is None else iso_now(at, in_zone),
        unknown=None if fault is None else f"{fault.code}: {fault.message}",
    )


def _told_unknown(answer: Answer) -> list[str]:
    """Return a line for each calendar that could not be read: it may be free or not."""
    known = {calendar.id: calendar for calendar in answer.calendars}
    return [
        f"Not known: {say_calendar(known[number])} can't be read now ({fault.code}); "
        "do not offer it as free."
        for number, fault in answer.unreadable.items()
    ]


def _told(when: When, answer: Answer, data: AvailabilityOutput) -> Sequence[str]:
    """Return what the sentence for the caller leaves out: why, and each slot's start to send."""
    starts = [_start(slot) for slot in data.slots or data.alternatives or ()]
    if data.slots and when.exact:
        return [f"Free ({data.timezone}), start_at:", *starts]
    if data.slots:
        more = ["More: narrow when, or raise limit."] if data.more else []
        header = f"Free for {data.duration_minutes} minutes ({data.timezone}), start_at:"
        return [header, *starts, *more]
    in_zone = zone.zone(data.timezone)
    why = ": no slot of the calendar fits in there"
    if when.daily:
        why = " at the times of day that were asked for"
    elif answer.refusal and answer.reason:
        why = f": {why_not(answer.reason, in_zone)} ({answer.refusal.code})"
    asked = (say_interval if when.exact else say_stretch)(when.interval, in_zone)
    lines = [f"Not free: {asked}{why}." if when.exact else f"Nothing is free {asked}{why}."]
    lines += closed_by(answer.reason)
    if not starts:
        return [*lines, "No free time was found in the 60 days around it either."]
    return [*lines, f"Nearest free times ({data.timezone}), start_at:", *starts]


def _start(slot: SlotOutput) -> str:
    free = f" [{', '.join(slot.calendar_ids)}]" if slot.calendar_ids else ""
    return f"- {slot.weekday} {slot.start_at}{free}"
