"""A feed: one calendar at an address, as iCalendar text, that can only be read.

A feed tells neither what was changed in it nor what is gone. The cursor holds by what the text is
known again (ETag or Last-Modified, a digest, and the zone in which it was read); when it is another
one, the cursor has expired and everything is read anew. To tell what is gone, a cursor would have
to hold all keys of the feed, and to tell what has changed, what each of them said: that is what the
links of a connection are for, and reading everything compares with them.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import httpx

from sched_agent.clock import Clock
from sched_agent.errors import InvalidArgument, Unsupported
from sched_agent.model.connection import HORIZON_DAYS
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.remote import Batch, Change, Content, Ref, RemoteCalendar, RemoteEvent
from sched_agent.model.status import claims
from sched_agent.model.zone import zone
from sched_agent.providers.base import Ability, Created, CursorExpired, RemoteGone
from sched_agent.providers.http import body_of, checked, provider_errors
from sched_agent.providers.ical import Occurrence, occurrences
from sched_agent.providers.ical_text import parsed, said

FEED = "feed"
"""The id of the one calendar."""

_PAGE = 500
_WEBCAL = frozenset({"webcal", "webcals"})
_SURELY_LATER_SECONDS = 2


class _Version(NamedTuple):
    """By what a text is known again; see the module."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    zone: str | None = None

    @classmethod
    def of(cls, response: httpx.Response, text: bytes, in_zone: ZoneInfo) -> "_Version":
        return cls(
            response.headers.get("ETag"),
            _strong_date(response.headers),
            hashlib.sha256(text).hexdigest(),
            in_zone.key,
        )

    @property
    def headers(self) -> dict[str, str]:
        if self.etag is not None:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


class IcsFeed:
    """See `base.Provider`."""

    abilities: frozenset[Ability] = frozenset()

    def __init__(self, url: str, http: httpx.Client, in_zone: ZoneInfo, clock: Clock) -> None:
        """Ask nothing yet.

        Args:
            url: Where the feed is; `webcal:` is read as `https:`.
            http: Through which it is asked; closed with this.
            in_zone: The zone of the calendar: floating times and whole days are read in it.
            clock: What time it is.
        """
        scheme, colon, rest = url.strip().partition(":")
        self._url = f"https:{rest}" if scheme.lower() in _WEBCAL else f"{scheme}{colon}{rest}"
        self._http = http
        self._in_zone = in_zone
        self._clock = clock

    def close(self) -> None:
        """See `base.Provider`."""
        self._http.close()

    def calendars(self) -> Sequence[RemoteCalendar]:
        """See `base.Provider`. The feed is one."""
        text, _ = self._read()
        book = parsed(text)[0]
        name = said(book, "NAME") or said(book, "X-WR-CALNAME") or "Calendar feed"
        timezone = _known_zone(said(book, "X-WR-TIMEZONE"))
        return [RemoteCalendar(id=FEED, name=name, timezone=timezone, writable=False, primary=True)]

    def changes(self, calendar: str, cursor: str | None, window: Interval) -> Iterator[Batch]:
        """See `base.Provider`. A feed that has changed at all has an expired cursor."""
        del calendar
        before = None if cursor is None else _before(cursor)
        if before is not None and before.zone != self._in_zone.key:
            raise CursorExpired
        fetched = self._get(before)
        if fetched is None:
            yield Batch((), cursor)
            return
        text, now = fetched
        if before is not None and before.digest != now.digest:
            raise CursorExpired
        changes = iter(() if before is not None else self._all(text, window))
        page = list(islice(changes, _PAGE))
        while following := list(islice(changes, _PAGE)):
            yield Batch(page)
            page = following
        yield Batch(page, json.dumps(now))

    def _all(self, text: bytes, window: Interval) -> Iterator[Change]:
        by_uid: dict[str, list[RemoteEvent]] = {}
        for one in occurrences(text, window, self._in_zone):
            by_uid.setdefault(one.uid, []).append(_remote(one))
        return (Change(uid, events) for uid, events in by_uid.items())

    def busy(
        self, calendar: str, within: Interval, leaving_out: Collection[str] = ()
    ) -> Sequence[Interval]:
        """See `base.Provider`. The feed is read anew."""
        del calendar
        text, _ = self._read()
        return [
            one.content.interval
            for one in occurrences(text, within, self._in_zone)
            if one.key not in leaving_out
            and claims(one.content.status, transparent=one.content.transparent)
        ]

    def event(self, calendar: str, ref: Ref) -> RemoteEvent:
        """See `base.Provider`. What lies beyond the horizon, on either side, is not found."""
        del calendar
        text, _ = self._read()
        now, far = self._clock(), HORIZON_DAYS * DAY
        for one in occurrences(text, Interval(now - far, now + far), self._in_zone):
            if one.key == ref.key:
                return _remote(one)
        raise RemoteGone

    def create(self, calendar: str, uid: str, content: Content) -> Created:
        """See `base.Provider`."""
        _refuse()

    def update(self, calendar: str, ref: Ref, content: Content) -> RemoteEvent:
        """See `base.Provider`."""
        _refuse()

    def delete(self, calendar: str, ref: Ref) -> None:
        """See `base.Provider`."""
        _refuse()

    def meet(self, calendar: str, ref: Ref) -> RemoteEvent:
        """See `base.Provider`."""
        _refuse()

    def _read(self) -> tuple[bytes, _Version]:
        fetched = self._get(None)
        assert fetched is not None  # noqa: S101  # nothing was said of what is known
        return fetched

    def _get(self, before: _Version | None) -> tuple[bytes, _Version] | None:
        """Return the text as it is now; None: it is still the one from before."""
        headers = {"Accept": "text/calendar", **(before.headers if before else {})}
        with (
            provider_errors(),
            self._http.stream("GET", self._url, headers=headers, follow_redirects=True) as response,
        ):
            if before is not None and response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            text = body_of(checked(response))
            return text, _Version.of(response, text, self._in_zone)


def _refuse() -> NoReturn:
    raise Unsupported("This calendar is a feed: it can only be read.")


def _before(cursor: str) -> _Version:
    try:
        return _Version(*json.loads(cursor))
    except (ValueError, TypeError):
        raise CursorExpired from None


def _strong_date(headers: httpx.Headers) -> str | None:
    """Return Last-Modified if nothing can have changed later in its second (RFC 9110 §8.8.2.2)."""
    modified = headers.get("Last-Modified")
    try:
        answered, changed = (
            parsedate_to_datetime(headers.get(name, "")) for name in ("Date", "Last-Modified")
        )
        later = (answered - changed).total_seconds()
    except (ValueError, TypeError):
        return None
    return modified if later >= _SURELY_LATER_SECONDS else None


def _known_zone(name: str | None) -> str | None:
    try:
        return None if name is None else zone(name).key
    except InvalidArgument:
        return None


def _remote(one: Occurrence) -> RemoteEvent:
    return RemoteEvent(ref=Ref(one.key, one.uid), content=one.content, changed_at=one.changed_at)
