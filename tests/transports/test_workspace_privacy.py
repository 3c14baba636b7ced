"""What is refused over the workspace family may be about a patient: no error text repeats it."""

from typing import Any

import httpx
import pytest

NAME = "Rosalind Okafor"
MANY = f"{NAME} " * 300
BODIES: dict[str, dict[str, Any]] = {
    "post /calendar-events": {"title": "x", "startTime": "2026-11-24T10:00"},
    "post /calendars": {"name": "x"},
    "post /calendars/CAL/schedules": {
        "availabilityType": "available",
        "recurrence": "weekly",
        "daysOfWeek": [1],
    },
    "post /event-rules": {
        "name": "x",
        "trigger": "event:created",
        "actions": [{"type": "label", "config": {"add": ["x"]}}],
    },
}


@pytest.fixture
def operations(url, api_v2, calendar):
    """Every operation of the family: method, path with ids that exist, and the names it takes."""
    event = api_v2("POST", "/calendar-events", BODIES["post /calendar-events"])["id"]
    schedule = api_v2("GET", "/calendars/CAL/schedules")[0]["id"]
    rule = api_v2("POST", "/event-rules", BODIES["post /event-rules"])["id"]
    ids = {"event_id": event, "calendar_id": calendar.id, "schedule_id": schedule, "member_id": 7}
    ids["rule_id"] = rule
    document = httpx.get(f"{url}/openapi.json").json()
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        below = path.removeprefix("/api/v2/w/{workspace_uuid}")
        for method, operation in methods.items() if below != path else ():
            filled = below.replace("{calendar_id}", "CAL")
            example = BODIES.get(f"{method} {filled}", {})
            for name, number in ids.items():
                below = below.replace(f"{{{name}}}", str(number))
            query = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
            found.append((method, below, query, example, _fields(operation, schemas)))
    assert len(found) == 24
    return found


def _fields(operation, schemas):
    """Return the names of a body's fields, or None if there is no body."""
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    reference = schema.get("$ref") or schema["anyOf"][0]["$ref"]
    return list(schemas[reference.rsplit("/", 1)[-1]]["properties"])


def bodies(fields, example):
    """Yield bodies in which the name stands where it does not belong."""
    wrong = (NAME, MANY, {NAME: NAME}, [NAME], [{NAME: NAME}], f"2026-11-24T10:00 {NAME}")
    for field in fields:
        for value in wrong:
            yield example | {field: value}
    person = {"name": NAME, "email": f"{NAME} at example.com"}
    yield example | {"attendees": [person]}
    yield example | {"attendees": [{"name": MANY}]}
    yield example | {"attendees": [{"email": f"{NAME.replace(' ', '')}@example.com", NAME: 1}]}
    yield example | {"actions": [{"type": NAME, "config": {NAME: NAME}}]}
    hook = {"type": "webhook", "config": {"url": f"https://{NAME.replace(' ', '.')}.localhost"}}
    yield example | {"actions": [hook]}
    letter = {"to": NAME, "subject": NAME.replace(" ", "{"), "text": "{" + NAME.split()[0] + "}"}
    yield example | {"actions": [{"type": "email", "config": letter}]}
    yield example | {"condition": NAME.split()[0]}
    yield example | {"condition": f"event.{NAME.split()[0]}()"}
    yield example | {NAME: NAME}
    yield NAME
    yield [NAME]


def hides(response):
    if response.status_code < 400:
        return True
    return not any(part in response.text.lower() for part in NAME.lower().split())


def test_no_error_text_repeats_what_was_sent(rest, workspace, operations):
    refused = 0
    for method, path, query, example, fields in operations:
        sent: list[dict[str, Any]] = [{"params": {name: NAME}} for name in (*query, NAME)]
        sent.append({"headers": {"Idempotency-Key": NAME * 20}})
        sent.append({"headers": {"Authorization": f"Bearer {NAME}"}})
        if fields is not None:
            sent += [{"json": body} for body in bodies(fields, example)]
            sent.append({"content": f'{{"{NAME}', "headers": {"Content-Type": "application/json"}})
        for request in sent:
            answer = rest.request(method, workspace + path, **request)
            assert hides(answer), (method, path, request, answer.text)
            refused += answer.status_code >= 400

    assert refused > 300


def test_no_error_text_repeats_a_path(rest, workspace):
    for path in (
        f"/calendar-events/{NAME}",
        f"/calendars/{NAME}/schedules",
        f"/{NAME}",
        f"/../{NAME}/calendars",
    ):
        answer = rest.get(workspace + path)
        assert answer.status_code in {404, 422}
        assert hides(answer), answer.text


def test_no_refusal_names_who_takes_the_time(api_v2):
    body = BODIES["post /calendar-events"] | {
        "title": NAME,
        "description": NAME,
        "attendees": [{"name": NAME}],
    }
    made = api_v2("POST", "/calendar-events", body)
    path = f"/calendar-events/{made['id']}"
    refused = [
        api_v2("POST", "/calendar-events", body, expect=409),
        api_v2("PUT", f"{path}/attendees/8", {"response": "accepted"}, expect=404),
    ]
    api_v2("POST", f"{path}/cancel")
    refused.append(api_v2("PUT", path, {"title": "y"}, expect=409))

    assert NAME not in str(refused)
