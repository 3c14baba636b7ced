"""The SQLite store: WAL, every commit on disk before it is acknowledged, one writer at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sched_agent.errors import SettingsError
from sched_agent.model.ids import Number
from sched_agent.store.sql import SqlStore
from sched_agent.store.sqlite import migrations
from sched_agent.store.sqlite.connection import BUSY_SECONDS, Connections
from sched_agent.store.sqlite.queue import Queue
from sched_agent.store.sqlite.transaction import SqliteReader, SqliteTransaction
from sched_agent.store.statements import Connection


class SqliteStore(SqlStore):
    """See `store.base.Store`."""

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)
        self._queue = Queue(path, BUSY_SECONDS)

    @contextmanager
    def snapshot(self, environment_id: Number) -> Iterator[SqliteReader]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            connection.execute("begin")
            yield SqliteReader(connection, environment_id)
            connection.execute("commit")

    @contextmanager
    def transaction(self, environment_id: Number) -> Iterator[SqliteTransaction]:
        """See `store.base.Store`."""
        with self._writing() as connection:
            yield SqliteTransaction(connection, environment_id)

    @property
    def place(self) -> str:
        """See `store.base.Store`."""
        return str(self._connections.path)

    def probe(self) -> None:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            connection.execute("select 1 from environment limit 1")

    def concern(self) -> str | None:
        """See `store.base.Store`. The settings that matter are made with each connection."""
        return None

    def migrate(self, partitions: int | None = None) -> Sequence[str]:
        """See `store.base.Store`."""
        if partitions is not None:
            raise SettingsError("A SQLite database has no partitions; PostgreSQL has.")
        if not self.pending():
            return []
        with self._writing() as connection:  # two processes may start at once
            return migrations.apply(connection)

    def pending(self) -> Sequence[str]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            return migrations.pending(connection)

    def close(self) -> None:
        """See `store.base.Store`."""
        self._connections.close()
        self._queue.close()

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._connections.lent() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._queue.turn(), self._connections.lent() as connection:  # undone before given on
            connection.execute("begin immediate")  # a deferred one takes the lock too late
            yield connection
            connection.execute("commit")

    def _transaction(self, connection: Connection, environment_id: Number) -> SqliteTransaction:
        return SqliteTransaction(connection, environment_id)
