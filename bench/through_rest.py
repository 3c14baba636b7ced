"""Bookings over HTTP through the whole server: one process, and four over the same database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.contention import NOW, open_calendars
from bench.crew import WRITERS, Crew
from bench.measure import Figure
from bench.servers import OURS, listening, settings
from bench.writers import OverRest
from sched_agent.model.ids import Kind, code
from tests.clusters import Cluster

CALENDARS = 1_000
WORKERS = 4


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
        more.rates.rates(
            f"{what}: {WORKERS} processes, against one", bound=None, unit="bookings/s"
        ),
        other.rates.rates(
            f"{what}: one process, against one on SQLite", bound=None, unit="bookings/s"
        ),
    ]


@contextmanager
def _served(place: Path | str, processes: int) -> Iterator[OverRest]:
    """Run that many servers over one new database, and yield how to book there."""
    environ = settings(place, NOW)
    calendars = open_calendars(environ, CALENDARS)
    with ExitStack() as servers:
        ports = [
            servers.enter_context(listening([OURS, "serve", "--port"], environ))
            for _ in range(processes)
        ]
        yield OverRest(tuple(ports), tuple(code(Kind.CALENDAR, number) for number in calendars))
