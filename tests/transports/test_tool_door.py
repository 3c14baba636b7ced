"""`POST /tools/{name}`: the tools for programs that speak neither MCP nor a platform's dialect."""

import httpx
import pytest

from tests.transports.conftest import bearer

CREATE = {"title": "Jane Doe", "start_at": "2026-11-23T10:00"}


@pytest.fixture
def call(url):
    def call(name, arguments=None, /, **headers):
        return httpx.post(f"{url}/tools/{name}", json=arguments, headers=headers)

    return call


def test_a_tool_answers_with_text_for_the_model_and_data_for_programs(call):
    answer = call("create_event", CREATE).json()

    assert answer["success"] is True
    assert answer["text"].startswith("It's booked: Monday, November 23rd at 10 AM.")
    assert answer["text"].startswith(answer["data"]["say"])
    assert answer["data"]["event"]["start_at"] == "2026-11-23T10:00:00-05:00"


def test_a_body_may_be_left_out(call, url):
    assert call("list_calendars").json()["data"]["calendars"]
    assert httpx.post(f"{url}/tools/list_calendars").json()["success"]


def test_a_refusal_has_its_status_its_code_and_text_for_the_model(call):
    call("create_event", CREATE)

    refused = call("create_event", CREATE | {"title": "Omar"})

    body = refused.json()
    assert refused.status_code == 409
    assert (body["success"], body["code"]) == (False, "slot_taken")
    assert body["text"].startswith("slot_taken: ")
    assert body["alternatives"][0]["weekday"] == "Tuesday"
    assert call("get_event", {"event_id": "evt_zzzzzz"}).status_code == 404
    wrong = call("create_event", {"titel": "x"})
    assert wrong.status_code == 422
    assert "title" in wrong.json()["hint"]


def test_an_idempotency_key_is_the_request_id_unless_the_body_has_one(call):
    first = call("create_event", CREATE, **{"Idempotency-Key": "a"})
    again = call("create_event", CREATE, **{"Idempotency-Key": "a"})
    own = call("create_event", CREATE | {"request_id": "b"}, **{"Idempotency-Key": "a"})
    reading = call("list_calendars", {}, **{"Idempotency-Key": "a"})

    assert first.json() == again.json()
    assert own.status_code == 409
    assert reading.status_code == 200


def test_there_are_no_other_tools_and_those_that_are_off_say_so(start, calendar, call):
    booking_only = start(SCHED_AGENT_TOOLSETS="booking")

    assert call("no_such_tool", {}).status_code == 404
    off = httpx.post(f"{booking_only}/tools/delete_event", json={"event_id": "evt_7k3m9q"})
    assert off.status_code == 422
    assert "create_event" in off.json()["hint"]


def test_a_token_is_needed_as_elsewhere_and_its_scope_counts(call, a_token):
    token = a_token("read")

    assert call("list_calendars", {}).status_code == 401
    assert call("list_calendars", {}, **bearer(token)).status_code == 200
    assert call("create_event", CREATE, **bearer(token)).status_code == 403


def test_a_stale_change_is_told_what_the_event_is_now(call):
    made = call("create_event", CREATE).json()["data"]["event"]
    call("update_event", {"event_id": made["id"], "title": "newer"})

    stale = call("update_event", {"event_id": made["id"], "title": "y", "if_version": 1})

    assert stale.status_code == 412
    assert stale.json()["current"]["title"] == "newer"
