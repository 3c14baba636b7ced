"""Why a time on a calendar in New York can't be had, as exactly as it is known."""

from dataclasses import replace
from datetime import date

import pytest

from sched_agent import errors
from sched_agent.model.interval import Interval
from sched_agent.model.reason import Because, why
from sched_agent.model.schedule import Taken, schedule, together
from tests.builders import a_calendar, at, on_date, span, weekdays

NOW = at("2026-11-20T10:00")
HOLIDAY = replace(on_date("2026-11-26", available=False), name="Thanksgiving")
SHORT = [HOLIDAY, on_date("2026-11-26", available=True, hours=("09:00", "12:00"))]
LUNCH = replace(weekdays("12:00", "13:00", available=False), name="Lunch")


def a_schedule(asked, *rules, busy=(), **policy):
    return schedule(a_calendar(**policy), [weekdays(), *rules], busy, asked, NOW)


def reason(asked, *rules, **more):
    made = a_schedule(asked, *rules, **more)
    refused = made.refusal(asked)
    assert refused is not None
    return why(made, asked, refused)


def taken(start, end, day="2026-11-25"):
    return Taken(*span(start, end, day), counts=True)


@pytest.mark.parametrize(
    ("start", "end", "day", "rules", "because"),
    [
        pytest.param("18:00", "18:30", "2026-11-25", [], Because.CLOSED_THEN, id="in the evening"),
        pytest.param("08:45", "09:15", "2026-11-25", [], Because.CLOSED_THEN, id="too early"),
        pytest.param("16:45", "17:15", "2026-11-25", [], Because.TOO_LONG, id="into the evening"),
        pytest.param("08:00", "18:00", "2026-11-25", [], Because.TOO_LONG, id="longer than a day"),
        pytest.param("09:00", "09:30", "2026-11-22", [], Because.CLOSED_THAT_DAY, id="on a Sunday"),
        pytest.param("09:00", "09:30", "2026-11-26", [HOLIDAY], Because.EXCEPTION, id="holiday"),
        pytest.param("14:00", "14:30", "2026-11-26", SHORT, Because.EXCEPTION, id="half a holiday"),
        pytest.param("09:00", "09:30", "2026-11-25", [LUNCH, HOLIDAY], None, id="another day's"),
        pytest.param("12:15", "12:45", "2026-11-25", [LUNCH], Because.CLOSED_THEN, id="at lunch"),
    ],
)
def test_what_closed_a_calendar_is_told(start, end, day, rules, because):
    asked = span(start, end, day)
    made = a_schedule(asked, *rules)
    refused = made.refusal(asked)

    assert (refused and why(made, asked, refused).because) == because


def test_the_rule_that_closes_is_named_and_the_hours_of_the_day_told():
    half = reason(span("14:00", "14:30", "2026-11-26"), *SHORT)
    lunch = reason(span("12:15", "12:45", "2026-11-25"), LUNCH)
    sunday = reason(span("09:00", "09:30", "2026-11-22"))

    assert (half.rule, half.hours) == ("Thanksgiving", (span("09:00", "12:00", "2026-11-26"),))
    assert (lunch.rule, len(lunch.hours)) == ("Lunch", 2)
    assert (sunday.rule, sunday.hours) == (None, ())


def test_a_weekday_is_told_that_no_rule_opens():
    sunday = span("09:00", "09:30", "2026-11-22")
    until = date(2026, 11, 21)
    once = replace(weekdays(), days_of_week=frozenset({7}), until=until)
    never = schedule(a_calendar(), [], [], sunday, NOW)

    assert reason(sunday).weekday == 7
    assert reason(span("09:00", "09:30", "2026-11-28")).weekday == 6
    assert reason(sunday, once).weekday is None
    assert why(never, sunday, errors.OutsideHours).weekday is None
    assert reason(span("18:00", "18:30", "2026-11-25")).weekday is None


@pytest.mark.parametrize(
    ("asked", "policy", "because", "limit"),
    [
        (("09:00", "2026-11-20"), {}, Because.OVER, None),
        (("11:00", "2026-11-20"), {"min_notice_minutes": 90}, Because.NOTICE, 90),
        (("09:00", "2026-11-25"), {"max_days_ahead": 3}, Because.HORIZON, 3),
        (("09:00", "2026-11-25"), {"max_events_per_day": 1}, Because.FULL, 1),
        (("14:00", "2026-11-25"), {}, Because.TAKEN, None),
        (("14:15", "2026-11-25"), {"buffer_after_minutes": 10}, Because.TAKEN, None),
        (("14:30", "2026-11-25"), {"buffer_after_minutes": 10}, Because.BUFFER, 10),
        (("13:30", "2026-11-25"), {"buffer_before_minutes": 15}, Because.BUFFER, 15),
    ],
)
def test_the_limit_that_refused_is_told(asked, policy, because, limit):
    start = at(f"{asked[1]}T{asked[0]}")
    time = Interval(start, start + span("09:00", "09:30").length)

    told = reason(time, busy=[taken("14:00", "14:30")], **policy)

    assert (told.because, told.limit) == (because, limit)


def test_of_several_calendars_the_one_that_refuses_tells_why():
    asked = span("09:00", "09:30", "2026-11-26")
    both = together([a_schedule(asked), a_schedule(asked, HOLIDAY)])
    near = a_schedule(asked, busy=[taken("09:30", "10:00", "2026-11-26")], buffer_before_minutes=5)
    strict = a_schedule(span("10:00", "10:30", "2026-11-20"), min_notice_minutes=60)

    assert why(both, asked, errors.OutsideHours).rule == "Thanksgiving"
    assert why(together([a_schedule(asked), near]), asked, errors.SlotTaken).limit == 5
    several = together([a_schedule(asked), strict])
    assert why(several, asked, errors.TooSoon).limit == 60


@pytest.mark.parametrize(
    ("asked", "rules", "because"),
    [
        (span("00:00", "24:00", "2026-11-22"), [], Because.CLOSED_THAT_DAY),
        (span("00:00", "24:00", "2026-11-26"), [HOLIDAY], Because.EXCEPTION),
        (span("17:00", "24:00", "2026-11-25"), [], Because.CLOSED_THEN),
        (Interval(at("2026-11-28T00:00"), at("2026-11-30T00:00")), [], Because.CLOSED_THEN),
    ],
)
def test_a_stretch_without_a_free_time_has_a_reason_too(asked, rules, because):
    made = a_schedule(asked, *rules)

    assert made.emptiness(span("09:00", "09:30").length) is errors.OutsideHours
    assert why(made, asked, errors.OutsideHours).because is because


def test_a_day_that_is_open_too_shortly_is_told_as_such():
    asked = span("00:00", "24:00", "2026-11-26")
    quarter = on_date("2026-11-26", available=True, hours=("09:00", "09:15"))
    made = schedule(a_calendar(), [quarter], [], asked, NOW)

    assert made.emptiness(span("09:00", "09:30").length) is errors.OutsideHours
    assert why(made, asked, errors.OutsideHours).because is Because.TOO_LONG
