"""What the workspace family tells, and what it is told."""

from dataclasses import replace
from datetime import date as Date  # noqa: N812  # a field has that name
from typing import Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, Field

from sched_agent.backends.marks import split, version_of, with_mark
from sched_agent.backends.shapes import Camel, Limits, Person
from sched_agent.errors import InvalidArgument
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import RecurringRule, Rule, clock_text, read_rule
from sched_agent.model.calendar import Availability, Calendar
from sched_agent.model.days import Days
from sched_agent.model.event import DEFAULT_TYPE, Event
from sched_agent.model.interval import Interval
from sched_agent.model.owner import OwnerType
from sched_agent.model.owner import owner as owner_of
from sched_agent.model.status import Status
from sched_agent.model.zone import instant, zone
from sched_agent.speech.iso import utc_text

ItemT = TypeVar("ItemT")

_EVERY_DAY = list(range(1, 8))
_Number = Field(ge=1, le=2**53 - 1)


class Page(Camel, Generic[ItemT]):
    """A page of a list."""

    items: list[ItemT]
    total: int = Field(ge=0)


class ScheduleTold(Camel):
    """A schedule."""

    id: int = _Number
    availability_type: Literal["available", "unavailable"]
    recurrence: Literal["once", "daily", "weekly", "monthly"]
    name: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    date: Date | None = None
    days_of_week: list[int] | None = None
    day_of_month: int | None = None
    recurrence_end_date: Date | None = None
    timezone: str | None = None

    def value(self) -> Rule:
        """Return the rule."""
        once = self.recurrence == "once"
        if self.recurrence == "monthly" and self.day_of_month is None:
            raise InvalidArgument("A schedule is monthly on no day.")
        days = self.days_of_week if self.recurrence == "weekly" else _EVERY_DAY
        rule = read_rule(
            kind="exception" if once else "recurring",
            days_of_week=None if once else days,
            day=self.date.isoformat() if once and self.date else None,
            start_time=self.start_time or "00:00",
            end_time=self.end_time or "24:00",
            available=self.availability_type == "available",
            timezone=self.timezone,
        )
        rule = replace(rule, id=self.id, name=self.name)
        if not isinstance(rule, RecurringRule):
            return rule
        monthly = self.day_of_month if self.recurrence == "monthly" else None
        return replace(rule, until=self.recurrence_end_date, day_of_month=monthly)


class BookingRulesTold(Camel, Limits):
    """What our own server tells of a calendar beyond its family."""


class CalendarTold(Camel):
    """A calendar."""

    id: int = _Number
    name: str
    timezone: str
    description: str | None = None
    schedules: list[ScheduleTold] | None = None
    booking_rules: BookingRulesTold = BookingRulesTold()

    def value(self, now: int) -> Calendar:
        """Return the calendar; the family's are open at any time unless a schedule says when."""
        return Calendar(
            id=self.id,
            name=self.name,
            timezone=zone(self.timezone).key,
            description=self.description,
            policy=self.booking_rules.policy(Availability.OPEN),
            created_at=now,
            updated_at=now,
        )


class AttendeeTold(Camel, Person):
    """An invited person."""

    member_id: int = _Number
    response: Response = Response.NEEDS_ACTION


class EventTold(Camel):
    """An event."""

    id: int = _Number
    calendar_id: int
    title: str | None = None
    description: str | None = None
    location: str | None = None
    start_time: AwareDatetime
    end_time: AwareDatetime
    start_date: Date | None = None
    end_date: Date | None = None
    status: Status = Status.CONFIRMED
    type: str | None = None
    owner_type: OwnerType | None = None
    owner_id: str | None = None
    created_by: str | None = None
    attendees: list[AttendeeTold] = Field(default_factory=list)
    cancel_reason: str | None = None
    version: int | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    def value(self) -> tuple[Event, str | None]:
        """Return the event and its mark."""
        description, mark = split(self.description)
        made = instant(self.created_at or self.start_time)
        days = None
        if self.start_date is not None and self.end_date is not None:
            days = Days(self.start_date.toordinal(), self.end_date.toordinal())
        event = Event(
            id=self.id,
            calendar_id=self.calendar_id,
            title=self.title or "",
            interval=Interval(instant(self.start_time), instant(self.end_time)),
            days=days,
            description=description,
            location=self.location,
            status=self.status,
            type=self.type or DEFAULT_TYPE,
            transparent=False,
            attendees=tuple(
                replace(one.value(one.response), member_id=one.member_id)
                for one in self.attendees
                if one.is_somebody()
            ),
            owner=owner_of(self.owner_type, self.owner_id),
            created_by=self.created_by,
            hold_expires_at=None,
            cancel_reason=self.cancel_reason,
            version=self.version or 1,
            created_at=made,
            updated_at=made if self.updated_at is None else instant(self.updated_at),
        )
        if not self.version:
            content = (event.title, event.interval, event.status, description, event.attendees)
            event = replace(event, version=version_of(*content))
        return event, mark


def body_of(event: Event, mark: str | None) -> dict[str, Any]:
    """Return an event in the names of the family."""
    owner, days = event.owner, event.days
    return {
        "title": event.title,
        "startTime": None if days else utc_text(event.interval.start),
        "endTime": None if days else utc_text(event.interval.end),
        "allDay": days is not None,
        "startDate": days.first_date.isoformat() if days else None,
        "endDate": days.end_date.isoformat() if days else None,
        "description": with_mark(event.description, mark),
        "location": event.location,
        "status": event.status.value,
        "type": event.type,
        "ownerType": owner.type.value if owner else None,
        "ownerId": owner.id if owner else None,
        "createdBy": event.created_by,
        "attendees": [_attendee_body(attendee) for attendee in event.attendees],
    }


def _attendee_body(attendee: Attendee) -> dict[str, Any]:
    body = {
        "memberId": attendee.member_id,
        "name": attendee.name,
        "email": attendee.email,
        "phone": attendee.phone,
        "response": attendee.response.value,
    }
    return {name: value for name, value in body.items() if value is not None}


def rule_body(rule: Rule) -> dict[str, Any]:
    """Return a rule as a schedule."""
    body: dict[str, Any] = {
        "availabilityType": "available" if rule.available else "unavailable",
        "startTime": clock_text(rule.hours.start) if rule.hours else None,
        "endTime": clock_text(rule.hours.end) if rule.hours else None,
        "timezone": rule.timezone,
        "name": rule.name,
    }
    if isinstance(rule, RecurringRule):
        days = sorted(rule.days_of_week)
        body |= {"recurrence": "weekly", "daysOfWeek": days}
    else:
        body |= {"recurrence": "once", "date": rule.date.isoformat()}
    return {name: value for name, value in body.items() if value is not None}
