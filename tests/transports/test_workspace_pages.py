"""The vendor's page of calendar events, endpoint by endpoint, sent by curl to a running server.

The page shows methods, paths, query parameters, scopes and what is answered, no examples.
"""

import json
from functools import partial

import pytest

from sched_agent.model.ids import Kind, uuid

EVENT = {
    "title": "Check-up",
    "startTime": "2026-11-24T10:00:00-05:00",
    "attendees": [{"memberId": 7, "name": "Jane Doe", "email": "jane@example.com"}],
}


@pytest.fixture
def curl(curl_to, calendar, environment):
    own = uuid(Kind.ENVIRONMENT, environment.id)
    return partial(curl_to, workspace_uuid=own, calendar=calendar.id)


def call(method, path, body=None):
    """Return a curl command for a path of the page, under its own prefix."""
    url = f'"{{host}}/api/v2/w/{{workspace_uuid}}/calendar-events{path}"'
    command = f'curl -X {method} {url} -H "Authorization: Bearer {{token}}"'
    if body is None:
        return command
    shown = json.dumps(body).replace("{", "{{").replace("}", "}}")
    return f"{command} -H \"Content-Type: application/json\" -d '{shown}'"


@pytest.fixture
def event(curl):
    status, event = curl(call("POST", "", EVENT))
    assert status == 200
    return event


def test_list(curl, event):
    query = (
        "?calendarId={calendar}&startDate=2026-11-24T00:00:00Z&endDate=2026-11-25T00:00:00Z"
        "&status=confirmed&page=1&pageSize=10&sortBy=startTime&sortOrder=asc"
    )

    assert curl(call("GET", query)) == (
        200,
        {"items": [event], "total": 1, "page": 1, "pageSize": 10},
    )
    assert curl(call("GET", ""))[1]["items"] == [event]


def test_create_validates_availability_and_attendee_limits_before_booking(curl, event):
    assert curl(call("POST", "", EVENT))[0] == 409
    assert curl(call("POST", "", EVENT | {"startTime": "2026-11-24T21:00:00-05:00"}))[0] == 400
    assert curl(call("GET", ""))[1]["total"] == 1


def test_create_reads_a_naive_time_in_the_calendars_timezone(curl):
    _, made = curl(call("POST", "", EVENT | {"startTime": "2026-11-24T10:00:00"}))

    assert made["startTime"] == "2026-11-24T10:00:00-05:00"


def test_get_event_id(curl, event):
    assert curl(call("GET", f"/{event['id']}")) == (200, event)
    assert curl(call("GET", "/404")) == (
        404,
        {"detail": "No event has that id. List the events to find it.", "code": "unknown_event"},
    )


def test_update_event_id(curl, event):
    times = {"startTime": "2026-11-24T14:00:00", "endTime": "2026-11-24T19:45:00Z"}

    status, moved = curl(call("PUT", f"/{event['id']}", times))

    assert status == 200
    assert (moved["startTime"], moved["endTime"]) == (
        "2026-11-24T14:00:00-05:00",
        "2026-11-24T14:45:00-05:00",
    )


def test_attendees(curl, event):
    status, listed = curl(call("GET", f"/{event['id']}/attendees"))

    assert status == 200
    assert [one["memberId"] for one in listed] == [7]


def test_update_attendees(curl, event):
    status, answered = curl(call("PUT", f"/{event['id']}/attendees/7", {"response": "accepted"}))

    assert status == 200
    assert (answered["memberId"], answered["response"]) == (7, "accepted")


def test_cancel(curl, event):
    status, cancelled = curl(call("POST", f"/{event['id']}/cancel"))

    assert (status, cancelled["status"]) == (200, "cancelled")
    assert curl(call("GET", f"/{event['id']}"))[1] == cancelled


def test_delete_event_id(curl, event):
    assert curl(call("DELETE", f"/{event['id']}")) == (200, {"success": True})
    assert curl(call("GET", f"/{event['id']}"))[0] == 404
