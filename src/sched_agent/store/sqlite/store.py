"""The SQLite store: WAL, every commit on disk before it is acknowledged, one writer at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sched_agent.model.calendar import Environment
from sched_agent.model.caller import Token
from sched_agent.model.ids import Number, new_number
from sched_agent.store.base import Transaction
from sched_agent.store.sqlite import migrations, rows
from sched_agent.store.sqlite.connection import Connections
from sched_agent.store.sqlite.transaction import SqliteReader, SqliteTransaction


class SqliteStore:
    """See `store.base.Store`."""

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)

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
        with self._connections.lent() as connection:
            connection.execute("begin immediate")  # a deferred one takes the lock too late
            yield SqliteTransaction(connection, environment_id)
            connection.execute("commit")

    def environments(self) -> Sequence[Environment]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            found = connection.execute(
                f"select {rows.ENVIRONMENT} from environment order by created_at, environment_id"
            )
            return [rows.environment(row) for row in found]

    def add_environment(
        self, name: str, timezone: str, now: int, furnish: Callable[[Transaction], None]
    ) -> tuple[Environment, bool]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            connection.execute("begin immediate")
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
                furnish(SqliteTransaction(connection, environment.id))
            connection.execute("commit")
            return environment, made.rowcount > 0

    def find_token(self, hashed: str) -> Token | None:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            row = connection.execute(
                f"select {rows.TOKEN} from token where hash = ?", (hashed,)
            ).fetchone()
            return rows.token(row) if row else None

    def has_tokens(self) -> bool:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            return connection.execute("select 1 from token limit 1").fetchone() is not None

    def migrate(self) -> Sequence[str]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            if not migrations.pending(connection):
                return []
            connection.execute("begin immediate")  # two processes may start at once
            taken = migrations.apply(connection)
            connection.execute("commit")
            return taken

    def pending(self) -> Sequence[str]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            return migrations.pending(connection)

    def close(self) -> None:
        """See `store.base.Store`."""
        self._connections.close()
