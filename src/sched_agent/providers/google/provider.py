"""Google Calendar as a provider."""

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from sched_agent.clock import Clock, monotonic_clock
from sched_agent.errors import CalendarUnreachable, ProviderRejected
from sched_agent.model.interval import SECOND, Interval, merge
from sched_agent.model.remote import (
    Batch,
    Content,
    Ref,
    RemoteCalendar,
    RemoteEvent,
)
from sched_agent.providers.base import (
    Ability,
    Created,
    CursorExpired,
    RemoteChanged,
    RemoteGone,
)
from sched_agent.providers.google import events
from sched_agent.providers.google.api import Api, Refused, Wait
from sched_agent.providers.google.quirks import EVERYTHING, FREE_BUSY_LONGEST, id_of
from sched_agent.providers.google.reading import GONE, Reading, bounds, path_of
from sched_agent.providers.google.resources import (
    CalendarPage,
    CalendarResource,
    EventResource,
    FreeBusy,
    not_understood,
    read,
)

OWN_URL = "https://www.googleapis.com/calendar/v3"
"""Where Google's API is."""

_CHANGED = 412
_THERE_ALREADY = 409
_MAY_WRITE = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
_MAY_READ = _MAY_WRITE | {"reader"}
_SILENTLY = {"sendUpdates": "none"}
_MOST_RACES = 3
_MEETING_PAUSES_SECONDS = (0.2, 0.4, 0.8, 1.6)


class Google:
    """The calendars of one person at Google; see `Provider`.

    Args:
        url: The base of the API, if it is not Google's own.
        http: A client that carries the credentials.
        in_zone: The zone of the calendar, in which its whole days are.
        clock: Tells now.
        wait: Lets seconds pass.
    """

    abilities = frozenset({Ability.WRITE, Ability.MEETINGS})

    def __init__(
        self,
        url: str | None,
        http: httpx.Client,
        in_zone: ZoneInfo,
        clock: Clock,
        wait: Wait = time.sleep,
    ) -> None:
        self._api = Api((url or OWN_URL).rstrip("/"), http, clock, wait)
        self._in_zone = in_zone
        self._wait = wait

    def close(self) -> None:
        """See `Provider`."""
        self._api.close()

    def calendars(self) -> Sequence[RemoteCalendar]:
        """See `Provider`. Calendars of which only the busy time may be seen are left out."""
        found: list[CalendarResource] = []
        params = {"maxResults": "250"}
        while True:
            page = read(CalendarPage, self._api.read("users/me/calendarList", params))
            found += page.items
            if page.next_page_token is None:
                break
            params["pageToken"] = page.next_page_token
        shown = [one for one in found if _is_shown(one)]
        return [_calendar(one) for one in sorted(shown, key=lambda one: not one.primary)]

    def changes(self, calendar: str, cursor: str | None, window: Interval) -> Iterator[Batch]:
        """See `Provider`. A series is one handle."""
        if cursor == EVERYTHING:
            raise CursorExpired
        reading = Reading(self._api, calendar, window, self._in_zone)
        return reading.everything() if cursor is None else reading.since(cursor)

    def busy(
        self, calendar: str, within: Interval, leaving_out: Collection[str] = ()
    ) -> Sequence[Interval]:
        """See `Provider`."""
        taken = [one for part in _parts(within) for one in self._free_busy(calendar, part)]
        if not taken or not leaving_out:
            return merge(taken)
        listed = Reading(self._api, calendar, within, self._in_zone).occurrences()
        return merge(events.taken(listed, self._in_zone, frozenset(leaving_out)))

    def _free_busy(self, calendar: str, within: Interval) -> list[Interval]:
        body = {**bounds(within), "items": [{"id": calendar}]}
        told = read(FreeBusy, self._api.read("freeBusy", {}, body)).calendars.get(calendar)
        if told is None or told.errors:
            raise CalendarUnreachable("Google does not tell when this calendar is taken.")
        return [events.period(one.start, one.end) for one in told.busy if one.start != one.end]

    def event(self, calendar: str, ref: Ref) -> RemoteEvent:
        """See `Provider`."""
        return self._value(self._get(calendar, events.id_in(ref)))

    def create(self, calendar: str, uid: str, content: Content) -> Created:
        """See `Provider`. The id is made from the UID, and Google gives none twice."""
        name = id_of(uid)
        body = events.written(content) | {"id": name}
        try:
            made = self._api.write("POST", path_of(calendar), _SILENTLY, body, None)
        except Refused as refused:
            if refused.http_status != _THERE_ALREADY:
                raise
            return Created(self._value(self._get(calendar, name)), made=False)
        return Created(self._value(read(EventResource, made)), made=True)

    def update(self, calendar: str, ref: Ref, content: Content) -> RemoteEvent:
        """See `Provider`. Only what differs is sent, so that all else stays as it is."""
        for _ in range(_MOST_RACES):
            there = self._get(calendar, events.id_in(ref))
            if ref.etag not in {None, there.etag}:
                raise RemoteChanged
            patch = events.changed(there, content, self._in_zone)
            if not patch:
                return self._value(there)
            try:
                return self._value(self._patch(calendar, there, patch, _SILENTLY))
            except RemoteChanged:
                if ref.etag is not None:
                    raise
        raise CalendarUnreachable("The event is being changed at Google just now.")

    def delete(self, calendar: str, ref: Ref) -> None:
        """See `Provider`."""
        path = path_of(calendar, events.id_in(ref))
        try:
            self._api.write("DELETE", path, _SILENTLY, None, ref.etag)
        except Refused as refused:
            if refused.http_status == _CHANGED:
                self._check_gone(calendar, ref)
            elif refused.http_status not in GONE:
                raise

    def _check_gone(self, calendar: str, ref: Ref) -> None:
        """Let pass that an event was changed, if the change is that it was deleted."""
        try:
            self._get(calendar, events.id_in(ref))
        except RemoteGone:
            return
        raise RemoteChanged

    def meet(self, calendar: str, ref: Ref) -> RemoteEvent:
        """See `Provider`. A meeting that was asked for already is waited for."""
        for _ in range(_MOST_RACES):
            event = self._get(calendar, events.id_in(ref))
            if events.meeting_of(event) or _is_pending(event):
                return self._with_meeting(calendar, event)
            try:
                asked = self._patch(calendar, event, _meeting_request(event), _WITH_MEETINGS)
            except RemoteChanged:
                continue
            return self._with_meeting(calendar, asked)
        raise CalendarUnreachable("The event is being changed at Google just now.")

    def _with_meeting(self, calendar: str, event: EventResource) -> RemoteEvent:
        until = monotonic_clock() + int(self._api.call_seconds * SECOND)
        for pause in _MEETING_PAUSES_SECONDS:
            if not _is_pending(event) or monotonic_clock() + pause * SECOND >= until:
                break
            self._wait(pause)
            event = self._get(calendar, event.id)
        if events.meeting_of(event):
            return self._value(event)
        if _is_pending(event):
            raise CalendarUnreachable("Google is still making the meeting.")
        raise ProviderRejected("Google made no meeting for the event.")

    def _get(self, calendar: str, name: str) -> EventResource:
        """Return an event that is there.

        Raises:
            RemoteGone: It is not there.
        """
        try:
            event = read(EventResource, self._api.read(path_of(calendar, name), {}))
        except Refused as refused:
            raise _of_event(refused) from None
        if events.is_deleted(event):
            raise RemoteGone
        return event

    def _patch(
        self,
        calendar: str,
        event: EventResource,
        patch: Mapping[str, Any],
        params: Mapping[str, str],
    ) -> EventResource:
        """Change an event that is still as it was read."""
        path = path_of(calendar, event.id)
        try:
            return read(EventResource, self._api.write("PATCH", path, params, patch, event.etag))
        except Refused as refused:
            raise _of_event(refused) from None

    def _value(self, event: EventResource) -> RemoteEvent:
        found = events.read(event, self._in_zone)
        if found is None:
            raise not_understood("an event that takes no time")
        return found


_WITH_MEETINGS = _SILENTLY | {"conferenceDataVersion": "1"}


def _of_event(refused: Refused) -> Exception:
    if refused.http_status in GONE:
        return RemoteGone()
    if refused.http_status == _CHANGED:
        return RemoteChanged()
    return refused


def _is_shown(calendar: CalendarResource) -> bool:
    return not (calendar.hidden or calendar.deleted) and calendar.access_role in _MAY_READ


def _calendar(one: CalendarResource) -> RemoteCalendar:
    return RemoteCalendar(
        id=one.id,
        name=one.summary_override or one.summary or one.id,
        timezone=one.time_zone,
        writable=one.access_role in _MAY_WRITE,
        primary=one.primary,
    )


def _parts(within: Interval) -> Iterator[Interval]:
    """Yield stretches that are short enough for Google."""
    for start in range(within.start, within.end, FREE_BUSY_LONGEST):
        yield Interval(start, min(start + FREE_BUSY_LONGEST, within.end))


def _is_pending(event: EventResource) -> bool:
    conference = event.conference_data
    request = conference.create_request if conference else None
    asked = request is not None and request.status.status_code == "pending"
    return asked and events.meeting_of(event) is None


def _meeting_request(event: EventResource) -> dict[str, Any]:
    """Return the patch that asks for a meeting, the same for one version of an event."""
    number = hashlib.sha256(f"{event.id} {event.etag}".encode()).hexdigest()[:32]
    key = {"type": "hangoutsMeet"}
    return {
        "conferenceData": {"createRequest": {"requestId": number, "conferenceSolutionKey": key}}
    }
