"""A database whose calendars lie on two further servers (postgres_fdw); docs/scale.md tells how."""

from importlib import resources
from urllib.parse import urlsplit

import psycopg

from sched_agent.store.postgres import PostgresStore, schema

TABLES = ("calendar", "availability_rule", "event")


def spread(front: str, others: list[str]) -> None:
    """Let the calendars of a new database lie on others: one leaf each."""
    leaves = len(others)
    for leaf, url in enumerate(others):
        _make_leaf(url, leaf, leaves)
    store = PostgresStore(front, connections=1)
    store.migrate()
    store.close()
    with psycopg.connect(front, options=f"-c search_path={schema.SCHEMA},public") as connection:
        connection.execute("create extension postgres_fdw")
        for table in TABLES:
            connection.execute(f"drop table {table}_1_0".encode())
        for leaf, url in enumerate(others):
            for statement in _foreign_leaf(url, leaf, leaves):
                connection.execute(statement.encode())


def _make_leaf(url: str, leaf: int, leaves: int) -> None:
    package = resources.files("sched_agent.store.postgres")
    steps = [package.joinpath("migrations", f"{name}.sql").read_text() for name in schema.known()]
    tables = package.joinpath("leaves.sql").read_text()
    tables = tables.replace("{leaves}", str(leaves)).replace("{leaf}", str(leaf))
    with psycopg.connect(url, options=f"-c search_path={schema.SCHEMA}") as connection:
        for statement in (f"create schema {schema.SCHEMA}", *steps, tables):
            connection.execute(statement.encode())


def _foreign_leaf(url: str, leaf: int, leaves: int) -> list[str]:
    where = urlsplit(url)
    place = f"host '{where.hostname}', port '{where.port}', dbname '{where.path[1:]}'"
    user = f"user '{where.username}'"
    return [
        f"create server leaf_{leaf} foreign data wrapper postgres_fdw options ({place})",
        f"create user mapping for current_user server leaf_{leaf} options ({user})",
        *(
            f"create foreign table {table}_{leaves}_{leaf} partition of {table}"
            f" for values with (modulus {leaves}, remainder {leaf}) server leaf_{leaf}"
            f" options (schema_name '{schema.SCHEMA}', table_name '{table}_{leaves}_{leaf}')"
            for table in TABLES
        ),
    ]
