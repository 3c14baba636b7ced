"""Callers' words where a tool takes a time: what is read, and what is asked back."""

import pytest

from sched_agent.errors import SchedAgentError, all_errors
from sched_agent.services.environments import local_admin
from sched_agent.speech.language import Language
from sched_agent.tools.answers import error_data, say_error
from sched_agent.tools.catalog import all_tools

# The clock stands at Friday 20 November 2026, 10:00 in New York.


@pytest.fixture
def call(backend, environment):
    """Call a tool with arguments as an agent sends them."""

    def called(name, language=Language.EN, **arguments):
        caller = local_admin(environment)
        given = {key.rstrip("_"): value for key, value in arguments.items()}
        return all_tools()[name].call(backend, caller, given, language=language).data

    return called


@pytest.fixture
def told(backend, environment):
    """Call a tool and return the lines of its text."""

    def told(name, **arguments):
        caller = local_admin(environment)
        return (
            all_tools()[name]
            .call(backend, caller, arguments, language=Language.EN)
            .text.splitlines()
        )

    return told


@pytest.fixture
def refused(call):
    """Call a tool that refuses, and return the refusal."""

    def called(name, **arguments):
        with pytest.raises(SchedAgentError) as caught:
            call(name, **arguments)
        return caught.value

    return called


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("tuesday at half past three", "2026-11-24T15:30:00-05:00", "2026-11-24T16:00:00-05:00"),
        ("tuesday at 3 for an hour", "2026-11-24T15:00:00-05:00", "2026-11-24T16:00:00-05:00"),
        ("às três e meia de terça", "2026-11-24T15:30:00-05:00", "2026-11-24T16:00:00-05:00"),
        ("el martes a las 15:30", "2026-11-24T15:30:00-05:00", "2026-11-24T16:00:00-05:00"),
        ("2026-11-24T15:30", "2026-11-24T15:30:00-05:00", "2026-11-24T16:00:00-05:00"),
    ],
)
def test_an_event_is_booked_when_the_caller_said(call, words, start, end):
    event = call("create_event", title="Check-up", start_at=words).event

    assert (event.start_at, event.end_at) == (start, end)


def test_a_length_that_was_sent_counts_more_than_one_that_was_said(call):
    told = {"start_at": "tuesday at 3 for an hour", "duration_minutes": 45}

    event = call("create_event", title="Check-up", **told).event

    assert event.end_at == "2026-11-24T15:45:00-05:00"


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("half past four", "2026-11-24T16:30:00-05:00"),
        ("for two hours", "2026-11-24T17:00:00-05:00"),
        ("at 4", "2026-11-24T16:00:00-05:00"),
        ("2026-11-24T16:15", "2026-11-24T16:15:00-05:00"),
    ],
)
def test_an_end_in_words_is_heard_from_the_start_on(call, words, end):
    event = call("create_event", title="Visit", start_at="tuesday at 3 pm", end_at=words).event

    assert event.end_at == end


@pytest.mark.parametrize(
    ("start", "words", "end"),
    [
        ("tomorrow at 2 pm", "tomorrow at 3 pm", "2026-11-21T15:00:00-05:00"),
        ("next tuesday at 2 pm", "next tuesday at 3", "2026-11-24T15:00:00-05:00"),
        ("in two hours", "in three hours", "2026-11-20T13:00:00-05:00"),
        ("tuesday at 11 pm", "one am", "2026-11-25T01:00:00-05:00"),
        ("tuesday at 9 pm", "midnight", "2026-11-25T00:00:00-05:00"),
    ],
)
def test_a_day_in_the_words_of_an_end_is_counted_from_today(call, start, words, end):
    told = {"title": "Visit", "start_at": start, "end_at": words, "type": "block"}

    assert call("create_event", **told).event.end_at == end


def test_a_later_end_is_asked_back_where_its_half_of_the_day_is_open(refused):
    error = refused("create_event", title="Shift", start_at="tuesday at 10 pm", end_at="6")

    assert error.code == "ambiguous_time"
    assert error.message == "end_at “6” leaves open what is assumed: tomorrow, pm."


def test_an_end_that_would_be_most_of_a_day_later_is_asked_back(refused):
    error = refused("create_event", title="Shift", start_at="tuesday at noon", end_at="11 am")

    assert error.code == "ambiguous_time"
    assert error.say == "Do you mean Wednesday the 25th at 11 AM?"


def test_what_is_assumed_of_an_end_is_told_from_its_start_on(call):
    told = {"title": "Lunch", "start_at": "tuesday at noon", "end_at": "1 pm"}

    assert call("create_event", **told).notes == ["Assumed in end_at: the same day."]


def test_a_stretch_that_is_asked_about_can_be_sent_back_whole(call, refused):
    error = refused("check_availability", when="tuesday or wednesday afternoon")

    assert say_error(error).splitlines()[1:4] == [
        "Ask the caller which one is meant; then call check_availability with its start/end as "
        "when, and offer what is free.",
        "- Tuesday 24 November 2026, 12:00–17:00 (America/New_York): "
        "2026-11-24T12:00:00-05:00/2026-11-24T17:00:00-05:00",
        "- Wednesday 25 November 2026, 12:00–17:00 (America/New_York): "
        "2026-11-25T12:00:00-05:00/2026-11-25T17:00:00-05:00",
    ]
    one = error.candidates[0]
    assert call("check_availability", when=f"{one.start_at}/{one.end_at}").slots


def test_every_assumption_is_named_in_the_answer(call):
    answer = call("create_event", title="Check-up", start_at="tuesday at half past three")

    assert answer.notes == ["Assumed in start_at: pm."]
    said_in_full = call("create_event", title="Check-up", start_at="wednesday at 3 pm")
    assert said_in_full.notes == []


@pytest.mark.parametrize(
    ("words", "code", "candidates", "question"),
    [
        (
            "tuesday the 25th at 3",
            "contradictory_time",
            ["2026-11-25T15:00:00-05:00", "2026-11-24T15:00:00-05:00"],
            "Do you mean Wednesday the 25th or Tuesday the 24th?",
        ),
        (
            "tuesday or wednesday at 3",
            "ambiguous_time",
            ["2026-11-24T15:00:00-05:00", "2026-11-25T15:00:00-05:00"],
            "Do you mean Tuesday the 24th or Wednesday the 25th?",
        ),
        (
            "at three",  # today is only assumed
            "ambiguous_time",
            ["2026-11-20T15:00:00-05:00"],
            "Do you mean today at 3 PM?",
        ),
        (
            "the 3rd at noon",  # so is the month
            "ambiguous_time",
            ["2026-12-03T12:00:00-05:00"],
            "Do you mean Thursday, December 3rd at noon?",
        ),
        (
            "yesterday at three",
            "in_the_past",
            ["2026-11-19T15:00:00-05:00"],
            "That time has already passed. The nearest free times are today at 10 AM, "
            "10:30 AM, or 11 AM.",
        ),
        (
            "the first monday of the month at noon",  # a month again
            "ambiguous_time",
            ["2026-12-07T12:00:00-05:00"],
            "Do you mean Monday, December 7th at noon?",
        ),
        (
            "the first thursday of march at noon",  # and a year
            "ambiguous_time",
            ["2027-03-04T12:00:00-05:00"],
            "Do you mean Thursday, March 4th at noon?",
        ),
        ("the usual", "unrecognized_time", [], "Sorry, which day and what time did you mean?"),
        ("tuesday", "unrecognized_time", [], "What time suits you: Tuesday the 24th?"),
    ],
)
def test_nothing_is_written_on_words_that_need_a_question(
    call, refused, words, code, candidates, question
):
    for tool, more in (
        ("create_event", {"title": "Check-up"}),
        ("update_event", {"event_id": _an_event(call)}),
    ):
        before = call("list_events", from_="today", to="in three weeks").events

        error = refused(tool, start_at=words, **more)

        assert error.code == code
        assert error.say == question
        assert [one.start_at for one in error.candidates] == candidates
        assert call("list_events", from_="today", to="in three weeks").events == before


def _an_event(call):
    found = call("list_events").events
    if found:
        return found[0].id
    return call("create_event", title="Visit", start_at="monday at 10 am").event.id


def test_a_question_reaches_the_model_with_what_may_be_meant(refused):
    error = refused("create_event", title="Check-up", start_at="tuesday or wednesday at 3")

    assert say_error(error).splitlines() == [
        "ambiguous_time: start_at “tuesday or wednesday at 3” may mean several times.",
        "Ask the caller which one is meant, and call again with its start_at.",
        "- Tuesday 24 November 2026, 15:00 (America/New_York): 2026-11-24T15:00:00-05:00",
        "- Wednesday 25 November 2026, 15:00 (America/New_York): 2026-11-25T15:00:00-05:00",
        "Say: Do you mean Tuesday the 24th or Wednesday the 25th?",
    ]
    assert error_data(error)["candidates"] == [
        {"start_at": "2026-11-24T15:00:00-05:00", "weekday": "Tuesday"},
        {"start_at": "2026-11-25T15:00:00-05:00", "weekday": "Wednesday"},
    ]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("tuesday afternoon", "2026-11-24T12:00:00-05:00"),
        ("late tuesday afternoon", "2026-11-24T14:30:00-05:00"),
        ("between two and four on wednesday", "2026-11-25T14:00:00-05:00"),
        ("as soon as possible", "2026-11-20T10:00:00-05:00"),
        ("next week in the afternoon", "2026-11-23T12:00:00-05:00"),
        ("next week after three", "2026-11-23T15:00:00-05:00"),
        ("next week at four", "2026-11-23T16:00:00-05:00"),
        ("2026-11-24", "2026-11-24T09:00:00-05:00"),
    ],
)
def test_words_for_a_stretch_narrow_what_is_offered(call, words, first):
    answer = call("check_availability", when=words)

    assert answer.slots[0].start_at == first


def test_a_part_of_the_day_counts_on_every_day_of_a_week(call):
    slots = call("check_availability", when="next week in the morning", limit=50).slots

    clocks = {slot.start_at[11:16] for slot in slots}
    assert len({slot.start_at[:10] for slot in slots}) == 5
    assert clocks == {"09:00", "09:30", "10:00", "10:30", "11:00", "11:30"}


def test_the_half_of_the_day_that_is_assumed_for_each_day_of_a_week_is_named(call):
    assert call("check_availability", when="next week at four").notes == [
        "Assumed in when: pm.",
    ]
    assert call("check_availability", when="next week at four pm").notes == []


def test_a_week_without_such_times_is_not_called_full(told):
    lines = told("check_availability", when="next week in the evening")

    assert lines[1] == (
        "Nothing is free within Monday 23 November 2026, 00:00 – Monday 30 November 2026, 00:00 "
        "(America/New_York) at the times of day that were asked for."
    )


def test_opening_hours_are_told_in_the_zone_of_the_answer(told):
    lines = told("check_availability", when="tuesday at 3 pm", timezone="Asia/Tokyo")

    assert lines[1] == (
        "Not free: Tuesday 24 November 2026, 15:00–15:30 (Asia/Tokyo): the calendar is not open "
        "then; on that day it is open 23:00–07:00 (outside_hours)."
    )


def test_a_point_in_words_asks_about_that_very_time_and_length(call):
    call("create_event", title="Visit", start_at="tuesday at 4 pm")

    assert call("check_availability", when="tuesday at 3 pm").available
    answer = call("check_availability", when="tuesday at half past three for an hour")
    assert not answer.available
    assert answer.duration_minutes == 60


def test_events_are_listed_between_days_in_words(call):
    kept = call("create_event", title="Visit", start_at="tuesday at 3 pm").event
    call("create_event", title="Later", start_at="thursday at 3 pm")

    found = call("list_events", from_="tomorrow", to="tuesday").events

    assert [event.id for event in found] == [kept.id]


def test_a_listing_may_begin_and_end_with_days_that_are_over(call):
    kept = call("create_event", title="Visit", start_at="tuesday at 3 pm").event

    assert [event.id for event in call("list_events", from_="last monday").events] == [kept.id]
    assert call("list_events", to="yesterday").events == []


def test_a_length_counts_as_it_was_sent_else_as_it_was_said(call):
    def length(words, **more):
        return call("check_availability", when=words, **more).duration_minutes

    assert length("tuesday at 3 pm for an hour", duration_minutes=15) == 15
    assert length("tuesday afternoon for an hour", duration_minutes=15) == 15
    assert length("tuesday afternoon for an hour") == 60
    assert length("tuesday afternoon") == 30


def test_a_time_of_each_day_is_one_on_the_callers_clocks(call):
    answer = call("check_availability", when="next week at 11 pm", timezone="Asia/Tokyo")

    assert answer.slots[0].start_at == "2026-11-23T23:00:00+09:00"


def test_whole_days_may_be_said(call):
    event = call(
        "create_event", title="Fair", start_at="thursday to friday", all_day=True, type="block"
    ).event

    assert (event.start_at, event.end_at) == ("2026-11-26", "2026-11-28")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("january 3rd", "ambiguous_time"),  # the year is assumed
        ("the 3rd", "ambiguous_time"),  # the month is
        ("as soon as possible", "unrecognized_time"),
        ("tuesday after three", "unrecognized_time"),
        ("monday to wednesday in the morning", "unrecognized_time"),
    ],
)
def test_no_whole_days_are_taken_that_were_not_said(refused, words, code):
    error = refused("create_event", title="Fair", start_at=words, all_day=True, type="block")

    assert error.code == code


def test_the_codes_of_spoken_times_are_among_the_errors():
    assert {"ambiguous_time", "contradictory_time"} <= {one.code for one in all_errors()}


@pytest.mark.parametrize("words", ["in two hours", "today at 3 pm"])
def test_the_same_words_sent_again_mean_what_they_meant_at_first(call, clock, words):
    told = {"title": "Visit", "start_at": words, "request_id": "once"}
    first = call("create_event", **told)
    clock.move_by(7 * 60)  # by then it is over

    assert call("create_event", **told).event == first.event


def test_a_move_in_words_that_is_sent_again_means_the_same_day(call, clock):
    event = call("create_event", title="Visit", start_at="monday at 10 am").event
    told = {"event_id": event.id, "start_at": "in four days at 4 pm", "request_id": "moved"}
    first = call("update_event", **told)
    clock.move_by(24 * 60)

    assert call("update_event", **told).event == first.event


def test_a_request_id_that_served_for_a_booking_hears_the_words_of_a_move_anew(call, clock):
    told = {"start_at": "tomorrow at 4 pm", "request_id": "1"}
    event = call("create_event", title="Visit", type="block", **told).event
    clock.move_by(3 * 24 * 60)

    moved = call("update_event", event_id=event.id, **told).event

    assert moved.start_at == "2026-11-24T16:00:00-05:00"


@pytest.mark.parametrize("words", ["tuesday at 9 am", "2026-11-24T09:00"])
def test_words_and_times_without_an_offset_are_on_the_callers_clocks(call, words):
    made = call("create_event", title="Visit", start_at=words, timezone="America/Los_Angeles")

    assert made.event.start_at == "2026-11-24T12:00:00-05:00"  # on the calendar's clocks
    assert "at 9 AM" in made.say
    assert "Los Angeles time" in made.say
    moved = call(
        "update_event",
        event_id=made.event.id,
        start_at="wednesday at 9 am",
        timezone="America/Los_Angeles",
    )
    assert moved.event.start_at == "2026-11-25T12:00:00-05:00"
    listed = call("list_events", from_="wednesday", timezone="America/Los_Angeles")
    assert "9 AM" in listed.say


@pytest.mark.parametrize("nothing", ["", "   ", "?"])
def test_an_empty_time_is_asked_about_like_any_other_that_is_none(refused, nothing):
    assert refused("check_availability", when=nothing).code == "unrecognized_time"
    assert refused("create_event", title="x", start_at=nothing).code == "unrecognized_time"
