"""Several ways to name one day: the days that they have in common, or that they contradict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sched_agent.speech.dates import MAX_CANDIDATES, Dates, DayRef, Span, Today, Weekday, one
from sched_agent.speech.months import DayOfMonth, in_month


@dataclass(frozen=True, slots=True)
class Both:
    """Two ways to name a day that were said together: Tuesday the 25th."""

    refs: tuple[DayRef, DayRef]

    def dates(self, today: Today) -> Dates:
        """Return the days that they have in common."""
        return together(self.refs, today)


def span(first: DayRef, last: DayRef, *, may_move: bool = False) -> Span:
    """Return the days from one through another: Monday to Wednesday next week is all next week."""
    if isinstance(last, Both) and isinstance(first, Weekday):
        first = Both((first, last.refs[1]))
    return Span(first, last, may_move, absolute=isinstance(last, Both))


def together(refs: Sequence[DayRef], today: Today) -> Dates:
    """Return the days that several ways to name them have in common.

    A day inside a stretch ("Tuesday", "next week") is that day of the stretch; two that can't both
    be true ("Tuesday the 25th", a Wednesday) are a contradiction: the date first, then the weekday
    nearest to it.
    """
    ordered = sorted(refs, key=lambda ref: (_is_single(ref, today), isinstance(ref, Weekday)))
    known = ordered[0].dates(today)
    for ref in ordered[1:]:
        known = _narrowed(known, ref, today)
    return known


def _is_single(ref: DayRef, today: Today) -> bool:
    return all(option.single for option in ref.dates(today).options)


def _narrowed(known: Dates, ref: DayRef, today: Today) -> Dates:
    if not known.options:
        return known
    other = ref.dates(today)
    if not known.options[0].single:
        return _inside(known, ref, other, today)
    common = [o for o in known.options if o.first in {s.first for s in other.options}]
    if isinstance(ref, Weekday):
        common = common or [o for o in known.options if _weekday(o.first) == ref.weekday]
        if not common:
            near = _nearest(ref.weekday, known.options[0].first, today.day)
            return Dates((known.options[0], one(near)), contradiction=True)
    if common:
        return replace(known, options=tuple(common), by_time=False)
    return Dates((known.options[0], *other.options), contradiction=True)


def _inside(known: Dates, ref: DayRef, other: Dates, today: Today) -> Dates:
    fits = _fitting(ref)
    if fits is None:
        inside = [
            o
            for o in other.options
            if any(s.first <= o.first and o.end <= s.end for s in known.options)
        ]
        if inside:
            return replace(other, options=tuple(inside), by_time=False)
        return Dates((*other.options, *known.options), contradiction=True)
    days = [day for s in known.options for day in range(s.first, s.end) if fits(day)]
    ahead = [day for day in days if day >= today.day] or days
    if ahead:
        return Dates(tuple(one(day) for day in ahead[:MAX_CANDIDATES]))
    if isinstance(ref, DayOfMonth):
        return in_month(Today(known.options[0].first).month, ref.number)
    return Dates((*other.options, *known.options), contradiction=True)


def _fitting(ref: DayRef) -> Callable[[int], bool] | None:
    """Return whether a day is such a one, for ways to name that don't depend on today."""
    if isinstance(ref, Weekday):
        return lambda day: _weekday(day) == ref.weekday
    if isinstance(ref, DayOfMonth):
        return lambda day: date.fromordinal(day).day == ref.number
    return None


def _weekday(day: int) -> int:
    return date.fromordinal(day).weekday()


def _nearest(weekday: int, to: int, today: int) -> int:
    """Return the day with that weekday nearest to a day, of those that aren't over."""
    near = sorted(range(to - 3, to + 8), key=lambda day: abs(day - to))
    return next(d for d in near if _weekday(d) == weekday and (d >= today or to < today))
