"""The PostgreSQL store: any number of processes, each calendar with one writer at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from sched_agent.errors import CalendarUnreachable
from sched_agent.model.ids import Number
from sched_agent.store.line import Line
from sched_agent.store.postgres import schema
from sched_agent.store.postgres.connection import WAIT_SECONDS, Connections, Session, commit
from sched_agent.store.postgres.place import Place
from sched_agent.store.postgres.transaction import PostgresReader, PostgresTransaction
from sched_agent.store.sql import SqlStore
from sched_agent.store.statements import Connection

_FOR_READERS = 2
_LEASING = 0x5C4EE  # an advisory lock of our own; calendars' begin far above
_SNAPSHOT = (
    # the locks come before the first look: dividing the tables would show it empty ones
    "begin isolation level repeatable read, read only;"
    " lock table only calendar, only availability_rule, only event in access share mode"
)


class PostgresStore(SqlStore):
    """See `store.base.Store`."""

    def __init__(self, url: str, connections: int) -> None:
        """Make it; nothing is opened before it is used.

        Args:
            url: `postgresql://USER:PASSWORD@HOST/DATABASE`.
            connections: How many this process may have at a time, two at least.

        Raises:
            SettingsError: It is no such URL.
        """
        self._place = Place(url)
        self._connections = Connections(self._place, connections)
        # so that a calendar that is stuck leaves room for those who only read
        self._writers = Line(max(1, connections - _FOR_READERS))
        self._lies_elsewhere: bool | None = None

    @contextmanager
    def snapshot(self, environment_id: Number) -> Iterator[PostgresReader]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            connection.execute(_SNAPSHOT)
            yield PostgresReader(Session(connection), environment_id)
            connection.execute("commit")

    @contextmanager
    def transaction(self, environment_id: Number) -> Iterator[PostgresTransaction]:
        """See `store.base.Store`."""
        with self._writing() as session:
            yield self._transaction(session, environment_id)

    @property
    def place(self) -> str:
        """See `store.base.Store`."""
        return self._place.shown

    def probe(self) -> None:
        """See `store.base.Store`."""
        self._connections.probe()

    def concern(self) -> str | None:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            found = connection.execute(
                "select name from pg_settings"
                " where name in ('fsync', 'full_page_writes') and setting = 'off'"
            ).fetchall()
        if not found:
            return None
        names = " and ".join(str(name) for (name,) in found)
        return f"the server runs with {names} off: a crash can lose what was acknowledged"

    def migrate(self, partitions: int | None = None) -> Sequence[str]:
        """See `store.base.Store`."""
        if partitions is None and not self.pending():
            return []
        with self._connections.lent() as connection:
            connection.execute("begin")
            connection.execute("set local statement_timeout = 0")
            connection.execute("set local lock_timeout = 0")
            taken = schema.migrate(connection, partitions)
            commit(connection)
            return taken

    def pending(self) -> Sequence[str]:
        """See `store.base.Store`."""
        with self._connections.lent() as connection:
            return schema.pending(connection)

    def close(self) -> None:
        """See `store.base.Store`."""
        self._connections.close()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._connections.lent() as connection:
            yield Session(connection)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        if not self._writers.come(monotonic() + WAIT_SECONDS):
            raise CalendarUnreachable("Too many want to book at once.")
        try:
            with self._connections.lent() as connection:
                if self._lies_elsewhere is None:
                    self._lies_elsewhere = schema.lies_elsewhere(connection)
                connection.execute("begin")
                yield Session(connection)
                commit(connection)
        finally:
            self._writers.go()

    def _lease_alone(self, connection: Connection) -> None:
        connection.execute("select pg_advisory_xact_lock(?)", (_LEASING,))

    def _transaction(self, connection: Connection, environment_id: Number) -> PostgresTransaction:
        assert self._lies_elsewhere is not None  # noqa: S101  # found out before the transaction
        return PostgresTransaction(connection, environment_id, lies_elsewhere=self._lies_elsewhere)
