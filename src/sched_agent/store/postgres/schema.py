"""Making the schema, and dividing it into leaves."""

from importlib import resources

import psycopg

from sched_agent.errors import SettingsError
from sched_agent.store.steps import another_program, left_to_take

Connection = psycopg.Connection[tuple[object, ...]]

SCHEMA = "sched_agent"
"""Everything lies in a schema of this name, so that a database can be shared with others."""

_LOCK = 0x5C4ED  # ours alone, as far as one can know: it names no table
_DIVIDED = ("calendar", "availability_rule", "event")


def known() -> list[str]:
    """Return the names of all steps that this version knows."""
    found = resources.files(f"{__package__}.migrations").iterdir()
    return sorted(file.name.removesuffix(".sql") for file in found if file.name.endswith(".sql"))


def pending(connection: Connection) -> list[str]:
    """Return the names of the steps that a database has still to take.

    Raises:
        SettingsError: It was made by a newer version, or by another program.
    """
    if _exists(connection, "step"):
        taken = connection.execute("select name from step order by name").fetchall()
        return left_to_take(known(), [str(name) for (name,) in taken])
    if any(_exists(connection, table) for table in _DIVIDED):
        raise another_program()
    return known()


def migrate(connection: Connection, partitions: int | None) -> list[str]:
    """Take the steps that are left, inside the caller's transaction, and return their names.

    Raises:
        SettingsError: See `pending`; or there is no dividing of leaves on other servers.
    """
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))  # several may start at once
    left = pending(connection)
    if left:
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute("create table if not exists step (name text primary key)")
    for name in left:
        connection.execute(_sql("migrations", f"{name}.sql"))
        connection.execute("insert into step (name) values (%s)", (name,))
    leaves = _leaves(connection, "event")
    wanted = partitions or len(leaves) or 1
    if wanted != len(leaves):
        left += [f"divided into {wanted}"]
        _divide(connection, wanted)
    return left


def lies_elsewhere(connection: Connection) -> bool:
    """Whether some leaves are tables of other servers."""
    row = connection.execute(
        "select exists (select from pg_inherits join pg_foreign_table on ftrelid = inhrelid"
        " where inhparent = to_regclass('calendar'))"
    ).fetchone()
    return row == (True,)


def _divide(connection: Connection, leaves: int) -> None:
    """Move everything that belongs to calendars into as many leaves; nobody else gets in."""
    if lies_elsewhere(connection):
        raise SettingsError(
            "Leaves of the database lie on other servers: divide it there, by hand."
        )
    old = {table: _leaves(connection, table) for table in _DIVIDED}
    for table, names in old.items():
        for name in names:
            connection.execute(f"alter table {table} detach partition {name}")
    for leaf in range(leaves):
        connection.execute(
            _sql("leaves.sql").replace(b"{leaves}", b"%d" % leaves).replace(b"{leaf}", b"%d" % leaf)
        )
    for table, names in old.items():
        for name in names:
            connection.execute(f"insert into {table} select * from {name}")
            connection.execute(f"drop table {name}")


def _leaves(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = to_regclass(%s)",
        (table,),
    )
    return [str(name) for (name,) in found.fetchall()]


def _exists(connection: Connection, table: str) -> bool:
    # not to_regclass: inside a transaction it may remember that there was no such table before
    sql = "select 1 from pg_tables where schemaname = %s and tablename = %s"
    return connection.execute(sql, (SCHEMA, table)).fetchone() is not None


def _sql(*path: str) -> bytes:
    return resources.files(__package__).joinpath(*path).read_bytes()
