"""The engine through SQLite: what a million events of others cost a question about one calendar."""

import random
import sqlite3
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from bench.measure import Figure, by_turns
from bench.year import FIRST_DAY, LAST_DAY, LENGTH, busy_year, midnight
from sched_agent.bootstrap import Program, open_program
from sched_agent.model.ids import Number
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.zone import instant
from sched_agent.services.availability import Question, check
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings

EVENTS_EACH = 1_000
SMALLEST_ID, LARGEST_ID = 1 << 25, 1 << 30

_CALENDAR = """
    insert into calendar
    select environment_id, ?, name || ' ' || ?, search_text, timezone, description, owner_id,
           metadata, availability, double_booking, slot_step_minutes, buffer_before_minutes,
           buffer_after_minutes, min_notice_minutes, max_days_ahead, max_events_per_day,
           max_attendees, created_at, updated_at
    from calendar where calendar_id = ?
"""
_RULE = """
    insert into availability_rule
    select environment_id, ?, ?, position, type, available, days_of_week, date, start_minute,
           end_minute, timezone
    from availability_rule where calendar_id = ?
"""
_EVENT = """
    insert into event (environment_id, calendar_id, event_id, title, start_at, end_at, status,
                       type, transparent, attendees, exclusive, version, created_at, updated_at,
                       claims, search_text, attendee_text)
    values (?, ?, ?, 'Busy', ?, ?, 'confirmed', 'meeting', 0, '[]', 0, 1, 0, 0, 1, 'busy', '')
"""


def figures(folder: Path) -> list[Figure]:
    """Measure a thousand calendars against one; every calendar has the same events."""
    many, calendars = _database(folder / "many.db", calendars=1_000)
    one, (only,) = _database(folder / "one.db", calendars=1)
    assert _free(many, calendars[500]) == _free(one, only)
    turns = by_turns(
        lambda: _free(many, calendars[500]), lambda: _free(one, only), turns=60, calls=5
    )
    others = cycle(calendars)
    scattered = by_turns(
        lambda: _free(many, next(others)), lambda: _free(one, only), turns=60, calls=5
    )
    for program in (many, one):
        program.app.store.close()
    return [
        turns.figure("store of 1,000,000 events, against 1,000", bound=2),
        scattered.figure("the same, another calendar each time", bound=2),
    ]


def _free(program: Program, calendar_id: Number) -> list[Interval]:
    within = Interval(instant(midnight(FIRST_DAY)), instant(midnight(LAST_DAY)))
    question = Question(calendar_ids=(calendar_id,), within=within, length=LENGTH * MINUTE)
    answer = check(program.app, local_admin(program.environment), question)
    return [slot.interval for slot in answer.slots]


def _database(path: Path, *, calendars: int) -> tuple[Program, list[Number]]:
    """Return a migrated database with that many calendars of a thousand events each."""
    settings = Settings(
        database=f"sqlite:///{path}", timezone="America/New_York", now=midnight(FIRST_DAY)
    )
    program = open_program(settings)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma cache_size = -400000")
    db.execute("begin immediate")
    (first,) = db.execute("select calendar_id from calendar").fetchone()
    chance = random.Random(2)
    ids = chance.sample(range(SMALLEST_ID, LARGEST_ID), calendars * (2 + EVENTS_EACH))
    numbers = [first, *(ids.pop() for _ in range(calendars - 1))]
    for number in numbers[1:]:
        db.execute(_CALENDAR, (number, number, first))
        db.execute(_RULE, (number, ids.pop(), first))
    db.executemany(_EVENT, _events(program.environment.id, numbers, ids))
    db.execute("commit")
    (count,) = db.execute("select count(*) from event").fetchone()
    assert count == calendars * EVENTS_EACH
    db.close()
    return program, numbers


def _events(
    environment_id: Number, calendars: list[Number], ids: list[int]
) -> Iterator[tuple[int, ...]]:
    year = [(start * MINUTE, end * MINUTE) for start, end in busy_year(EVENTS_EACH)]
    for calendar_id in sorted(calendars):
        for start, end in year:
            yield environment_id, calendar_id, ids.pop(), start, end
