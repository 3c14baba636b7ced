"""An HTTP proxy before a real server that does to requests and answers what bad networks do.

`tests/faults/proxy.py` loses connections and understands nothing of what it passes on; this one
understands HTTP, so it can answer in the server's stead, spoil an answer, or deliver twice.
"""

import json
import random
import re
import select
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.wire import reset

_LONGEST_SECONDS = 60.0
"""After this long a held answer is passed on, whatever happens."""
_TRICKLE_SECONDS = 0.02
_MOST_LETTERS = 500
"""So that a client which waits for ever fails its test within ten seconds."""
_OWN_HEADERS = frozenset(
    {"connection", "content-length", "host", "transfer-encoding", "keep-alive"}
)
"""Those that are about the one connection."""
_OUR_HEADERS = frozenset({"idempotency-key"})
_OUR_FIELDS = re.compile(rb'"double_?booking":"[a-z]+",?', re.IGNORECASE)


class Misdeed(StrEnum):
    """What happens to a request."""

    ERROR_BEFORE = "500, and the server hears nothing"
    GATEWAY_BEFORE = "502, and the server hears nothing"
    BUSY_BEFORE = "503, and the server hears nothing"
    LIMITED_BEFORE = "429, and the server hears nothing"
    LOST_BEFORE = "connection lost before the server hears of it"
    REDIRECTED = "sent on to another host"
    ERROR_AFTER = "500, though the server did it"
    REFUSED_AFTER = "409, though the server did it: as for one that comes twice"
    LOST_AFTER = "connection lost instead of the answer"
    TORN = "connection lost amid the answer"
    TRUNCATED = "half of the answer, as if it were all"
    EMPTY = "an answer without a body"
    HTML = "a page for people"
    BROKEN_JSON = "JSON with a letter too many"
    WRONG_TYPES = "JSON with the right names and wrong values"
    NULLS = "JSON with the right names and nothing in them"
    ENDLESS = "an answer that does not end"
    TRICKLING = "an answer that comes letter by letter"
    TRICKLING_HEAD = "an answer whose head comes letter by letter"
    HELD = "an answer that comes when the client has gone"
    LATE = "the server hears of it when the client has gone"
    TWICE = "delivered twice"


UNHEARD = frozenset(
    {
        Misdeed.ERROR_BEFORE,
        Misdeed.GATEWAY_BEFORE,
        Misdeed.BUSY_BEFORE,
        Misdeed.LIMITED_BEFORE,
        Misdeed.LOST_BEFORE,
        Misdeed.REDIRECTED,
    }
)
"""Those of which the server never learns."""
SLOW = frozenset({Misdeed.TRICKLING, Misdeed.TRICKLING_HEAD, Misdeed.HELD, Misdeed.LATE})
"""Those that take as long as the client has patience."""

_STATUS = {
    Misdeed.ERROR_BEFORE: 500,
    Misdeed.GATEWAY_BEFORE: 502,
    Misdeed.BUSY_BEFORE: 503,
    Misdeed.LIMITED_BEFORE: 429,
    Misdeed.REDIRECTED: 307,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_write(self) -> bool:
        """Whether it may change something; one family asks for free time by POST."""
        return self.method != "GET" and not self.path.partition("?")[0].endswith("/availability")


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server, or the proxy in its stead, answers."""

    status: int
    headers: dict[str, str]
    body: bytes


Choose = Callable[[Asked], Misdeed | None]


def behave(_: Asked) -> None:
    """Choose no misdeed."""


class Dice:
    """Chooses misdeeds at random, the same ones for the same seed and order of requests."""

    def __init__(self, seed: str, a_hundred: int, among: frozenset[Misdeed]) -> None:
        self._dice, self._a_hundred = random.Random(seed), a_hundred
        self._among = sorted(among)

    def __call__(self, _: Asked) -> Misdeed | None:
        """Choose one for a request, or none."""
        if self._dice.random() * 100 >= self._a_hundred:
            return None
        return self._dice.choice(self._among)


class Misbehaving:
    """Listens on a port of its own and passes on to a server, or does as `choose` says.

    Args:
        port: The server's, on 127.0.0.1.
        plain: Whether the server is to look like the vendors' own, which know nothing of what we
            added: keys that make a repeated request act once, and whether a calendar allows double
            booking.
    """

    def __init__(self, port: int, *, plain: bool = False) -> None:
        self._port, self._plain = port, plain
        self.elsewhere = "http://127.0.0.1:9"
        """Where `REDIRECTED` sends clients."""
        self.choose: Choose = behave
        self.log: list[tuple[Asked, Misdeed | None]] = []
        self.done: Counter[str] = Counter()
        self._under_way = 0
        self._changed = threading.Condition()
        self._listening = _Listening(self)
        self.url = f"http://127.0.0.1:{self._listening.server_port}"
        self._thread = threading.Thread(target=self._listening.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> "Misbehaving":
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more, and end what is under way."""
        self._listening.shutdown()
        self._thread.join()
        self._listening.end_all()
        self._listening.server_close()

    def settle(self) -> None:
        """Wait until no request is under way any more: late ones have reached the server, too."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._under_way, _LONGEST_SECONDS)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request as under way."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def fate_of(self, asked: Asked) -> Misdeed | None:
        """Choose, and write it down."""
        fate = self.choose(asked)
        self.log.append((asked, fate))
        if fate:
            self.done[fate] += 1
        return fate

    def pass_on(self, asked: Asked) -> Answered:
        """Let the server answer."""
        headers = _without(asked.headers, _OUR_HEADERS) if self._plain else asked.headers
        connection = HTTPConnection("127.0.0.1", self._port, timeout=_LONGEST_SECONDS)
        try:
            connection.request(asked.method, asked.path, asked.body or None, headers)
            reply = connection.getresponse()
            own = _without(dict(reply.getheaders()), _OWN_HEADERS)
            answer = Answered(reply.status, own, reply.read())
        finally:
            connection.close()
        return _plainly(answer) if self._plain else answer


class _Listening(ThreadingHTTPServer):
    """A thread for each connection; those that clients keep open end with the proxy."""

    request_queue_size = 256
    daemon_threads = False  # whoever closes waits for them

    def __init__(self, proxy: Misbehaving) -> None:
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        self.close_request(request)  # with no farewell before it, so that a reset is one

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients go away all the time here."""

    def end_all(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listening

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""

    def _answer(self) -> None:
        with self.server.proxy.counted():
            self._treat(self._read())

    def _treat(self, asked: Asked) -> None:
        fate = self.server.proxy.fate_of(asked)
        if fate is None:
            self._send(self.server.proxy.pass_on(asked))
        elif fate in UNHEARD:
            self._unheard(fate)
        elif fate is Misdeed.LATE:
            self._until_client_leaves()
            self.server.proxy.pass_on(asked)
            self.close_connection = True
        else:
            if fate is Misdeed.TWICE:
                self.server.proxy.pass_on(asked)
            self._spoil(fate, self.server.proxy.pass_on(asked))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # their names there
    do_PROPFIND = do_REPORT = _answer  # noqa: N815

    def _read(self) -> Asked:
        length = int(self.headers.get("Content-Length") or 0)
        headers = _without(dict(self.headers.items()), _OWN_HEADERS)
        return Asked(self.command, self.path, headers, self.rfile.read(length))

    def _unheard(self, fate: Misdeed) -> None:
        if fate is Misdeed.LOST_BEFORE:
            self._lose()
            return
        headers = {"Content-Type": "text/plain"}
        if fate is Misdeed.LIMITED_BEFORE:
            headers["Retry-After"] = "1"
        if fate is Misdeed.REDIRECTED:
            headers["Location"] = f"{self.server.proxy.elsewhere}{self.path}"
        self._send(Answered(_STATUS[fate], headers, b"Sorry."))

    def _spoil(self, fate: Misdeed, answer: Answered) -> None:
        if fate in _SPOILT:
            self._send(_SPOILT[fate](answer))
        elif fate is Misdeed.LOST_AFTER:
            self._lose()
        elif fate is Misdeed.TORN:
            self._send_part(answer, answer.body[: len(answer.body) // 2])
            self._lose()
        elif fate is Misdeed.HELD:
            self._until_client_leaves()
            self.close_connection = True
        elif fate is Misdeed.TRICKLING:
            self._send_part(answer, b"", length=1 << 20)
            self._trickle()
        elif fate is Misdeed.TRICKLING_HEAD:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            self._trickle()
        else:
            self._flood(answer)

    def _send(self, answer: Answered) -> None:
        self._send_part(answer, answer.body)

    def _send_part(self, answer: Answered, body: bytes, length: int | None = None) -> None:
        """Send an answer in one piece: all of its head, and some of its body."""
        head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != HTTPStatus.NO_CONTENT:
            head.append(f"Content-Length: {length or len(answer.body)}")
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + body)

    def _trickle(self) -> None:
        """Send spaces one by one: the answer never gets there."""
        for _ in range(_MOST_LETTERS):
            if self._client_leaves_in(_TRICKLE_SECONDS):
                break
            self.wfile.write(b" ")
        self.close_connection = True

    def _flood(self, answer: Answered) -> None:
        """Send spaces until the client has enough."""
        self._send_part(answer, b"", length=1 << 40)
        self.close_connection = True
        with suppress(OSError):
            while True:
                self.wfile.write(b" " * (1 << 16))

    def _until_client_leaves(self) -> None:
        self._client_leaves_in(_LONGEST_SECONDS)

    def _client_leaves_in(self, seconds: float) -> bool:
        return bool(select.select([self.connection], [], [], seconds)[0])

    def _lose(self) -> None:
        """End the connection as a crash would."""
        reset(self.connection)
        self.close_connection = True


def _without(headers: dict[str, str], names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}


def _plainly(answer: Answered) -> Answered:
    """Return an answer without what no vendor would tell."""
    return _with_body(answer, _OUR_FIELDS.sub(b"", answer.body))


def _with_body(answer: Answered, body: bytes) -> Answered:
    return Answered(answer.status, answer.headers, body)


def _sorry(status: int) -> Answered:
    return Answered(status, {"Content-Type": "text/plain"}, b"Sorry.")


def _page(_: Answered) -> Answered:
    return Answered(200, {"Content-Type": "text/html"}, b"<html><body>It works!</body></html>")


def _with_values(answer: Answered, change: Callable[[Any], Any]) -> Answered:
    return _with_body(
        answer, json.dumps(_changed(json.loads(answer.body or "{}"), change)).encode()
    )


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _changed(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change) for one in value] or change(value)
    return change(value)


def _of_another_type(value: Any) -> Any:
    """Return what a reader of JSON that knows no types would take for the same."""
    return 7 if isinstance(value, str) else {"value": "seven"}


_SPOILT: dict[Misdeed, Callable[[Answered], Answered]] = {
    Misdeed.TWICE: lambda answer: answer,
    Misdeed.ERROR_AFTER: lambda _: _sorry(500),
    Misdeed.REFUSED_AFTER: lambda _: _sorry(409),
    Misdeed.TRUNCATED: lambda answer: _with_body(answer, answer.body[: len(answer.body) // 2]),
    Misdeed.EMPTY: lambda answer: _with_body(answer, b""),
    Misdeed.HTML: _page,
    Misdeed.BROKEN_JSON: lambda answer: _with_body(answer, b"{," + answer.body[1:]),
    Misdeed.WRONG_TYPES: lambda answer: _with_values(answer, _of_another_type),
    Misdeed.NULLS: lambda answer: _with_values(answer, lambda _: None),
}
