"""Sixteen processes that book at once: on one calendar, and each time on another of a thousand."""

from pathlib import Path

from bench.crew import WRITERS, Contest, Crew
from bench.measure import Figure
from bench.same_work import SameFunction, SameSqlite, same_function, same_sqlite
from bench.servers import database, settings
from bench.writers import ThroughServices, make_function, make_plain
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.ids import Number
from tests.clusters import Cluster

NOW = "2026-11-20T08:00-05:00"
MOST_WAIT = 250.0  # milliseconds; what is meant to hold on a machine that does nothing else
_OPEN = Policy(availability=Availability.OPEN)


def on_sqlite(folder: Path, crew: Crew) -> list[Figure]:
    """Measure against `sqlite3` alone: with our tables and queue, and with neither."""
    found: list[Figure] = []
    for calendars in (1, 1_000):
        ours = through_services(folder / f"contended-{calendars}.db", calendars)
        same = on_our_file(folder / f"same-{calendars}.db", calendars)
        bare = make_plain(str(folder / f"plain-{calendars}.db"), calendars)
        what = f"{_calendars(calendars)}, SQLite"
        found += _figures(crew.contest(ours, same), what, "plain sqlite3, same tables, same queue")
        found += _informing(
            crew.contest(ours, bare), what, "plain sqlite3, a bare table, drawing lots"
        )
    return found


def on_postgres(cluster: Cluster, crew: Crew) -> list[Figure]:
    """Measure against a function in the database: on our tables, and on a bare one."""
    found: list[Figure] = []
    for calendars in (1, 1_000):
        ours = through_services(cluster.new_database(), calendars)
        same = on_our_server(cluster.new_database(), calendars)
        bare = make_function(cluster.new_database(), calendars)
        what = f"{_calendars(calendars)}, PostgreSQL"
        found += _figures(crew.contest(ours, same), what, "a PL/pgSQL function on the same tables")
        found += _informing(crew.contest(ours, bare), what, "a PL/pgSQL function on a bare table")
    return found


def through_services(place: Path | str, calendars: int) -> ThroughServices:
    """Return our way of booking in a new database, with calendars that are always open."""
    environ = settings(place, NOW)
    return ThroughServices(tuple(environ.items()), open_calendars(environ, calendars))


def on_our_file(path: Path, calendars: int) -> SameSqlite:
    """Return our work without us in a new SQLite file, with calendars that are always open."""
    return same_sqlite(str(path), open_calendars(settings(path, NOW), calendars))


def on_our_server(url: str, calendars: int) -> SameFunction:
    """Return our work without us in a new PostgreSQL database, with the same calendars."""
    return same_function(url, open_calendars(settings(url, NOW), calendars))


def open_calendars(environ: dict[str, str], calendars: int) -> tuple[Number, ...]:
    """Make calendars that are open at all times."""
    program = database(environ)
    with program.app.store.transaction(program.environment.id) as tx:
        made = [
            tx.add_calendar(
                Calendar(
                    id=0,
                    name=f"Calendar {number}",
                    timezone=program.environment.timezone,
                    policy=_OPEN,
                    created_at=0,
                    updated_at=0,
                )
            )
            for number in range(calendars)
        ]
    program.app.store.close()
    return tuple(calendar.id for calendar in made)


def _calendars(number: int) -> str:
    return f"{WRITERS} writers, {number:,} calendar{'s' if number > 1 else ''}"


def _figures(contest: Contest, what: str, reference: str) -> list[Figure]:
    longest = max(turn.waits[-1] for turn in contest.ours)
    return [
        contest.rates.rates(f"{what}, against {reference}", bound=0.5, unit="bookings/s"),
        contest.spread.figure(f"{what}: worst wait, against the median", bound=20),
        _worst(contest, what, reference),
        Figure(
            name=f"{what}: worst wait of all, against {MOST_WAIT:g} ms",
            ours=longest,
            reference=MOST_WAIT,
            ratio=longest / MOST_WAIT,
            bound=None,
        ),
    ]


def _informing(contest: Contest, what: str, reference: str) -> list[Figure]:
    """Return what is not promised: the reference does less, or lets some wait for long."""
    return [
        contest.rates.rates(f"{what}, against {reference}", bound=None, unit="bookings/s"),
        _worst(contest, what, reference),
    ]


def _worst(contest: Contest, what: str, reference: str) -> Figure:
    return contest.worst.figure(f"{what}: worst wait, against {reference}", bound=None)
