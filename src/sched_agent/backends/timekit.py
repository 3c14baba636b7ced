"""The Timekit family as a backend; what its pages leave open is decided in docs/adr/0015.

What is booked is a resource; its events are those of all its calendars, and new ones go to the
first. Calls: all resources with their calendars 1; the events of each resource 1 (a page holds
1,000) and its openings 1; an event read, made, changed or deleted 1. Events know no status: an
event that is called off is deleted. The API lets events overlap.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from sched_agent.backends.abilities import BOOKING, Ability
from sched_agent.backends.http import Api
from sched_agent.backends.many import PAGE_SIZE, RowT, all_rows, each
from sched_agent.backends.marks import split, version_of, with_mark
from sched_agent.backends.names import Names
from sched_agent.backends.refusals import asked, sane, understood_write
from sched_agent.backends.vendor import Partial, Seen, Sight
from sched_agent.clock import Clock
from sched_agent.errors import (
    SchedAgentError,
    UnknownCalendar,
    UnknownEvent,
)
from sched_agent.model.attendee import Attendee
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.days import touched
from sched_agent.model.event import DEFAULT_TYPE, LONGEST, Event
from sched_agent.model.ids import Kind, Number
from sched_agent.model.interval import DAY, Interval, merge
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT, instant, zone
from sched_agent.speech.iso import utc_text

ItemT = TypeVar("ItemT")

_FAR = 3 * 366 * DAY
"""How far from now events are looked for where nothing says how far: the API wants two bounds."""

_SIX_MONTHS = 180 * DAY

_NOWHERE = "-"
"""What is sent as the place of an event that has none: the API wants one."""

_ID = Field(min_length=1, max_length=200)


class _Page(BaseModel, Generic[ItemT]):
    data: list[ItemT]
    total: int = Field(ge=0)


class _Wrapped(BaseModel, Generic[ItemT]):
    data: ItemT


class _Calendar(BaseModel):
    id: str = _ID


class _Resource(BaseModel):
    id: str = _ID
    name: str
    timezone: str
    calendars: list[_Calendar] = []


class _Event(BaseModel):
    id: str = _ID
    what: str
    where: str | None = None
    description: str | None = None
    all_day: bool = Field(False, alias="allDay")
    start: AwareDatetime
    end: AwareDatetime
    participants: list[str] = []
    calendar_id: str | None = None
    calendar: _Calendar | None = None
    transparent: bool = False
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class _Free(BaseModel):
    start: AwareDatetime
    end: AwareDatetime


_RESOURCES = TypeAdapter(_Page[_Resource])
_FREE = TypeAdapter(_Wrapped[list[_Free]])
_EVENTS = TypeAdapter(_Page[_Event])
_EVENT = TypeAdapter(_Wrapped[_Event])


@dataclass(frozen=True, slots=True)
class _Known:
    """A resource that was read, with the vendor's ids."""

    id: str
    first_calendar: str
    calendar: Calendar


class Timekit(Partial):
    """See `backends.vendor.Vendor`."""

    name = "timekit"
    refuses_overlaps = False
    abilities = BOOKING | {
        Ability.DESCRIPTION,
        Ability.LOCATION,
        Ability.ATTENDEES,
        Ability.ALL_DAY,
    }

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._names = Names()
        self._resources: dict[Number, _Known] = {}
        self._of_calendar: dict[str, Number] = {}

    def close(self) -> None:
        """See `backends.vendor.Vendor`."""
        self._api.close()

    def calendars(self) -> Sequence[Calendar]:
        """See `backends.vendor.Vendor`."""
        params = [("include", "calendars")]
        found = self._pages("/resources", params, _RESOURCES, None)
        known = {}
        with sane(self.name):
            for one in found:
                if one.calendars:  # without one there is nowhere to put an event
                    number = self._names.learn(Kind.CALENDAR, one.id)
                    known[number] = self._known(one, number)
                    self._of_calendar |= {calendar.id: number for calendar in one.calendars}
        self._resources = known
        return [one.calendar for one in known.values()]

    def _known(self, one: _Resource, number: Number) -> _Known:
        now = self._clock()
        calendar = Calendar(
            id=number,
            name=one.name,
            timezone=zone(one.timezone).key,
            policy=Policy(availability=Availability.OPEN),
            created_at=now,
            updated_at=now,
        )
        return _Known(one.id, one.calendars[0].id, calendar)

    def see(self, calendars: Sequence[Calendar], within: Interval) -> Sight:
        """See `backends.vendor.Vendor`."""
        return each(calendars, partial(self._see, within=within))

    def see_events(
        self, calendars: Sequence[Calendar], start: int | None, end: int | None
    ) -> Sight:
        """See `backends.vendor.Vendor`."""
        now = self._clock()
        first = max(FIRST_INSTANT, (now - _FAR if start is None else start) - LONGEST)
        last = min(LAST_INSTANT - 1, (now + _FAR if end is None else end) + LONGEST)
        return each(calendars, partial(self._list, within=Interval(first, last)))

    def _list(self, calendar: Calendar, within: Interval) -> Seen | SchedAgentError:
        known = self._resources.get(calendar.id)
        if known is None:
            return _no_calendar()
        params = [
            ("start", utc_text(within.start)),
            ("end", utc_text(within.end)),
            ("search", f"resource_id:{known.id}"),
        ]
        at = self._clock()
        try:
            listed = self._pages("/events", params, _EVENTS, _no_calendar())
            with sane(self.name):
                events = [self._event(one, calendar) for one in listed if one.start != one.end]
        except SchedAgentError as error:
            return error
        return Seen(calendar=calendar, events=events, marks=self._names.marks(events), at=at)

    def _see(self, calendar: Calendar, within: Interval) -> Seen | SchedAgentError:
        """Read a resource's events, and when it is open.

        The API tells when a resource is free. Together with the events that is when it is open, by
        its constraints, its project or whatever closes it.
        """
        known = self._resources.get(calendar.id)
        if known is None:
            return _no_calendar()
        with ThreadPoolExecutor(1) as pool:  # neither needs the other
            asking = pool.submit(self._free, known.id, within)
            seen = self.see_events([calendar], *within)[calendar.id]
            try:
                free = asking.result()
            except SchedAgentError as error:
                return error
        if isinstance(seen, SchedAgentError):
            return seen
        busy = (event.interval for event in seen.events if event.blocks(seen.at))
        is_open = merge([*free, *busy])
        return replace(seen, openings=lambda _: is_open)

    def _free(self, resource: str, within: Interval) -> Sequence[Interval]:
        """Return when a resource is free; the API is asked for six months at a time."""
        free: list[Interval] = []
        start = max(within.start, self._clock())
        while start < within.end:
            end = min(within.end, start + _SIX_MONTHS)
            body = {
                "mode": "mutual",
                "resources": [resource],
                "from": utc_text(start),
                "to": utc_text(end),
                "length": None,
                "round_to_nearest_hour": False,
            }
            ask = partial(self._api.read, "/availability", (), body)
            reply = asked(self.name, ask, missing=_no_calendar())
            told = self._api.understood(reply, _FREE).data
            with sane(self.name):
                free += [Interval(instant(one.start), instant(one.end)) for one in told]
            start = end
        return free

    def event(self, event_id: Number, last_seen: Event | None) -> Event:
        """See `backends.vendor.Vendor`."""
        name = self._names.of(Kind.EVENT, event_id)
        if name is None:
            return self._search(event_id)
        path = f"/events/{quote(name, safe='')}"
        read = partial(self._api.read, path, [("include", "calendar")])
        reply = asked(self.name, read, missing=_no_event())
        one = self._api.understood(reply, _EVENT).data
        calendar_id = one.calendar_id or (one.calendar.id if one.calendar else "")
        number = self._of_calendar.get(calendar_id)
        if number is None and last_seen is not None:
            number = last_seen.calendar_id
        if number is None or number not in self._resources:
            raise _no_event()
        with sane(self.name):
            return self._event(one, self._resources[number].calendar)

    def _search(self, event_id: Number) -> Event:
        """Return an event whose id at the vendor is not known yet."""
        for seen in self.see_events(self.calendars(), None, None).values():
            if isinstance(seen, SchedAgentError):
                raise seen
            for event in seen.events:
                if event.id == event_id:
                    return event
        raise _no_event()

    def create(self, event: Event, mark: str) -> Event:
        """See `backends.vendor.Vendor`.

        `sync_provider` lets the answer be the event; without it there is none to be had.
        """
        known = self._resources[event.calendar_id]
        body = {"calendar_id": known.first_calendar, "sync_provider": True, **_body(event, mark)}
        ask = partial(self._api.once, "POST", "/events", body)
        reply = asked(self.name, ask, missing=_no_calendar(), books=True)
        return understood_write(
            self._api, reply, _EVENT, lambda one: self._event(one.data, known.calendar)
        )

    def update(self, before: Event, after: Event) -> Event:
        """See `backends.vendor.Vendor`. Only what differs is sent; there is no answer."""
        old, new = _body(before, None), _body(after, None)
        changed = {name: value for name, value in new.items() if old[name] != value}
        if "description" in changed:
            changed["description"] = with_mark(after.description, self._names.mark_of(after.id))
        if changed.keys() & {"start", "end", "all_day"}:
            changed |= {name: new[name] for name in ("start", "end", "all_day")}
        ask = partial(self._api.once, "PUT", self._path(after), changed)
        asked(self.name, ask, missing=_no_event(), books=True)
        return replace(after, version=_version(after))

    def cancel(self, event: Event, reason: str | None) -> Event:
        """See `backends.vendor.Vendor`."""
        path = self._path(event)
        with suppress(UnknownEvent):  # it was there a moment ago: a try before this one did it
            asked(self.name, lambda: self._api.repeatable("DELETE", path), missing=_no_event())
        return replace(event, status=Status.CANCELLED)

    def _event(self, one: _Event, calendar: Calendar) -> Event:
        number = self._names.learn(Kind.EVENT, one.id)
        description, mark = split(one.description)
        self._names.note(number, mark)
        interval = Interval(instant(one.start), instant(one.end))
        days = touched(interval, calendar.zone) if one.all_day else None
        made = instant(one.created_at or one.start)
        event = Event(
            id=number,
            calendar_id=calendar.id,
            title=one.what,
            interval=days.interval(calendar.zone) if days else interval,
            days=days,
            description=description,
            location=None if one.where in {"", _NOWHERE} else one.where,
            status=Status.CONFIRMED,
            type=DEFAULT_TYPE,
            transparent=one.transparent,
            attendees=tuple(Attendee(email=email) for email in one.participants if email),
            owner=None,
            created_by=None,
            hold_expires_at=None,
            created_at=made,
            updated_at=made if one.updated_at is None else instant(one.updated_at),
        )
        return replace(event, version=_version(event))

    def _path(self, event: Event) -> str:
        name = self._names.of(Kind.EVENT, event.id)
        if name is None:
            raise _no_event()
        return f"/events/{quote(name, safe='')}"

    def _pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]],
        adapter: TypeAdapter[_Page[RowT]],
        missing: SchedAgentError | None,
    ) -> Sequence[RowT]:
        """Return all rows of a list."""
        self._names.make_room()

        def page(number: int) -> tuple[Sequence[RowT], int]:
            asks = [*params, ("page", str(number)), ("limit", str(PAGE_SIZE))]
            reply = asked(self.name, partial(self._api.read, path, asks), missing=missing)
            told = self._api.understood(reply, adapter)
            return told.data, told.total

        return all_rows(page)


def _body(event: Event, mark: str | None) -> dict[str, Any]:
    """Return an event in the names of the family (its page create-an-event)."""
    days, (start, end) = event.days, event.interval
    return {
        "what": event.title,
        "where": event.location or _NOWHERE,
        "description": with_mark(event.description, mark),
        "start": days.first_date.isoformat() if days else utc_text(start),
        "end": days.end_date.isoformat() if days else utc_text(end),
        "all_day": days is not None,
        "participants": [attendee.email for attendee in event.attendees if attendee.email],
    }


def _version(event: Event) -> int:
    emails = [attendee.email for attendee in event.attendees]
    content = (event.title, event.interval, event.days, event.location, event.description, emails)
    return version_of(*content)


def _no_calendar() -> UnknownCalendar:
    return UnknownCalendar("No calendar has that id.")


def _no_event() -> UnknownEvent:
    return UnknownEvent("No event has that id.")
