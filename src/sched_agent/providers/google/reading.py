"""Reading a calendar at Google: all of it, or what has changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sched_agent.model.interval import Interval
from sched_agent.model.remote import Batch, Change
from sched_agent.providers.base import CursorExpired
from sched_agent.providers.google import events
from sched_agent.providers.google.api import Api, Refused
from sched_agent.providers.google.quirks import EVERYTHING
from sched_agent.providers.google.resources import EventPage, EventResource, read

GONE = frozenset({404, 410})
"""Statuses that tell that something is not there."""


def path_of(calendar: str, event: str | None = None) -> str:
    """Return the path of a calendar's events, or of one of them."""
    path = f"calendars/{quote(calendar, safe='')}/events"
    return path if event is None else f"{path}/{quote(event, safe='')}"


def bounds(within: Interval) -> dict[str, str]:
    """Return a stretch of time as Google is asked about it."""
    return {"timeMin": events.rfc3339(within.start), "timeMax": events.rfc3339(within.end)}


class Reading:
    """One reading of a calendar.

    Google tells of changes by events and series. Asked for those of occurrences, it leaves out
    what is more than some months away; so a series that has changed is asked about anew.

    Args:
        api: Google.
        calendar: The calendar's id.
        window: What is read of it.
        in_zone: The zone of the calendar.
    """

    def __init__(self, api: Api, calendar: str, window: Interval, in_zone: ZoneInfo) -> None:
        self._api = api
        self._calendar = calendar
        self._window = window
        self._in_zone = in_zone

    def everything(self) -> Iterator[Batch]:
        """Yield what lies in the window, series last: pages come between their occurrences."""
        cursor = self._cursor()  # first: what changes meanwhile comes next time
        series: dict[str, dict[str, EventResource]] = {}
        for page in self._pages(path_of(self._calendar), self._expanded()):
            for event in page.items:
                if event.recurring_event_id is not None:
                    series.setdefault(event.recurring_event_id, {})[event.id] = event
            singles = [one for one in page.items if one.recurring_event_id is None]
            yield Batch([self._change(one.id, [one]) for one in singles])
        yield Batch([self._change(key, found.values()) for key, found in series.items()], cursor)

    def _cursor(self) -> str:
        """Return from where to go on later. It comes after the last event; they are not told."""
        asked = {"timeMin": bounds(self._window)["timeMin"], "fields": _CURSOR_ALONE}
        *_, last = self._pages(path_of(self._calendar), asked)
        return last.next_sync_token or EVERYTHING

    def since(self, cursor: str) -> Iterator[Batch]:
        """Yield what has changed since then.

        Raises:
            CursorExpired: Google does not know the cursor, or a part of a series has changed that
                is not the owner's: what is left of it only a reading of everything tells.
        """
        series: dict[str, None] = {}
        singles: set[str] = set()
        following = EVERYTHING
        for page in self._pages(path_of(self._calendar), {"syncToken": cursor}):
            changes = []
            for event in page.items:
                if event.recurrence or event.recurring_event_id is not None:
                    series[events.handle_of(event)] = None
                else:
                    singles.add(event.id)
                    changes.append(self._change(event.id, [event]))
            yield Batch(changes)
            following = page.next_sync_token or EVERYTHING
        for key in series:
            if key not in singles:  # deleted, or no series any more
                yield Batch([self._change(key, self._of_series(key))])
        yield Batch((), following)

    def occurrences(self) -> Sequence[EventResource]:
        """Return events and occurrences in the window."""
        pages = self._pages(path_of(self._calendar), self._expanded())
        return [one for page in pages for one in page.items]

    def _expanded(self) -> dict[str, str]:
        return {"singleEvents": "true", **bounds(self._window)}

    def _of_series(self, series: str) -> Sequence[EventResource]:
        path = f"{path_of(self._calendar, series)}/instances"
        try:
            pages = list(self._pages(path, bounds(self._window)))
        except Refused as refused:
            if refused.http_status in GONE:
                raise CursorExpired from None
            raise
        return [one for page in pages for one in page.items]

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[EventPage]:
        asked = {"maxResults": "2500", **params}
        while True:
            try:
                page = read(EventPage, self._api.read(path, asked))
            except Refused as refused:
                if "syncToken" in params and _is_expired(refused):
                    raise CursorExpired from None
                raise
            yield page
            if page.next_page_token is None:
                return
            asked["pageToken"] = page.next_page_token

    def _change(self, handle: str, lying_there: Iterable[EventResource]) -> Change:
        """Return what of an event or a series touches the window."""
        there = [one for one in lying_there if not events.is_deleted(one)]
        found = [events.read(one, self._in_zone) for one in there]
        touching = [one for one in found if one and self._touches(one.content.interval)]
        return Change(handle, touching)

    def _touches(self, interval: Interval) -> bool:
        return interval.start < self._window.end and self._window.start < interval.end


_CURSOR_ALONE = "nextPageToken,nextSyncToken"


def _is_expired(refused: Refused) -> bool:
    """Whether a sync token is too old (410), or one that nobody gave (400)."""
    spoilt = refused.http_status == 400 and refused.word == "invalid"
    return spoilt or refused.http_status == 410
