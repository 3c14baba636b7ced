"""Connections to one SQLite file: how they are opened, shared and their faults told."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sched_agent.errors import CalendarUnreachable, SettingsError

BUSY_SECONDS = 10.0

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
    """Lends connections to threads; each is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that is in no transaction, and leave it so."""
        with faults_told():
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close every idle connection, and each other one when it comes back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("rollback")
        except sqlite3.Error:
            connection.close()  # the fault that led here is the one to tell
            return
        with self._guard:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SettingsError(f"The folder {self.path.parent} can't be made: {fault}.") from fault
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("pragma foreign_keys = on")
            if connection.execute("pragma journal_mode").fetchone() != ("wal",):
                connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
        except BaseException:
            connection.close()
            raise
        return connection
