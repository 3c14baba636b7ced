"""When it is that iCalendar text says: zones, also such as a text defines itself, and rules."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it comes without types
from icalendar import Component
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from sched_agent.errors import InvalidArgument
from sched_agent.model.zone import zone
from sched_agent.providers.ical_text import BROKEN, first, values

ToInstant = Callable[[datetime], int]
"""Tells at which instant the clocks of a zone read a naive date-time (RFC 5545 §3.3.5)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_MOST_STEPS = 100_000
_LAST_CHANGE = datetime.combine(date(2200, 1, 1), time.min)
_PER_DAY = {"HOURLY": 24, "MINUTELY": 1440, "SECONDLY": 86400}
_FINER = {
    "BYHOUR": ("HOURLY", "MINUTELY", "SECONDLY"),
    "BYMINUTE": ("MINUTELY", "SECONDLY"),
    "BYSECOND": ("SECONDLY",),
}
_UNUSED = ("RSCALE", "SKIP", "UNTIL")


class TooDense(ValueError):
    """A rule with so many instances that they can't be told one by one."""


class Moment(NamedTuple):
    """A value as it is written: a date, or a date-time, naive unless it is UTC."""

    dt: date | datetime
    tzid: str | None


class Zones:
    """The zones of one text; a TZID means what the text says, not what another one did."""

    def __init__(self, calendars: list[Component], in_zone: ZoneInfo) -> None:
        """Read nothing yet.

        Args:
            calendars: They may define zones.
            in_zone: In which floating times are read.
        """
        self._floating = _by_zone(in_zone)
        self._definitions = {
            str(one.get("TZID")).strip(): one
            for calendar in calendars
            for one in calendar.walk("VTIMEZONE")
        }
        self._known: dict[str, ToInstant] = {}

    def to_instant(self, tzid: str | None) -> ToInstant:
        """Return how the wall clocks of a zone are read; None: those of no zone.

        Raises:
            ValueError: Nothing tells which zone it is.
        """
        if tzid is None:
            return self._floating
        tzid = tzid.strip()
        if tzid not in self._known:
            self._known[tzid] = self._resolved(tzid)
        return self._known[tzid]

    def instant(self, moment: Moment) -> int:
        """Return the instant of a date-time, or of the first midnight of a date.

        Raises:
            ValueError: Nothing tells which zone it is in.
        """
        at = moment.dt
        if not isinstance(at, datetime):
            at = datetime.combine(at, time.min)
        if at.tzinfo is not None:
            return (at - EPOCH) // MICROSECOND
        return self.to_instant(moment.tzid)(at)

    def _resolved(self, tzid: str) -> ToInstant:
        known = _named(tzid)
        if known is not None:
            return _by_zone(known)
        if tzid in self._definitions:
            return _by_definition(self._definitions[tzid])
        parts = tzid.strip("/").split("/")  # /vendor/version/Europe/Berlin
        for at in range(len(parts)):
            known = _named("/".join(parts[at:]))
            if known is not None:
                return _by_zone(known)
        raise ValueError("no such zone")


def _named(tzid: str) -> ZoneInfo | None:
    try:
        return zone(WINDOWS_TO_OLSON.get(tzid, tzid))
    except InvalidArgument:
        return None


def _by_zone(in_zone: ZoneInfo) -> ToInstant:
    return lambda wall: (wall.replace(tzinfo=in_zone) - EPOCH) // MICROSECOND


def _by_definition(definition: Component) -> ToInstant:
    """Read wall clocks by a VTIMEZONE (RFC 5545 §3.6.5).

    Within a gap and at the first of two readings the offset is the one before the change.
    """
    changes = sorted(
        (onset + max(timedelta(0), after - before), before, after)
        for part in definition.subcomponents
        if part.name in {"STANDARD", "DAYLIGHT"}
        for before in [first(part, "TZOFFSETFROM").td]
        for after in [first(part, "TZOFFSETTO").td]
        for onset in _onsets(part, before)
    )
    if not changes:
        raise ValueError("a zone without offsets")
    onsets = [onset for onset, _, _ in changes]

    def to_instant(wall: datetime) -> int:
        at = bisect_right(onsets, wall)
        offset: timedelta = changes[at - 1][2] if at else changes[0][1]
        return (wall.replace(tzinfo=UTC) - offset - EPOCH) // MICROSECOND

    return to_instant


def _onsets(part: Component, before: timedelta) -> Iterator[datetime]:
    start = _midnight(first(part, "DTSTART").dt).replace(tzinfo=None)
    yield start
    for listed in values(part, "RDATE"):
        yield from (_midnight(one.dt).replace(tzinfo=None) for one in listed.dts)
    for rule in values(part, "RRULE"):
        if set(map(str.upper, rule.get("FREQ", []))) & _PER_DAY.keys():
            raise TooDense
        last = _LAST_CHANGE
        for until in rule.get("UNTIL", []):
            local = isinstance(until, datetime) and until.tzinfo is None
            last = _midnight(until).replace(tzinfo=None) + (timedelta(0) if local else before)
        for onset in starts(rule, start, _LAST_CHANGE):
            if onset > last:
                break
            yield onset


def _midnight(at: date | datetime) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time.min)


def starts(rule: Any, start: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the naive date-times that a rule (RRULE) tells, in order, `UNTIL` left aside.

    Args:
        rule: The rule.
        start: DTSTART on its own clocks.
        last: None after this is asked for.

    Raises:
        TooDense: They are too many.
        ValueError: The rule means nothing.
    """
    if _steps(rule, (last - start).days + 1) > _MOST_STEPS:
        raise TooDense
    if any(str(one).upper() != "GREGORIAN" for one in rule.get("RSCALE", [])):
        raise ValueError("not the calendar that we know")
    kept = type(rule)({name: rule[name] for name in rule if name.upper() not in _UNUSED})
    for one in rrulestr(kept.to_ical().decode(), dtstart=start):
        if one > last:
            return
        yield one


def _steps(rule: Any, days: int) -> int:
    """Return about how many instances there are to go through, one more rather than one less."""
    (frequency,) = [one.upper() for one in rule["FREQ"]]
    interval, count = (min(rule.get(name, [1])) for name in ("INTERVAL", "COUNT"))
    if interval < 1 or count < 1:
        raise ValueError("no such interval or count")
    steps = max(1, days) * _PER_DAY.get(frequency, 1) // (interval if frequency in _PER_DAY else 1)
    for name, finer in _FINER.items():
        if frequency not in finer:
            steps *= max(1, len(rule.get(name, [])))
    return min(steps, count) if "COUNT" in rule and frequency not in _PER_DAY else steps


def until(rule: Any, moment: Moment, zones: Zones) -> Callable[[datetime], bool]:
    """Return what tells whether a start is not after the rule's UNTIL.

    A date as the end of a series with times is taken as the whole of that day, in its zone.

    Args:
        rule: The rule.
        moment: DTSTART as it is written.
        zones: Those of the text.
    """
    ends = list(islice(rule.get("UNTIL", []), 1))
    if not ends:
        return lambda start: True
    end = ends[0]
    if not isinstance(moment.dt, datetime) or not isinstance(end, datetime):
        day = date(end.year, end.month, end.day)
        return lambda start: start.date() <= day
    if end.tzinfo is None:
        return lambda start: start <= end
    limit = (end - EPOCH) // MICROSECOND
    if moment.dt.tzinfo is not None:
        return lambda start: (start.replace(tzinfo=UTC) - EPOCH) // MICROSECOND <= limit
    to_instant = zones.to_instant(moment.tzid)
    return lambda start: to_instant(start) <= limit


def moment_of(value: Any) -> Moment:
    """Return a date or date-time property as it is written.

    Raises:
        ValueError: It is neither.
    """
    try:
        written = value.dt
        if not isinstance(written, date):
            raise TypeError
        return Moment(written, value.params.get("TZID"))
    except BROKEN:
        raise ValueError("neither a date nor a time") from None
