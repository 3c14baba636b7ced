"""Setting calendars up: the toolset `admin`."""

from typing import Literal

from pydantic import Field

from sched_agent.backends.base import Backend
from sched_agent.model.availability_rule import (
    ExceptionRule,
    RecurringRule,
    Rule,
    clock_text,
    read_rule,
)
from sched_agent.model.calendar import Availability, Calendar, DoubleBooking, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.model.ids import Kind, code
from sched_agent.services.calendars import OFFICE_HOURS
from sched_agent.speech.language import Language
from sched_agent.speech.phrasing import WEEKDAYS, quoted
from sched_agent.speech.saying import Speaker
from sched_agent.tools import telling
from sched_agent.tools.answers import Answer, EventOutput, Output, say_event
from sched_agent.tools.arguments import (
    ActorId,
    Id,
    Name,
    RequestId,
    Spoken,
    Text,
    ToolInput,
    event_number,
    rule_number,
)
from sched_agent.tools.calendars import CalendarOutput, say_calendar, the_calendar
from sched_agent.tools.registry import Result, tool

_UNLIMITED_AT_0 = frozenset(
    {"slot_step_minutes", "max_days_ahead", "max_events_per_day", "max_attendees"}
)
_NOT_FIELDS = {"calendar_id", "request_id", "hours", "language"}


class _Policy(ToolInput):
    """What create_calendar and update_calendar have in common."""

    description: Text | None = None
    timezone: str | None = Field(None, max_length=64, description="IANA zone")
    owner_id: ActorId | None = Field(None, description="User id")
    availability: Literal["rules", "open"] | None = Field(
        None, description="rules (default): open inside availability rules; open: unless blocked"
    )
    double_booking: Literal["refuse", "allow"] | None = None
    slot_step_minutes: int | None = Field(None, ge=0, le=1440, description="0: their length")
    buffer_before_minutes: int | None = Field(None, ge=0, le=1440)
    buffer_after_minutes: int | None = Field(None, ge=0, le=1440)
    min_notice_minutes: int | None = Field(None, ge=0, le=525600)
    max_days_ahead: int | None = Field(None, ge=0, le=3650, description="0: no limit")
    max_events_per_day: int | None = Field(None, ge=0, le=1000, description="0: no limit")
    max_attendees: int | None = Field(None, ge=0, le=1000, description="0: no limit")
    request_id: RequestId = None
    language: Spoken

    def changes(self) -> dict[str, object]:
        """Return what was sent, as fields of `Calendar` and `Policy`."""
        sent = self.model_dump(exclude_unset=True, exclude=_NOT_FIELDS)
        if "availability" in sent:
            sent["availability"] = Availability(sent["availability"])
        if "double_booking" in sent:
            sent["double_booking"] = DoubleBooking(sent["double_booking"])
        return {k: None if v == 0 and k in _UNLIMITED_AT_0 else v for k, v in sent.items()}


class CreateCalendar(_Policy):
    """Arguments of `create_calendar`."""

    name: Name
    hours: Literal["office", "none"] = Field(
        "office", description="office: starts with Monday to Friday 9:00-17:00"
    )


class UpdateCalendar(_Policy):
    """Arguments of `update_calendar`. What is left out stays."""

    calendar_id: Id
    name: Name | None = None


class RuleOutput(Output):
    """An availability rule."""

    id: str
    type: str
    available: bool
    days_of_week: list[int] | None = None
    date: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    timezone: str | None = None

    @classmethod
    def of(cls, rule: Rule) -> "RuleOutput":
        """Return a rule for the answer."""
        recurring = isinstance(rule, RecurringRule)
        return cls(
            id=code(Kind.RULE, rule.id),
            type="recurring" if recurring else "exception",
            available=rule.available,
            days_of_week=sorted(rule.days_of_week) if isinstance(rule, RecurringRule) else None,
            date=rule.date.isoformat() if isinstance(rule, ExceptionRule) else None,
            start_time=clock_text(rule.hours.start) if rule.hours else None,
            end_time=clock_text(rule.hours.end) if rule.hours else None,
            timezone=rule.timezone,
        )


class CalendarAnswer(Answer):
    """One calendar and its availability rules."""

    calendar: CalendarOutput
    rules: list[RuleOutput]


@tool("Create a calendar", output=CalendarAnswer, toolset="admin", level=Level.ADMIN)
def create_calendar(backend: Backend, caller: Caller, arguments: CreateCalendar) -> Result:
    """Make a calendar with its booking rules: hours, buffers, notice, horizon, limits."""
    sent = arguments.changes()
    policy = {name: sent.pop(name) for name in list(sent) if name in Policy.__slots__}
    open_always = policy.get("availability") is Availability.OPEN
    calendar = backend.create_calendar(
        caller,
        name=arguments.name,
        timezone=arguments.timezone,
        policy=Policy(**policy),  # type: ignore[arg-type]  # checked by the input model
        rules=() if open_always or arguments.hours == "none" else (OFFICE_HOURS,),
        request_id=arguments.request_id,
        description=arguments.description,
        owner_id=arguments.owner_id,
    )
    say = telling.calendar(
        "calendar_made", _speaker(backend, arguments.language, calendar), calendar
    )
    return _calendar_answer(backend, caller, calendar, say=say, verb="Created")


@tool(
    "Change a calendar", output=CalendarAnswer, toolset="admin", level=Level.ADMIN, idempotent=True
)
def update_calendar(backend: Backend, caller: Caller, arguments: UpdateCalendar) -> Result:
    """Change a calendar's name, zone or booking rules; without changes, tell its opening hours.

    Events it holds already stay.
    """
    before = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    calendar = backend.revise_calendar(
        caller, before.id, arguments.changes(), request_id=arguments.request_id
    )
    say = telling.calendar(
        "calendar_changed", _speaker(backend, arguments.language, calendar), calendar
    )
    return _calendar_answer(backend, caller, calendar, say=say, verb="Changed")


class AddAvailabilityRule(ToolInput):
    """Arguments of `add_availability_rule`."""

    calendar_id: Id | None = Field(None, description="May be left out if there is only one")
    type: Literal["recurring", "exception"]
    days_of_week: list[int] | None = Field(
        None, description="recurring: 1 = Monday to 7 = Sunday", max_length=7
    )
    date: str | None = Field(None, max_length=10, description="exception: YYYY-MM-DD")
    start_time: str | None = Field(
        None, max_length=8, description="HH:MM; an exception without times is the whole day"
    )
    end_time: str | None = Field(None, max_length=8, description="HH:MM, 24:00 at the latest")
    available: bool | None = Field(None, description="false: closed then; an exception needs it")
    timezone: str | None = Field(None, max_length=64)
    request_id: RequestId = None
    language: Spoken


class RuleAnswer(Answer):
    """One availability rule, and all that the calendar has now."""

    rule: RuleOutput
    rules: list[RuleOutput]


@tool("Add opening hours", output=RuleAnswer, toolset="admin", level=Level.ADMIN)
def add_availability_rule(
    backend: Backend, caller: Caller, arguments: AddAvailabilityRule
) -> Result:
    """Open or close a calendar: every week on some days, or on one date (a later rule wins)."""
    calendar = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    rule = read_rule(
        kind=arguments.type,
        days_of_week=arguments.days_of_week,
        day=arguments.date,
        start_time=arguments.start_time,
        end_time=arguments.end_time,
        available=arguments.available,
        timezone=arguments.timezone,
    )
    kept = backend.add_rule(caller, calendar.id, rule, request_id=arguments.request_id)
    rules = backend.rules(caller, calendar.id)
    data = RuleAnswer(
        say=telling.rule_added(_speaker(backend, arguments.language, calendar), calendar, kept),
        rule=RuleOutput.of(kept),
        rules=[RuleOutput.of(rule) for rule in rules],
    )
    lines = [f"Added {_say_rule(kept)} on {quoted(calendar.name)} ({calendar.timezone}).", "Now:"]
    return Result(data, [*lines, *(f"- {_say_rule(rule)}" for rule in rules)])


class RemoveAvailabilityRule(ToolInput):
    """Arguments of `remove_availability_rule`."""

    calendar_id: Id | None = None
    rule_id: Id = Field(description="Such as rul_7k3m9q")
    request_id: RequestId = None
    language: Spoken


class RulesAnswer(Answer):
    """The availability rules that are left."""

    rules: list[RuleOutput]


@tool(
    "Remove opening hours",
    output=RulesAnswer,
    toolset="admin",
    level=Level.ADMIN,
    destructive=True,
    idempotent=False,
)
def remove_availability_rule(
    backend: Backend, caller: Caller, arguments: RemoveAvailabilityRule
) -> Result:
    """Remove an availability rule. Events booked by it stay."""
    calendar = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    number = rule_number(arguments.rule_id)
    removed = backend.remove_rule(caller, calendar.id, number, request_id=arguments.request_id)
    rules = backend.rules(caller, calendar.id)
    place = f"{quoted(calendar.name)} ({calendar.timezone})"
    lines = [f"Removed {_say_rule(removed)}. Left on {place}:"]
    say = telling.calendar(
        "rule_removed", _speaker(backend, arguments.language, calendar), calendar
    )
    data = RulesAnswer(say=say, rules=[RuleOutput.of(rule) for rule in rules])
    return Result(data, [*lines, *(f"- {_say_rule(rule)}" for rule in rules)])


class DeleteEvent(ToolInput):
    """Arguments of `delete_event`."""

    event_id: Id
    request_id: RequestId = None
    language: Spoken


class DeletedAnswer(Answer):
    """The event that was deleted."""

    deleted: EventOutput


@tool(
    "Delete an event",
    output=DeletedAnswer,
    toolset="admin",
    level=Level.ADMIN,
    destructive=True,
    idempotent=False,
)
def delete_event(backend: Backend, caller: Caller, arguments: DeleteEvent) -> Result:
    """Delete an event for good, without a trace. To call it off, use cancel_event."""
    event_id = event_number(arguments.event_id)
    event = backend.delete(caller, event_id, request_id=arguments.request_id)
    calendar = backend.calendar(caller, event.calendar_id)
    say = telling.deleted(_speaker(backend, arguments.language, calendar), event)
    data = DeletedAnswer(say=say, deleted=EventOutput.of(calendar, event))
    return Result(data, [f"Deleted: {say_event(calendar, event)}."])


def _speaker(backend: Backend, language: Language, calendar: Calendar) -> Speaker:
    return Speaker(language, calendar.zone, backend.now())


def _calendar_answer(
    backend: Backend, caller: Caller, calendar: Calendar, *, say: str, verb: str
) -> Result:
    rules = backend.rules(caller, calendar.id)
    hours = [f"- {_say_rule(rule)}" for rule in rules] or ["- no availability rules"]
    data = CalendarAnswer(
        say=say,
        calendar=CalendarOutput.of(calendar),
        rules=[RuleOutput.of(rule) for rule in rules],
    )
    return Result(data, [f"{verb}: {say_calendar(calendar)}.", *hours])


def _say_rule(rule: Rule) -> str:
    state = "open" if rule.available else "closed"
    hours = "all day"
    if rule.hours:
        hours = f"{clock_text(rule.hours.start)}–{clock_text(rule.hours.end)}"
    if isinstance(rule, RecurringRule):
        days = ", ".join(WEEKDAYS[day - 1] for day in sorted(rule.days_of_week))
    else:
        days = f"{WEEKDAYS[rule.date.weekday()]} {rule.date.isoformat()}"
    return f"{state} {days} {hours} [{code(Kind.RULE, rule.id)}]"
