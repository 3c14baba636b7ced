"""Finding a person's calendars from whatever address they gave (RFC 6764, RFC 4791 §6.2)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

import httpx

from sched_agent.errors import ConsentNeeded, InvalidArgument, ProviderRejected
from sched_agent.model.remote import RemoteCalendar
from sched_agent.model.text import one_line
from sched_agent.model.zone import zone
from sched_agent.providers.caldav.answers import CALDAV, DAV, Resource
from sched_agent.providers.caldav.requests import WHAT_IT_IS, WHO_WE_ARE
from sched_agent.providers.caldav.server import Server

_WELL_KNOWN = "/.well-known/caldav"
_LONGEST_NAME = 200
_ZONE_ID = re.compile(r"^TZID:(\S+)\s*$", re.MULTILINE)
_WRITING = ("all", "write", "write-content", "bind")


def find_calendars(server: Server) -> Sequence[RemoteCalendar]:
    """Return the calendar at the server's address or, if it is none, those that it leads to.

    CalDAV knows no primary calendar: there is one only where there is only one.

    Raises:
        ProviderRejected: The address leads to no calendars.
    """
    found = _found_from(server)
    if len(found) == 1:
        return [replace(found[0], primary=True)]
    return sorted(found, key=lambda one: (not one.writable, one.name.casefold(), one.id))


def _found_from(server: Server) -> Sequence[RemoteCalendar]:
    if server.url.path not in {"", "/"}:
        return _led_to(server, server.url)
    try:
        return _led_to(server, server.url)
    except (ProviderRejected, ConsentNeeded):  # what lies at the root may be anybody's
        return _led_to(server, server.at(_WELL_KNOWN))


def _led_to(server: Server, start: httpx.URL) -> Sequence[RemoteCalendar]:
    """Return the calendars at an address, in the homes of its principal, or else under it."""
    where, me = _asked(server, start)
    if me.holds(f"{DAV}resourcetype", f"{CALDAV}calendar"):
        return _calendars_in(server, where, depth=0)
    homes = me.hrefs(f"{CALDAV}calendar-home-set")
    if not homes and (principals := _principals(me)):
        where, me = _asked(server, server.at(principals[0], where))
        homes = me.hrefs(f"{CALDAV}calendar-home-set")
    if not homes:
        raise ProviderRejected(
            "The provider's address leads to no calendars.",
            hint="Give the address of a CalDAV server, or of one calendar on it.",
        )
    found = [
        calendar
        for home in homes
        for calendar in _calendars_in(server, server.at(home, where), depth=1)
    ]
    return list({calendar.id: calendar for calendar in found}.values())


def _asked(server: Server, url: httpx.URL) -> tuple[httpx.URL, Resource]:
    where, answer = server.find(url, WHO_WE_ARE, depth=0)
    if not answer.resources:
        raise ProviderRejected("The provider says nothing about its address.")
    return where, answer.resources[0]


def _principals(me: Resource) -> Sequence[str]:
    return me.hrefs(f"{DAV}current-user-principal")


def _calendars_in(server: Server, url: httpx.URL, *, depth: int) -> Sequence[RemoteCalendar]:
    where, answer = server.find(url, WHAT_IT_IS, depth=depth)
    return [
        _calendar(server, where, resource)
        for resource in answer.whole()
        if resource.holds(f"{DAV}resourcetype", f"{CALDAV}calendar") and _holds_events(resource)
    ]


def _holds_events(resource: Resource) -> bool:
    """Whether events may lie there, as they may where nothing is said (RFC 4791 §5.2.3)."""
    kinds = resource.properties.get(f"{CALDAV}supported-calendar-component-set")
    return kinds is None or any(
        kind.get("name", "").upper() == "VEVENT" for kind in kinds.iter(f"{CALDAV}comp")
    )


def _calendar(server: Server, where: httpx.URL, resource: Resource) -> RemoteCalendar:
    there = server.at(f"{resource.href.rstrip('/')}/", where)
    last = unquote(there.path.rstrip("/").rpartition("/")[2])
    name = one_line(resource.text(f"{DAV}displayname") or last, _LONGEST_NAME)
    return RemoteCalendar(
        id=server.id_of(there),
        name=name or last,
        timezone=_timezone(resource.text(f"{CALDAV}calendar-timezone")),
        writable=_is_writable(resource),
    )


def _is_writable(resource: Resource) -> bool:
    """Whether we may write there, as far as the server says."""
    privileges = f"{DAV}current-user-privilege-set"
    if privileges not in resource.properties:
        return True
    return any(resource.holds(privileges, f"{DAV}{word}") for word in _WRITING)


def _timezone(text: str | None) -> str | None:
    """Return the IANA name in a VTIMEZONE, if that has one."""
    found = _ZONE_ID.search(text.replace("\r", "")) if text else None
    try:
        return zone(found[1]).key if found else None
    except InvalidArgument:
        return None
