"""Keeps everything in PostgreSQL, for many processes on many machines."""

from sched_agent.store.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
