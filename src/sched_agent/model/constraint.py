"""Timekit's constraints (its page: constraints): what they leave open, in a resource's zone.

Those that allow are of three groups: days (day, weekdays, weekends), hours, and windows (day and
time, period). A group allows what any of it allows; what no group forbids and nothing blocks is
open. So `allow_weekdays` and `allow_hours` together are the hours of weekdays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument
from sched_agent.model.availability_rule import Hours, RecurringRule, read_clock
from sched_agent.model.interval import DAY, Interval, intersect, merge, subtract
from sched_agent.model.zone import instant


class Group(Enum):
    """What a constraint is about; within a group several allow more, between groups less."""

    DAYS = "days"
    HOURS = "hours"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Period:
    """From one time to another; one without an offset is read on the resource's clocks."""

    start: datetime
    end: datetime

    def windows(self, within: Interval, default: ZoneInfo) -> Iterator[Interval]:
        """Yield the period as instants, if it touches a stretch of time."""
        start, end = (
            instant(t if t.tzinfo else t.replace(tzinfo=default)) for t in (self.start, self.end)
        )
        if start < end and start < within.end and within.start < end:
            yield Interval(start, end)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint: it allows some times and no others, or blocks them."""

    allows: bool
    group: Group
    times: RecurringRule | Period


def opened(constraints: Iterable[Constraint], within: Interval, zone: ZoneInfo) -> list[Interval]:
    """Return what constraints of one source leave open, as merged intervals beyond `within`.

    Args:
        constraints: In any order.
        within: The stretch that is asked about.
        zone: The resource's.
    """
    wide = within.padded(DAY)
    kept = list(constraints)
    windows = [wide]
    for group in Group:
        allowed = [one for one in kept if one.allows and one.group is group]
        if allowed:
            windows = intersect(windows, _windows(allowed, wide, zone))
    return subtract(windows, _windows([one for one in kept if not one.allows], wide, zone))


def _windows(constraints: Sequence[Constraint], within: Interval, zone: ZoneInfo) -> list[Interval]:
    return merge(window for one in constraints for window in one.times.windows(within, zone))


def read_constraints(given: Sequence[Mapping[str, Any]], field: str) -> list[Constraint]:
    """Return the constraints that a list of objects such as `{"allow_hours": {...}}` names.

    Raises:
        InvalidArgument: One of them is unknown, or something in it is missing or wrong.
    """
    return [_read(one, f"{field}.{at}") for at, one in enumerate(given)]


def _read(given: Mapping[str, Any], field: str) -> Constraint:
    if len(given) != 1:
        raise _wrong(field, "must be an object with one constraint")
    name, body = next(iter(given.items()))
    effect, _, kind = name.partition("_")
    if effect not in {"allow", "block"} or kind not in _KINDS:
        raise _wrong(field, f"must be allow_ or block_ with one of: {', '.join(_KINDS)}")
    group, read = _KINDS[kind]
    # PHP writes an empty object as an empty list
    body = {} if body == [] else body
    if not isinstance(body, Mapping):
        raise _wrong(f"{field}.{name}", "must be an object")
    return Constraint(effect == "allow", group, read(body, f"{field}.{name}"))


_ALL_DAY = Hours(start=0, end=1440)


def _on_days(days: Sequence[int], _: Mapping[str, Any], __: str) -> RecurringRule:
    return RecurringRule(id=0, days_of_week=frozenset(days), hours=_ALL_DAY)


def _on_a_day(body: Mapping[str, Any], field: str) -> RecurringRule:
    return _on_days((_day(body, field),), body, field)


def _at_hours(body: Mapping[str, Any], field: str) -> RecurringRule:
    return RecurringRule(id=0, days_of_week=frozenset(range(1, 8)), hours=_hours(body, field))


def _at_hours_of_a_day(body: Mapping[str, Any], field: str) -> RecurringRule:
    days = frozenset({_day(body, field)})
    return RecurringRule(id=0, days_of_week=days, hours=_hours(body, field))


def _in_a_period(body: Mapping[str, Any], field: str) -> Period:
    start, end = (_moment(body.get(name), f"{field}.{name}") for name in ("start", "end"))
    if len(str(body["end"]).strip()) == _DATE_LENGTH:  # a date: the day is meant to its end
        end += timedelta(days=1)
    if (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
        raise _wrong(f"{field}.end", "must be after start")
    return Period(start, end)


_DATE_LENGTH = len("2026-11-24")
_KINDS: Mapping[str, tuple[Group, Callable[[Mapping[str, Any], str], RecurringRule | Period]]] = {
    "day_and_time": (Group.WINDOWS, _at_hours_of_a_day),
    "hours": (Group.HOURS, _at_hours),
    "day": (Group.DAYS, _on_a_day),
    "period": (Group.WINDOWS, _in_a_period),
    "weekdays": (Group.DAYS, partial(_on_days, range(1, 6))),
    "weekends": (Group.DAYS, partial(_on_days, (6, 7))),
}
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _day(body: Mapping[str, Any], field: str) -> int:
    name = str(body.get("day")).strip().lower()
    if name not in _DAY_NAMES:
        raise _wrong(f"{field}.day", "must be a day of the week in English")
    return _DAY_NAMES.index(name) + 1


def _hours(body: Mapping[str, Any], field: str) -> Hours:
    start, end = (_clock(body.get(name), f"{field}.{name}") for name in ("start", "end"))
    if end <= start:
        raise _wrong(f"{field}.end", "must be after start, at 24 at the latest")
    return Hours(start=start, end=end)


def _clock(given: object, field: str) -> int:
    """Return an hour of the day, or `HH:MM`, as minutes past midnight."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 24:
        return given * 60
    if isinstance(given, str):
        try:
            return int(given) * 60 if given in _WHOLE_HOURS else read_clock(given, is_end=True)
        except InvalidArgument:
            pass
    raise _wrong(field, "must be an hour from 0 to 24, or HH:MM")


_WHOLE_HOURS = frozenset(str(hour) for hour in range(25))


def _moment(given: object, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(given).strip().upper())
    except ValueError:
        raise _wrong(field, "must be a time such as 2026-11-24 15:30:00") from None
    if not 1900 < moment.year < 2199:
        raise _wrong(field, "must lie between the years 1900 and 2199")
    return moment


def _wrong(field: str, what: str) -> InvalidArgument:
    return InvalidArgument(f"{field[:100]} {what}.", fields={field[:100]: what})
