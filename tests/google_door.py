"""The door of the stub of Google: HTTP in, a request as a value out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

BASE = "/calendar/v3"
"""Where the paths of the calendar API begin."""

Answer: TypeAlias = "Callable[[Request], tuple[int, Any, dict[str, str]]]"
"""Returns status, body and headers."""

Exchange: TypeAlias = Callable[[dict[str, str]], tuple[int, Any]]
"""Answers the form that is sent to the token endpoint, with status and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came, the path below the API's base, the headers' names in lower case."""

    verb: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


def handler(answer: Answer, exchange: Exchange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one packet

        def log_message(self, *args: object) -> None:
            pass

        def serve(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", "0"))
            text = self.rfile.read(length)
            if len(text) < length:  # the line broke before all of it was here
                return
            if url.path == "/token":
                form = {name: one[-1] for name, one in parse_qs(text.decode()).items()}
                self.send(*exchange(form), {})
                return
            request = Request(
                verb=self.command,
                path=url.path.removeprefix(BASE),
                query=parse_qs(url.query, keep_blank_values=True),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=json.loads(text) if text else None,
            )
            self.send(*answer(request))

        def send(self, status: int, body: Any, headers: dict[str, str]) -> None:
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()

    for verb in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.serve)
    return Handler
