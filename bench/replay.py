"""A request that is sent a second time, against the first time."""

from itertools import count
from pathlib import Path

from bench.contention import NOW, open_calendars
from bench.measure import Figure, by_turns
from bench.servers import database, settings
from bench.writers import half_hour
from sched_agent.model.event import Draft, Event
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.services import events
from sched_agent.services.environments import local_admin

CALLS = 20
AHEAD = CALLS + 1


def figures(place: Path | str, store: str) -> list[Figure]:
    """Measure through the services, in a new database."""
    environ = settings(place, NOW)
    (calendar_id,) = open_calendars(environ, 1)
    program = database(environ)
    caller = local_admin(program.environment)

    def book(number: int) -> Event:
        start, end = half_hour(number)
        draft = Draft(title="Demo", interval=Interval(start * 1_000_000, end * 1_000_000))
        return events.book(
            program.app, caller, calendar_id, draft, check=Check.FULL, request_id=f"call-{number}"
        )

    assert [book(number) for number in range(AHEAD)] == [book(number) for number in range(AHEAD)]
    first, again = count(AHEAD), count()  # whoever goes first, what is replayed has been booked
    turns = by_turns(lambda: book(next(again)), lambda: book(next(first)), turns=30, calls=CALLS)
    program.app.store.close()
    return [turns.figure(f"a request_id replayed, against its first call, {store}", bound=1)]
