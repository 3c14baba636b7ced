"""What is the same in every store that speaks SQL: the statements, written once.

Parameters are written `?`; a store whose driver writes them otherwise translates. What a database
does in a way of its own (locks, the indexes by which taken time is found) is the subclass's.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sched_agent.errors import UnknownCalendar, UnknownConnection, UnknownEvent, UnknownRule
from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.caller import Token
from sched_agent.model.connection import Connection as Connected
from sched_agent.model.event import LONGEST, Event, EventFilter
from sched_agent.model.ids import Number, new_number
from sched_agent.model.interval import Interval
from sched_agent.model.outbox import Message
from sched_agent.model.person import clues
from sched_agent.model.schedule import Taken
from sched_agent.model.status import Status
from sched_agent.model.text import fold
from sched_agent.store import outbox, rows
from sched_agent.store.base import Overdue, Remembered, RequestKey, Transaction, Waiting
from sched_agent.store.connections import ConnectionReader, ConnectionWriter
from sched_agent.store.event_rules import EventRuleReader, EventRuleWriter
from sched_agent.store.outbox import OutboxReader, OutboxWriter
from sched_agent.store.statements import Connection, Row


class SqlReader(ConnectionReader, OutboxReader, EventRuleReader):
    """See `store.base.Reader`."""

    def environment(self) -> Environment:
        """See `store.base.Reader`."""
        row = self._one(f"select {rows.ENVIRONMENT} from environment where environment_id = ?")
        assert row is not None  # noqa: S101  # a transaction is begun with an id that was looked up
        return rows.environment(row)

    def calendar(self, calendar_id: Number) -> Calendar:
        """See `store.base.Reader`."""
        return self._calendar(calendar_id)

    def calendars(self, query: str | None, limit: int, after: Number) -> Sequence[Calendar]:
        """See `store.base.Reader`."""
        found = (
            self._all(
                f"select {rows.CALENDAR} from calendar where environment_id = ? and calendar_id > ?"
                " and instr(search_text, ?) > 0 order by calendar_id limit ?",
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

    def calendars_of(self, resource_id: Number) -> Sequence[Calendar]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.CALENDAR} from calendar where environment_id = ?"
            " and (calendar_id = ? or resource_id = ?)"
            " order by resource_id is not null, calendar_id",
            resource_id,
            resource_id,
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
        row = self._event_row(event_id)
        if row is None:
            raise UnknownEvent("No event has that id.")
        return rows.event(row)

    def events(self, wanted: EventFilter, limit: int, now: int) -> Sequence[Event]:
        """See `store.base.Reader`."""
        found: list[Event] = []
        conditions, values = _conditions(wanted, now)
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
        return rows.taken(self._claims(calendar_id, within), now, leaving_out)

    def all_day(self, calendar_id: Number) -> Sequence[Event]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.EVENT} from event where environment_id = ? and calendar_id = ?"
            " and start_date is not null order by event_id",
            calendar_id,
        )
        return [rows.event(row) for row in found]

    def holds(self, calendar_id: Number, held_by: str, now: int) -> Sequence[int]:
        """See `store.base.Reader`."""
        found = self._all(
            "select hold_expires_at from event where environment_id = ? and calendar_id = ?"
            " and held_by = ? and hold_expires_at > ? and status = 'tentative'"
            " order by hold_expires_at",
            calendar_id,
            held_by,
            now,
        )
        return [row[0] for row in found]

    def held(self, calendar_id: Number, held_by: str) -> Sequence[Event]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.EVENT} from event indexed by event_held"
            " where environment_id = ? and calendar_id = ?"
            " and held_by = ? and hold_expires_at is not null and status = 'tentative'"
            " order by event_id",
            calendar_id,
            held_by,
        )
        return [rows.event(row) for row in found]

    def run_out(self, calendar_id: Number, now: int) -> Sequence[Event]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {rows.EVENT} from event where environment_id = ? and calendar_id = ?"
            " and status = 'tentative' and hold_expires_at <= ? order by event_id",
            calendar_id,
            now,
        )
        return [rows.event(row) for row in found]

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
        return rows.remembered(row) if row else None

    def _calendar(self, calendar_id: Number, *, lock: str = "") -> Calendar:
        row = self._one(
            f"select {rows.CALENDAR} from calendar"
            f" where environment_id = ? and calendar_id = ?{lock}",
            calendar_id,
        )
        if row is None:
            raise UnknownCalendar("No calendar has that id.")
        return rows.calendar(row)

    def _event_row(self, event_id: Number) -> Row | None:
        return self._one(
            f"select {rows.EVENT} from event where environment_id = ? and event_id = ?", event_id
        )

    def _claims(self, calendar_id: Number, within: Interval) -> Sequence[Any]:
        """Return (start, end, type, hold_expires_at, event_id) of what claims time in a stretch."""
        raise NotImplementedError


class SqlTransaction(SqlReader, ConnectionWriter, OutboxWriter, EventRuleWriter):
    """See `store.base.Transaction`."""

    def claim(self, key: RequestKey) -> Remembered | None:
        """See `store.base.Transaction`."""
        return self.recall(key)

    def lock_calendar(self, calendar_id: Number) -> Calendar:
        """See `store.base.Transaction`."""
        return self._calendar(calendar_id)

    def lock_event(self, event_id: Number) -> tuple[Calendar, Event]:
        """See `store.base.Transaction`."""
        calendar = self.lock_calendar(self.event(event_id).calendar_id)
        return calendar, self.event(event_id)  # read again: now it stays as it is

    def lock_connection(self, connection_id: Number) -> Connected:
        """See `store.base.Transaction`."""
        try:
            self.lock_calendar(self.connection(connection_id).calendar_id)
        except UnknownCalendar:
            raise UnknownConnection("No provider connection has that id.") from None
        return self.connection(connection_id)  # read again: now it stays as it is

    def add_calendar(self, calendar: Calendar) -> Calendar:
        """See `store.base.Transaction`."""
        kept = replace(calendar, id=self._unused("calendar", "calendar_id"))
        self._insert("calendar", rows.calendar_row(kept))
        return kept

    def put_calendar(self, calendar: Calendar) -> None:
        """See `store.base.Transaction`."""
        self._replace("calendar", rows.calendar_row(calendar), key=("calendar_id",))

    def delete_calendar(self, calendar_id: Number) -> None:
        """See `store.base.Transaction`."""
        for connection in self.connections(calendar_id):
            self.delete_connection(connection.id)
        for table in ("event", "availability_rule", "calendar"):
            self._change(
                f"delete from {table} where environment_id = ? and calendar_id = ?", calendar_id
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

    def put_rule(self, calendar_id: Number, rule: Rule) -> None:
        """See `store.base.Transaction`."""
        row = {"calendar_id": calendar_id} | rows.rule_row(rule)
        if not self._replace("availability_rule", row, key=("calendar_id", "rule_id")):
            raise _unknown_rule()

    def delete_rule(self, calendar_id: Number, rule_id: Number) -> None:
        """See `store.base.Transaction`."""
        changed = self._change(
            "delete from availability_rule"
            " where environment_id = ? and calendar_id = ? and rule_id = ?",
            calendar_id,
            rule_id,
        )
        if not changed:
            raise _unknown_rule()

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
        self._insert(
            "request",
            rows.request_row(key, remembered, now),
            " on conflict (environment_id, caller, operation, request_id) do update set"
            " fingerprint = excluded.fingerprint, answer = excluded.answer,"
            " created_at = excluded.created_at",
        )

    def unclaim(self, key: RequestKey) -> None:
        """See `store.base.Transaction`."""
        self._change(
            "delete from request"
            " where environment_id = ? and caller = ? and operation = ? and request_id = ?",
            *key,
        )


def _unknown_rule() -> UnknownRule:
    return UnknownRule("The calendar has no availability rule with that id.")


class SqlStore:
    """The part of `store.base.Store` that is the same in every store that speaks SQL."""

    def environments(self) -> Sequence[Environment]:
        """See `store.base.Store`."""
        with self._reading() as connection:
            found = connection.execute(
                f"select {rows.ENVIRONMENT} from environment order by created_at, environment_id"
            )
            return [rows.environment(row) for row in found.fetchall()]

    def add_environment(
        self, name: str, timezone: str, now: int, furnish: Callable[[Transaction], None]
    ) -> tuple[Environment, bool]:
        """See `store.base.Store`."""
        with self._writing() as connection:
            made = connection.execute(
                "insert into environment (environment_id, name, timezone, created_at)"
                " values (?, ?, ?, ?) on conflict (name) do nothing",
                (new_number(), name, timezone, now),
            )
            row = connection.execute(
                f"select {rows.ENVIRONMENT} from environment where name = ?", (name,)
            ).fetchone()
            environment = rows.environment(row)
            if made.rowcount:
                furnish(self._transaction(connection, environment.id))
            return environment, made.rowcount > 0

    def find_token(self, hashed: str) -> Token | None:
        """See `store.base.Store`."""
        with self._reading() as connection:
            row = connection.execute(
                f"select {rows.TOKEN} from token where hash = ?", (hashed,)
            ).fetchone()
            return rows.token(row) if row else None

    def has_tokens(self) -> bool:
        """See `store.base.Store`."""
        with self._reading() as connection:
            return connection.execute("select 1 from token limit 1").fetchone() is not None

    def overdue(self, now: int) -> Sequence[Overdue]:
        """See `store.base.Store`."""
        with self._reading() as connection:
            found = connection.execute(
                "select distinct environment_id, calendar_id from event"
                " where status = 'tentative' and hold_expires_at <= ?",
                (now,),
            )
            return [Overdue(*row) for row in found.fetchall()]

    def forget(self, before: int, limit: int) -> int:
        """See `store.base.Store`."""
        with self._reading() as connection:
            old = connection.execute(
                "select environment_id, caller, operation, request_id from request"
                " where created_at < ? order by created_at limit ?",
                (before, limit),
            ).fetchall()
        if not old:
            return 0
        with self._writing() as connection:
            for key in old:
                connection.execute(
                    "delete from request where environment_id = ? and caller = ?"
                    " and operation = ? and request_id = ? and created_at < ?",
                    (*key, before),  # the id may be in use again
                )
        return len(old)

    def lease(
        self, lease: str, *, now: int, begins: int, until: int, limit: int
    ) -> Sequence[Message]:
        """See `store.base.Store`."""
        with self._reading() as connection:  # most often nothing is due, and nobody need wait
            if not outbox.is_any_due(connection, now, begins):
                return []
        with self._writing() as connection:
            self._lease_alone(connection)
            return outbox.lease(connection, lease, now=now, begins=begins, until=until, limit=limit)

    def renew(self, lease: str, until: int) -> bool:
        """See `store.base.Store`."""
        with self._writing() as connection:
            return outbox.renew(connection, lease, until)

    def waiting(self, now: int) -> Waiting:
        """See `store.base.Store`."""
        with self._reading() as connection:
            return Waiting(*outbox.waiting(connection, now))

    def _lease_alone(self, connection: Connection) -> None:
        """Let nobody else lease before the transaction ends; nothing to do where one writes."""

    def _reading(self) -> AbstractContextManager[Connection]:
        """Lend a connection for single reads."""
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[Connection]:
        """Lend a connection inside a transaction that may write."""
        raise NotImplementedError

    def _transaction(self, connection: Connection, environment_id: Number) -> Transaction:
        """Return the transaction that a connection is in, for one environment."""
        raise NotImplementedError


_STATUS_NOW = (
    "case when status = 'tentative' and hold_expires_at <= ? then 'cancelled' else status end"
)
"""An event's status as `Event.as_of` has it."""


def _conditions(wanted: EventFilter, now: int) -> tuple[str, list[object]]:
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
    if len(wanted.statuses) < len(Status):
        marks = ", ".join("?" * len(wanted.statuses))
        values = (now, *(status.value for status in wanted.statuses))
        parts.append((f"{_STATUS_NOW} in ({marks})", values))
    if wanted.type is not None:
        parts.append(("type = ?", (wanted.type,)))
    if wanted.query:
        parts.append(("instr(search_text, ?) > 0", (fold(wanted.query),)))
    if wanted.attendee:
        parts += [("instr(attendee_text, ?) > 0", (clue,)) for clue in clues(wanted.attendee)]
    if wanted.after:
        parts.append(("(start_at, event_id) > (?, ?)", wanted.after))
    return "".join(f" and {sql}" for sql, _ in parts), [v for _, values in parts for v in values]
