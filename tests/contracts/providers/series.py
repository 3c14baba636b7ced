"""A series is read as its occurrences, each of which has a key of its own."""

from datetime import date, time, timedelta

import pytest

from sched_agent.model.interval import DAY, Interval
from tests.builders import NEW_YORK, at, span
from tests.contracts.providers.place import WINDOW, days, intervals, keys, titles
from tests.expansion import Every, Nth, Series

NINE_SHARP = time(9)
MOVED = span("15:00", "16:00", day="2026-11-03")
AFTER_THE_CHANGE = date(2026, 11, 2)

SERIES = [
    pytest.param(
        "FREQ=WEEKLY;COUNT=6",
        Series(first=date(2026, 10, 19), zone=NEW_YORK, at=NINE_SHARP, count=6),
        id="weekly over a clock change",
    ),
    pytest.param(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261118T140000Z",
        Series(
            first=date(2026, 10, 19),
            zone=NEW_YORK,
            at=NINE_SHARP,
            interval=2,
            weekdays=frozenset({1, 3}),
            until=date(2026, 11, 18),
        ),
        id="twice every second week, until a moment that is the last start",
    ),
    pytest.param(
        "FREQ=DAILY;INTERVAL=3",
        Series(first=date(2026, 10, 19), zone=NEW_YORK, at=NINE_SHARP, every=Every.DAY, interval=3),
        id="every third day without an end",
    ),
    pytest.param(
        "FREQ=MONTHLY;BYDAY=-1FR",
        Series(
            first=date(2026, 10, 30),
            zone=NEW_YORK,
            at=NINE_SHARP,
            every=Every.MONTH,
            nth=Nth(-1, 5),
        ),
        id="on the last Friday of a month",
    ),
    pytest.param(
        "FREQ=MONTHLY;BYMONTHDAY=31",
        Series(first=date(2026, 10, 31), zone=NEW_YORK, at=NINE_SHARP, every=Every.MONTH),
        id="on the 31st, of the months that have one",
    ),
    pytest.param(
        "FREQ=WEEKLY;COUNT=4",
        Series(first=date(2027, 2, 28), zone=NEW_YORK, at=time(2, 30), count=4),
        id="at a time that a clock change skips",
    ),
    pytest.param(
        "FREQ=WEEKLY;COUNT=3",
        Series(first=date(2026, 10, 25), zone=NEW_YORK, at=time(1, 30), count=3),
        id="at a time that a clock change repeats",
    ),
    pytest.param(
        "FREQ=WEEKLY;COUNT=5",
        Series(first=date(2026, 10, 18), zone=NEW_YORK, days=2, count=5),
        id="of whole days over a clock change",
    ),
    pytest.param(
        "FREQ=DAILY",
        Series(first=date(2025, 1, 1), zone=NEW_YORK, at=NINE_SHARP, every=Every.DAY),
        id="begun long before the window, without an end",
    ),
]


def first_of(series):
    if series.at is None:
        return days(f"{series.first}", f"{series.first + timedelta(days=series.days)}")
    return series.planned(series.first)


class SeriesAsOccurrences:
    @pytest.mark.parametrize(("rule", "series"), SERIES)
    def test_a_series_comes_as_its_occurrences_in_the_window(self, place, rule, series):
        place.add(first_of(series), rule=rule)

        events = place.read()

        assert intervals(events) == sorted(series.occurrences(WINDOW).values())
        assert len(set(keys(events))) == len(events)

    def test_a_weekly_series_keeps_its_exceptions_over_a_clock_change(self, place):
        left_out = date(2026, 10, 26)
        series = Series(
            first=date(2026, 10, 19),
            zone=NEW_YORK,
            at=NINE_SHARP,
            count=6,
            left_out=frozenset({left_out}),
            moved={AFTER_THE_CHANGE: MOVED},
        )
        name = place.add(
            first_of(series),
            rule="FREQ=WEEKLY;COUNT=6",
            left_out=(series.planned(left_out).start,),
        )
        place.outsider.move_occurrence(name, series.planned(AFTER_THE_CHANGE).start, MOVED)

        assert intervals(place.read()) == sorted(series.occurrences(WINDOW).values())
        assert place.taken(WINDOW) == sorted(series.occurrences(WINDOW).values())

    def test_a_series_of_whole_days_keeps_its_exceptions(self, place):
        name = place.add(
            days("2026-10-26", "2026-10-27"),
            rule="FREQ=WEEKLY;COUNT=4",
            left_out=(date(2026, 11, 2).toordinal(),),
        )
        tuesday = days("2026-11-10", "2026-11-11")
        place.outsider.move_occurrence(name, date(2026, 11, 9).toordinal(), tuesday)

        found = [event.content.days for event in place.read()]

        assert found == [
            days("2026-10-26", "2026-10-27"),
            tuesday,
            days("2026-11-16", "2026-11-17"),
        ]

    def test_an_occurrence_that_is_moved_keeps_its_key(self, place):
        name = place.add(rule="FREQ=DAILY;COUNT=3")
        before = place.read()
        place.outsider.move_occurrence(
            name, before[1].content.interval.start, span("18:00", "19:00", day="2026-11-24")
        )

        after = place.read()

        assert keys(after) == keys(before)
        assert after[1].content.interval == span("18:00", "19:00", day="2026-11-24")

    def test_the_occurrences_of_two_series_have_keys_that_differ(self, place):
        for _ in range(2):
            place.add(rule="FREQ=DAILY;COUNT=3")

        assert len(set(keys(place.read()))) == 6

    def test_an_occurrence_may_say_something_else_than_its_series(self, place):
        name = place.add(title="Class", rule="FREQ=DAILY;COUNT=3", description="All")
        second = place.read()[1]
        place.outsider.rename_occurrence(name, second.content.interval.start, "Exam")

        events = place.read()

        assert titles(events) == ["Class", "Exam", "Class"]
        assert [event.content.description for event in events] == ["All"] * 3

    def test_what_is_moved_out_of_the_window_is_not_in_it_and_what_is_moved_in_is(self, place):
        week = Interval(at("2026-11-23T00:00"), at("2026-11-30T00:00"))
        name = place.add(rule="FREQ=WEEKLY;COUNT=3")
        monday, next_monday = span("09:00", "09:30"), span("09:00", "09:30", day="2026-11-30")
        place.outsider.move_occurrence(
            name, monday.start, Interval(monday.start - 5 * DAY, monday.end - 5 * DAY)
        )
        friday = span("09:00", "09:30", day="2026-11-27")
        place.outsider.move_occurrence(name, next_monday.start, friday)

        assert intervals(place.read(week)) == [friday]

    def test_a_series_with_none_of_its_occurrences_in_the_window_is_not_told(self, place):
        place.add(rule="FREQ=YEARLY")

        assert place.read(span("00:00", "24:00", day="2027-03-01")) == []
