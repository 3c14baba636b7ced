"""Reading much: all pages of a list, and several calendars at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sched_agent.backends.vendor import Seen, Sight
from sched_agent.errors import CalendarUnreachable, SchedAgentError
from sched_agent.model.calendar import Calendar

RowT = TypeVar("RowT")

PAGE_SIZE = 1000
_MOST_PAGES = 50
_AT_ONCE = 8
_TRIES = 2


def all_rows(page: Callable[[int], tuple[Sequence[RowT], int]]) -> Sequence[RowT]:
    """Return all rows of a list, or fail: what is left out would be taken for free.

    Args:
        page: Returns the rows of a page, counted from 1, and how many there are on all pages.

    Raises:
        CalendarUnreachable: The list changed while it was read, or has too many pages.
    """
    for _ in range(_TRIES):
        if (rows := _read_through(page)) is not None:
            return rows
    raise CalendarUnreachable("The list changed while it was read, or is too long.")


def _read_through(page: Callable[[int], tuple[Sequence[RowT], int]]) -> Sequence[RowT] | None:
    """Return all rows, or None if others were added or taken away while they were read."""
    rows: list[RowT] = []
    first_total = None
    for number in range(1, _MOST_PAGES + 1):
        more, total = page(number)
        rows += more
        first_total = total if first_total is None else first_total
        if total != first_total or not more or len(rows) >= total:
            break
    ids: set[Any] = {row.id for row in rows}  # type: ignore[attr-defined]  # all have one
    same = len(ids) == len(rows) == first_total
    return rows if same else None


def each(
    calendars: Sequence[Calendar], read: Callable[[Calendar], Seen | SchedAgentError]
) -> Sight:
    """Read some calendars, a few at a time; one that is gone is not taken for an empty one."""
    if len(calendars) == 1:
        return {calendars[0].id: read(calendars[0])}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = pool.map(read, calendars)
        return {calendar.id: one for calendar, one in zip(calendars, seen, strict=True)}
