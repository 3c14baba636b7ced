"""Booking through a real client, against a no-op call and a bare SQLite transaction."""

import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bench.measure import Figure, Turns, by_turns_async
from bench.servers import BARE, OURS, database, settings
from sched_agent.model.calendar import Availability, Policy
from sched_agent.model.ids import Kind, code
from sched_agent.services import calendars
from sched_agent.services.environments import local_admin

NOW = "2026-11-20T08:00-05:00"
HALF_HOUR = 1800

_SCHEMA = """
    create table event (
        event_id integer primary key,
        calendar_id integer not null,
        title text not null,
        start_at integer not null,
        end_at integer not null
    ) strict;
    create index event_by_start on event (calendar_id, start_at, end_at);
"""
_OVERLAPS = """
    select 1 from event
    where calendar_id = ? and start_at > ? - 86400 and start_at < ? and end_at > ? limit 1
"""


def figures(folder: Path) -> list[Figure]:
    """Measure bookings of one half hour after the other."""
    environ = settings(folder / "bookings.db", NOW)
    calendar_id = _open_calendar(environ)
    turns = anyio.run(_bookings, environ, calendar_id, _bare_database(folder / "bare.db"))
    return [turns.figure("create_event over stdio, against SQLite + a no-op tool", bound=3)]


async def _bookings(environ: dict[str, str], calendar_id: str, db: sqlite3.Connection) -> Turns:
    ours = StdioServerParameters(command=OURS, args=["mcp"], env=environ)
    bare = StdioServerParameters(command=sys.executable, args=[BARE])
    our_times, bare_times = _half_hours(), _half_hours()
    async with Client(ours) as our_client, Client(bare) as bare_client:

        async def book() -> None:
            arguments = {
                "calendar_id": calendar_id,
                "title": "Demo",
                "start_at": next(our_times).isoformat(),
            }
            answer = await our_client.call_tool("create_event", arguments)
            assert not answer.is_error, answer.content

        async def do_without_us() -> None:
            await bare_client.call_tool("noop")
            start = int(next(bare_times).timestamp())
            _book_bare(db, start, start + HALF_HOUR)

        return await by_turns_async(book, do_without_us, turns=50, calls=10)


def _book_bare(db: sqlite3.Connection, start: int, end: int) -> None:
    db.execute("begin immediate")
    assert db.execute(_OVERLAPS, (1, start, end, start)).fetchone() is None
    db.execute(
        "insert into event (calendar_id, title, start_at, end_at) values (1, 'Demo', ?, ?)",
        (start, end),
    )
    db.execute("commit")


def _bare_database(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.executescript(_SCHEMA)
    return db


def _open_calendar(environ: dict[str, str]) -> str:
    program = database(environ)
    calendar = calendars.create(
        program.app,
        local_admin(program.environment),
        name="Always open",
        policy=Policy(availability=Availability.OPEN),
    )
    program.app.store.close()
    return code(Kind.CALENDAR, calendar.id)


def _half_hours() -> Iterator[datetime]:
    begin = datetime.fromisoformat(NOW)
    return (begin + timedelta(minutes=30 * number) for number in count())
