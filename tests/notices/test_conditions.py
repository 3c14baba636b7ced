"""Conditions, as they are written, looked at and worked out."""

import threading
import time

import pytest

from sched_agent.errors import InvalidArgument
from sched_agent.model.attendee import Attendee
from sched_agent.notices import conditions
from sched_agent.notices.conditions import Undecided
from sched_agent.notices.telling import event_data, sample
from sched_agent.transports.rest.workspace_shapes import EventResponse
from tests.builders import a_calendar, an_event, at

NOW = at("2026-11-20T10:00")
PEOPLE = tuple(Attendee(name=f"P{n}", email=f"p{n}@example.com") for n in range(3))


def holds(condition, **event):
    return conditions.holds(condition, an_event(**event), a_calendar(), NOW)


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (None, True),
        ("true", True),
        ("false", False),
        ('event.type == "demo"', True),
        ('event.type == "demo" && event.attendeeCount > 5', False),
        ("event.attendeeCount > 1", True),
        ('event.attendees.exists(a, a.email.endsWith("2@example.com"))', True),
        ('event.attendees.all(a, a.response == "accepted")', False),
        ('event.attendees.filter(a, a.name == "P1").size() == 1', True),
        ('event.title.matches("^Sta.d")', True),
        ('event.status in ["confirmed", "tentative"]', True),
        ('calendar.name == "Work" && calendar.timezone == "America/New_York"', True),
        ('event.startTime - now > duration("24h")', True),
        ('event.startTime == timestamp("2026-11-23T14:00:00Z")', True),
        ('event.startTime.getHours("America/New_York") == 9', True),
        ("event.startTime.getDayOfWeek() == 1", True),
        ('"vip" in event.labels', True),
        ("has(event.metadata.price) && event.metadata.price > 9", True),
        ("has(event.metadata.nothing)", False),
        ("event.location == null", True),
        ('event["title"] == "Stand-up"', True),
    ],
)
def test_a_condition_sees_the_event_its_calendar_and_now(condition, held):
    metadata = {"price": 10, "labels": ["vip"]}

    assert holds(condition, type="demo", attendees=PEOPLE, metadata=metadata) is held


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        pytest.param("event.type ==", "can't be read at line 1, column 12", id="unfinished"),
        pytest.param("", "can't be read", id="empty"),
        pytest.param("event.type = 'a'", "can't be read at line 1, column 12", id="one ="),
        pytest.param("event.titel == 'a'", "there is not, at line 1, column 7", id="misspelled"),
        pytest.param("calendar.owner == 'a'", "there is not, at line 1, column 10", id="not told"),
        pytest.param(
            "true || user.name == 'a'", "there is not, at line 1, column 9", id="another variable"
        ),
        pytest.param(
            "open('/etc/passwd') == ''",
            "there is not, at line 1, column 1",
            id="a function of Python",
        ),
        pytest.param(
            "event.title.format() == ''",
            "there is not, at line 1, column 13",
            id="a method of Python",
        ),
        pytest.param(
            "event.__class__ == 1", "there is not, at line 1, column 7", id="inside Python"
        ),
        pytest.param(
            "event.attendees.map(a, [a, a]).size() > 1", "uses map()", id="lists that grow"
        ),
        pytest.param(
            "event.attendees.all(a, event.attendees.all(b, a == b))",
            "all() inside another loop",
            id="a loop in a loop",
        ),
        pytest.param("(" * 60 + "true" + ")" * 60, "nested too deeply", id="brackets"),
        pytest.param("!" * 900 + "true", "nested too deeply", id="not not not"),
        pytest.param("+".join(["1"] * 400) + " == 400", "nested too deeply", id="a long sum"),
        pytest.param("true" + " " * 1000, "longer than 1000", id="too long"),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused_when_it_is_made(condition, told):
    with pytest.raises(InvalidArgument) as refusal:
        conditions.check(condition)

    assert told in refusal.value.fields["condition"]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        pytest.param("event.metadata.price > 9", "does not have", id="not in this event"),
        pytest.param('event.title + 1 == "x"', "different kinds", id="kinds"),
        pytest.param("1 / (event.attendeeCount - 0) == 1", "can't be worked out", id="by nothing"),
        pytest.param("event.title", "neither true nor false", id="a text"),
        pytest.param("event.titel", "names something", id="refused, but kept before"),
    ],
)
def test_a_condition_that_comes_to_no_answer_says_why_without_the_events_words(condition, told):
    with pytest.raises(Undecided, match=told) as undecided:
        holds(condition, title="Jane's diagnosis")

    assert "Jane" not in str(undecided.value)


def test_a_condition_is_not_asked_about_an_event_that_says_too_much():
    with pytest.raises(Undecided, match="too much"):
        holds("true", metadata={"a": ["x" * 100] * 1000})


def test_a_pattern_that_could_take_for_ever_does_not():
    began = time.monotonic()
    holds('event.title.matches("(a+)+$")', title="a" * 200 + "!")

    assert time.monotonic() - began < 2


def test_threads_may_ask_at_the_same_time():
    answers = []

    def ask(number):
        for _ in range(20):
            there = tuple(PEOPLE[:number])
            answers.append(holds(f"event.attendeeCount == {number}", attendees=there))

    threads = [threading.Thread(target=ask, args=(number % 4,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [True] * 160


def test_an_event_is_told_as_the_workspace_family_does():
    event, calendar = sample(NOW)

    told = event_data(event, calendar)
    assert told.pop("metadata") == {}
    assert told == EventResponse.of(event, calendar).model_dump(mode="json", by_alias=True)
