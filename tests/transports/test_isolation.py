"""Another environment's things look exactly like things that do not exist."""

import re

import httpx
import pytest

from sched_agent.model.booking import Graph, booked
from sched_agent.model.connection import Connection, ProviderKind, ProviderSettings
from sched_agent.model.event_rule import EventRule, Label, Trigger
from sched_agent.model.ids import Kind, code, new_number, uuid
from sched_agent.model.schedule import Check
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
    "connect_provider": {"calendar_id": "CAL", "provider": "google"},
    "sync_calendar": {"calendar_id": "CAL"},
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
    "post_providers": {"provider": "google", "redirect_uri": "https://example.com/connected"},
}


@pytest.fixture
def theirs(app, environment):
    """A calendar with an event and a rule, in an environment of its own."""
    there, _ = environments.ensure(app, "acme", "America/New_York")
    acme = local_admin(there)
    calendar = calendars.create(app, acme, name="Secret", rules=(calendars.OFFICE_HOURS,))
    draft = a_draft(span("10:00", "10:30", "2026-11-24"), title="Secret")
    event = events.book(app, acme, calendar.id, draft, check=Check.FULL)
    rule = calendars.add_rule(app, acme, calendar.id, on_date("2026-12-24", available=False))
    with app.store.transaction(there.id) as tx:
        kind = ProviderKind.GOOGLE
        tx.put_provider(ProviderSettings(name="google", kind=kind, client_id="us"))
        begun = tx.add_connection(
            Connection(
                id=0,
                calendar_id=calendar.id,
                provider="google",
                kind=kind,
                created_at=0,
                updated_at=0,
            )
        )
    fires = EventRule(
        id=0,
        name="Secret",
        trigger=Trigger.CREATED,
        actions=(Label(add=("new",)),),
        created_at=0,
        updated_at=0,
    )
    with app.store.transaction(there.id) as tx:
        told = tx.add_event_rule(fires)
    ids = {"CAL": calendar.id, "EVT": event.id, "RUL": rule.id}
    return there, acme, ids | {"CON": begun.id, "FIRES": told.id}


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
        filled_in = filled_in.replace("{provider_id}", uuid(Kind.CONNECTION, numbers["CON"]))
        params = day | {"calendar_ids[]": uuid(Kind.CALENDAR, numbers["CAL"])}
        params = {name: value for name, value in params.items() if name in known}
        body = body_of(method, path)
        answer = httpx.request(method, url + filled_in, headers=mine, params=params, json=body)
        assert answer.status_code == 404, (method, filled_in, answer.text)
        return answer.json()

    for method, path, known in requests(url, "/api/v1"):
        below_own = [None, own] if re.search("{(event|rule|provider)_id}", path) else [None]
        for calendar in below_own:
            for_theirs = ask(method, path, known, ids, calendar)
            assert for_theirs == ask(method, path, known, unknown(ids), calendar)
            tried += 1

    assert tried == 29


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
    "put /event-rules/FIRES": {"name": "stolen"},
}
V2_IDS = {
    "{calendar_id}": "CAL",
    "{event_id}": "EVT",
    "{schedule_id}": "RUL",
    "{rule_id}": "FIRES",
    "{member_id}": "7",
}


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

    assert tried == 22


TIME = {"start": "2026-11-24T14:00:00Z", "end": "2026-11-24T15:00:00Z"}
WORDS = {"what": "x", "where": "y", "description": "z"}


def of_timekit(numbers):
    """Every request of the Timekit family that names an id, with its body."""
    calendar, event = uuid(Kind.CALENDAR, numbers["CAL"]), uuid(Kind.EVENT, numbers["EVT"])
    booking, resource = uuid(Kind.BOOKING, numbers["BKG"]), {"resource_id": calendar}
    wanted = TIME | WORDS | resource
    return [
        ("POST", "/events", TIME | WORDS | {"calendar_id": calendar}),
        ("GET", f"/events?start=2026-11-01&end=2026-12-01&search=calendar_id:{calendar}", None),
        ("GET", f"/events/{event}", None),
        ("PUT", f"/events/{event}", {"what": "stolen"}),
        ("DELETE", f"/events/{event}", None),
        ("POST", "/calendars", resource | {"name": "x", "description": "y"}),
        ("GET", f"/calendars/{calendar}", None),
        ("PUT", f"/calendars/{calendar}", {"name": "stolen"}),
        ("DELETE", f"/calendars/{calendar}", None),
        ("GET", f"/resources/{calendar}", None),
        ("PUT", f"/resources/{calendar}", {"name": "stolen"}),
        ("DELETE", f"/resources/{calendar}", None),
        ("GET", f"/resources/timezone/secret-{numbers['CAL']}@example.com", None),
        ("POST", "/availability", {"mode": "mutual", "resources": [calendar]}),
        ("POST", "/bookings", wanted | {"graph": "instant", "customer": {"name": "x"}}),
        ("POST", "/bookings/reserve", wanted),
        ("GET", f"/bookings?search=resource_id:{calendar}", None),
        ("GET", f"/bookings/{booking}", None),
        ("PUT", f"/bookings/{booking}", {"meta": {}}),
        ("PUT", f"/bookings/{booking}/cancel", None),
        ("POST", f"/bookings/{booking}/cancel", None),
        ("PUT", f"/bookings/{booking}/reschedule", TIME | resource),
        ("POST", f"/bookings/{booking}/reschedule", TIME | resource),
        ("DELETE", f"/bookings/{booking}", None),
    ]


def test_every_endpoint_of_the_timekit_family_answers_so_as_well(app, url, a_token, theirs):
    _, acme, ids = theirs
    secret = {"timekit": {"email": f"secret-{ids['CAL']}@example.com"}}
    calendars.revise(app, acme, ids["CAL"], {"metadata": secret})
    draft = a_draft(span("12:00", "12:30", "2026-11-24"), **booked(Graph.INSTANT, None).fields())
    booking = events.book(app, acme, ids["CAL"], draft, check=Check.FULL)
    numbers = ids | {"BKG": booking.id}
    mine = bearer(a_token("admin"))

    def ask(method, path, body):
        answer = httpx.request(method, f"{url}/v2{path}", json=body, headers=mine)
        assert answer.status_code == 404, (method, path, answer.text)
        return answer.json()

    for_theirs = [ask(*asked) for asked in of_timekit(numbers)]
    for_unknown = [ask(*asked) for asked in of_timekit(unknown(numbers))]

    assert for_theirs == for_unknown
    named = httpx.get(f"{url}/openapi.json").json()["paths"]
    assert (
        len(for_theirs) == sum(len(methods) for p, methods in named.items() if p[:4] == "/v2/") - 3
    )
    for path in (
        "/calendars",
        "/resources",
        "/bookings",
        "/events?start=2026-11-01&end=2026-12-01",
    ):
        assert "Secret" not in httpx.get(f"{url}/v2{path}", headers=mine).text
    assert events.get(app, acme, booking.id)[1] == booking


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
