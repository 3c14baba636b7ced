"""The workspace family as a backend; what its pages leave open is decided in docs/adr/0014.

Calls: all calendars with their schedules 1; the events of each calendar 1 (a page holds 1,000); an
event read, made, changed, cancelled or answered 1. The API refuses overlaps itself (its page of
create says so), so that nothing is looked at again after a booking.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date as Date  # noqa: N812  # a field has that name
from functools import partial
from typing import Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, Field, TypeAdapter

from sched_agent.backends.abilities import BOOKING, Ability
from sched_agent.backends.http import Api, texts
from sched_agent.backends.marks import split, version_of, with_mark
from sched_agent.backends.names import Names
from sched_agent.backends.refusals import asked, sane, understood_write
from sched_agent.backends.shapes import Camel, Limits, Person
from sched_agent.backends.vendor import Seen, Sight
from sched_agent.clock import Clock
from sched_agent.errors import (
    CalendarUnreachable,
    SchedAgentError,
    UnknownAttendee,
    UnknownCalendar,
    UnknownEvent,
    UnknownRule,
    Unsupported,
)
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import RecurringRule, Rule, clock_text, read_rule
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.days import Days
from sched_agent.model.event import DEFAULT_TYPE, LONGEST, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.owner import OwnerType
from sched_agent.model.owner import owner as owner_of
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT, instant, zone
from sched_agent.speech.iso import utc_text

ItemT = TypeVar("ItemT")

_PAGE_SIZE = 1000
_MOST_PAGES = 50
_AT_ONCE = 8
_EVERY_DAY = list(range(1, 8))

_Number = Field(ge=1, le=2**53 - 1)


class _Page(Camel, Generic[ItemT]):
    items: list[ItemT]
    total: int


class _Schedule(Camel):
    id: int = _Number
    availability_type: Literal["available", "unavailable"]
    recurrence: Literal["once", "daily", "weekly", "monthly"]
    name: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    date: Date | None = None
    days_of_week: list[int] | None = None
    day_of_month: int | None = None
    recurrence_end_date: Date | None = None
    timezone: str | None = None

    def value(self) -> Rule:
        """Return the rule."""
        once = self.recurrence == "once"
        days = self.days_of_week if self.recurrence == "weekly" else _EVERY_DAY
        rule = read_rule(
            kind="exception" if once else "recurring",
            days_of_week=None if once else days,
            day=self.date.isoformat() if once and self.date else None,
            start_time=self.start_time or "00:00",
            end_time=self.end_time or "24:00",
            available=self.availability_type == "available",
            timezone=self.timezone,
        )
        rule = replace(rule, id=self.id, name=self.name)
        if not isinstance(rule, RecurringRule):
            return rule
        monthly = self.day_of_month if self.recurrence == "monthly" else None
        return replace(rule, until=self.recurrence_end_date, day_of_month=monthly)


class _BookingRules(Camel, Limits):
    pass


class _Calendar(Camel):
    id: int = _Number
    name: str
    timezone: str
    description: str | None = None
    schedules: list[_Schedule] | None = None
    booking_rules: _BookingRules = _BookingRules()

    def value(self, now: int) -> Calendar:
        """Return the calendar; the family's are open at any time unless a schedule says when."""
        return Calendar(
            id=self.id,
            name=self.name,
            timezone=zone(self.timezone).key,
            description=self.description,
            policy=self.booking_rules.policy(Availability.OPEN),
            created_at=now,
            updated_at=now,
        )


class _Attendee(Camel, Person):
    member_id: int = _Number
    response: Response = Response.NEEDS_ACTION


class _Event(Camel):
    id: int = _Number
    calendar_id: int
    title: str | None = None
    description: str | None = None
    location: str | None = None
    start_time: AwareDatetime
    end_time: AwareDatetime
    start_date: Date | None = None
    end_date: Date | None = None
    status: Status = Status.CONFIRMED
    type: str | None = None
    owner_type: OwnerType | None = None
    owner_id: str | None = None
    created_by: str | None = None
    attendees: list[_Attendee] = Field(default_factory=list)
    cancel_reason: str | None = None
    version: int | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    def value(self) -> tuple[Event, str | None]:
        """Return the event and its mark."""
        description, mark = split(self.description)
        made = instant(self.created_at or self.start_time)
        days = None
        if self.start_date is not None and self.end_date is not None:
            days = Days(self.start_date.toordinal(), self.end_date.toordinal())
        event = Event(
            id=self.id,
            calendar_id=self.calendar_id,
            title=self.title or "",
            interval=Interval(instant(self.start_time), instant(self.end_time)),
            days=days,
            description=description,
            location=self.location,
            status=self.status,
            type=self.type or DEFAULT_TYPE,
            transparent=False,
            attendees=tuple(
                replace(one.value(one.response), member_id=one.member_id)
                for one in self.attendees
                if one.is_somebody()
            ),
            owner=owner_of(self.owner_type, self.owner_id),
            created_by=self.created_by,
            hold_expires_at=None,
            cancel_reason=self.cancel_reason,
            created_at=made,
            updated_at=made if self.updated_at is None else instant(self.updated_at),
        )
        content = (event.title, event.interval, event.status, description, event.attendees)
        return replace(event, version=self.version or version_of(*content)), mark


_CALENDARS = TypeAdapter(_Page[_Calendar])
_CALENDAR = TypeAdapter(_Calendar)
_EVENTS = TypeAdapter(_Page[_Event])
_EVENT = TypeAdapter(_Event)
_SCHEDULES = TypeAdapter(list[_Schedule])
_SCHEDULE = TypeAdapter(_Schedule)


class Workspace:
    """See `backends.vendor.Vendor`."""

    name = "workspace"
    refuses_overlaps = True
    abilities = BOOKING | {
        Ability.RESPOND_TO_EVENT,
        Ability.CREATE_CALENDAR,
        Ability.UPDATE_CALENDAR,
        Ability.ADD_AVAILABILITY_RULE,
        Ability.REMOVE_AVAILABILITY_RULE,
        Ability.DELETE_EVENT,
        Ability.DESCRIPTION,
        Ability.LOCATION,
        Ability.TYPE,
        Ability.TENTATIVE,
        Ability.CANCELLED_KEPT,
        Ability.CANCEL_REASON,
        Ability.ATTENDEES,
        Ability.ATTENDEES_WITHOUT_EMAIL,
        Ability.PHONE,
        Ability.OWNER,
        Ability.CREATED_BY,
        Ability.ALL_DAY,
    }

    def __init__(self, api: Api, workspace: str, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._base = f"/api/v2/w/{workspace}"
        self._rules: dict[Number, Sequence[Rule]] = {}
        self._names = Names()

    def close(self) -> None:
        """See `backends.vendor.Vendor`."""
        self._api.close()

    def calendars(self) -> Sequence[Calendar]:
        """See `backends.vendor.Vendor`."""
        params = [("includeSchedules", "true")]
        found = self._pages("/calendars", params, _CALENDARS, _no_calendar())
        with sane(self.name):
            self._rules |= {
                one.id: [schedule.value() for schedule in one.schedules]
                for one in found
                if one.schedules is not None
            }
            return [one.value(self._clock()) for one in found]

    def see(self, calendars: Sequence[Calendar], within: Interval) -> Sight:
        """See `backends.vendor.Vendor`. The schedules came with the calendars."""
        return self.see_events(calendars, *within)

    def see_events(
        self, calendars: Sequence[Calendar], start: int | None, end: int | None
    ) -> Sight:
        """See `backends.vendor.Vendor`.

        Each calendar is asked for by itself: so one that is gone is not taken for an empty one.
        """
        look = partial(self._list, start=start, end=end)
        if len(calendars) == 1:
            return {calendars[0].id: look(calendars[0])}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            seen = pool.map(look, calendars)
            return {calendar.id: one for calendar, one in zip(calendars, seen, strict=True)}

    def _list(
        self, calendar: Calendar, *, start: int | None, end: int | None
    ) -> Seen | SchedAgentError:
        # Whether an event that reaches over a bound is listed is not documented.
        first = None if start is None else utc_text(max(FIRST_INSTANT, start - LONGEST))
        last = None if end is None else utc_text(min(LAST_INSTANT - 1, end + LONGEST))
        params = texts({"calendarId": calendar.id, "startDate": first, "endDate": last})
        at = self._clock()
        try:
            listed = self._pages("/calendar-events", params, _EVENTS, _no_calendar())
            with sane(self.name):
                events = [self._kept(one) for one in listed if one.start_time != one.end_time]
            if calendar.id not in self._rules:
                self.rules(calendar)
        except SchedAgentError as error:
            return error
        return Seen(
            calendar=calendar,
            events=events,
            marks=self._names.marks(events),
            rules=self._rules[calendar.id],
            at=at,
        )

    def event(self, event_id: Number, last_seen: Event | None) -> Event:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendar-events/{event_id}"
        reply = asked(self.name, lambda: self._api.read(path), missing=_no_event())
        with sane(self.name):
            return self._kept(self._api.understood(reply, _EVENT))

    def create(self, event: Event, mark: str) -> Event:
        """See `backends.vendor.Vendor`."""
        body = {name: value for name, value in _body(event, mark).items() if value is not None}
        path = f"{self._base}/calendar-events"
        ask = partial(self._api.once, "POST", path, {"calendarId": event.calendar_id, **body})
        reply = asked(self.name, ask, missing=_no_calendar(), books=True)
        return understood_write(self._api, reply, _EVENT, self._kept)

    def update(self, before: Event, after: Event, if_version: int | None) -> Event:
        """See `backends.vendor.Vendor`. Only what differs is sent.

        The family documents no conditional change: `if_version` was compared before.
        """
        old, new = _body(before, None), _body(after, None)
        changed = {name: value for name, value in new.items() if old[name] != value}
        if "description" in changed:
            changed["description"] = with_mark(after.description, self._names.mark_of(after.id))
        path = f"{self._base}/calendar-events/{after.id}"
        ask = partial(self._api.once, "PUT", path, changed)
        reply = asked(self.name, ask, missing=_no_event(), books=True)
        return understood_write(self._api, reply, _EVENT, self._kept)

    def cancel(self, event: Event, reason: str | None) -> Event:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendar-events/{event.id}/cancel"
        ask = partial(self._api.once, "POST", path, {"reason": reason} if reason else {})
        reply = asked(self.name, ask, missing=_no_event())
        return understood_write(self._api, reply, _EVENT, self._kept)

    def respond(self, event: Event, attendee: Attendee, response: Response) -> Event:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendar-events/{event.id}/attendees/{attendee.member}"
        ask = partial(self._api.repeatable, "PUT", path, {"response": response.value})
        asked(self.name, ask, missing=UnknownAttendee("The event has no such attendee."))
        return self.event(event.id, event)

    def delete(self, event: Event) -> None:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendar-events/{event.id}"
        try:
            asked(self.name, lambda: self._api.repeatable("DELETE", path), missing=_no_event())
        except UnknownEvent:
            return  # it was there a moment ago: a try before this one has done it

    def rules(self, calendar: Calendar) -> Sequence[Rule]:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendars/{calendar.id}/schedules"
        reply = asked(self.name, lambda: self._api.read(path), missing=_no_calendar())
        told = self._api.understood(reply, _SCHEDULES)
        with sane(self.name):
            rules = [one.value() for one in told]
        self._rules[calendar.id] = rules
        return rules

    def add_rule(self, calendar: Calendar, rule: Rule) -> Rule:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendars/{calendar.id}/schedules"
        ask = partial(self._api.once, "POST", path, _rule_body(rule))
        reply = asked(self.name, ask, missing=_no_calendar())
        self._rules.pop(calendar.id, None)
        return understood_write(self._api, reply, _SCHEDULE, _Schedule.value)

    def remove_rule(self, calendar: Calendar, rule: Rule) -> None:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendars/{calendar.id}/schedules/{rule.id}"
        gone = UnknownRule("The calendar has no availability rule with that id.")
        asked(self.name, lambda: self._api.once("DELETE", path), missing=gone)
        self._rules.pop(calendar.id, None)

    def create_calendar(
        self,
        name: str,
        timezone: str | None,
        policy: Policy,
        rules: Sequence[Rule],
        words: Mapping[str, Any],
    ) -> Calendar:
        """See `backends.vendor.Vendor`. A calendar without schedules is open at any time."""
        is_open = policy.availability is Availability.OPEN
        if replace(policy, availability=Availability.RULES) != Policy() or not (is_open or rules):
            raise _no_limits()
        if words.get("owner_id"):
            raise _no_limits()
        sent = {"name": name, "timezone": timezone, "description": words.get("description")}
        body = {key: value for key, value in sent.items() if value is not None}
        ask = partial(self._api.once, "POST", f"{self._base}/calendars", body)
        told = partial(_Calendar.value, now=self._clock())
        made = understood_write(self._api, asked(self.name, ask), _CALENDAR, told)
        for rule in rules:
            self.add_rule(made, rule)
        return made

    def revise_calendar(self, calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
        """See `backends.vendor.Vendor`."""
        if not changes.keys() <= {"name", "description", "timezone"}:
            raise _no_limits()
        path = f"{self._base}/calendars/{calendar.id}"
        ask = partial(self._api.repeatable, "PUT", path, dict(changes))
        reply = asked(self.name, ask, missing=_no_calendar())
        told = partial(_Calendar.value, now=self._clock())
        return understood_write(self._api, reply, _CALENDAR, told)

    def _kept(self, one: _Event) -> Event:
        event, mark = one.value()
        self._names.note(event.id, mark)
        return event

    def _pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]],
        adapter: TypeAdapter[_Page[ItemT]],
        missing: SchedAgentError,
    ) -> Sequence[ItemT]:
        """Return all items of a list, or fail: what is left out would be taken for free."""
        items: list[ItemT] = []
        for page in self._numbered(path, params, adapter, missing):
            items += page.items
            if len(items) >= page.total:
                return items
            if not page.items:
                break
        raise CalendarUnreachable("The list changed while it was read, or is too long.")

    def _numbered(
        self,
        path: str,
        params: Sequence[tuple[str, str]],
        adapter: TypeAdapter[_Page[ItemT]],
        missing: SchedAgentError,
    ) -> Iterator[_Page[ItemT]]:
        for number in range(1, _MOST_PAGES + 1):
            asks = [*params, ("page", str(number)), ("pageSize", str(_PAGE_SIZE))]
            read = partial(self._api.read, f"{self._base}{path}", asks)
            yield self._api.understood(asked(self.name, read, missing=missing), adapter)


def _body(event: Event, mark: str | None) -> dict[str, Any]:
    """Return an event in the names of the family."""
    owner, days = event.owner, event.days
    return {
        "title": event.title,
        "startTime": None if days else utc_text(event.interval.start),
        "endTime": None if days else utc_text(event.interval.end),
        "allDay": days is not None,
        "startDate": days.first_date.isoformat() if days else None,
        "endDate": days.end_date.isoformat() if days else None,
        "description": with_mark(event.description, mark),
        "location": event.location,
        "status": event.status.value,
        "type": event.type,
        "ownerType": owner.type.value if owner else None,
        "ownerId": owner.id if owner else None,
        "createdBy": event.created_by,
        "attendees": [_attendee_body(attendee) for attendee in event.attendees],
    }


def _attendee_body(attendee: Attendee) -> dict[str, Any]:
    body = {
        "memberId": attendee.member_id,
        "name": attendee.name,
        "email": attendee.email,
        "phone": attendee.phone,
        "response": attendee.response.value,
    }
    return {name: value for name, value in body.items() if value is not None}


def _rule_body(rule: Rule) -> dict[str, Any]:
    body: dict[str, Any] = {
        "availabilityType": "available" if rule.available else "unavailable",
        "startTime": clock_text(rule.hours.start) if rule.hours else None,
        "endTime": clock_text(rule.hours.end) if rule.hours else None,
        "timezone": rule.timezone,
        "name": rule.name,
    }
    if isinstance(rule, RecurringRule):
        days = sorted(rule.days_of_week)
        body |= {"recurrence": "weekly", "daysOfWeek": days}
    else:
        body |= {"recurrence": "once", "date": rule.date.isoformat()}
    return {name: value for name, value in body.items() if value is not None}


def _no_limits() -> Unsupported:
    return Unsupported(
        "The workspace calendars have no booking limits and no owner, and without hours are open "
        "at any time.",
        hint="Send name, description, timezone and hours alone.",
    )


def _no_calendar() -> UnknownCalendar:
    return UnknownCalendar("No calendar has that id.")


def _no_event() -> UnknownEvent:
    return UnknownEvent("No event has that id.")
