"""A person's calendars at a CalDAV server."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from time import sleep
from typing import NamedTuple, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from sched_agent.clock import Clock
from sched_agent.errors import (
    CalendarUnreachable,
    InvalidArgument,
    ProviderRejected,
    Unsupported,
)
from sched_agent.model.interval import DAY, Interval, merge, subtract
from sched_agent.model.remote import Batch, Change, Content, Ref, RemoteCalendar, RemoteEvent
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT, instant
from sched_agent.providers import ical
from sched_agent.providers.base import Ability, Created, RemoteChanged, RemoteGone
from sched_agent.providers.caldav import quirks, requests
from sched_agent.providers.caldav.answers import CALDAV, DAV, Resource
from sched_agent.providers.caldav.discovery import find_calendars
from sched_agent.providers.caldav.following import pages
from sched_agent.providers.caldav.server import Reply, Server
from sched_agent.providers.http import checked

_READ_AT_ONCE = 100
_TRIES = 3
_FORBIDDEN, _PRECONDITION_FAILED = 403, 412
_GONE = frozenset({404, 410})
_UTC = ZoneInfo("UTC")
_EVER = Interval(FIRST_INSTANT, LAST_INSTANT - 1)
_NEAR = 400 * DAY
_OF_A_SERIES = re.compile(r".+/(\d{4}\d\d\d\d)(T\d{6}Z)?(#\d+)?", re.DOTALL)


class _Stored(NamedTuple):
    """What lies under a path: iCalendar text, and which version of it."""

    handle: str
    text: bytes
    etag: str | None


class Caldav:
    """The calendars that one person has at a CalDAV server; see `Provider`.

    A handle is a path there. The version of an event is the etag of what lies under its path; that
    of one occurrence of a series tells what the occurrence says, since a change of another one, or
    of the series, need not be one of it.
    """

    abilities = frozenset({Ability.WRITE})

    def __init__(
        self,
        url: str,
        http: httpx.Client,
        in_zone: ZoneInfo,
        clock: Clock,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: Of a calendar, of the person's principal or home, or of the server.
            http: Goes there and says who we are; it is closed along.
            in_zone: Whose clocks are meant where an event names no zone.
            clock: Tells when an event was written.
            wait: Lets so many seconds pass, where the server asks for it.

        Raises:
            ProviderRejected: The url can be none.
        """
        self._server = Server(url, http, wait)
        self._in_zone = in_zone
        self._clock = clock

    def close(self) -> None:
        """See `Provider`."""
        self._server.close()

    def calendars(self) -> Sequence[RemoteCalendar]:
        """See `Provider`."""
        return find_calendars(self._server)

    def changes(self, calendar: str, cursor: str | None, window: Interval) -> Iterator[Batch]:
        """See `Provider`.

        Without a cursor all is read, however far from the window it lies: what else would be left
        out is for the server to judge, which would have to get series right.
        """
        where = self._server.at(calendar)
        last = None
        for page in pages(self._server, where, cursor):
            last = page.cursor
            if page.gone:
                yield Batch([Change(handle) for handle in page.gone])
            for some in _in_parts(page.there):
                there = self._at(where, some)
                yield Batch([self._change(handle, there.get(handle), window) for handle in some])
        yield Batch((), last)

    def busy(
        self, calendar: str, within: Interval, leaving_out: Collection[str] = ()
    ) -> Sequence[Interval]:
        """See `Provider`. If the server knows of more than it has found, everything is read."""
        where = self._server.at(calendar)
        around = quirks.stretched(within)
        found: Iterable[_Stored] = self._asked(where, requests.contents_within(around))
        if self._has_missed_some(where, found, around):
            found = self._all(where)
        return merge(
            event.content.interval
            for stored in found
            for event in self._events(stored, within)
            if _takes_time(event.content) and not _is_among(event.ref.key, leaving_out)
        )

    def event(self, calendar: str, ref: Ref) -> RemoteEvent:
        """See `Provider`."""
        anyhow = ref._replace(etag=None)
        return self._current(self._server.at(calendar), anyhow)[1]

    def create(self, calendar: str, uid: str, content: Content) -> Created:
        """See `Provider`. What was deleted is not known to have been there, and is made anew."""
        where = self._server.at(calendar)
        handle = self._server.handle(where, f"{quote(uid, safe='')}.ics")
        text = ical.written(uid, content, self._clock())
        reply = self._server.put(self._server.place(where, handle), text, {"If-None-Match": "*"})
        if quirks.may_be_there(reply.status) and (found := self._under(where, handle, uid)):
            return Created(found, made=False)
        _accepted(reply)
        written = _Stored(handle, text, reply.etag)
        return Created(self._as_written(where, written, uid, content), made=True)

    def update(self, calendar: str, ref: Ref, content: Content) -> RemoteEvent:
        """See `Provider`."""
        where = self._server.at(calendar)
        for _ in range(_TRIES):
            stored, _event = self._current(where, ref)
            text = ical.revised(stored.text, ref.key, content, self._clock(), self._in_zone)
            reply = self._replace(where, stored, text)
            if reply.status != _PRECONDITION_FAILED:
                _accepted(reply)
                written = _Stored(stored.handle, text, reply.etag)
                return self._as_written(where, written, ref.key, content)
        raise _too_busy()

    def delete(self, calendar: str, ref: Ref) -> None:
        """See `Provider`."""
        where = self._server.at(calendar)
        for _ in range(_TRIES):
            try:
                stored, _event = self._current(where, ref)
            except RemoteGone:
                return
            rest = ical.without(stored.text, ref.key, self._clock(), self._in_zone)
            reply = self._replace(where, stored, rest)
            if rest is None and reply.status in _GONE:
                return
            if reply.status != _PRECONDITION_FAILED:
                _accepted(reply)
                return
        raise _too_busy()

    def meet(self, calendar: str, ref: Ref) -> NoReturn:
        """See `Provider`."""
        raise Unsupported("A CalDAV calendar gives its events no video meetings.")

    def _current(self, where: httpx.URL, ref: Ref) -> tuple[_Stored, RemoteEvent]:
        """Return what lies under a handle, and the event in it that is meant.

        Raises:
            RemoteGone: It is not there.
            RemoteChanged: It is not at the version of `ref.etag`.
        """
        stored = self._at(where, [ref.handle]).get(ref.handle)
        found = self._wherever(stored, ref.key) if stored else None
        if stored is None or found is None:
            raise RemoteGone
        if ref.etag not in {None, found.ref.etag}:
            raise RemoteChanged
        return stored, found

    def _replace(self, where: httpx.URL, stored: _Stored, text: bytes | None) -> Reply:
        """Put another text in the place of one, or none, unless it has changed meanwhile."""
        place = self._server.place(where, stored.handle)
        condition = {"If-Match": stored.etag or "*"}
        if text is None:
            return self._server.delete(place, condition)
        return self._server.put(place, text, condition)

    def _as_written(
        self, where: httpx.URL, written: _Stored, key: str, content: Content
    ) -> RemoteEvent:
        """Return an event as it is after it was written.

        Raises:
            RemoteGone: Somebody has deleted it at once.
        """
        stored: _Stored | None = written
        if written.etag is None:  # the server keeps it in another form (RFC 4791 §5.3.4)
            stored = self._at(where, [written.handle]).get(written.handle)
        near = content.interval.padded(DAY)
        event = self._event(stored, key, near) or self._wherever(stored, key) if stored else None
        if event is None:
            raise RemoteGone
        return event

    def _under(self, where: httpx.URL, handle: str, uid: str) -> RemoteEvent | None:
        """Return the event under a UID, which may lie under another path than we gave it."""
        places = [*self._at(where, [handle]).values()]
        places += self._asked(where, requests.contents_under(uid))
        found = (self._wherever(stored, uid) for stored in places)
        return next((event for event in found if event), None)

    def _change(self, handle: str, stored: _Stored | None, window: Interval) -> Change:
        return Change(handle, self._events(stored, window) if stored else ())

    def _wherever(self, stored: _Stored, key: str) -> RemoteEvent | None:
        """Return an event wherever it was moved to; far from where it began is looked last."""
        near = _near(key)
        return (self._event(stored, key, near) if near else None) or self._event(stored, key, _EVER)

    def _event(self, stored: _Stored, key: str, within: Interval) -> RemoteEvent | None:
        return next((one for one in self._events(stored, within) if one.ref.key == key), None)

    def _events(self, stored: _Stored, within: Interval) -> Sequence[RemoteEvent]:
        return [
            RemoteEvent(
                ref=Ref(one.key, stored.handle, _version(one, stored.etag)),
                content=one.content,
                changed_at=one.changed_at,
            )
            for one in ical.occurrences(stored.text, within, self._in_zone)
        ]

    def _at(self, where: httpx.URL, handles: Sequence[str]) -> Mapping[str, _Stored]:
        """Return what lies under some paths; those under which there is nothing are left out.

        What the server does not tell among others, as Xandikos does with a `?` or `#` in a name, it
        is asked for by itself.
        """
        answer = self._server.report(where, requests.contents_at(handles)).listed()
        said = {self._server.handle(where, one.href): one for one in answer.whole()}
        found = {
            handle: _stored(handle, said[handle]) if handle in said else self._alone(where, handle)
            for handle in handles
            if handle not in said or said[handle].status not in _GONE
        }
        return {handle: stored for handle, stored in found.items() if stored}

    def _alone(self, where: httpx.URL, handle: str) -> _Stored | None:
        reply = self._server.get(self._server.place(where, handle))
        if reply.status in _GONE:
            return None
        checked(reply.response)
        return _Stored(handle, reply.body, reply.etag)

    def _all(self, where: httpx.URL) -> Iterator[_Stored]:
        for page in pages(self._server, where, None):
            for some in _in_parts(page.there):
                yield from self._at(where, some).values()

    def _has_missed_some(
        self, where: httpx.URL, found: Iterable[_Stored], around: Interval
    ) -> bool:
        """Whether the server calls time busy at which nothing is that it has found.

        It may read whole days and times without a zone in UTC, and need not know what is
        transparent.
        """
        reply = self._server.report(where, requests.busy_within(around))
        if reply.status == httpx.codes.MULTI_STATUS or quirks.does_not_know(reply.status):
            return False
        checked(reply.response)
        known = (
            one.content.interval
            for stored in found
            for in_zone in (self._in_zone, _UTC)
            for one in ical.occurrences(stored.text, around.padded(DAY), in_zone)
        )
        more = subtract(merge(ical.busy_of(reply.body)), merge(known))
        return any(one.length > quirks.NO_TIME for one in more)

    def _asked(self, where: httpx.URL, question: str) -> Sequence[_Stored]:
        answer = self._server.report(where, question).listed()
        return [_stored(self._server.handle(where, one.href), one) for one in answer.whole()]


def _in_parts(handles: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(handles), _READ_AT_ONCE):
        yield handles[first : first + _READ_AT_ONCE]


def _stored(handle: str, resource: Resource) -> _Stored:
    text = resource.text(f"{CALDAV}calendar-data")
    if resource.status != httpx.codes.OK or text is None:
        raise CalendarUnreachable("The provider does not tell what an event says.")
    etag = quirks.strong(resource.text(f"{DAV}getetag"))
    return _Stored(handle, text.encode(), etag)


def _version(one: ical.Occurrence, etag: str | None) -> str | None:
    return one.content.fingerprint if _OF_A_SERIES.fullmatch(one.key) else etag


def _near(key: str) -> Interval | None:
    """Return the time around that at which an occurrence was to begin, if the key is of one."""
    found = _OF_A_SERIES.fullmatch(key)
    try:
        began = instant(datetime.strptime(f"{found[1]}+0000", "%Y%m%d%z")) if found else None
    except (ValueError, InvalidArgument):
        return None
    return Interval(began, began + DAY).padded(_NEAR) if began is not None else None


def _takes_time(content: Content) -> bool:
    return content.status is not Status.CANCELLED and not content.transparent


def _is_among(key: str, left_out: Collection[str]) -> bool:
    """Whether a key is left out: itself, or the UID that it begins with."""
    return any(key == one or key.startswith((f"{one}/", f"{one}#")) for one in left_out)


def _accepted(reply: Reply) -> None:
    """Let a write that was accepted pass.

    Raises:
        ProviderRejected: We may not write there: to see the calendar is all that was agreed to.
        CalendarUnreachable: Others are writing there at this moment.
    """
    if reply.status == _FORBIDDEN:
        raise ProviderRejected("The provider does not let us write on that calendar.")
    if quirks.is_locked(reply.status):
        raise _too_busy()
    checked(reply.response)


def _too_busy() -> CalendarUnreachable:
    return CalendarUnreachable("The provider is busy with other changes of that calendar.")
