"""Why a time can't be had, more exactly than by the refusal's code: data, to be put into words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from sched_agent import errors
from sched_agent.model.availability_rule import ExceptionRule, RecurringRule, Rule
from sched_agent.model.calendar import Policy
from sched_agent.model.interval import DAY, MINUTE, Interval, intersect
from sched_agent.model.schedule import Refusal, Schedule
from sched_agent.model.zone import local_day, on_the_clock


class Because(StrEnum):
    """All the reasons there are; after each, the code of the refusals that it is one of."""

    OVER = "over"  # in_the_past
    NOTICE = "notice"  # too_soon
    HORIZON = "horizon"  # too_far_ahead
    CLOSED_THEN = "closed_then"  # outside_hours: it has other hours on that day
    CLOSED_THAT_DAY = "closed_that_day"  # outside_hours: it has none on such a day
    EXCEPTION = "exception"  # outside_hours: it is closed, or has other hours, on that very date
    TOO_LONG = "too_long"  # outside_hours: it is open then, but not for that long
    FULL = "full"  # day_full
    TAKEN = "taken"  # slot_taken
    BUFFER = "buffer"  # slot_taken: nothing is there, but too near to something


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a time can't be had. It never tells whose event takes a time, or what it is.

    Args:
        because: The kind of reason.
        limit: What the calendar's policy says: minutes of notice, days ahead, events a day, or
            minutes that are kept clear between events.
        hours: When the calendar is open on that day, where that is the reason ...
        zone: ... and by whose clocks it is that day.
        weekday: 1 for Monday to 7 for Sunday, if it never opens on such a day of the week.
        rule: The name of the rule that closes it, if it has one: words that somebody wrote.
    """

    because: Because
    limit: int | None = None
    hours: tuple[Interval, ...] = ()
    zone: ZoneInfo | None = None
    weekday: int | None = None
    rule: str | None = None


def why(schedule: Schedule, asked: Interval, refused: Refusal) -> Reason:
    """Return the reason of a schedule's refusal.

    Args:
        schedule: What refused.
        asked: The time that can't be had, or a stretch in which none can.
        refused: How it was refused.
    """
    return _TELL[refused](schedule, asked)


def _over(_: Schedule, __: Interval) -> Reason:
    return Reason(because=Because.OVER)


def _notice(schedule: Schedule, _: Interval) -> Reason:
    longest = max(policy.min_notice_minutes for policy in _policies(schedule))
    return Reason(because=Because.NOTICE, limit=longest)


def _horizon(schedule: Schedule, _: Interval) -> Reason:
    nearest = min((p.max_days_ahead for p in _policies(schedule) if p.max_days_ahead), default=None)
    return Reason(because=Because.HORIZON, limit=nearest)


def _full(schedule: Schedule, _: Interval) -> Reason:
    limits = (policy.max_events_per_day for policy in _policies(schedule))
    return Reason(because=Because.FULL, limit=min(filter(None, limits), default=None))


def _taken(schedule: Schedule, asked: Interval) -> Reason:
    """Tell what takes a time: of several calendars, what is on the time itself comes first."""
    gaps = []
    for one in _each(schedule):
        gap = one.policy.gap
        clear = [busy for busy in one.busy if _overlap(busy.start, busy.end, asked)]
        if any(_overlap(busy.start + gap, busy.end - gap, asked) for busy in clear):
            return Reason(because=Because.TAKEN)
        gaps += [gap] if clear else []
    if not gaps:
        return Reason(because=Because.TAKEN)
    return Reason(because=Because.BUFFER, limit=max(gaps) // MINUTE)


def _closed(schedule: Schedule, asked: Interval) -> Reason:
    """Tell why it is not open: the first of several calendars that isn't."""
    if asked.length > DAY:
        return Reason(because=Because.CLOSED_THEN)
    closed = (one for one in _each(schedule) if one.refusal(asked) is errors.OutsideHours)
    one = next(closed, schedule)
    day = local_day(asked.start, one.zone)
    that_day = Interval(*(on_the_clock(day + n, 0, one.zone) for n in (0, 1)))
    hours = tuple(intersect(one.open, [that_day]))
    then = Reason(because=Because.CLOSED_THEN, hours=hours, zone=one.zone)
    if rule := _closing_rule(one, asked):
        is_exception = isinstance(rule, ExceptionRule)
        because = Because.EXCEPTION if is_exception else Because.CLOSED_THEN
        return replace(then, because=because, rule=rule.name)
    if any(o.start <= asked.start < o.end or asked.covers(o) for o in hours):
        return replace(then, because=Because.TOO_LONG)
    if hours:
        return then
    return replace(then, because=Because.CLOSED_THAT_DAY, weekday=_always_closed(one.rules, day))


def _always_closed(rules: Sequence[Rule], day: int) -> int | None:
    """Return a day's weekday, if the rules open other weekdays and never this one."""
    weekday = (day - 1) % 7 + 1
    opening = (rule for rule in rules if isinstance(rule, RecurringRule) and rule.available)
    opened = {one for rule in opening for one in rule.days_of_week}
    return weekday if opened and weekday not in opened else None


def _closing_rule(schedule: Schedule, asked: Interval) -> Rule | None:
    """Return the last rule that closes a part of what was asked for."""
    for rule in reversed(schedule.rules):
        windows = () if rule.available else rule.windows(asked, schedule.zone)
        if any(_overlap(*window, asked) for window in windows):
            return rule
    return None


def _overlap(start: int, end: int, asked: Interval) -> bool:
    return start < asked.end and asked.start < end


def _each(schedule: Schedule) -> Sequence[Schedule]:
    return schedule.each or (schedule,)


def _policies(schedule: Schedule) -> Iterator[Policy]:
    return (one.policy for one in _each(schedule))


_TELL: Mapping[Refusal, Callable[[Schedule, Interval], Reason]] = {
    errors.InThePast: _over,
    errors.TooSoon: _notice,
    errors.TooFarAhead: _horizon,
    errors.OutsideHours: _closed,
    errors.DayFull: _full,
    errors.SlotTaken: _taken,
}
