"""The Inspector's command line calls every tool, by both doors and in both protocol eras."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.peers.running import NODE, Door, run

MONDAY = "2026-11-23"


@dataclass
class Inspector:
    """The Inspector, pointed at a server; it starts anew for each call."""

    program: Path
    door: Door
    era: str
    called: list[str] = field(default_factory=list)

    def ask(self, method: str, *options: str, code: int = 0) -> Any:
        """Return the result of a request."""
        target = ["--server-url", self.door.url, "--transport", "http"]
        if self.door.url is None:
            pairs = [f"{name}={value}" for name, value in self.door.env.items()]
            target = [*(word for pair in pairs for word in ("-e", pair)), self.door.command, "mcp"]
        asked = ["--method", method, "--protocol-era", self.era, "--format", "json", *options]
        done = run([NODE, self.program, "--cli", *map(str, target), *asked])
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)["result"]

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return the structured content of a tool's answer."""
        given = json.dumps(arguments)
        self.called.append(tool)
        answer = self.ask("tools/call", "--tool-name", tool, "--tool-args-json", given)
        assert answer["isError"] is False
        assert answer["content"][0]["text"]
        return answer["structuredContent"]


@pytest.fixture(params=["legacy", "modern"])
def inspector(request: pytest.FixtureRequest, node_modules: Path, door: Door) -> Inspector:
    return Inspector(node_modules / ".bin" / "mcp-inspector", door, request.param)


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

    assert set(inspector.called) == set(listed)
    assert len(listed) == 13


def test_the_inspector_finds_no_fault_in_the_tools_schemas(inspector: Inspector) -> None:
    inspector.ask("tools/list", "--strict")


def test_a_refused_booking_reaches_the_inspector_as_the_tools_error(inspector: Inspector) -> None:
    sunday = json.dumps({"title": "Intake", "start_at": "2026-11-22T09:00"})

    refused = inspector.ask(
        "tools/call", "--tool-name", "create_event", "--tool-args-json", sunday, code=5
    )

    assert refused["isError"] is True
    assert "structuredContent" not in refused
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
