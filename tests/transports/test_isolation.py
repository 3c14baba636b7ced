"""Another environment's things look exactly like things that do not exist."""

import re

import httpx
import pytest

from sched_agent.model.ids import Kind, code, new_number, uuid
from sched_agent.services import calendars, environments, events
from sched_agent.services.environments import local_admin
from sched_agent.tools.catalog import all_tools
from tests.builders import a_draft, on_date, span
from tests.transports.conftest import bearer, tool_result

ARGUMENTS = {
    "list_calendars": {},
    "check_availability": {"calendar_ids": ["CAL"], "when": "2026-11-24"},
    "create_event": {"calendar_id": "CAL", "title": "x", "start_at": "2026-11-24T10:00"},
    "get_event": {"event_id": "EVT"},
    "list_events": {"calendar_ids": ["CAL"]},
    "update_event": {"event_id": "EVT", "title": "stolen"},
    "cancel_event": {"event_id": "EVT"},
    "respond_to_event": {"event_id": "EVT", "attendee": "Jane", "response": "accepted"},
    "create_calendar": {"name": "x"},
    "update_calendar": {"calendar_id": "CAL", "name": "stolen"},
    "add_availability_rule": {
        "calendar_id": "CAL",
        "type": "exception",
        "date": "2026-11-24",
        "available": False,
    },
    "remove_availability_rule": {"calendar_id": "CAL", "rule_id": "RUL"},
    "delete_event": {"event_id": "EVT"},
}
NAMES_NO_ID = {"list_calendars", "create_calendar"}
BODIES = {
    "put_calendar": {"name": "stolen"},
    "post_events": {
        "title": "x",
        "start_at": "2026-11-24T15:00:00Z",
        "end_at": "2026-11-24T15:30:00Z",
    },
    "put_event": {"title": "stolen"},
    "post_rules": {"type": "exception", "date": "2026-11-24", "available": False},
}


@pytest.fixture
def theirs(app, environment):
    """A calendar with an event and a rule, in an environment of its own."""
    there, _ = environments.ensure(app, "acme", "America/New_York")
    acme = local_admin(there)
    calendar = calendars.create(app, acme, name="Secret", rules=(calendars.OFFICE_HOURS,))
    from sched_agent.model.schedule import Check

    draft = a_draft(span("10:00", "10:30", "2026-11-24"), title="Secret")
    event = events.book(app, acme, calendar.id, draft, check=Check.FULL)
    rule = calendars.add_rule(app, acme, calendar.id, on_date("2026-12-24", available=False))
    return there, acme, {"CAL": calendar.id, "EVT": event.id, "RUL": rule.id}


KINDS = {"CAL": Kind.CALENDAR, "EVT": Kind.EVENT, "RUL": Kind.RULE}


def unknown(ids):
    return {name: new_number() for name in ids}


def filled(arguments, ids):
    def fill(value):
        if isinstance(value, list):
            return [fill(one) for one in value]
        return code(KINDS[value], ids[value]) if value in KINDS else value

    return {name: fill(value) for name, value in arguments.items()}


def test_every_tool_is_tried_here():
    assert ARGUMENTS.keys() == all_tools().keys()


@pytest.mark.parametrize("tool", sorted(ARGUMENTS.keys() - NAMES_NO_ID))
def test_a_tool_answers_for_their_ids_as_for_unknown_ones(url, a_token, theirs, tool):
    ids = theirs[2]
    mine = a_token("admin")

    for_theirs = tool_result(url, tool, mine, **filled(ARGUMENTS[tool], ids))
    for_unknown = tool_result(url, tool, mine, **filled(ARGUMENTS[tool], unknown(ids)))

    assert for_theirs["isError"]
    assert for_theirs == for_unknown
    assert "Secret" not in str(for_theirs)


@pytest.mark.parametrize("tool", sorted(ARGUMENTS.keys() - NAMES_NO_ID))
def test_the_same_tool_answers_its_own_environment(url, a_token, theirs, tool):
    """So that the test above can't pass because nothing works at all."""
    there, _, ids = theirs
    answer = tool_result(url, tool, a_token("admin", where=there), **filled(ARGUMENTS[tool], ids))

    text = answer["content"][0]["text"]
    assert not answer.get("isError") or text.startswith(("slot_taken", "unknown_attendee"))


def test_a_list_shows_only_its_own_environment(url, a_token, theirs):
    mine = a_token("admin")

    for tool in ("list_calendars", "list_events", "check_availability"):
        answer = tool_result(url, tool, mine)
        assert not answer["isError"]
        assert "Secret" not in str(answer)


def requests(url, prefix):
    """Every documented request of a family that names an id."""
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    for path, operations in paths.items():
        below = path.removeprefix(prefix)
        if below != path and ("{" in below or below in {"/calendars/events", "/calendar-events"}):
            for method, operation in operations.items():
                known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
                yield method, path, known


def body_of(method, path):
    last = re.split(r"/", path.rstrip("}"))[-1]
    noun = {"{calendar_id": "calendar", "{event_id": "event"}.get(last, last.rsplit("-")[-1])
    return BODIES.get(f"{method}_{noun}")


def test_every_endpoint_answers_for_their_ids_as_for_unknown_ones(url, a_token, theirs):
    ids, mine = theirs[2], bearer(a_token("admin"))
    own = httpx.get(f"{url}/api/v1/calendars", headers=mine).json()["data"][0]["id"]
    day = {"from": "2026-11-24", "to": "2026-11-25"}
    tried = 0

    def ask(method, path, known, numbers, calendar):
        filled_in = path.replace("{calendar_id}", calendar or uuid(Kind.CALENDAR, numbers["CAL"]))
        filled_in = filled_in.replace("{event_id}", uuid(Kind.EVENT, numbers["EVT"]))
        filled_in = filled_in.replace("{rule_id}", uuid(Kind.RULE, numbers["RUL"]))
        params = day | {"calendar_ids[]": uuid(Kind.CALENDAR, numbers["CAL"])}
        params = {name: value for name, value in params.items() if name in known}
        body = body_of(method, path)
        answer = httpx.request(method, url + filled_in, headers=mine, params=params, json=body)
        assert answer.status_code == 404, (method, filled_in, answer.text)
        return answer.json()

    for method, path, known in requests(url, "/api/v1"):
        below_own = [None, own] if "{event_id}" in path or "{rule_id}" in path else [None]
        for calendar in below_own:
            for_theirs = ask(method, path, known, ids, calendar)
            assert for_theirs == ask(method, path, known, unknown(ids), calendar)
            tried += 1

    assert tried == 17


V2_BODIES = {
    "post /calendar-events": {"calendarId": "CAL", "title": "x", "startTime": "2026-11-24T14:00"},
    "put /calendar-events/EVT": {"title": "stolen"},
    "put /calendar-events/EVT/attendees/7": {"response": "accepted"},
    "put /calendars/CAL": {"name": "stolen"},
    "post /calendars/CAL/schedules": {
        "availabilityType": "unavailable",
        "recurrence": "once",
        "date": "2026-11-24",
    },
    "put /calendars/CAL/schedules/RUL": {"name": "stolen"},
}
V2_IDS = {"{calendar_id}": "CAL", "{event_id}": "EVT", "{schedule_id}": "RUL", "{member_id}": "7"}


def test_every_endpoint_of_the_workspace_answers_for_their_ids_as_for_unknown_ones(
    url, a_token, theirs, workspace
):
    ids, mine = theirs[2], bearer(a_token("admin"))
    own = httpx.get(f"{url}{workspace}/calendars", headers=mine).json()["items"][0]["id"]
    tried = 0

    def ask(method, path, known, numbers):
        body = V2_BODIES.get(f"{method} {path}")
        body = body and {name: numbers.get(value, value) for name, value in body.items()}
        params = {"calendarId": numbers["CAL"]} if "calendarId" in known else {}
        for name, number in numbers.items():
            path = path.replace(name, str(number))
        answer = httpx.request(
            method, url + workspace + path, headers=mine, params=params, json=body
        )
        assert answer.status_code == 404, (method, path, answer.text)
        return answer.json()

    for method, path, known in requests(url, "/api/v2/w/{workspace_uuid}"):
        path = path.removeprefix("/api/v2/w/{workspace_uuid}")
        for name, short in V2_IDS.items():
            path = path.replace(name, short)
        for below in [{}, {"CAL": own}] if "RUL" in path else [{}]:
            for_theirs = ask(method, path, known, ids | below)
            assert for_theirs == ask(method, path, known, unknown(ids) | below)
            assert "Secret" not in str(for_theirs)
            tried += 1

    assert tried == 17


def test_nothing_of_theirs_was_changed_by_trying(app, url, a_token, theirs):
    _, acme, ids = theirs
    mine = a_token("admin")
    for tool in ARGUMENTS:
        tool_result(url, tool, mine, **filled(ARGUMENTS[tool], ids))

    assert calendars.get(app, acme, ids["CAL"]).name == "Secret"
    assert events.get(app, acme, ids["EVT"])[1].version == 1
    assert len(calendars.rules(app, acme, ids["CAL"])) == 2


def test_a_request_id_of_theirs_means_nothing_here(url, a_token, theirs):
    there, _, _ = theirs
    arguments = {"title": "x", "start_at": "2026-11-24T14:00", "request_id": "r1"}

    first = tool_result(url, "create_event", a_token("admin", where=there), **arguments)
    second = tool_result(url, "create_event", a_token("admin"), **arguments | {"title": "y"})

    assert not first["isError"]
    assert not second["isError"]
