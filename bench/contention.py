"""Sixteen processes that book at once: on one calendar, and each time on another of a thousand."""

from pathlib import Path

from bench.crew import WRITERS, Contest, Crew
from bench.measure import Figure
from bench.servers import database, settings
from bench.writers import ThroughServices, make_function, make_plain
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.ids import Number
from tests.clusters import Cluster

NOW = "2026-11-20T08:00-05:00"
MOST_WAIT = 250.0  # milliseconds; what is meant to hold on a machine that does nothing else
_OPEN = Policy(availability=Availability.OPEN)


def on_sqlite(folder: Path, crew: Crew) -> list[Figure]:
    """Measure against a transaction of plain `sqlite3`."""
    found: list[Figure] = []
    for calendars in (1, 1_000):
        ours = through_services(folder / f"contended-{calendars}.db", calendars)
        plain = make_plain(str(folder / f"plain-{calendars}.db"), calendars)
        contest = crew.contest(ours, plain)
        found += _figures(contest, f"{_calendars(calendars)}, SQLite", "plain sqlite3")
    return found


def on_postgres(cluster: Cluster, crew: Crew) -> list[Figure]:
    """Measure against a function in the database, which is called in one round trip."""
    found: list[Figure] = []
    for calendars in (1, 1_000):
        ours = through_services(cluster.new_database(), calendars)
        function = make_function(cluster.new_database(), calendars)
        contest = crew.contest(ours, function)
        found += _figures(contest, f"{_calendars(calendars)}, PostgreSQL", "a PL/pgSQL function")
    return found


def through_services(place: Path | str, calendars: int) -> ThroughServices:
    """Return our way of booking in a new database, with calendars that are always open."""
    environ = settings(place, NOW)
    return ThroughServices(tuple(environ.items()), open_calendars(environ, calendars))


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
        contest.worst.figure(f"{what}: worst wait, against {reference}", bound=None),
        Figure(
            name=f"{what}: worst wait of all, against {MOST_WAIT:g} ms",
            ours=longest,
            reference=MOST_WAIT,
            ratio=longest / MOST_WAIT,
            bound=None,
        ),
    ]
