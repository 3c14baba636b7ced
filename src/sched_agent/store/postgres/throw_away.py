"""A database that is there for a while only."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from sched_agent.errors import SettingsError
from sched_agent.store.postgres.place import Place


@contextmanager
def throw_away_database(beside: str) -> Iterator[str]:
    """Make an empty database on the server of another one, lend it, and drop it.

    Raises:
        SettingsError: The server is not there, or lets this user make no database.
    """
    name = f"sched_agent_{secrets.token_hex(4)}"
    place = Place(beside)
    try:
        with psycopg.connect(place.url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            try:
                yield place.beside(name).url
            finally:
                gone = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
                connection.execute(gone)
    except psycopg.OperationalError as fault:
        raise SettingsError("The PostgreSQL server can't be reached.") from fault
    except psycopg.errors.InsufficientPrivilege as fault:
        raise SettingsError(
            "The PostgreSQL user may make no database to throw away: name one that may (CREATEDB)."
        ) from fault
