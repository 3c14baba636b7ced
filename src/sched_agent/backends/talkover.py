"""The Talkover family as a backend; what its pages leave open is decided in docs/adr/0016.

Calls: all calendars 1; the events of any number of calendars 1; a calendar's rules 1; an event made
or changed 1. Events are listed by containment (list-calendar-events: `from` bounds start_at, `to`
bounds end_at), so they are asked for as far around as an event may last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from sched_agent.backends.abilities import BOOKING, Ability
from sched_agent.backends.http import Api, texts
from sched_agent.backends.many import all_rows, each
from sched_agent.backends.marks import split, version_of, with_mark
from sched_agent.backends.names import Names
from sched_agent.backends.refusals import asked, sane, understood_write
from sched_agent.backends.talkover_data import (
    CalendarTold,
    Changed,
    Envelope,
    EventsTold,
    EventTold,
    RuleTold,
    body_of,
    rule_body,
)
from sched_agent.backends.vendor import Partial, Seen, Sight
from sched_agent.clock import Clock
from sched_agent.errors import (
    Invalid,
    NotFound,
    ProviderRejected,
    SchedAgentError,
    UnknownCalendar,
    UnknownEvent,
)
from sched_agent.model.availability_rule import Rule, read_rule
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import LONGEST, Event
from sched_agent.model.ids import Kind, Number
from sched_agent.model.interval import Interval
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT, instant
from sched_agent.speech.iso import utc_text

DataT = TypeVar("DataT")

_RULES_FRESH_SECONDS = 60.0
_MOST_IN_A_BATCH = 50


_CALENDARS = TypeAdapter(Envelope[list[CalendarTold]])
_EVENTS = TypeAdapter(EventsTold)
_CHANGED = TypeAdapter(Envelope[Changed])
_RULES = TypeAdapter(Envelope[list[RuleTold]])
_RULE = TypeAdapter(Envelope[RuleTold])


class Talkover(Partial):
    """See `backends.vendor.Vendor`."""

    name = "talkover"
    refuses_overlaps = False
    abilities = BOOKING | {
        Ability.ADD_AVAILABILITY_RULE,
        Ability.DESCRIPTION,
        Ability.TYPE,
        Ability.TENTATIVE,
        Ability.CANCELLED_KEPT,
        Ability.ATTENDEES,
        Ability.ATTENDEES_WITHOUT_EMAIL,
        Ability.OWNER,
        Ability.CREATED_BY,
    }

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._names = Names()
        self._rules: dict[Number, tuple[float, Sequence[Rule]]] = {}

    def close(self) -> None:
        """See `backends.vendor.Vendor`."""
        self._api.close()

    def calendars(self) -> Sequence[Calendar]:
        """See `backends.vendor.Vendor`."""
        reply = asked(self.name, lambda: self._api.read("/calendars"))
        told = self._api.understood(reply, _CALENDARS).data
        with sane(self.name):
            return [self._calendar(one) for one in told]

    def see(self, calendars: Sequence[Calendar], within: Interval) -> Sight:
        """See `backends.vendor.Vendor`."""
        sight = self.see_events(calendars, *within)
        return each(calendars, lambda calendar: self._with_rules(sight[calendar.id]))

    def _with_rules(self, seen: Seen | SchedAgentError) -> Seen | SchedAgentError:
        if isinstance(seen, SchedAgentError):
            return seen
        try:
            return replace(seen, rules=self._fresh_rules(seen.calendar))
        except SchedAgentError as error:
            return error

    def see_events(
        self, calendars: Sequence[Calendar], start: int | None, end: int | None
    ) -> Sight:
        """See `backends.vendor.Vendor`."""
        first = None if start is None else max(FIRST_INSTANT, start - LONGEST)
        last = None if end is None else min(LAST_INSTANT, end + LONGEST)
        sight: dict[Number, Seen | SchedAgentError] = {}
        for at in range(0, len(calendars), _MOST_IN_A_BATCH):
            sight |= self._list(calendars[at : at + _MOST_IN_A_BATCH], first, last)
        return sight

    def _list(
        self, calendars: Sequence[Calendar], first: int | None, last: int | None
    ) -> Mapping[Number, Seen | SchedAgentError]:
        """Read calendars in one call, or, if one of them spoils it, in one call each."""
        at = self._clock()
        try:
            found = self._listed([calendar.id for calendar in calendars], first, last)
        except SchedAgentError as error:
            about_one = isinstance(error, NotFound | Invalid | ProviderRejected)
            if len(calendars) == 1 or not about_one:
                return dict.fromkeys((calendar.id for calendar in calendars), error)
            each = (self._list([calendar], first, last) for calendar in calendars)
            return {number: seen for one in each for number, seen in one.items()}
        return {calendar.id: self._seen(calendar, found, at) for calendar in calendars}

    def _seen(self, calendar: Calendar, found: Sequence[Event], at: int) -> Seen:
        events = [event for event in found if event.calendar_id == calendar.id]
        return Seen(calendar=calendar, events=events, marks=self._names.marks(events), at=at)

    def _listed(
        self, numbers: Sequence[Number], first: int | None, last: int | None
    ) -> list[Event]:
        """Return the events that lie between two instants."""
        bounds = {
            "from": None if first is None else utc_text(first),
            "to": None if last is None else utc_text(last),
        }
        params = [("calendar_ids[]", self._name(number)) for number in numbers] + texts(bounds)
        self._names.make_room()

        def page(number: int) -> tuple[Sequence[EventTold], int]:
            asks = params if number == 1 else [*params, ("page", str(number))]
            ask = partial(self._api.read, "/calendars/events", asks)
            reply = asked(self.name, ask, missing=_no_calendar())
            told = self._api.understood(reply, _EVENTS)
            total = len(told.data) if told.pagination is None else told.pagination.total
            return told.data, total

        with sane(self.name):
            return [self._event(one) for one in all_rows(page) if one.start_at != one.end_at]

    def event(self, event_id: Number, last_seen: Event | None) -> Event:
        """See `backends.vendor.Vendor`. No page is about reading one event: it is listed."""
        if last_seen is not None:
            numbers, (start, end) = [last_seen.calendar_id], last_seen.interval
        else:
            numbers = [calendar.id for calendar in self.calendars()]
            start, end = self._clock() - LONGEST, self._clock() + LONGEST
        for bounds in ((start, end), (None, None)):
            found = [event for event in self._listed(numbers, *bounds) if event.id == event_id]
            if found:
                return found[0]
        raise _no_event()

    def create(self, event: Event, mark: str) -> Event:
        """See `backends.vendor.Vendor`."""
        body = body_of(event, mark)
        path = f"/calendars/{self._path(event.calendar_id)}/events"
        reply = asked(
            self.name,
            lambda: self._api.once("POST", path, body),
            missing=_no_calendar(),
            books=True,
        )
        return understood_write(self._api, reply, _CHANGED, partial(self._kept, event))

    def update(self, before: Event, after: Event) -> Event:
        """See `backends.vendor.Vendor`. Only what differs is sent."""
        old, new = body_of(before, None), body_of(after, None)
        changed = {name: value for name, value in new.items() if old[name] != value}
        if changed.keys() & {"start_at", "end_at"}:  # never half of a time
            changed |= {name: new[name] for name in ("start_at", "end_at")}
        if "description" in changed:
            changed["description"] = with_mark(after.description, self._names.mark_of(after.id))
        return self._change(after, changed)

    def cancel(self, event: Event, reason: str | None) -> Event:
        """See `backends.vendor.Vendor`. It is done by the status (update-calendar-event)."""
        called_off = replace(event, status=Status.CANCELLED)
        return self._change(called_off, {"status": "cancelled"}, books=False)

    def _change(self, after: Event, changed: Mapping[str, Any], *, books: bool = True) -> Event:
        name = self._names.of(Kind.EVENT, after.id)
        if name is None:
            raise _no_event()
        path = f"/calendars/{self._path(after.calendar_id)}/events/{quote(name, safe='')}"
        ask = partial(self._api.once, "PUT", path, dict(changed))
        reply = asked(self.name, ask, missing=_no_event(), books=books)
        return understood_write(self._api, reply, _CHANGED, partial(self._kept, after))

    def _kept(self, event: Event, answer: Envelope[Changed]) -> Event:
        """Return an event that was sent, with what the answer tells of it."""
        told = answer.data
        number = self._names.learn(Kind.EVENT, told.id)
        stamp = self._clock() if told.updated_at is None else instant(told.updated_at)
        kept = replace(event, id=number, updated_at=stamp)
        return replace(kept, version=told.version or _version(kept))

    def rules(self, calendar: Calendar) -> Sequence[Rule]:
        """See `backends.vendor.Vendor`."""
        path = f"/calendars/{self._path(calendar.id)}/availability-rules"
        reply = asked(self.name, lambda: self._api.read(path), missing=_no_calendar())
        told = self._api.understood(reply, _RULES).data
        with sane(self.name):
            rules = [self._rule(one) for one in told]
        self._rules[calendar.id] = (monotonic(), rules)
        return rules

    def _fresh_rules(self, calendar: Calendar) -> Sequence[Rule]:
        since, rules = self._rules.get(calendar.id, (-_RULES_FRESH_SECONDS, ()))
        return rules if monotonic() - since < _RULES_FRESH_SECONDS else self.rules(calendar)

    def add_rule(self, calendar: Calendar, rule: Rule) -> Rule:
        """See `backends.vendor.Vendor`."""
        path = f"/calendars/{self._path(calendar.id)}/availability-rules"
        ask = partial(self._api.once, "POST", path, rule_body(rule))
        reply = asked(self.name, ask, missing=_no_calendar())
        self._rules.pop(calendar.id, None)
        return understood_write(self._api, reply, _RULE, lambda one: self._rule(one.data))

    def _calendar(self, one: CalendarTold) -> Calendar:
        return one.value(self._names.learn(Kind.CALENDAR, one.id), self._clock())

    def _event(self, one: EventTold) -> Event:
        number = self._names.learn(Kind.EVENT, one.id)
        description, mark = split(one.description)
        self._names.note(number, mark)
        event = one.value(number, self._names.learn(Kind.CALENDAR, one.calendar_id), description)
        return event if one.version else replace(event, version=_version(event))

    def _rule(self, one: RuleTold) -> Rule:
        rule = read_rule(
            kind=one.type,
            days_of_week=one.days_of_week,
            day=one.date.isoformat() if one.date else None,
            start_time=one.start_time,
            end_time=one.end_time,
            available=one.available,
            timezone=one.timezone,
        )
        return replace(rule, id=self._names.learn(Kind.RULE, one.id))

    def _name(self, number: Number) -> str:
        name = self._names.of(Kind.CALENDAR, number)
        if name is None:
            raise _no_calendar()
        return name

    def _path(self, number: Number) -> str:
        return quote(self._name(number), safe="")


def _version(event: Event) -> int:
    return version_of(
        event.title, event.interval, event.status, event.description, event.type, event.attendees
    )


def _no_calendar() -> UnknownCalendar:
    return UnknownCalendar("No calendar has that id.")


def _no_event() -> UnknownEvent:
    return UnknownEvent("No event has that id.")
