"""The engine alone: 60 days of half hours around 10,000 busy times of a year."""

from bisect import bisect_left
from collections.abc import Sequence

from bench.measure import Figure, by_turns
from bench.references import LONGEST, by_portion, relevant, sweep
from bench.year import FIRST_DAY, LAST_DAY, LENGTH, busy_year, midnight
from sched_agent.model.calendar import Calendar
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.schedule import Taken, reach, schedule
from sched_agent.model.zone import instant, on_the_clock
from sched_agent.services.calendars import OFFICE_HOURS

CALENDAR = Calendar(id=1, name="Bench", timezone="America/New_York", created_at=0, updated_at=0)


def slots(taken: Sequence[Taken]) -> list[Interval]:
    """Return the free slots as the services find them, the store's part done by bisection."""
    within = Interval(instant(midnight(FIRST_DAY)), instant(midnight(LAST_DAY)))
    start, end = reach(CALENDAR, within)
    kept = taken[bisect_left(taken, (start - LONGEST * MINUTE,)) : bisect_left(taken, (end,))]
    return schedule(CALENDAR, [OFFICE_HOURS], kept, within, within.start).offers(LENGTH * MINUTE)


def figures() -> list[Figure]:
    """Measure against a bare sweep of integers and against `portion`."""
    busy = busy_year(10_000)
    taken = [Taken(start * MINUTE, end * MINUTE, True) for start, end in busy]
    ours = [(start // MINUTE, end // MINUTE) for start, end in slots(taken)]
    assert ours == sweep(busy) == by_portion(busy) == by_portion(relevant(busy))

    def cold() -> object:
        on_the_clock.cache_clear()
        return slots(taken)

    def warm() -> object:
        return slots(taken)

    def bare() -> object:
        return sweep(busy)

    against_portion = by_turns(warm, lambda: by_portion(busy), turns=8, calls=5)
    against_some = by_turns(warm, lambda: by_portion(relevant(busy)), turns=20, calls=5)
    return [
        by_turns(warm, bare, turns=60, calls=10).figure("engine, against a bare sweep", bound=2),
        by_turns(cold, bare, turns=60, calls=10).figure(
            "engine that meets these days for the first time, likewise", bound=None
        ),
        against_portion.figure("engine, times faster than portion", bound=100, faster=True),
        against_some.figure(
            "engine, times faster than portion on the 60 days only", bound=None, faster=True
        ),
    ]
