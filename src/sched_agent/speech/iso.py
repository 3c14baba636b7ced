"""Reading ISO 8601 dates, times and intervals."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument, UnrecognizedTime
from sched_agent.model.interval import DAY, HOUR, MINUTE, SECOND, Interval
from sched_agent.model.zone import instant, local, on_the_clock, read_wall_time


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that was read, and what had to be assumed to read it."""

    at: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """A stretch of time that was asked about.

    Args:
        interval: From its start to its end.
        exact: Whether a point was named, so that `interval` is just the length asked for.
        notes: What had to be assumed.
        length: Microseconds of what is to begin there.
        daily: Of several days: the minutes past midnight that are meant on each of them.
    """

    interval: Interval
    exact: bool
    notes: tuple[str, ...] = ()
    length: int = 0
    daily: tuple[int, int] | None = None


_UTC = ZoneInfo("UTC")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
# A time of day has to be there: a date alone must not be taken for its midnight.
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?|\d{8}T\d{4}(\d{2})?)"
    r"(Z|[+-]\d{2}(:?\d{2})?)?\Z"
)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?=.)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?\Z"
)
_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND)


def is_iso(text: str) -> bool:
    """Whether a text is written as ISO 8601 writes dates, date-times and intervals."""
    parts = [part.strip().upper() for part in text.split("/")]
    return all(_DATE.match(p) or _MOMENT.match(p) or _DURATION.match(p) for p in parts)


def read_moment(text: str, in_zone: ZoneInfo, *, field: str) -> Moment:
    """Return the instant of a date-time; one without an offset is read in the zone.

    Raises:
        UnrecognizedTime: It is no ISO date-time.
        NonexistentTime: A clock change skips it.
    """
    if _DATE.match(text.strip()):
        raise UnrecognizedTime(
            f"{field} is a date without a time of day.",
            hint=f"Add the time: {text.strip()}T15:30.",
            fields={field: "needs a time of day"},
        )
    spelled = text.strip().upper()
    try:
        wall = datetime.fromisoformat(spelled) if _MOMENT.match(spelled) else None
    except ValueError:
        wall = None
    if wall is None:
        raise _unrecognized(text, field, "Send date and time as 2026-11-24T15:30.")
    if wall.tzinfo is not None:
        at = instant(wall)
        here = local(at, in_zone)
        if here.utcoffset() == wall.utcoffset():
            return Moment(at)
        return Moment(at, (f"{wall:%H:%M%z} is {here:%H:%M} ({here:%z}) in {in_zone.key}.",))
    at, twice = read_wall_time(wall, in_zone)
    if not twice:
        return Moment(at)
    first = local(at, in_zone)
    twice_told = f"{first:%H:%M} occurs twice on that day in {in_zone.key}"
    return Moment(at, (f"{twice_told}; the first ({first:%z}) was taken.",))


def read_when(text: str, in_zone: ZoneInfo, *, length: int, field: str = "when") -> When:
    """Return the stretch that a date, a date-time or an interval (`start/end`) names.

    Args:
        text: ISO 8601. A date is the whole day in the zone, a date-time the point where something
            of `length` begins; in an interval each end is a date or a date-time (an end date is
            included), and one of them may be a duration such as PT2H.
        in_zone: Where times without an offset are read.
        length: Microseconds that a point stands for.
        field: The argument's name, for errors.

    Raises:
        UnrecognizedTime: It is none of these.
        NonexistentTime: A clock change skips it.
    """
    start_text, slash, end_text = text.strip().partition("/")
    if not slash:
        if _DATE.match(start_text):
            return When(read_day(start_text, in_zone, field=field), exact=False, length=length)
        moment = read_moment(start_text, in_zone, field=field)
        within = Interval(moment.at, moment.at + length)
        return When(within, exact=True, notes=moment.notes, length=length)
    before, after = _read_duration(start_text), _read_duration(end_text)
    more: tuple[str, ...] = ()
    if before is not None:
        end, notes = read_bound(end_text, in_zone, field=field, is_end=True)
        start = end - before
    else:
        start, notes = read_bound(start_text, in_zone, field=field, is_end=False)
        if after is not None:
            end = start + after
        else:
            end, more = read_bound(end_text, in_zone, field=field, is_end=True)
    if end <= start:
        raise InvalidArgument(
            f"{field} ends before it starts.", fields={field: "must end after it starts"}
        )
    return When(Interval(start, end), exact=False, notes=(*notes, *more), length=length)


def read_day(text: str, in_zone: ZoneInfo, *, field: str) -> Interval:
    """Return a date as the stretch from its midnight to the next.

    Raises:
        UnrecognizedTime: There is no such date.
        InvalidArgument: It lies before 1900 or after 2199.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise _unrecognized(text, field) from None
    if not 1900 <= day.year <= 2198:
        raise InvalidArgument(
            "Times must lie between the years 1900 and 2199.", fields={field: "is out of range"}
        )
    start = on_the_clock(day.toordinal(), 0, in_zone)
    return Interval(start, on_the_clock(day.toordinal() + 1, 0, in_zone))


def read_bound(
    text: str, in_zone: ZoneInfo, *, field: str, is_end: bool
) -> tuple[int, tuple[str, ...]]:
    """Return one end of a stretch: a date means its first midnight, as an end its last.

    Raises:
        UnrecognizedTime: It is neither a date nor a date-time.
        NonexistentTime: A clock change skips it.
    """
    if _DATE.match(text.strip()):
        day = read_day(text, in_zone, field=field)
        return (day.end if is_end else day.start), ()
    moment = read_moment(text, in_zone, field=field)
    return moment.at, moment.notes


def _read_duration(text: str) -> int | None:
    read = _DURATION.match(text.strip().upper())
    if read is None:
        return None
    return sum(
        int(count) * unit for count, unit in zip(read.groups(), _UNITS, strict=True) if count
    )


def _unrecognized(text: str, field: str, hint: str | None = None) -> UnrecognizedTime:
    return UnrecognizedTime(
        f"{field} {text[:40]!r} is not a date or time in ISO 8601, or there is no such day.",
        hint=hint,
        fields={field: "is not ISO 8601"},
    )


def utc_text(at: int) -> str:
    """Return an instant as ISO 8601 in UTC with `Z`, to the second where that is exact."""
    return local(at, _UTC).replace(tzinfo=None).isoformat() + "Z"
