"""The Timekit family: events, calendars and resources, as its pages have them."""

import base64

import httpx
import pytest

from sched_agent.model.ids import Kind, uuid
from tests.transports.conftest import bearer, tool_result

MONDAY = {"start": "2026-11-23T10:00:00+0100", "end": "2026-11-23T11:00:00+0100"}
EVENT = {**MONDAY, "what": "Strategy meeting", "where": "Room 3"}
DAY = {"start": "2026-11-23", "end": "2026-11-24"}
RESOURCE = {"name": "Ann", "timezone": "Europe/Berlin", "email": "ann@example.com"}


@pytest.fixture
def api(rest, calendar):
    """Call a path below /v2 and return its JSON."""

    def api(method, path, body=None, *, expect=None, key=None, **params):
        headers = {"Idempotency-Key": key} if key else {}
        answer = rest.request(method, f"/v2{path}", json=body, params=params, headers=headers)
        expected = expect or {"POST": 201, "GET": 200}.get(method, 204)
        assert answer.status_code == expected, answer.text
        assert expected != 204 or answer.content == b""
        return answer.json() if answer.content else None

    return api


@pytest.fixture
def ann(api):
    """A resource in Berlin, and with it her calendar."""
    return api("POST", "/resources", RESOURCE)["data"]["id"]


@pytest.fixture
def add(api, ann):
    """Create an event on Ann's calendar and return it."""

    def add(**fields):
        body = {**EVENT, "calendar_id": ann, "sync_provider": True, **fields}
        return api("POST", "/events", body)["data"]

    return add


def listed(api, start="2026-11-01", end="2026-12-31", **params):
    return [e["id"] for e in api("GET", "/events", start=start, end=end, **params)["data"]]


def test_the_documented_fields_of_create_an_event_are_taken(api, ann):
    body = {
        "calendar_id": ann,
        "start": "2026-11-23T10:00:00+0100",
        "end": "2026-11-23T11:00:00+0100",
        "what": "Coffee with Peter",
        "where": "Room 3",
        "description": "A custom description",
        "invite": False,
        "participants": ["[email protected]"],
        "my_rsvp": "accepted",
        "all_day": False,
        "sync_provider": False,
        "transparent": False,
    }

    made = api("POST", "/events", body)

    assert made["meta"] == {"message": "Event created"}
    event = api("GET", f"/events/{made['data']['id']}")["data"]
    assert event == {
        "id": made["data"]["id"],
        "what": "Coffee with Peter",
        "where": "Room 3",
        "description": "A custom description",
        "rsvp": "accepted",
        "allDay": False,
        "start": "2026-11-23T10:00:00+01:00",
        "end": "2026-11-23T11:00:00+01:00",
        "created_at": "2026-11-20T16:00:00+01:00",
        "updated_at": "2026-11-20T16:00:00+01:00",
        "participants": ["[email protected]"],
        "calendar_id": ann,
        "transparent": False,
    }


def test_only_five_fields_of_an_event_are_required(api, ann):
    refused = api("POST", "/events", {}, expect=422)

    assert sorted(refused["errors"]) == ["calendar_id", "end", "start", "what", "where"]
    api("POST", "/events", {**EVENT, "calendar_id": ann})


def test_sync_provider_answers_with_the_event(add, api):
    event = add()

    assert api("GET", f"/events/{event['id']}")["data"] == event


def test_an_invitation_that_nobody_sends_is_told(api, ann):
    made = api("POST", "/events", {**EVENT, "calendar_id": ann, "invite": True})

    assert "No invitation was sent" in made["meta"]["note"]


def test_an_event_is_not_checked_and_blocks(add, api, ann):
    add()
    add(what="Over it")
    over = add(what="Beside", transparent=True)

    assert over["transparent"] is True
    assert len(listed(api, search=f"resource_id:{ann}")) == 3


def test_ones_own_rsvp_counts_only_among_the_participants(add):
    both = add(participants=["bo@example.com", "Ann@example.com"], my_rsvp="needsAction")
    without = add(participants=["bo@example.com"], my_rsvp="declined")

    assert (both["rsvp"], without["rsvp"]) == ("needsAction", "accepted")


def test_a_time_without_offset_is_in_the_calendars_zone(add):
    event = add(start="2026-11-23T10:00", end="2026-11-23 11:00:00")

    assert event["start"] == "2026-11-23T10:00:00+01:00"


@pytest.mark.parametrize(
    ("begins", "ends", "last"),
    [
        pytest.param("2026-11-23", "2026-11-24", "2026-11-24", id="half-open"),
        pytest.param("2026-11-23", "2026-11-23", "2026-11-24", id="the same date"),
        pytest.param("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", "2026-11-24", id="midnights"),
        pytest.param("2026-11-23T00:00", "2026-11-24T23:59", "2026-11-25", id="to the last minute"),
        pytest.param(
            "2026-11-23T00:00:00-0800", "2026-11-24T00:00:00-0800", "2026-11-24", id="west"
        ),
        pytest.param(
            "2026-11-23T23:00:00-0800", "2026-11-23T23:30:00-0800", "2026-11-24", id="late"
        ),
    ],
)
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_an_all_day_event_has_the_dates_as_they_are_written(api, add, zone, begins, ends, last):
    resource = api("POST", "/resources", {"name": "West", "timezone": zone})["data"]["id"]

    event = add(calendar_id=resource, all_day=True, start=begins, end=ends)

    assert event["allDay"] is True
    assert event["start"].startswith("2026-11-23T00:00:00")
    assert event["end"].startswith(f"{last}T00:00:00")


def test_an_all_day_event_does_not_end_before_it_starts(api, ann):
    body = {**EVENT, "calendar_id": ann, "all_day": True}
    for start, end in (("2026-11-24", "2026-11-23"), ("2026-11-24", "2026-11-31"), ("now", "x")):
        api("POST", "/events", {**body, "start": start, "end": end}, expect=422)


def test_an_event_is_changed_by_what_was_sent(add, api):
    event = add(description="d", participants=["bo@example.com"])
    path = f"/events/{event['id']}"

    api("PUT", path, {"start": "2026-11-23T12:00:00+01:00"})
    moved = api("GET", path)["data"]
    api("PUT", path, {"what": "Other", "where": "Here", "description": None, "participants": []})
    changed = api("GET", path)["data"]

    assert moved["end"] == "2026-11-23T13:00:00+01:00"
    assert (changed["what"], changed["where"], changed["description"]) == ("Other", "Here", None)
    assert changed["participants"] == []
    assert changed["start"] == moved["start"]


def test_an_event_becomes_all_day_and_timed_again(add, api):
    path = f"/events/{add()['id']}"
    seen = []
    for change in (
        {"all_day": True},
        {"what": "Still all day"},
        {"end": "2026-11-25"},
        {"start": "2026-11-26"},
        {"all_day": False},
        {"all_day": True, "start": "2026-11-23", "end": "2026-11-23"},
        {"all_day": False, "start": "2026-11-23T10:00", "end": "2026-11-23T11:00"},
    ):
        api("PUT", path, change)
        event = api("GET", path)["data"]
        seen.append((event["allDay"], event["start"][5:16], event["end"][5:16]))

    assert seen == [
        (True, "11-23T00:00", "11-24T00:00"),
        (True, "11-23T00:00", "11-24T00:00"),
        (True, "11-23T00:00", "11-25T00:00"),
        (True, "11-26T00:00", "11-28T00:00"),
        (False, "11-26T00:00", "11-28T00:00"),
        (True, "11-23T00:00", "11-24T00:00"),
        (False, "11-23T10:00", "11-23T11:00"),
    ]


def test_a_meeting_that_was_booked_alone_is_not_moved_onto_another(api, url, calendar):
    for hour in (10, 11):
        when = f"2026-11-23T{hour}:00"
        tool_result(url, "create_event", title="m", start_at=when, duration_minutes=60)
    first, second = listed(api)

    refused = api("PUT", f"/events/{second}", {"start": "2026-11-23T10:30"}, expect=409)

    assert refused["code"] == "slot_taken"
    assert set(refused["alternatives"][0]) == {"start", "end"}
    assert first


def test_a_deleted_event_is_gone_for_the_family_and_cancelled_for_others(add, api, url):
    event = add()
    path = f"/events/{event['id']}"

    api("DELETE", path)

    assert api("GET", path, expect=404)["code"] == "unknown_event"
    assert api("PUT", path, {"what": "x"}, expect=404)["code"] == "unknown_event"
    assert api("DELETE", path, expect=404)["code"] == "unknown_event"
    assert listed(api) == []
    seen = tool_result(url, "get_event", event_id=event["id"])["structuredContent"]
    assert seen["event"]["status"] == "cancelled"


def test_events_are_listed_by_the_time_that_they_touch(add, api, ann):
    first = add()["id"]
    other = api("POST", "/resources", RESOURCE)["data"]["id"]
    second = add(calendar_id=other, start="2026-11-24T10:00", end="2026-11-24T11:00")["id"]

    assert listed(api) == [first, second]
    assert listed(api, start="2026-11-23T10:30:00+01:00", end="2026-11-23T10:45:00+01:00") == [
        first
    ]
    assert listed(api, start="2026-11-23T11:00:00+01:00", end="2026-11-24T09:00:00+01:00") == []
    assert listed(api, search=f"resource_id:{other}") == [second]
    assert listed(api, search=f"calendar_id:{ann}") == [first]
    assert listed(api, search=f"resource_id:{ann};calendar_id:{other}") == []


@pytest.mark.parametrize("search", ["what:x", "resource_id", "resource_id=x"])
def test_a_search_that_there_is_not_is_refused(api, search):
    refused = api("GET", "/events", start="2026-11-01", end="2026-12-01", search=search, expect=422)

    assert "search" in refused["errors"]


def test_bounds_are_required_in_order_and_other_filters_refused(api):
    assert (
        "end" in api("GET", "/events", start="2026-12-01", end="2026-11-01", expect=422)["errors"]
    )
    assert sorted(api("GET", "/events", expect=422)["errors"]) == ["end", "start"]
    assert api("GET", "/calendars", expect=422, start="x")["code"] == "unknown_argument"


def test_lists_have_pages_beside_their_data(add, api, rest):
    for hour in range(5):
        add(start=f"2026-11-23T1{hour}:00", end=f"2026-11-23T1{hour}:30")
    bounds = {"start": "2026-11-01", "end": "2026-12-01"}

    first = api("GET", "/events", **bounds, limit=2)
    second = rest.get(first["next_page_url"]).json()
    last = rest.get(second["next_page_url"]).json()
    beyond = api("GET", "/events", **bounds, limit=2, page=9)

    assert {k: first[k] for k in ("total", "per_page", "current_page", "last_page")} == {
        "total": 5,
        "per_page": 2,
        "current_page": 1,
        "last_page": 3,
    }
    assert (first["from"], first["to"], first["prev_page_url"]) == (1, 2, None)
    assert (last["from"], last["to"], last["next_page_url"]) == (5, 5, None)
    assert rest.get(last["prev_page_url"]).json() == second
    pages = [e["start"][11:13] for page in (first, second, last) for e in page["data"]]
    assert pages == ["10", "11", "12", "13", "14"]
    assert (beyond["data"], beyond["from"], beyond["total"]) == ([], None, 5)
    assert api("GET", "/calendars")["per_page"] == 50


def test_an_event_can_bring_its_calendar(add, api, ann):
    path = f"/events/{add()['id']}"

    assert api("GET", path, include="calendar")["data"]["calendar"]["id"] == ann
    assert "include" in api("GET", path, include="owner", expect=422)["errors"]


def test_a_resource_is_made_read_changed_and_deleted(api, rest):
    sent = {
        **RESOURCE,
        "first_name": "Ann",
        "last_name": "Ex",
        "image": "https://example.com/a.png",
        "password": "never-kept",
        "meta": {"team": [1]},
        "availability_constraints": [{"allow_weekdays": {}}],
    }

    made = api("POST", "/resources", sent)["data"]
    path = f"/resources/{made['id']}"
    whole = api("GET", path, include="availability_constraints,calendars")["data"]
    api("PUT", path, {"name": "Anna", "meta": None, "timezone": "Europe/Lisbon"})
    changed = api("GET", path)["data"]

    kept = {k: v for k, v in sent.items() if k not in {"password", "availability_constraints"}}
    assert {name: made[name] for name in kept} == kept
    assert "never-kept" not in rest.get(f"/v2{path}").text
    assert whole["availability_constraints"] == [{"allow_weekdays": {}}]
    assert [c["id"] for c in whole["calendars"]] == [made["id"]]
    assert (changed["name"], changed["meta"], changed["timezone"]) == (
        "Anna",
        None,
        "Europe/Lisbon",
    )
    assert (changed["email"], changed["last_name"]) == ("ann@example.com", "Ex")
    api("DELETE", path)
    assert api("GET", path, expect=404)["code"] == "unknown_calendar"


def test_the_password_of_a_resource_is_kept_nowhere(api, app, admin):
    made = api("POST", "/resources", {**RESOURCE, "password": "never-kept"})["data"]["id"]

    with app.store.snapshot(admin.environment_id) as tx:
        kept = next(c for c in tx.calendars(None, 10, 0) if uuid(Kind.CALENDAR, c.id) == made)
    assert "never-kept" not in repr(kept)


def test_an_email_of_a_resource_stays(api, ann):
    path = f"/resources/{ann}"

    api("PUT", path, {"email": "ann@example.com", "first_name": "A"})
    assert api("PUT", path, {"email": "b@example.com"}, expect=422)["code"] == "unsupported"


def test_constraints_that_there_are_not_are_refused(api, ann):
    wrong: dict[str, object] = {"availability_constraints": [{"allow_days": {}}]}

    for method, path in (("POST", "/resources"), ("PUT", f"/resources/{ann}")):
        refused = api(method, path, RESOURCE | wrong, expect=422)
        assert list(refused["errors"]) == ["availability_constraints.0"]


def test_constraints_that_cannot_be_given_back_are_refused(rest, api):
    body = b'{"name": "n", "timezone": "UTC", "availability_constraints": [{"allow_day": %s}]}'
    for value in (b'{"day": "Monday", "x": NaN}', b'{"day": "Monday", "x": "\\ud800"}'):
        headers = {"Content-Type": "application/json"}
        refused = rest.post("/v2/resources", content=body % value, headers=headers)
        assert refused.status_code == 422, refused.text


def test_metadata_that_another_door_writes_harms_nothing(api, rest, ann):
    written: list[dict[str, object]] = [
        {"timekit": "x"},
        {"timekit": {"email": 5, "meta": [], "image": {}}},
        {},
    ]
    for kept in written:
        rest.put(f"/api/v1/calendars/{ann}", json={"metadata": kept}).raise_for_status()
        assert api("GET", f"/resources/{ann}")["data"]["email"] is None
        api("GET", f"/calendars/{ann}")
    unreadable: dict[str, object] = {
        "timekit": {"availability_constraints": {"allow_weekdays": {}}}
    }
    rest.put(f"/api/v1/calendars/{ann}", json={"metadata": unreadable}).raise_for_status()
    question = {"mode": "mutual", "resources": [ann]}
    assert "can't be read" in api("POST", "/availability", question, expect=422)["message"]
    api("GET", f"/resources/{ann}", include="availability_constraints")


def test_the_zone_of_somebody_is_found_by_email(api, ann):
    api("POST", "/resources", {**RESOURCE, "email": "in@example.com", "timezone": "Asia/Kolkata"})

    told = api("GET", "/resources/timezone/Ann@example.com")["data"]

    assert told == {"timezone": "Europe/Berlin", "utc_offset": 1}
    assert api("GET", "/resources/timezone/in@example.com")["data"]["utc_offset"] == 5.5
    api("GET", "/resources/timezone/nobody@example.com", expect=404)


def test_a_further_calendar_of_a_resource(api, ann):
    body = {
        "resource_id": ann,
        "name": "Private",
        "description": "Not work",
        "backgroundcolor": "#33cc33",
        "foregroundcolor": "#000",
    }

    made = api("POST", "/calendars", body)["data"]
    path = f"/calendars/{made['id']}"
    api("PUT", path, {"name": "Home", "foregroundcolor": "#fff", "provider_sync": False})
    changed = api("GET", path)["data"]

    assert {name: made[name] for name in body} == body
    assert (made["provider"], made["provider_sync"]) == (None, False)
    assert (changed["name"], changed["description"]) == ("Home", "Not work")
    assert (changed["backgroundcolor"], changed["foregroundcolor"]) == ("#33cc33", "#fff")
    mine = api("GET", "/calendars", search=f"resource_id:{ann}")["data"]
    assert [c["id"] for c in mine] == [ann, made["id"]]
    assert made["id"] not in [r["id"] for r in api("GET", "/resources")["data"]]
    api("GET", f"/resources/{made['id']}", expect=404)
    api("DELETE", f"/resources/{made['id']}", expect=404)
    api("DELETE", path)
    api("GET", path, expect=404)


def test_what_needs_a_provider_is_refused(api, ann):
    for change in ({"provider_sync": True}, {"primary": True}):
        assert api("PUT", f"/calendars/{ann}", change, expect=422)["code"] == "unsupported"


def test_a_resources_own_calendar_goes_only_with_it(api, ann):
    further = {"resource_id": ann, "name": "Private", "description": "d"}
    other = api("POST", "/calendars", further)["data"]["id"]

    refused = api("DELETE", f"/calendars/{ann}", expect=409)
    api("DELETE", f"/resources/{ann}")

    assert refused["hint"] == "Delete the resource instead."
    api("GET", f"/calendars/{other}", expect=404)


def test_a_resources_zone_is_that_of_all_its_calendars(api, ann):
    further = {"resource_id": ann, "name": "Private", "description": "d"}
    other = api("POST", "/calendars", further)["data"]["id"]

    api("PUT", f"/resources/{ann}", {"timezone": "Asia/Tokyo"})

    assert api("GET", f"/calendars/{other}")["data"]["created_at"].endswith("+09:00")


def test_every_write_with_a_key_acts_once(api, ann):
    for path, body in (
        ("/resources", RESOURCE),
        ("/calendars", {"resource_id": ann, "name": "P", "description": "d"}),
        ("/events", {**EVENT, "calendar_id": ann, "sync_provider": True}),
    ):
        made = [api("POST", path, body, key=f"k1{path}")["data"] for _ in range(2)]
        assert made[0] == made[1]
        one = f"{path}/{made[0]['id']}"
        change = {"what": "x"} if path == "/events" else {"name": "x"}
        for _ in range(2):
            api("PUT", one, change, key=f"k2{path}")
        for _ in range(2):
            api("DELETE", one, key=f"k3{path}")
        api("DELETE", one, expect=404)


def test_a_body_of_more_than_64000_characters_is_refused(api, ann):
    body = {**EVENT, "calendar_id": ann}
    spare = 64_000 - len(httpx.Request("POST", "http://x", json=body | {"filler": ""}).content)

    api("POST", "/events", body | {"filler": "x" * spare})
    refused = api("POST", "/events", body | {"filler": "x" * (spare + 1)}, expect=413)

    assert "64000 characters" in refused["message"]


def test_a_token_is_the_password_of_nobody(start, calendar, a_token):
    url, token = start(), a_token("read")
    basic = base64.b64encode(f":{token}".encode()).decode()

    ours = httpx.get(f"{url}/v2/resources", headers={"Authorization": f"Basic {basic}"})
    also = httpx.get(f"{url}/v2/resources", headers=bearer(token))
    nobody = httpx.get(f"{url}/v2/resources")

    assert (ours.status_code, also.status_code, nobody.status_code) == (200, 200, 401)
    assert nobody.headers["WWW-Authenticate"].startswith("Basic")
    described = httpx.get(f"{url}/openapi.json").json()
    schemes = described["components"]["securitySchemes"]
    secured = described["paths"]["/v2/events"]["post"]["security"]
    assert {schemes[name]["scheme"] for scheme in secured for name in scheme} == {"basic", "bearer"}


def test_each_verb_needs_its_scope(start, calendar, a_token):
    url, number = start(), uuid(Kind.CALENDAR, calendar.id)
    event = {**EVENT, "calendar_id": number}
    asked = {
        ("POST", "/events", "write"): event,
        ("POST", "/resources", "admin"): RESOURCE,
        ("PUT", f"/resources/{number}", "admin"): {"name": "x"},
        ("PUT", f"/calendars/{number}", "admin"): {"name": "x"},
    }
    order = ["read", "write", "admin"]
    tokens = {level: a_token(level) for level in order}

    for (method, path, needs), body in asked.items():
        for level in order:
            answer = httpx.request(
                method, f"{url}/v2{path}", json=body, headers=bearer(tokens[level])
            )
            refused = answer.status_code == 403
            assert refused is (order.index(level) < order.index(needs)), (path, level, answer.text)
