"""Bookings over HTTP through the whole server: answered by one process, and by four."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from bench.contention import NOW, open_calendars
from bench.crew import WRITERS, Crew
from bench.measure import Figure
from bench.servers import OURS, listening, settings
from bench.writers import OverRest
from sched_agent.model.ids import Kind, code
from tests.clusters import Cluster

CALENDARS = 1_000
WORKERS = 4
START_SECONDS = 3.0  # after the first worker answers, until the last one does, too


def figures(folder: Path, cluster: Cluster, crew: Crew) -> list[Figure]:
    """Measure what more processes bring on PostgreSQL, and what it costs beside SQLite."""
    with (
        _served(cluster.new_database(), 1) as one,
        _served(cluster.new_database(), WORKERS) as several,
        _served(folder / "rest.db", 1) as on_file,
    ):
        more = crew.contest(several, one)
        other = crew.contest(one, on_file)
    what = f"REST, {WRITERS} clients, PostgreSQL"
    return [
        more.rates.rates(f"{what}: {WORKERS} workers, against one", bound=None, unit="bookings/s"),
        other.rates.rates(
            f"{what}: one worker, against one on SQLite", bound=None, unit="bookings/s"
        ),
    ]


@contextmanager
def _served(place: Path | str, workers: int) -> Iterator[OverRest]:
    """Run a server with that many workers over a new database, and yield how to book there."""
    environ = settings(place, NOW)
    calendars = open_calendars(environ, CALENDARS)
    serve = [OURS, "serve", "--workers", str(workers), "--port"]
    with listening(serve, environ) as port:
        sleep(START_SECONDS)
        yield OverRest(port, tuple(code(Kind.CALENDAR, number) for number in calendars))
