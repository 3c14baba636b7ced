"""What has changed on a calendar since a cursor, as paths (RFC 6578).

A cursor is the server's token or, where the server knows no sync, a digest of all paths and their
versions: once that is another one, everything is read anew.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import httpx

from sched_agent.errors import CalendarUnreachable, ProviderRejected
from sched_agent.providers.base import CursorExpired
from sched_agent.providers.caldav import quirks, requests
from sched_agent.providers.caldav.answers import DAV, Multistatus
from sched_agent.providers.caldav.server import Server

_TOKEN = "token:"  # noqa: S105  # it opens nothing
_DIGEST = "digest:"
_MOST_PAGES = 1000


class Page(NamedTuple):
    """Some of the changes.

    Args:
        there: The paths of what is new or has changed.
        gone: The paths of what was deleted.
        cursor: From which to go on after it.
    """

    there: Sequence[str]
    gone: Sequence[str]
    cursor: str


def pages(server: Server, calendar: httpx.URL, cursor: str | None) -> Iterator[Page]:
    """Yield what has changed since a cursor or, without one, everything; one page at least.

    Raises:
        CursorExpired: The server no longer knows the cursor.
    """
    if cursor is not None and not cursor.startswith(_TOKEN):
        if _everything(server, calendar).cursor != cursor:
            raise CursorExpired
        yield Page((), (), cursor)
        return
    token = (cursor or "").removeprefix(_TOKEN)
    for _ in range(_MOST_PAGES):
        answer = _since(server, calendar, token)
        if answer is None:
            yield _everything(server, calendar)
            return
        yield _page(server, calendar, answer)
        if not answer.truncated:
            return
        if answer.sync_token in {None, token}:
            break
        token = answer.sync_token or ""
    raise ProviderRejected("The provider never comes to the end of what has changed.")


def _since(server: Server, calendar: httpx.URL, token: str) -> Multistatus | None:
    """Return what has changed since a token; None: the server does not know the question."""
    reply = server.report(calendar, requests.changes_since(token), depth=0)
    if token and quirks.cursor_has_expired(reply.status):
        raise CursorExpired
    if not token and quirks.does_not_know(reply.status):
        return None
    answer = reply.listed()
    if answer.sync_token is not None:
        return answer
    if token:
        raise CursorExpired
    return None


def _page(server: Server, calendar: httpx.URL, answer: Multistatus) -> Page:
    there, gone = [], []
    for resource in answer.resources:
        handle = server.handle(calendar, resource.href)
        if handle.endswith("/"):  # the calendar itself, or a folder in it
            continue
        if resource.status in {404, 410}:
            gone.append(handle)
        elif resource.status == 200:
            there.append(handle)
        else:
            raise CalendarUnreachable("The provider can't tell of all that has changed.")
    return Page(there, gone, f"{_TOKEN}{answer.sync_token}")


def _everything(server: Server, calendar: httpx.URL) -> Page:
    """Return the paths of all that lies in a calendar."""
    where, answer = server.find(calendar, requests.WHICH_VERSION, depth=1)
    versions: dict[str, str] = {}
    for resource in answer.whole():
        handle = server.handle(where, resource.href)
        if handle.endswith("/") or resource.holds(f"{DAV}resourcetype", f"{DAV}collection"):
            continue
        etag = resource.text(f"{DAV}getetag")
        if etag is None:
            raise ProviderRejected("The provider does not tell which version an event has.")
        versions[handle] = etag
    lines = "\n".join(f"{handle} {etag}" for handle, etag in sorted(versions.items()))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return Page(list(versions), (), f"{_DIGEST}{digest}")
