"""What the workspace family sends and receives about calendars and their schedules.

A schedule is one of our availability rules: `once` is an exception for a date, the others recur.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from sched_agent.errors import InvalidArgument
from sched_agent.model.availability_rule import (
    ExceptionRule,
    RecurringRule,
    Rule,
    clock_text,
    read_rule,
)
from sched_agent.model.calendar import Availability, Calendar, DoubleBooking
from sched_agent.model.days import read_date
from sched_agent.model.text import fold
from sched_agent.speech.iso import utc_text
from sched_agent.tools.arguments import Name, Text
from sched_agent.transports.rest.workspace_shapes import Date, Flag, Request, Shape

Zone = Annotated[str, Field(max_length=64)]
Clock = Annotated[str, Field(max_length=8)]
AvailabilityType = Literal["available", "unavailable"]
Recurrence = Literal["once", "daily", "weekly", "monthly"]

_EVERY_DAY = frozenset(range(1, 8))
_BELONGS: Mapping[Recurrence, frozenset[str]] = {
    "once": frozenset({"date"}),
    "daily": frozenset({"recurrence_end_date"}),
    "weekly": frozenset({"days_of_week", "recurrence_end_date"}),
    "monthly": frozenset({"day_of_month", "recurrence_end_date"}),
}


class CalendarRequest(Request):
    """What CreateCalendarRequest and UpdateCalendarRequest have in common."""

    only_read = frozenset({"id", "schedules", "bookingRules", "createdAt", "updatedAt"})

    description: Text | None = None
    timezone: Zone | None = Field(None, description="IANA name; default: the workspace's")
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    is_public: Flag | None = Field(None, description="Kept and told; nothing is shown to outsiders")
    slug: Annotated[str, Field(max_length=100, pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")] | None = (
        Field(None, description="Empty: made of the name")
    )

    def notes(self) -> dict[str, Any]:
        """Return what was sent that is kept in the metadata; None takes it away."""
        sent = self.model_dump(include=self.model_fields_set & {"color", "is_public", "slug"})
        return {_NOTED[name]: value or None for name, value in sent.items()}


_NOTED = {"color": "color", "is_public": "isPublic", "slug": "slug"}


class CreateCalendarRequest(CalendarRequest):
    """Body of create."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "Dr. Lima", "timezone": "America/Sao_Paulo", "color": "#3B82F6"}
        }
    )

    name: Name


class UpdateCalendarRequest(CalendarRequest):
    """Body of update: what is not sent stays, null clears what may be empty."""

    name: Name | None = None

    def changes(self) -> dict[str, Any]:
        """Return what was sent of the calendar's own fields."""
        sent = self.model_dump(include=self.model_fields_set & {"name", "description", "timezone"})
        return {k: v for k, v in sent.items() if v is not None or k == "description"}


class ScheduleRequest(Request):
    """What CreateScheduleRequest and UpdateScheduleRequest have in common."""

    only_read = frozenset({"id", "calendarId"})

    name: Name | None = None
    description: None = Field(None, description="Not kept, so that only null is taken")
    start_time: Clock | None = Field(None, description="HH:MM; default: the whole day")
    end_time: Clock | None = Field(None, description="HH:MM or 24:00")
    date: Date | None = Field(None, description="once: YYYY-MM-DD")
    days_of_week: (
        Annotated[list[Annotated[int, Field(strict=True)]], Field(max_length=7)] | None
    ) = Field(None, description="weekly: 1 = Monday to 7 = Sunday")
    day_of_month: Annotated[int, Field(strict=True, ge=1, le=31)] | None = Field(
        None, description="monthly; months without such a day are left out"
    )
    recurrence_end_date: Date | None = Field(None, description="Last date, not with once")
    timezone: Zone | None = Field(
        None, description="Our addition: whose clocks; default: the calendar's"
    )


class CreateScheduleRequest(ScheduleRequest):
    """Body of a new schedule."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "Office hours",
                "availabilityType": "available",
                "recurrence": "weekly",
                "daysOfWeek": [1, 2, 3, 4, 5],
                "startTime": "09:00",
                "endTime": "17:00",
            }
        }
    )

    availability_type: AvailabilityType
    recurrence: Recurrence

    def rule(self) -> Rule:
        """Return the availability rule that the schedule is."""
        return _rule(self.model_dump(), self.model_dump())


class UpdateScheduleRequest(ScheduleRequest):
    """Body of a changed schedule: what is not sent stays."""

    availability_type: AvailabilityType | None = None
    recurrence: Recurrence | None = None

    def rule(self, before: Rule) -> Rule:
        """Return the rule that this makes of another one."""
        sent = self.model_dump(include=self.model_fields_set)
        for name in ("availability_type", "recurrence"):
            if sent.get(name, "") is None:
                del sent[name]
        return _rule({**_fields(before), **sent}, sent)


class CalendarScheduleResponse(Shape):
    """A schedule; a field that does not belong to its recurrence is null."""

    id: int
    calendar_id: int
    name: str | None
    description: None
    availability_type: AvailabilityType
    recurrence: Recurrence
    start_time: str
    end_time: str
    date: str | None
    days_of_week: list[int] | None
    day_of_month: int | None
    recurrence_end_date: str | None
    timezone: str | None = Field(description="Null: the calendar's")

    @classmethod
    def of(cls, rule: Rule, calendar_id: int) -> "CalendarScheduleResponse":
        """Return a rule of a calendar for the answer."""
        return cls(id=rule.id, calendar_id=calendar_id, description=None, **_fields(rule))


class BookingRules(Shape):
    """What a calendar offers and accepts; null means no limit."""

    availability: Availability = Field(
        description="rules: only inside schedules; open: at any time where none is available"
    )
    double_booking: DoubleBooking
    slot_step_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    min_notice_minutes: int
    max_days_ahead: int | None
    max_events_per_day: int | None
    max_attendees: int | None


class CalendarResponse(Shape):
    """A calendar."""

    id: int
    name: str
    description: str | None
    timezone: str
    color: str | None
    is_public: bool
    slug: str
    schedules: list[CalendarScheduleResponse] | None = Field(
        description="Null where they were not asked for"
    )
    booking_rules: BookingRules = Field(description="Our addition; the other families set them")
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, calendar: Calendar, rules: Sequence[Rule] | None) -> "CalendarResponse":
        """Return a calendar for the answer."""
        # other doors keep there what they want
        notes = calendar.metadata or {}
        color, slug = notes.get("color"), notes.get("slug")
        schedules = None
        if rules is not None:
            schedules = [CalendarScheduleResponse.of(rule, calendar.id) for rule in rules]
        return cls(
            id=calendar.id,
            name=calendar.name,
            description=calendar.description,
            timezone=calendar.timezone,
            color=color if isinstance(color, str) else None,
            is_public=notes.get("isPublic") is True,
            slug=slug if isinstance(slug, str) and slug else _slug(calendar),
            schedules=schedules,
            booking_rules=BookingRules(**asdict(calendar.policy)),
            created_at=utc_text(calendar.created_at),
            updated_at=utc_text(calendar.updated_at),
        )


def _slug(calendar: Calendar) -> str:
    words = re.findall(r"[a-z0-9]+", fold(calendar.name))
    return "-".join(words) or f"calendar-{calendar.id}"


def _rule(fields: Mapping[str, Any], sent: Mapping[str, Any]) -> Rule:
    """Return the rule that fields describe, of which some were sent just now.

    Raises:
        InvalidArgument: A field is missing or malformed, or was sent where it does not belong.
    """
    recurrence: Recurrence = fields["recurrence"]
    for name in frozenset.union(*_BELONGS.values()) - _BELONGS[recurrence]:
        if sent.get(name) is not None:
            told = f"does not belong to the recurrence {recurrence}"
            raise InvalidArgument(f"{name} {told}.", fields={name: told})
    if recurrence == "monthly" and fields.get("day_of_month") is None:
        raise InvalidArgument(
            "A monthly schedule needs dayOfMonth.", fields={"day_of_month": "is required here"}
        )
    whole_day = fields.get("start_time") is fields.get("end_time") is None
    days = fields.get("days_of_week") if recurrence == "weekly" else sorted(_EVERY_DAY)
    rule = read_rule(
        kind="exception" if recurrence == "once" else "recurring",
        days_of_week=None if recurrence == "once" else days,
        day=fields.get("date") if recurrence == "once" else None,
        start_time="00:00" if whole_day else fields["start_time"],
        end_time="24:00" if whole_day else fields["end_time"],
        available=fields["availability_type"] == "available",
        timezone=fields.get("timezone"),
    )
    if isinstance(rule, ExceptionRule):
        return replace(rule, name=fields.get("name"))
    return replace(
        rule,
        name=fields.get("name"),
        until=_until(fields.get("recurrence_end_date")),
        day_of_month=fields["day_of_month"] if recurrence == "monthly" else None,
    )


def _until(text: str | None) -> date | None:
    return None if text is None else date.fromordinal(read_date(text, "recurrenceEndDate"))


def _fields(rule: Rule) -> dict[str, Any]:
    """Return a rule in the fields of a schedule."""
    fields: dict[str, Any] = {
        "name": rule.name,
        "availability_type": "available" if rule.available else "unavailable",
        "start_time": clock_text(rule.hours.start) if rule.hours else "00:00",
        "end_time": clock_text(rule.hours.end) if rule.hours else "24:00",
        "timezone": rule.timezone,
    }
    fields |= dict.fromkeys(frozenset.union(*_BELONGS.values()))
    if isinstance(rule, ExceptionRule):
        return fields | {"recurrence": "once", "date": rule.date.isoformat()}
    fields["recurrence_end_date"] = rule.until.isoformat() if rule.until else None
    return fields | _recurring(rule)


def _recurring(rule: RecurringRule) -> dict[str, Any]:
    if rule.day_of_month is not None:
        return {"recurrence": "monthly", "day_of_month": rule.day_of_month}
    if rule.days_of_week == _EVERY_DAY:
        return {"recurrence": "daily"}
    return {"recurrence": "weekly", "days_of_week": sorted(rule.days_of_week)}
