"""Statements about one environment. Parameters are written `?`; a store's driver translates.

`indexed by` is for SQLite, which takes any environment for small and searches by its rows alone
where an index orders them less well; PostgreSQL knows better, and is not told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sched_agent.model.ids import Number, new_number

Row = Sequence[Any]


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...


class Connection(Protocol):
    """A database connection inside a transaction."""

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Cursor:
        """Run a statement."""
        ...


class Reading:
    """Selects; the first parameter of each is the environment."""

    def __init__(self, connection: Connection, environment_id: Number) -> None:
        self._connection = connection
        self._environment_id = environment_id

    def _one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, (self._environment_id, *values)).fetchone()
        return row

    def _all(self, sql: str, *values: object) -> list[Any]:
        return self._connection.execute(sql, (self._environment_id, *values)).fetchall()


class Writing(Reading):
    """Changes; see `Reading`."""

    def _unused(self, table: str, column: str) -> Number:
        crowded = 0
        sql = f"select 1 from {table} where environment_id = ? and {column} = ?"
        while self._one(sql, number := new_number(crowded)) is not None:
            crowded += 1
        return number

    def _insert(self, table: str, row: Mapping[str, Any], more: str = "") -> int:
        columns = ", ".join(row)
        marks = ", ".join("?" * (len(row) + 1))
        return self._change(
            f"insert into {table} (environment_id, {columns}) values ({marks}){more}",
            *row.values(),
        )

    def _put(self, table: str, row: Mapping[str, Any], *, key: Sequence[str]) -> None:
        """Write a row in place of the one with the same key, if there is one."""
        self._put_all(table, [row], key=key)

    def _put_all(
        self, table: str, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
    ) -> None:
        """Write rows with the same columns in place of those with the same keys, in one go."""
        columns = list(rows[0])
        rest = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
        row = f"(?{', ?' * len(columns)})"
        self._connection.execute(
            f"insert into {table} (environment_id, {', '.join(columns)})"
            f" values {', '.join([row] * len(rows))}"
            f" on conflict (environment_id, {', '.join(key)}) do update set {rest}",
            [value for row in rows for value in (self._environment_id, *row.values())],
        )

    def _replace(self, table: str, row: Mapping[str, Any], *, key: Sequence[str]) -> int:
        names = [name for name in row if name not in key]
        assignments = ", ".join(f"{name} = ?" for name in names)
        match = "".join(f" and {name} = ?" for name in key)
        return self._connection.execute(
            f"update {table} set {assignments} where environment_id = ?{match}",
            (*(row[name] for name in names), self._environment_id, *(row[name] for name in key)),
        ).rowcount

    def _change(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, (self._environment_id, *values)).rowcount


def marks(values: Sequence[object]) -> str:
    """Return as many parameters as there are values."""
    return ", ".join("?" * len(values))
