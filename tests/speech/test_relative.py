import pytest

from sched_agent.errors import InvalidArgument, SchedAgentError, UnrecognizedTime
from sched_agent.model.interval import DAY, HOUR, MINUTE
from sched_agent.speech.relative import read_length, read_relative
from tests.builders import NEW_YORK, at

FRIDAY = at("2026-11-20T10:07")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-20T10:07"),
        (" Now ", "2026-11-20T10:07"),
        ("1 day", "2026-11-21T10:07"),
        ("+1 day", "2026-11-21T10:07"),
        ("3 days 2 weeks", "2026-12-07T10:07"),
        ("4 weeks", "2026-12-18T10:07"),
        ("30 minutes", "2026-11-20T10:37"),
        ("1 hour, 30 min", "2026-11-20T11:37"),
        ("-1 hour", "2026-11-20T09:07"),
        ("3 months", "2027-02-20T10:07"),
        ("today", "2026-11-20T00:00"),
        ("tomorrow", "2026-11-21T00:00"),
        ("2026-12-01", "2026-12-01T00:00"),
        ("2026-12-01T08:00:00", "2026-12-01T08:00"),
        ("2026-12-01T14:00:00+0100", "2026-12-01T08:00"),
        ("2026-12-01T13:00:00Z", "2026-12-01T08:00"),
    ],
)
def test_relative_words_are_anchored_at_the_request(text, expected):
    assert read_relative(text, FRIDAY, NEW_YORK, field="from") == at(expected)


def test_a_day_keeps_the_clock_over_a_clock_change_and_hours_are_elapsed_time():
    before = at("2026-10-31T10:00")

    assert read_relative("1 day", before, NEW_YORK, field="from") == at("2026-11-01T10:00")
    assert read_relative("24 hours", before, NEW_YORK, field="from") == at("2026-11-01T09:00")


def test_minutes_within_a_repeated_hour_stay_in_it():
    second = at("2026-11-01T00:30") + 2 * HOUR  # 01:30 the second time

    assert read_relative("5 minutes", second, NEW_YORK, field="from") == second + 5 * MINUTE


def test_a_month_that_is_too_short_ends_on_its_last_day():
    end_of_january = at("2027-01-31T10:00")

    assert read_relative("1 month", end_of_january, NEW_YORK, field="to") == at("2027-02-28T10:00")


@pytest.mark.parametrize("text", ["", "soon", "1 fortnight", "day", "1 day x", "x 1 day", "1", "/"])
def test_other_words_are_refused_with_examples(text):
    with pytest.raises(UnrecognizedTime) as refused:
        read_relative(text, FRIDAY, NEW_YORK, field="from")

    assert "3 days 2 weeks" in refused.value.hint


@pytest.mark.parametrize("text", ["999999 months", "-999999 weeks", "2400 months", "9999-01-01"])
def test_what_lies_beyond_the_calendar_is_refused(text):
    with pytest.raises(SchedAgentError):
        read_relative(text, FRIDAY, NEW_YORK, field="to")


def test_a_length_is_elapsed_time():
    assert read_length("1 hour", field="length") == HOUR
    assert read_length("1 hour 15 minutes", field="length") == 75 * MINUTE
    assert read_length("2 days", field="length") == 2 * DAY
    assert read_length("0 minutes", field="buffer") == 0


@pytest.mark.parametrize("text", ["", "hour", "PT1H", "1 month", "60"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(UnrecognizedTime):
        read_length(text, field="length")


@pytest.mark.parametrize("text", ["-1 hour", "400 days"])
def test_a_length_is_neither_negative_nor_longer_than_a_year(text):
    with pytest.raises(InvalidArgument):
        read_length(text, field="length")
