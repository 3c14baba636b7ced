"""The vendor pages' own examples, sent by curl to a running server.

Only host, token and ids differ from the pages: the family's create-calendar-event (in English and
in Portuguese, the same call), and the pages that read, change and list.
"""

import json
from functools import partial

import pytest

from sched_agent.model.ids import Kind, uuid

CREATE_EVENT = """
curl -X POST "{host}/api/v1/calendars/{calendar}/events" \\
  -H "Authorization: Bearer {token}" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "title": "Demo with Acme",
    "start_at": "2024-01-20T15:00:00Z",
    "end_at": "2024-01-20T15:30:00Z",
    "type": "meeting",
    "attendees": [{{"name":"Jane Doe","email":"[email protected]"}}]
  }}'
"""


@pytest.fixture
def calendar_id(calendar):
    return uuid(Kind.CALENDAR, calendar.id)


@pytest.fixture
def curl(curl_to, calendar_id):
    return partial(curl_to, calendar=calendar_id)


def get(path):
    return f'curl "{{host}}/api/v1{path}" -H "Authorization: Bearer {{token}}"'


def send(method, path, body):
    shown = json.dumps(body).replace("{", "{{").replace("}", "}}")
    return (
        f'curl -X {method} "{{host}}/api/v1{path}" -H "Authorization: Bearer {{token}}" '
        f"-H \"Content-Type: application/json\" -d '{shown}'"
    )


def test_create_calendar_event(curl, calendar_id):
    status, answer = curl(CREATE_EVENT)

    assert status == 201
    assert answer["success"] is True
    event = answer["data"]
    documented = {
        "id": event["id"],
        "calendar_id": calendar_id,
        "title": "Demo with Acme",
        "start_at": "2024-01-20T15:00:00Z",
        "end_at": "2024-01-20T15:30:00Z",
        "status": "confirmed",
        "type": "meeting",
    }
    assert {name: event[name] for name in documented} == documented
    assert event["attendees"][0]["name"] == "Jane Doe"
    assert event["attendees"][0]["email"] == "[email protected]"


def test_list_and_batch_and_update_and_cancel(curl):
    _, made = curl(CREATE_EVENT)
    event_id = made["data"]["id"]
    bounds = "from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z"

    _, listed = curl(get(f"/calendars/{{calendar}}/events?{bounds}&status=confirmed"))
    _, batch = curl(get(f"/calendars/events?calendar_ids%5B%5D={{calendar}}&{bounds}"))
    _, raw = curl(get(f"/calendars/events?calendar_ids\\[\\]={{calendar}}&{bounds}"))
    status, cancelled = curl(
        send("PUT", f"/calendars/{{calendar}}/events/{event_id}", {"status": "cancelled"})
    )

    assert listed == batch == raw
    assert [event["id"] for event in listed["data"]] == [event_id]
    assert status == 200
    assert cancelled["data"]["id"] == event_id
    assert cancelled["data"]["status"] == "cancelled"
    assert cancelled["data"]["updated_at"].endswith("Z")


def test_create_calendar(curl):
    body = {
        "name": "Sales",
        "timezone": "America/Sao_Paulo",
        "owner_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    }
    status, made = curl(send("POST", "/calendars", body))

    assert status == 201
    assert {name: made["data"][name] for name in body} == body
    assert made["data"]["id"]
    assert made["data"]["created_at"]


def test_availability_rules_and_query(curl):
    recurring = {
        "type": "recurring",
        "days_of_week": [6],
        "start_time": "09:00",
        "end_time": "10:30",
        "timezone": "America/New_York",
    }
    exception = {"type": "exception", "date": "2026-12-24", "available": False}

    _, first = curl(send("POST", "/calendars/{calendar}/availability-rules", recurring))
    _, second = curl(send("POST", "/calendars/{calendar}/availability-rules", exception))
    _, rules = curl(get("/calendars/{calendar}/availability-rules"))
    saturday = "from=2026-11-28T00:00:00Z&to=2026-11-29T00:00:00Z&duration_minutes=30"
    _, slots = curl(get(f"/calendars/{{calendar}}/availability?{saturday}"))

    assert {k: v for k, v in first["data"].items() if k != "id"} == recurring
    assert {k: v for k, v in second["data"].items() if k != "id"} == exception
    assert [rule["id"] for rule in rules["data"]][1:] == [first["data"]["id"], second["data"]["id"]]
    assert slots == {
        "success": True,
        "data": [
            {"start_at": f"2026-11-28T{start}:00Z", "end_at": f"2026-11-28T{end}:00Z"}
            for start, end in (("14:00", "14:30"), ("14:30", "15:00"), ("15:00", "15:30"))
        ],
    }


def test_create_an_event_of_the_timekit_family(curl, calendar_id):
    body = {
        "calendar_id": calendar_id,
        "start": "2026-11-24T10:00:00+0100",
        "end": "2026-11-24T11:00:00+0100",
        "what": "Coffee with Peter",
        "where": "Room 3",
        "description": "A custom description for the event",
        "invite": False,
        "participants": ["[email protected]"],
        "my_rsvp": "accepted",
        "all_day": False,
        "sync_provider": True,
    }
    shown = json.dumps(body).replace("{", "{{").replace("}", "}}")

    status, answer = curl(
        'curl --request POST --url "{host}/v2/events" --user ":{token}" '
        f"--header 'Content-Type: application/json' --data '{shown}'"
    )

    assert status == 201
    event = answer["data"]
    sent = {name: body[name] for name in ("what", "where", "description", "participants")}
    assert {name: event[name] for name in sent} == sent
    assert (event["rsvp"], event["allDay"]) == ("accepted", False)
    assert event["start"] == "2026-11-24T04:00:00-05:00"
