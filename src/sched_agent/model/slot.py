"""A time that we offer."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.zone import local, on_the_clock


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time, the calendars that are free then, and the zone to say it in."""

    interval: Interval
    calendar_ids: tuple[Number, ...]
    timezone: str


@dataclass(frozen=True, slots=True)
class Daily:
    """A stretch of every day, in minutes past midnight on a zone's clocks.

    Args:
        start: Where it begins.
        end: Where it ends; the same as `start` for that very time of day.
        zone: Whose clocks.
    """

    start: int
    end: int
    zone: ZoneInfo

    def takes(self, interval: Interval) -> bool:
        """Whether something lies in it, or begins right then."""
        begins = local(interval.start, self.zone)
        minutes = begins.hour * 60 + begins.minute
        if self.start == self.end:
            return minutes == self.start
        last = on_the_clock(begins.toordinal(), self.end, self.zone)
        return self.start <= minutes and interval.end <= last
