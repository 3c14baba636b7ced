"""A calendar and its booking policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from sched_agent.model import zone
from sched_agent.model.ids import Number
from sched_agent.model.interval import MINUTE


class Availability(StrEnum):
    """When a calendar is open.

    `rules`: only inside its recurring rules. `open`: always, until a recurring rule opens it at
    certain hours only.
    """

    RULES = "rules"
    OPEN = "open"


class DoubleBooking(StrEnum):
    """Whether two events may take the same time."""

    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a calendar offers and accepts; None means no limit.

    Args:
        slot_step_minutes: Distance of the slots on offer; None: the length that was asked for.
        buffer_before_minutes: Kept clear before every event.
        buffer_after_minutes: Kept clear after every event.
        min_notice_minutes: An event starts no sooner than this from now.
        max_days_ahead: An event starts no later than this many days from now.
        max_events_per_day: Events that start on one day in the calendar's zone.
        max_attendees: Attendees of one event.
    """

    availability: Availability = Availability.RULES
    double_booking: DoubleBooking = DoubleBooking.REFUSE
    slot_step_minutes: int | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    min_notice_minutes: int = 0
    max_days_ahead: int | None = None
    max_events_per_day: int | None = None
    max_attendees: int | None = None

    @property
    def gap(self) -> int:
        """Microseconds between two events: each keeps its buffers, so the longer one decides."""
        return max(self.buffer_before_minutes, self.buffer_after_minutes) * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar of one environment. Its owner is a user.

    Args:
        resource_id: The calendar of the person or thing whose further calendar this is (Timekit:
            resources); None: it is that one itself.
    """

    id: Number
    name: str
    timezone: str
    description: str | None = None
    owner_id: str | None = None
    resource_id: Number | None = None
    metadata: Mapping[str, object] | None = None
    policy: Policy = Policy()
    created_at: int
    updated_at: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its wall times."""
        return zone.zone(self.timezone)

    @property
    def country(self) -> str | None:
        """Whose phone numbers are written here without the country's code."""
        return zone.country(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A tenant: nothing of one environment can be seen from another."""

    id: Number
    name: str
    timezone: str
