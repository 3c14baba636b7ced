"""Reading and writing one environment inside a SQLite transaction."""

from collections.abc import Sequence
from typing import Any

from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.store.sql import SqlReader, SqlTransaction

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


class SqliteReader(SqlReader):
    """See `store.base.Reader`."""

    def _claims(self, calendar_id: Number, within: Interval) -> Sequence[Any]:
        start, end = within
        found = self._all(_SHORT, calendar_id, start, end, start)
        found += self._all(_LONG, calendar_id, start, end)
        return found


class SqliteTransaction(SqliteReader, SqlTransaction):
    """See `store.base.Transaction`. `begin immediate` has locked every calendar already."""
