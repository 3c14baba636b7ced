"""A time that we offer."""

from dataclasses import dataclass

from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time, the calendars that are free then, and the zone to say it in."""

    interval: Interval
    calendar_ids: tuple[Number, ...]
    timezone: str
