from zoneinfo import ZoneInfo

import pytest

from sched_agent.errors import InvalidArgument
from sched_agent.model.constraint import opened, read_constraints
from sched_agent.model.interval import Interval, intersect
from tests.builders import NEW_YORK, at, span

SUNDAY, MONDAY, TUESDAY, SATURDAY = "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-28"
WEEK = Interval(at(f"{SUNDAY}T00:00"), at("2026-11-29T00:00"))


def left_open(*given, within=WEEK, zone=NEW_YORK):
    constraints = read_constraints(given, "constraints")
    return intersect(opened(constraints, within, zone), [within])


def days(*dates, hours=("00:00", "24:00")):
    return [span(hours[0], hours[1], day) for day in dates]


def test_nothing_blocked_is_open():
    assert left_open() == [WEEK]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"allow_day": {"day": "Monday"}}, days(MONDAY)),
        ({"allow_day": {"day": "monday"}}, days(MONDAY)),
        ({"allow_weekends": {}}, days(SUNDAY, SATURDAY)),
        ({"block_weekdays": {}}, days(SUNDAY, SATURDAY)),
        ({"block_weekdays": []}, days(SUNDAY, SATURDAY)),
        (
            {"allow_day_and_time": {"day": "Monday", "start": 9, "end": 17}},
            days(MONDAY, hours=("09:00", "17:00")),
        ),
        (
            {"allow_day_and_time": {"day": "Monday", "start": "09:30", "end": "17"}},
            days(MONDAY, hours=("09:30", "17:00")),
        ),
        (
            {"allow_period": {"start": "2026-11-23 09:00:00", "end": "2026-11-24 10:00:00"}},
            [Interval(at("2026-11-23T09:00"), at("2026-11-24T10:00"))],
        ),
        (
            {"allow_period": {"start": "2026-11-23T14:00:00Z", "end": "2026-11-23T11:00:00-0500"}},
            [Interval(at("2026-11-23T09:00"), at("2026-11-23T11:00"))],
        ),
    ],
)
def test_each_kind_allows_or_blocks(given, expected):
    assert left_open(given) == expected


def test_a_period_of_dates_includes_the_last_one():
    given = {"allow_period": {"start": MONDAY, "end": TUESDAY}}

    assert left_open(given) == [Interval(at(f"{MONDAY}T00:00"), at("2026-11-25T00:00"))]


def test_days_and_hours_together_are_the_hours_of_the_days():
    opening: list[dict[str, dict[str, int]]] = [
        {"block_weekends": {}},
        {"allow_hours": {"start": 9, "end": 17}},
    ]
    lunch = {"block_hours": {"start": 12, "end": 13}}

    monday = Interval(at(f"{MONDAY}T00:00"), at(f"{TUESDAY}T00:00"))
    assert left_open(*opening, within=monday) == [span("09:00", "17:00", MONDAY)]
    assert left_open(*opening, lunch, within=monday) == [
        span("09:00", "12:00", MONDAY),
        span("13:00", "17:00", MONDAY),
    ]
    assert len(left_open(*opening)) == 5


def test_several_of_a_group_allow_more():
    given = [
        {"allow_day_and_time": {"day": "Monday", "start": 9, "end": 12}},
        {"allow_day_and_time": {"day": "Monday", "start": 14, "end": 17}},
        {"allow_day_and_time": {"day": "Tuesday", "start": 9, "end": 17}},
    ]

    assert left_open(*given) == [
        span("09:00", "12:00", MONDAY),
        span("14:00", "17:00", MONDAY),
        span("09:00", "17:00", TUESDAY),
    ]


def test_constraints_are_read_on_the_clocks_of_the_resource():
    los_angeles = ZoneInfo("America/Los_Angeles")
    given = {"allow_day_and_time": {"day": "Monday", "start": 9, "end": 17}}

    assert left_open(given, zone=los_angeles) == [span("12:00", "20:00", MONDAY)]


def test_hours_follow_the_clock_over_a_change():
    within = Interval(at("2026-10-31T00:00"), at("2026-11-02T00:00"))

    left = left_open({"allow_hours": {"start": 9, "end": 10}}, within=within)

    assert left == [span("09:00", "10:00", day) for day in ("2026-10-31", "2026-11-01")]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "constraints.0"),
        ({"allow_days": {}}, "constraints.0"),
        ({"permit_day": {"day": "Monday"}}, "constraints.0"),
        ({"allow_day": {}, "allow_hours": {}}, "constraints.0"),
        ({"allow_day": "Monday"}, "constraints.0.allow_day"),
        ({"allow_day": {"day": "Montag"}}, "constraints.0.allow_day.day"),
        ({"allow_hours": {"start": 9}}, "constraints.0.allow_hours.end"),
        ({"allow_hours": {"start": 9, "end": 25}}, "constraints.0.allow_hours.end"),
        ({"allow_hours": {"start": True, "end": 5}}, "constraints.0.allow_hours.start"),
        ({"allow_hours": {"start": "9:99", "end": 5}}, "constraints.0.allow_hours.start"),
        ({"block_hours": {"start": 17, "end": 9}}, "constraints.0.block_hours.end"),
        ({"block_period": {"start": "soon", "end": "x"}}, "constraints.0.block_period.start"),
        (
            {"block_period": {"start": "1800-01-01", "end": MONDAY}},
            "constraints.0.block_period.start",
        ),
        ({"block_period": {"start": MONDAY, "end": SUNDAY}}, "constraints.0.block_period.end"),
    ],
)
def test_what_is_no_constraint_is_named(given, field):
    with pytest.raises(InvalidArgument) as refused:
        read_constraints([given], "constraints")

    assert list(refused.value.fields) == [field]
