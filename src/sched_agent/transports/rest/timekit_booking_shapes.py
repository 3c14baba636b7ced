"""What the Timekit family sends and receives of bookings and reservations."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from sched_agent.model import ids
from sched_agent.model.attendee import Attendee
from sched_agent.model.booking import Booking, Graph
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import MAX_HOLD_SECONDS, Event
from sched_agent.model.ids import Kind
from sched_agent.model.text import fold
from sched_agent.transports.rest.talkover_shapes import Body, Metadata
from sched_agent.transports.rest.timekit_shapes import (
    CalendarData,
    Email,
    EventData,
    Flag,
    Id,
    LongText,
    Participants,
    Rsvp,
    ShortText,
    Time,
    Title,
    Zone,
    invited,
)
from sched_agent.transports.rest.timekit_times import written

GraphName = Annotated[str, Field(max_length=64, description="instant or confirm_decline")]


class CustomerBody(Body):
    """Who books: a name, an e-mail or a phone at least."""

    name: ShortText | None = None
    email: Email | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    voip: ShortText | None = None
    timezone: Zone | None = None


class WantedTime(Body):
    """What is booked or reserved."""

    resource_id: Id
    start: Time
    end: Time
    what: Title
    where: LongText
    description: LongText


class ReserveBody(WantedTime):
    """Body of reserving-a-time."""

    duration: Annotated[int, Field(strict=True, ge=1, le=MAX_HOLD_SECONDS)] = Field(
        30, description="Seconds until the time frees itself"
    )
    project_id: ShortText | None = Field(None, description="Accepted; there are no projects")
    customer: CustomerBody | None = Field(None, description="Accepted; send it with the booking")
    graph: GraphName | None = Field(None, description="Accepted; send it with the booking")


class SettingsBody(Body):
    """Settings of one booking."""

    allow_double_bookings: Flag = False


class BookingBody(WantedTime):
    """Body of a new booking; in the older form the event's fields are below `event`."""

    graph: GraphName
    customer: CustomerBody
    action: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="confirm; with confirm_decline also create, which is its default"
    )
    calendar_id: Id | None = Field(None, description="Default: the resource's own")
    project_id: ShortText | None = Field(None, description="Accepted; there are no projects")
    participants: Participants = Field([])
    invite: Flag = Field(False, description="Nothing is sent: no calendar has a provider")
    my_rsvp: Rsvp = "accepted"
    meta: Metadata | None = None
    reservation_id: Id | None = Field(None, description="Of the reservation to book")
    settings: SettingsBody = Field(default_factory=SettingsBody)
    event: dict[str, Any] | None = Field(None, description="The older form of start to my_rsvp")

    @model_validator(mode="before")
    @classmethod
    def _with_event(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and isinstance(given.get("event"), Mapping):
            return {name: given["event"][name] for name in _NESTED & given["event"].keys()} | {
                **given
            }
        return given

    def attendees(self, resource: Calendar) -> tuple[Attendee, ...]:
        """Return the customer and the participants."""
        who = self.customer
        customer = Attendee(name=who.name, email=who.email, phone=who.phone)
        own = fold(who.email or "")
        others = [email for email in self.participants if fold(email) != own]
        return (customer, *invited(others, resource, self.my_rsvp))


_NESTED = {"start", "end", "what", "where", "description", "participants", "invite", "my_rsvp"}


class ActionInput(Body):
    """What comes with an action."""

    message: LongText | None = None
    start: Time | None = Field(None, description="Of reschedule_by_customer")
    end: Time | None = Field(None, description="Of reschedule_by_customer")


class ActionBody(ActionInput):
    """Body of an action: its input, as it is or under the action's name."""

    confirm: ActionInput | None = None
    decline: ActionInput | None = None
    cancel: ActionInput | None = None
    cancel_by_customer: ActionInput | None = None
    complete: ActionInput | None = None
    reschedule_by_customer: ActionInput | None = None


class RescheduleBody(Body):
    """Body of a reschedule."""

    resource_id: Id
    start: Time
    end: Time


class MetaBody(Body):
    """Body of an update: what a program keeps with a booking."""

    meta: Metadata | None = Field(description="In place of what was kept")


class ReservationData(BaseModel):
    """A reserved time; all but the id is our addition."""

    id: str
    resource_id: str
    start: str
    end: str
    expires_at: str

    @classmethod
    def of(cls, event: Event, resource: Calendar) -> "ReservationData":
        """Return a reservation for the answer."""
        expires, zone = event.hold_expires_at, resource.zone
        assert expires is not None  # noqa: S101  # a reservation is a hold
        return cls(
            id=ids.uuid(Kind.BOOKING, event.id),
            resource_id=ids.uuid(Kind.CALENDAR, resource.id),
            start=written(event.interval.start, zone),
            end=written(event.interval.end, zone),
            expires_at=written(expires, zone),
        )


class AttributesData(BaseModel):
    """Where a booking is kept, how it was made, and what came with its actions."""

    resource_id: str
    calendar_id: str
    event_id: str
    allow_double_bookings: bool
    inputs: dict[str, Any]


class BookingData(BaseModel):
    """A booking; what is not asked for by `include` is left out."""

    id: str
    state: str
    graph: Graph
    completed: bool
    created_at: str
    updated_at: str
    event: EventData | None = None
    calendar: CalendarData | None = None
    customers: list[dict[str, Any]] | None = None
    attributes: AttributesData | None = None
    meta: dict[str, Any] | None = None
    available_actions: list[str] | None = None

    @classmethod
    def of(
        cls,
        event: Event,
        booking: Booking,
        places: tuple[Calendar, Calendar],
        wanted: frozenset[str],
    ) -> "BookingData":
        """Return a booking for the answer.

        Args:
            event: Its event.
            booking: What it is now.
            places: Its calendar and resource.
            wanted: What to include.
        """
        calendar, resource = places
        more: dict[str, Any] = {
            "event": EventData.of(event, calendar, resource),
            "calendar": CalendarData.of(calendar),
            "customers": [dict(booking.customer)],
            "attributes": AttributesData(
                resource_id=ids.uuid(Kind.CALENDAR, resource.id),
                calendar_id=ids.uuid(Kind.CALENDAR, calendar.id),
                event_id=ids.uuid(Kind.EVENT, event.id),
                allow_double_bookings=booking.double,
                inputs=dict(booking.inputs),
            ),
            "meta": dict(booking.meta or {}),
            "available_actions": [action.value for action in booking.actions],
        }
        return cls(
            id=ids.uuid(Kind.BOOKING, event.id),
            state=booking.state.value,
            graph=booking.graph,
            completed=booking.state.value == "completed",
            created_at=written(event.created_at, calendar.zone),
            updated_at=written(event.updated_at, calendar.zone),
            **{name: value for name, value in more.items() if name in wanted},
        )


INCLUDES = ("event", "calendar", "customers", "attributes", "meta", "available_actions")
