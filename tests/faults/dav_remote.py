"""A CalDAV server as a provider that a run can hurt; others go there without the line."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import httpx
from dulwich import porcelain
from icalendar import Calendar

from sched_agent.clock import Clock
from sched_agent.model.connection import ProviderKind, ProviderSettings
from sched_agent.model.interval import Interval
from sched_agent.model.zone import instant
from sched_agent.providers.credentials import Password
from tests.caldav_servers import SERVERS, CaldavServer
from tests.faults.chaos import BadThing, Chaos
from tests.faults.remotes import Missed, Thing, Unreached, line, slow

_FIELD = r"^{name}[:;].*(?:\r\n[ \t].*)*\r\n"
_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_ALL = """\
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter><c:comp-filter name="VCALENDAR">
<c:comp-filter name="VEVENT"/></c:comp-filter></c:filter></c:calendar-query>"""


class Dav:
    """A CalDAV server in a process of its own, which is killed and started on the same data."""

    def __init__(self, kind: str, folder: Path, seed: str, clock: Clock) -> None:
        self._clock, self._folder = clock, folder / kind
        self._running: AbstractContextManager[CaldavServer] = SERVERS[kind](self._folder)
        self._server = self._running.__enter__()
        self.ca = self._server.ca
        self._server.client().close()  # from now on this process trusts its certificate
        there = urlsplit(self._server.url)
        self.proxy = line(there.port or 0, f"{seed} {kind}")
        url = there._replace(netloc=f"{there.hostname}:{self.proxy.port}").geturl()
        self.settings = ProviderSettings(name=kind, kind=ProviderKind.CALDAV, url=url)
        self.credentials = Password(
            url=url, username=self._server.username, password=self._server.password
        )
        self._http = self._server.http()
        self._urls: dict[str, str] = {}
        self.bad_things: dict[str, BadThing] = {
            "provider killed": self._kill,
            "provider slow": slow(self.proxy),
        }

    def new_calendar(self, name: str) -> str:
        url = self._server.new_calendar(name)
        path = urlsplit(url).path
        self._urls[path] = url
        return path

    def things(self, calendar: str) -> Sequence[Thing]:
        url = self._urls[calendar]
        answer = self._ask("REPORT", url, headers=_XML | {"Depth": "1"}, content=_ALL)
        told = ElementTree.fromstring(answer.raise_for_status().text)
        return [_thing(url, one) for one in told.iter("{DAV:}response")]

    def add(self, calendar: str, uid: str, title: str, when: Interval) -> str:
        lines = [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//others//EN", "BEGIN:VEVENT"),
            *(f"UID:{uid}", f"SUMMARY:{title}", f"DTSTAMP:{self._now()}"),
            *_times(when).values(),
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
        url = urljoin(self._urls[calendar], f"{uid}.ics")
        body = "\r\n".join(lines)
        _done(self._ask("PUT", url, headers=_CALENDAR | {"If-None-Match": "*"}, content=body))
        return uid

    def rename(self, _: str, thing: Thing, title: str) -> None:
        self._edit(thing, {"SUMMARY": f"SUMMARY:{title}"})

    def move(self, _: str, thing: Thing, when: Interval) -> None:
        self._edit(thing, _times(when))

    def delete(self, _: str, thing: Thing) -> None:
        _done(self._ask("DELETE", thing.place, headers={"If-Match": thing.etag}))

    def makings(self) -> Mapping[str, int] | None:
        return None

    def heal(self) -> None:
        self.proxy.lose_nothing()

    def close(self) -> None:
        self._http.close()
        self.proxy.close()
        self._running.__exit__(None, None, None)

    def _edit(self, thing: Thing, lines: Mapping[str, str]) -> None:
        """Replace some lines of an event, as clients do that keep all else."""
        text = thing.text.replace("\r\n", "\n").replace("\n", "\r\n")
        changed = {**lines, "LAST-MODIFIED": f"LAST-MODIFIED:{self._now()}"}
        for name in changed:
            text = re.sub(_FIELD.format(name=name), "", text, flags=re.MULTILINE)
        new = "".join(f"{line}\r\n" for line in changed.values())
        text = text.replace("BEGIN:VEVENT\r\n", f"BEGIN:VEVENT\r\n{new}", 1)
        headers = _CALENDAR | {"If-Match": thing.etag}
        _done(self._ask("PUT", thing.place, headers=headers, content=text))

    def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, url, **more)
        except httpx.TransportError as fault:
            raise Unreached from fault
        if answer.is_server_error:
            raise Unreached
        return answer

    def _now(self) -> str:
        return _utc(self._clock())

    def _repair(self) -> None:
        """Undo what Xandikos had begun when it died, which it never does itself.

        It takes no lock that a dead one held, and can't delete what one had half deleted: its file
        is gone, and it is still in Git.
        """
        for lock in self._folder.rglob("*.lock"):
            lock.unlink()
        for repository in self._folder.rglob("made-*/.git"):
            porcelain.reset(str(repository.parent), "hard")

    def _kill(self, chaos: Chaos) -> bool:
        self._server.stop()
        chaos.wait(0.1, 1.0)
        self._repair()
        self._server.start()
        return True


def _thing(calendar: str, told: ElementTree.Element) -> Thing:
    text = told.findtext(".//{urn:ietf:params:xml:ns:caldav}calendar-data") or ""
    (event,) = Calendar.from_ical(text).events
    return Thing(
        uid=str(event["UID"]),
        place=urljoin(calendar, told.findtext("{DAV:}href")),
        etag=told.findtext(".//{DAV:}getetag") or "",
        title=str(event["SUMMARY"]),
        when=Interval(*(_instant(side) for side in (event.start, event.end))),
        text=text,
    )


def _instant(at: date) -> int:
    assert isinstance(at, datetime), "nobody here adds whole days"
    return instant(at)


def _times(when: Interval) -> dict[str, str]:
    return {"DTSTART": f"DTSTART:{_utc(when.start)}", "DTEND": f"DTEND:{_utc(when.end)}"}


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y%m%dT%H%M%SZ}"


def _done(answer: httpx.Response) -> None:
    if answer.status_code in {404, 409, 412, 423}:
        raise Missed
    answer.raise_for_status()
