"""What Google answers, as far as it is read (its API's schemas of the same names)."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sched_agent.errors import ProviderRejected

ResourceT = TypeVar("ResourceT", bound="Resource")


class Resource(BaseModel):
    """Something that Google answers; what we do not know of is left aside."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True)


class When(Resource):
    """A start or an end: a date, or an instant with its offset."""

    date: str | None = None
    date_time: str | None = None


class Guest(Resource):
    """Somebody who is invited, with everything that Google tells of them."""

    model_config = ConfigDict(extra="allow")

    email: str | None = None
    display_name: str | None = None
    response_status: str | None = None
    resource: bool = False
    is_self: bool = Field(default=False, alias="self")


class Properties(Resource):
    """What programs keep with an event."""

    private: dict[str, str] = {}


class EntryPoint(Resource):
    """A way into a meeting."""

    entry_point_type: str | None = None
    uri: str | None = None


class RequestStatus(Resource):
    """How far the making of a meeting is."""

    status_code: str | None = None


class CreateRequest(Resource):
    """That a meeting was asked for."""

    request_id: str | None = None
    status: RequestStatus = RequestStatus()


class Conference(Resource):
    """The meeting of an event, or that one was asked for."""

    conference_id: str | None = None
    entry_points: tuple[EntryPoint, ...] = ()
    create_request: CreateRequest | None = None


class EventResource(Resource):
    """An event, a series, or an occurrence. Of a deleted one nothing but the id is certain."""

    id: str
    etag: str | None = None
    status: str = "confirmed"
    summary: str | None = None
    description: str | None = None
    location: str | None = None
    start: When | None = None
    end: When | None = None
    updated: str | None = None
    transparency: str | None = None
    event_type: str = "default"
    ical_uid: str | None = Field(default=None, alias="iCalUID")
    recurring_event_id: str | None = None
    recurrence: tuple[str, ...] = ()
    attendees: tuple[Guest, ...] = ()
    extended_properties: Properties | None = None
    conference_data: Conference | None = None
    hangout_link: str | None = None

    @property
    def private(self) -> Mapping[str, str]:
        """What programs like us keep with it on this calendar."""
        return self.extended_properties.private if self.extended_properties else {}


class EventPage(Resource):
    """A page of a calendar's events."""

    items: tuple[EventResource, ...] = ()
    next_page_token: str | None = None
    next_sync_token: str | None = None


class CalendarResource(Resource):
    """A calendar in somebody's list."""

    id: str
    summary: str | None = None
    summary_override: str | None = None
    time_zone: str | None = None
    access_role: str | None = None
    primary: bool = False
    hidden: bool = False
    deleted: bool = False


class CalendarPage(Resource):
    """A page of somebody's calendars."""

    items: tuple[CalendarResource, ...] = ()
    next_page_token: str | None = None


class Period(Resource):
    """A stretch of time that is taken."""

    start: str
    end: str


class FreeBusyError(Resource):
    """Why nothing is told of a calendar."""

    reason: str | None = None


class FreeBusyCalendar(Resource):
    """When a calendar is taken."""

    busy: tuple[Period, ...] = ()
    errors: tuple[FreeBusyError, ...] = ()


class FreeBusy(Resource):
    """When calendars are taken."""

    calendars: dict[str, FreeBusyCalendar] = {}


def read(kind: type[ResourceT], body: bytes) -> ResourceT:
    """Return what an answer says.

    Raises:
        ProviderRejected: It is not in the form that Google describes.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as fault:
        where = ".".join(str(part) for part in fault.errors()[0]["loc"])
        raise not_understood(where) from None


def not_understood(where: str) -> ProviderRejected:
    """Return the error that an answer is not in Google's form at some place."""
    return ProviderRejected(f"Google's answer can't be understood (at {where[:60] or 'its top'}).")
