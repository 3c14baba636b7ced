"""What the Timekit family sends and receives of events, calendars and resources."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sched_agent.model import ids
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.ids import Kind
from sched_agent.model.text import fold
from sched_agent.transports.rest.talkover_shapes import Body, Metadata
from sched_agent.transports.rest.timekit_family import extras, words
from sched_agent.transports.rest.timekit_times import written

Id = Annotated[str, Field(max_length=64, description="UUID")]
Title = Annotated[str, Field(min_length=1, max_length=255)]
LongText = Annotated[str, Field(max_length=4000)]
ShortText = Annotated[str, Field(max_length=255)]
Zone = Annotated[str, Field(max_length=64, description="IANA name")]
Flag = Annotated[bool, Field(strict=True)]
Color = Annotated[str, Field(pattern=r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
Email = Annotated[str, Field(min_length=1, max_length=254)]
Participants = Annotated[list[Email], Field(max_length=200, description="E-mail addresses")]
Rsvp = Literal["accepted", "needsAction", "declined", "tentative"]
Time = Annotated[
    str,
    Field(max_length=64, description="RFC 3339; without an offset in the calendar's zone"),
]

_RSVPS: Mapping[Response, Rsvp] = {
    Response.ACCEPTED: "accepted",
    Response.NEEDS_ACTION: "needsAction",
    Response.DECLINED: "declined",
    Response.TENTATIVE: "tentative",
}
_RESPONSES = {rsvp: response for response, rsvp in _RSVPS.items()}


def invited(participants: Iterable[str], resource: Calendar, rsvp: Rsvp) -> tuple[Attendee, ...]:
    """Return attendees of which the one who is the resource has answered already."""
    own = fold(words(resource).get("email", ""))
    return tuple(
        Attendee(
            email=email,
            response=_RESPONSES[rsvp] if fold(email) == own else Response.NEEDS_ACTION,
        )
        for email in dict.fromkeys(participants)
    )


class EventBody(Body):
    """Body of create-an-event; the name of `transparent` is ours, the page shows none."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "calendar_id": "5c4ed000-0000-8001-8000-000002f3a1b4",
                "start": "2027-01-20T15:00:00+01:00",
                "end": "2027-01-20T15:30:00+01:00",
                "what": "Strategy meeting",
                "where": "Room 3",
            }
        }
    )

    calendar_id: Id
    start: Time
    end: Time
    what: Title
    where: LongText
    description: LongText | None = None
    invite: Flag = Field(False, description="Nothing is sent: no calendar has a provider")
    participants: Participants = Field([])
    my_rsvp: Rsvp = Field("accepted", description="If the resource is among the participants")
    all_day: Flag = Field(False, description="The dates count, as they are written")
    sync_provider: Flag = Field(False, description="Answer with the event")
    transparent: Flag = Field(False, description="Does not block availability")


class EventChanges(Body):
    """Body of an update: what is not sent stays; null clears a description."""

    start: Time | None = None
    end: Time | None = None
    what: Title | None = None
    where: LongText | None = None
    description: LongText | None = None
    participants: Participants | None = None
    all_day: Flag | None = None


class CalendarBody(Body):
    """Body of a new calendar of a resource."""

    resource_id: Id
    name: Title
    description: LongText
    backgroundcolor: Color | None = None
    foregroundcolor: Color | None = None


class CalendarChanges(Body):
    """Body of an update: what is not sent stays."""

    name: Title | None = None
    description: LongText | None = None
    backgroundcolor: Color | None = None
    foregroundcolor: Color | None = None
    provider_sync: Flag | None = Field(None, description="Only false: no calendar has a provider")
    primary: Flag | None = Field(None, description="Only false: no calendar has a provider")


class CalendarData(BaseModel):
    """A calendar; `resource_id` is our addition."""

    id: str
    resource_id: str
    name: str
    description: str | None
    backgroundcolor: str | None
    foregroundcolor: str | None
    provider: str | None
    provider_id: str | None
    provider_access: str | None
    provider_primary: bool
    provider_sync: bool
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, calendar: Calendar) -> "CalendarData":
        """Return a calendar for the answer."""
        kept = words(calendar)
        return cls(
            id=ids.uuid(Kind.CALENDAR, calendar.id),
            resource_id=ids.uuid(Kind.CALENDAR, calendar.resource_id or calendar.id),
            name=calendar.name,
            description=calendar.description,
            backgroundcolor=kept.get("backgroundcolor"),
            foregroundcolor=kept.get("foregroundcolor"),
            provider=None,
            provider_id=None,
            provider_access=None,
            provider_primary=False,
            provider_sync=False,
            created_at=written(calendar.created_at, calendar.zone),
            updated_at=written(calendar.updated_at, calendar.zone),
        )


class EventData(BaseModel):
    """An event; `transparent` is our addition, as is `calendar_id`."""

    id: str
    what: str
    where: str | None
    description: str | None
    rsvp: Rsvp
    allDay: bool  # noqa: N815  # the one name that the vendor writes so
    start: str
    end: str
    created_at: str
    updated_at: str
    participants: list[str]
    calendar_id: str
    transparent: bool
    calendar: CalendarData | None = Field(None, description="Only where it is asked for")

    @classmethod
    def of(cls, event: Event, calendar: Calendar, resource: Calendar) -> "EventData":
        """Return an event for the answer, its times on its calendar's clocks."""
        zone = calendar.zone
        return cls(
            id=ids.uuid(Kind.EVENT, event.id),
            what=event.title,
            where=event.location,
            description=event.description,
            rsvp=_rsvp(event, resource),
            allDay=event.days is not None,
            start=written(event.interval.start, zone),
            end=written(event.interval.end, zone),
            created_at=written(event.created_at, zone),
            updated_at=written(event.updated_at, zone),
            participants=[attendee.email for attendee in event.attendees if attendee.email],
            calendar_id=ids.uuid(Kind.CALENDAR, event.calendar_id),
            transparent=event.transparent,
        )


def _rsvp(event: Event, resource: Calendar) -> Rsvp:
    own = fold(words(resource).get("email", ""))
    answers = [a.response for a in event.attendees if a.email and fold(a.email) == own]
    return _RSVPS[answers[0]] if answers else "accepted"


class Told(BaseModel):
    """What a creation is answered with."""

    message: str
    note: str | None = Field(None, description="Our addition: what was not done")


class IdData(BaseModel):
    """Our addition to an acknowledgement: where to find what was made."""

    id: str


class Acknowledged(BaseModel):
    """An event was made, and nobody waited for a provider."""

    meta: Told
    data: IdData


Constraints = Annotated[
    list[Metadata],
    Field(max_length=500, description='Objects such as `{"allow_hours": {"start": 9, "end": 17}}`'),
]


class ResourceFields(Body):
    """What a resource may have besides its name and zone."""

    first_name: ShortText | None = None
    last_name: ShortText | None = None
    image: Annotated[str, Field(max_length=2000)] | None = None
    meta: Metadata | None = None
    availability_constraints: Constraints | None = None


class ResourceBody(ResourceFields):
    """Body of a new resource. A `password` is neither needed nor kept."""

    name: Title
    timezone: Zone
    email: Email | None = None


class ResourceChanges(ResourceFields):
    """Body of an update: what is not sent stays, null clears."""

    name: Title | None = None
    timezone: Zone | None = None
    email: Email | None = Field(None, description="Only as it is: an e-mail can't be changed")


class ResourceData(BaseModel):
    """A person or thing that is booked."""

    id: str
    name: str
    timezone: str
    email: str | None
    first_name: str | None
    last_name: str | None
    image: str | None
    meta: dict[str, Any] | None
    created_at: str
    updated_at: str
    availability_constraints: list[dict[str, Any]] | None = Field(
        None, description="Only where it is asked for"
    )
    calendars: list[CalendarData] | None = Field(None, description="Only where it is asked for")

    @classmethod
    def of(cls, resource: Calendar) -> "ResourceData":
        """Return a resource for the answer."""
        kept, meta = words(resource), extras(resource).get("meta")
        return cls(
            id=ids.uuid(Kind.CALENDAR, resource.id),
            name=resource.name,
            timezone=resource.timezone,
            created_at=written(resource.created_at, resource.zone),
            updated_at=written(resource.updated_at, resource.zone),
            meta=meta if isinstance(meta, dict) else None,
            email=kept.get("email"),
            first_name=kept.get("first_name"),
            last_name=kept.get("last_name"),
            image=kept.get("image"),
        )


class TimezoneData(BaseModel):
    """Whose clocks somebody lives by, and how many hours they are ahead of UTC now."""

    timezone: str
    utc_offset: int | float
