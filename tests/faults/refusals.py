"""Whether a refusal was true: something may have been in the way, a hold may have run out, …"""

from collections.abc import Callable, Iterator

from sched_agent.model.zone import local_day
from tests.faults.history import FOREVER, History, Life, Record, Rules
from tests.faults.journal import BOOKINGS, DOWN, Attempt, Outcome
from tests.faults.moments import Moments
from tests.faults.violation import Violation

_UNCHECKED = DOWN | {"too_many_holds"}


class _Past:
    """What may have been in the way, by calendar and time."""

    def __init__(self, history: History) -> None:
        self.history = history
        now = history.final.now
        self._possible = {number: Moments(now) for number in history.final.calendars}
        for record in history.records.values():
            for life in record.lives:
                self._possible[life.seen.calendar].add(life, life.born_from, life.dead_by)

    def rules(self, attempt: Attempt) -> Rules:
        """Return the rules of the calendar that an attempt was about."""
        return self.history.final.calendars[attempt.act.calendar]

    def record(self, attempt: Attempt) -> Record | None:
        """Return the event that an attempt was about."""
        return self.history.records.get(attempt.act.event or 0)

    def others(self, attempt: Attempt) -> Iterator[Life]:
        """Yield what may have taken time while an attempt was made, but for its own event."""
        told = FOREVER if attempt.told is None else attempt.told
        for life in self._possible[attempt.act.calendar].around(attempt.asked, told):
            own = life.seen.id == attempt.act.event or life.seen.title == attempt.act.request_id
            if not own and life.born_from <= told and attempt.asked < life.dead_by:
                yield life

    def wanted(self, attempt: Attempt) -> set[tuple[int, int]]:
        """Return the times that an attempt may have been about."""
        act, record = attempt.act, self.record(attempt)
        if act.kind in BOOKINGS and act.start is not None and act.end is not None:
            return {(act.start, act.end)}
        seen = [one.seen for one in record.sightings] if record else []
        if act.start is not None:
            return {(act.start, act.start + one.end - one.start) for one in seen}
        return {(one.start, one.end) for one in seen}


def untrue(history: History) -> Iterator[Violation]:
    """Yield the refusals for which there was no reason in any possible order of events."""
    past = _Past(history)
    for attempt in history.attempts:
        code = attempt.answer.code
        if attempt.answer.outcome is not Outcome.REFUSED or code in _UNCHECKED:
            continue
        name = attempt.act.request_id or attempt.act.kind
        if code not in _REASONS:
            yield Violation("fault", f"{name} was refused: {code}", (attempt.where,))
        elif not _REASONS[code](past, attempt):
            told = f"{name} was refused ({code}) without a reason"
            yield Violation("untrue refusal", told, (attempt.where,))


def _something_in_the_way(past: _Past, attempt: Attempt) -> bool:
    rules = past.rules(attempt)
    return rules.refuses and any(
        life.meets(start, end, rules.gap)
        for life in past.others(attempt)
        for start, end in past.wanted(attempt)
    )


def _day_full(past: _Past, attempt: Attempt) -> bool:
    rules, start = past.rules(attempt), attempt.act.start
    if rules.a_day is None or start is None:
        return False
    day = local_day(start, rules.zone)
    there = {
        life.seen.id
        for life in past.others(attempt)
        if local_day(life.seen.start, rules.zone) == day
    }
    return len(there) >= rules.a_day


def _too_many_guests(past: _Past, attempt: Attempt) -> bool:
    most = past.rules(attempt).guests
    return most is not None and len(attempt.act.guests) > most


def _hold_ran_out(past: _Past, attempt: Attempt) -> bool:
    record = past.record(attempt)
    if not record or attempt.told is None:
        return False
    expires = record.hold_expires_at
    held = [
        version
        for version, sightings in record.versions.items()
        if sightings[0].seen.hold_expires_at is not None
        and record.born_from(version) <= attempt.told
        and attempt.asked <= record.born_by(version + 1)
    ]
    return bool(held) and expires is not None and expires <= attempt.told


def _cancelled(past: _Past, attempt: Attempt) -> bool:
    record = past.record(attempt)
    if not record or attempt.told is None:
        return False
    gone = (v for v, seen in record.versions.items() if seen[0].seen.status == "cancelled")
    return _hold_ran_out(past, attempt) or any(
        record.born_from(version) <= attempt.told for version in gone
    )


def _changed_since(past: _Past, attempt: Attempt) -> bool:
    record, version = past.record(attempt), attempt.act.if_version
    if not record or version is None or attempt.told is None:
        return False
    ends = record.hold_expires_at if _was_held(record, version) else None
    dead_from = min(record.dead_from(version), FOREVER if ends is None else ends)
    return not record.born_by(version) < attempt.asked <= attempt.told < dead_from


def _was_held(record: Record, version: int) -> bool:
    sightings = record.versions.get(version, ())
    return any(one.seen.hold_expires_at is not None for one in sightings)


_REASONS: dict[str | None, Callable[[_Past, Attempt], bool]] = {
    "slot_taken": _something_in_the_way,
    "day_full": _day_full,
    "too_many_attendees": _too_many_guests,
    "hold_expired": _hold_ran_out,
    "status_conflict": _cancelled,
    "stale": _changed_since,
}
