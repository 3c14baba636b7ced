"""The one place from which requests go to a CalDAV server, and never to another one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from sched_agent.errors import ProviderRejected
from sched_agent.providers.caldav import quirks, requests
from sched_agent.providers.caldav.answers import Multistatus, multistatus
from sched_agent.providers.http import body_of, checked, provider_errors, retry_after

_MOST_REDIRECTS = 5
_BUSY = frozenset({429, 503})
_LONGEST_PAUSE_SECONDS = 5
_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4)
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_ICALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    response: httpx.Response
    body: bytes

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def etag(self) -> str | None:
        """The version of what was written."""
        return quirks.strong(self.response.headers.get("ETag"))

    def listed(self) -> Multistatus:
        """Return the list that it is; see `checked` and `multistatus`."""
        checked(self.response)
        return multistatus(self.body)


class Server:
    """A CalDAV server, at the address that somebody gave."""

    def __init__(self, url: str, http: httpx.Client, wait: Callable[[float], None]) -> None:
        """Connect to nothing yet.

        Args:
            url: The address.
            http: Goes there and says who we are; its timeout is what a request may take.
            wait: Lets so many seconds pass.

        Raises:
            ProviderRejected: That is no address.
        """
        with provider_errors():
            self.url = httpx.URL(url)
        if self.url.scheme not in {"http", "https"} or not self.url.host:
            raise ProviderRejected("The provider's address is none.")
        self._http = http
        self._wait = wait

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def at(self, href: str, base: httpx.URL | None = None) -> httpx.URL:
        """Return where an address leads that stands in an answer.

        Raises:
            ProviderRejected: To another server.
        """
        with provider_errors():
            there = (base or self.url).join(quirks.meant(href))
        if there.userinfo or not quirks.is_one_server(self.url, there):
            raise ProviderRejected(
                f"The provider leads to another server, {there.host[:100] or 'which has no name'}.",
                hint="If that is meant, connect the calendar with an address on that server.",
            )
        return there

    def id_of(self, there: httpx.URL) -> str:
        """Return how a place is named for good: by its path or, on another host, its address."""
        path = _path(there)
        is_here = there.copy_with(raw_path=b"/") == self.url.copy_with(raw_path=b"/")
        return path if is_here else str(there.copy_with(raw_path=path.encode()))

    def handle(self, calendar: httpx.URL, href: str) -> str:
        """Return the path of what lies in a calendar, always spelled alike."""
        return _path(self.at(href, calendar))

    def place(self, calendar: httpx.URL, handle: str) -> httpx.URL:
        """Return where a path lies on the server of a calendar."""
        return calendar.copy_with(raw_path=handle.encode())

    def find(self, url: httpx.URL, names: str, *, depth: int) -> tuple[httpx.URL, Multistatus]:
        """Ask for properties, and return where that was answered and what.

        Raises:
            ProviderRejected: It leads to another server, or in circles.
        """
        question = requests.properties(names)
        for _ in range(_MOST_REDIRECTS):
            reply = self._ask("PROPFIND", url, question, depth)
            if not reply.response.has_redirect_location:
                return url, reply.listed()
            url = self.at(reply.response.headers["Location"], url)
        raise ProviderRejected("The provider's address leads in circles.")

    def report(self, calendar: httpx.URL, question: str, *, depth: int = 1) -> Reply:
        """Ask a question about a calendar."""
        return self._ask("REPORT", calendar, question, depth)

    def get(self, url: httpx.URL) -> Reply:
        """Read what lies somewhere."""
        return self._send("GET", url, {})

    def put(self, url: httpx.URL, text: bytes, condition: Mapping[str, str]) -> Reply:
        """Write an event, on a condition about what is there."""
        return self._write("PUT", url, {**_ICALENDAR, **condition}, text)

    def delete(self, url: httpx.URL, condition: Mapping[str, str]) -> Reply:
        """Delete an event, on a condition about what is there."""
        return self._write("DELETE", url, condition)

    def _ask(self, method: str, url: httpx.URL, question: str, depth: int) -> Reply:
        """Ask a question, and once more after a moment if the server asks for that."""
        headers = {**_XML, "Depth": str(depth)}
        reply = self._send(method, url, headers, question.encode())
        if reply.status not in _BUSY or "Retry-After" not in reply.response.headers:
            return reply
        pause = retry_after(reply.response)
        if pause > min(_LONGEST_PAUSE_SECONDS, self._http.timeout.read or _LONGEST_PAUSE_SECONDS):
            return reply
        self._wait(pause)
        return self._send(method, url, headers, question.encode())

    def _write(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Write, once; what was kept out by another write has done nothing and may come again."""
        reply = self._send(method, url, headers, body)
        for pause in _PAUSES_SECONDS:
            if not quirks.is_locked(reply.status):
                break
            self._wait(pause)
            reply = self._send(method, url, headers, body)
        return reply

    def _send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        with (
            provider_errors(),
            self._http.stream(
                method, url, headers=dict(headers), content=body, follow_redirects=False
            ) as response,
        ):
            return Reply(response, body_of(response))


def _path(url: httpx.URL) -> str:
    return quirks.canonical(url.raw_path.decode().partition("?")[0])
