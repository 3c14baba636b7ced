"""Ways of booking a half hour that nobody else wants: ours, and those of bare tables."""

import json
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from time import sleep

import psycopg

from bench.crew import Book
from bench.servers import database
from sched_agent.model.event import Draft
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.services import events
from sched_agent.services.environments import local_admin

FIRST = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
HALF_HOUR = 1800
PAUSE = 0.02  # seconds between connections: one worker takes all that come at one instant
PATIENCE = 60.0  # seconds for which plain SQLite tries again: nobody fails, some wait

_PLAIN_SCHEMA = """
    create table calendar (calendar_id integer primary key, name text not null) strict;
    create table event (
        event_id integer primary key,
        calendar_id integer not null references calendar,
        title text not null,
        start_at integer not null,
        end_at integer not null
    ) strict;
    create index event_by_start on event (calendar_id, start_at, end_at);
"""
_PLAIN_OVERLAPS = """
    select 1 from event
    where calendar_id = ? and start_at > ? - 86400 and start_at < ? and end_at > ? limit 1
"""
_FUNCTION_SCHEMA = """
    create table calendar (calendar_id bigint primary key, name text not null);
    create table event (
        event_id bigint generated always as identity primary key,
        calendar_id bigint not null references calendar,
        title text not null,
        start_at bigint not null,
        end_at bigint not null
    );
    create index event_by_start on event (calendar_id, start_at, end_at);
    create function book(wanted bigint, of text, starts bigint, ends bigint) returns bigint
    language plpgsql as $$
    declare
        booked bigint;
    begin
        perform 1 from calendar where calendar_id = wanted for update;
        if not found then
            raise 'no such calendar';
        end if;
        if exists (
            select from event
            where calendar_id = wanted
              and start_at > starts - 86400 and start_at < ends and end_at > starts
        ) then
            raise 'taken';
        end if;
        insert into event (calendar_id, title, start_at, end_at) values (wanted, of, starts, ends)
        returning event_id into booked;
        return booked;
    end
    $$;
"""


@dataclass(frozen=True, slots=True)
class ThroughServices:
    """`events.book`, checked in full, on one of some calendars that are open at all times.

    Args:
        environ: The settings of the program.
        calendar_ids: The calendars.
    """

    environ: tuple[tuple[str, str], ...]
    calendar_ids: tuple[Number, ...]

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        program = database(dict(self.environ))
        app, caller = program.app, local_admin(program.environment)
        chance = random.Random(writer)

        def book(number: int) -> None:
            start, end = half_hour(number)
            interval = Interval(start * 1_000_000, end * 1_000_000)
            draft = Draft(title="Demo", interval=interval)
            events.book(app, caller, chance.choice(self.calendar_ids), draft, check=Check.FULL)

        return book


@dataclass(frozen=True, slots=True)
class PlainSqlite:
    """A transaction of three statements on a bare table, as durable as ours.

    Who writes next is drawn by lot, as SQLite has it. So it tells what the guarantees cost:
    fairness, random ids, the indexes of taken time.

    Args:
        path: The file; see `make_plain`.
        calendars: How many there are, numbered from 1.
    """

    path: str
    calendars: int

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        db = plain_connection(self.path)
        chance = random.Random(writer)

        def book(number: int) -> None:
            calendar_id = 1 + chance.randrange(self.calendars)
            start, end = half_hour(number)
            db.execute("begin immediate")
            taken = db.execute(_PLAIN_OVERLAPS, (calendar_id, start, end, start)).fetchone()
            assert taken is None
            db.execute(
                "insert into event (calendar_id, title, start_at, end_at) values (?, 'Demo', ?, ?)",
                (calendar_id, start, end),
            )
            db.execute("commit")

        return book


@dataclass(frozen=True, slots=True)
class OneFunction:
    """A function that locks, checks and inserts on a bare table, called in one round trip.

    It tells what the guarantees cost: the second line of defence, ids that are unique across
    calendars, the indexes of taken time.

    Args:
        url: The database; see `make_function`.
        calendars: How many there are, numbered from 1.
    """

    url: str
    calendars: int

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        connection = psycopg.connect(self.url, autocommit=True)
        chance = random.Random(writer)

        def book(number: int) -> None:
            calendar_id = 1 + chance.randrange(self.calendars)
            connection.execute(
                "select book(%s, 'Demo', %s, %s)", (calendar_id, *half_hour(number))
            ).fetchone()

        return book


@dataclass(frozen=True, slots=True)
class OverRest:
    """A POST to a server; each writer keeps its connection.

    Args:
        port: Where it listens.
        calendars: How the calendars are spelled in paths.
    """

    port: int
    calendars: tuple[str, ...]

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        sleep(writer * PAUSE)
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.connect()
        chance = random.Random(writer)

        def book(number: int) -> None:
            start_at, end_at = (
                datetime.fromtimestamp(second, UTC).isoformat() for second in half_hour(number)
            )
            connection.request(
                "POST",
                f"/api/v1/calendars/{chance.choice(self.calendars)}/events",
                json.dumps({"title": "Demo", "start_at": start_at, "end_at": end_at}),
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            told = response.read()
            assert response.status == 201, told

        return book


def half_hour(number: int) -> tuple[int, int]:
    """Return the half hour of a number, in seconds since 1970."""
    start = FIRST + number * HALF_HOUR
    return start, start + HALF_HOUR


def make_plain(path: str, calendars: int) -> PlainSqlite:
    """Return a way of booking without us, in a new SQLite file."""
    db = plain_connection(path)
    db.execute("pragma journal_mode = wal")
    db.executescript(_PLAIN_SCHEMA)
    db.execute("begin")
    db.executemany("insert into calendar (name) values (?)", _names(calendars))
    db.execute("commit")
    db.close()
    return PlainSqlite(path, calendars)


def make_function(url: str, calendars: int) -> OneFunction:
    """Return a way of booking without us, in a new PostgreSQL database."""
    with psycopg.connect(url) as connection:
        connection.execute(_FUNCTION_SCHEMA)
        connection.cursor().executemany(
            "insert into calendar values (%s, %s)",
            [(number, name) for number, (name,) in enumerate(_names(calendars), start=1)],
        )
    return OneFunction(url, calendars)


def plain_connection(path: str) -> sqlite3.Connection:
    """Return a connection that makes every commit last, as ours do."""
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    db.execute("pragma foreign_keys = on")
    db.execute("pragma synchronous = full")
    return db


def _names(calendars: int) -> Sequence[tuple[str]]:
    return [(f"Calendar {number}",) for number in range(calendars)]
