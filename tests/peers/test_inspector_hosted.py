"""The Inspector books all the way: `mcp`, a hosted backend, HTTP, `serve`, SQLite."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent

from sched_agent.bootstrap import Program, open_program
from sched_agent.model.event import EventFilter
from sched_agent.services import calendars, events
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from tests.builders import MONDAY, at
from tests.hosting import FAMILIES, Keys
from tests.peers.conftest import SERVE
from tests.peers.inspector import Inspector
from tests.peers.running import Door, serving, settings

NINE, ELEVEN = f"{MONDAY}T09:00", f"{MONDAY}T11:00"
ANA = "ana@example.com"


@dataclass(frozen=True)
class Hosted:
    """An Inspector whose calendars are at a server of one family.

    Args:
        backend: The family.
        inspector: Starts an MCP server whose calendars are there.
        vendor: Reads the server's database.
    """

    backend: str
    inspector: Inspector
    vendor: Program

    def taken(self) -> list[tuple[str, int]]:
        """Return what really takes time there: titles and starts."""
        app, admin = self.vendor.app, local_admin(self.vendor.environment)
        (calendar,) = calendars.find_all(app, admin, limit=2).items
        found = events.find_all(app, admin, EventFilter(calendar_ids=(calendar.id,)), 10)
        return [(event.title, event.interval.start) for event in found.items if event.claims]


@pytest.fixture(params=FAMILIES)
def hosted(request: pytest.FixtureRequest, node_modules: Path, tmp_path: Path) -> Iterator[Hosted]:
    theirs = settings(tmp_path)
    own = theirs | {"SCHED_AGENT_DATABASE": f"sqlite:///{tmp_path / 'own.db'}"}
    with closing(open_program(Settings.read(theirs))) as vendor:
        keys = Keys.to(vendor)
        with serving(SERVE, theirs, tmp_path / "serve.log") as url:
            there = keys.settings(request.param, url.removesuffix("/mcp"))
            door = Door(url=None, env=own | there)
            yield Hosted(request.param, Inspector.of(node_modules, door, "modern"), vendor)


def test_an_appointment_is_made_moved_and_called_off_at_the_vendor(hosted: Hosted) -> None:
    call, refused = hosted.inspector.call, hosted.inspector.refused

    [calendar] = call("list_calendars")["calendars"]
    assert calendar["timezone"] == "America/New_York"
    free = call("check_availability", when=MONDAY)
    assert free["slots"][0]["start_at"] == f"{NINE}:00-05:00"

    people = [{"email": ANA}]
    event = call("create_event", title="Intake", start_at=NINE, attendees=people)["event"]
    assert (event["calendar_id"], event["status"]) == (calendar["id"], "confirmed")
    assert hosted.taken() == [("Intake", at(NINE))]

    again = refused("create_event", title="Second", start_at=NINE)
    told = again["_meta"]["sched-agent/error"]
    assert told["code"] == "slot_taken"
    offered = [slot["start_at"] for slot in told["alternatives"]]
    assert f"{MONDAY}T09:30:00-05:00" in offered
    assert all(start in again["content"][0]["text"] for start in offered)
    assert hosted.taken() == [("Intake", at(NINE))]

    moved = call("update_event", event_id=event["id"], start_at=ELEVEN)["event"]
    assert moved["start_at"] == f"{ELEVEN}:00-05:00"
    assert hosted.taken() == [("Intake", at(ELEVEN))]
    assert call("check_availability", when=ELEVEN)["available"] is False

    gone = call("cancel_event", event_id=event["id"])["event"]
    assert gone["status"] == "cancelled"
    assert hosted.taken() == []
    assert call("list_events")["events"] == []


def test_an_answer_is_noted_where_the_family_can(hosted: Hosted) -> None:
    inspector = hosted.inspector
    listed = [tool["name"] for tool in inspector.ask("tools/list")["tools"]]
    assert ("respond_to_event" in listed) is (hosted.backend == "workspace")
    people = [{"email": ANA}]
    made = inspector.call("create_event", title="Intake", start_at=NINE, attendees=people)
    answer = {"event_id": made["event"]["id"], "attendee": ANA, "response": "accepted"}

    if hosted.backend == "workspace":
        event = inspector.call("respond_to_event", **answer)["event"]
        assert event["attendees"] == [{"email": ANA, "response": "accepted"}]
    else:
        told = anyio.run(unlisted, inspector.door, "respond_to_event", answer)
        assert told.startswith("unsupported: ")
        assert "update_event" in told


async def unlisted(door: Door, tool: str, arguments: dict[str, Any]) -> str:
    """Call a tool that is not listed, as a model might; the Inspector itself would refuse to."""
    server = StdioServerParameters(command=door.command, args=["mcp"], env=dict(door.env))
    async with Client(server) as client:
        answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    assert isinstance(answer.content[0], TextContent)
    return answer.content[0].text
