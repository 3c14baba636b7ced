"""Reading hosted calendars: what was read a moment ago need not be read again."""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from sched_agent.backends.abilities import Ability
from sched_agent.backends.vendor import Seen, Sight, Vendor
from sched_agent.clock import Clock
from sched_agent.errors import SchedAgentError, UnknownCalendar, UnknownEvent
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.schedule import reach
from sched_agent.model.status import Status
from sched_agent.services.availability import SEARCH_DAYS

_FRESH_SECONDS = 60.0
"""How long calendars are taken for what they were: their names, zones and limits."""

_JUST_READ_SECONDS = 1.0
"""How long an event is taken for what it was: a tool reads it, and then changes it."""

_MOST_KNOWN = 10_000


class Reading:
    """A vendor's calendars and events. Threads share it."""

    def __init__(self, vendor: Vendor, clock: Clock) -> None:
        self._vendor = vendor
        self._clock = clock
        self._calendars: tuple[float, dict[Number, Calendar]] = (0.0, {})
        self._events: dict[Number, tuple[float, Event]] = {}

    def calendars(self, *, fresh: bool = False) -> dict[Number, Calendar]:
        """Return all calendars by id, as they are now or were a moment ago."""
        since, known = self._calendars
        if fresh or not known or monotonic() - since > _FRESH_SECONDS:
            known = {calendar.id: calendar for calendar in self._vendor.calendars()}
            self._calendars = (monotonic(), known)
        return known

    def calendar(self, calendar_id: Number) -> Calendar:
        """Return a calendar.

        Raises:
            UnknownCalendar: There is none with that id.
        """
        known = self.calendars()
        if calendar_id not in known:
            known = self.calendars(fresh=True)
        if calendar_id not in known:
            raise UnknownCalendar("No calendar has that id.")
        return known[calendar_id]

    def forget_calendars(self) -> None:
        """Read the calendars anew when they are next asked for."""
        self._calendars = (0.0, {})

    def see(self, calendars: Sequence[Calendar], within: Interval) -> Sight:
        """Read all that matters to free time in a stretch."""
        return self._known(self._vendor.see(calendars, within))

    def see_events(
        self, calendars: Sequence[Calendar], start: int | None, end: int | None
    ) -> Sight:
        """Read only events, from `start` to `end`, or as far as the vendor tells."""
        return self._known(self._vendor.see_events(calendars, start, end))

    def see_around(self, calendar: Calendar, interval: Interval) -> Seen:
        """Read a calendar as far around a time as others may be offered instead.

        Raises:
            SchedAgentError: It can't be read.
        """
        wide = around(interval, self._clock())
        return _readable(self.see([calendar], wide)[calendar.id])

    def see_events_at(self, calendar: Calendar, interval: Interval) -> Seen:
        """Read the events of a calendar that lie at a time.

        Raises:
            SchedAgentError: It can't be read.
        """
        wide = reach(calendar, interval)
        return _readable(self.see_events([calendar], *wide)[calendar.id])

    def _known(self, sight: Sight) -> Sight:
        for seen in sight.values():
            if isinstance(seen, Seen):
                self.know(seen.events)
        return sight

    def event(self, event_id: Number, *, just_read: bool = False) -> Event:
        """Return an event as it is now; with `just_read` as it was within the last second.

        Raises:
            UnknownEvent: There is none with that id.
        """
        at, last_seen = self._events.get(event_id, (0.0, None))
        if just_read and last_seen is not None and monotonic() - at < _JUST_READ_SECONDS:
            return last_seen
        try:
            event = self._vendor.event(event_id, last_seen)
        except UnknownEvent:
            if last_seen is None or Ability.CANCELLED_KEPT in self._vendor.abilities:
                raise
            event = replace(last_seen, status=Status.CANCELLED)  # how it is done there
        self.know([event])
        return event

    def know(self, events: Sequence[Event]) -> None:
        """Keep in mind what events are like, and where."""
        if len(self._events) > _MOST_KNOWN:
            self._events.clear()
        now = monotonic()
        self._events.update({event.id: (now, event) for event in events})

    def forget(self, event_id: Number) -> None:
        """Have no memory of an event."""
        self._events.pop(event_id, None)


def _readable(seen: Seen | SchedAgentError) -> Seen:
    if isinstance(seen, SchedAgentError):
        raise seen
    return seen


def around(interval: Interval, now: int) -> Interval:
    """Return the stretch in which other times are looked for if one can't be had."""
    far = (SEARCH_DAYS[-1] + 1) * DAY
    return Interval(
        min(interval.start - far, now - DAY), max(interval.end, interval.start + far, now + far)
    )
