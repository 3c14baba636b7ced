"""The Talkover family: its documented paths, names, defaults and envelopes."""

import json

import pytest

from sched_agent.model.caller import hash_token
from sched_agent.model.ids import Kind, uuid
from tests.transports.conftest import bearer

EVENT = {"title": "x", "start_at": "2026-11-24T15:00:00Z", "end_at": "2026-11-24T15:30:00Z"}


@pytest.fixture
def calendar_id(rest, calendar):
    return uuid(Kind.CALENDAR, calendar.id)


@pytest.fixture
def api(rest, calendar_id):
    """Call a path below /api/v1 and return its JSON; CAL stands for the first calendar."""

    def api(method, path, body=None, *, expect=None, **params):
        path = path.replace("CAL", f"/calendars/{calendar_id}")
        response = rest.request(method, f"/api/v1{path}", json=body, params=params)
        expected = expect or (201 if method == "POST" else 200)
        assert response.status_code == expected, response.text
        return response.json()

    return api


def test_a_calendar_is_created_listed_read_changed_and_deleted(api):
    made = api(
        "POST",
        "/calendars",
        {"name": "Sales", "timezone": "Europe/Lisbon", "owner_id": "u1", "metadata": {"a": [1]}},
    )
    sales = made["data"]
    assert made["success"] is True
    assert (sales["name"], sales["timezone"], sales["owner_id"]) == ("Sales", "Europe/Lisbon", "u1")
    assert sales["metadata"] == {"a": [1]}
    assert sales["created_at"] == "2026-11-20T15:00:00Z"

    assert sales in api("GET", "/calendars")["data"]
    path = f"/calendars/{sales['id']}"
    assert api("GET", path)["data"] == sales
    changed = api("PUT", path, {"name": "Team", "owner_id": None, "max_attendees": 3})["data"]
    assert (changed["name"], changed["owner_id"], changed["max_attendees"]) == ("Team", None, 3)
    assert changed["timezone"] == "Europe/Lisbon"
    assert api("DELETE", path) == {"success": True, "message": "Calendar deleted"}
    assert api("GET", path, expect=404)["code"] == "unknown_calendar"


def test_a_new_calendar_takes_the_environments_zone_and_offers_nothing_before_it_has_rules(api):
    made = api("POST", "/calendars", {"name": "Bare"})["data"]

    assert made["timezone"] == "America/New_York"
    week = {"from": "2026-11-23", "to": "2026-11-29"}
    assert api("GET", f"/calendars/{made['id']}/availability", **week)["data"] == []


def test_event_defaults_are_the_documented_ones(api, calendar_id):
    made = api("POST", "CAL/events", EVENT)["data"]

    assert (made["status"], made["type"], made["attendees"]) == ("confirmed", "meeting", [])
    assert made["calendar_id"] == calendar_id


def test_a_time_without_offset_is_in_the_calendars_zone(api):
    naive = {"title": "x", "start_at": "2026-11-24T10:00", "end_at": "2026-11-24T10:30:00"}

    assert api("POST", "CAL/events", naive)["data"]["start_at"] == "2026-11-24T15:00:00Z"


def test_a_conflict_is_refused_with_alternatives_unless_the_calendar_allows_it(api):
    api("POST", "CAL/events", EVENT)

    refused = api("POST", "CAL/events", EVENT, expect=409)

    assert refused["success"] is False
    assert refused["code"] == "slot_taken"
    half_past = {"start_at": "2026-11-24T15:30:00Z", "end_at": "2026-11-24T16:00:00Z"}
    assert half_past in refused["alternatives"]
    api("PUT", "CAL", {"double_booking": "allow"})
    api("POST", "CAL/events", EVENT)


def test_the_door_checks_conflicts_only(api):
    api(
        "POST",
        "CAL/events",
        EVENT | {"start_at": "2024-01-20T15:00:00Z", "end_at": "2024-01-20T16:00:00Z"},
    )


def test_an_event_is_changed_by_what_was_sent(api):
    made = api("POST", "CAL/events", EVENT | {"description": "d", "attendees": [{"name": "J"}]})
    path = f"CAL/events/{made['data']['id']}"

    moved = api("PUT", path, {"start_at": "2026-11-24T17:00:00Z"})["data"]
    cleared = api("PUT", path, {"description": None, "attendees": []})["data"]
    cancelled = api("PUT", path, {"status": "cancelled"})["data"]

    assert moved["end_at"] == "2026-11-24T17:30:00Z"
    assert moved["description"] == "d"
    assert (cleared["description"], cleared["attendees"]) == (None, [])
    assert (cancelled["status"], cancelled["title"]) == ("cancelled", "x")
    assert api("PUT", path, {"status": "cancelled"})["data"]["status"] == "cancelled"
    assert api("GET", path)["data"] == cancelled


def test_a_null_title_changes_nothing(api):
    made = api("POST", "CAL/events", EVENT)["data"]

    assert api("PUT", f"CAL/events/{made['id']}", {"title": None})["data"]["title"] == "x"


def test_what_cannot_be_kept_as_metadata_is_refused_and_nothing_is_made(rest, api):
    deep: object = 1
    for _ in range(30):
        deep = [deep]
    before = api("GET", "/calendars")
    for body in (
        b'{"name": "n", "metadata": {"a": "\\ud800"}}',
        b'{"name": "n", "metadata": {"a": NaN}}',
        json.dumps({"name": "n", "metadata": {"a": deep}}).encode(),
        json.dumps({"name": "n", "metadata": {"a": "x" * 20000}}).encode(),
    ):
        headers = {"Content-Type": "application/json"}
        refused = rest.post("/api/v1/calendars", content=body, headers=headers)
        assert refused.status_code == 422, refused.text
        assert "metadata" in refused.json()["errors"]
    assert api("GET", "/calendars") == before


def test_a_question_with_too_many_answers_is_refused(api):
    api("PUT", "CAL", {"availability": "open"})
    for number in (1, 2, 3, 4, 5, 6, 7):
        day = {"type": "exception", "date": f"2027-01-0{number}", "available": True}
        api("POST", "CAL/availability-rules", day)
    week = {"from": "2027-01-01", "to": "2027-01-07", "duration_minutes": 1}

    refused = api("GET", "CAL/availability", expect=422, **week)

    assert "More than 5000 slots" in refused["message"]


def test_a_request_with_a_key_acts_once(rest, api, calendar_id):
    headers = {"Idempotency-Key": "k1"}
    path = f"/api/v1/calendars/{calendar_id}/events"

    first = rest.post(path, json=EVENT, headers=headers)
    again = rest.post(path, json=EVENT, headers=headers)
    without = rest.post(path, json=EVENT)

    assert first.json() == again.json()
    assert (first.status_code, again.status_code, without.status_code) == (201, 201, 409)
    assert len(api("GET", "CAL/events")["data"]) == 1


def test_deleting_with_a_key_acts_once(rest, api, calendar_id):
    event = api("POST", "CAL/events", EVENT)["data"]["id"]
    rule = api("GET", "CAL/availability-rules")["data"][0]["id"]
    base = f"/api/v1/calendars/{calendar_id}"

    for path in (f"{base}/events/{event}", f"{base}/availability-rules/{rule}", base):
        answers = [rest.delete(path, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert rest.delete(path).status_code == 404


def test_a_hold_over_rest_is_tentative_and_runs_out(api, clock):
    held = api("POST", "CAL/events", EVENT | {"hold_minutes": 5})["data"]

    assert (held["status"], held["hold_expires_at"]) == ("tentative", "2026-11-20T15:05:00Z")
    assert api("POST", "CAL/events", EVENT, expect=409)["code"] == "slot_taken"
    clock.move_by(5)
    api("POST", "CAL/events", EVENT)


def test_a_filter_that_is_not_there_is_refused_and_not_ignored(api):
    refused = api("GET", "CAL/events", expect=422, attendee="Jane")

    assert refused["code"] == "unknown_argument"
    assert "no query parameter attendee" in refused["message"]
    assert refused["hint"] == "There are: from, page, per_page, status, to."


def test_white_space_around_a_text_does_not_count(api):
    assert api("POST", "CAL/events", EVENT | {"title": "  x "})["data"]["title"] == "x"
    assert "title" in api("POST", "CAL/events", EVENT | {"title": "   "}, expect=422)["errors"]


def test_who_made_an_event_can_be_corrected_and_an_owner_taken_away(api):
    owned = EVENT | {"created_by": "u1", "owner_type": "user", "owner_id": "u2"}
    path = f"CAL/events/{api('POST', 'CAL/events', owned)['data']['id']}"

    changed = api("PUT", path, {"created_by": "u3", "owner_type": None, "owner_id": None})["data"]

    assert (changed["created_by"], changed["owner_id"], changed["version"]) == ("u3", None, 2)
    assert "start_at" in api("PUT", path, {"start_at": ""}, expect=422)["errors"]


def test_an_event_is_deleted(api):
    made = api("POST", "CAL/events", EVENT)["data"]

    assert api("DELETE", f"CAL/events/{made['id']}") == {
        "success": True,
        "message": "Event deleted",
    }
    assert api("GET", f"CAL/events/{made['id']}", expect=404)["code"] == "unknown_event"


def test_an_event_is_found_only_below_its_own_calendar(api):
    made = api("POST", "CAL/events", EVENT)["data"]
    other = api("POST", "/calendars", {"name": "Other"})["data"]["id"]

    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        path = f"/calendars/{other}/events/{made['id']}"
        assert api(method, path, body, expect=404)["code"] == "unknown_event"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["09", "11", "13"]),
        ({"from": "2026-11-24T11:00:00Z"}, ["11", "13"]),
        ({"from": "2026-11-24T11:00:01Z"}, ["13"]),
        ({"to": "2026-11-24T12:00:00Z"}, ["09", "11"]),
        ({"to": "2026-11-24T11:59:59Z"}, ["09"]),
        ({"status": "tentative"}, ["11"]),
        ({"page": 2, "per_page": 2}, ["13"]),
    ],
)
def test_events_are_listed_by_containment_status_and_page(api, params, expected):
    for hour, status in (("09", "confirmed"), ("11", "tentative"), ("13", "cancelled")):
        times = {
            "start_at": f"2026-11-24T{hour}:00:00Z",
            "end_at": f"2026-11-24T{int(hour) + 1}:00:00Z",
        }
        api("POST", "CAL/events", {"title": hour, "status": status, **times})

    listed = api("GET", "CAL/events", **params)

    assert [event["title"] for event in listed["data"]] == expected
    if "page" in params:
        assert listed["pagination"] == {
            "current_page": 2,
            "per_page": 2,
            "total": 3,
            "last_page": 2,
        }
    else:
        assert "pagination" not in listed


def test_events_of_several_calendars_come_in_one_flat_list(api, calendar_id):
    other = api("POST", "/calendars", {"name": "Other"})["data"]["id"]
    api("POST", f"/calendars/{other}/events", EVENT)
    api("POST", "CAL/events", EVENT | {"start_at": "2026-11-24T14:00:00Z"})

    listed = api("GET", "/calendars/events", **{"calendar_ids[]": [other, calendar_id]})["data"]

    assert [event["calendar_id"] for event in listed] == [calendar_id, other]
    unknown = {"calendar_ids[]": [other, "cal-1"]}
    assert api("GET", "/calendars/events", expect=404, **unknown)["code"] == "unknown_calendar"
    assert "calendar_ids" in api("GET", "/calendars/events", expect=422)["message"]


def test_availability_lists_back_to_back_slots_in_utc(api):
    api("POST", "CAL/events", EVENT)
    span = {"from": "2026-11-24T14:00:00Z", "to": "2026-11-24T16:30:00Z"}

    slots = api("GET", "CAL/availability", **span)["data"]
    hours = api("GET", "CAL/availability", duration_minutes=60, **span)["data"]

    assert [slot["start_at"][11:] for slot in slots] == [
        "14:00:00Z",
        "14:30:00Z",
        "15:30:00Z",
        "16:00:00Z",
    ]
    assert set(slots[0]) == {"start_at", "end_at"}
    assert [slot["start_at"][11:16] for slot in hours] == ["14:00"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-11-24", "to": "2026-11-23"}, "to"),
        ({"from": "2026-11-24", "to": "2028-11-23"}, "to"),
        ({"from": "2026-11-24"}, "to"),
        ({"from": "", "to": "2026-11-24"}, "from"),
        ({"from": "2026-11-24", "to": "2026-11-25", "duration_minutes": 0}, "duration_minutes"),
    ],
)
def test_a_question_about_availability_that_makes_no_sense_is_refused(api, params, field):
    assert field in api("GET", "CAL/availability", expect=422, **params)["errors"]


def test_rules_are_created_listed_and_deleted(api):
    recurring = {
        "type": "recurring",
        "days_of_week": [6],
        "start_time": "10:00",
        "end_time": "24:00",
        "timezone": "America/New_York",
    }
    made = api("POST", "CAL/availability-rules", recurring)["data"]
    closed = {"type": "exception", "date": "2026-12-25", "available": False}
    exception = api("POST", "CAL/availability-rules", closed)["data"]

    assert made == {"id": made["id"], **recurring}
    assert exception == {"id": exception["id"], **closed}
    assert api("GET", "CAL/availability-rules")["data"][1:] == [made, exception]
    path = f"CAL/availability-rules/{exception['id']}"
    assert api("DELETE", path)["message"] == "Availability rule deleted"
    assert api("DELETE", path, expect=404)["code"] == "unknown_rule"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "recurring"}, "days_of_week"),
        ({"type": "recurring", "days_of_week": [0]}, "days_of_week"),
        ({"type": "recurring", "days_of_week": [1]}, "start_time"),
        (
            {"type": "recurring", "days_of_week": [1], "start_time": "9.00", "end_time": "17:00"},
            "start_time",
        ),
        (
            {"type": "recurring", "days_of_week": [1], "start_time": "22:00", "end_time": "02:00"},
            "end_time",
        ),
        ({"type": "recurring", "days_of_week": [1], "start_time": "22:00"}, "end_time"),
        ({"type": "recurring", "days_of_week": [1], "date": "2026-12-25"}, "date"),
        ({"type": "exception", "date": "2026-12-25"}, "available"),
        ({"type": "exception", "date": "25/12/2026", "available": False}, "date"),
        ({"type": "exception", "available": False}, "date"),
        (
            {"type": "exception", "date": "2026-12-25", "available": True, "days_of_week": [1]},
            "days_of_week",
        ),
        ({"type": "weekly"}, "type"),
        ({}, "type"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(api, body, field):
    refused = api("POST", "CAL/availability-rules", body, expect=422)

    assert field in refused["errors"]


def test_hours_for_one_date_are_our_addition(api):
    body = {"type": "exception", "date": "2026-11-22", "available": True}
    hours = {"start_time": "10:00", "end_time": "11:00"}
    api("POST", "CAL/availability-rules", body | hours)

    slots = api("GET", "CAL/availability", **{"from": "2026-11-22", "to": "2026-11-22"})["data"]

    assert len(slots) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (EVENT | {"end_at": EVENT["start_at"]}, "end_at"),
        (EVENT | {"title": ""}, "title"),
        (EVENT | {"title": "x" * 256}, "title"),
        (EVENT | {"status": "maybe"}, "status"),
        (EVENT | {"owner_type": "robot", "owner_id": "x"}, "owner_type"),
        (EVENT | {"attendees": [{}]}, "attendees"),
        (EVENT | {"start_at": "0001-01-01T00:00:00Z"}, None),
        ({}, "title"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_by_its_field(api, body, field):
    refused = api("POST", "CAL/events", body, expect=422)

    assert field is None or field in refused["errors"]


def test_what_is_no_json_is_refused(rest, api):
    for content in (b"{", b"\xff\xfe", b"", b"[1]"):
        response = rest.post(
            "/api/v1/calendars", content=content, headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
        assert response.json()["success"] is False


def test_a_body_that_is_too_large_is_refused_however_it_is_sent(rest, api, calendar_id):
    path = f"/api/v1/calendars/{calendar_id}/events"
    big = b'{"title": "' + b"x" * (1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}

    known = rest.post(path, content=big, headers=headers)
    streamed = rest.post(
        path, content=(big[i : i + 65536] for i in range(0, len(big), 65536)), headers=headers
    )

    assert [known.status_code, streamed.status_code] == [413, 413]
    assert {known.json()["code"], streamed.json()["code"]} == {"invalid_argument"}


def test_paths_and_methods_that_are_not_there_are_told_in_the_same_form(rest, calendar):
    missing = rest.get("/api/v1/nothing")
    wrong = rest.patch("/api/v1/calendars", json={})

    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert wrong.headers["allow"] == "GET, POST"
    assert missing.json()["success"] is wrong.json()["success"] is False


def test_every_answer_has_a_request_id_and_keeps_the_one_that_was_sent(rest, calendar):
    own = rest.get("/healthz", headers={"X-Request-Id": "abc-1"})
    bad = rest.get("/healthz", headers={"X-Request-Id": "a b"})

    assert own.headers["x-request-id"] == "abc-1"
    assert bad.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost:1"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "null"}, 403),
    ],
)
def test_pages_of_other_sites_cannot_reach_it(rest, calendar, headers, status):
    assert rest.get("/api/v1/calendars", headers=headers).status_code == status


def test_behind_a_real_name_it_answers_to_that_name_and_asks_for_a_token(start, calendar, a_token):
    import httpx

    url = start(SCHED_AGENT_ALLOWED_HOSTS="cal.example.com")
    named = {"Host": "cal.example.com"}
    path = f"{url}/api/v1/calendars"

    assert httpx.get(f"{url}/healthz", headers=named).status_code == 200
    assert httpx.get(path, headers=named).status_code == 401
    assert httpx.get(path, headers=named | bearer(a_token("read"))).status_code == 200


def test_a_request_that_came_through_a_proxy_is_not_trusted_without_a_token(rest, calendar):
    for header in ("Forwarded", "X-Forwarded-Proto", "X-Original-Host", "X-Real-IP", "Via"):
        refused = rest.get("/api/v1/calendars", headers={header: "for=203.0.113.9"})
        assert refused.status_code == 401


def test_when_the_last_token_has_ended_nobody_gets_in_without_one(rest, calendar, a_token, clock):
    a_token("read", expires_at=clock.now + 1)
    clock.now += 1

    assert rest.get("/api/v1/calendars").status_code == 401


def test_as_soon_as_there_is_a_token_one_is_needed(rest, calendar, a_token):
    assert rest.get("/api/v1/calendars").status_code == 200
    token = a_token("read")

    assert rest.get("/api/v1/calendars").status_code == 401
    assert rest.get("/api/v1/calendars", headers=bearer(token)).status_code == 200
    for wrong in ("Basic abc", "Bearer", f"Bearer {token}x", token):
        refused = rest.get("/api/v1/calendars", headers={"Authorization": wrong})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == 'Bearer realm="sched-agent"'


def test_health_and_documentation_need_no_token(rest, calendar, a_token):
    a_token("read")

    for path in ("/healthz", "/readyz", "/openapi.json", "/docs"):
        assert rest.get(path).status_code == 200


def test_a_token_ends_when_it_expires_or_is_revoked(
    rest, calendar, app, environment, a_token, clock
):
    from sched_agent.services import tokens

    a_token("read")
    short, long = a_token("read", expires_at=clock.now + 1000), a_token("read")

    def status(token):
        return rest.get("/api/v1/calendars", headers=bearer(token)).status_code

    assert (status(short), status(long)) == (200, 200)
    clock.now += 1000
    assert (status(short), status(long)) == (401, 200)
    tokens.revoke(app, environment, app.store.find_token(hash_token(long)).id)
    assert status(long) == 401


def test_the_limit_is_for_each_token_and_fills_again(start, calendar, a_token, clock):
    import httpx

    url = start(SCHED_AGENT_RATE_LIMIT="2")
    one, other = bearer(a_token("read")), bearer(a_token("read"))

    def get(headers):
        return httpx.get(f"{url}/api/v1/calendars", headers=headers)

    assert [get(one).status_code for _ in range(3)] == [200, 200, 429]
    limited = get(one)
    assert limited.headers["retry-after"] == "30"
    assert get(other).headers["x-ratelimit-remaining"] == "1"
    clock.now += 30_000_000
    again = get(one)
    assert (again.status_code, again.headers["x-ratelimit-limit"]) == (200, "2")


def test_readiness_follows_the_database(rest, calendar, tmp_path, store):
    assert rest.get("/readyz").json() == {"status": "ready"}
    store.close()
    (tmp_path / "calendar.db").write_bytes(b"no database at all" * 100)
    for extra in ("calendar.db-wal", "calendar.db-shm"):
        (tmp_path / extra).unlink(missing_ok=True)

    refused = rest.get("/readyz")

    assert refused.status_code == 503
    assert refused.json()["code"] == "calendar_unreachable"
    assert rest.get("/healthz").status_code == 200


def test_a_change_made_with_an_older_version_in_view_is_refused_by_its_tag(rest, calendar_id):
    events = f"/api/v1/calendars/{calendar_id}/events"
    made = rest.post(events, json=EVENT)
    path = f"{events}/{made.json()['data']['id']}"
    first = made.headers["etag"]

    changed = rest.put(path, json={"title": "y"}, headers={"If-Match": first})
    assert (changed.status_code, first, changed.headers["etag"]) == (200, '"1"', '"2"')
    assert rest.get(path).headers["etag"] == '"2"'
    for method, body in (("PUT", {"title": "z"}), ("DELETE", None)):
        refused = rest.request(method, path, json=body, headers={"If-Match": first})
        assert (refused.status_code, refused.json()["code"]) == (412, "stale")
    assert rest.put(path, json={"title": "z"}, headers={"If-Match": "*"}).status_code == 200
    assert rest.delete(path, headers={"If-Match": '"3"'}).status_code == 200


@pytest.mark.parametrize("tag", ["3", 'W/"3"', '"1", "2"', '"01"', '"x"', ""])
def test_a_tag_that_names_no_version_is_refused_with_what_would_be_one(rest, calendar_id, tag):
    events = f"/api/v1/calendars/{calendar_id}/events"
    path = f"{events}/{rest.post(events, json=EVENT).json()['data']['id']}"

    refused = rest.put(path, json={"title": "z"}, headers={"If-Match": tag})

    assert refused.status_code == 422
    assert '"3" with its quotes' in refused.json()["hint"]


def test_an_all_day_event_is_sent_and_told_in_dates(api):
    days = {"title": "Fair", "all_day": True, "start_at": "2026-11-24", "end_at": "2026-11-26"}
    event = api("POST", "CAL/events", days)["data"]

    assert (event["start_date"], event["end_date"]) == ("2026-11-24", "2026-11-26")
    assert (event["start_at"], event["end_at"]) == ("2026-11-24T05:00:00Z", "2026-11-26T05:00:00Z")
    moved = api("PUT", f"CAL/events/{event['id']}", {"all_day": True, "start_at": "2026-12-01"})
    assert (moved["data"]["start_date"], moved["data"]["end_date"]) == ("2026-12-01", "2026-12-03")
