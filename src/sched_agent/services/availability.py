"""When calendars are free, and whether they are at one certain time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice

from sched_agent import errors
from sched_agent.app import App
from sched_agent.model.alternatives import best
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection, State
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.reason import Reason, why
from sched_agent.model.schedule import (
    Check,
    Refusal,
    Schedule,
    Taken,
    reach,
    schedule,
    together,
)
from sched_agent.model.slot import Daily, Slot
from sched_agent.speech.phrasing import quoted
from sched_agent.store.base import Reader

ALTERNATIVES = 3
SEARCH_DAYS = (3, 14, 60)
"""How far around a time that can't be had others are looked for, step by step."""


class Match(Enum):
    """Whether a slot is free on any of several calendars, or on all of them at once."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a caller wants to know.

    Args:
        calendar_ids: The calendars, at least one.
        within: The stretch in which slots are looked for.
        length: Microseconds of a slot.
        exact: Whether only the very start of `within` is meant.
        match: What several calendars mean.
        limit: The most slots wanted; None: all.
        daily: The stretch of each day in which slots are looked for; None: the whole day.
    """

    calendar_ids: tuple[Number, ...]
    within: Interval
    length: int
    exact: bool = False
    match: Match = Match.ANY
    limit: int | None = None
    daily: Daily | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is free.

    Args:
        slots: Free slots inside the stretch, earliest first.
        alternatives: If there are none inside: the nearest ones outside, the best one first.
        refusal: Where nothing is free: why, if a rule or an event is the reason; of several
            calendars that are not asked about together, what the first one says ...
        reason: ... and more exactly.
        calendars: The calendars that were asked about.
        as_of: When each of them was read, by its id; the others could not be read ...
        unreadable: ... for the reasons that are told here. None of them is ever taken for free.
    """

    slots: Sequence[Slot]
    alternatives: Sequence[Slot]
    refusal: Refusal | None
    reason: Reason | None
    calendars: Sequence[Calendar]
    as_of: Mapping[Number, int]
    unreadable: Mapping[Number, errors.SchedAgentError] = field(default_factory=dict)


_FOREVER = 1 << 62

Look = Callable[[Sequence[Calendar], Interval], Sequence[Schedule]]
"""Returns what each of some calendars may take within a stretch of time."""


def check(app: App, caller: Caller, question: Question) -> Answer:
    """Answer a question about free time.

    Raises:
        UnknownCalendar: One of the calendars does not exist.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        now = app.clock()
        calendars = [tx.calendar(calendar_id) for calendar_id in question.calendar_ids]
        look = Looking(tx, now)
        known = {calendar.id: look.known(calendar) for calendar in calendars}
        unreadable = {number: each.why_not for number, each in known.items() if each.why_not}
        readable = [calendar for calendar in calendars if calendar.id not in unreadable]
        return unless_unknown(
            calendars,
            question,
            lambda: answer(readable, question, look, now),
            {calendar.id: known[calendar.id].as_of for calendar in readable},
            unreadable,
        )


def unless_unknown(
    calendars: Sequence[Calendar],
    question: Question,
    answered: Callable[[], Answer],
    as_of: Mapping[Number, int],
    unreadable: Mapping[Number, errors.SchedAgentError],
) -> Answer:
    """Return the answer of those calendars that can be read, and tell of the others.

    Args:
        calendars: All that were asked about.
        question: What was asked.
        answered: Answers for those that can be read.
        as_of: When each of these was read.
        unreadable: Why the others can't be.

    Raises:
        SchedAgentError: None of them can be read.
    """
    if not as_of:
        raise unreadable[calendars[0].id]
    told = answered()
    if unreadable and question.match is Match.ALL:  # what one is doing, nobody knows
        told = replace(told, slots=(), alternatives=(), refusal=None, reason=None)
    return replace(told, calendars=calendars, as_of=as_of, unreadable=unreadable)


@dataclass(frozen=True, slots=True)
class Known:
    """How much is known of a calendar's time.

    Args:
        as_of: The instant up to which everything that was done to it is known.
        until: How far ahead; None: without end.
        why_not: Why nothing is known, if so.
    """

    as_of: int
    until: int | None = None
    why_not: errors.SchedAgentError | None = None


def known_of(tx: Reader, calendar: Calendar, now: int) -> Known:
    """Return how much is known of a calendar: what its connections last said, if it has some."""
    known = Known(now)
    for connection in tx.connections(calendar.id):
        if not connection.counts:
            continue
        if not connection.is_known(now) or connection.last_sync_at is None:
            return Known(now, why_not=_unknown(calendar, connection))
        until = connection.known_until
        known = Known(
            min(known.as_of, connection.last_sync_at),
            until if known.until is None or until is None else min(known.until, until),
        )
    return known


def _unknown(calendar: Calendar, connection: Connection) -> errors.SchedAgentError:
    told = f"Nobody knows when {quoted(calendar.name)} is free: {connection.provider}"
    if connection.state is State.CONSENT_NEEDED:
        return errors.ConsentNeeded(f"{told} no longer lets us see it.")
    if connection.last_sync_at is None:
        return errors.CalendarUnreachable(f"{told} has not been read yet.")
    return errors.CalendarUnreachable(f"{told} could not be read lately.")


def answer(calendars: Sequence[Calendar], question: Question, look: Look, now: int) -> Answer:
    """Answer a question about calendars that can be looked at."""
    views = _views(look, calendars, question.match, question.within)
    if question.exact:
        asked = Interval(question.within.start, question.within.start + question.length)
        slots, refusal = _at(views, asked)
    else:
        asked = question.within
        slots = _asked(views, question)
        refusal = None if slots else views[0][0].emptiness(question.length)
    alternatives = () if slots else near(calendars, question, look, now)
    return Answer(
        slots=slots,
        alternatives=alternatives,
        refusal=refusal,
        reason=None if refusal is None else why(views[0][0], asked, refusal),
        calendars=calendars,
        as_of={calendar.id: now for calendar in calendars},
    )


@dataclass(slots=True)
class Looking:
    """Looks at calendars as a transaction sees them; see `Look`.

    Args:
        tx: The transaction.
        now: The instant of the question.
        leaving_out: An event that is about to be moved.
        outside: Time that is taken though the store does not know it yet.

    Raises:
        SchedAgentError: Nobody knows when one of them is free.
    """

    tx: Reader
    now: int
    leaving_out: Number | None = None
    outside: Sequence[Interval] = ()
    _known: dict[Number, Known] = field(default_factory=dict)

    def __call__(self, calendars: Sequence[Calendar], within: Interval) -> Sequence[Schedule]:
        """See `Look`."""
        return [self._one(calendar, within) for calendar in calendars]

    def known(self, calendar: Calendar) -> Known:
        """Return how much is known of a calendar."""
        if calendar.id not in self._known:
            self._known[calendar.id] = known_of(self.tx, calendar, self.now)
        return self._known[calendar.id]

    def _one(self, calendar: Calendar, within: Interval) -> Schedule:
        known = self.known(calendar)
        if known.why_not:
            raise known.why_not
        seen = view(self.tx, calendar, within, self.now, self.leaving_out)
        gap = calendar.policy.gap
        more = [Taken(one.start - gap, one.end + gap, counts=False) for one in self.outside]
        if known.until is not None:
            more.append(Taken(known.until - gap, _FOREVER, counts=False))
            seen = replace(seen, last_start=min(seen.last_start, known.until))
        return replace(seen, busy=sorted([*seen.busy, *more])) if more else seen


def view(
    tx: Reader, calendar: Calendar, within: Interval, now: int, leaving_out: Number | None = None
) -> Schedule:
    """Return what a calendar may take within a stretch, as the transaction sees it.

    Args:
        tx: The transaction.
        calendar: The calendar.
        within: The stretch; no event outside its reach is read.
        now: The instant of the decision.
        leaving_out: An event that is about to be moved.
    """
    taken = tx.taken(calendar.id, reach(calendar, within), now, leaving_out)
    return schedule(calendar, tx.rules(calendar.id), taken, within, now)


@dataclass(slots=True)
class Wanted:
    """The time that was wanted, once it is known.

    Args:
        beside: Calendars that are to be free then as well.
        outside: When a provider that was asked about it is taken.
    """

    calendar_id: Number | None = None
    interval: Interval | None = None
    leaving_out: Number | None = None
    check: Check = Check.FULL
    beside: Sequence[Number] = ()
    outside: Sequence[Interval] = ()


@contextmanager
def alternatives_offered(app: App, caller: Caller, wanted: Wanted) -> Iterator[None]:
    """Add the nearest free slots to a refusal; they are looked for after the lock is released."""
    try:
        yield
    except _HELPED as refusal:
        if wanted.calendar_id is not None and wanted.interval is not None:
            question = Question(
                calendar_ids=tuple(dict.fromkeys((wanted.calendar_id, *wanted.beside))),
                within=wanted.interval,
                length=wanted.interval.length,
                match=Match.ALL,
            )
            with (
                suppress(errors.SchedAgentError),  # the refusal is the answer, with or without
                app.store.snapshot(caller.environment_id) as tx,
            ):
                calendars = [tx.calendar(number) for number in question.calendar_ids]
                now = app.clock()
                look = Looking(tx, now, wanted.leaving_out, wanted.outside)
                slots = near(calendars, question, look, now)
                if isinstance(refusal, errors.HoldExpired):
                    slots = _same_first(tx, calendars, wanted, slots, now)
                offer(refusal, slots)
        raise


def offer(refusal: errors.SchedAgentError, slots: Sequence[Slot]) -> None:
    """Add to a refusal what is free instead."""
    refusal.alternatives = tuple(slots)
    if not slots:
        refusal.hint = (
            "No free time of that length was found in the 60 days around it: "
            "ask for a shorter time, or another calendar."
        )


def _same_first(
    tx: Reader,
    calendars: Sequence[Calendar],
    wanted: Wanted,
    slots: tuple[Slot, ...],
    now: int,
) -> tuple[Slot, ...]:
    """Return the slots with the very time that was wanted before them, if it is still free."""
    same = wanted.interval
    if same is None:
        return slots
    (one, calendar_ids, timezone), *_ = _views(Looking(tx, now), calendars, Match.ALL, same)
    if one.refusal(same, wanted.check) is not None:
        return slots
    others = (slot for slot in slots if slot.interval != same)
    return (Slot(same, calendar_ids, timezone), *others)[:ALTERNATIVES]


_HELPED = (
    errors.InThePast,
    errors.TooSoon,
    errors.TooFarAhead,
    errors.OutsideHours,
    errors.DayFull,
    errors.SlotTaken,
    errors.HoldExpired,
)

_Views = Sequence[tuple[Schedule, tuple[Number, ...], str]]


def _views(look: Look, calendars: Sequence[Calendar], match: Match, within: Interval) -> _Views:
    """Return one schedule for each calendar, or a single one for all of them together."""
    each = look(calendars, within)
    if match is Match.ALL:
        ids = tuple(calendar.id for calendar in calendars)
        return [(together(each), ids, calendars[0].timezone)]
    return [
        (one, (calendar.id,), calendar.timezone)
        for one, calendar in zip(each, calendars, strict=True)
    ]


def _asked(views: _Views, question: Question) -> tuple[Slot, ...]:
    """Return the free slots, earliest first, at the times of day that are asked about."""
    daily = question.daily
    if daily is None:
        return _slots(views, question.length, question.limit)
    every = _slots(views, question.length, None)
    return tuple(islice((s for s in every if daily.takes(s.interval)), question.limit))


def _slots(views: _Views, length: int, limit: int | None) -> tuple[Slot, ...]:
    """Return the free slots of all views by time, each with every calendar that is free then."""
    if len(views) == 1:
        one, calendar_ids, timezone = views[0]
        return tuple(Slot(i, calendar_ids, timezone) for i in one.offers(length, limit))
    free: dict[Interval, list[Number]] = {}
    for one, calendar_ids, _ in views:
        for interval in one.offers(length, limit):
            free.setdefault(interval, []).extend(calendar_ids)
    return tuple(Slot(i, tuple(free[i]), views[0][2]) for i in sorted(free)[:limit])


def _at(views: _Views, asked: Interval) -> tuple[tuple[Slot, ...], Refusal | None]:
    """Return the slot that was asked for with every calendar that is free then, or why none is."""
    refusals = [one.refusal(asked) for one, _, _ in views]
    free = [
        number
        for (_, calendar_ids, _), refused in zip(views, refusals, strict=True)
        for number in calendar_ids
        if refused is None
    ]
    if not free:
        return (), refusals[0]
    return (Slot(asked, tuple(free), views[0][2]),), None


def near(
    calendars: Sequence[Calendar], question: Question, look: Look, now: int
) -> tuple[Slot, ...]:
    """Return the slots that come closest to what is asked for, searching ever further."""
    at = max(question.within.start, now)
    horizons = [c.policy.max_days_ahead for c in calendars]
    known = [now + days * DAY for days in horizons if days is not None]
    if known and question.match is Match.ALL:
        at = min(at, *known)
    elif len(known) == len(calendars):
        at = min(at, max(known))
    chosen: tuple[Slot, ...] = ()
    for days in SEARCH_DAYS:
        around = Interval(max(now, at - days * DAY), at + days * DAY + question.length)
        views = _views(look, calendars, question.match, around)
        slots = {slot.interval: slot for slot in _slots(views, question.length, None)}
        found = best(list(slots), question.within, calendars[0].zone, ALTERNATIVES)
        chosen = tuple(slots[interval] for interval in found)
        if len(chosen) == ALTERNATIVES:
            break
    return chosen
