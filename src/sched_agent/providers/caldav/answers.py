"""What a CalDAV server answers: a list of resources and their properties (RFC 4918 §13)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sched_agent.errors import CalendarUnreachable, ProviderRejected
from sched_agent.providers.caldav import quirks

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"

_STATUS = re.compile(r"HTTP/\S+\s+(\d{3})")
_INSUFFICIENT_STORAGE = 507


@dataclass(frozen=True, slots=True)
class Resource:
    """What the server says of one resource.

    Args:
        href: Its address, as the server writes it.
        status: Of the resource itself; 200 where only its properties have one.
        properties: Those that it has, by their names.
    """

    href: str
    status: int
    properties: dict[str, Element]

    def text(self, name: str) -> str | None:
        """Return a property's text, or None if it has none."""
        found = self.properties.get(name)
        return (found.text or "").strip() or None if found is not None else None

    def hrefs(self, name: str) -> Sequence[str]:
        """Return the addresses in a property."""
        found = self.properties.get(name)
        return [] if found is None else _hrefs(found)

    def holds(self, name: str, part: str) -> bool:
        """Whether a property has an element of that name somewhere in it."""
        found = self.properties.get(name)
        return found is not None and next(found.iter(part), None) is not None


@dataclass(frozen=True, slots=True)
class Multistatus:
    """All that a server says in one answer.

    Args:
        resources: What it says of each resource.
        sync_token: From which to go on next time.
        truncated: Whether it had more to say.
    """

    resources: Sequence[Resource]
    sync_token: str | None
    truncated: bool

    def whole(self) -> Sequence[Resource]:
        """Return the resources.

        Raises:
            CalendarUnreachable: The server has left some out.
        """
        if self.truncated:
            raise CalendarUnreachable("The provider tells only a part of what it was asked for.")
        return self.resources


def multistatus(body: bytes) -> Multistatus:
    """Read an answer.

    Raises:
        ProviderRejected: It is none, or it is made to exhaust whoever reads it.
    """
    root = _parsed(body)
    if root.tag != f"{DAV}multistatus":
        raise _nonsense()
    resources, truncated = [], False
    for response in root.iterfind(f"{DAV}response"):
        status = _status(response) or 200
        if status == _INSUFFICIENT_STORAGE:
            truncated = True
            continue
        properties = _properties(response)
        resources += [Resource(href, status, properties) for href in _hrefs(response)]
    token = (root.findtext(f"{DAV}sync-token") or "").strip()
    return Multistatus(resources, token or None, truncated)


def _parsed(body: bytes) -> Element:
    for read in (body, quirks.legible(body)):
        try:
            root: Element = fromstring(read, forbid_dtd=True)
        except ParseError:
            continue
        except (DefusedXmlException, ValueError, LookupError, RecursionError):
            break
        return root
    raise _nonsense()


def _nonsense() -> ProviderRejected:
    return ProviderRejected(
        "The provider's answer can't be understood.",
        hint="Look whether its address is that of a CalDAV server.",
    )


def _properties(response: Element) -> dict[str, Element]:
    return {
        found.tag: found
        for propstat in response.iterfind(f"{DAV}propstat")
        if (_status(propstat) or 200) == 200
        for found in propstat.iterfind(f"{DAV}prop/*")
    }


def _hrefs(parent: Element) -> Sequence[str]:
    texts = (href.text for href in parent.iterfind(f"{DAV}href"))
    return [text.strip() for text in texts if text and text.strip()]


def _status(parent: Element) -> int | None:
    found = _STATUS.match((parent.findtext(f"{DAV}status") or "").strip())
    return int(found[1]) if found else None
