"""The port that the tools call. Every backend keeps the same rules for owners and statuses."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sched_agent.backends.abilities import Ability
from sched_agent.model.attendee import Response
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, Policy
from sched_agent.model.caller import Caller
from sched_agent.model.connection import Connection
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.model.page import Page
from sched_agent.services.availability import Answer, Question
from sched_agent.services.connecting import Begun
from sched_agent.services.events import Cancelled, Revised


class Backend(Protocol):
    """A place where calendars are. All methods raise `SchedAgentError` when they refuse or fail."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do. Whatever else it is asked for, it refuses as `Unsupported`."""
        ...

    def close(self) -> None:
        """Give back what is open, but for the database."""
        ...

    def now(self) -> int:
        """Return the instant by which this backend decides."""
        ...

    def calendars(
        self, caller: Caller, *, query: str | None = None, limit: int, after: Number = 0
    ) -> Page[Calendar]:
        """Return a page of calendars whose name contains `query`."""
        ...

    def heard_at(self, caller: Caller, request_id: str, said: object) -> int:
        """Return when a request with these words came for the first time."""
        ...

    def calendar(self, caller: Caller, calendar_id: Number) -> Calendar:
        """Return a calendar."""
        ...

    def free(self, caller: Caller, question: Question) -> Answer:
        """Return when calendars are free."""
        ...

    def book(
        self, caller: Caller, calendar_id: Number, draft: Draft, *, request_id: str | None
    ) -> Event:
        """Put an event on a calendar after the full check."""
        ...

    def event(self, caller: Caller, event_id: Number) -> tuple[Calendar, Event]:
        """Return an event and its calendar."""
        ...

    def events(self, caller: Caller, wanted: EventFilter, limit: int) -> Page[Event]:
        """Return a page of events, by (start, id)."""
        ...

    def revise(
        self,
        caller: Caller,
        event_id: Number,
        change: Change,
        *,
        if_version: int | None,
        request_id: str | None,
    ) -> Revised:
        """Change an event after the full check."""
        ...

    def cancel(
        self,
        caller: Caller,
        event_id: Number,
        *,
        reason: str | None,
        if_version: int | None,
        request_id: str | None,
    ) -> Cancelled:
        """Cancel an event."""
        ...

    def respond(
        self,
        caller: Caller,
        event_id: Number,
        attendee: str,
        response: Response,
        *,
        request_id: str | None,
    ) -> Event:
        """Write down an attendee's answer."""
        ...

    def delete(self, caller: Caller, event_id: Number, *, request_id: str | None) -> Event:
        """Delete an event for good."""
        ...

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
        """Make a calendar."""
        ...

    def revise_calendar(
        self,
        caller: Caller,
        calendar_id: Number,
        changes: Mapping[str, Any],
        *,
        request_id: str | None,
    ) -> Calendar:
        """Change a calendar."""
        ...

    def rules(self, caller: Caller, calendar_id: Number) -> Sequence[Rule]:
        """Return a calendar's availability rules."""
        ...

    def add_rule(
        self, caller: Caller, calendar_id: Number, rule: Rule, *, request_id: str | None
    ) -> Rule:
        """Add an availability rule."""
        ...

    def remove_rule(
        self, caller: Caller, calendar_id: Number, rule_id: Number, *, request_id: str | None
    ) -> Rule:
        """Remove an availability rule."""
        ...

    def connect(
        self,
        caller: Caller,
        calendar_id: Number,
        *,
        provider: str,
        redirect_uri: str | None,
        request_id: str | None,
    ) -> Begun:
        """Begin to connect a calendar to a provider."""
        ...

    def sync(
        self, caller: Caller, calendar_id: Number, *, request_id: str | None
    ) -> Sequence[Connection]:
        """Have a calendar's connections synced, and return them as they are."""
        ...
