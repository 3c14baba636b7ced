"""What the workspace family sends and receives about events, as pydantic models.

The class names are those of the vendor's pages, which do not show the models; what is in them is
decided in docs/adr/0014.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.event_rule import labels_of
from sched_agent.model.owner import Owner, OwnerType, owner
from sched_agent.model.status import Status
from sched_agent.model.zone import local
from sched_agent.speech.iso import utc_text
from sched_agent.tools.arguments import ActorId, Tag, Text, Title

ItemT = TypeVar("ItemT")
LARGEST = 2**53 - 1
Number = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Time = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
Date = Annotated[str, Field(max_length=10, json_schema_extra={"format": "date"})]
Flag = Annotated[bool, Field(strict=True)]


class Shape(BaseModel):
    """What goes out: names in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Request(BaseModel):
    """What comes in: what a client has read it may send back; nothing else is lost in silence."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", str_strip_whitespace=True)
    only_read: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")  # type: ignore[pydantic-alias]  # we only read them, by alias
    @classmethod
    def _without_what_is_only_read(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if name not in cls.only_read}


class PaginatedResponse(Shape, Generic[ItemT]):
    """A page of a list."""

    items: list[ItemT]
    total: int = Field(description="How many there are on all pages")
    page: int = Field(description="From 1")
    page_size: int

    @classmethod
    def of(
        cls, rows: Sequence[ItemT], paging: tuple[int, int], total: int
    ) -> "PaginatedResponse[ItemT]":
        """Return the rows of a page."""
        return cls(items=list(rows), total=total, page=paging[0], page_size=paging[1])


class Deleted(Shape):
    """What was asked to be deleted is."""

    success: Literal[True] = True


class CalendarEventSortField(StrEnum):
    """What events are sorted by."""

    START_TIME = "startTime"
    END_TIME = "endTime"
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    TITLE = "title"
    STATUS = "status"


class SortOrder(StrEnum):
    """Which end of a list comes first."""

    ASC = "asc"
    DESC = "desc"


ResponseName = Literal["needs_action", "pending", "accepted", "declined", "tentative"]


def response_of(name: ResponseName) -> Response:
    """Return the answer that a name stands for."""
    return Response("needs_action" if name == "pending" else name)


class AttendeeRequest(Request):
    """A person to invite: a name, an e-mail or a phone number at least."""

    only_read = frozenset({"eventId"})

    member_id: Number | None = Field(
        None, description="Their number in your member directory; default: one made of the e-mail"
    )
    name: Annotated[str, Field(max_length=200)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    response: ResponseName | None = None

    def value(self) -> Attendee:
        """Return the attendee."""
        return Attendee(
            name=self.name,
            email=self.email,
            phone=self.phone,
            response=response_of(self.response or "needs_action"),
            member_id=self.member_id,
        )


def _told_apart(attendees: list[AttendeeRequest]) -> list[AttendeeRequest]:
    numbers = [one.member_id for one in attendees if one.member_id is not None]
    if len(set(numbers)) < len(numbers):
        raise ValueError("must not name a memberId twice")
    return attendees


Attendees = Annotated[list[AttendeeRequest], Field(max_length=200), AfterValidator(_told_apart)]


class EventRequest(Request):
    """What CreateEventRequest and UpdateEventRequest have in common."""

    only_read = frozenset({"id", "attendeeCount", "version", "createdAt", "updatedAt", "labels"})

    calendar_id: Number | None = None
    start_time: Time | None = Field(
        None, description="ISO 8601; without an offset in the calendar's zone"
    )
    end_time: Time | None = None
    all_day: Flag | None = Field(None, description="Whether the event has dates and no times")
    start_date: Date | None = Field(None, description="First day of an all-day event")
    end_date: Date | None = Field(None, description="The day after the last one of it")
    timezone: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="No other than the calendar's: it is what times are read in"
    )
    description: Text | None = None
    location: Text | None = None
    status: Status | None = Field(None, description="Default: confirmed")
    type: Tag | None = Field(
        None, description="Free tag; default: meeting; block: only takes time, unchecked"
    )
    owner_type: OwnerType | None = None
    owner_id: ActorId | None = None
    created_by: ActorId | None = None
    attendees: Attendees | None = None

    def owner(self) -> Owner | None:
        """Return the owner that the two fields name together."""
        return owner(self.owner_type, self.owner_id)

    def invited(self) -> tuple[Attendee, ...]:
        """Return the attendees."""
        return tuple(attendee.value() for attendee in self.attendees or ())


class CreateEventRequest(EventRequest):
    """Body of create: `startTime` is needed, or for an all-day event `startDate`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "title": "Check-up",
                "startTime": "2027-01-20T15:00:00-05:00",
                "endTime": "2027-01-20T15:30:00-05:00",
                "attendees": [{"memberId": 7, "name": "Jane Doe", "email": "jane@example.com"}],
            }
        }
    )
    only_read = EventRequest.only_read | {"cancelReason"}

    title: Title


class UpdateEventRequest(EventRequest):
    """Body of update: what is not sent stays, null clears what may be empty."""

    title: Title | None = None
    cancel_reason: Text | None = Field(None, description="With the status cancelled")


class CancelRequest(Request):
    """Body of cancel."""

    reason: Text | None = None


class UpdateAttendeeRequest(Request):
    """Body of update attendees."""

    only_read = frozenset({"eventId", "memberId", "name", "email", "phone"})

    response: ResponseName = Field(description="pending is another word for needs_action")


class AttendeeResponse(Shape):
    """An invited person."""

    member_id: int
    event_id: int
    response: Response
    name: str | None
    email: str | None
    phone: str | None

    @classmethod
    def of(cls, attendee: Attendee, event: Event) -> "AttendeeResponse":
        """Return an attendee of an event for the answer."""
        return cls(
            member_id=attendee.member,
            event_id=event.id,
            response=attendee.response,
            name=attendee.name,
            email=attendee.email,
            phone=attendee.phone,
        )


class EventResponse(Shape):
    """An event; its times with the offset of the calendar's zone."""

    id: int
    calendar_id: int
    title: str
    description: str | None
    location: str | None
    start_time: str
    end_time: str
    all_day: bool
    start_date: str | None = Field(description="First day of an all-day event")
    end_date: str | None = Field(description="The day after the last one of it")
    timezone: str = Field(description="The calendar's")
    status: Status
    type: str
    owner_type: OwnerType | None
    owner_id: str | None
    created_by: str | None
    attendees: list[AttendeeResponse]
    attendee_count: int
    cancel_reason: str | None
    labels: list[str] = Field(description="Put there by event rules")
    version: int = Field(description="Counts the changes, from 1")
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, event: Event, calendar: Calendar) -> "EventResponse":
        """Return an event of a calendar for the answer."""
        return cls(
            id=event.id,
            calendar_id=event.calendar_id,
            title=event.title,
            description=event.description,
            location=event.location,
            **_time_of(event, calendar),
            status=event.status,
            type=event.type,
            owner_type=event.owner.type if event.owner else None,
            owner_id=event.owner.id if event.owner else None,
            created_by=event.created_by,
            attendees=[AttendeeResponse.of(attendee, event) for attendee in event.attendees],
            attendee_count=len(event.attendees),
            cancel_reason=event.cancel_reason,
            labels=list(labels_of(event)),
            version=event.version,
            created_at=utc_text(event.created_at),
            updated_at=utc_text(event.updated_at),
        )


def _time_of(event: Event, calendar: Calendar) -> dict[str, Any]:
    days = event.days
    return {
        "start_time": local(event.interval.start, calendar.zone).isoformat(),
        "end_time": local(event.interval.end, calendar.zone).isoformat(),
        "all_day": days is not None,
        "start_date": days.first_date.isoformat() if days else None,
        "end_date": days.end_date.isoformat() if days else None,
        "timezone": calendar.timezone,
    }
