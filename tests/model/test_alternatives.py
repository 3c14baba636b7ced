"""Monday 23 to Sunday 29 November 2026, on New York clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.model.alternatives import best
from sched_agent.model.interval import DAY, HOUR, MINUTE, Interval
from sched_agent.model.zone import local
from tests.builders import NEW_YORK, at, span

WEDNESDAY = "2026-11-25"


def slot(day, clock, minutes=30):
    start = at(f"2026-11-{day}T{clock}")
    return Interval(start, start + minutes * MINUTE)


def slots(*texts):
    return sorted(slot(*text.split(" ")) for text in texts)


def said(found):
    return [f"{local(one.start, NEW_YORK):%d %H:%M}" for one in found]


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        pytest.param(
            ["24 15:00", "26 15:00", "25 14:30", "25 16:00", "27 15:00", "27 12:00"],
            ["26 15:00", "25 14:30", "24 15:00"],
            id="one of each kind",
        ),
        pytest.param(
            ["27 15:00", "25 14:00", "25 16:00"],
            ["27 15:00", "25 16:00", "25 14:00"],
            id="later before earlier",
        ),
        pytest.param(
            ["24 15:00", "27 15:00", "26 09:00"],
            ["24 15:00", "27 15:00", "26 09:00"],
            id="the same part of day on a day of its own",
        ),
        pytest.param(
            ["26 13:00", "26 16:30", "27 15:30"],
            ["26 16:30", "26 13:00", "27 15:30"],
            id="no day at the same time",
        ),
        pytest.param(
            ["26 09:00", "27 11:30", "30 19:00"],
            ["26 09:00", "27 11:30", "30 19:00"],
            id="nothing but the nearest in time",
        ),
        pytest.param(["26 15:15"], ["26 15:15"], id="only one"),
        pytest.param([], [], id="none"),
    ],
)
def test_the_best_alternatives_to_wednesday_at_three(free, expected):
    assert said(best(slots(*free), slot(25, "15:00"), NEW_YORK, 3)) == expected


def test_a_part_of_a_day_is_a_time_of_the_day_too():
    afternoon = span("12:00", "17:00", WEDNESDAY)
    free = slots("24 12:00", "24 16:30", "26 13:30", "26 14:00", "25 11:30", "25 18:00", "27 12:00")

    assert said(best(free, afternoon, NEW_YORK, 3)) == ["26 13:30", "25 11:30", "24 12:00"]


def test_a_whole_day_gets_the_first_times_of_the_days_around_it():
    free = slots("23 09:00", "24 09:00", "24 09:30", "26 10:00", "26 10:30", "27 09:00")

    found = best(free, span("00:00", "24:00", WEDNESDAY), NEW_YORK, 3)

    assert said(found) == ["26 10:00", "24 09:00", "26 10:30"]


def test_a_longer_stretch_gets_the_nearest_times():
    week = Interval(at("2026-11-23T00:00"), at("2026-11-28T00:00"))
    free = slots("22 16:00", "22 16:30", "30 09:00", "30 09:30")

    assert said(best(free, week, NEW_YORK, 3)) == ["22 16:30", "22 16:00", "30 09:00"]


def test_the_same_time_is_what_the_clock_says_also_where_it_changes():
    free = sorted(span("09:00", "09:30", day) for day in ("2026-10-30", "2026-11-02"))

    found = best(free, span("09:00", "09:30", "2026-10-31"), NEW_YORK, 1)  # clocks change next day

    assert found == [span("09:00", "09:30", "2026-10-30")]
    assert best(free, span("09:00", "09:30", "2026-11-01"), NEW_YORK, 1) == free[1:]


HALF_HOURS = st.integers(min_value=0, max_value=9 * 48).map(
    lambda n: Interval(n * HOUR // 2, n * HOUR // 2 + HOUR // 2)
)


@given(
    free=st.sets(HALF_HOURS, max_size=40).map(sorted),
    start=st.integers(min_value=0, max_value=9 * DAY // MINUTE),
    minutes=st.integers(min_value=1, max_value=3000),
    count=st.integers(min_value=1, max_value=4),
)
def test_as_many_as_there_are_come_back_and_each_once(free, start, minutes, count):
    asked = Interval(start * MINUTE, (start + minutes) * MINUTE)

    found = best(free, asked, NEW_YORK, count)

    assert len(found) == len(set(found)) == min(count, len(free))
    assert set(found) <= set(free)
    assert found == best(free, asked, NEW_YORK, count)
