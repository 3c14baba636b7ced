"""What several families send alike."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Availability, DoubleBooking, Policy


class Camel(BaseModel):
    """Something whose names are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Limits(BaseModel):
    """The booking rules that our own server tells in addition to what a family documents."""

    availability: Availability | None = None
    slot_step_minutes: int | None = Field(None, ge=1, le=1440)
    buffer_before_minutes: int = Field(0, ge=0, le=1440)
    buffer_after_minutes: int = Field(0, ge=0, le=1440)
    min_notice_minutes: int = Field(0, ge=0, le=525600)
    max_days_ahead: int | None = Field(None, ge=1, le=3650)
    max_events_per_day: int | None = Field(None, ge=1, le=1000)
    max_attendees: int | None = Field(None, ge=1, le=1000)

    def policy(self, default: Availability) -> Policy:
        """Return them as a policy.

        Whether the server allows double booking is no matter: whoever goes through us is refused.

        Args:
            default: When a calendar of the family is open if it does not say so.
        """
        limits = {name: getattr(self, name) for name in Limits.model_fields}
        limits["availability"] = self.availability or default
        return Policy(double_booking=DoubleBooking.REFUSE, **limits)


class Person(BaseModel):
    """An invited person."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None

    def is_somebody(self) -> bool:
        """Whether it names anybody."""
        return bool(self.name or self.email or self.phone)

    def value(self, response: Response = Response.NEEDS_ACTION) -> Attendee:
        """Return the attendee."""
        return Attendee(self.name, self.email, self.phone, response)
