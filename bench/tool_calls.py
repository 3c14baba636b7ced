"""A question about one day through a real client, against a tool that does nothing."""

import sys
from datetime import date, timedelta
from pathlib import Path

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bench.measure import Figure, Turns, by_turns_async
from bench.servers import BARE, OURS, database, over_http, settings
from bench.year import midnight
from sched_agent.model.event import Draft
from sched_agent.model.ids import Kind, code
from sched_agent.model.interval import HOUR, MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.zone import instant
from sched_agent.services import events
from sched_agent.services.environments import local_admin

NOW = "2026-11-20T08:00-05:00"
DAY = date(2026, 11, 24)


def figures(folder: Path) -> list[Figure]:
    """Measure over stdio and over HTTP."""
    environ = settings(folder / "questions.db", NOW)
    calendar_id = fifty_events(environ)
    question = {"calendar_ids": [calendar_id], "when": DAY.isoformat(), "limit": 3}
    ours = StdioServerParameters(command=OURS, args=["mcp"], env=environ)
    bare = StdioServerParameters(command=sys.executable, args=[BARE])
    over_stdio = anyio.run(_calls, ours, bare, question)
    serve = [OURS, "serve", "--port"]
    with (
        over_http(serve, environ) as our_address,
        over_http([sys.executable, BARE], {}) as bare_address,
    ):
        by_http = anyio.run(_calls, our_address, bare_address, question)
    return [
        over_stdio.figure("check_availability over stdio, against a no-op tool", bound=2),
        by_http.figure("check_availability over HTTP, against a no-op tool", bound=2),
    ]


async def _calls(
    ours: StdioServerParameters | str,
    bare: StdioServerParameters | str,
    question: dict[str, object],
) -> Turns:
    async with Client(ours) as our_client, Client(bare) as bare_client:
        answer = await our_client.call_tool("check_availability", question)
        assert answer.structured_content is not None
        assert len(answer.structured_content["slots"]) == 3
        return await by_turns_async(
            lambda: our_client.call_tool("check_availability", question),
            lambda: bare_client.call_tool("noop"),
            turns=60,
            calls=20,
        )


def fifty_events(environ: dict[str, str]) -> str:
    """Book five hours on each of ten days around the one asked about, and return the calendar."""
    program = database(environ)
    caller = local_admin(program.environment)
    (calendar,) = program.backend.calendars(caller, limit=2).items
    for day in range(-2, 8):
        nine = instant(midnight(DAY + timedelta(days=day))) + 9 * HOUR
        for start in (nine, *(nine + hour * HOUR + 30 * MINUTE for hour in (1, 3, 4, 6))):
            draft = Draft(title="Busy", interval=Interval(start, start + HOUR))
            events.book(program.app, caller, calendar.id, draft, check=Check.NONE)
    program.app.store.close()
    return code(Kind.CALENDAR, calendar.id)
