"""What a calendar may still take: one decision, used to offer times and to accept bookings.

`Schedule.refusal` is the decision. `Schedule.offers` finds the starts on the grid for which there
is no refusal, by sweeping sorted integers; a property test holds the two together.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sched_agent import errors
from sched_agent.model.availability_rule import Rule, openings
from sched_agent.model.calendar import Calendar, DoubleBooking, Policy
from sched_agent.model.interval import DAY, MINUTE, Interval, intersect, merge, subtract
from sched_agent.model.zone import local_day, on_the_clock


class Check(Enum):
    """How much a door checks before it books."""

    FULL = "full"
    CONFLICTS = "conflicts"
    NONE = "none"


class Taken(NamedTuple):
    """Time that an event takes; `counts` if the daily limit counts it (a mere block it doesn't)."""

    start: int
    end: int
    counts: bool


_NEVER = Taken(1 << 62, 1 << 62, counts=False)

Refusal = type[errors.SchedAgentError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What one calendar, or several together, may take within a stretch of time.

    All lists are sorted, and but for `busy` disjoint.

    Args:
        within: The stretch that the lists are complete for.
        zone: Whose days the grid and the daily limit follow.
        now: The instant of the decision.
        open: When the calendar is open, reaching beyond `within`.
        busy: Taken time with its buffers, by start.
        full: Days that have as many events as the calendar takes.
        first_start: The earliest instant at which an event may start.
        last_start: The instant before which an event must start.
        step: Distance of the slots on offer; None: their length.
        policy: The calendar's, for whoever wants to know why ...
        rules: ... and its availability rules, in the order in which they were made.
        each: If it is of several calendars: the schedule of each.
    """

    within: Interval
    zone: ZoneInfo
    now: int
    open: Sequence[Interval]
    busy: Sequence[Taken]
    full: Sequence[Interval]
    first_start: int
    last_start: int
    step: int | None
    policy: Policy
    rules: Sequence[Rule]
    each: "Sequence[Schedule]" = ()

    def refusal(
        self, asked: Interval, check: Check = Check.FULL, *, keeps_start: bool = False
    ) -> Refusal | None:
        """Return why an event may not lie there, or None if it may.

        Args:
            asked: Where it would lie.
            check: How much is checked.
            keeps_start: Whether it begins there already, so that only its end is new.
        """
        if check is Check.NONE:
            return None
        if check is Check.FULL and (refused := self._rules_refuse(asked, keeps_start)):
            return refused
        taken = any(one.start < asked.end and asked.start < one.end for one in self.busy)
        return errors.SlotTaken if taken else None

    def _rules_refuse(self, asked: Interval, keeps_start: bool) -> Refusal | None:
        if asked.start < self.now and not keeps_start:
            return errors.InThePast
        if asked.start < self.first_start and not keeps_start:
            return errors.TooSoon
        if asked.start >= self.last_start and not keeps_start:
            return errors.TooFarAhead
        at = bisect_right(self.open, asked.start, key=_start) - 1
        if at < 0 or not self.open[at].covers(asked):
            return errors.OutsideHours
        if _touches(self.full, Interval(asked.start, asked.start + 1)) and not keeps_start:
            return errors.DayFull
        return None

    def emptiness(self, length: int) -> Refusal | None:
        """Return why nothing of a length is on offer, for a stretch in which nothing is.

        None means that no rule forbids it: no start on the grid leaves enough room.
        """
        if self.within.end <= self.now:
            return errors.InThePast
        here = intersect(self.open, [self.within])
        roomy = [one for one in here if one.length >= length]
        if not roomy:
            return None if here and self.within.length < length else errors.OutsideHours
        latest = max(one.end for one in roomy) - length
        if latest < self.first_start:
            return errors.InThePast if latest < self.now else errors.TooSoon
        if roomy[0].start >= self.last_start:
            return errors.TooFarAhead
        last_end = max(self.last_start, self.first_start) + length
        allowed = intersect(roomy, [Interval(self.first_start, last_end)])
        if self.full and not subtract(allowed, self.full):
            return errors.DayFull
        taken = merge(Interval(one.start, one.end) for one in self.busy)
        return errors.SlotTaken if intersect(allowed, taken) else None

    def offers(self, length: int, limit: int | None = None) -> list[Interval]:
        """Return the free slots of a length that lie within the stretch, earliest first."""
        starts = islice(self._starts(length), limit)
        # made without the check of their order: a length is not negative
        return [tuple.__new__(Interval, (start, start + length)) for start in starts]

    def gaps(self) -> list[Interval]:
        """Return the free time that lies within the stretch, as long as it is, earliest first."""
        first = max(self.first_start, self.within.start)
        if self.within.end <= first:
            return []
        here = intersect(self.open, [Interval(first, self.within.end)])
        taken = merge(Interval(one.start, one.end) for one in self.busy)
        free = subtract(subtract(here, taken), self.full)
        return [one for one in free if one.start < self.last_start]

    def _starts(self, length: int) -> Iterator[int]:
        """Yield the starts on the grid that are not refused, in one sweep over sorted lists."""
        step = self.step or length
        first = max(self.first_start, self.within.start)
        last = min(self.last_start - 1, self.within.end - length)
        busy, full = iter(self.busy), iter(self.full)
        begins, ends, _ = next(busy, _NEVER)
        full_from, full_until = next(full, _NEVER[:2])
        clear = first  # where the last of the events ends that begin before the slot does
        for anchor, latest in self._grid(first, last, length):
            start = anchor if anchor >= first else _on_grid(anchor, step, first)
            while start <= latest:
                end = start + length
                while begins < end:
                    if ends > clear:
                        clear = ends
                    begins, ends, _ = next(busy, _NEVER)
                while full_until <= start:
                    full_from, full_until = next(full, _NEVER[:2])
                if clear > start:
                    start = _on_grid(anchor, step, clear)
                elif full_from <= start:
                    start = _on_grid(anchor, step, full_until)
                else:
                    yield start
                    start += step

    def _grid(self, first: int, last: int, length: int) -> Iterator[tuple[int, int]]:
        """Yield where the grid begins, and its last possible start before it begins anew.

        It begins at each window's start, and anew at each midnight inside a window, so that it
        does not depend on the stretch that is asked about.
        """
        zone, day, midnight = self.zone, 0, None
        for opens, closes in self.open:
            if closes <= first:
                continue
            if opens > last:
                return
            begins = max(opens, first)
            if midnight is None or begins - midnight > 3 * DAY:
                day = local_day(begins, zone) + 1
                midnight = on_the_clock(day, 0, zone)
            while midnight <= begins:
                day += 1
                midnight = on_the_clock(day, 0, zone)
            anchor, latest = max(opens, on_the_clock(day - 1, 0, zone)), min(closes - length, last)
            while midnight <= latest:
                yield anchor, midnight - 1
                anchor = midnight
                day += 1
                midnight = on_the_clock(day, 0, zone)
            yield anchor, latest


def _start(interval: Interval) -> int:
    return interval.start


def _end(interval: Interval) -> int:
    return interval.end


def _on_grid(anchor: int, step: int, at_least: int) -> int:
    return anchor + -(-(at_least - anchor) // step) * step


def _touches(intervals: Sequence[Interval], asked: Interval) -> bool:
    at = bisect_right(intervals, asked.start, key=_end)
    return at < len(intervals) and intervals[at].start < asked.end


def schedule(
    calendar: Calendar, rules: Iterable[Rule], taken: Sequence[Taken], within: Interval, now: int
) -> Schedule:
    """Return what a calendar may take within a stretch of time.

    Args:
        calendar: Its policy and zone.
        rules: Its availability rules in the order in which they were made.
        taken: The events that block time in `reach(calendar, within)`, sorted by start.
        within: The stretch.
        now: The instant of the decision.
    """
    policy, rules = calendar.policy, tuple(rules)
    horizon = policy.max_days_ahead
    free_for_all = policy.double_booking is DoubleBooking.ALLOW
    return Schedule(
        within=within,
        zone=calendar.zone,
        now=now,
        open=openings(policy.availability, rules, within, calendar.zone),
        busy=[] if free_for_all else _buffered(taken, policy.gap),
        full=_full_days(taken, policy.max_events_per_day, calendar.zone),
        first_start=now + policy.min_notice_minutes * MINUTE,
        last_start=within.end if horizon is None else now + horizon * DAY,
        step=policy.slot_step_minutes * MINUTE if policy.slot_step_minutes else None,
        policy=policy,
        rules=rules,
    )


def reach(calendar: Calendar, within: Interval) -> Interval:
    """Return the stretch in which events matter to a question about `within`."""
    if calendar.policy.max_events_per_day is not None:
        first, last = (local_day(at, calendar.zone) for at in within)
        within = Interval(
            min(within.start, on_the_clock(first, 0, calendar.zone)),
            max(within.end, on_the_clock(last + 1, 0, calendar.zone)),
        )
    return within.padded(calendar.policy.gap)


def together(schedules: Sequence[Schedule]) -> Schedule:
    """Return what all of several calendars may take at the same time."""
    first, *others = schedules
    for other in others:
        steps = [step for step in (first.step, other.step) if step]
        first = Schedule(
            within=first.within,
            zone=first.zone,
            now=first.now,
            open=intersect(first.open, other.open),
            busy=sorted([*first.busy, *other.busy]),
            full=merge([*first.full, *other.full]),
            first_start=max(first.first_start, other.first_start),
            last_start=min(first.last_start, other.last_start),
            step=max(steps) if steps else None,
            policy=first.policy,
            rules=first.rules,
            each=schedules,
        )
    return first


def _buffered(taken: Sequence[Taken], gap: int) -> Sequence[Taken]:
    if not gap:
        return taken
    return [Taken(one.start - gap, one.end + gap, one.counts) for one in taken]


def _full_days(taken: Iterable[Taken], limit: int | None, zone: ZoneInfo) -> list[Interval]:
    if limit is None:
        return []
    counted = Counter(local_day(one.start, zone) for one in taken if one.counts)
    full = (day for day, events in sorted(counted.items()) if events >= limit)
    return merge(
        Interval(on_the_clock(day, 0, zone), on_the_clock(day + 1, 0, zone)) for day in full
    )
