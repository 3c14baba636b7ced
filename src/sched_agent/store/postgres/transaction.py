"""Reading and writing one environment inside a PostgreSQL transaction.

A calendar's row is its lock. Statements read what was committed before them, so what is read after
the lock is what the one before left. On leaves of other servers that is not so: there a
transaction sees what was committed before its first statement (postgres_fdw, "Transaction
Management"). So it waits for its turn at this server before that first statement, and the lock
is a change of the row, which fails if anybody came first nevertheless; then it is run again.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from sched_agent.errors import SlotTaken, UnknownCalendar, UnknownEvent
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.ids import Number, new_number
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Taken
from sched_agent.model.status import is_live
from sched_agent.store import rows
from sched_agent.store.base import Remembered, RequestKey
from sched_agent.store.sql import SqlReader, SqlTransaction
from sched_agent.store.statements import Connection, Row

_CLAIMS = """
    select start_at, end_at, type, hold_expires_at, event_id from event
    where environment_id = ? and calendar_id = ? and claims
      and end_at - start_at <= 86400000000
      and start_at > ? - 86400000000 and start_at < ? and end_at > ?
    union all
    select start_at, end_at, type, hold_expires_at, event_id from event
    where environment_id = ? and calendar_id = ? and claims
      and end_at - start_at > 86400000000 and end_at > ? and start_at < ?
"""
_PLACE = "select calendar_id from event_place where environment_id = ? and event_id = ?"


class PostgresReader(SqlReader):
    """See `store.base.Reader`."""

    def _event_row(self, event_id: Number) -> Row | None:
        return self._one(
            f"select {rows.EVENT} from event"
            f" where environment_id = ? and event_id = ? and calendar_id = ({_PLACE})",
            event_id,
            self._environment_id,
            event_id,
        )

    def _claims(self, calendar_id: Number, within: Interval) -> Sequence[Any]:
        start, end = within
        short = (calendar_id, start, end, start)
        return self._all(_CLAIMS, *short, self._environment_id, calendar_id, start, end)


class PostgresTransaction(PostgresReader, SqlTransaction):
    """See `store.base.Transaction`."""

    def __init__(
        self, connection: Connection, environment_id: Number, *, lies_elsewhere: bool
    ) -> None:
        super().__init__(connection, environment_id)
        self._lies_elsewhere = lies_elsewhere
        self._lapsed: list[Number] = []
        self._now = 0

    def claim(self, key: RequestKey) -> Remembered | None:
        """See `store.base.Transaction`. Who claims second waits here for the first one's end."""
        row = {**key._asdict(), "fingerprint": "", "answer": "null", "created_at": 0}
        while not self._insert("request", row, " on conflict do nothing"):
            if before := self.recall(key):
                return before
        return None

    def remember(self, key: RequestKey, remembered: Remembered, now: int) -> None:
        """See `store.base.Transaction`."""
        row = rows.request_row(key, remembered, now)
        self._replace("request", row, key=RequestKey._fields)

    def lock_calendar(self, calendar_id: Number) -> Calendar:
        """See `store.base.Transaction`."""
        if self._lies_elsewhere:
            self._connection.execute("select pg_advisory_xact_lock(?)", (calendar_id,))
        return self._locked("?", calendar_id)

    def lock_event(self, event_id: Number) -> tuple[Calendar, Event]:
        """See `store.base.Transaction`."""
        try:
            if self._lies_elsewhere:
                (calendar_id,) = self._one(_PLACE, event_id) or (0,)
                calendar = self.lock_calendar(calendar_id)
            else:
                calendar = self._locked(f"({_PLACE})", self._environment_id, event_id)
        except UnknownCalendar:
            raise UnknownEvent("No event has that id.") from None
        return calendar, self.event(event_id)

    def taken(
        self, calendar_id: Number, within: Interval, now: int, leaving_out: Number | None = None
    ) -> Sequence[Taken]:
        """See `store.base.Transaction`."""
        claims = self._claims(calendar_id, within)
        self._lapsed, self._now = [c[4] for c in claims if not is_live(c[3], now)], now
        return rows.taken(claims, now, leaving_out)

    def delete_calendar(self, calendar_id: Number) -> None:
        """See `store.base.Transaction`."""
        self._change(
            "delete from event_place where environment_id = ? and event_id in"
            " (select event_id from event where environment_id = ? and calendar_id = ?)",
            self._environment_id,
            calendar_id,
        )
        super().delete_calendar(calendar_id)

    def add_event(self, event: Event) -> Event:
        """See `store.base.Transaction`."""
        self._settle_lapsed()
        for crowded in count():
            kept = replace(event, id=new_number(crowded))
            written, placed = self._write(kept)
            if placed:
                return kept
            if written:  # an event of another calendar has the id
                super().delete_event(kept)
            elif not self._in_use(kept.id):
                raise SlotTaken("Another event takes that time.")
        raise AssertionError("unreachable")

    def put_event(self, event: Event) -> None:
        """See `store.base.Transaction`."""
        self._settle_lapsed()
        super().put_event(event)

    def delete_event(self, event: Event) -> None:
        """See `store.base.Transaction`."""
        super().delete_event(event)
        self._change(
            "delete from event_place where environment_id = ? and event_id = ? and calendar_id = ?",
            event.id,
            event.calendar_id,
        )

    def _locked(self, which: str, *values: object) -> Calendar:
        where = f"where environment_id = ? and calendar_id = {which}"
        row = self._one(
            f"update calendar set updated_at = updated_at {where} returning {rows.CALENDAR}"
            if self._lies_elsewhere
            else f"select {rows.CALENDAR} from calendar {where} for update",
            *values,
        )
        if row is None:
            raise UnknownCalendar("No calendar has that id.")
        return rows.calendar(row)

    def _settle_lapsed(self) -> None:
        """Write down the holds that ran out where somebody looked for free time.

        The database's own guard knows no time: to it, they are there until they are cancelled.
        """
        lapsed, self._lapsed = self._lapsed, []
        for event_id in lapsed:
            super().put_event(self.event(event_id).as_of(self._now))

    def _write(self, event: Event) -> tuple[bool, bool]:
        """Write an event and its place; whether each of them could be."""
        row = rows.event_row(event)
        marks = ", ".join("?" * (len(row) + 1))
        # plain inserts that meet overlaps wait for each other in a circle; these give way
        found = self._one(
            f"with written as ("
            f" insert into event (environment_id, {', '.join(row)}) values ({marks})"
            "  on conflict do nothing returning environment_id, event_id, calendar_id"
            "), placed as ("
            " insert into event_place (environment_id, event_id, calendar_id)"
            " select * from written on conflict do nothing returning event_id"
            ") select exists (select from written), exists (select from placed)",
            *row.values(),
        )
        assert found is not None  # noqa: S101  # exists always answers
        return found[0], found[1]

    def _in_use(self, event_id: Number) -> bool:
        sql = "select 1 from event_place where environment_id = ? and event_id = ?"
        return self._one(sql, event_id) is not None
