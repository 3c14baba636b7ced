"""What the Talkover family tells, and what it is told."""

from datetime import date as Date  # noqa: N812  # a field has that name
from typing import Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field

from sched_agent.backends.marks import with_mark
from sched_agent.backends.shapes import Limits, Person
from sched_agent.model.availability_rule import RecurringRule, Rule, clock_text
from sched_agent.model.calendar import Availability, Calendar
from sched_agent.model.event import DEFAULT_TYPE, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.owner import OwnerType
from sched_agent.model.owner import owner as owner_of
from sched_agent.model.status import Status
from sched_agent.model.zone import instant, zone
from sched_agent.speech.iso import utc_text

DataT = TypeVar("DataT")


class Envelope(BaseModel, Generic[DataT]):
    """A success."""

    success: Literal[True]
    data: DataT


class CalendarTold(Limits):
    """A calendar, with the limits that our own server adds to the family's."""

    id: str = Field(min_length=1, max_length=200)
    name: str
    timezone: str
    owner_id: str | None = None
    description: str | None = None

    def value(self, number: Number, now: int) -> Calendar:
        """Return the calendar."""
        return Calendar(
            id=number,
            name=self.name,
            timezone=zone(self.timezone).key,
            description=self.description,
            owner_id=self.owner_id,
            policy=self.policy(Availability.RULES),
            created_at=now,
            updated_at=now,
        )


class EventTold(BaseModel):
    """An event."""

    id: str = Field(min_length=1, max_length=200)
    calendar_id: str
    title: str
    start_at: AwareDatetime
    end_at: AwareDatetime
    status: Status
    type: str | None = None
    description: str | None = None
    location: str | None = None
    created_by: str | None = None
    owner_id: str | None = None
    owner_type: OwnerType | None = None
    attendees: list[Person] = []
    version: int | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    def value(self, number: Number, calendar: Number, description: str | None) -> Event:
        """Return the event; if the vendor tells no version, it is still to be told."""
        made = instant(self.created_at or self.start_at)
        return Event(
            id=number,
            calendar_id=calendar,
            title=self.title,
            interval=Interval(instant(self.start_at), instant(self.end_at)),
            description=description,
            location=self.location,
            status=self.status,
            type=self.type or DEFAULT_TYPE,
            transparent=False,
            attendees=tuple(one.value() for one in self.attendees if one.is_somebody()),
            owner=owner_of(self.owner_type, self.owner_id),
            created_by=self.created_by,
            hold_expires_at=None,
            version=self.version or 1,
            created_at=made,
            updated_at=made if self.updated_at is None else instant(self.updated_at),
        )


class PaginationTold(BaseModel):
    """Where a page is in the whole: on some pages of the family, and maybe on these."""

    total: int = Field(ge=0)


class EventsTold(Envelope[list[EventTold]]):
    """A list of events, or a page of one."""

    pagination: PaginationTold | None = None


class RuleTold(BaseModel):
    """An availability rule."""

    id: str = Field(min_length=1, max_length=200)
    type: Literal["recurring", "exception"]
    days_of_week: list[int] | None = None
    start_time: str | None = None
    end_time: str | None = None
    timezone: str | None = None
    date: Date | None = None
    available: bool | None = None


class Changed(BaseModel):
    """What is told at least of an event that was made or changed."""

    id: str
    version: int | None = None
    updated_at: AwareDatetime | None = None


def body_of(event: Event, mark: str | None) -> dict[str, Any]:
    """Return an event as create-calendar-event takes it."""
    owner = event.owner
    return {
        "title": event.title,
        "start_at": utc_text(event.interval.start),
        "end_at": utc_text(event.interval.end),
        "description": with_mark(event.description, mark),
        "status": event.status.value,
        "type": event.type,
        "created_by": event.created_by,
        "owner_id": owner.id if owner else None,
        "owner_type": owner.type.value if owner else None,
        "attendees": [
            {k: v for k, v in (("name", a.name), ("email", a.email)) if v} for a in event.attendees
        ],
    }


def rule_body(rule: Rule) -> dict[str, Any]:
    """Return a rule as create-availability-rule takes it."""
    body: dict[str, Any] = {}
    if rule.hours:
        body = {
            "start_time": clock_text(rule.hours.start),
            "end_time": clock_text(rule.hours.end),
        }
    if rule.timezone:
        body["timezone"] = rule.timezone
    if isinstance(rule, RecurringRule):
        closing = {} if rule.available else {"available": False}
        return {"type": "recurring", "days_of_week": sorted(rule.days_of_week), **body, **closing}
    return {
        "type": "exception",
        "date": rule.date.isoformat(),
        "available": rule.available,
        **body,
    }
