"""Connections to one PostgreSQL database: how they are lent, and their faults told."""

import logging
import re
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper

from sched_agent.errors import (
    CalendarUnreachable,
    Interrupted,
    InvalidArgument,
    OutcomeUnknown,
    SlotTaken,
)
from sched_agent.store.pool import Pool
from sched_agent.store.postgres.place import Place
from sched_agent.store.postgres.schema import SCHEMA
from sched_agent.store.statements import Cursor

Connection = psycopg.Connection[tuple[Any, ...]]

_INDEXED = re.compile(r" indexed by \w+")

log = logging.getLogger("sched_agent")

WAIT_SECONDS = 5.0
"""How long a caller waits for a connection: longer than a server takes to start again."""

_PAUSE_SECONDS = 0.05
_PROBE_SECONDS = 1.0
_PASSING = (  # what a server says that will answer soon
    "starting up",
    "shutting down",
    "not yet accepting",
    "recovery",
    "terminating",
    "too many clients",
    "remaining connection",
)
_LIVENESS: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "tcp_user_timeout": 20_000,
}

_SETTINGS = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    "lock_timeout": "4s",  # less than others wait for a connection
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",  # frees the locks of a machine that is gone
}
_MEANINGS: tuple[tuple[str, str], ...] = (  # by the beginning of the SQLSTATE
    ("55P03", "The calendar is locked by another program."),
    ("57014", "The calendar database took too long."),
    ("25006", "The calendar database is a read-only copy, so nothing can be booked."),
    ("53100", "The disk is full, so the calendar database can't be written."),
    ("53", "The calendar database has no room for more."),
    ("58", "The calendar database can't be read or written: a disk error."),
    ("XX00", "The calendar database is damaged, or failed; look at its log."),
    ("28", "The calendar database refuses the user or the password."),
    ("3D", "There is no such database; make it with createdb."),
    ("42501", "The calendar database's user may not do that there."),
)
_AGAIN = ("40", "08", "57P", "23505")  # undone by the server, a broken connection, an id met twice


class Session:
    """A connection that takes statements as the stores write them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Any = ()) -> Cursor:
        """Run a statement with `?` for parameters."""
        return self.connection.execute(_spelled(sql), values)


@lru_cache(maxsize=512)
def _spelled(sql: str) -> bytes:
    for_us = _INDEXED.sub("", sql)
    return for_us.replace("?", "%s").replace("instr(", "strpos(").encode()


class Connections:
    """The connections of this process to one database."""

    def __init__(self, place: Place, most: int) -> None:
        """Make it; nothing is opened before the first loan.

        Args:
            place: Where the database is.
            most: How many connections there may be at a time.
        """
        self._url = place.url
        self._pool = Pool(self._connect, most, _is_alive)

    @contextmanager
    def lent(self, wait: float = WAIT_SECONDS) -> Iterator[Connection]:
        """Lend a connection that is in no transaction, and leave it so.

        Raises:
            CalendarUnreachable: There is none to be had, or the server failed.
            Interrupted: The server undid the transaction, or the connection broke.
            SlotTaken: The database itself has seen an overlap.
        """
        connection = self._pool.take(wait)
        try:
            yield connection
        except psycopg.Error as fault:
            raise _told(fault, connection) from fault
        finally:
            self._pool.give_back(connection, usable=_is_idle_again(connection))

    def close(self) -> None:
        """Close every connection that is not in use, and each other one when it comes back."""
        self._pool.close()

    def probe(self) -> None:
        """Find out whether the server answers, in a second and on our own clock.

        Raises:
            CalendarUnreachable: It does not.
        """
        with self.lent(_PROBE_SECONDS) as connection:
            server = connection.pgconn
            server.send_query(b"select 1")
            answer = server.get_result() if _is_readable(connection, _PROBE_SECONDS) else None
            if answer is None or answer.status != ExecStatus.TUPLES_OK:
                connection.close()
                raise CalendarUnreachable("The calendar database does not answer.")
            server.get_result()  # nothing more: that ends the question

    def _connect(self, wait: float) -> Connection:
        """Open a connection; a server that is starting again is tried until it answers."""
        until = monotonic() + wait
        while True:
            try:
                return self._open(max(2, round(wait)))
            except psycopg.OperationalError as fault:
                if monotonic() > until or _is_final(fault):
                    log.warning("no connection to the calendar database: %s", fault)
                    told = "The calendar database can't be reached."
                    raise CalendarUnreachable(told) from fault
            sleep(_PAUSE_SECONDS)

    def _open(self, seconds: int) -> Connection:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=seconds,
            application_name="sched-agent",
            **_LIVENESS,
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _is_final(fault: psycopg.OperationalError) -> bool:
    """Whether trying again is no use: a wrong password tried ten times locks a user out."""
    told = str(fault)
    return "FATAL" in told and not any(word in told for word in _PASSING)


def _is_alive(connection: Connection) -> bool:
    """Whether the server has not closed a connection; asking it would cost a round trip."""
    return not _is_readable(connection, 0)


def _is_readable(connection: Connection, seconds: float) -> bool:
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _is_idle_again(connection: Connection) -> bool:
    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        with suppress(psycopg.Error):  # the fault that led here is the one to tell
            connection.execute("rollback")
    return connection.pgconn.transaction_status == TransactionStatus.IDLE


def commit(connection: Connection) -> None:
    """Make a transaction last.

    Raises:
        OutcomeUnknown: The connection broke before the server said whether it did.
    """
    try:
        done = connection.execute("commit").statusmessage
    except psycopg.Error as fault:
        if connection.broken:
            raise OutcomeUnknown(
                "The connection to the calendar database broke while the change was being saved."
            ) from fault
        raise
    if done != "COMMIT":  # what PostgreSQL answers after a fault that was passed over
        raise AssertionError(f"the transaction ended in {done}")


def _prepare(connection: Connection) -> None:
    connection.adapters.register_dumper(int, Int8Dumper)  # one type, so one plan a statement
    for name, value in _SETTINGS.items():
        connection.execute("select set_config(%s, %s, false)", (name, value))
    # what is acknowledged is on disk, whatever the server's default says
    connection.execute(
        "select set_config('synchronous_commit', 'on', false)"
        " where current_setting('synchronous_commit') = 'off'"
    )


def _told(fault: psycopg.Error, connection: Connection) -> Exception:
    state = fault.sqlstate or ""
    if isinstance(fault, pg.ExclusionViolation):
        return SlotTaken("Another event takes that time.")
    if isinstance(fault, psycopg.DataError):
        return InvalidArgument(
            "A text or number among the arguments can't be kept.",
            hint="Leave out the character U+0000, and numbers beyond 18 digits.",
        )
    if connection.broken or state.startswith(_AGAIN):
        return Interrupted("The calendar database broke off.")
    for beginning, meaning in _MEANINGS:
        if state.startswith(beginning):
            return CalendarUnreachable(meaning)
    return fault
