"""What a hosted backend needs of a vendor's API; one file a family keeps it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sched_agent.backends.abilities import Ability
from sched_agent.errors import SchedAgentError
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import BLOCK_TYPE, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval, intersect
from sched_agent.model.schedule import Schedule, Taken, reach, schedule


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a vendor showed of a calendar.

    Args:
        calendar: The calendar.
        events: Every event that touches the stretch that was asked about, and maybe others.
        marks: The marks of those that were made with one, by their ids.
        rules: The calendar's availability rules, where free time was asked for.
        openings: Returns when it is open at all in a stretch, where that is told otherwise.
        at: When it was read.
    """

    calendar: Calendar
    events: Sequence[Event]
    marks: Mapping[Number, str]
    rules: Sequence[Rule] = ()
    openings: Callable[[Interval], Sequence[Interval]] | None = None
    at: int
    also: Sequence[Taken] = field(default_factory=tuple)

    def schedule(self, within: Interval, leaving_out: Number | None = None) -> Schedule:
        """Return what the calendar may take within a stretch, which was asked about."""
        far = reach(self.calendar, within)
        taken = [
            Taken(*event.interval, event.type != BLOCK_TYPE)
            for event in self.events
            if event.id != leaving_out and event.blocks(self.at) and _touch(event.interval, far)
        ]
        seen = schedule(self.calendar, self.rules, sorted([*taken, *self.also]), within, self.at)
        if self.openings is None:
            return seen
        told = self.openings(within)
        return replace(seen, open=intersect(seen.open, told))

    def marked(self, mark: str) -> list[Event]:
        """Return the events that were made with a mark."""
        return [event for event in self.events if self.marks.get(event.id) == mark]

    def rivals(self, interval: Interval, ours: Sequence[Event]) -> list[Event]:
        """Return the events that take a time beside those that are ours."""
        wanted = interval.padded(self.calendar.policy.gap)
        known = {event.id for event in ours}
        return [
            event
            for event in self.events
            if event.id not in known and event.blocks(self.at) and _touch(event.interval, wanted)
        ]


def _touch(some: Interval, other: Interval) -> bool:
    return some.start < other.end and other.start < some.end


Sight = Mapping[Number, Seen | SchedAgentError]
"""What was seen of calendars, by their ids, or why one of them could not be read."""


class Vendor(Protocol):
    """A hosted API of one family. What is not among its abilities is never called."""

    name: str
    """The family's, which is the setting's."""

    abilities: frozenset[Ability]
    refuses_overlaps: bool
    """Whether the API itself refuses to book a time twice."""

    def calendars(self) -> Sequence[Calendar]:
        """Return all calendars."""
        ...

    def see(self, calendars: Sequence[Calendar], within: Interval) -> Sight:
        """Read all that matters to free time in a stretch."""
        ...

    def see_events(
        self, calendars: Sequence[Calendar], start: int | None, end: int | None
    ) -> Sight:
        """Read only events, from `start` to `end`, as far as the API tells where that is None."""
        ...

    def event(self, event_id: Number, last_seen: Event | None) -> Event:
        """Return an event as it is now.

        Args:
            event_id: Its id.
            last_seen: What it was when it was last seen, if it was.

        Raises:
            UnknownEvent: There is none.
        """
        ...

    def create(self, event: Event, mark: str) -> Event:
        """Make an event that can be found by its mark."""
        ...

    def update(self, before: Event, after: Event) -> Event:
        """Change what differs between two versions of an event.

        No family documents a change on condition: versions are compared before.
        """
        ...

    def cancel(self, event: Event, reason: str | None) -> Event:
        """Cancel an event; cancelling it twice is no harm."""
        ...

    def respond(self, event: Event, attendee: Attendee, response: Response) -> Event:
        """Write down an attendee's answer."""
        ...

    def delete(self, event: Event) -> None:
        """Delete an event for good; deleting it twice is no harm."""
        ...

    def rules(self, calendar: Calendar) -> Sequence[Rule]:
        """Return a calendar's availability rules, oldest first."""
        ...

    def add_rule(self, calendar: Calendar, rule: Rule) -> Rule:
        """Add an availability rule."""
        ...

    def remove_rule(self, calendar: Calendar, rule: Rule) -> None:
        """Remove an availability rule; removing it twice is no harm."""
        ...

    def revise_calendar(self, calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
        """Change a calendar."""
        ...

    def close(self) -> None:
        """Give back everything that is open."""
        ...


class Partial:
    """The part of `Vendor` that an API may lack. It is not called: abilities come first."""

    def respond(self, event: Event, attendee: Attendee, response: Response) -> Event:
        """See `Vendor`."""
        raise NotImplementedError

    def delete(self, event: Event) -> None:
        """See `Vendor`."""
        raise NotImplementedError

    def rules(self, calendar: Calendar) -> Sequence[Rule]:
        """See `Vendor`."""
        return ()

    def add_rule(self, calendar: Calendar, rule: Rule) -> Rule:
        """See `Vendor`."""
        raise NotImplementedError

    def remove_rule(self, calendar: Calendar, rule: Rule) -> None:
        """See `Vendor`."""
        raise NotImplementedError

    def revise_calendar(self, calendar: Calendar, changes: Mapping[str, Any]) -> Calendar:
        """See `Vendor`."""
        raise NotImplementedError
