"""Providers that a run can hurt, and what others do to the calendars that they keep."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import httpx
from icalendar import Calendar

from sched_agent.clock import Clock
from sched_agent.model.connection import ProviderKind, ProviderSettings
from sched_agent.model.interval import Interval
from sched_agent.model.zone import instant
from sched_agent.providers.credentials import Credentials, Password, Tokens
from sched_agent.providers.google.quirks import uid_in
from tests.caldav_servers import SERVERS, CaldavServer
from tests.faults.chaos import BadThing, Chaos
from tests.faults.proxy import Proxy
from tests.google_calendars import Refusal, Resource, StubCalendar
from tests.google_discovery import Method
from tests.google_door import BASE
from tests.google_stub import GoogleStub, Seen

_A_THOUSAND = 80
"""Of so many pieces that go to a provider, how many meet a lost connection."""
_FAR_SECONDS = 0.1
"""How long the line keeps a piece at most while all is well: providers are far away."""
_SLOWEST_SECONDS = 1.5
"""Longer than a booking waits for its provider."""
_FIELD = r"^{name}[:;].*(?:\r\n[ \t].*)*\r\n"
_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_ALL = """\
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter><c:comp-filter name="VCALENDAR">
<c:comp-filter name="VEVENT"/></c:comp-filter></c:filter></c:calendar-query>"""


class Missed(Exception):
    """What somebody wanted to change had changed or gone before."""


class Unreached(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An event as it lies at the provider, read without the program.

    Args:
        uid: Its iCalendar UID.
        place: Its id or address there.
        etag: Its version.
        title: What it is called.
        when: Its time.
        text: All that it says, if it is text.
    """

    uid: str
    place: str
    etag: str
    title: str
    when: Interval
    text: str = ""


class Remote(Protocol):
    """A provider with calendars, behind a line of its own."""

    proxy: Proxy
    ca: Path | None
    """The certificate to trust, if it has one of its own."""
    bad_things: dict[str, BadThing]

    @property
    def settings(self) -> ProviderSettings:
        """How the program is set up to use it."""
        ...

    @property
    def credentials(self) -> Credentials:
        """What lets the program in."""
        ...

    def new_calendar(self, name: str) -> str:
        """Make a calendar, and return by which name the others here know it."""
        ...

    def things(self, calendar: str) -> Sequence[Thing]:
        """Return what lies there.

        Raises:
            Unreached: It does not answer.
        """
        ...

    def add(self, calendar: str, uid: str, title: str, when: Interval) -> str:
        """Put an event there and return its UID."""
        ...

    def rename(self, calendar: str, thing: Thing, title: str) -> None:
        """Give an event another title.

        Raises:
            Missed: It is no longer what was seen.
            Unreached: Nobody knows whether it was done.
        """
        ...

    def move(self, calendar: str, thing: Thing, when: Interval) -> None:
        """Let an event take place at another time; see `rename`."""
        ...

    def delete(self, calendar: str, thing: Thing) -> None:
        """Delete an event; see `rename`."""
        ...

    def makings(self) -> Mapping[str, int] | None:
        """Return how often an event was made there, by title, if that is counted."""
        ...

    def heal(self) -> None:
        """Let everything be well from now on."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class _Google(GoogleStub):
    """Counts what is made, and sometimes fails after it has done what it was asked for."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self.made: dict[str, int] = {}
        self.a_thousand = 0
        self._dice = dice
        super().__init__(clock=clock)

    def _act(self, method: Method, path: dict[str, str], seen: Seen) -> Resource | None:
        answer = super()._act(method, path, seen)
        if method.id == "calendar.events.insert":
            title = seen.body["summary"]
            self.made[title] = self.made.get(title, 0) + 1
        if method.id in _WRITES and self._dice.random() * 1000 < self.a_thousand:
            raise Refusal(503, "backendError", "Service unavailable.")
        return answer


_WRITES = {f"calendar.events.{verb}" for verb in ("insert", "patch", "delete")}
_TROUBLES: Sequence[tuple[int, str, str | None]] = (
    (503, "backendError", None),
    (500, "internalError", None),
    (429, "rateLimitExceeded", "1"),
    (403, "userRateLimitExceeded", None),
)


class Google:
    """The stub of Google; what others do there does not go over the line."""

    ca: Path | None = None

    def __init__(self, _: Path, seed: str, clock: Clock) -> None:
        self._stub = _Google(clock, random.Random(f"{seed} google"))
        self._stub.a_thousand = _A_THOUSAND
        port = urlsplit(self._stub.url).port or 0
        self.proxy = _line(port, f"{seed} google")
        url = f"http://127.0.0.1:{self.proxy.port}{BASE}"
        self.settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE, url=url)
        self.credentials = Tokens(access=self._stub.token())
        self.bad_things: dict[str, BadThing] = {
            "provider down": self._down,
            "provider fails": self._fail,
            "cursors forgotten": self._forget,
            "provider slow": slow(self.proxy),
        }

    def new_calendar(self, name: str) -> str:
        key = f"{name.lower()}@example.com"
        self._stub.add_calendar(key, name=name)
        return key

    def things(self, calendar: str) -> Sequence[Thing]:
        return [_thing_at_google(one) for one in self._stub.live(calendar)]

    def add(self, calendar: str, uid: str, title: str, when: Interval) -> str:
        own = re.sub("[^a-v0-9]", "", uid)  # which Google gives once, for all calendars
        name = self._stub.add(title, when, calendar=calendar, id=own)
        return str(self._stub.raw(name, calendar=calendar)["iCalUID"])

    def rename(self, calendar: str, thing: Thing, title: str) -> None:
        self._change(
            calendar, thing, lambda kept: kept.patch(thing.place, {"summary": title}, None)
        )

    def move(self, calendar: str, thing: Thing, when: Interval) -> None:
        times = {
            side: {"dateTime": datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()}
            for side, at in (("start", when.start), ("end", when.end))
        }
        self._change(calendar, thing, lambda kept: kept.patch(thing.place, times, None))

    def delete(self, calendar: str, thing: Thing) -> None:
        self._change(calendar, thing, lambda kept: kept.delete(thing.place))

    def makings(self) -> Mapping[str, int] | None:
        return dict(self._stub.made)

    def heal(self) -> None:
        self._stub.come_back()
        self._stub.trouble.clear()
        self._stub.a_thousand = 0
        self.proxy.lose_nothing()

    def close(self) -> None:
        self.proxy.close()
        self._stub.stop()
        self._stub.check()

    def _change(self, calendar: str, thing: Thing, act: Callable[[StubCalendar], object]) -> None:
        with self._stub.alone():
            kept = self._stub.calendars[calendar]
            now = kept.stored[thing.place]
            if now["status"] == "cancelled" or now["etag"] != thing.etag:
                raise Missed
            act(kept)

    def _down(self, chaos: Chaos) -> bool:
        self._stub.go_down()
        chaos.wait(0.2, 1.5)
        self._stub.come_back()
        return True

    def _fail(self, chaos: Chaos) -> bool:
        status, reason, retry_after = chaos.dice.choice(_TROUBLES)
        times = chaos.dice.choice((1, 2, 4))
        self._stub.fail_next(status, reason, times=times, retry_after=retry_after)
        return True

    def _forget(self, _: Chaos) -> bool:
        self._stub.forget_cursors()
        return True


def _thing_at_google(one: Resource) -> Thing:
    return Thing(
        uid=uid_in(one["id"]) or one["iCalUID"],
        place=one["id"],
        etag=one["etag"],
        title=one.get("summary", ""),
        when=Interval(*(instant(_moment(one[side])) for side in ("start", "end"))),
    )


def _moment(when: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(when["dateTime"])


class Dav:
    """A CalDAV server in a process of its own, which is killed and started on the same data."""

    def __init__(self, kind: str, folder: Path, seed: str, clock: Clock) -> None:
        self._clock, self._folder = clock, folder / kind
        self._running: AbstractContextManager[CaldavServer] = SERVERS[kind](self._folder)
        self._server = self._running.__enter__()
        self.ca = self._server.ca
        self._server.client().close()  # from now on this process trusts its certificate
        there = urlsplit(self._server.url)
        self.proxy = _line(there.port or 0, f"{seed} {kind}")
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

    def _kill(self, chaos: Chaos) -> bool:
        self._server.stop()
        chaos.wait(0.1, 1.0)
        for lock in self._folder.rglob("*.lock"):  # Xandikos never takes what a dead one held
            lock.unlink()
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


def _line(port: int, seed: str) -> Proxy:
    line = Proxy(port, seed, _A_THOUSAND)
    line.slow_down(_FAR_SECONDS)
    return line


def slow(proxy: Proxy) -> BadThing:
    """Return what makes a line slow for a moment."""

    def slow_down(chaos: Chaos) -> bool:
        proxy.slow_down(chaos.dice.uniform(0.1, _SLOWEST_SECONDS))
        chaos.wait(0.5, 2.0)
        proxy.slow_down(_FAR_SECONDS)
        return True

    return slow_down


def open_remote(kind: str, folder: Path, seed: str, clock: Clock) -> Remote:
    """Start a provider: google, radicale or xandikos."""
    if kind == "google":
        return Google(folder, seed, clock)
    return Dav(kind, folder, seed, clock)


REMOTES = ("google", *SERVERS)
