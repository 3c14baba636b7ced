"""The workspace family as a backend; what its pages leave open is decided in docs/adr/0014.

Calls: all calendars with their schedules 1; the events of each calendar 1 (a page holds 1,000); an
event read, made, changed, cancelled or answered 1. The API refuses overlaps itself (its page of
create says so), so that nothing is looked at again after a booking.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from sched_agent.backends.abilities import BOOKING, Ability
from sched_agent.backends.http import Api, texts
from sched_agent.backends.many import PAGE_SIZE, RowT, all_rows, each
from sched_agent.backends.marks import with_mark
from sched_agent.backends.names import Names
from sched_agent.backends.refusals import asked, sane, understood_write
from sched_agent.backends.vendor import Seen, Sight
from sched_agent.backends.workspace_data import (
    CalendarTold,
    EventTold,
    Page,
    ScheduleTold,
    body_of,
    rule_body,
)
from sched_agent.clock import Clock
from sched_agent.errors import (
    SchedAgentError,
    UnknownAttendee,
    UnknownCalendar,
    UnknownEvent,
    UnknownRule,
    Unsupported,
)
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import LONGEST, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT
from sched_agent.speech.iso import utc_text

_TIMES = ("startTime", "endTime", "allDay", "startDate", "endDate")


_CALENDARS = TypeAdapter(Page[CalendarTold])
_CALENDAR = TypeAdapter(CalendarTold)
_EVENTS = TypeAdapter(Page[EventTold])
_EVENT = TypeAdapter(EventTold)
_SCHEDULES = TypeAdapter(list[ScheduleTold])
_SCHEDULE = TypeAdapter(ScheduleTold)


class Workspace:
    """See `backends.vendor.Vendor`."""

    name = "workspace"
    refuses_overlaps = True
    abilities = BOOKING | {
        Ability.RESPOND_TO_EVENT,
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
        """See `backends.vendor.Vendor`."""
        return each(calendars, partial(self._list, start=start, end=end))

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
            rules = self._rules.get(calendar.id)
            rules = self.rules(calendar) if rules is None else rules
        except SchedAgentError as error:
            return error
        return Seen(
            calendar=calendar,
            events=events,
            marks=self._names.marks(events),
            rules=rules,
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
        body = {name: value for name, value in body_of(event, mark).items() if value is not None}
        path = f"{self._base}/calendar-events"
        ask = partial(self._api.once, "POST", path, {"calendarId": event.calendar_id, **body})
        reply = asked(self.name, ask, missing=_no_calendar(), books=True)
        return understood_write(self._api, reply, _EVENT, self._kept)

    def update(self, before: Event, after: Event) -> Event:
        """See `backends.vendor.Vendor`. Only what differs is sent."""
        old, new = body_of(before, None), body_of(after, None)
        changed = {name: value for name, value in new.items() if old[name] != value}
        if changed.keys() & _TIMES:  # never half of a time
            changed |= {name: new[name] for name in _TIMES if new[name] is not None}
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
        try:
            return self.event(event.id, event)
        except SchedAgentError:  # it is done, all the same
            people = [
                replace(one, response=response) if one == attendee else one
                for one in event.attendees
            ]
            return replace(event, attendees=tuple(people), version=event.version + 1)

    def delete(self, event: Event) -> None:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendar-events/{event.id}"
        with suppress(UnknownEvent):  # it was there a moment ago: a try before this one did it
            asked(self.name, lambda: self._api.repeatable("DELETE", path), missing=_no_event())

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
        ask = partial(self._api.once, "POST", path, rule_body(rule))
        reply = asked(self.name, ask, missing=_no_calendar())
        self._rules.pop(calendar.id, None)
        return understood_write(self._api, reply, _SCHEDULE, ScheduleTold.value)

    def remove_rule(self, calendar: Calendar, rule: Rule) -> None:
        """See `backends.vendor.Vendor`."""
        path = f"{self._base}/calendars/{calendar.id}/schedules/{rule.id}"
        gone = UnknownRule("The calendar has no availability rule with that id.")
        self._rules.pop(calendar.id, None)
        with suppress(UnknownRule):  # it was there a moment ago: a try before this one did it
            asked(self.name, lambda: self._api.repeatable("DELETE", path), missing=gone)

    def revise_calendar(self, calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
        """See `backends.vendor.Vendor`."""
        if not changes.keys() <= {"name", "description", "timezone"}:
            raise _no_limits()
        path = f"{self._base}/calendars/{calendar.id}"
        ask = partial(self._api.repeatable, "PUT", path, dict(changes))
        reply = asked(self.name, ask, missing=_no_calendar())
        told = partial(CalendarTold.value, now=self._clock())
        return understood_write(self._api, reply, _CALENDAR, told)

    def _kept(self, one: EventTold) -> Event:
        event, mark = one.value()
        self._names.note(event.id, mark)
        return event

    def _pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]],
        adapter: TypeAdapter[Page[RowT]],
        missing: SchedAgentError,
    ) -> Sequence[RowT]:
        """Return all items of a list."""
        self._names.make_room()

        def page(number: int) -> tuple[Sequence[RowT], int]:
            asks = [*params, ("page", str(number)), ("pageSize", str(PAGE_SIZE))]
            read = partial(self._api.read, f"{self._base}{path}", asks)
            told = self._api.understood(asked(self.name, read, missing=missing), adapter)
            return told.items, told.total

        return all_rows(page)


def _no_limits() -> Unsupported:
    return Unsupported(
        "The workspace calendars have no booking limits and no owner.",
        hint="Change name, description and timezone alone.",
    )


def _no_calendar() -> UnknownCalendar:
    return UnknownCalendar("No calendar has that id.")


def _no_event() -> UnknownEvent:
    return UnknownEvent("No event has that id.")
