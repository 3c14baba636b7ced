"""The expansion by which others are judged, held against dates that are written out here."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from sched_agent.model.interval import DAY, HOUR, Interval
from tests.builders import NEW_YORK, at, span
from tests.expansion import Every, Nth, Series, busy

AUTUMN = Interval(at("2026-10-01T00:00"), at("2026-12-01T00:00"))


def a_series(first: str, clock: str | None = "09:00", **more) -> Series:
    wall = None if clock is None else time.fromisoformat(clock)
    return Series(first=date.fromisoformat(first), zone=NEW_YORK, at=wall, **more)


def days(series: Series, within: Interval = AUTUMN) -> list[str]:
    return [f"{day:%m-%d}" for day in series.occurrences(within)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param(
            a_series("2026-10-26", until=date(2026, 11, 16)),
            ["10-26", "11-02", "11-09", "11-16"],
            id="weekly until a day, which is the last",
        ),
        pytest.param(
            a_series("2026-11-20", weekdays=frozenset({1, 5}), interval=2, count=4),
            ["11-20", "11-30"],
            id="every second week: the Monday after a Friday is of the next week",
        ),
        pytest.param(
            a_series("2026-11-17", weekdays=frozenset({2, 4})),
            ["11-17", "11-19", "11-24", "11-26"],
            id="on two days a week",
        ),
        pytest.param(
            a_series("2026-11-20", every=Every.DAY, interval=3, count=3),
            ["11-20", "11-23", "11-26"],
            id="every third day, three times",
        ),
        pytest.param(
            a_series("2026-08-31", every=Every.MONTH),
            ["10-31"],
            id="on the 31st, of the months that have one",
        ),
        pytest.param(
            a_series("2026-10-30", every=Every.MONTH, nth=Nth(-1, 5)),
            ["10-30", "11-27"],
            id="on the last Friday",
        ),
        pytest.param(
            a_series("2026-10-31", every=Every.MONTH, nth=Nth(5, 6)),
            ["10-31"],
            id="on the fifth Saturday, of the months that have one",
        ),
        pytest.param(
            a_series(
                "2026-11-20", every=Every.DAY, count=4, left_out=frozenset({date(2026, 11, 21)})
            ),
            ["11-20", "11-22", "11-23"],
            id="what is left out counts",
        ),
    ],
)
def test_a_series_falls_on_the_days_that_a_wall_calendar_shows(series, expected):
    assert days(series) == expected


def test_an_occurrence_keeps_its_wall_time_over_a_clock_change():
    before, after = a_series("2026-10-26", count=2).occurrences(AUTUMN).values()

    assert before == Interval(at("2026-10-26T09:00"), at("2026-10-26T09:30"))
    assert after.start - before.start == 7 * DAY + HOUR


def test_a_skipped_wall_time_is_read_with_the_offset_before_the_change():
    spring = Interval(at("2027-03-01T00:00"), at("2027-04-01T00:00"))

    sundays = a_series("2027-03-07", "02:30", count=2).occurrences(spring)

    assert sundays[date(2027, 3, 14)].start == at("2027-03-14T03:30")


def test_whole_days_last_from_midnight_to_midnight_on_the_clocks_of_the_zone():
    sunday = a_series("2026-11-01", None, count=1).occurrences(AUTUMN)[date(2026, 11, 1)]

    assert sunday == Interval(at("2026-11-01T00:00"), at("2026-11-02T00:00"))
    assert sunday.length == 25 * HOUR


def test_a_moved_occurrence_happens_where_it_was_moved_to_alone():
    elsewhere = Interval(at("2026-11-05T14:00"), at("2026-11-05T15:00"))
    series = a_series("2026-11-02", count=2, moved={date(2026, 11, 9): elsewhere})

    assert busy([series], AUTUMN) == [series.planned(date(2026, 11, 2)), elsewhere]


def test_what_was_moved_out_of_a_stretch_is_not_in_it_and_what_was_moved_in_is():
    away = Interval(at("2027-01-05T14:00"), at("2027-01-05T15:00"))
    here = Interval(at("2026-11-05T14:00"), at("2026-11-05T15:00"))

    assert days(a_series("2026-11-02", count=1, moved={date(2026, 11, 2): away})) == []
    assert days(a_series("2027-01-04", count=1, moved={date(2027, 1, 4): here})) == ["01-04"]


def test_busy_time_is_the_union_and_ends_with_the_stretch():
    # 00:30 of the 24th in Tokyo is 10:30 of the 23rd in New York.
    tokyo = Series(first=date(2026, 11, 24), zone=ZoneInfo("Asia/Tokyo"), at=time(0, 30))
    series = [a_series("2026-11-23", "10:00", minutes=60), tokyo]

    assert busy(series, span("09:00", "10:45")) == [span("10:00", "10:45")]
