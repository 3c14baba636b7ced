"""Between wall clocks and instants: the only crossing.

`zoneinfo`'s default reading of skipped and repeated wall times (fold=0) is the rule of
RFC 5545 §3.3.5; a skipped time that a caller names is refused all the same, because a
caller who says it has something else in mind.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from sched_agent.errors import InvalidArgument, NonexistentTime
from sched_agent.model.interval import DAY, MINUTE, SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)

FIRST_INSTANT = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
LAST_INSTANT = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone with that IANA name.

    Raises:
        InvalidArgument: There is none.
    """
    known = _zones()
    if name in known:
        return ZoneInfo(name)
    near = [one for one in known if _tail(name) in one.lower()]
    meant = f" Did you mean {' or '.join(sorted(near)[:3])}?" if _tail(name) and near else ""
    raise InvalidArgument(
        f"{name[:64]!r} is not an IANA time zone such as America/New_York.{meant}",
        fields={"timezone": "must be an IANA time zone name"},
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"Factory", "localtime"}


def country(timezone: str) -> str | None:
    """Return the ISO 3166 code of the country that a zone is of, if it is of one."""
    return _countries().get(timezone)


@cache
def _countries() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def _tail(name: str) -> str:
    return name.rsplit("/", 1)[-1].strip().replace(" ", "_").lower()


def instant(moment: datetime) -> int:
    """Return an aware date-time as an instant.

    Raises:
        InvalidArgument: It lies before 1900 or after 2199.
    """
    result = (moment - _EPOCH) // _MICROSECOND
    if not FIRST_INSTANT <= result < LAST_INSTANT:
        raise InvalidArgument("Times must lie between the years 1900 and 2199.")
    return result


@lru_cache(maxsize=4096)  # an answer says each of its times in several ways
def local(moment: int, in_zone: ZoneInfo) -> datetime:
    """Return what clocks in the zone read at an instant."""
    return (_EPOCH + timedelta(microseconds=moment)).astimezone(in_zone)


@lru_cache(maxsize=65536)
def on_the_clock(day: int, minutes: int, in_zone: ZoneInfo) -> int:
    """Return the instant when clocks read `minutes` past midnight on a day (RFC 5545 §3.3.5).

    Args:
        day: A proleptic Gregorian ordinal (`date.toordinal`).
        minutes: 0 to 1440; 1440 is the midnight that ends the day.
        in_zone: Whose clocks.
    """
    day, minutes = day + minutes // 1440, minutes % 1440
    clock = time(minutes // 60, minutes % 60)
    offset = datetime.combine(date.fromordinal(day), clock, in_zone).utcoffset()
    assert offset is not None  # noqa: S101  # a ZoneInfo always has one
    shift = (offset.days * 86400 + offset.seconds) * SECOND
    return (day - _EPOCH_ORDINAL) * DAY + minutes * MINUTE - shift


def local_day(moment: int, in_zone: ZoneInfo) -> int:
    """Return the ordinal of the date in the zone at an instant."""
    return local(moment, in_zone).toordinal()


def on_the_wall(day: int, minutes: int, in_zone: ZoneInfo) -> tuple[tuple[int, ...], bool]:
    """Return the instants when clocks read that, and whether none does.

    A time that a clock change repeats has two. One that it skips has none: then they are the time
    moved forward by the gap, and the one as far before it.

    Args:
        day: A proleptic Gregorian ordinal (`date.toordinal`).
        minutes: 0 to 1440; 1440 is the midnight that ends the day.
        in_zone: Whose clocks.
    """
    day, minutes = day + minutes // 1440, minutes % 1440
    wall = datetime.combine(date.fromordinal(day), time(minutes // 60, minutes % 60))
    return _readings(wall, in_zone)


def _readings(wall: datetime, in_zone: ZoneInfo) -> tuple[tuple[int, ...], bool]:
    first = instant(wall.replace(tzinfo=in_zone, fold=0))
    second = instant(wall.replace(tzinfo=in_zone, fold=1))
    if first == second:
        return (first,), False
    # fold=0 reads with the offset before the change: it lands after a gap, fold=1 before it.
    return (first, second), local(first, in_zone).replace(tzinfo=None) != wall


def read_wall_time(wall: datetime, in_zone: ZoneInfo) -> tuple[int, bool]:
    """Return the instant that a naive date-time names, and whether it occurs twice.

    Raises:
        NonexistentTime: A clock change skips it.
        InvalidArgument: It lies before 1900 or after 2199.
    """
    instants, skipped = _readings(wall, in_zone)
    if skipped:
        later, earlier = (local(one, in_zone) for one in instants)
        raise NonexistentTime(
            f"{wall:%Y-%m-%dT%H:%M} does not exist in {in_zone.key}: the clocks go forward there. "
            f"The nearest times are {later:%Y-%m-%dT%H:%M} and {earlier:%Y-%m-%dT%H:%M}."
        )
    return instants[0], len(instants) > 1
