"""Whole days: the time of an event that has dates instead of instants."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument
from sched_agent.model.interval import Interval
from sched_agent.model.zone import local_day, on_the_clock


@dataclass(frozen=True, slots=True)
class Days:
    """The dates `d` with `first <= d < end` (as RFC 5545 §3.6.1 has it for DTEND;VALUE=DATE).

    They are the same dates for everybody; which instants they are depends on the calendar's zone.

    Args:
        first: A proleptic Gregorian ordinal (`date.toordinal`).
        end: The day after the last.

    Raises:
        InvalidArgument: The end is not after the first day.
    """

    first: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.first:
            following = date.fromordinal(self.first + 1).isoformat()
            raise InvalidArgument(
                "An all-day event ends on the day after its last one.",
                hint=f"Send {following} as its end for one day, or leave the end out.",
                fields={"end_at": "must be a day after start_at"},
            )

    @property
    def first_date(self) -> date:
        """The first day."""
        return date.fromordinal(self.first)

    @property
    def end_date(self) -> date:
        """The day after the last."""
        return date.fromordinal(self.end)

    def interval(self, in_zone: ZoneInfo) -> Interval:
        """Return the instants from the first midnight to the last, on the zone's clocks."""
        return Interval(on_the_clock(self.first, 0, in_zone), on_the_clock(self.end, 0, in_zone))


def touched(interval: Interval, in_zone: ZoneInfo) -> Days:
    """Return the days that a stretch of time touches, on the zone's clocks."""
    return Days(local_day(interval.start, in_zone), local_day(interval.end - 1, in_zone) + 1)


def read_date(text: str, field: str) -> int:
    """Return the ordinal of a date, `YYYY-MM-DD`.

    Raises:
        InvalidArgument: There is no such date, or it lies before 1900 or after 2198.
    """
    try:
        day = date.fromisoformat(text.strip()) if len(text.strip()) == 10 else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2198:
        raise InvalidArgument(
            f"{field} must be a date that exists, YYYY-MM-DD.",
            fields={field: "must be a date, YYYY-MM-DD"},
        )
    return day.toordinal()
