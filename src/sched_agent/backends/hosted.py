"""Calendars at a vendor: the port that the tools call, with the same rules as our own calendars."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from sched_agent.app import App
from sched_agent.backends.abilities import Ability, lacking, require, require_changes, require_for
from sched_agent.backends.administering import Administering
from sched_agent.backends.claims import Attempt, Claims
from sched_agent.backends.reading import Reading, around
from sched_agent.backends.sifting import sift
from sched_agent.backends.vendor import Seen, Sight, Vendor
from sched_agent.backends.writing import Writing
from sched_agent.errors import NotAllowed, SchedAgentError, Stale
from sched_agent.model.attendee import Response, find
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, Environment, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection
from sched_agent.model.event import BLOCK_TYPE, Change, Draft, Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.page import Page, write_cursor
from sched_agent.model.schedule import Check, Schedule
from sched_agent.model.status import Status
from sched_agent.model.text import fold
from sched_agent.services import retries
from sched_agent.services.availability import Answer, Look, Question, answer, unless_unknown
from sched_agent.services.connecting import Begun
from sched_agent.services.events import (
    CANCEL,
    Cancelled,
    Revised,
    admit_attendees,
    admit_version,
    check_of_revision,
    new_event,
    page_of,
    reowned,
)

_TRIES = 3
"""How often a change is tried where others change the same event at the same moment."""


class HostedBackend:
    """See `backends.base.Backend`."""

    def __init__(self, vendor: Vendor, app: App, environment: Environment, claims: Claims) -> None:
        """Make it.

        Args:
            vendor: The API.
            app: The program, for its clock and what it remembers of requests.
            environment: Whose calendars these are; other environments can't see them.
            claims: What agents agree on.
        """
        self.abilities = vendor.abilities
        self.now = app.clock
        self.heard_at = partial(retries.heard_at, app)
        self._vendor = vendor
        self._environment = environment
        self._claims = claims
        self._reading = Reading(vendor, app.clock)
        self._writing = Writing(vendor, self._reading, claims)
        self._administering = Administering(vendor, self._reading)

    def close(self) -> None:
        """See `backends.base.Backend`."""
        self._vendor.close()

    def calendars(
        self, caller: Caller, *, query: str | None = None, limit: int, after: Number = 0
    ) -> Page[Calendar]:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.LIST_CALENDARS)
        wanted = fold(query) if query else ""
        found = [
            calendar
            for number, calendar in sorted(self._reading.calendars().items())
            if number > after and wanted in fold(calendar.name)
        ]
        more = write_cursor(found[limit - 1].id) if len(found) > limit else None
        return Page(found[:limit], more)

    def calendar(self, caller: Caller, calendar_id: Number) -> Calendar:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.LIST_CALENDARS)
        return self._reading.calendar(calendar_id)

    def free(self, caller: Caller, question: Question) -> Answer:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.CHECK_AVAILABILITY)
        calendars = [self._reading.calendar(number) for number in question.calendar_ids]
        now = self.now()
        wide = around(question.within, now)
        sight = {
            number: self._claims.seen_with(seen) if isinstance(seen, Seen) else seen
            for number, seen in self._reading.see(calendars, wide).items()
        }
        unreadable = {n: seen for n, seen in sight.items() if isinstance(seen, SchedAgentError)}
        readable = [calendar for calendar in calendars if calendar.id not in unreadable]
        as_of = {number: seen.at for number, seen in sight.items() if isinstance(seen, Seen)}
        return unless_unknown(
            calendars,
            question,
            lambda: answer(readable, question, _look(sight), now),
            as_of,
            unreadable,
        )

    def event(self, caller: Caller, event_id: Number) -> tuple[Calendar, Event]:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.GET_EVENT)
        event = self._reading.event(event_id)
        return self._reading.calendar(event.calendar_id), caller.shown(event)

    def events(self, caller: Caller, wanted: EventFilter, limit: int) -> Page[Event]:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.LIST_EVENTS)
        if wanted.statuses == {Status.CANCELLED}:
            require(self._vendor.name, self.abilities, Ability.CANCELLED_KEPT)
        calendars = [self._reading.calendar(number) for number in wanted.calendar_ids]
        found: list[Event] = []
        for seen in self._reading.see_events(
            calendars, wanted.starts_from, wanted.ends_until
        ).values():
            if isinstance(seen, SchedAgentError):
                raise seen
            sifted = sift(seen.events, wanted, seen.calendar.country)
            found += [caller.shown(event) for event in sifted if caller.may_find(event, wanted)]
        found.sort(key=lambda event: (event.interval.start, event.id))
        return page_of(found[: limit + 1], limit)

    def book(
        self, caller: Caller, calendar_id: Number, draft: Draft, *, request_id: str | None
    ) -> Event:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.WRITE, Ability.CREATE_EVENT)
        require_for(self._vendor.name, self.abilities, draft)

        def act(attempt: Attempt) -> Event:
            calendar = self._reading.calendar(calendar_id)
            event = self._ownable(new_event(caller, calendar, draft, self.now()), caller)
            check = _check(event)
            admit_attendees(calendar, event, check)
            return self._writing.book(calendar, event, check, attempt)

        request = ("create_event", request_id, (calendar_id, draft))
        return self._claims.once(caller, request, Event, act)

    def revise(
        self,
        caller: Caller,
        event_id: Number,
        change: Change,
        *,
        if_version: int | None,
        request_id: str | None,
    ) -> Revised:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.WRITE, Ability.UPDATE_EVENT)

        def act(attempt: Attempt) -> Revised:
            for _ in range(_TRIES - 1):
                with suppress(Stale):  # by somebody at the same moment: look again
                    return self._revised(caller, event_id, change, attempt, if_version)
                if if_version is not None:
                    break
            return self._revised(caller, event_id, change, attempt, if_version)

        request = ("update_event", request_id, (event_id, change, if_version))
        return self._claims.once(caller, request, Revised, act)

    def _revised(
        self,
        caller: Caller,
        event_id: Number,
        change: Change,
        attempt: Attempt,
        if_version: int | None,
    ) -> Revised:
        calendar, event = self._to_change(caller, event_id, if_version)
        if event.status is Status.CANCELLED and change == CANCEL:
            return Revised(event, changed=False)
        after = reowned(caller, event.revised(change, calendar.zone, self.now()), change)
        is_done = replace(after, version=event.version, updated_at=event.updated_at) == event
        if is_done and attempt.again:  # by the try before
            return Revised(event, changed=True)
        admit_version(calendar, event, if_version)
        if is_done:
            return Revised(event, changed=False)
        require_changes(self._vendor.name, self.abilities, event, after)
        if after.status is Status.CANCELLED and self._is_only_cancelled(event, after):
            return Revised(self._writing.cancel(event, None), changed=True)
        changed = self._changed(calendar, (event, after), attempt)
        return Revised(changed, changed=True)

    def _is_only_cancelled(self, event: Event, after: Event) -> bool:
        same = replace(
            after, status=event.status, version=event.version, updated_at=event.updated_at
        )
        if same == event:
            return True
        require(self._vendor.name, self.abilities, Ability.CANCELLED_KEPT)
        return False

    def _ownable(self, event: Event, caller: Caller) -> Event:
        """Return a new event with the owner that the calendars can keep."""
        if Ability.OWNER in self.abilities or event.owner is None:
            return event
        if caller.own_events_only or event.owner != caller.actor:
            require(self._vendor.name, self.abilities, Ability.OWNER)
        return replace(event, owner=None)  # it was not asked for, but is who asks

    def _changed(
        self,
        calendar: Calendar,
        versions: tuple[Event, Event],
        attempt: Attempt,
    ) -> Event:
        before, after = versions
        strength, keeps_start = check_of_revision(before, after, _check(after))
        if after.attendees != before.attendees:
            admit_attendees(calendar, after, _check(after))
        return self._writing.change(
            calendar,
            versions,
            strength or Check.NONE,
            attempt,
            keeps_start=keeps_start,
        )

    def cancel(
        self,
        caller: Caller,
        event_id: Number,
        *,
        reason: str | None,
        if_version: int | None,
        request_id: str | None,
    ) -> Cancelled:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.WRITE, Ability.CANCEL_EVENT)
        if reason:
            require(self._vendor.name, self.abilities, Ability.CANCEL_REASON)

        def act(attempt: Attempt) -> Cancelled:
            calendar, event = self._to_change(caller, event_id, if_version)
            if event.status is Status.CANCELLED:
                return Cancelled(event, already=not attempt.again)
            admit_version(calendar, event, if_version)
            return Cancelled(self._writing.cancel(event, reason), already=False)

        request = ("cancel_event", request_id, (event_id, reason, if_version))
        return self._claims.once(caller, request, Cancelled, act)

    def respond(
        self,
        caller: Caller,
        event_id: Number,
        attendee: str,
        response: Response,
        *,
        request_id: str | None,
    ) -> Event:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.WRITE, Ability.RESPOND_TO_EVENT)

        def act(_: Attempt) -> Event:
            calendar, event = self._to_change(caller, event_id, None)
            person = event.attendees[find(event.attendees, attendee, calendar.country)]
            if person.response is response:
                return event
            event.revised(Change(), calendar.zone, self.now())  # refused if it is cancelled
            return self._writing.respond(event, person, response)

        request = ("respond_to_event", request_id, (event_id, attendee, response))
        return self._claims.once(caller, request, Event, act)

    def delete(self, caller: Caller, event_id: Number, *, request_id: str | None) -> Event:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.ADMIN, Ability.DELETE_EVENT)

        def act(_: Attempt) -> Event:
            event = self._reading.event(event_id)
            caller.require_own(event)
            return self._administering.delete(event)

        return self._claims.once(caller, ("delete_event", request_id, event_id), Event, act)

    def create_calendar(
        self,
        caller: Caller,
        *,
        name: str,
        timezone: str | None,
        policy: Policy,
        rules: Sequence[Rule],
        request_id: str | None,
        description: str | None,
        owner_id: str | None,
    ) -> Calendar:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.ADMIN, Ability.CREATE_CALENDAR)
        raise NotImplementedError  # none of the APIs makes a calendar together with its hours

    def revise_calendar(
        self,
        caller: Caller,
        calendar_id: Number,
        changes: Mapping[str, Any],
        *,
        request_id: str | None,
    ) -> Calendar:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.ADMIN, Ability.UPDATE_CALENDAR)

        def act(_: Attempt) -> Calendar:
            calendar = self._reading.calendar(calendar_id)
            return self._administering.revise(calendar, changes) if changes else calendar

        request = ("update_calendar", request_id, (calendar_id, sorted(changes.items())))
        return self._claims.once(caller, request, Calendar, act)

    def connect(
        self,
        caller: Caller,
        calendar_id: Number,
        *,
        provider: str,
        redirect_uri: str | None,
        request_id: str | None,
    ) -> Begun:
        """See `backends.base.Backend`. A vendor connects its calendars itself."""
        caller.require(Level.ADMIN)
        raise lacking(self._vendor.name, Ability.CONNECT_PROVIDER)

    def sync(
        self, caller: Caller, calendar_id: Number, *, request_id: str | None
    ) -> Sequence[Connection]:
        """See `backends.base.Backend`. A vendor syncs its calendars itself."""
        caller.require(Level.ADMIN)
        raise lacking(self._vendor.name, Ability.SYNC_CALENDAR)

    def rules(self, caller: Caller, calendar_id: Number) -> Sequence[Rule]:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.READ, Ability.LIST_CALENDARS)
        return self._vendor.rules(self._reading.calendar(calendar_id))

    def add_rule(
        self, caller: Caller, calendar_id: Number, rule: Rule, *, request_id: str | None
    ) -> Rule:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.ADMIN, Ability.ADD_AVAILABILITY_RULE)

        def act(attempt: Attempt) -> Rule:
            calendar = self._reading.calendar(calendar_id)
            return self._administering.add_rule(calendar, rule, again=attempt.again)

        request = ("add_availability_rule", request_id, (calendar_id, rule))
        kept: Rule = self._claims.once(caller, request, Rule, act)  # type: ignore[arg-type]  # a union is a type to pydantic
        return kept

    def remove_rule(
        self, caller: Caller, calendar_id: Number, rule_id: Number, *, request_id: str | None
    ) -> Rule:
        """See `backends.base.Backend`."""
        self._admit(caller, Level.ADMIN, Ability.REMOVE_AVAILABILITY_RULE)

        def act(_: Attempt) -> Rule:
            return self._administering.remove_rule(self._reading.calendar(calendar_id), rule_id)

        request = ("remove_availability_rule", request_id, (calendar_id, rule_id))
        removed: Rule = self._claims.once(caller, request, Rule, act)  # type: ignore[arg-type]  # as above
        return removed

    def _admit(self, caller: Caller, level: Level, ability: Ability) -> None:
        caller.require(level)
        if caller.environment_id != self._environment.id:
            raise NotAllowed(
                "The hosted calendars belong to another environment.",
                hint=f"Use a token of the environment {self._environment.name}.",
            )
        require(self._vendor.name, self.abilities, ability)

    def _to_change(
        self, caller: Caller, event_id: Number, if_version: int | None
    ) -> tuple[Calendar, Event]:
        """Return an event that the caller may change, and its calendar."""
        event = self._reading.event(event_id, just_read=if_version is None)
        caller.require_own(event)
        return self._reading.calendar(event.calendar_id), event


def _check(event: Event) -> Check:
    """Return how much is checked of an event before it is made."""
    return Check.FULL if event.claims and event.type != BLOCK_TYPE else Check.NONE


def _look(sight: Sight) -> Look:
    """Return how to look at what was seen."""

    def look(calendars: Sequence[Calendar], within: Interval) -> Sequence[Schedule]:
        return [
            seen.schedule(within)
            for calendar in calendars
            if isinstance(seen := sight[calendar.id], Seen)
        ]

    return look
