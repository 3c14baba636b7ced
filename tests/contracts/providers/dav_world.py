"""A calendar at a CalDAV server, and another client of it, which speaks plain HTTP."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from sched_agent.model.connection import ProviderKind
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Password
from tests.caldav_servers import SERVERS, CaldavServer
from tests.contracts.providers.ical_text import Ical, zone_text
from tests.contracts.providers.outsider import Planned, When
from tests.contracts.providers.wired import Wired, a_provider
from tests.wire import wire_to

_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_MAKE = """\
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>{name}</d:displayname>
<c:supported-calendar-component-set><c:comp name="VEVENT"/>
<c:comp name="VTODO"/></c:supported-calendar-component-set>
<c:calendar-timezone>{zone}</c:calendar-timezone></d:prop></d:set></c:mkcalendar>"""


class DavOutsider:
    """Works on one calendar, which it makes.

    Args:
        http: A client that the server lets in.
        url: Of the calendar, with a slash at its end.
        name: What the calendar is called.
    """

    def __init__(self, http: httpx.Client, url: str, name: str) -> None:
        self._http, self._url, self._name = http, url, name
        self._restored = 0
        self._hrefs: dict[str, str] = {}
        self._make()

    def add(self, planned: Planned) -> str:
        number = len(self._hrefs) + 1
        uid, name = f"theirs-{number}", f"item%20{number}.ics"
        self.add_text(Ical.planned(planned, uid).text, name)
        self._hrefs[uid] = self._url + name
        return uid

    def add_many(self, planned: list[Planned]) -> list[str]:
        return [self.add(one) for one in planned]

    def add_pointless(self, start: int) -> None:
        self.add_text(Ical.pointless("pointless", start).text, "pointless.ics")

    def add_text(self, text: str, name: str = "item.ics") -> None:
        """Put an object there that is already written."""
        put = self._http.put(self._url + name, content=text.encode(), headers=_CALENDAR)
        put.raise_for_status()

    def rename(self, name: str, title: str) -> None:
        self._edit(name, lambda ical: ical.rename(title))

    def move(self, name: str, when: When) -> None:
        self._edit(name, lambda ical: ical.move(when))

    def change_rule(self, name: str, rule: str) -> None:
        self._edit(name, lambda ical: ical.change_rule(rule))

    def delete(self, name: str) -> None:
        self._http.delete(self._object(name)[0]).raise_for_status()

    def rename_occurrence(self, name: str, start: int, title: str) -> None:
        self._edit(name, lambda ical: ical.rename_occurrence(start, title))

    def move_occurrence(self, name: str, start: int, when: When) -> None:
        self._edit(name, lambda ical: ical.move_occurrence(start, when))

    def delete_occurrence(self, name: str, start: int) -> None:
        self._edit(name, lambda ical: ical.delete_occurrence(start))

    def titles(self) -> list[str]:
        return sorted(title for _, ical in self._objects() for title in ical.titles)

    def count(self, uid: str) -> int:
        return sum(ical.uid == uid for _, ical in self._objects())

    def marks(self, name: str) -> set[str]:
        return self._object(name)[1].marks

    def restore(self) -> None:
        """Delete the calendar and make it again, as from a copy: no cursor survives that."""
        objects = self._objects()
        self.remove()
        self._make()
        self._restored += 1
        for href, ical in objects:
            ical.touch(self._restored)
            self.add_text(ical.text, href.rpartition("/")[2])

    def remove(self) -> None:
        """Delete the calendar."""
        self._http.delete(self._url).raise_for_status()

    def _make(self) -> None:
        zone = zone_text("America/New_York").replace("\r", "&#13;")
        body = _MAKE.format(name=self._name, zone=zone).encode()
        made = self._http.request("MKCALENDAR", self._url, content=body, headers=_XML)
        made.raise_for_status()

    def _edit(self, name: str, change: Callable[[Ical], None]) -> None:
        href, ical = self._object(name)
        change(ical)
        put = self._http.put(href, content=ical.text.encode(), headers=_CALENDAR)
        put.raise_for_status()

    def _object(self, name: str) -> tuple[str, Ical]:
        if href := self._hrefs.get(name):
            return href, self._read(href)
        (found,) = ((href, ical) for href, ical in self._objects() if ical.uid == name)
        return found

    def _objects(self) -> list[tuple[str, Ical]]:
        found = self._http.request("PROPFIND", self._url, headers={"Depth": "1"})
        found.raise_for_status()
        hrefs = re.findall(r"<(?:\w+:)?href>([^<]*\.ics)</", found.text)
        urls = [urljoin(self._url, href) for href in dict.fromkeys(hrefs)]
        return [(url, self._read(url)) for url in urls]

    def _read(self, url: str) -> Ical:
        return Ical.read(self._http.get(url).raise_for_status().text)


@dataclass
class DavWorld(Wired):
    outsider: DavOutsider
    server: CaldavServer

    def forget_cursors(self) -> None:
        self.outsider.restore()

    def lose_the_next_answer(self) -> None:
        self.wire.cut_at(b"BEGIN:VCALENDAR", passes=True)

    def opened(self, port: int, secret: str, seconds: float) -> Provider:
        there = urlsplit(self.server.url)
        url = there._replace(netloc=f"{there.hostname}:{port}").geturl()
        known = Password(url=url, username=self.server.username, password=secret)
        return a_provider(ProviderKind.CALDAV, url, known, seconds)


@contextmanager
def dav(kind: str, folder: Path) -> Iterator[Callable[[], AbstractContextManager[DavWorld]]]:
    """Run a CalDAV server; give what makes a world there, each with a calendar of its own."""
    numbers = count(1)
    with SERVERS[kind](folder) as server, server.http() as http:
        server.client().close()  # from now on its certificate is trusted
        yield lambda: _world(server, http, f"calendar-{next(numbers)}")


@contextmanager
def _world(server: CaldavServer, http: httpx.Client, name: str) -> Iterator[DavWorld]:
    secrets = (server.password, "no such password")
    port = urlsplit(server.url).port or 0
    with wire_to(port) as wire:
        outsider = DavOutsider(http, f"{server.home}{name}/", name)
        yield DavWorld(wire, port, outsider, name, secrets, server)
        outsider.remove()
