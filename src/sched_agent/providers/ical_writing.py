"""Events as iCalendar text, and changes of text that others have written.

A change touches what says something else than before, and nothing besides: alarms, organizers,
private properties, other occurrences and the way in which times are written stay.
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component
from icalendar import Event as Vevent
from icalendar.prop import vCalAddress, vDDDTypes

from sched_agent.errors import Unsupported
from sched_agent.model.attendee import Attendee
from sched_agent.model.days import Days
from sched_agent.model.interval import SECOND, Interval
from sched_agent.model.remote import Content
from sched_agent.providers.base import RemoteGone
from sched_agent.providers.ical_events import PHONE, attendee
from sched_agent.providers.ical_reading import Placed, is_long, of_one
from sched_agent.providers.ical_text import Text, events, first, parsed, values, word
from sched_agent.providers.ical_zones import EPOCH, Zones

_PRODUCT = "-//sched-agent//sched-agent//EN"
_OCCURRENCE = re.compile(r"(?P<uid>.*)/(?P<day>\d{8})(T\d{6}Z)?", re.DOTALL)
_PART = re.compile(r".*#\d+", re.DOTALL)
_NOBODY = "invalid:nomail"
_OF_A_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


def written(uid: str, content: Content, now: int) -> bytes:
    """Return a new VCALENDAR of one event.

    iCalendar knows whole seconds: what begins or ends within one takes all of it.

    Args:
        uid: Its UID.
        content: What it says.
        now: In UTC microseconds.
    """
    calendar, event = Calendar(), Vevent()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    event.add("UID", uid)
    _set_time(event, content)
    _say(event, None, content)
    _date(event, now)
    calendar.add_component(event)
    return _text([calendar])


def revised(text: bytes, key: str, content: Content, now: int, in_zone: ZoneInfo) -> bytes:
    """Return a text in which an event, or one occurrence of a series, says something else.

    Args:
        text: The text as it is.
        key: As `ical_reading.Occurrence` has it.
        content: What it is to say.
        now: In UTC microseconds.
        in_zone: The zone of the calendar, as `ical_reading.occurrences` has it.

    Raises:
        RemoteGone: There is no such event in the text.
        Unsupported: It can't be changed apart from others.
    """
    book = _Book(text, in_zone)
    placed = book.find(key)
    if placed is None:
        raise RemoteGone
    if is_long(placed):
        raise Unsupported("An event that is longer than a year can't be changed here.")
    before = _content_of(placed, in_zone)
    if placed.apart:
        component = placed.event.component
    else:
        component = _override_of(placed)
        book.add_beside(placed.series.component, component)
    if (before.days or before.interval) != (content.days or content.interval):
        _set_time(component, content)
    _say(component, before, content)
    _stamp(component, now)
    return _text(book.calendars)


def without(text: bytes, key: str, now: int, in_zone: ZoneInfo) -> bytes | None:
    """Return a text without an event, or one occurrence of a series; None: nothing is left.

    What is not there is left out already. See `revised` for the arguments.

    Raises:
        Unsupported: It can't be left out apart from others.
    """
    book = _Book(text, in_zone)
    if key in book.events:
        for component in book.events[key]:
            book.remove(component)
    elif (placed := book.find(key)) is not None:
        component = placed.event.component
        if placed.apart:
            book.remove(component)
            excluded = first(component, "RECURRENCE-ID")
            excluded = _as_written(excluded.dt, excluded.params.get("TZID"))
        else:
            excluded = _original(placed)
        for master in book.masters(key):
            master.add("EXDATE", excluded, encode=False)
            _stamp(master, now)
    return _text(book.calendars) if any(events(book.calendars).values()) else None


class _Book:
    """A text that is being changed."""

    def __init__(self, text: bytes, in_zone: ZoneInfo) -> None:
        self.calendars = parsed(text)
        self.events = events(self.calendars)
        self._zones = Zones(self.calendars, in_zone)

    def find(self, key: str) -> Placed | None:
        """Return what has that key, if anything has.

        Raises:
            Unsupported: It can't be changed apart from others.
        """
        if _PART.fullmatch(key) and key not in self.events:
            raise Unsupported("This event can't be changed here: others share its name.")
        uid, day = key, 1
        if key not in self.events:
            named = _OCCURRENCE.fullmatch(key)
            if named is None or named["uid"] not in self.events:
                return None
            uid, day = named["uid"], _ordinal(named["day"])
        placed = of_one(uid, self.events[uid], self._zones, Days(day - 2, day + 3))
        found = next((one for one in placed if one.key == key), None)
        if found is None and uid == key:
            raise Unsupported("A whole series can't be changed at once.")
        if found is not None and found.apart and found.event.shifts_the_rest:
            raise Unsupported("This occurrence can't be changed without those that follow it.")
        return found

    def masters(self, key: str) -> Sequence[Component]:
        """Return the events whose occurrence has that key."""
        uid = key.rpartition("/")[0]
        return [one for one in self.events[uid] if "RECURRENCE-ID" not in one]

    def remove(self, component: Component) -> None:
        """Take an event out."""
        siblings = self._siblings(component)
        siblings[:] = [one for one in siblings if one is not component]

    def add_beside(self, component: Component, new: Component) -> None:
        """Put an event behind another one."""
        siblings = self._siblings(component)
        at = next(i for i, one in enumerate(siblings) if one is component)
        siblings.insert(at + 1, new)

    def _siblings(self, component: Component) -> list[Any]:
        return next(
            parent.subcomponents
            for calendar in self.calendars
            for parent in calendar.walk()
            if any(one is component for one in parent.subcomponents)
        )


def _ordinal(day: str) -> int:
    try:
        return max(3, date.fromisoformat(day).toordinal())
    except ValueError:
        return 3


def _content_of(placed: Placed, in_zone: ZoneInfo) -> Content:
    days = Days(*placed.taken) if placed.event.all_day else None
    interval = days.interval(in_zone) if days else Interval(*placed.taken)
    return replace(placed.event.content, interval=interval, days=days)


def _override_of(placed: Placed) -> Component:
    """Return an event that replaces one occurrence, and as yet says the same."""
    component = copy.deepcopy(placed.event.component)
    for name in _OF_A_SERIES:
        component.pop(name, None)
    component.add("RECURRENCE-ID", _original(placed), encode=False)
    start, end = placed.taken
    if placed.event.all_day:
        _set_dates(component, Days(start, end))
    elif placed.event is placed.series and placed.start.wall is not None:
        keeps_duration = "DURATION" in component
        _put(component, "DTSTART", _original(placed))
        component.pop("DTEND", None)
        if not keeps_duration:
            component.add("DURATION", timedelta(microseconds=end - start))
    else:
        _set_instants(component, Interval(start, end))
    return component


def _original(placed: Placed) -> vDDDTypes:
    """Return the original start of an occurrence, written as the start of its series is."""
    series, start = placed.series, placed.start
    if series.all_day:
        return vDDDTypes(date.fromordinal(start.at))
    if start.wall is None:
        return vDDDTypes(_utc(start.at))
    return _as_written(start.wall.replace(tzinfo=series.utc), series.moment.tzid)


def _as_written(dt: Any, tzid: str | None) -> vDDDTypes:
    value = vDDDTypes(dt)
    if tzid is not None:
        value.params["TZID"] = tzid
    return value


def _set_time(component: Component, content: Content) -> None:
    if content.days is not None:
        _set_dates(component, content.days)
    else:
        _set_instants(component, content.interval)


def _set_dates(component: Component, days: Days) -> None:
    component.pop("DURATION", None)
    _put(component, "DTSTART", vDDDTypes(days.first_date))
    _put(component, "DTEND", vDDDTypes(days.end_date))


def _set_instants(component: Component, interval: Interval) -> None:
    component.pop("DURATION", None)
    _put(component, "DTSTART", vDDDTypes(_utc(interval.start)))
    _put(component, "DTEND", vDDDTypes(_utc(-(-interval.end // SECOND) * SECOND)))


def _utc(at: int) -> datetime:
    return EPOCH + timedelta(seconds=at // SECOND)


def _put(component: Component, name: str, value: Any) -> None:
    """Set a property, text in its place if it is there."""
    component.pop(name, None)
    component.add(name, value, encode=not isinstance(value, vDDDTypes))


def _say(component: Component, before: Content | None, content: Content) -> None:
    """Let an event say what it does not say yet, but for its time."""
    texts = [
        ("SUMMARY", before and before.title, content.title),
        ("DESCRIPTION", before and before.description, content.description),
        ("LOCATION", before and before.location, content.location),
        ("STATUS", before and before.status, content.status.value.upper()),
        ("TRANSP", before and _transp(before), _transp(content)),
    ]
    for name, old, new in texts:
        if new != (old.upper() if name == "STATUS" and old else old):
            component.pop(name, None)
            if new is not None:
                component.add(name, Text(new), encode=False)
    if before is None or _people(before) != _people(content):
        _invite(component, content.attendees)


def _transp(content: Content) -> str:
    return "TRANSPARENT" if content.transparent else "OPAQUE"


def _people(content: Content) -> list[Attendee]:
    return [replace(one, member_id=None) for one in content.attendees]


def _invite(component: Component, attendees: Sequence[Attendee]) -> None:
    there = list(values(component, "ATTENDEE"))
    component.pop("ATTENDEE", None)
    for one in attendees:
        address = _address(one)
        value = next((old for old in there if _is_same(old, one)), None)
        if value is None:
            value = vCalAddress(address)
        else:
            there.remove(value)
        _describe(value, one)
        component.add("ATTENDEE", value, encode=False)


def _is_same(value: Any, one: Attendee) -> bool:
    there = attendee(value)
    if there is None:
        return False
    if there.email or one.email:
        return (there.email or "").casefold() == (one.email or "").casefold()
    return (there.phone or there.name) == (one.phone or one.name)


def _address(one: Attendee) -> str:
    if one.email:
        return f"mailto:{_quoted(one.email)}"
    return f"tel:{_quoted(one.phone)}" if one.phone else _NOBODY


def _quoted(text: str) -> str:
    """Return an address with what may not stand in a URI escaped; letters of all scripts stay."""
    return "".join(c if c.isalnum() or c in "@+-._~!$'*()" else quote(c) for c in text)


def _describe(value: vCalAddress, one: Attendee) -> None:
    # some readers, icalendar among them, take a backslash in a parameter for an escape
    called = one.name and one.name.replace("\\", "/")
    for name, text in (("CN", called), (PHONE, one.phone if one.email else None)):
        if (str(value.params.get(name, "")).strip() or None) != text:
            value.params.pop(name, None)
            if text:
                value.params[name] = text
    now = attendee(value)
    if now is None or now.response is not one.response:
        value.params["PARTSTAT"] = one.response.value.upper().replace("_", "-")


def _stamp(component: Component, now: int) -> None:
    """Tell that an event was changed now."""
    sequence = word(component, "SEQUENCE")
    _put(component, "SEQUENCE", int(sequence) + 1 if sequence.isdecimal() else 1)
    _date(component, now)


def _date(component: Component, now: int) -> None:
    _put(component, "LAST-MODIFIED", _utc(now))
    _put(component, "DTSTAMP", _utc(now))


def _text(calendars: Sequence[Component]) -> bytes:
    """Return the text, without what neither iCalendar (RFC 5545 §3.1) nor XML has a place for."""
    text = b"".join(calendar.to_ical(sorted=False) for calendar in calendars)
    for never in _NO_CHARACTERS:
        text = text.replace(never, b"")
    return text.translate(None, delete=_CONTROLS)


_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\r\n"))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
