"""iCalendar text for tests."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sched_agent.model.interval import Interval
from sched_agent.providers.ical import Occurrence, occurrences

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> int:
    """Return the instant of an ISO 8601 time with an offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def vevent(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def vcalendar(*components: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *components, "END:VCALENDAR"]
    return ("\r\n".join(lines) + "\r\n").encode()


def vtimezone(tzid: str, *, standard: str = "-0500", daylight: str = "-0400") -> str:
    """Return a zone that changes its clocks when the United States do."""
    return "\r\n".join(
        [
            "BEGIN:VTIMEZONE",
            f"TZID:{tzid}",
            "BEGIN:DAYLIGHT",
            "DTSTART:20070311T020000",
            f"TZOFFSETFROM:{standard}",
            f"TZOFFSETTO:{daylight}",
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
            "END:DAYLIGHT",
            "BEGIN:STANDARD",
            "DTSTART:20071104T020000",
            f"TZOFFSETFROM:{daylight}",
            f"TZOFFSETTO:{standard}",
            "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
            "END:STANDARD",
            "END:VTIMEZONE",
        ]
    )


def taken(found: Sequence[Occurrence]) -> dict[str, tuple[int, int]]:
    """Return when occurrences take place, by their keys."""
    assert len({one.key for one in found}) == len(found)
    return {one.key: (one.content.interval.start, one.content.interval.end) for one in found}


def only(text: bytes, window: Interval, in_zone: ZoneInfo = NEW_YORK) -> Occurrence:
    (one,) = occurrences(text, window, in_zone)
    return one
