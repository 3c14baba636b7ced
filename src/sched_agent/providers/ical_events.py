"""One VEVENT: when it takes place, by itself and as a series, and what it says."""

from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote

from icalendar import Component

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.remote import UNTITLED, Content
from sched_agent.model.status import Status
from sched_agent.providers.ical_text import BROKEN, first, said, values, word
from sched_agent.providers.ical_zones import (
    EPOCH,
    MICROSECOND,
    Moment,
    TooDense,
    Zones,
    moment_of,
    starts,
    until,
)

PHONE = "X-SCHED-AGENT-PHONE"
"""The parameter of an ATTENDEE with an e-mail that tells the phone number, too."""

_SERIES = ("RRULE", "RDATE", "EXDATE")
_RESPONSES = {one.value.upper().replace("_", "-"): one for one in Response}
_STATUSES = {"CANCELLED": Status.CANCELLED, "TENTATIVE": Status.TENTATIVE}
_ZERO = timedelta(0)
_DAY = timedelta(days=1)


class Start(NamedTuple):
    """Where an occurrence begins by the rules of its series.

    Args:
        at: An instant or, of an all-day event, the ordinal of its date.
        wall: What the clocks of the series' own zone read there; None: it is listed apart.
        length: The length that the list (RDATE) gives it.
    """

    at: int
    wall: datetime | None
    length: int | None = None


class _Length(NamedTuple):
    """How far an event reaches: days on the clock, then the rest; what is negative, before it."""

    days: int
    rest: int


_MOST_RULES = 10
"""RFC 5545 §3.8.5.3 advises one; each may take a while to follow."""


class Event:
    """A VEVENT. Raises any of `BROKEN` where it can't be read.

    Instants are in UTC microseconds; of an all-day event all numbers are days, ordinals of dates.
    """

    def __init__(self, component: Component, zones: Zones) -> None:
        self.component = component
        self.moment = moment_of(first(component, "DTSTART"))
        self.all_day = not isinstance(self.moment.dt, datetime)
        self._zones = zones

    @property
    def is_series(self) -> bool:
        """Whether it has rules."""
        return any(name in self.component for name in _SERIES)

    @cached_property
    def own(self) -> Start:
        """Where it begins by itself."""
        return Start(self.at(self.moment), wall_of(self.moment))

    @cached_property
    def original(self) -> Moment | None:
        """When the occurrence that it replaces would begin (RECURRENCE-ID)."""
        found = first(self.component, "RECURRENCE-ID")
        return None if found is None else moment_of(found)

    @property
    def shifts_the_rest(self) -> bool:
        """Whether it replaces the later occurrences, too (RANGE=THISANDFUTURE)."""
        params = getattr(first(self.component, "RECURRENCE-ID"), "params", {})
        return str(params.get("RANGE", "")).upper() == "THISANDFUTURE"

    def at(self, moment: Moment) -> int:
        """Return a moment in the event's own measure."""
        return moment.dt.toordinal() if self.all_day else self._zones.instant(moment)

    def taken(self, start: Start) -> tuple[int, int]:
        """Return from when until when it takes place if it begins there."""
        length = self._length
        if start.length is not None:
            return start.at, start.at + start.length
        if self.all_day:
            if length.days < 0:
                return start.at + length.days, start.at + 1
            return start.at, start.at + max(1, length.days)
        if length.rest < 0:
            return start.at + length.rest, start.at
        return start.at, self._days_later(start, length.days) + length.rest

    def _days_later(self, start: Start, days: int) -> int:
        if days and start.wall is not None and self.utc is None:
            with suppress(OverflowError):
                return self._zones.instant(
                    Moment(start.wall + timedelta(days=days), self.moment.tzid)
                )
        return start.at + days * DAY

    @cached_property
    def _length(self) -> _Length:
        end, lasts = first(self.component, "DTEND"), first(self.component, "DURATION")
        if end is not None:
            return self._until(moment_of(end))
        if lasts is None:
            return _Length(0, 0)
        duration: timedelta = lasts.dt
        if not isinstance(duration, timedelta):
            raise TypeError("not a duration")
        if self.all_day:
            return _Length(-(-duration // _DAY), 0)
        if duration < _ZERO:
            return _Length(0, duration // MICROSECOND)
        return _Length(duration.days, (duration - timedelta(days=duration.days)) // MICROSECOND)

    def _until(self, end: Moment) -> _Length:
        if not self.all_day:
            if not isinstance(end.dt, datetime):
                end = Moment(end.dt, self.moment.tzid)
            return _Length(0, self._zones.instant(end) - self.own.at)
        days = end.dt.toordinal() - self.own.at
        if isinstance(end.dt, datetime) and end.dt.time() > time.min:
            days += 1
        return _Length(days, 0)

    @property
    def reach(self) -> int:
        """How many days it reaches away from where it begins, at most."""
        away = [abs(one.length or 0) for one in self._listed]
        if self.all_day:
            return max(abs(self._length.days), *away, 1)
        return max(abs(self._length.days) * DAY + abs(self._length.rest), *away, 0) // DAY + 2

    def starts(self, since: int, last: int) -> Iterator[Start]:
        """Yield where it begins: at its own start, by rule, and as listed; what is excluded, not.

        Args:
            since: An ordinal: none is asked for that begins on an earlier date.
            last: An ordinal: nor one on a later date.

        Raises:
            TooDense: There are too many.
        """
        excluded, days = self._excluded
        seen = set(excluded)
        for start in chain([self.own], self._listed, self._by_rules(since, last)):
            if start.at not in seen and not (start.wall and start.wall.toordinal() in days):
                seen.add(start.at)
                yield start

    def _by_rules(self, since: int, last: int) -> Iterator[Start]:
        wall = wall_of(self.moment)
        earliest = datetime.combine(date.fromordinal(since), time.min)
        rules = list(values(self.component, "RRULE"))
        if len(rules) > _MOST_RULES:
            raise TooDense
        for rule in rules:
            goes_on = until(rule, self.moment, self._zones)
            for one in starts(rule, wall, last_of(rule, last)):
                if one < earliest:
                    continue
                if not goes_on(one):
                    break
                yield Start(self.begins(one), one)

    def begins(self, wall: datetime) -> int:
        """Return where it begins when its own clocks read that."""
        if self.all_day:
            return wall.toordinal()
        return self._zones.instant(Moment(wall.replace(tzinfo=self.utc), self.moment.tzid))

    @property
    def utc(self) -> tzinfo | None:
        """UTC, if its start is written in it."""
        return self.moment.dt.tzinfo if isinstance(self.moment.dt, datetime) else None

    @cached_property
    def _listed(self) -> list[Start]:
        return [
            self._one_listed(one.dt, listed.params.get("TZID"))
            for listed in values(self.component, "RDATE")
            for one in listed.dts
        ]

    def _one_listed(self, one: Any, tzid: str | None) -> Start:
        if not isinstance(one, tuple):
            return Start(self.at(Moment(one, tzid)), None)
        start, end = one
        at = self.at(Moment(start, tzid))
        if self.all_day:
            return Start(at, None)
        if isinstance(end, timedelta):
            return Start(at, None, max(0, end // MICROSECOND))
        return Start(at, None, max(0, self.at(Moment(end, tzid)) - at))

    @cached_property
    def _excluded(self) -> tuple[Set[int], Set[int]]:
        """The starts that are left out, and whole days of an event with times."""
        starts: set[int] = set()
        days: set[int] = set()
        for listed in values(self.component, "EXDATE"):
            with suppress(*BROKEN):  # then it is not left out
                for one in listed.dts:
                    whole = not self.all_day and not isinstance(one.dt, datetime)
                    if whole:
                        days.add(one.dt.toordinal())
                    else:
                        starts.add(self.at(Moment(one.dt, listed.params.get("TZID"))))
        return starts, days

    @cached_property
    def content(self) -> Content:
        """What it says; the time is still to be set."""
        return Content(
            title=said(self.component, "SUMMARY") or UNTITLED,
            interval=Interval(0, 1),
            description=said(self.component, "DESCRIPTION"),
            location=said(self.component, "LOCATION"),
            status=_STATUSES.get(word(self.component, "STATUS"), Status.CONFIRMED),
            transparent=word(self.component, "TRANSP") == "TRANSPARENT",
            attendees=attendees(self.component),
        )

    @cached_property
    def changed_at(self) -> int | None:
        """When it was changed, if it tells."""
        for name in ("LAST-MODIFIED", "DTSTAMP"):
            with suppress(*BROKEN):
                at = first(self.component, name).dt
                return int((at.replace(tzinfo=at.tzinfo or UTC) - EPOCH) // MICROSECOND)
        return None


def last_of(rule: Any, last: int) -> datetime:
    """Return up to which wall time a rule is worth following, if none after a date is asked for."""
    ends = [one.toordinal() + 1 for one in rule.get("UNTIL", [])]
    return datetime.combine(date.fromordinal(min([last, *ends])), time.max)


def takes_no_time(component: Component) -> bool:
    """Whether an event says that it takes no time, wherever it is."""
    return word(component, "STATUS") == "CANCELLED" or word(component, "TRANSP") == "TRANSPARENT"


def attendees(component: Component) -> tuple[Attendee, ...]:
    """Return who is invited to an event."""
    found = (attendee(value) for value in values(component, "ATTENDEE"))
    return tuple(one for one in found if one is not None)


def attendee(value: Any) -> Attendee | None:
    """Return the person that an ATTENDEE names, or None if it names nobody."""
    params = getattr(value, "params", {})
    scheme, _, address = str(value).strip().partition(":")
    address = unquote(address).strip()
    name = str(params.get("CN", "")).strip() or None
    email = address if scheme.lower() == "mailto" and address else None
    phone = address if scheme.lower() == "tel" and address else None
    phone = phone or str(params.get(PHONE, "")).strip() or None
    if not (name or email or phone):
        return None
    response = str(params.get("PARTSTAT", "")).upper()
    return Attendee(name, email, phone, _RESPONSES.get(response, Response.NEEDS_ACTION))


def wall_of(moment: Moment) -> datetime:
    """Return what is written of a moment, a date as its first midnight."""
    if isinstance(moment.dt, datetime):
        return moment.dt.replace(tzinfo=None)
    return datetime.combine(moment.dt, time.min)
