"""Reading and writing one environment inside a SQLite transaction."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.errors import UnknownCalendar, UnknownEvent, UnknownRule
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.caller import Token
from sched_agent.model.event import BLOCK_TYPE, LONGEST, Event, EventFilter
from sched_agent.model.ids import Number, new_number
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.schedule import Taken
from sched_agent.model.status import is_live
from sched_agent.model.text import fold, telling_digits
from sched_agent.store.base import Remembered, RequestKey
from sched_agent.store.sqlite import rows

REMEMBERED_FOR = DAY + DAY // 24
"""How long answers are kept: a day and an hour, so that a whole day is kept whatever the clock."""

_SHORT_TAKEN = """
    select start_at, end_at, type, hold_expires_at, event_id from event indexed by event_short
    where environment_id = ? and calendar_id = ? and claims = 1
      and end_at - start_at <= 86400000000
      and start_at > ? - 86400000000 and start_at < ? and end_at > ?
"""
_LONG_TAKEN = """
    select start_at, end_at, type, hold_expires_at, event_id from event indexed by event_long
    where environment_id = ? and calendar_id = ? and claims = 1
      and end_at - start_at > 86400000000 and end_at > ? and start_at < ?
"""


class SqliteReader:
    """See `store.base.Reader`."""

    def __init__(self, connection: sqlite3.Connection, environment_id: Number) -> None:
        self._connection = connection
        self._environment_id = environment_id

    def environment(self) -> Environment:
        """See `store.base.Reader`."""
        row = self._one(f"select {rows.ENVIRONMENT} from environment where environment_id = ?")
        assert row is not None  # noqa: S101  # a transaction is begun with an id that was looked up
        return rows.environment(row)

    def calendar(self, calendar_id: Number) -> Calendar:
        """See `store.base.Reader`."""
        row = self._one(
            f"select {rows.CALENDAR} from calendar where environment_id = ? and calendar_id = ?",
            calendar_id,
        )
        if row is None:
            raise UnknownCalendar("No calendar has that id.")
        return rows.calendar(row)

    def calendars(self, query: str | None, limit: int, after: Number) -> Sequence[Calendar]:
        """See `store.base.Reader`."""
        found = (
            self._all(
                f"select {rows.CALENDAR} from calendar where environment_id = ? and calendar_id > ?"
                " and instr(search_text, ?) order by calendar_id limit ?",
                after,
                query or "",
                limit,
            )
            if query
            else self._all(
                f"select {rows.CALENDAR} from calendar where environment_id = ? and calendar_id > ?"
                " order by calendar_id limit ?",
                after,
                limit,
            )
        )
        return [rows.calendar(row) for row in found]

    def rules(self, calendar_id: Number) -> Sequence[Rule]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.RULE} from availability_rule"
            " where environment_id = ? and calendar_id = ? order by position",
            calendar_id,
        )
        return [rows.rule(row) for row in found]

    def event(self, event_id: Number) -> Event:
        """See `store.base.Reader`."""
        row = self._one(
            f"select {rows.EVENT} from event where environment_id = ? and event_id = ?",
            event_id,
        )
        if row is None:
            raise UnknownEvent("No event has that id.")
        return rows.event(row)

    def events(self, wanted: EventFilter, limit: int) -> Sequence[Event]:
        """See `store.base.Reader`."""
        found: list[Event] = []
        conditions, values = _conditions(wanted)
        for calendar_id in wanted.calendar_ids:
            page = self._all(
                f"select {rows.EVENT} from event where environment_id = ? and calendar_id = ?"
                f"{conditions} order by start_at, event_id limit ?",
                calendar_id,
                *values,
                limit,
            )
            found += [rows.event(row) for row in page]
        found.sort(key=lambda event: (event.interval.start, event.id))
        return found[:limit]

    def taken(
        self, calendar_id: Number, within: Interval, now: int, leaving_out: Number | None = None
    ) -> Sequence[Taken]:
        """See `store.base.Reader`."""
        start, end = within
        found = self._all(_SHORT_TAKEN, calendar_id, start, end, start)
        found += self._all(_LONG_TAKEN, calendar_id, start, end)
        taken = [
            Taken(begins, ends, kind != BLOCK_TYPE)
            for begins, ends, kind, expires, event_id in found
            if event_id != leaving_out and (expires is None or is_live(expires, now))
        ]
        taken.sort()
        return taken

    def tokens(self) -> Sequence[Token]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.TOKEN} from token where environment_id = ? order by created_at, token_id"
        )
        return [rows.token(row) for row in found]

    def recall(self, key: RequestKey) -> Remembered | None:
        """See `store.base.Reader`."""
        row = self._one(
            "select fingerprint, answer from request"
            " where environment_id = ? and caller = ? and operation = ? and request_id = ?",
            *key,
        )
        return Remembered(row[0], json.loads(row[1])) if row else None

    def _one(self, sql: str, *values: object) -> rows.Row | None:
        row: rows.Row | None = self._connection.execute(
            sql, (self._environment_id, *values)
        ).fetchone()
        return row

    def _all(self, sql: str, *values: object) -> list[Any]:
        return self._connection.execute(sql, (self._environment_id, *values)).fetchall()


class SqliteTransaction(SqliteReader):
    """See `store.base.Transaction`. `begin immediate` has locked every calendar already."""

    def lock_calendar(self, calendar_id: Number) -> Calendar:
        """See `store.base.Transaction`."""
        return self.calendar(calendar_id)

    def lock_event(self, event_id: Number) -> tuple[Calendar, Event]:
        """See `store.base.Transaction`."""
        event = self.event(event_id)
        return self.calendar(event.calendar_id), event

    def add_calendar(self, calendar: Calendar) -> Calendar:
        """See `store.base.Transaction`."""
        calendar_id = self._unused("calendar", "calendar_id")
        kept = replace(calendar, id=calendar_id)
        self._insert("calendar", rows.calendar_row(kept))
        return kept

    def put_calendar(self, calendar: Calendar) -> None:
        """See `store.base.Transaction`."""
        self._replace("calendar", rows.calendar_row(calendar), key=("calendar_id",))

    def delete_calendar(self, calendar_id: Number) -> None:
        """See `store.base.Transaction`."""
        self._change(
            "delete from calendar where environment_id = ? and calendar_id = ?", calendar_id
        )

    def add_rule(self, calendar_id: Number, rule: Rule) -> Rule:
        """See `store.base.Transaction`."""
        last = self._one(
            "select max(position) from availability_rule"
            " where environment_id = ? and calendar_id = ?",
            calendar_id,
        )
        kept: Rule = replace(rule, id=self._unused("availability_rule", "rule_id"))
        position = 1 + ((last[0] or 0) if last else 0)
        own = {"calendar_id": calendar_id, "position": position}
        self._insert("availability_rule", own | rows.rule_row(kept))
        return kept

    def delete_rule(self, calendar_id: Number, rule_id: Number) -> None:
        """See `store.base.Transaction`."""
        changed = self._change(
            "delete from availability_rule"
            " where environment_id = ? and calendar_id = ? and rule_id = ?",
            calendar_id,
            rule_id,
        )
        if not changed:
            raise UnknownRule("The calendar has no availability rule with that id.")

    def add_event(self, event: Event) -> Event:
        """See `store.base.Transaction`."""
        kept = replace(event, id=self._unused("event", "event_id"))
        self._insert("event", rows.event_row(kept))
        return kept

    def put_event(self, event: Event) -> None:
        """See `store.base.Transaction`."""
        self._replace("event", rows.event_row(event), key=("calendar_id", "event_id"))

    def delete_event(self, event: Event) -> None:
        """See `store.base.Transaction`."""
        self._change(
            "delete from event where environment_id = ? and calendar_id = ? and event_id = ?",
            event.calendar_id,
            event.id,
        )

    def add_token(self, token: Token) -> Token:
        """See `store.base.Transaction`."""
        kept = replace(token, id=self._unused("token", "token_id"))
        self._insert("token", rows.token_row(kept))
        return kept

    def revoke_token(self, token_id: Number, now: int) -> bool:
        """See `store.base.Transaction`."""
        changed = self._connection.execute(
            "update token set revoked_at = coalesce(revoked_at, ?)"
            " where environment_id = ? and token_id = ?",
            (now, self._environment_id, token_id),
        )
        return changed.rowcount > 0

    def remember(self, key: RequestKey, remembered: Remembered, now: int) -> None:
        """See `store.base.Transaction`."""
        self._change(
            "delete from request where environment_id = ? and created_at < ?", now - REMEMBERED_FOR
        )
        self._insert(
            "request",
            {
                **key._asdict(),
                "fingerprint": remembered.fingerprint,
                "answer": json.dumps(dict(remembered.answer), ensure_ascii=False),
                "created_at": now,
            },
        )

    def _unused(self, table: str, column: str) -> Number:
        crowded = 0
        sql = f"select 1 from {table} where environment_id = ? and {column} = ?"
        while self._one(sql, number := new_number(crowded)) is not None:
            crowded += 1
        return number

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns = ", ".join(row)
        marks = ", ".join("?" * (len(row) + 1))
        self._change(
            f"insert into {table} (environment_id, {columns}) values ({marks})", *row.values()
        )

    def _replace(self, table: str, row: Mapping[str, Any], *, key: Sequence[str]) -> None:
        names = [name for name in row if name not in key]
        assignments = ", ".join(f"{name} = ?" for name in names)
        match = "".join(f" and {name} = ?" for name in key)
        self._connection.execute(
            f"update {table} set {assignments} where environment_id = ?{match}",
            (*(row[name] for name in names), self._environment_id, *(row[name] for name in key)),
        )

    def _change(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, (self._environment_id, *values)).rowcount


def _conditions(wanted: EventFilter) -> tuple[str, list[object]]:
    """Return the part of `events`' query that a filter adds, and its values."""
    parts: list[tuple[str, tuple[object, ...]]] = []
    start, end = wanted.starts_from, wanted.ends_until
    if start is not None and wanted.contained:
        parts.append(("start_at >= ?", (start,)))
    elif start is not None:  # the second bound is what the index is searched by
        parts.append(("end_at > ? and start_at > ?", (start, start - LONGEST)))
    if end is not None and wanted.contained:
        parts.append(("start_at < ? and end_at <= ?", (end, end)))
    elif end is not None:
        parts.append(("start_at < ?", (end,)))
    if len(wanted.statuses) < 3:
        marks = ", ".join("?" * len(wanted.statuses))
        parts.append((f"status in ({marks})", tuple(s.value for s in wanted.statuses)))
    if wanted.query:
        parts.append(("instr(search_text, ?)", (fold(wanted.query),)))
    if wanted.attendee:
        parts.append(_attendee_condition(wanted.attendee))
    if wanted.after:
        parts.append(("(start_at, event_id) > (?, ?)", wanted.after))
    return "".join(f" and {sql}" for sql, _ in parts), [v for _, values in parts for v in values]


def _attendee_condition(who: str) -> tuple[str, tuple[object, ...]]:
    number = telling_digits(who)
    if len(number) >= 4 and not any(c.isalpha() for c in who):
        return "instr(attendee_text, ?)", (number,)
    return "instr(attendee_text, ?)", (fold(who),)
