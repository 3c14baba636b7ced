"""What journals and the final state prove about each event: which versions it had, and when.

Of no act the exact moment is known, only that it lies between asking and being told. So a version
has a life that is certain (it was surely there) inside one that is possible (it may have been).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.faults.journal import BOOKINGS, CHANGES, Act, Attempt, Kind, Outcome, Seen

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a calendar promises.

    Args:
        id: Its number.
        refuses: Whether it refuses double bookings.
        gap: Microseconds between two events.
        a_day: The most events on a day.
        guests: The most guests of an event.
        zone: Whose days are counted.
    """

    id: int
    refuses: bool = True
    gap: int = 0
    a_day: int | None = None
    guests: int | None = None
    zone: ZoneInfo = ZoneInfo("UTC")  # noqa: RUF009  # a zone does not change


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """What is there when everything has stopped, and the time of looking."""

    now: int
    calendars: Mapping[int, Rules]
    events: Sequence[Seen]


class Fate(StrEnum):
    """Whether a request was done."""

    DONE = "done"
    MAYBE = "maybe"
    NOT_DONE = "not done"


@dataclass(eq=False)
class Request:
    """All attempts with one request_id, in the order of asking."""

    act: Act
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def began(self) -> int:
        """When it was first asked for: it was not done before."""
        return self.attempts[0].asked

    @cached_property
    def acknowledged(self) -> Sequence[Attempt]:
        """The attempts that were answered by yes."""
        return [attempt for attempt in self.attempts if attempt.acknowledged]

    @cached_property
    def fate(self) -> Fate:
        """Whether it was done: one lost answer leaves that open, a refusal does not."""
        if self.acknowledged:
            return Fate.DONE
        lost = any(attempt.answer.outcome is Outcome.LOST for attempt in self.attempts)
        return Fate.MAYBE if lost else Fate.NOT_DONE

    @property
    def answer(self) -> Seen:
        """What it was acknowledged with first."""
        return self.acknowledged[0].answer.events[0]

    @property
    def where(self) -> tuple[str, ...]:
        """Its lines in the journals."""
        return tuple(attempt.where for attempt in self.attempts)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event was like this at some moment between `since` and `by`."""

    seen: Seen
    since: int
    by: int
    where: str


@dataclass(frozen=True, slots=True)
class Life:
    """A version of an event that takes time, and when it does so.

    Args:
        seen: The version.
        born_from: It did not take its time before.
        born_by: It surely did so by now ...
        dead_from: ... and until then at least.
        dead_by: It surely did no more from then on.
        where: Lines of the journals that tell of it.
    """

    seen: Seen
    born_from: int
    born_by: int
    dead_from: int
    dead_by: int
    where: tuple[str, ...]

    def meets(self, start: int, end: int, gap: int) -> bool:
        """Whether it takes time between two instants, or too near to them."""
        return self.seen.start < end + gap and start < self.seen.end + gap


@dataclass(eq=False)
class Record:
    """All that is known of one event.

    Args:
        id: Its number.
        booking: The request that its title names.
        changes: The requests to change it that were done, or may have been.
        sightings: What was seen of it.
        final: How it is at the end; None: it is gone.
    """

    id: int
    booking: Request | None = None
    changes: list[Request] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    final: Seen | None = None

    @cached_property
    def versions(self) -> Mapping[int, Sequence[Sighting]]:
        """What was seen, by version, in the order of versions."""
        found: defaultdict[int, list[Sighting]] = defaultdict(list)
        for sighting in sorted(self.sightings, key=lambda one: one.seen.version):
            found[sighting.seen.version].append(sighting)
        return found

    @property
    def title(self) -> str:
        """The request_id that booked it."""
        return self.sightings[0].seen.title

    @property
    def possible(self) -> Sequence[Request]:
        """The changes of which nobody knows whether they were made."""
        return [change for change in self.changes if change.fate is Fate.MAYBE]

    @cached_property
    def hold_expires_at(self) -> int | None:
        """When it runs out if it began as a hold; nothing but its end changes that."""
        found = (one.seen.hold_expires_at for one in self.sightings)
        return next((at for at in found if at is not None), None)

    def surely_made(self, version: int) -> Sequence[Request]:
        """Return the changes that were acknowledged to have made a version."""
        return [
            change
            for change in self._acknowledged_at(version)
            if change.act.kind in {Kind.CONFIRM, Kind.MOVE}
        ]

    def perhaps_made(self, version: int) -> Sequence[Request]:
        """Return the changes that may have made a version.

        Of cancelling and responding the answer doesn't say whether anything changed by it.
        """
        return self.surely_made(version) or [*self._acknowledged_at(version), *self.possible]

    def _acknowledged_at(self, version: int) -> Sequence[Request]:
        return [
            change
            for change in self.changes
            if change.fate is Fate.DONE and change.answer.version == version
        ]

    def born_from(self, version: int) -> int:
        """Return the instant before which a version was not there."""
        before = (one.since for v, seen in self.versions.items() if v < version for one in seen)
        return max([self._first_asked(version), *before])

    def _first_asked(self, version: int) -> int:
        if version == 1:
            return self.booking.began if self.booking else 0
        makers = [change.began for change in self.perhaps_made(version)]
        if self.hold_expires_at is not None and not self.surely_made(version):
            makers.append(self.hold_expires_at)
        return min(makers, default=0)

    def born_by(self, version: int) -> int:
        """Return the instant at which a version surely had been made."""
        later = (one.by for v, seen in self.versions.items() if v >= version for one in seen)
        return min(later, default=FOREVER)

    def dead_from(self, version: int) -> int:
        """Return the instant until which a version surely was the last one, once it was made."""
        if self.final and self.final.version == version:
            return FOREVER
        seen = (one.since for one in self.versions.get(version, ()))
        return max([self.born_from(version + 1), *seen])

    @cached_property
    def lives(self) -> Sequence[Life]:
        """The versions that take time."""
        return [*filter(None, map(self._life, self.versions)), *self._unseen_lives()]

    def _life(self, version: int) -> Life | None:
        sightings = self.versions[version]
        seen = sightings[0].seen
        if seen.status == "cancelled":
            return None
        ends = FOREVER if seen.hold_expires_at is None else seen.hold_expires_at
        return Life(
            seen=seen,
            born_from=self.born_from(version),
            born_by=self.born_by(version),
            dead_from=min(ends, self.dead_from(version)),
            dead_by=min(ends, self.born_by(version + 1)),
            where=tuple(one.where for one in sightings[:3]),
        )

    def _unseen_lives(self) -> Iterator[Life]:
        """Yield where the event may have been in versions that nobody saw."""
        last = max(self.versions)
        if len(self.versions) == last:
            return
        some = self.versions[last][0].seen
        for move in self.possible:
            if move.act.kind is Kind.MOVE and move.act.start is not None:
                seen = replace(
                    some, start=move.act.start, end=move.act.start + some.end - some.start
                )
                yield Life(seen, move.began, FOREVER, move.began, FOREVER, move.where)


class History:
    """Journals and final state, put in order."""

    def __init__(self, attempts: Iterable[Attempt], final: Final) -> None:
        self.final = final
        self.attempts = sorted(attempts, key=lambda attempt: attempt.asked)
        self.requests: dict[str, Request] = {}
        for attempt in self.attempts:
            name = attempt.act.request_id
            if name is not None:
                self.requests.setdefault(name, Request(attempt.act)).attempts.append(attempt)
        self.records: dict[int, Record] = {}
        self._gather_sightings()
        self._gather_changes()

    def of_calendar(self, calendar: int) -> Iterator[Life]:
        """Yield all lives on a calendar."""
        for record in self.records.values():
            for life in record.lives:
                if life.seen.calendar == calendar:
                    yield life

    def _gather_sightings(self) -> None:
        for attempt in self.attempts:
            if attempt.told is None:
                continue
            request = self.requests.get(attempt.act.request_id or "")
            since = request.began if request else attempt.asked
            for seen in attempt.answer.events:
                self._see(Sighting(seen, since, attempt.told, attempt.where))
        for seen in self.final.events:
            self._see(Sighting(seen, self.final.now, self.final.now, "the final state"))
            self.records[seen.id].final = seen

    def _see(self, sighting: Sighting) -> None:
        event_id = sighting.seen.id
        record = self.records.setdefault(event_id, Record(event_id))
        record.sightings.append(sighting)
        booking = self.requests.get(sighting.seen.title)
        if booking and booking.act.kind in BOOKINGS:
            record.booking = booking

    def _gather_changes(self) -> None:
        for request in self.requests.values():
            if request.act.kind in CHANGES and request.fate is not Fate.NOT_DONE:
                record = self.records.get(request.act.event or 0)
                if record:
                    record.changes.append(request)
