"""Which resources are free when (Timekit: query-availability-v2).

The same schedules decide that decide about bookings; here they are narrowed by constraints, and a
resource is free when all of its calendars are.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from sched_agent.app import App
from sched_agent.errors import (
    ConsentNeeded,
    InvalidArgument,
    SchedAgentError,
    Unavailable,
    UnknownCalendar,
)
from sched_agent.model.alternatives import best
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller, Level
from sched_agent.model.constraint import Constraint, opened
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, HOUR, MINUTE, SECOND, Interval, intersect
from sched_agent.model.schedule import Schedule, Taken, together
from sched_agent.model.slot import Slot
from sched_agent.model.zone import local
from sched_agent.services.availability import ALTERNATIVES, SEARCH_DAYS, Looking
from sched_agent.store.base import Reader

MOST_SLOTS = 20_000


class Mode(StrEnum):
    """What several resources mean."""

    MUTUAL = "mutual"
    EXCLUSIVE = "exclusive"
    ROUNDROBIN_RANDOM = "roundrobin_random"
    ROUNDROBIN_PRIORITIZED = "roundrobin_prioritized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a caller wants to know.

    Args:
        resources: Whom it is about, in order of priority, and which constraints each has, one
            list for each source of them. A source allows no more than the others do.
        mode: What several resources mean.
        within: The stretch in which slots are looked for.
        length: Microseconds of a slot; None: as long as it is free.
        buffer: Kept clear around what takes time, besides what the calendars ask for.
        step: Distance of the slots; None: their length.
        on_the_hour: Whether the first slot of the stretch begins at a full hour.
    """

    resources: Mapping[Number, Sequence[Sequence[Constraint]]]
    mode: Mode
    within: Interval
    length: int | None
    buffer: int = 0
    step: int | None = None
    on_the_hour: bool = True


class Timeslot(NamedTuple):
    """A free time, and the resources that are meant."""

    interval: Interval
    resources: tuple[Number, ...]


def find(app: App, caller: Caller, search: Search) -> list[Timeslot]:
    """Return the free slots by start, each with the resources that are free then.

    A round robin names one resource a slot: the first one of its order that is free.

    Raises:
        UnknownCalendar: One of the resources does not exist.
        InvalidArgument: There are more than `MOST_SLOTS`.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        schedules = _schedules(tx, search, app.clock())
    if search.mode is Mode.MUTUAL:
        free = _free(together(list(schedules.values())), search.length)
        return [Timeslot(interval, tuple(schedules)) for interval in _bounded(free)]
    order = list(schedules)
    if search.mode is Mode.ROUNDROBIN_RANDOM:
        random.shuffle(order)  # no secret
    found: dict[Interval, list[Number]] = {}
    for number in order:
        for interval in _bounded(_free(schedules[number], search.length)):
            found.setdefault(interval, []).append(number)
    each = None if search.mode is Mode.EXCLUSIVE else 1
    return [Timeslot(at, tuple(found[at][:each])) for at in sorted(_bounded(found))]


def near(
    app: App,
    caller: Caller,
    resource: Calendar,
    constraints: Sequence[Constraint],
    asked: Interval,
) -> tuple[Slot, ...]:
    """Return the free slots to offer instead of a time, inside a resource's constraints.

    Raises:
        UnknownCalendar: There is no such resource.
    """
    now, found = app.clock(), []
    for days in SEARCH_DAYS:
        ends = max(now, asked.start) + days * DAY + asked.length
        around = Interval(max(now, asked.start - days * DAY), ends)
        search = Search(
            resources={resource.id: (constraints,)},
            mode=Mode.MUTUAL,
            within=around,
            length=asked.length,
        )
        slots = [slot.interval for slot in find(app, caller, search)]
        found = best(slots, asked, resource.zone, ALTERNATIVES)
        if len(found) == ALTERNATIVES:
            break
    return tuple(Slot(interval, (resource.id,), resource.timezone) for interval in found)


def _free(schedule: Schedule, length: int | None) -> Sequence[Interval]:
    return schedule.gaps() if length is None else schedule.offers(length, MOST_SLOTS + 1)


def _bounded(slots: Iterable[Interval]) -> list[Interval]:
    listed = list(slots)
    if len(listed) > MOST_SLOTS:
        raise InvalidArgument(
            f"More than {MOST_SLOTS} slots are free there.",
            hint="Ask about a shorter time, or larger timeslot_increments.",
            fields={"to": "is too far from from"},
        )
    return listed


def _schedules(tx: Reader, search: Search, now: int) -> dict[Number, Schedule]:
    """Return what each resource may take. One that nobody knows about is none that is free.

    Raises:
        SchedAgentError: Nobody knows about any of them, or about one of those that have to be
            free together.
    """
    found: dict[Number, Schedule] = {}
    unknown: SchedAgentError | None = None
    for number in search.resources:
        try:
            found[number] = _schedule(tx, number, search, now)
        except (Unavailable, ConsentNeeded) as error:
            if search.mode is Mode.MUTUAL:
                raise
            unknown = error
    if unknown is not None and not found:
        raise unknown
    return found


def _schedule(tx: Reader, number: Number, search: Search, now: int) -> Schedule:
    """Return what a resource may take: what all its calendars may, inside the constraints."""
    calendars = tx.calendars_of(number)
    if not calendars or calendars[0].resource_id is not None:
        raise UnknownCalendar("No resource has that id.", hint="List the resources.")
    around = search.within.padded(search.buffer)
    views = Looking(tx, now)(calendars, around)
    both = together([_set_apart(one, search) for one in views])
    begins = _first_start(calendars[0], search, now)
    open_ = intersect(both.open, [Interval(begins, max(begins + 1, search.within.end))])
    for constraints in search.resources[number]:
        open_ = intersect(open_, opened(constraints, search.within, both.zone))
    return replace(both, open=open_)


def _set_apart(schedule: Schedule, search: Search) -> Schedule:
    """Return a schedule with the buffer around what takes time, and the step that is asked for."""
    by = search.buffer
    busy = [Taken(one.start - by, one.end + by, one.counts) for one in schedule.busy]
    return replace(schedule, within=search.within, busy=busy, step=search.step)


def _first_start(resource: Calendar, search: Search, now: int) -> int:
    """Return where the first slot of the stretch may begin: the grid is counted from there."""
    at = max(search.within.start, now)
    if not search.on_the_hour:
        return at
    here = local(at, resource.zone)
    past = here.minute * MINUTE + here.second * SECOND + here.microsecond
    return at + (HOUR - past) % HOUR
