"""A year of busy times, and the question that the benchmarks ask about it."""

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
FIRST_DAY, LAST_DAY = date(2026, 10, 1), date(2026, 11, 30)  # exclusive; the clocks change 1 Nov
OPENS, CLOSES = 9 * 60, 17 * 60
LENGTH = 30

_YEAR_BEGINS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 60
_YEAR_MINUTES = 365 * 24 * 60


def busy_year(events: int, *, seed: int = 1) -> list[tuple[int, int]]:
    """Return sorted times of a quarter of an hour to an hour, in minutes since 1970 in UTC."""
    chance = random.Random(seed)
    starts = (_YEAR_BEGINS + 15 * chance.randrange(_YEAR_MINUTES // 15) for _ in range(events))
    return sorted((start, start + chance.choice((15, 30, 45, 60))) for start in starts)


def midnight(day: date) -> datetime:
    """Return when a day begins in New York."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)
