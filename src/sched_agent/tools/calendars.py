"""Finding calendars."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from pydantic import Field

from sched_agent.backends.base import Backend
from sched_agent.errors import InvalidArgument, UnknownCalendar
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.ids import Kind, code
from sched_agent.model.page import read_cursor
from sched_agent.model.zone import zone
from sched_agent.speech.language import Language
from sched_agent.speech.phrasing import quoted, say_moment
from sched_agent.speech.saying import Speaker
from sched_agent.tools import telling
from sched_agent.tools.answers import Answer, Output, iso_now
from sched_agent.tools.arguments import Spoken, ToolInput, calendar_number
from sched_agent.tools.registry import Result, tool


class ListCalendars(ToolInput):
    """Arguments of `list_calendars`."""

    query: str | None = Field(None, max_length=255, description="Part of the name")
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=100, description="next_cursor")
    language: Spoken


class CalendarOutput(Output):
    """A calendar."""

    id: str
    name: str
    timezone: str
    description: str | None = None
    owner_id: str | None = None
    availability: str = Field(description="rules: open inside its rules; open: unless blocked")
    double_booking: str
    slot_step_minutes: int | None = None
    buffer_before_minutes: int
    buffer_after_minutes: int
    min_notice_minutes: int
    max_days_ahead: int | None = None
    max_events_per_day: int | None = None
    max_attendees: int | None = None

    @classmethod
    def of(cls, calendar: Calendar) -> "CalendarOutput":
        """Return a calendar for the answer."""
        policy = calendar.policy
        return cls(
            id=code(Kind.CALENDAR, calendar.id),
            name=calendar.name,
            timezone=calendar.timezone,
            description=calendar.description,
            owner_id=calendar.owner_id,
            availability=policy.availability.value,
            double_booking=policy.double_booking.value,
            slot_step_minutes=policy.slot_step_minutes,
            buffer_before_minutes=policy.buffer_before_minutes,
            buffer_after_minutes=policy.buffer_after_minutes,
            min_notice_minutes=policy.min_notice_minutes,
            max_days_ahead=policy.max_days_ahead,
            max_events_per_day=policy.max_events_per_day,
            max_attendees=policy.max_attendees,
        )


class CalendarsOutput(Answer):
    """A page of calendars."""

    now: str = Field(description="What time it is, in the first one's zone")
    calendars: list[CalendarOutput]
    next_cursor: str | None = None


@tool("List calendars", output=CalendarsOutput)
def list_calendars(backend: Backend, caller: Caller, arguments: ListCalendars) -> Result:
    """List the calendars that can be booked: id, name, time zone, booking rules."""
    after = read_cursor(arguments.cursor, 1)[0] if arguments.cursor else 0
    page = backend.calendars(caller, query=arguments.query, limit=arguments.limit, after=after)
    lines = [say_calendar(calendar) for calendar in page.items]
    if page.next_cursor:
        lines.append(f"More: cursor {page.next_cursor}")
    in_zone = page.items[0].zone if page.items else zone("UTC")
    lines.append(f"It is {say_moment(backend.now(), in_zone)} now.")
    data = CalendarsOutput(
        say=telling.calendars(Speaker(arguments.language, in_zone, backend.now()), page.items),
        now=iso_now(backend.now(), in_zone),
        calendars=[CalendarOutput.of(calendar) for calendar in page.items],
        next_cursor=page.next_cursor,
    )
    return Result(data, lines)


def say_calendar(calendar: Calendar) -> str:
    """Return one line with name, zone and id."""
    return f"{quoted(calendar.name)} ({calendar.timezone}) [{code(Kind.CALENDAR, calendar.id)}]"


def the_speaker(
    language: Language, in_zone: ZoneInfo, calendars: Iterable[Calendar], now: int
) -> Speaker:
    """Return who says times on some calendars in a zone; it is named if it is not theirs all."""
    others = (calendar.zone for calendar in calendars if calendar.timezone != in_zone.key)
    return Speaker(language, in_zone, now, next(others, None))


def the_calendar(
    backend: Backend, caller: Caller, calendar_id: str | None, language: Language = Language.EN
) -> Calendar:
    """Return the calendar that is named, or the only one there is.

    Raises:
        UnknownCalendar: There is none, or none with that id.
        InvalidArgument: There are several and none was named.
    """
    if calendar_id is not None:
        return backend.calendar(caller, calendar_number(calendar_id))
    first = backend.calendars(caller, limit=5).items
    if not first:
        raise _no_calendar()
    if len(first) > 1:
        missing = InvalidArgument(
            "calendar_id is missing, and there are several calendars.",
            hint="Ask which one is meant: " + "; ".join(say_calendar(c) for c in first) + ".",
            fields={"calendar_id": "is required here"},
        )
        speaker = Speaker(language, first[0].zone, backend.now())
        missing.say = telling.which_calendar(speaker, first)
        raise missing
    return first[0]


def _no_calendar() -> UnknownCalendar:
    hint = "An admin makes one, such as by `sched-agent calendar create NAME`."
    return UnknownCalendar("There is no calendar yet.", hint=hint)


def the_calendars(
    backend: Backend, caller: Caller, calendar_ids: list[str] | None
) -> list[Calendar]:
    """Return the calendars that are named, or all of them.

    Raises:
        UnknownCalendar: There is none, or none with one of the ids.
        InvalidArgument: There are too many to take all of them.
    """
    if calendar_ids:
        numbers = dict.fromkeys(calendar_number(one) for one in calendar_ids)
        return [backend.calendar(caller, number) for number in numbers]
    page = backend.calendars(caller, limit=50)
    if not page.items:
        raise _no_calendar()
    if page.next_cursor:
        raise InvalidArgument(
            "calendar_ids is missing, and there are more than 50 calendars.",
            hint="Call list_calendars with a query, then name the calendars.",
            fields={"calendar_ids": "is required here"},
        )
    return list(page.items)
