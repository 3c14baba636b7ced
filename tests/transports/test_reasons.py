"""Every door tells why a time can't be had; only the tools tell which rule closed it."""

from dataclasses import replace

import pytest

from sched_agent.model.schedule import Check
from sched_agent.services import calendars, events
from sched_agent.transports.mcp import ERROR_KEY
from tests.builders import a_draft, on_date, span
from tests.transports.conftest import tool_call

NAME = "Team party \u202e at Bo's"


@pytest.fixture
def party(app, admin, calendar):
    """A closed Tuesday whose rule has a name."""
    rule = replace(on_date("2026-11-24", available=False), name=NAME)
    return calendars.add_rule(app, admin, calendar.id, rule)


@pytest.fixture
def near(app, admin, calendar):
    """A Monday on which somebody's event ends at 10:30, and is followed by a buffer."""
    calendars.revise(app, admin, calendar.id, {"buffer_after_minutes": 15})
    draft = a_draft(span("10:00", "10:30"), "Rosa's secret")
    return events.book(app, admin, calendar.id, draft, check=Check.FULL)


def call(url, tool, **arguments):
    return tool_call(url, tool, **arguments).json()["result"]


def test_a_closed_date_is_told_with_the_rules_name(url, party):
    asked = call(url, "check_availability", when="2026-11-24T10:00")
    day = call(url, "check_availability", when="2026-11-24")
    refused = call(url, "create_event", title="x", start_at="2026-11-24T10:00")

    for answer in (asked, day):
        assert answer["structuredContent"]["reason"] == "outside_hours"
        assert answer["structuredContent"]["because"] == "exception"
    error = refused["_meta"][ERROR_KEY]
    assert error["reason"]["because"] == "exception"
    for answer in (asked, day, refused):
        text = answer["content"][0]["text"]
        assert "the calendar is closed then, which is an exception" in text
        assert "Closed by the rule “Team party at Bo's”." in text


def test_a_buffer_is_told_and_nothing_of_what_it_follows(url, near):
    asked = call(url, "check_availability", when="2026-11-23T10:30")
    refused = call(url, "create_event", title="x", start_at="2026-11-23T10:30")

    assert asked["structuredContent"]["because"] == "buffer"
    assert refused["_meta"][ERROR_KEY]["reason"] == {"because": "buffer", "limit": 15}
    for answer in (asked, refused):
        assert "too near to another event, 15 minutes are kept clear" in str(answer)
        assert "Rosa" not in str(answer)


@pytest.mark.parametrize(
    ("policy", "start_at", "said"),
    [
        ({"min_notice_minutes": 4320}, "2026-11-23T09:00", "we need at least 3 days' notice."),
        ({"max_days_ahead": 4}, "2026-11-25T10:00", "we only take bookings up to 4 days ahead."),
        ({"max_events_per_day": 1}, "2026-11-23T14:00", "that day is full."),
        ({}, "2026-11-23T10:30", "that's too close to another appointment."),
        ({}, "2026-11-23T10:00", "that time is taken."),
        ({}, "2026-11-23T18:00", "we're open from 9 AM to 5 PM that day."),
        ({}, "2026-11-28T10:00", "we're closed on Saturdays."),
    ],
)
def test_the_caller_is_told_the_reason_by_both_tools(
    app, admin, calendar, url, near, policy, start_at, said
):
    calendars.revise(app, admin, calendar.id, policy)

    asked = call(url, "check_availability", when=start_at)
    refused = call(url, "create_event", title="x", start_at=start_at)

    for told in (asked["structuredContent"], refused["_meta"][ERROR_KEY]):
        assert told["say"].startswith(f"I'm sorry, {said} The nearest free times are ")


def test_of_several_calendars_the_caller_is_not_told_the_reason_of_one(app, admin, url, calendar):
    calendars.create(app, admin, name="Other")

    asked = call(url, "check_availability", when="2026-11-28T10:00")

    assert asked["structuredContent"]["say"].startswith("I'm sorry, we're not open then. The ")


def test_the_best_alternatives_are_told_first(url, near):
    refused = call(url, "create_event", title="x", start_at="2026-11-23T10:00")

    starts = [slot["start_at"] for slot in refused["_meta"][ERROR_KEY]["alternatives"]]
    assert starts == [f"2026-11-{time}:00-05:00" for time in ("24T10:00", "23T11:00", "25T10:00")]


def test_the_families_tell_the_reason_but_no_name(api_v2, rest, party, calendar):
    time = {"start": "2026-11-24T10:00:00-05:00", "end": "2026-11-24T10:30:00-05:00"}
    told = api_v2(
        "POST",
        "/calendar-events",
        {"calendarId": calendar.id, "title": "x", "startTime": time["start"]},
        expect=400,
    )

    assert (told["code"], told["because"]) == ("outside_hours", "exception")
    assert "party" not in str(told)


def test_the_families_that_check_conflicts_tell_that_something_is_too_near(rest, near, calendar):
    end_at = "2026-11-23T11:00:00-05:00"
    talkover = {"title": "x", "start_at": "2026-11-23T10:30:00-05:00", "end_at": end_at}
    timekit = {
        "start": "2026-11-23T10:30:00-05:00",
        "end": end_at,
        "what": "x",
        "where": "y",
        "description": "z",
        "graph": "instant",
        "resource_id": str(calendar.id),
        "customer": {"name": "Ann", "email": "ann@example.com"},
    }
    answers = [
        rest.post(f"/api/v1/calendars/{calendar.id}/events", json=talkover),
        rest.post("/v2/bookings", json=timekit),
    ]

    for answer in answers:
        assert answer.status_code == 409, answer.text
        assert answer.json()["because"] == "buffer"
        assert "Rosa" not in answer.text
