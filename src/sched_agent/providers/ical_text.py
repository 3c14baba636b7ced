"""iCalendar text (RFC 5545) as components and back, with nothing lost and nothing guessed.

The parser of `icalendar` keeps each time zone that it meets for the whole process, by its id: a
zone that one calendar defines would be read into all others that define one of the same name.
Here times stay as they are written, wall clock and TZID, and `ical_zones` reads them.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from icalendar import Calendar, Component
from icalendar.parser import Contentline, Parameters
from icalendar.parser.ical.component import ComponentIcalParser
from icalendar.prop import TypesFactory, vText

from sched_agent.errors import CalendarUnreachable, ProviderRejected

BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
"""What `icalendar` and `dateutil` raise over values that mean nothing."""

_ESCAPED = re.compile(r"[\\;,]|\r\n?|\n")
_BEGINNING = b"BEGIN:VCALENDAR"


def unreadable() -> CalendarUnreachable:
    """Return the error of a calendar in which a time can't be told: unknown is never free."""
    return CalendarUnreachable("The provider's calendar has an entry that can't be read.")


def parsed(text: bytes) -> list[Component]:
    """Return the VCALENDARs of a text.

    Raises:
        ProviderRejected: It is no iCalendar text at all.
        CalendarUnreachable: It is, but it is cut off or broken.
    """
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    if text[: len(_BEGINNING)].upper() != _BEGINNING:
        raise ProviderRejected("The provider's answer is not a calendar.")
    try:
        parser = _Parser(text, Calendar._get_component_factory(), _types())
        calendars = parser.parse()
    except (*BROKEN, RecursionError):
        raise unreadable() from None
    if parser.component is not None or any(one.name != "VCALENDAR" for one in calendars):
        raise unreadable()
    return calendars


class Text(vText):
    r"""A TEXT that is written as RFC 5545 §3.3.11 has it.

    `icalendar` writes a backslash before an N as a line break: `C:\New` would not come back.
    """

    def to_ical(self) -> bytes:
        """Return it escaped."""
        return _ESCAPED.sub(_escape, str(self)).encode()


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found[0] in "\\;," else "\\n"


@cache
def _types() -> TypesFactory:
    types = TypesFactory()
    types["TEXT"] = Text
    return types


class _Parser(ComponentIcalParser):
    def parse_and_add_property(
        self, name: str, params: Parameters, val: str, tzid: str | None, line: Contentline
    ) -> None:
        del tzid  # it stays among the parameters
        super().parse_and_add_property(name, params, val, None, line)

    def handle_end_component(self, vals: str) -> None:
        ended = self.component
        if ended is None or ended.name != vals.strip().upper():
            raise ValueError("END without its BEGIN")
        self._stack.pop()
        if self._stack:
            self._stack[-1].add_component(ended)
        else:
            self._components.append(ended)


def events(calendars: list[Component]) -> dict[str, list[Component]]:
    """Return the VEVENTs by their UID; those without one are "" together."""
    found: dict[str, list[Component]] = {}
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            found.setdefault(said(event, "UID") or "", []).append(event)
    return found


def values(component: Component, name: str) -> Iterator[Any]:
    """Yield the values of a property, however often it is there."""
    value = component.get(name)
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def first(component: Component, name: str) -> Any:
    """Return the first value of a property, or None."""
    return next(values(component, name), None)


def said(component: Component, name: str) -> str | None:
    """Return the first value of a property as text, or None if it is empty or not there."""
    value = first(component, name)
    return str(value) if value is not None and str(value).strip() else None


def word(component: Component, name: str) -> str:
    """Return the first value of a property as a word in capitals."""
    return (said(component, name) or "").strip().upper()
