"""The embedded store: one SQLite file."""

from sched_agent.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
