"""The engine: offered times can be booked, refused times are not offered."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sched_agent import errors
from sched_agent.model.availability_rule import ExceptionRule, Hours, RecurringRule, read_clock
from sched_agent.model.calendar import Availability, Calendar, DoubleBooking, Policy
from sched_agent.model.interval import DAY, HOUR, MINUTE, Interval
from sched_agent.model.schedule import Check, Taken, reach, schedule, together
from sched_agent.model.zone import local, on_the_clock, zone
from tests.builders import MONDAY, NEW_YORK, a_calendar, at, on_date, span, weekdays

NOW = at("2026-11-20T10:00")
HALF_HOUR = 30 * MINUTE


def a_schedule(*rules, taken=(), within=None, now=NOW, **policy):
    within = within or span("00:00", "24:00")
    return schedule(a_calendar(**policy), rules, sorted(taken), within, now)


def starts(offered, in_zone=NEW_YORK):
    return [f"{local(one.start, in_zone):%H:%M}" for one in offered]


def taken(start, end, day=MONDAY, counts=True):
    return Taken(*span(start, end, day), counts)


def test_slots_follow_each_other_inside_the_hours():
    assert starts(a_schedule(weekdays("09:00", "10:40")).offers(HALF_HOUR)) == [
        "09:00",
        "09:30",
        "10:00",
    ]


def test_a_calendar_without_rules_offers_nothing_unless_it_is_open():
    assert a_schedule().offers(HALF_HOUR) == []
    assert len(a_schedule(availability=Availability.OPEN).offers(HALF_HOUR)) == 48


def test_an_open_calendar_with_opening_hours_keeps_to_them():
    offered = a_schedule(weekdays("09:00", "10:00"), availability=Availability.OPEN).offers(
        HALF_HOUR
    )

    assert starts(offered) == ["09:00", "09:30"]


def test_a_busy_time_moves_the_next_slot_to_the_grid():
    offered = a_schedule(weekdays("09:00", "11:00"), taken=[taken("09:40", "09:50")]).offers(
        HALF_HOUR
    )

    assert starts(offered) == ["09:00", "10:00", "10:30"]


def test_slots_step_as_the_calendar_says():
    offered = a_schedule(weekdays("09:00", "10:00"), slot_step_minutes=10).offers(HALF_HOUR)

    assert starts(offered) == ["09:00", "09:10", "09:20", "09:30"]


def test_buffers_keep_both_sides_clear():
    busy = [taken("10:00", "10:30")]
    offered = a_schedule(
        weekdays("09:00", "12:00"), taken=busy, slot_step_minutes=15, buffer_before_minutes=15
    ).offers(HALF_HOUR)

    assert "09:15" in starts(offered)
    assert not {"09:30", "09:45", "10:00", "10:30"} & set(starts(offered))
    assert "10:45" in starts(offered)


def test_notice_horizon_and_the_past_limit_what_is_offered():
    week = Interval(NOW, NOW + 7 * DAY)
    offered = a_schedule(
        weekdays("09:00", "12:00"), within=week, min_notice_minutes=60, max_days_ahead=3
    ).offers(HALF_HOUR)

    assert [local(one.start, NEW_YORK).isoformat()[:16] for one in offered] == [
        "2026-11-20T11:00",
        "2026-11-20T11:30",
        *(f"2026-11-23T{t}" for t in ("09:00", "09:30")),
    ]


def test_a_full_day_is_not_offered_and_blocks_do_not_count():
    full = [taken("09:00", "09:30"), taken("10:00", "10:30")]
    mere_block = [taken("09:00", "09:30"), taken("10:00", "10:30", counts=False)]

    assert a_schedule(weekdays(), taken=full, max_events_per_day=2).offers(HALF_HOUR) == []
    assert a_schedule(weekdays(), taken=mere_block, max_events_per_day=2).offers(HALF_HOUR)


def test_a_calendar_that_allows_double_booking_offers_taken_time():
    busy = [taken("09:00", "17:00")]

    assert a_schedule(weekdays(), taken=busy).offers(HALF_HOUR) == []
    assert a_schedule(weekdays(), taken=busy, double_booking=DoubleBooking.ALLOW).offers(HALF_HOUR)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([on_date(MONDAY, available=False)], [], id="closed"),
        pytest.param(
            [on_date(MONDAY, available=False, hours=("09:30", "10:00"))],
            ["09:00", "10:00"],
            id="closed for some hours",
        ),
        pytest.param(
            [on_date(MONDAY, available=True, hours=("18:00", "19:00"))],
            ["09:00", "09:30", "10:00", "18:00", "18:30"],
            id="open longer",
        ),
        pytest.param(
            [
                on_date(MONDAY, available=False),
                on_date(MONDAY, available=True, hours=("13:00", "14:00")),
            ],
            ["13:00", "13:30"],
            id="other hours instead: the later rule wins",
        ),
        pytest.param(
            [
                on_date(MONDAY, available=True, hours=("13:00", "14:00")),
                on_date(MONDAY, available=False),
            ],
            [],
            id="closed after all: the later rule wins",
        ),
        pytest.param(
            [weekdays("09:30", "10:00", available=False)], ["09:00", "10:00"], id="a break"
        ),
        pytest.param(
            [
                weekdays("09:30", "10:00", available=False),
                on_date(MONDAY, available=True, hours=("09:30", "10:00")),
            ],
            ["09:00", "09:30", "10:00"],
            id="an exception wins over a break",
        ),
        pytest.param(
            [weekdays("10:00", "11:00")], ["09:00", "09:30", "10:00", "10:30"], id="union"
        ),
    ],
)
def test_rules_and_exceptions_together(rules, expected):
    assert starts(a_schedule(weekdays("09:00", "10:30"), *rules).offers(HALF_HOUR)) == expected


def test_a_rule_may_live_in_another_zone_than_the_calendar():
    offered = a_schedule(weekdays("09:00", "10:00", timezone="Europe/Lisbon")).offers(HALF_HOUR)

    assert starts(offered) == ["04:00", "04:30"]


def test_hours_around_midnight_are_two_rules_that_join():
    late = RecurringRule(id=0, days_of_week=frozenset({1}), hours=Hours(start=23 * 60, end=1440))
    early = RecurringRule(id=0, days_of_week=frozenset({2}), hours=Hours(start=0, end=60))
    night = Interval(at("2026-11-23T12:00"), at("2026-11-24T12:00"))
    made = a_schedule(late, early, within=night)

    assert starts(made.offers(HALF_HOUR)) == ["23:00", "23:30", "00:00", "00:30"]
    assert made.refusal(Interval(at("2026-11-23T23:30"), at("2026-11-24T00:30"))) is None


@pytest.mark.parametrize(
    ("asked", "policy", "expected"),
    [
        pytest.param(("2026-11-19T10:00", 30), {}, errors.InThePast, id="past"),
        pytest.param(
            ("2026-11-20T10:30", 30), {"min_notice_minutes": 60}, errors.TooSoon, id="soon"
        ),
        pytest.param(("2026-11-23T10:00", 30), {"max_days_ahead": 3}, errors.TooFarAhead, id="far"),
        pytest.param(("2026-11-23T08:45", 30), {}, errors.OutsideHours, id="too early in the day"),
        pytest.param(("2026-11-23T16:45", 30), {}, errors.OutsideHours, id="over the closing time"),
        pytest.param(("2026-11-22T10:00", 30), {}, errors.OutsideHours, id="Sunday"),
        pytest.param(
            ("2026-11-23T11:00", 30), {"max_events_per_day": 1}, errors.DayFull, id="full"
        ),
        pytest.param(("2026-11-23T12:15", 30), {}, errors.SlotTaken, id="taken"),
        pytest.param(
            ("2026-11-23T11:25", 30), {"buffer_after_minutes": 10}, errors.SlotTaken, id="buffer"
        ),
        pytest.param(("2026-11-23T11:30", 30), {}, None, id="up to the next event"),
        pytest.param(("2026-11-23T09:07", 23), {}, None, id="off the grid"),
    ],
)
def test_a_refusal_names_the_rule(asked, policy, expected):
    start = at(asked[0])
    interval = Interval(start, start + asked[1] * MINUTE)
    busy = [taken("12:00", "13:00")]

    assert (
        a_schedule(weekdays(), taken=busy, within=interval, **policy).refusal(interval) is expected
    )


@pytest.mark.parametrize(
    ("now", "policy", "busy", "expected"),
    [
        pytest.param("2026-11-24T00:00", {}, [], errors.InThePast, id="over"),
        pytest.param(None, {"min_notice_minutes": 10080}, [], errors.TooSoon, id="too soon"),
        pytest.param(None, {"max_days_ahead": 1}, [], errors.TooFarAhead, id="too far"),
        pytest.param(
            None, {"max_events_per_day": 1}, [taken("09:00", "09:05")], errors.DayFull, id="full"
        ),
        pytest.param(None, {}, [taken("09:00", "17:00")], errors.SlotTaken, id="taken"),
    ],
)
def test_a_day_without_an_offer_says_why(now, policy, busy, expected):
    made = a_schedule(weekdays(), taken=busy, now=at(now) if now else NOW, **policy)

    assert made.offers(HALF_HOUR) == []
    assert made.emptiness(HALF_HOUR) is expected


@pytest.mark.parametrize(
    ("within", "now", "policy", "expected"),
    [
        pytest.param(("00:00", "24:00"), "18:00", {}, errors.InThePast, id="after closing"),
        pytest.param(("10:10", "10:50"), "08:00", {}, None, id="off the grid"),
        pytest.param(("10:00", "10:20"), "08:00", {}, None, id="shorter than a slot"),
        pytest.param(("18:00", "20:00"), "08:00", {}, errors.OutsideHours, id="closed"),
        pytest.param(
            ("00:00", "24:00"),
            "08:00",
            {"min_notice_minutes": 720},
            errors.TooSoon,
            id="notice that runs past closing",
        ),
    ],
)
def test_the_reason_is_never_an_event_that_is_not_there(within, now, policy, expected):
    made = a_schedule(weekdays(), within=span(*within), now=at(f"2026-11-23T{now}"), **policy)

    assert made.offers(HALF_HOUR) == []
    assert made.emptiness(HALF_HOUR) is expected


def test_a_day_whose_opening_is_too_short_is_not_open_for_that_long():
    assert a_schedule(weekdays("09:00", "09:20")).emptiness(HALF_HOUR) is errors.OutsideHours


def test_the_weaker_checks_leave_out_what_they_say():
    sunday = span("10:00", "10:30", "2026-11-22")
    made = a_schedule(taken=[taken("10:15", "11:00", "2026-11-22")], within=sunday)

    assert made.refusal(sunday, Check.CONFLICTS) is errors.SlotTaken
    assert made.refusal(sunday, Check.NONE) is None
    assert a_schedule(within=sunday).refusal(sunday, Check.CONFLICTS) is None


def test_slots_keep_to_local_hours_over_a_clock_change():
    weekend = Interval(at("2026-10-30T00:00"), at("2026-11-03T00:00"))
    offered = a_schedule(weekdays("09:00", "10:00"), within=weekend, now=at("2026-10-01T00:00"))

    assert [local(o.start, NEW_YORK).isoformat() for o in offered.offers(HOUR)] == [
        "2026-10-30T09:00:00-04:00",
        "2026-11-02T09:00:00-05:00",
    ]


def test_an_hour_that_occurs_twice_is_offered_twice_and_one_that_is_skipped_never():
    def offers_at_night(day, now):
        every_day = RecurringRule(
            id=0, days_of_week=frozenset(range(1, 8)), hours=Hours(start=60, end=240)
        )
        made = a_schedule(every_day, within=span("00:00", "24:00", day), now=at(now))
        return [local(o.start, NEW_YORK).isoformat()[11:] for o in made.offers(HOUR)]

    assert offers_at_night("2026-11-01", "2026-10-01T00:00") == [
        "01:00:00-04:00",
        "01:00:00-05:00",
        "02:00:00-05:00",
        "03:00:00-05:00",
    ]
    assert offers_at_night("2027-03-14", "2027-03-01T00:00") == ["01:00:00-05:00", "03:00:00-04:00"]


def test_hours_that_a_clock_change_swallows_are_no_hours():
    night = RecurringRule(id=0, days_of_week=frozenset({7}), hours=Hours(start=150, end=180))
    within = span("00:00", "24:00", "2027-03-14")

    assert a_schedule(night, within=within, now=at("2027-03-01T00:00")).offers(HALF_HOUR) == []


def test_the_grid_of_an_open_calendar_begins_at_midnight_even_on_a_day_of_25_hours():
    late = Interval(at("2026-11-01T23:05"), at("2026-11-02T00:00"))
    made = a_schedule(within=late, now=at("2026-10-01T00:00"), availability=Availability.OPEN)

    assert starts(made.offers(15 * MINUTE)) == ["23:15", "23:30", "23:45"]


def test_all_calendars_together_are_free_only_when_each_is():
    one = a_schedule(weekdays("09:00", "12:00"), taken=[taken("09:00", "10:00")])
    other = a_schedule(weekdays("10:00", "13:00"), taken=[taken("11:00", "11:30")])

    assert starts(together([one, other]).offers(HALF_HOUR)) == ["10:00", "10:30", "11:30"]


# The property: one decision for what is offered and what is accepted.

DAYS = [date(2026, 10, 30) + timedelta(days=n) for n in range(5)]  # a clock change on 1 November
ZONES = ["America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


@st.composite
def hours(draw):
    start = draw(st.integers(0, 95)) * 15
    return Hours(start=start, end=draw(st.integers(start // 15 + 1, 96)) * 15)


@st.composite
def situations(draw):
    days = st.frozensets(st.integers(1, 7), min_size=1)
    zones = st.none() | st.sampled_from(ZONES)
    recurring = st.builds(
        RecurringRule,
        id=st.just(0),
        days_of_week=days,
        hours=hours(),
        available=st.sampled_from([True, True, False]),
        timezone=zones,
    )
    exception = st.builds(
        ExceptionRule,
        id=st.just(0),
        date=st.sampled_from(DAYS),
        available=st.booleans(),
        hours=st.none() | hours(),
        timezone=zones,
    )
    policy = st.builds(
        Policy,
        availability=st.sampled_from(Availability),
        double_booking=st.sampled_from([DoubleBooking.REFUSE] * 3 + [DoubleBooking.ALLOW]),
        slot_step_minutes=st.none() | st.sampled_from([5, 15, 40]),
        buffer_before_minutes=st.sampled_from([0, 0, 5, 20]),
        buffer_after_minutes=st.sampled_from([0, 0, 10]),
        min_notice_minutes=st.sampled_from([0, 0, 90, 1440]),
        max_days_ahead=st.none() | st.integers(1, 4),
        max_events_per_day=st.none() | st.integers(1, 3),
    )
    name = draw(st.sampled_from(ZONES))
    midnight = on_the_clock(DAYS[0].toordinal(), 0, zone(name))
    events = st.builds(
        lambda start, length, counts: Taken(
            midnight + start * MINUTE, midnight + (start + length) * MINUTE, counts
        ),
        st.integers(-600, 5 * 1440),
        st.sampled_from([5, 30, 60, 600, 3000]),
        st.booleans(),
    )
    calendar = Calendar(
        id=1, name="", timezone=name, policy=draw(policy), created_at=0, updated_at=0
    )
    return (
        calendar,
        draw(st.lists(recurring | exception, max_size=5)),
        sorted(draw(st.lists(events, max_size=8))),
        midnight,
        midnight + draw(st.integers(-1440, 3000)) * MINUTE,
        draw(st.sampled_from([10, 30, 60, 400])) * MINUTE,
    )


def seen_by_a_booking(calendar, rules, events, asked, now):
    """Decide as a booking does: looking at no more than what it reads."""
    around = reach(calendar, asked)
    read = [e for e in events if e.start < around.end and around.start < e.end]
    return schedule(calendar, rules, read, asked, now).refusal(asked)


@settings(max_examples=300, deadline=None)
@given(situations())
def test_every_offered_slot_can_be_booked_and_no_refused_time_is_offered(situation):
    calendar, rules, events, midnight, now, length = situation
    within = Interval(midnight, midnight + 4 * DAY)
    around = reach(calendar, within)
    read = [e for e in events if e.start < around.end and around.start < e.end]

    made = schedule(calendar, rules, read, within, now)
    offered = made.offers(length)

    assert offered == sorted(set(offered))
    for slot in offered:
        assert within.covers(slot)
        assert seen_by_a_booking(calendar, rules, events, slot, now) is None
    on_offer = set(offered)
    for start in range(midnight, within.end - length, 5 * MINUTE):
        slot = Interval(start, start + length)
        refused = seen_by_a_booking(calendar, rules, events, slot, now)
        assert refused is made.refusal(slot)
        assert refused is None or slot not in on_offer


@settings(max_examples=150, deadline=None)
@given(situations())
def test_every_acceptable_time_on_the_grid_of_its_window_is_offered(situation):
    calendar, rules, events, midnight, now, length = situation
    within = Interval(midnight, midnight + 2 * DAY)
    made = schedule(calendar, rules, events, within, now)
    step = made.step or length

    on_grid = {
        Interval(start, start + length)
        for anchor, latest in made._grid(within.start, within.end - length, length)
        for start in range(anchor, latest + 1, step)
        if start >= within.start and made.refusal(Interval(start, start + length)) is None
    }

    assert set(made.offers(length)) == on_grid


@settings(max_examples=150, deadline=None)
@given(situations())
def test_the_gaps_are_the_free_time_and_all_of_it(situation):
    calendar, rules, events, midnight, now, _ = situation
    within = Interval(midnight, midnight + 2 * DAY)
    made = schedule(calendar, rules, events, within, now)

    gaps = made.gaps()

    assert all(within.covers(gap) and made.refusal(gap) is None for gap in gaps)
    for start in range(midnight, within.end, 5 * MINUTE):
        slot = Interval(start, start + 5 * MINUTE)
        assert made.refusal(slot) is not None or any(gap.covers(slot) for gap in gaps)


@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(0, 3000))
def test_the_grid_does_not_depend_on_where_one_looks(situation, later):
    calendar, rules, events, midnight, now, length = situation
    end = midnight + 4 * DAY
    all_of_it = schedule(calendar, rules, events, Interval(midnight, end), now).offers(length)
    cut = midnight + later * MINUTE

    part = schedule(calendar, rules, events, Interval(cut, end), now).offers(length)

    assert part == [slot for slot in all_of_it if slot.start >= cut]


@settings(max_examples=200, deadline=None)
@given(situations(), st.integers(0, 5000), st.integers(1, 2000))
def test_the_reason_for_an_empty_stretch_is_one_that_a_time_in_it_is_refused_for(
    situation, start, minutes
):
    calendar, rules, events, midnight, now, length = situation
    within = Interval(midnight + start * MINUTE, midnight + (start + minutes) * MINUTE)
    made = schedule(calendar, rules, events, within, now)
    reason = made.emptiness(length)
    last = max(within.end - length, within.start)
    tried = [*range(within.start, last, 5 * MINUTE), last]

    if not made.offers(length) and reason is not None:
        slots = [Interval(at_, at_ + length) for at_ in tried]
        broken = {made.refusal(slot) for slot in slots}
        broken |= {made.refusal(slot, keeps_start=True) for slot in slots}
        broken |= {made.refusal(slot, Check.CONFLICTS) for slot in slots}
        assert reason in broken


def test_a_clock_time_is_read_or_refused():
    assert read_clock("09:30") == 570
    assert read_clock("24:00", is_end=True) == 1440
    assert read_clock("9:30") == 570
    for wrong in ("24:00", "9.30", "25:00", "12:60", "noon", ""):
        with pytest.raises(errors.InvalidArgument):
            read_clock(wrong)
