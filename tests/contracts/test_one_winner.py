"""Fifty agents want the same half hour at the same moment: one gets it, the others are helped.

Through each door, on each store. CI plays a few rounds; `make races ROUNDS=1000` takes its time.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Level
from sched_agent.model.event import EventFilter
from sched_agent.model.ids import Kind, code, uuid
from sched_agent.services import calendars, events, tokens
from tests.processes import Call, Served, mcp_body, mcp_headers, settings_for, stdio_process
from tests.stores import MAKE
from tests.transports.conftest import bearer

AGENTS = 50
ROUNDS = int(os.environ.get("SCHED_AGENT_TEST_ROUNDS", "4"))
STDIO_PROCESSES = 5
FIRST = datetime(2026, 11, 23, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)

Told = tuple[str, int]
"""What an agent was told: `booked` or an error's code, and how many alternatives came with it."""
Book = Callable[[datetime], Awaitable[Told]]


@dataclass(frozen=True)
class Scene:
    """A calendar that is always open, in a database that server processes share."""

    environ: dict[str, str]
    calendar: Calendar
    secrets: list[str]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    return MAKE[request.param](request, tmp_path)


@pytest.fixture
def scene(app, admin, environment, database):
    always = Policy(availability=Availability.OPEN)
    calendar = calendars.create(app, admin, name="Contested", timezone="UTC", policy=always)
    secrets = [
        tokens.create(app, environment, name=f"agent {n}", level=Level.WRITE)[1]
        for n in range(AGENTS)
    ]
    return Scene(settings_for(database), calendar, secrets)


def told(result: dict[str, Any]) -> Told:
    """Read the result of a tool call."""
    if not result.get("isError"):
        return "booked", 0
    error = result["_meta"]["sched-agent/error"]
    return error["code"], len(error.get("alternatives", ()))


def arguments(scene: Scene, start: datetime) -> dict[str, Any]:
    calendar_id = code(Kind.CALENDAR, scene.calendar.id)
    return {"calendar_id": calendar_id, "title": "Mine", "start_at": start.isoformat()}


@asynccontextmanager
async def over_rest(scene: Scene) -> AsyncIterator[list[Book]]:
    path = f"/api/v1/calendars/{uuid(Kind.CALENDAR, scene.calendar.id)}/events"

    def agent(client: httpx.AsyncClient) -> Book:
        async def book(start: datetime) -> Told:
            times = {"start_at": start.isoformat(), "end_at": (start + HALF_HOUR).isoformat()}
            answer = await client.post(path, json={"title": "Mine", **times})
            body = answer.json()
            return ("booked", 0) if body["success"] else (body["code"], len(body["alternatives"]))

        return book

    async with http_clients(scene) as clients:
        yield [agent(client) for client in clients]


@asynccontextmanager
async def over_mcp_http(scene: Scene) -> AsyncIterator[list[Book]]:
    def agent(client: httpx.AsyncClient) -> Book:
        async def book(start: datetime) -> Told:
            content = mcp_body("create_event", arguments(scene, start))
            headers = mcp_headers("create_event")
            answer = await client.post("/mcp", content=content, headers=headers)
            return told(answer.json()["result"])

        return book

    async with http_clients(scene) as clients:
        yield [agent(client) for client in clients]


@asynccontextmanager
async def http_clients(scene: Scene) -> AsyncIterator[list[httpx.AsyncClient]]:
    served = Served(scene.environ, "--workers", "2")
    try:
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=served.url, headers=bearer(secret), timeout=60)
                )
                for secret in scene.secrets
            ]
    finally:
        served.kill()


@asynccontextmanager
async def over_stdio(scene: Scene) -> AsyncIterator[list[Book]]:
    def agent(call: Call) -> Book:
        async def book(start: datetime) -> Told:
            return told(await call("create_event", arguments(scene, start)))

        return book

    async with AsyncExitStack() as stack:
        calls = [
            await stack.enter_async_context(stdio_process(scene.environ))
            for _ in range(STDIO_PROCESSES)
        ]
        yield [agent(calls[n % STDIO_PROCESSES]) for n in range(AGENTS)]


async def contest(agents: list[Book]) -> list[list[Told]]:
    """Let all agents ask for the same half hour at once, round after round."""
    starts = [FIRST + number * HALF_HOUR for number in range(ROUNDS)]
    return [await asyncio.gather(*(book(start) for book in agents)) for start in starts]


@pytest.mark.parametrize("door", [over_rest, over_mcp_http, over_stdio])
def test_of_fifty_agents_that_want_one_slot_one_gets_it_and_the_others_get_alternatives(
    app, admin, scene, door
):
    async def play() -> list[list[Told]]:
        async with door(scene) as agents:
            return await contest(agents)

    rounds = asyncio.run(play())

    assert len(rounds) == ROUNDS
    for one in rounds:
        assert sorted({what for what, _ in one}) == ["booked", "slot_taken"]
        assert sum(what == "booked" for what, _ in one) == 1
        assert min(found for what, found in one if what == "slot_taken") >= 1
    wanted = EventFilter(calendar_ids=(scene.calendar.id,))
    assert len(events.find_all(app, admin, wanted, 2 * ROUNDS).items) == ROUNDS
