"""A provider's calendar as the tests see it, and somebody who keeps up with it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sched_agent.model.days import Days
from sched_agent.model.interval import Interval, intersect, merge
from sched_agent.model.remote import Change, Content, Ref, RemoteEvent
from sched_agent.providers.base import CursorExpired, Provider
from tests.builders import NEW_YORK, at, span
from tests.contracts.providers.outsider import NINE, Outsider, Planned

DAY_LONG = span("00:00", "24:00")
WINDOW = Interval(at("2026-10-01T00:00"), at("2027-06-01T00:00"))
"""It has two clock changes: on 1 November 2026 and on 14 March 2027."""

UID = "env_000001-evt_7k3m9q@sched-agent"
OTHER_UID = "env_000001-evt_8k3m9q@sched-agent"


def days(first: str, end: str) -> Days:
    """Return the days from a date until before another one."""
    return Days(date.fromisoformat(first).toordinal(), date.fromisoformat(end).toordinal())


def saying(interval: Interval | Days = NINE, **more: Any) -> Content:
    """Return what an event of ours says."""
    if isinstance(interval, Days):
        more |= {"days": interval, "interval": interval.interval(NEW_YORK)}
    else:
        more |= {"interval": interval}
    return Content(**{"title": "Stand-up"} | more)


@dataclass
class Follower:
    """Knows what lies at a provider by what it was told, as a sync does.

    Args:
        began_anew: How often it had to read everything because its cursor had expired.
        meanwhile: What happens after each batch that it reads.
    """

    provider: Provider
    calendar: str
    window: Interval = WINDOW
    cursor: str | None = None
    began_anew: int = 0
    meanwhile: Callable[[], None] = lambda: None
    _known: dict[str, tuple[RemoteEvent, ...]] = field(default_factory=dict)

    def read(self) -> list[Change]:
        """Read what has changed; the first time that is everything."""
        try:
            return self._read()
        except CursorExpired:
            self.cursor, self._known = None, {}
            self.began_anew += 1
            return self._read()

    def _read(self) -> list[Change]:
        told: list[Change] = []
        cursors: list[str | None] = []
        for batch in self.provider.changes(self.calendar, self.cursor, self.window):
            for change in batch.changes:
                assert all(event.ref.handle == change.handle for event in change.events)
                self._known[change.handle] = tuple(change.events)
                told.append(change)
            cursors.append(batch.cursor)
            self.meanwhile()
        assert cursors, "there is no batch, so no cursor"
        assert cursors[:-1] == [None] * (len(cursors) - 1), "only the last batch has a cursor"
        assert cursors[-1] is not None, "the last batch has a cursor"
        self.cursor = cursors[-1]
        return told

    @property
    def events(self) -> list[RemoteEvent]:
        """What it knows, by start."""
        events = [event for lying in self._known.values() for event in lying]
        keys = [event.ref.key for event in events]
        assert len(set(keys)) == len(keys), "no two events have one key"
        return sorted(events, key=lambda event: (event.content.interval, event.ref.key))

    @property
    def knows(self) -> list[tuple[Ref, Content]]:
        """What it knows, to be compared with what somebody else knows."""
        return [(event.ref, event.content) for event in self.events]


@dataclass(frozen=True)
class Place:
    """A calendar, seen through a provider and, past it, by the outsider."""

    provider: Provider
    calendar: str
    outsider: Outsider

    def add(self, when: Interval | Days = NINE, **more: Any) -> str:
        """Let the outsider put something there, and return its name."""
        return self.outsider.add(Planned(when=when, **more))

    def follower(self, window: Interval = WINDOW) -> Follower:
        """Return somebody who has read everything."""
        follower = Follower(self.provider, self.calendar, window)
        follower.read()
        return follower

    def read(self, window: Interval = WINDOW) -> list[RemoteEvent]:
        """Read everything that touches a window, by start."""
        return self.follower(window).events

    def taken(self, within: Interval = DAY_LONG, but: Collection[str] = ()) -> list[Interval]:
        """Return when the calendar is taken within a stretch."""
        busy = self.provider.busy(self.calendar, within, but)
        return intersect(merge(busy), [within])

    def create(self, uid: str = UID, when: Interval | Days = NINE, **more: Any) -> RemoteEvent:
        """Make an event of ours."""
        created = self.provider.create(self.calendar, uid, saying(when, **more))
        assert created.made
        return created.event


def titles(events: Sequence[RemoteEvent]) -> list[str]:
    return [event.content.title for event in events]


def intervals(events: Sequence[RemoteEvent]) -> list[Interval]:
    return [event.content.interval for event in events]


def keys(events: Sequence[RemoteEvent]) -> list[str]:
    return [event.ref.key for event in events]
