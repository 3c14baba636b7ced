"""The constructions that every language has: what a wording's slots come to mean together."""

from collections.abc import Callable, Mapping
from typing import Any

from sched_agent.speech.agreement import Both, span
from sched_agent.speech.clocks import (
    MIDNIGHT_CLOCK,
    NOON,
    Between,
    Clock,
    clock,
    minutes_before,
)
from sched_agent.speech.dates import (
    DayRef,
    Either,
    Shifted,
    Span,
    Was,
    Week,
    Weekday,
    Weekend,
    WeekOf,
    WeekPart,
)
from sched_agent.speech.months import (
    DayOfMonth,
    Exact,
    Month,
    MonthDay,
    MonthPart,
    Nth,
    Numeric,
)
from sched_agent.speech.said import (
    DayPart,
    Deadline,
    Elapsed,
    Length,
    NoStretch,
    Within,
    Word,
)

Construct = Callable[..., Any]


def _digits(hhmm: int) -> Clock | None:
    """Return 330 as 3:30."""
    return clock(hhmm // 100, hhmm % 100) if hhmm >= 100 else None


def _hundred(h: int) -> Clock | None:
    return clock(h, exact=True) if h >= 10 else None


def _month_days(first: str, end: str, monthref: Month) -> DayRef:
    return MonthPart(monthref, int(first), int(end))


def _weekday_date(weekday: int, d: int) -> Both | None:
    return Both((Weekday(weekday), DayOfMonth(d))) if 1 <= d <= 31 else None


def _span_in_month(d1: int, d2: int, month: int) -> DayRef | None:
    if not 1 <= d1 < d2 <= 31:
        return None
    return Span(MonthDay(d1, month), MonthDay(d2, month))


_NO_DAY = 39  # the 32nd is a slip that is asked back, like the 31st of June


def _span_days(d1: int, d2: int) -> DayRef | None:
    if not (1 <= d1 <= 31 and 1 <= d2 <= 31):
        return None
    return Span(DayOfMonth(d1), DayOfMonth(d2), may_move=True)


def _day_in_month(d: int, monthref: Month) -> DayRef | None:
    if not 1 <= d <= 31:
        return None
    if monthref.number is not None and monthref.may_roll:
        return MonthDay(d, monthref.number)
    return Both((DayOfMonth(d), monthref))


def _day_in_year(offset: str, month: int, d: int) -> DayRef | None:
    """Return a date of this year, or of one so many years away: the 3rd of December next year."""
    if not 1 <= d <= 31:
        return None
    years = int(offset)
    that = Month(years, number=month) if years else Month(number=month, mode="this")
    return Both((DayOfMonth(d), that))


def _day_month(d1: int, d2: int, year: int | None = None) -> DayRef | None:
    return Numeric(d1, d2, year) if 1 <= d1 <= 31 and 1 <= d2 <= 12 else None


def _either_in_month(d1: int, d2: int, month: int) -> DayRef | None:
    if not (1 <= d1 <= 31 and 1 <= d2 <= 31):
        return None
    return Either((MonthDay(d1, month), MonthDay(d2, month)))


def _numeric(numeric: tuple[int, ...]) -> DayRef:
    return Numeric(*numeric)


def _deadline(day: DayRef) -> Deadline:
    """Return the time before a day; before the end of something is until it ends."""
    at_end = isinstance(day, MonthPart | WeekPart)
    return Deadline(day, to_start=not at_end)


_CLOCKS: Mapping[str, Construct] = {
    "fixed": lambda minutes: Clock(int(minutes), exact=True),
    "exact": lambda h: clock(h),
    "sharp": lambda h: clock(h, exact=True),
    "written": lambda hm: hm,
    "hm": lambda h, mm: clock(h, mm),
    "half": lambda h: clock(h, 30),
    "past": lambda h, m: clock(h, m),
    "five_past": lambda h: clock(h, 5),
    "to": lambda h, m: minutes_before(h, m),
    "quarter_past": lambda h: clock(h, 15),
    "quarter_to": lambda h: minutes_before(h, 15),
    "hundred": _hundred,
    "digits": _digits,
    "noon": lambda: Clock(NOON, "pm"),
    "half_noon": lambda: Clock(NOON + 30, "pm"),
    "noon_past": lambda m: Clock(NOON + m, exact=True),
    "noon_to": lambda m: Clock(NOON - m, exact=True),
    "midnight": lambda: MIDNIGHT_CLOCK,
    "midnight_past": lambda m: Clock(m, exact=True),
    "half_midnight": lambda: Clock(30, exact=True),
}

_LENGTHS: Mapping[str, Construct] = {
    "fixed": lambda minutes: int(minutes),
    "minutes": lambda n: n,
    "hours": lambda n: n * 60,
    "hours_half": lambda n: n * 60 + 30,
    "hours_quarter": lambda n: n * 60 + 15,
    "hours_minutes": lambda n, m: n * 60 + m,
}

_PERIODS: Mapping[str, Construct] = {
    "days": lambda n: (n, 0),
    "weeks": lambda n: (7 * n, 0),
    "fortnights": lambda n: (14 * n, 0),
    "months": lambda n: (0, n),
    "years": lambda n: (0, 12 * n),
}

_PARTS: Mapping[str, Construct] = {
    "whole": lambda p: p,
    "named": lambda part: part,
    "first": lambda p: p.first_half(),
    "last": lambda p: p.last_half(),
}

_MONTHS: Mapping[str, Construct] = {
    "month": lambda offset: Month(int(offset)),
    "named": lambda month: Month(number=month),
    "dated": lambda month, year: Month(number=month, year=year),
    "moved": lambda offset, month: Month(int(offset), number=month),
    "mode": lambda mode, month: Month(number=month, mode=mode),
}

_DAYS: Mapping[str, Construct] = {
    "shift": lambda days: Shifted(int(days)),
    "in": lambda period: Shifted(*period),
    "ago": lambda period: Shifted(-period[0], -period[1]),
    "plus": lambda period, day: Shifted(period[0], period[1], day),
    "plus_days": lambda days, day: Shifted(int(days), after=day),
    "fortnight": lambda: Either((Shifted(14), Shifted(15))),
    "weekday_plus": lambda days, weekday: Shifted(int(days), after=Weekday(weekday)),
    "weekday": lambda mode, weekday: Weekday(weekday, mode),
    "was": lambda day: Was(day),
    "weekday_in": lambda weekday, weekref: Both((Weekday(weekday), Week(weekref))),
    "weekend": lambda mode: Weekend(mode),
    "week": lambda weekref: Week(weekref),
    "week_fixed": lambda offset: Week(int(offset)),
    "week_of": lambda day: WeekOf(day),
    "week_part_fixed": lambda part: WeekPart(part),
    "week_part": lambda part, weekref: WeekPart(part, weekref),
    "month": lambda monthref: monthref,
    "month_fixed": lambda offset: Month(int(offset)),
    "month_days": _month_days,
    "month_last_fixed": lambda last: MonthPart(Month(), last=int(last)),
    "month_days_fixed": lambda first, end: MonthPart(Month(), int(first), int(end)),
    "month_last": lambda last, monthref: MonthPart(monthref, last=int(last)),
    "day_of_month": lambda d: DayOfMonth(d) if 1 <= d <= 31 else None,
    "day_of_month_fixed": lambda day: DayOfMonth(int(day)),
    "day_in_month": _day_in_month,
    "ordinal_day": lambda ordinal: DayOfMonth(ordinal) if 1 <= ordinal <= 31 else None,
    "weekday_date": _weekday_date,
    "month_day": lambda month, d: MonthDay(d, month) if 1 <= d <= _NO_DAY else None,
    "month_day_year": lambda month, d, year: (
        MonthDay(d, month, year) if 1 <= d <= _NO_DAY else None
    ),
    "day_in_year": _day_in_year,
    "either_shift": lambda a, b: Either((Shifted(int(a)), Shifted(int(b)))),
    "either_week": lambda: Either((Week(0), Week(1))),
    "day_month": _day_month,
    "numeric": _numeric,
    "iso": lambda iso: Exact(*iso),
    "nth": lambda ordinal, weekday, monthref: Nth(ordinal, monthref, weekday),
    "nth_fixed": lambda n, weekday, monthref: Nth(int(n), monthref, weekday),
    "nth_business": lambda n, monthref: Nth(int(n), monthref, business=True),
    "nth_day": lambda n, monthref: Nth(int(n), monthref),
}

_ITEMS: Mapping[str, Construct] = {
    "at": lambda time: time,
    "after": lambda time: Between(start=time),
    "after_part": lambda part: Between(start=part),
    "before": lambda time: Between(end=time),
    "before_part": lambda part: Between(end=part),
    "between": lambda time1, time2: Between(time1, time2),
    "span_days": _span_days,
    "either_in_month": _either_in_month,
    "from_to": lambda time1, time2: Between(time1, time2, may_move=True),
    "span_from_to": lambda day1, day2: span(day1, day2, may_move=True),
    "span": lambda day1, day2: span(day1, day2),
    "span_in_month": _span_in_month,
    "moved": lambda day1, day2: day2,
    "by": lambda day: Deadline(day),
    "by_start": _deadline,
    "after_day": lambda day: NoStretch(),
    "elapsed": lambda length: Elapsed(length),
    "within": lambda period: Within(*period),
    "within_minutes": lambda minutes: Within(minutes=int(minutes)),
    "within_length": lambda length: Within(minutes=length),
    "lasting": lambda length: Length(length),
    "day_first": lambda day, p: DayPart(day, p.first_half()),
    "day_last": lambda day, p: DayPart(day, p.last_half()),
    "day_part": lambda days, p: DayPart(Shifted(int(days)), p),
    "word": lambda word, **_: Word(word),
}

CONSTRUCTIONS: Mapping[str, Mapping[str, Construct]] = {
    "clock": _CLOCKS,
    "hour": _CLOCKS,
    "length": _LENGTHS,
    "period": _PERIODS,
    "part": _PARTS,
    "weekref": {"week": lambda offset: int(offset)},
    "monthref": _MONTHS,
    "day": _DAYS,
    "item": _ITEMS,
}
