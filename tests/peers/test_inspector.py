"""The Inspector's command line calls every tool, by both doors and in both protocol eras."""

import json
from pathlib import Path

import pytest

from tests.peers.inspector import AUTH_REQUIRED, Inspector
from tests.peers.running import PROGRAMS, Door, run, serving, settings

MONDAY = "2026-11-23"


@pytest.fixture(params=["legacy", "modern"])
def inspector(request: pytest.FixtureRequest, node_modules: Path, door: Door) -> Inspector:
    return Inspector.of(node_modules, door, request.param)


def test_every_tool_answers_the_inspector_with_structured_content(inspector: Inspector) -> None:
    listed = [tool["name"] for tool in inspector.ask("tools/list")["tools"]]
    call = inspector.call

    [calendar] = call("list_calendars")["calendars"]
    assert calendar["timezone"] == "America/New_York"

    free = call("check_availability", when=MONDAY, duration_minutes=30)
    assert free["available"] is True
    start = free["slots"][0]["start_at"]
    assert start == f"{MONDAY}T09:00:00-05:00"

    attendees = [{"name": "Ana", "email": "ana@example.com"}]
    event = call("create_event", title="Intake", start_at=start, attendees=attendees)["event"]
    assert (event["calendar_id"], event["status"]) == (calendar["id"], "confirmed")
    assert call("get_event", event_id=event["id"])["event"] == event
    assert call("list_events", **{"from": MONDAY})["events"] == [event]

    answer = {"attendee": "ana@example.com", "response": "accepted"}
    event = call("respond_to_event", event_id=event["id"], **answer)["event"]
    assert event["attendees"][0]["response"] == "accepted"
    event = call("update_event", event_id=event["id"], start_at=f"{MONDAY}T11:00")["event"]
    assert event["start_at"] == f"{MONDAY}T11:00:00-05:00"
    event = call("cancel_event", event_id=event["id"], reason="ill")["event"]
    assert (event["status"], event["cancel_reason"]) == ("cancelled", "ill")
    assert call("delete_event", event_id=event["id"])["deleted"]["id"] == event["id"]

    room = call("create_calendar", name="Room 2", timezone="Europe/Lisbon")["calendar"]
    assert room["timezone"] == "Europe/Lisbon"
    room = call("update_calendar", calendar_id=room["id"], buffer_after_minutes=10)["calendar"]
    assert room["buffer_after_minutes"] == 10
    closed = {"type": "exception", "date": MONDAY, "available": False}
    added = call("add_availability_rule", calendar_id=room["id"], **closed)
    assert [rule["available"] for rule in added["rules"]] == [True, False]
    gone = {"calendar_id": room["id"], "rule_id": added["rule"]["id"]}
    assert call("remove_availability_rule", **gone)["rules"] == added["rules"][:1]

    add = ["provider", "add", "google", "--client-id", "us"]
    added = run([PROGRAMS / "sched-agent", *add], inspector.door.env)
    assert added.returncode == 0, added.stderr
    begun = call("connect_provider", calendar_id=calendar["id"], provider="google")
    assert begun["connection"]["state"] == "pending"
    assert begun["authorization_url"].startswith("https://accounts.google.com/")
    [connection] = call("sync_calendar", calendar_id=calendar["id"])["connections"]
    assert connection == begun["connection"]

    assert set(inspector.called) == set(listed)
    assert len(listed) == 15


def test_the_inspector_finds_no_fault_in_the_tools_schemas(inspector: Inspector) -> None:
    inspector.ask("tools/list", "--strict")


def test_a_refused_booking_reaches_the_inspector_as_the_tools_error(inspector: Inspector) -> None:
    refused = inspector.refused("create_event", title="Intake", start_at="2026-11-22T09:00")

    assert refused["content"][0]["text"].startswith("outside_hours: ")
    assert refused["_meta"]["sched-agent/error"]["code"] == "outside_hours"


def test_the_inspector_reads_the_agenda_and_a_prompt(inspector: Inspector) -> None:
    [calendar] = inspector.call("list_calendars")["calendars"]
    uri = f"calendar://{calendar['id']}/agenda/{MONDAY}"

    [page] = inspector.ask("resources/read", "--uri", uri)["contents"]
    [template] = inspector.ask("resources/templates/list")["resourceTemplates"]
    name = inspector.ask("prompts/list")["prompts"][0]["name"]
    prompt = inspector.ask("prompts/get", "--prompt-name", name)

    assert page["uri"] == uri
    assert page["text"]
    assert template["uriTemplate"] == "calendar://{calendar_id}/agenda/{date}"
    assert prompt["messages"][0]["content"]["text"]


def test_of_forty_bookings_that_the_inspector_sends_at_once_one_is_made(
    inspector: Inspector,
) -> None:
    monday = json.dumps({"title": "Intake", "start_at": f"{MONDAY}T09:00"})
    load = ["--load", "--load-requests", "40", "--load-concurrency", "8"]

    counts = inspector.ask(
        "tools/call", "--tool-name", "create_event", "--tool-args-json", monday, *load
    )

    assert (counts["ok"], counts["toolErrors"], counts["errors"]) == (1, 39, 0)
    assert len(inspector.call("list_events")["events"]) == 1


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_is_let_in_with_a_token_only_and_sees_what_its_scope_allows(
    era: str, node_modules: Path, tmp_path: Path
) -> None:
    env = settings(tmp_path)
    made = run([PROGRAMS / "sched-agent", "token", "create", "--name", "x", "--scope", "read"], env)
    token = made.stdout.split()[0]
    with serving([PROGRAMS / "sched-agent", "serve"], env, tmp_path / "serve.log") as url:
        inspector = Inspector.of(node_modules, Door(url, env), era)

        bare = inspector.run("tools/list")
        wrong = inspector.run("tools/list", "--header", "Authorization: Bearer wrong")
        right = inspector.ask("tools/list", "--header", f"Authorization: Bearer {token}")

    assert (bare.returncode, wrong.returncode) == (AUTH_REQUIRED, AUTH_REQUIRED)
    names = [tool["name"] for tool in right["tools"]]
    assert names == ["list_calendars", "check_availability", "get_event", "list_events"]
