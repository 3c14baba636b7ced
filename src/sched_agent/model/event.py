"""An event: time on a calendar, and what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from sched_agent.errors import HoldExpired, InvalidArgument
from sched_agent.model import status as statuses
from sched_agent.model.attendee import Attendee, keep_responses
from sched_agent.model.days import Days, touched
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.owner import Owner
from sched_agent.model.status import Status
from sched_agent.model.text import clean, clean_line, fold

DEFAULT_TYPE = "meeting"
BLOCK_TYPE = "block"
"""The type of an event that only takes time: it is checked against nothing."""

MAX_HOLD_SECONDS = 3600
CLAIM = "claim of "
"""How the name begins in which a time is held for a booking that is not decided yet."""

RAN_OUT = "The hold ran out."
"""Why an event is cancelled that was a hold and was not confirmed in time."""

LONGEST_DAYS = 366
LONGEST = LONGEST_DAYS * DAY


class SyncState(StrEnum):
    """How an event of a connected calendar stands with the provider.

    `pending`: it is saved here, and goes to the provider next. `unseen`: so it is, and it is
    tentative until the provider, which could not be asked, says that the time is free. `synced`:
    both say the same. `conflict`: its time was taken there when it arrived. `failed`: the
    provider did not take it.
    """

    PENDING = "pending"
    UNSEEN = "unseen"
    SYNCED = "synced"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A video meeting that belongs to an event, as a provider made it."""

    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a caller wants to have booked; the rest of an event is ours to add.

    Characters that nobody sees are left out of its words.

    Args:
        interval: When.
        days: The dates of an all-day event; `interval` follows from them.
        hold_seconds: After how long it frees itself, if it is a hold.
        metadata: Whatever a program wants to keep with it; plain JSON.
    """

    title: str
    interval: Interval
    days: Days | None = None
    description: str | None = None
    location: str | None = None
    status: Status = Status.CONFIRMED
    type: str = DEFAULT_TYPE
    transparent: bool = False
    attendees: tuple[Attendee, ...] = ()
    owner: Owner | None = None
    created_by: str | None = None
    hold_seconds: int | None = None
    metadata: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in _WORDS & set(Draft.__slots__):
            object.__setattr__(self, name, _cleaned(name, getattr(self, name)))
        _check_length(self.interval)
        if self.hold_seconds is not None and self.status is not Status.TENTATIVE:
            raise InvalidArgument(
                "A hold is tentative: leave out status.", fields={"status": "must be tentative"}
            )


_WORDS = frozenset(
    {"title", "description", "location", "type", "created_by", "cancel_reason", "attendees"}
)


def _cleaned(field: str, value: Any) -> Any:
    """Return a field's new value without characters that nobody sees.

    Raises:
        InvalidArgument: Nothing of a title or an attendee is left.
    """
    if field == "attendees":
        return tuple(attendee.cleaned() for attendee in value)
    if value is None:
        return None
    kept = clean(value) if field in {"description", "cancel_reason"} else clean_line(value)
    if field == "title" and value and not kept.strip():
        raise InvalidArgument("The title has nothing to read.", fields={"title": "can't be seen"})
    return kept


def _check_length(interval: Interval) -> None:
    if interval.length > LONGEST:
        raise InvalidArgument(
            f"An event lasts {LONGEST_DAYS} days at most.",
            fields={"end_at": "is too far from start_at"},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to change about an event; what is not named stays.

    Args:
        fields: New values by the event's field names (title, description, location, status, type,
            transparent, attendees, owner, cancel_reason, metadata).
        start: The new start; the length stays unless `end` or `length` says otherwise.
        end: The new end.
        length: The new length in microseconds.
        first_day: Makes it an all-day event from this date (an ordinal) on; the number of days
            stays unless `end_day` says otherwise.
        end_day: The day after its last one.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    start: int | None = None
    end: int | None = None
    length: int | None = None
    first_day: int | None = None
    end_day: int | None = None

    def __post_init__(self) -> None:
        fields = {n: _cleaned(n, v) if n in _WORDS else v for n, v in self.fields.items()}
        object.__setattr__(self, "fields", fields)

    def moved(self, event: "Event", in_zone: ZoneInfo) -> tuple[Interval, Days | None]:
        """Return the time that an event gets by this change, and its days if they are whole.

        Raises:
            InvalidArgument: It would end before it starts.
        """
        if self.first_day is not None or self.end_day is not None:
            days = self._moved_days(event.days or touched(event.interval, in_zone))
            return days.interval(in_zone), days
        if self.start is self.end is self.length is None:
            return event.interval, event.days
        return self._moved_instants(event.interval), None

    def _moved_days(self, days: Days) -> Days:
        first = days.first if self.first_day is None else self.first_day
        if self.end_day is not None:
            return Days(first, self.end_day)
        return Days(first, first + days.end - days.first)

    def _moved_instants(self, interval: Interval) -> Interval:
        start = interval.start if self.start is None else self.start
        if self.length is not None:
            return Interval(start, start + self.length)
        if self.end is not None:
            return Interval(start, self.end)
        return Interval(start, start + interval.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as it is kept. Instants are UTC microseconds; `version` counts changes from 1.

    Args:
        days: Its dates, if it is an all-day event; `interval` is what they are in the calendar's
            zone.
        hold_expires_at: When the hold runs out that it is, or was until then.
        held_by: The name of the caller whose hold it is.
        exclusive: Whether it was booked as the only one at its time. No two such events may
            overlap; a database that can is told to see to that, too.
        sync: How it stands with the calendar's provider; None: there is none that it goes to.
        meeting: Its video meeting.
    """

    id: Number
    calendar_id: Number
    title: str
    interval: Interval
    description: str | None
    location: str | None
    status: Status
    type: str
    transparent: bool
    attendees: tuple[Attendee, ...]
    owner: Owner | None
    created_by: str | None
    hold_expires_at: int | None
    held_by: str | None = None
    exclusive: bool = False
    days: Days | None = None
    metadata: Mapping[str, Any] | None = None
    sync: SyncState | None = None
    meeting: Meeting | None = None
    cancel_reason: str | None = None
    version: int = 1
    created_at: int
    updated_at: int

    def blocks(self, now: int) -> bool:
        """Whether it takes its time at `now`."""
        return statuses.blocks(
            self.status,
            transparent=self.transparent,
            hold_expires_at=self.hold_expires_at,
            now=now,
        )

    @property
    def claims(self) -> bool:
        """Whether it takes its time as long as no hold runs out."""
        return statuses.claims(self.status, transparent=self.transparent)

    @property
    def is_claim(self) -> bool:
        """Whether it only keeps the time of a booking until its providers were asked."""
        return self.held_by is not None and self.held_by.startswith(CLAIM)

    @property
    def is_hold(self) -> bool:
        """Whether it is a hold that is neither confirmed nor released."""
        return self.hold_expires_at is not None and self.status is Status.TENTATIVE

    @property
    def ran_out(self) -> bool:
        """Whether it was a hold that nobody confirmed in time."""
        return self.status is Status.CANCELLED and self.hold_expires_at is not None

    def as_of(self, now: int) -> Self:
        """Return the event as it is at `now`.

        A hold cancels itself at the instant at which it runs out. That is true whether or not
        anybody has written it down yet, so whoever reads an event reads it through this.
        """
        expires = self.hold_expires_at
        if expires is None or now < expires or self.status is not Status.TENTATIVE:
            return self
        return replace(
            self,
            status=Status.CANCELLED,
            cancel_reason=RAN_OUT,
            version=self.version + 1,
            updated_at=expires,
        )

    def require_in_time(self) -> None:
        """Let a change of a hold pass.

        Raises:
            HoldExpired: It ran out before.
        """
        if self.ran_out:
            raise HoldExpired("The hold ran out, and its time may be somebody else's by now.")

    def revised(self, change: Change, in_zone: ZoneInfo, now: int) -> Self:
        """Return the event, which is as of `now`, with a change made, one version on.

        A status other than tentative ends a hold, and so does becoming a block.

        Raises:
            StatusConflict: It is cancelled, or the new status is not allowed.
            HoldExpired: It is a hold that has run out.
            InvalidArgument: It would become longer than an event may be.
        """
        self.require_in_time()
        new_status = change.fields.get("status", self.status)
        statuses.check_change(self.status, new_status)
        fields = dict(change.fields)
        if "attendees" in fields:
            fields["attendees"] = keep_responses(self.attendees, fields["attendees"])
        interval, days = change.moved(self, in_zone)
        revised = replace(
            self,
            **fields,
            interval=interval,
            days=days,
            version=self.version + 1,
            updated_at=now,
        )
        _check_length(revised.interval)
        if new_status is not Status.TENTATIVE or revised.type == BLOCK_TYPE:
            revised = replace(revised, hold_expires_at=None)
        return revised

    def to_days(
        self, fields: Mapping[str, Any], first: int | None, end: int | None, in_zone: ZoneInfo
    ) -> Change:
        """Return the change that gives it whole days, from `first` on and before `end`.

        What is None stays; of an event that has instants, the days that they touch.
        """
        if first is None and self.days is None:
            first = touched(self.interval, in_zone).first
        return Change(fields=fields, first_day=first, end_day=end)

    @property
    def search_text(self) -> str:
        """What a search for words looks through."""
        return fold(" ".join(filter(None, (self.title, self.description, self.location))))

    def invites(self, who: str, country: str | None) -> bool:
        """Whether `who`, what a caller says, fits one of its attendees; see `person.fit`."""
        return any(attendee.fits(who, country) for attendee in self.attendees)

    def as_busy(self) -> Self:
        """Return what somebody may see of it who may not read it: that it takes its time."""
        return replace(
            self,
            title="Busy",
            type=BLOCK_TYPE if self.type == BLOCK_TYPE else DEFAULT_TYPE,
            description=None,
            location=None,
            attendees=(),
            owner=None,
            created_by=None,
            cancel_reason=None,
            metadata=None,
            meeting=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to list; a field that is None does not narrow.

    Args:
        calendar_ids: The calendars to look in.
        starts_from: With `ends_until`: only events that overlap this stretch ...
        ends_until: See `starts_from`.
        contained: ... or, if true, only those that lie inside it.
        statuses: Any of these.
        attendee: What a caller says of somebody invited; see `Event.invites`.
        type: Only those with this tag.
        query: Words from title, description or location.
        after: The (start, id) that the previous page ended with.
    """

    calendar_ids: tuple[Number, ...]
    starts_from: int | None = None
    ends_until: int | None = None
    contained: bool = False
    statuses: frozenset[Status] = field(default_factory=lambda: frozenset(Status))
    attendee: str | None = None
    type: str | None = None
    query: str | None = None
    after: tuple[int, Number] | None = None

    @property
    def searches(self) -> bool:
        """Whether it tells something of the words and people of the events that it finds."""
        return any(told is not None for told in (self.attendee, self.query, self.type))
