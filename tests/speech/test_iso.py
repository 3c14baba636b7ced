import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.errors import SchedAgentError, UnrecognizedTime
from sched_agent.model.interval import MINUTE
from sched_agent.speech.iso import read_moment, read_when, utc_text
from sched_agent.speech.phrasing import say_interval, say_moment
from tests.builders import NEW_YORK, at, span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T15:30", "2026-11-24T15:30"),
        ("2026-11-24 15:30:00", "2026-11-24T15:30"),
        ("2026-11-24T20:30Z", "2026-11-24T15:30"),
        ("2026-11-24t20:30z", "2026-11-24T15:30"),
        ("2026-11-24T21:30+01:00", "2026-11-24T15:30"),
        (" 2026-11-24T15:30-05:00 ", "2026-11-24T15:30"),
        ("20261124T153000", "2026-11-24T15:30"),
    ],
)
def test_a_moment_is_read_in_the_zone_unless_it_has_an_offset(text, expected):
    assert read_moment(text, NEW_YORK, field="start_at").at == at(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "15:30",
        "2026-13-01T10:00",
        "2026-11-24T25:00",
        "20261124",
        "2026-W48-2",
        "2026-11-24/15:30",
        "2026-11-24T15:30E-05:00",
        "2026-11-24T15:030Z",
        "2026-11-24T15:30:00:5",
    ],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(UnrecognizedTime, match="start_at"):
        read_moment(text, NEW_YORK, field="start_at")


def test_a_date_alone_is_no_moment_and_the_hint_says_how_to_add_the_time():
    with pytest.raises(UnrecognizedTime) as refusal:
        read_moment("2026-11-24", NEW_YORK, field="start_at")
    assert refusal.value.hint == "Add the time: 2026-11-24T15:30."


@given(st.text() | st.from_regex(r"[0-9TZPHM:/.+-]{0,30}", fullmatch=True))
def test_any_text_is_read_or_refused_but_never_fails(text):
    try:
        when = read_when(text, NEW_YORK, length=30 * MINUTE)
    except SchedAgentError:
        return
    assert when.interval.start < when.interval.end


@given(st.integers(at("1950-01-01T00:00"), at("2150-01-01T00:00")))
def test_what_is_written_in_utc_is_read_back(moment):
    assert read_moment(utc_text(moment), NEW_YORK, field="x").at == moment


def test_times_are_said_with_weekday_date_and_zone():
    over_midnight = span("23:30", "24:00").padded(0)._replace(end=at("2026-11-24T00:30"))

    assert say_interval(span("09:00", "09:30"), NEW_YORK) == (
        "Monday 23 November 2026, 09:00–09:30 (America/New_York)"
    )
    assert say_interval(over_midnight, NEW_YORK) == (
        "Monday 23 November 2026, 23:30 – Tuesday 24 November 2026, 00:30 (America/New_York)"
    )
    assert say_moment(at("2026-11-23T09:00"), NEW_YORK) == (
        "Monday 23 November 2026, 09:00 (America/New_York)"
    )
