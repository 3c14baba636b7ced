"""An event as a provider has it, and what makes two of them say the same."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sched_agent.errors import InvalidArgument
from sched_agent.model.attendee import Attendee
from sched_agent.model.days import Days
from sched_agent.model.event import DEFAULT_TYPE, Event, Meeting
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.interval import Interval
from sched_agent.model.status import Status
from sched_agent.model.text import clean, clean_line

UNTITLED = "Busy"
"""The title of an event of which a provider tells none."""

_OURS = "sched-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an event says, whoever keeps it.

    Args:
        interval: When, in UTC microseconds; of whole days, in the zone of the calendar.
        days: Its dates, if it is an all-day event.
        status: A cancelled one takes no time.
        transparent: Whether it takes no time though it is not cancelled.
        attendees: Who is invited.
    """

    title: str
    interval: Interval
    days: Days | None = None
    description: str | None = None
    location: str | None = None
    status: Status = Status.CONFIRMED
    transparent: bool = False
    attendees: tuple[Attendee, ...] = ()

    @classmethod
    def of(cls, event: Event) -> "Content":
        """Return what an event of ours says."""
        return cls(
            title=event.title,
            interval=event.interval,
            days=event.days,
            description=event.description,
            location=event.location,
            status=event.status,
            transparent=event.transparent,
            attendees=event.attendees,
        )

    @property
    def fingerprint(self) -> str:
        """The same for two contents that say the same. Of whole days, the dates alone count."""
        people = sorted(
            [a.name or "", a.email or "", a.phone or "", a.response.value] for a in self.attendees
        )
        when = [self.days.first, self.days.end] if self.days else [*self.interval, "instants"]
        words = [self.title, self.description or "", self.location or ""]
        said = [words, when, self.status.value, self.transparent, people]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    def as_data(self) -> dict[str, object]:
        """Return it as plain data, for people to read."""
        return {
            "title": self.title,
            "start_at": self.interval.start,
            "end_at": self.interval.end,
            "all_day": self.days is not None,
            "description": self.description,
            "location": self.location,
            "status": self.status.value,
            "transparent": self.transparent,
            "attendees": [a.email or a.phone or a.name for a in self.attendees],
        }

    def onto(self, event: Event, now: int) -> Event:
        """Return an event of ours that says this, one version on."""
        return replace(
            event,
            **self._words(),
            interval=self.interval,
            days=self.days,
            status=self.status,
            transparent=self.transparent,
            hold_expires_at=None,
            # nobody has checked whether it is the only one where it takes time anew
            exclusive=event.exclusive and event.claims and self.interval == event.interval,
            version=event.version + 1,
            updated_at=now,
        )

    def _words(self) -> dict[str, Any]:
        """Return what is said in words, without characters that nobody sees."""
        return {
            "title": clean_line(self.title).strip() or UNTITLED,
            "description": self.description and clean(self.description),
            "location": self.location and clean_line(self.location),
            "attendees": tuple(_seen(self.attendees)),
        }

    def as_event(self, calendar_id: Number, now: int) -> Event:
        """Return the event of ours that it becomes; its id is still to be given."""
        return Event(
            id=0,
            calendar_id=calendar_id,
            **self._words(),
            interval=self.interval,
            days=self.days,
            status=self.status,
            type=DEFAULT_TYPE,
            transparent=self.transparent,
            owner=None,
            created_by=None,
            hold_expires_at=None,
            created_at=now,
            updated_at=now,
        )


def _seen(attendees: Sequence[Attendee]) -> Iterator[Attendee]:
    """Yield the attendees of whom anything can be seen."""
    for one in attendees:
        with suppress(InvalidArgument):
            yield one.cleaned()


def uid_of(environment_id: Number, event_id: Number) -> str:
    """Return the iCalendar UID under which an event of ours goes to providers, always the same."""
    own = f"{code(Kind.ENVIRONMENT, environment_id)}-{code(Kind.EVENT, event_id)}"
    return f"{own}@{_OURS}"


def is_ours(key: str) -> bool:
    """Whether a key at a provider is a UID that we gave."""
    return key.endswith(f"@{_OURS}")


class Ref(NamedTuple):
    """Where an event lies at a provider.

    Args:
        key: Names it in its calendar, for good: the UID, and for one occurrence of a series what
            tells it from the others.
        handle: Addresses it or, of an occurrence, what it is a part of: an id, or a path.
        etag: The version that was seen; None: the provider tells none.
    """

    key: str
    handle: str
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteEvent:
    """An event, or one occurrence of a series, as a provider has it.

    Args:
        ref: Where it lies.
        content: What it says.
        changed_at: When it was changed there, in UTC microseconds, if the provider tells.
        meeting: Its video meeting.
    """

    ref: Ref
    content: Content
    changed_at: int | None = None
    meeting: Meeting | None = None


class Change(NamedTuple):
    """What lies under one handle now, as far as it touches the window that was asked about.

    What was known to lie there and is not among its events is gone; none are left of what was
    deleted.
    """

    handle: str
    events: Sequence[RemoteEvent] = ()


class Batch(NamedTuple):
    """Some of the changes; the last batch brings the cursor from which to go on next time."""

    changes: Sequence[Change]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCalendar:
    """A calendar that somebody has at a provider.

    Args:
        id: By which the provider is asked about it: an id, or a path.
        name: What its owner calls it.
        writable: Whether events may be put on it.
        primary: Whether it is the one that is meant when nobody says which.
    """

    id: str
    name: str
    timezone: str | None = None
    writable: bool = True
    primary: bool = False
