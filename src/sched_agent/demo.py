"""The main job, shown on a throw-away database by a real MCP client over stdio."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import get_default_environment

from sched_agent.clock import system_clock
from sched_agent.model.zone import local, zone
from sched_agent.settings import Settings
from sched_agent.speech.iso import read_moment
from sched_agent.speech.phrasing import say_moment
from sched_agent.transports.mcp import ERROR_KEY

_ZONE = "America/New_York"


def run() -> int:
    """Hold the conversation and print it; return 0 if every step went as promised."""
    with _throw_away_database(Settings.read().postgres_url) as database:
        return anyio.run(_converse, database)


@contextmanager
def _throw_away_database(beside: str | None) -> Iterator[str]:
    """Lend a SQLite file, or a database on the server that the settings name."""
    if beside is not None:
        from sched_agent.store.postgres.throw_away import throw_away_database

        with throw_away_database(beside) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="sched-agent-demo-") as folder:
        yield f"sqlite:///{Path(folder) / 'demo.db'}"


async def _converse(database: str) -> int:
    now = system_clock()
    monday = _next_monday(now)
    _say("", f"A new database, and it is {say_moment(now, zone(_ZONE))}. An agent connects by MCP.")
    environment = get_default_environment() | {
        "SCHED_AGENT_DATABASE": database,
        "SCHED_AGENT_TIMEZONE": _ZONE,
        "SCHED_AGENT_LOG_LEVEL": "warning",
    }
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "sched_agent", "mcp"], env=environment
    )
    async with Client(server) as client:
        talk = _Talk(client)
        _say("agent", f"speaks MCP {client.protocol_version} with sched-agent")

        free = await talk.ask(
            "Jane calls: next Monday, half an hour?", "check_availability", when=monday
        )
        slot = free["slots"][1]
        jane = {"title": "Jane: demo", "start_at": slot["start_at"]}
        booked = await talk.ask(
            "She takes the second one.",
            "create_event",
            **jane,
            attendees=[{"name": "Jane Doe", "phone": "+1 212 555 0142"}],
        )
        event_id = booked["event"]["id"]

        refusal = await talk.refused(
            "Omar calls and wants the very same time.",
            "create_event",
            title="Omar: demo",
            start_at=slot["start_at"],
        )
        other = refusal["alternatives"][-1]
        await talk.ask(
            "He takes the last of the alternatives.",
            "create_event",
            title="Omar: demo",
            start_at=other["start_at"],
        )
        found = await talk.ask(
            "Jane calls back: later would be better.", "list_events", attendee="Jane Doe"
        )
        afternoon = f"{monday}T13:00/{monday}T17:00"
        later = await talk.ask("When is it free later?", "check_availability", when=afternoon)
        await talk.ask(
            "She moves.",
            "update_event",
            event_id=event_id,
            start_at=later["slots"][-1]["start_at"],
            if_version=found["events"][0]["version"],
        )
        await talk.ask(
            "In the end she can't come.", "cancel_event", event_id=event_id, reason="ill"
        )
        back = await talk.ask(
            "Is that time free again?", "check_availability", when=later["slots"][-1]["start_at"]
        )
    kept = back["available"] and refusal["code"] == "slot_taken"
    _say("", "One time, one booking; nothing above was assumed or made up." if kept else "FAILED")
    return 0 if kept else 1


class _Talk:
    """Calls tools and prints both sides."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, scene: str, tool: str, **arguments: Any) -> Any:
        """Call a tool that must succeed and return its data."""
        result = await self._call(scene, tool, arguments)
        if result.is_error:
            raise SystemExit(f"{tool} failed; the lines above say why")
        return result.structured_content

    async def refused(self, scene: str, tool: str, **arguments: Any) -> Any:
        """Call a tool that must refuse and return the refusal."""
        result = await self._call(scene, tool, arguments)
        if not result.is_error:
            raise SystemExit(f"{tool} should have been refused")
        return (result.meta or {})[ERROR_KEY]

    async def _call(self, scene: str, tool: str, arguments: dict[str, Any]) -> Any:
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        _say("", f"\n{scene}")
        _say("agent", f"{tool}({shown}){_meant(arguments)}")
        result = await self._client.call_tool(tool, arguments)
        _say("tool", "\n        ".join(getattr(result.content[0], "text", "").splitlines()))
        return result


def _next_monday(now: int) -> str:
    today = local(now, zone(_ZONE)).date()
    return (today + timedelta(days=7 - today.weekday())).isoformat()


def _meant(arguments: dict[str, Any]) -> str:
    """Say the time that a call names as a person would."""
    start = arguments.get("start_at")
    if start is None:
        return ""
    return (
        f"\n        that is {say_moment(read_moment(start, zone(_ZONE), field='').at, zone(_ZONE))}"
    )


def _say(who: str, text: str) -> None:
    sys.stdout.write(f"{who:>5} > {text}\n" if who else f"{text}\n")
