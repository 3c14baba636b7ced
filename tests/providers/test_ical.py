"""iCalendar text: occurrences against an expansion by plain date arithmetic, and what is absurd."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sched_agent.model.interval import DAY, HOUR, MINUTE, SECOND, Interval
from sched_agent.providers.ical import occurrences
from tests.providers.icalendars import (
    BERLIN,
    NEW_YORK,
    at,
    taken,
    vcalendar,
    vevent,
)

WINDOW = Interval(at("2026-01-01T00:00Z"), at("2026-01-01T00:00Z") + 400 * DAY)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def reads(wall: datetime, zone: ZoneInfo) -> int:
    """RFC 5545 §3.3.5 by the word: the first reading; in a gap, by the offset before it."""
    offsets = [
        (wall.replace(tzinfo=UTC) + timedelta(days=by)).astimezone(zone).utcoffset()
        for by in (-1, 1)
    ]
    readings = [wall.replace(tzinfo=UTC) - offset for offset in offsets]
    real = [one for one in readings if one.astimezone(zone).replace(tzinfo=None) == wall]
    return ((min(real) if real else readings[0]) - EPOCH) // timedelta(microseconds=1)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def month_length(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def nth_of_month(day: date) -> tuple[int, int]:
    return (day.day - 1) // 7 + 1, -((month_length(day) - day.day) // 7 + 1)


@st.composite
def rules(draw):
    """A rule as text, and whether a day is one of its days, told from the first one on."""
    kind = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "MONTHLY on", "YEARLY"]))
    every = draw(st.integers(1, 5))
    if kind == "DAILY":
        return f"FREQ=DAILY;INTERVAL={every}", lambda d, first: (d - first).days % every == 0
    if kind == "WEEKLY":
        on = draw(st.sets(st.integers(0, 6), min_size=1))
        names = ",".join(WEEKDAYS[one] for one in sorted(on))
        return (
            f"FREQ=WEEKLY;INTERVAL={every};BYDAY={names}",
            lambda d, first: (
                (monday(d) - monday(first)).days // 7 % every == 0 and d.weekday() in on
            ),
        )

    def in_step(d, first):
        return (d.year * 12 + d.month - first.year * 12 - first.month) % every == 0

    if kind == "MONTHLY":
        on = draw(st.sampled_from([1, 15, 28, 30, 31, -1, -3]))
        return (
            f"FREQ=MONTHLY;INTERVAL={every};BYMONTHDAY={on}",
            lambda d, first: in_step(d, first) and on in (d.day, d.day - month_length(d) - 1),
        )
    if kind == "MONTHLY on":
        nth, weekday = draw(st.sampled_from([1, 2, 4, 5, -1])), draw(st.integers(0, 6))
        return (
            f"FREQ=MONTHLY;INTERVAL={every};BYDAY={nth}{WEEKDAYS[weekday]}",
            lambda d, first: (
                in_step(d, first) and d.weekday() == weekday and nth in nth_of_month(d)
            ),
        )
    months = draw(st.sets(st.integers(1, 12), min_size=1))
    names = ",".join(map(str, sorted(months)))
    return (
        f"FREQ=YEARLY;BYMONTH={names};BYMONTHDAY=29",
        lambda d, first: d.month in months and d.day == 29,
    )


@st.composite
def series(draw):
    """A series as text, with what it should come to: key -> when."""
    rule, is_day = draw(rules())
    zone = draw(st.sampled_from([NEW_YORK, BERLIN, ZoneInfo("Australia/Lord_Howe")]))
    clock = draw(st.sampled_from([time(9), time(1, 30), time(2, 30), time(0), time(22)]))
    minutes = draw(st.sampled_from([30, 90, 600]))
    earliest = draw(st.dates(date(2024, 1, 1), date(2026, 11, 30)))
    days = [earliest + timedelta(days=n) for n in range(1300)]
    first = next((d for d in days if is_day(d, d)), None)
    assume(first is not None)
    days = [d for d in days if d >= first and is_day(d, first)]
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        days = days[: draw(st.integers(1, 60))]
        rule += f";COUNT={len(days)}"
    elif end == "UNTIL":
        days = days[: draw(st.integers(1, 200))]
        until = datetime.fromtimestamp(reads(datetime.combine(days[-1], clock), zone) / SECOND, UTC)
        rule += f";UNTIL={until:%Y%m%dT%H%M%SZ}"
    excluded = draw(st.sets(st.sampled_from(days), max_size=3))
    moved = draw(st.sets(st.sampled_from(days), max_size=2)) - excluded
    text = [
        vevent(
            "UID:series",
            f"DTSTART;TZID={zone.key}:{first:%Y%m%d}T{clock:%H%M%S}",
            f"DURATION:PT{minutes}M",
            f"RRULE:{rule}",
            *(f"EXDATE;TZID={zone.key}:{d:%Y%m%d}T{clock:%H%M%S}" for d in excluded),
        )
    ]
    told = {}
    for day in days:
        start = reads(datetime.combine(day, clock), zone)
        key = f"series/{datetime.fromtimestamp(start / SECOND, UTC):%Y%m%dT%H%M%SZ}"
        if day in moved:
            text.append(
                vevent(
                    "UID:series",
                    f"RECURRENCE-ID;TZID={zone.key}:{day:%Y%m%d}T{clock:%H%M%S}",
                    f"DTSTART;TZID={zone.key}:{day:%Y%m%d}T150000",
                    "DURATION:PT1H",
                )
            )
            start = reads(datetime.combine(day, time(15)), zone)
            told[key] = (start, start + HOUR)
        elif day not in excluded:
            told[key] = (start, start + minutes * MINUTE)
    there = {k: v for k, v in told.items() if v[0] < WINDOW.end and WINDOW.start < v[1]}
    return vcalendar(*text), there


@settings(max_examples=300, deadline=None)
@given(series())
def test_a_series_is_what_plain_date_arithmetic_says(one):
    text, told = one

    assert taken(occurrences(text, WINDOW, NEW_YORK)) == told


@settings(max_examples=100, deadline=None)
@given(series())
def test_a_series_starts_where_another_reader_says(one):
    text, _ = one
    between = (datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 1, 30, tzinfo=UTC))
    window = Interval(at("2026-01-02T00:00Z"), at("2027-01-30T00:00Z"))

    other = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*between)

    starts = sorted(at(event["DTSTART"].dt.astimezone(UTC).isoformat()) for event in other)
    ours = occurrences(text, window, NEW_YORK)
    assert sorted(one.content.interval.start for one in ours) == starts
