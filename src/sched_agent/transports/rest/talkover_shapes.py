"""What the Talkover family sends and receives: bodies and data, as pydantic models."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sched_agent.model import ids
from sched_agent.model.attendee import Attendee
from sched_agent.model.availability_rule import RecurringRule, Rule, clock_text
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import MAX_HOLD_SECONDS, Event, Meeting, SyncState
from sched_agent.model.ids import Kind
from sched_agent.model.owner import Owner, OwnerType, owner
from sched_agent.model.status import Status
from sched_agent.speech.iso import utc_text

DataT = TypeVar("DataT")
Time = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
ShortText = Annotated[str, Field(max_length=255)]
ActorId = Annotated[str, Field(min_length=1, max_length=100)]
Count = Annotated[int, Field(strict=True, ge=1, le=1000)]
MinutesOfDay = Annotated[int, Field(strict=True, ge=0, le=1440)]


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """Let metadata pass that can be kept and given back as it is."""
    if _depth(value) > _DEEPEST_METADATA:
        raise ValueError(f"must not be nested more than {_DEEPEST_METADATA} deep")
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except ValueError:
        raise ValueError("must be plain JSON: no NaN, no infinity, no half characters") from None
    if size > _LARGEST_METADATA:
        raise ValueError(f"must not be larger than {_LARGEST_METADATA} bytes")
    return value


def _depth(value: object) -> int:
    """Return how deep a JSON value is nested, without descending into any depth."""
    depth = 0
    level: list[object] = [value]
    while level and depth <= _DEEPEST_METADATA:
        depth += 1
        level = [inner for one in level for inner in _parts(one)]
    return depth


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


_DEEPEST_METADATA = 20
_LARGEST_METADATA = 16 * 1024
Metadata = Annotated[dict[str, Any], AfterValidator(_storable)]


class Body(BaseModel):
    """What a client sends: white space around texts does not count."""

    model_config = ConfigDict(str_strip_whitespace=True)


class Envelope(BaseModel, Generic[DataT]):
    """A success."""

    success: Literal[True] = True
    data: DataT


class Pagination(BaseModel):
    """Where a page is in the whole."""

    current_page: int
    per_page: int
    total: int
    last_page: int


class Listing(Envelope[list[DataT]], Generic[DataT]):
    """A page of a list, where one was asked for."""

    pagination: Pagination


class Done(BaseModel):
    """A success without data."""

    success: Literal[True] = True
    message: str


class PolicyFields(Body):
    """What a calendar offers and accepts: our addition to the family's calendars."""

    availability: Literal["rules", "open"] | None = None
    double_booking: Literal["refuse", "allow"] | None = None
    slot_step_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] | None = None
    buffer_before_minutes: MinutesOfDay | None = None
    buffer_after_minutes: MinutesOfDay | None = None
    min_notice_minutes: Annotated[int, Field(strict=True, ge=0, le=525600)] | None = None
    max_days_ahead: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = None
    max_events_per_day: Count | None = None
    max_attendees: Count | None = None


class CalendarBody(PolicyFields):
    """Body of create-calendar."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    timezone: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="IANA name; default: the environment's"
    )
    owner_id: ActorId | None = Field(None, description="UUID of the user who owns the calendar")
    description: Annotated[str, Field(max_length=4000)] | None = None
    metadata: Metadata | None = None


class CalendarChanges(CalendarBody):
    """Body of an update: what is not sent stays."""

    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None  # type: ignore[assignment]  # not required here


class CalendarData(PolicyFields):
    """A calendar."""

    id: str
    name: str
    timezone: str
    owner_id: str | None
    description: str | None
    metadata: dict[str, Any] | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, calendar: Calendar) -> "CalendarData":
        """Return a calendar for the answer."""
        policy = {name: getattr(calendar.policy, name) for name in PolicyFields.model_fields}
        return cls(
            id=ids.uuid(Kind.CALENDAR, calendar.id),
            name=calendar.name,
            timezone=calendar.timezone,
            owner_id=calendar.owner_id,
            description=calendar.description,
            metadata=dict(calendar.metadata) if calendar.metadata is not None else None,
            created_at=utc_text(calendar.created_at),
            updated_at=utc_text(calendar.updated_at),
            **policy,
        )


class AttendeeBody(Body):
    """An invited person."""

    name: ShortText | None = None
    email: ShortText | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None

    def value(self) -> Attendee:
        """Return the attendee."""
        return Attendee(name=self.name, email=self.email, phone=self.phone)


class EventFields(Body):
    """What create-calendar-event and update-calendar-event have in common."""

    description: Annotated[str, Field(max_length=4000)] | None = None
    location: Annotated[str, Field(max_length=4000)] | None = None
    owner_id: ActorId | None = Field(None, description="UUID of the owner (user or agent)")
    owner_type: OwnerType | None = None
    created_by: ActorId | None = Field(None, description="UUID of the creating user")
    attendees: Annotated[list[AttendeeBody], Field(max_length=200)] | None = None

    def owner(self) -> Owner | None:
        """Return the owner that the two fields name together."""
        return owner(self.owner_type, self.owner_id)

    def invited(self) -> tuple[Attendee, ...]:
        """Return the attendees."""
        return tuple(attendee.value() for attendee in self.attendees or ())


class EventBody(EventFields):
    """Body of create-calendar-event."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "title": "Demo with Acme",
                "start_at": "2027-01-20T15:00:00Z",
                "end_at": "2027-01-20T15:30:00Z",
                "type": "meeting",
                "attendees": [{"name": "Jane Doe", "email": "jane@example.com"}],
            }
        }
    )

    title: Annotated[str, Field(min_length=1, max_length=255)]
    start_at: Time = Field(description="ISO 8601; without an offset in the calendar's zone")
    end_at: Time = Field(description="ISO 8601, after start_at")
    status: Status | None = Field(None, description="Default: confirmed")
    type: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None, description="Free tag; default: meeting; block: only takes time, unchecked"
    )
    all_day: bool = Field(
        False,
        description="Our addition: start_at and end_at are dates, end_at the one after the last",
    )
    hold_minutes: Annotated[int, Field(strict=True, ge=1, le=MAX_HOLD_SECONDS // 60)] | None = (
        Field(
            None, description="Our addition: hold the time tentatively; it frees itself after this"
        )
    )


class EventChanges(EventFields):
    """Body of update-calendar-event: what is not sent stays, null clears."""

    title: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    start_at: Time | None = None
    end_at: Time | None = None
    all_day: bool = False
    status: Status | None = None
    type: Annotated[str, Field(min_length=1, max_length=50)] | None = None


class AttendeeData(BaseModel):
    """An invited person."""

    name: str | None
    email: str | None
    phone: str | None
    response: str


class EventData(BaseModel):
    """An event; times in UTC."""

    id: str
    calendar_id: str
    title: str
    start_at: str
    end_at: str
    start_date: str | None = Field(None, description="The first day of an all-day event")
    end_date: str | None = Field(None, description="The day after its last")
    status: Status
    type: str
    description: str | None
    location: str | None
    created_by: str | None
    owner_id: str | None
    owner_type: OwnerType | None
    attendees: list[AttendeeData]
    hold_expires_at: str | None
    meeting_url: str | None
    sync: SyncState | None = Field(description="How it stands with the connected calendar")
    version: int
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, event: Event) -> "EventData":
        """Return an event for the answer."""
        expires, days = event.hold_expires_at, event.days
        return cls(
            id=ids.uuid(Kind.EVENT, event.id),
            calendar_id=ids.uuid(Kind.CALENDAR, event.calendar_id),
            title=event.title,
            start_at=utc_text(event.interval.start),
            end_at=utc_text(event.interval.end),
            start_date=days.first_date.isoformat() if days else None,
            end_date=days.end_date.isoformat() if days else None,
            status=event.status,
            type=event.type,
            description=event.description,
            location=event.location,
            created_by=event.created_by,
            owner_id=event.owner.id if event.owner else None,
            owner_type=event.owner.type if event.owner else None,
            attendees=[
                AttendeeData(name=a.name, email=a.email, phone=a.phone, response=a.response.value)
                for a in event.attendees
            ],
            hold_expires_at=None if expires is None else utc_text(expires),
            meeting_url=event.meeting.url if event.meeting else None,
            sync=event.sync,
            version=event.version,
            created_at=utc_text(event.created_at),
            updated_at=utc_text(event.updated_at),
        )


class MeetingData(BaseModel):
    """The video meeting of an event."""

    event_id: str
    meeting_url: str
    meeting_id: str

    @classmethod
    def of(cls, event: Event, meeting: Meeting) -> "MeetingData":
        """Return a meeting for the answer."""
        number = ids.uuid(Kind.EVENT, event.id)
        return cls(event_id=number, meeting_url=meeting.url, meeting_id=meeting.id)


def etag(event: Event) -> str:
    """Return the tag of an event's version, for `ETag` and `If-Match` (RFC 9110 §8.8.3)."""
    return f'"{event.version}"'


class SlotData(BaseModel):
    """A free time."""

    start_at: str
    end_at: str


class RuleBody(Body):
    """Body of create-availability-rule; hours of an exception are our addition."""

    type: Literal["recurring", "exception"]
    days_of_week: (
        Annotated[list[Annotated[int, Field(strict=True)]], Field(max_length=7)] | None
    ) = Field(None, description="recurring: 1 = Monday to 7 = Sunday")
    start_time: Annotated[str, Field(max_length=8)] | None = Field(None, description="HH:MM")
    end_time: Annotated[str, Field(max_length=8)] | None = Field(None, description="HH:MM or 24:00")
    timezone: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="IANA name; default: the calendar's"
    )
    date: Annotated[str, Field(max_length=10)] | None = Field(
        None, description="exception: YYYY-MM-DD"
    )
    available: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="exception: open or closed"
    )


class RuleData(BaseModel):
    """An availability rule; fields of the other type are left out."""

    id: str
    type: Literal["recurring", "exception"]
    days_of_week: list[int] | None = None
    start_time: str | None = None
    end_time: str | None = None
    timezone: str | None = None
    date: str | None = None
    available: bool | None = None

    @classmethod
    def of(cls, rule: Rule) -> "RuleData":
        """Return a rule for the answer."""
        hours = rule.hours
        data = cls(
            id=ids.uuid(Kind.RULE, rule.id),
            type="recurring",
            start_time=clock_text(hours.start) if hours else None,
            end_time=clock_text(hours.end) if hours else None,
            timezone=rule.timezone,
        )
        if isinstance(rule, RecurringRule):
            data.days_of_week = sorted(rule.days_of_week)
            data.available = None if rule.available else False
        else:
            data.type, data.date = "exception", rule.date.isoformat()
            data.available = rule.available
        return data
