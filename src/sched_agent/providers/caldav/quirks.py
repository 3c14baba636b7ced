"""Where CalDAV servers differ, each difference in a place of its own.

Measured with Radicale 3.9 and Xandikos 0.4.10; what is said of others is from their manuals.

Whether time is busy, neither tells on its own:

- Free/busy (RFC 4791 §7.10) reads whole days and times without a zone in UTC at both, so that a day
  in New York ends at seven in the evening; and it can leave no event out.
- Events by time (§7.8) are found by Xandikos, once it has been asked a few times, in an index that
  knows no occurrence that was moved, no RDATE, and of days in a row the first one alone.

So the events are asked for, and free/busy tells whether some were missed.
"""

import re
from urllib.parse import quote, unquote_to_bytes

import httpx

from sched_agent.model.interval import DAY, SECOND, Interval

NO_TIME = SECOND
"""Up to this long is, in free/busy, what takes no time: Radicale says a second."""

_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!//)")
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_APPLE = "caldav.icloud.com"
_APPLES_PARTITION = re.compile(r"p\d+-caldav\.icloud\.com")


def canonical(path: str) -> str:
    """Return the one spelling of a path, with nothing in it that could be read in two ways.

    Radicale writes `%40` where Xandikos writes `@`, and takes what follows a `;` for a parameter.
    """
    return "/".join(quote(unquote_to_bytes(part), safe="") for part in path.split("/"))


def meant(href: str) -> str:
    """Return an address as it is meant: Xandikos writes `a:b.ics` for what has a colon in its name.

    That would be an address of the kind `a` (RFC 3986 §4.2).
    """
    return f"./{href}" if _SCHEME.match(href) else href


def legible(body: bytes) -> bytes:
    """Return XML in UTF-8 without what XML can't say, such as U+FFFE: both servers pass it on."""
    return _NO_XML.sub(b"", body)


def strong(etag: str | None) -> str | None:
    """Return an etag that a server compares: proxies that pack answers mark it as a weak one."""
    return etag.strip().removeprefix("W/") or None if etag else None


def stretched(stretch: Interval) -> Interval:
    """Return what to ask for: both servers take dates and times without a zone for UTC."""
    return stretch.padded(DAY)


def cursor_has_expired(status: int) -> bool:
    """Whether a refused sync may mean an unknown token: 403 is Radicale's, 412 is Xandikos's.

    Some servers name the reason and some do not. If it is another one, reading everything
    meets it again.
    """
    return status in {400, 403, 409, 410, 412}


def does_not_know(status: int) -> bool:
    """Whether a refused question may mean that the server does not know it (RFC 3253 §3.6).

    Radicale answers with an empty list to a question that it does not know.
    """
    return status in {400, 403, 404, 405, 415, 422, 501}


def may_be_there(status: int) -> bool:
    """Whether a refused new event may be there: 412, and for its UID elsewhere 409 at Radicale.

    SabreDAV answers 400 to a UID that lies under another path, RFC 4791 §5.3.2.1 also allows 403.
    """
    return status in {400, 403, 409, 412}


def is_locked(status: int) -> bool:
    """Whether a write did nothing because of another one on that calendar, as at Xandikos."""
    return status == 423


def is_one_server(here: httpx.URL, there: httpx.URL) -> bool:
    """Whether what we tell the one address may be told the other.

    That is the same origin, or the same host by https instead of http. iCloud keeps a person's
    calendars on a numbered host of its own and leads there.
    """
    if _origin(here) == _origin(there):
        return True
    if there.scheme != "https":
        return False
    if here.host == there.host and here.scheme == "http":
        return (_port(here), _port(there)) == (80, 443)
    is_apple = here.host == _APPLE or _APPLES_PARTITION.fullmatch(here.host)
    return bool(
        is_apple and _APPLES_PARTITION.fullmatch(there.host) and _port(here) == _port(there) == 443
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, _port(url)


def _port(url: httpx.URL) -> int | None:
    return url.port or _PORTS.get(url.scheme)
