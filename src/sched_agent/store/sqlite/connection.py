"""Connections to one SQLite file: how they are opened, shared and their faults told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from sched_agent.errors import CalendarUnreachable, SettingsError
from sched_agent.store.pool import Pool

BUSY_SECONDS = 10.0
_PAUSE_SECONDS = 0.01
_MOST = 1000  # more threads than a process has

_MEANINGS = {
    sqlite3.SQLITE_FULL: "The disk is full, so the calendar database can't be written.",
    sqlite3.SQLITE_READONLY: "The calendar database is read-only, so nothing can be booked.",
    sqlite3.SQLITE_BUSY: "The calendar database is locked by another program.",
    sqlite3.SQLITE_LOCKED: "The calendar database is locked by another program.",
    sqlite3.SQLITE_NOTADB: "The calendar database file is not a SQLite database.",
    sqlite3.SQLITE_CORRUPT: "The calendar database file is damaged; restore it from a copy.",
    sqlite3.SQLITE_CANTOPEN: "The calendar database file can't be opened.",
    sqlite3.SQLITE_IOERR: "The calendar database can't be read or written: a disk error.",
}


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what SQLite raises about the file into our own error.

    Raises:
        CalendarUnreachable: With one sentence about the cause.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a fault of the program, not of the file
    except sqlite3.DatabaseError as fault:
        primary = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        if primary not in _MEANINGS:
            raise
        raise CalendarUnreachable(_MEANINGS[primary]) from fault


class Connections:
    """The connections to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pool = Pool(self._open, most=_MOST)

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that is in no transaction, and leave it so."""
        with faults_told():
            connection = self._pool.take(BUSY_SECONDS)
            try:
                yield connection
            finally:
                self._pool.give_back(connection, usable=_is_idle_again(connection))

    def close(self) -> None:
        """Close every connection that is not in use, and each other one when it comes back."""
        self._pool.close()

    def _open(self, _: float) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SettingsError(f"The folder {self.path.parent} can't be made: {fault}.") from fault
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("pragma foreign_keys = on")
            _write_ahead(connection)
            connection.execute("pragma synchronous = full")
        except BaseException:
            connection.close()
            raise
        return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, once: SQLite itself waits for nobody when it does.

    Where several processes begin with a new file, one of them switches and the others find it done.
    """
    give_up = monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute("pragma journal_mode").fetchone() != ("wal",):
                connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return


def _is_idle_again(connection: sqlite3.Connection) -> bool:
    try:
        if connection.in_transaction:
            connection.execute("rollback")
    except sqlite3.Error:
        return False  # the fault that led here is the one to tell
    return True
