"""References that do the work of a booking of ours, in our own tables, without our layers.

They tell what our layers cost; the bare tables of `writers` tell what the guarantees cost.
"""

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.types.numeric import Int8Dumper

from bench.crew import Book
from bench.writers import PATIENCE, half_hour, plain_connection
from sched_agent.model.ids import Number
from sched_agent.store.sqlite.queue import Queue

_ID_BITS = 53  # so many that no writer meets an id in use

_CALENDAR = """
    select calendar_id, name, timezone, description, owner_id, metadata, availability,
        double_booking, slot_step_minutes, buffer_before_minutes, buffer_after_minutes,
        min_notice_minutes, max_days_ahead, max_events_per_day, max_attendees, created_at,
        updated_at
    from calendar where environment_id = ? and calendar_id = ?
"""
_RULES = """
    select rule_id, type, available, days_of_week, date, start_minute, end_minute, timezone
    from availability_rule where environment_id = ? and calendar_id = ? order by position
"""
_SHORT = """
    select start_at, end_at, type, hold_expires_at, event_id from event indexed by event_short
    where environment_id = ? and calendar_id = ? and claims = 1
      and end_at - start_at <= 86400000000
      and start_at > ? - 86400000000 and start_at < ? and end_at > ?
"""
_LONG = """
    select start_at, end_at, type, hold_expires_at, event_id from event indexed by event_long
    where environment_id = ? and calendar_id = ? and claims = 1
      and end_at - start_at > 86400000000 and end_at > ? and start_at < ?
"""
_INSERT = """
    insert into event (
        environment_id, calendar_id, event_id, title, start_at, end_at, description, location,
        status, type, transparent, attendees, owner_type, owner_id, created_by, hold_expires_at,
        held_by, exclusive, cancel_reason, version, created_at, updated_at, claims, search_text,
        attendee_text
    ) values (
        ?, ?, ?, 'Demo', ?, ?, null, null,
        'confirmed', 'meeting', 0, '[]', null, null, null, null,
        null, 1, null, 1, 1795179600000000, 1795179600000000, 1, 'demo',
        ''
    )
"""
_FUNCTION = """
    create function book(environment bigint, wanted bigint, id bigint, starts bigint, ends bigint)
    returns bigint language plpgsql as $$
    begin
        perform 1 from calendar
        where environment_id = environment and calendar_id = wanted for update;
        if not found then
            raise 'no such calendar';
        end if;
        if exists (
            select from event
            where environment_id = environment and calendar_id = wanted and claims
              and end_at - start_at <= 86400000000
              and start_at > starts - 86400000000 and start_at < ends and end_at > starts
            union all
            select from event
            where environment_id = environment and calendar_id = wanted and claims
              and end_at - start_at > 86400000000 and end_at > starts and start_at < ends
        ) then
            raise 'taken';
        end if;
        insert into event (
            environment_id, calendar_id, event_id, title, start_at, end_at, description, location,
            status, type, transparent, attendees, owner_type, owner_id, created_by,
            hold_expires_at, held_by, exclusive, cancel_reason, version, created_at, updated_at,
            claims, search_text, attendee_text
        ) values (
            environment, wanted, id, 'Demo', starts, ends, null, null,
            'confirmed', 'meeting', false, '[]', null, null, null,
            null, null, true, null, 1, 1795179600000000, 1795179600000000,
            true, 'demo', ''
        );
        insert into event_place (environment_id, event_id, calendar_id)
        values (environment, id, wanted);
        return id;
    end
    $$;
"""


@dataclass(frozen=True, slots=True)
class SameSqlite:
    """Our statements in our tables after our wait, by `sqlite3` alone.

    It tells what our layers cost over the same work: services, model, checks, rows to values.

    Args:
        path: The file; see `same_sqlite`.
        environment_id: Whose the calendars are.
        calendar_ids: The calendars.
    """

    path: str
    environment_id: Number
    calendar_ids: tuple[Number, ...]

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        db = plain_connection(self.path)
        queue = Queue(Path(self.path), PATIENCE)
        chance = random.Random(writer)

        def book(number: int) -> None:
            calendar = self.environment_id, chance.choice(self.calendar_ids)
            with queue.turn():
                _book(db, calendar, chance.getrandbits(_ID_BITS), _microseconds(number))

        return book


@dataclass(frozen=True, slots=True)
class SameFunction:
    """A function in PostgreSQL that does the work in our tables, called in one round trip.

    It pays for the same indexes and the same exclusion constraint, so it tells what our layers and
    their round trips cost over the same work.

    Args:
        url: The database; see `same_function`.
        environment_id: Whose the calendars are.
        calendar_ids: The calendars.
    """

    url: str
    environment_id: Number
    calendar_ids: tuple[Number, ...]

    def open(self, writer: int) -> Book:
        """See `crew.Job`."""
        connection = _connect(self.url)
        connection.adapters.register_dumper(int, Int8Dumper)  # one type, so one plan
        chance = random.Random(writer)

        def book(number: int) -> None:
            calendar = self.environment_id, chance.choice(self.calendar_ids)
            connection.execute(
                "select book(%s, %s, %s, %s, %s)",
                (*calendar, chance.getrandbits(_ID_BITS), *_microseconds(number)),
            ).fetchone()

        return book


def same_sqlite(path: str, calendar_ids: tuple[Number, ...]) -> SameSqlite:
    """Return a way of booking in a SQLite file of ours."""
    db = plain_connection(path)
    ((environment_id,),) = db.execute("select environment_id from environment")
    db.close()
    return SameSqlite(path, environment_id, calendar_ids)


def same_function(url: str, calendar_ids: tuple[Number, ...]) -> SameFunction:
    """Return a way of booking in a PostgreSQL database of ours, to which the function is added."""
    with _connect(url) as connection:
        connection.execute(_FUNCTION)
        ((environment_id,),) = connection.execute("select environment_id from environment")
    return SameFunction(url, environment_id, calendar_ids)


def _book(
    db: sqlite3.Connection, calendar: tuple[Number, Number], event_id: int, half: tuple[int, int]
) -> None:
    start, end = half
    db.execute("begin immediate")
    assert db.execute(_CALENDAR, calendar).fetchone()
    taken = db.execute(_SHORT, (*calendar, start, end, start)).fetchall()
    taken += db.execute(_LONG, (*calendar, start, end)).fetchall()
    assert db.execute(_RULES, calendar).fetchall() == []
    assert not taken
    db.execute(_INSERT, (*calendar, event_id, start, end))
    db.execute("commit")


def _microseconds(number: int) -> tuple[int, int]:
    start, end = half_hour(number)
    return start * 1_000_000, end * 1_000_000


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, options="-c search_path=sched_agent")
