"""A calendar that is published as a feed, and whoever edits it."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sched_agent.model.connection import ProviderKind
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Feed
from tests.contracts.providers.ical_text import Ical, calendar_text
from tests.contracts.providers.outsider import Planned, When
from tests.contracts.providers.wired import Wired, a_provider
from tests.wire import wire_to

NAME = "Published"
_OUTSIDE = re.compile("(BEGIN|END):VCALENDAR|VERSION:|PRODID:")


class IcsOutsider:
    """Edits the events of a feed."""

    def __init__(self) -> None:
        self._there: dict[str, Ical] = {}
        self._odd: list[str] = []
        self._number = 0

    @property
    def feed(self) -> str:
        """The whole calendar as it is now."""
        whole = calendar_text(list(self._there.values()))
        odd = "".join(_inside(text) for text in self._odd)
        named = whole.replace("PRODID:", f"X-WR-CALNAME:{NAME}\r\nPRODID:", 1)
        return named.replace("END:VCALENDAR", f"{odd}END:VCALENDAR")

    def add(self, planned: Planned) -> str:
        self._number += 1
        uid = f"theirs-{self._number}"
        self._there[uid] = Ical.planned(planned, uid)
        return uid

    def add_many(self, planned: list[Planned]) -> list[str]:
        return [self.add(one) for one in planned]

    def add_pointless(self, start: int) -> None:
        self._there["pointless"] = Ical.pointless("pointless", start)

    def add_text(self, text: str) -> None:
        """Put an object there that is already written."""
        self._odd.append(text)

    def rename(self, name: str, title: str) -> None:
        self._there[name].rename(title)

    def move(self, name: str, when: When) -> None:
        self._there[name].move(when)

    def change_rule(self, name: str, rule: str) -> None:
        self._there[name].change_rule(rule)

    def delete(self, name: str) -> None:
        del self._there[name]

    def rename_occurrence(self, name: str, start: int, title: str) -> None:
        self._there[name].rename_occurrence(start, title)

    def move_occurrence(self, name: str, start: int, when: When) -> None:
        self._there[name].move_occurrence(start, when)

    def delete_occurrence(self, name: str, start: int) -> None:
        self._there[name].delete_occurrence(start)

    def titles(self) -> list[str]:
        return sorted(title for ical in self._there.values() for title in ical.titles)

    def count(self, uid: str) -> int:
        return sum(ical.uid == uid for ical in self._there.values())

    def marks(self, name: str) -> set[str]:
        return self._there[name].marks


def _inside(text: str) -> str:
    """Return what stands in a VCALENDAR."""
    return "".join(line for line in text.splitlines(keepends=True) if not _OUTSIDE.match(line))


@contextmanager
def published(outsider: IcsOutsider, path: str) -> Iterator[int]:
    """Serve a feed to those who know its path; give the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def do_GET(self) -> None:
            body = outsider.feed.encode()
            etag = f'"{hashlib.sha256(body).hexdigest()}"'
            if self.path != path:
                self._answer(403, b"", "*")
            elif self.headers.get("If-None-Match") == etag:
                self._answer(304, b"", etag)
            else:
                self._answer(200, body, etag)

        def _answer(self, status: int, body: bytes, etag: str) -> None:
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class IcsWorld(Wired):
    def opened(self, port: int, secret: str, seconds: float) -> Provider:
        url = f"http://127.0.0.1:{port}/{secret}/feed.ics"
        return a_provider(ProviderKind.ICS, url, Feed(url=url), seconds)


@contextmanager
def feed() -> Iterator[IcsWorld]:
    outsider = IcsOutsider()
    secrets = ("a7f3c0ffee", "b8e4decade")
    with (
        published(outsider, f"/{secrets[0]}/feed.ics") as port,
        wire_to(port) as wire,
    ):
        yield IcsWorld(wire, port, outsider, NAME, secrets)
