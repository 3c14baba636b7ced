"""iCalendar text as the occurrences of its events.

Unknown is never free. An event that can't be read makes the whole text unreadable, unless it says
itself that it takes no time; a rule with too many instances takes all the time from its first one
to its end; two events of one UID both count, and so does an override that is excluded as well.
What is of no length takes no time and is left out. An event that ends before it starts takes what
lies between. EXRULE, which RFC 5545 no longer has, leaves nothing out.

The length of an occurrence is by RFC 5545 §3.8.5.3: with DTEND the same elapsed time, with DURATION
the same days on the clock.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from time import monotonic
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Component

from sched_agent.errors import InvalidArgument
from sched_agent.model.days import Days
from sched_agent.model.event import LONGEST
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.remote import Content
from sched_agent.model.zone import local_day
from sched_agent.providers.ical_events import Event, Start, last_of, takes_no_time, wall_of
from sched_agent.providers.ical_text import BROKEN, events, parsed, unreadable, values, word
from sched_agent.providers.ical_zones import EPOCH, MICROSECOND, TooDense, Zones

_LONGEST_DAYS = 365
_LAST_DAY = date.max.toordinal() - 1
_MOST_SECONDS = 30.0
_UNREADABLE = (*BROKEN, InvalidArgument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event, or one occurrence of a series.

    Args:
        key: The UID; of an occurrence `UID/<original start>`, in UTC (`20261124T150000Z`) or of an
            all-day event as a date (`20261124`), wherever it was moved to. What would have the key
            of another one, and the further parts of what is longer than a year, end in `#2`, ...
        uid: That of its event or series; of one without, the key.
        content: What it says.
        changed_at: When it was changed, in UTC microseconds, if the text tells.
    """

    key: str
    uid: str
    content: Content
    changed_at: int | None = None


class Placed(NamedTuple):
    """An occurrence: the event that says what it says, and when it takes place.

    Args:
        series: Whose occurrence it is; that event itself, if it is none.
        start: Where it begins by the rules of the series.
        taken: From when until when it takes place, see `Event`.
        apart: Whether there is a VEVENT for it alone.
    """

    key: str
    uid: str
    event: Event
    series: Event
    start: Start
    taken: tuple[int, int]
    apart: bool = False


def is_long(placed: Placed) -> bool:
    """Whether an occurrence is longer than an event may be."""
    start, end = placed.taken
    return end - start > (_LONGEST_DAYS if placed.event.all_day else LONGEST)


def occurrences(text: bytes, window: Interval, in_zone: ZoneInfo) -> list[Occurrence]:
    """Return every event of a text as its occurrences that touch the window.

    Args:
        text: One VCALENDAR or several.
        window: Whatever does not touch it is left out.
        in_zone: The zone of the calendar: floating times and whole days are read in it.

    Raises:
        ProviderRejected: It is no iCalendar text.
        CalendarUnreachable: An event that may take time can't be read, or it takes too long.
    """
    calendars = parsed(text)
    zones = Zones(calendars, in_zone)
    give_up_at = monotonic() + _MOST_SECONDS
    found: list[Occurrence] = []
    for uid, components in events(calendars).items():
        if monotonic() > give_up_at:
            raise unreadable()
        placed = of_one(uid, components, zones, around(window, in_zone))
        told = (one for each in placed for one in _told(each, window, in_zone))
        try:
            found += _numbered(_in_time(told, give_up_at))
        except _UNREADABLE:
            raise unreadable() from None
    return found


def _in_time(found: Iterator[Occurrence], give_up_at: float) -> Iterator[Occurrence]:
    """Yield occurrences as long as there is time: those of one UID can be many, too."""
    for one in found:
        if monotonic() > give_up_at:
            raise unreadable()
        yield one


def around(window: Interval, in_zone: ZoneInfo) -> Days:
    """Return the dates of a window, with a margin for all the clocks of the world."""
    return Days(local_day(window.start, in_zone) - 2, local_day(window.end, in_zone) + 3)


def of_one(uid: str, components: Sequence[Component], zones: Zones, days: Days) -> Iterator[Placed]:
    """Yield the occurrences of all events of one UID, at least those that touch some dates.

    Raises:
        CalendarUnreachable: One of them may take time and can't be read.
    """
    masters: list[Event] = []
    others: list[Event] = []
    for component in components:
        try:
            event = Event(component, zones)
            (masters if event.original is None else others).append(event)
            event.taken(event.own)
        except _UNREADABLE:
            if not takes_no_time(component):
                raise unreadable() from None
    try:
        overrides = _by_key(others, masters[0] if masters else None) if uid else {}
    except _UNREADABLE:
        raise unreadable() from None
    masters += [] if uid else others  # nothing tells whose they are
    for master in masters:
        try:
            yield from _of_series(uid or _name_of(master), master, overrides, days)
        except _UNREADABLE:
            if not takes_no_time(master.component):
                raise unreadable() from None
    for key, event in overrides.items():
        yield Placed(
            f"{uid}/{key}", uid, event, event, event.own, event.taken(event.own), apart=True
        )


def key_of(moment_at: int, *, all_day: bool) -> str:
    """Return by what an occurrence is told from the others of its series: its original start."""
    if all_day:
        return f"{date.fromordinal(moment_at):%Y%m%d}"
    return f"{EPOCH + timedelta(microseconds=moment_at):%Y%m%dT%H%M%SZ}"


def _by_key(others: Sequence[Event], master: Event | None) -> dict[str, Event]:
    """Return overrides by the key of what they replace, of several for one the newest."""
    found: dict[str, Event] = {}
    for event in sorted(others, key=_revision):
        assert event.original is not None  # noqa: S101  # that is what makes it an override
        measure = master or event
        whole = not isinstance(event.original.dt, datetime)
        at = event.original.dt.toordinal() if whole else measure.at(event.original)
        found[key_of(at, all_day=whole or measure.all_day)] = event
    return found


def _revision(event: Event) -> tuple[int, int]:
    sequence = word(event.component, "SEQUENCE")
    return int(sequence) if sequence.isdecimal() else 0, event.changed_at or 0


def _of_series(
    uid: str, master: Event, overrides: Mapping[str, Event], days: Days
) -> Iterator[Placed]:
    if not (master.is_series or overrides):
        yield Placed(uid, uid, master, master, master.own, master.taken(master.own), apart=True)
        return
    ranges = sorted(
        ((_original_at(master, one), one) for one in overrides.values() if one.shifts_the_rest),
        key=itemgetter(0),
    )
    reach = max([master.reach, *(event.reach + _moved_days(event) for _, event in ranges)])
    try:
        last = min(days.end + reach, _LAST_DAY)
        starts = list(master.starts(max(1, days.first - reach), last))
    except TooDense:
        yield _solid(uid, master, days)
        return
    for start in starts:
        key = key_of(start.at, all_day=master.all_day)
        if key in overrides:
            continue
        begun = bisect_left(ranges, start.at, key=itemgetter(0))
        event = ranges[begun - 1][1] if begun else master
        moved = _moved(start, master, event) if begun else start
        yield Placed(f"{uid}/{key}", uid, event, master, start, event.taken(moved))


def _original_at(master: Event, override: Event) -> int:
    assert override.original is not None  # noqa: S101  # that is what makes it an override
    return master.at(override.original)


def _moved_days(override: Event) -> int:
    assert override.original is not None  # noqa: S101  # that is what makes it an override
    return abs(override.moment.dt.toordinal() - override.original.dt.toordinal()) + 2


def _moved(start: Start, master: Event, later: Event) -> Start:
    """Return where an occurrence begins that an override for all that follow has moved along."""
    original = later.original
    assert original is not None  # noqa: S101  # that is what makes it an override
    same_clocks = later.moment.tzid == original.tzid == master.moment.tzid
    if start.wall is not None and same_clocks and later.all_day == master.all_day:
        wall = start.wall + (wall_of(later.moment) - wall_of(original))
        return Start(later.begins(wall), wall, start.length)
    return Start(start.at + later.own.at - later.at(original), None, start.length)


def _solid(uid: str, master: Event, days: Days) -> Placed:
    """Return a series that can't be told one by one as one stretch without a gap."""
    rules = list(values(master.component, "RRULE"))
    last = max(last_of(rule, days.end).toordinal() for rule in rules) + master.reach + 1
    start = master.own.at
    end = last if master.all_day else (last - EPOCH.toordinal()) * DAY
    key = key_of(start, all_day=master.all_day)
    return Placed(f"{uid}/{key}", uid, master, master, master.own, (start, max(end, start + 1)))


def _told(placed: Placed, window: Interval, in_zone: ZoneInfo) -> Iterator[Occurrence]:
    """Yield an occurrence if it touches the window, in parts if it is longer than events are."""
    start, end = placed.taken
    all_day = placed.event.all_day
    longest = _LONGEST_DAYS if all_day else LONGEST
    near = around(window, in_zone) if all_day else window
    since, last = (near.first, near.end) if isinstance(near, Days) else near
    part = max(0, (since - start) // longest)
    while (begins := start + part * longest) < min(end, last):
        days = Days(begins, min(end, begins + longest)) if all_day else None
        interval = days.interval(in_zone) if days else Interval(begins, min(end, begins + longest))
        if interval.start < window.end and window.start < interval.end:
            yield Occurrence(
                key=f"{placed.key}#{part + 1}" if part else placed.key,
                uid=placed.uid,
                content=replace(placed.event.content, interval=interval, days=days),
                changed_at=placed.event.changed_at,
            )
        part += 1


def _numbered(found: Iterator[Occurrence]) -> list[Occurrence]:
    """Return occurrences by keys of which there is one each; what is there twice comes once."""
    told: dict[str, Occurrence] = {}
    known: set[tuple[str, Content]] = set()
    last: dict[str, int] = {}
    for one in found:
        if (one.key, one.content) in known:
            continue
        known.add((one.key, one.content))
        number = last.get(one.key, 0) + 1
        while (key := one.key if number == 1 else f"{one.key}#{number}") in told:
            number += 1
        last[one.key] = number
        told[key] = one if number == 1 else replace(one, key=key)
    return list(told.values())


def _name_of(event: Event) -> str:
    """Return the key of an event without a UID, the same as long as it says the same."""
    return "no-uid-" + hashlib.sha256(event.component.to_ical()).hexdigest()[:24]


def busy_of(text: bytes) -> list[Interval]:
    """Return the periods of a VFREEBUSY that are not free (RFC 5545 §3.2.9).

    Raises:
        ProviderRejected: It is no iCalendar text.
        CalendarUnreachable: It tells of no free and busy time, or can't be read.
    """
    told = [one for calendar in parsed(text) for one in calendar.walk("VFREEBUSY")]
    if not told:
        raise unreadable()
    try:
        return [
            busy
            for one in told
            for period in values(one, "FREEBUSY")
            if str(period.params.get("FBTYPE", "")).upper() != "FREE"
            for busy in _period(*period.dt)
        ]
    except _UNREADABLE:
        raise unreadable() from None


def _period(start: datetime, end: datetime | timedelta) -> Iterator[Interval]:
    if isinstance(end, timedelta):
        end = start + end
    first, last = (
        (one.replace(tzinfo=one.tzinfo or EPOCH.tzinfo) - EPOCH) // MICROSECOND
        for one in (start, end)
    )
    if first != last:
        yield Interval(min(first, last), max(first, last))
