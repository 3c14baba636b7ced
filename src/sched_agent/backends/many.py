"""Reading much: all pages of a list, and several calendars at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sched_agent.backends.vendor import Seen, Sight
from sched_agent.errors import CalendarUnreachable, SchedAgentError
from sched_agent.model.calendar import Calendar

RowT = TypeVar("RowT")

PAGE_SIZE = 1000
_MOST_PAGES = 50
_AT_ONCE = 8


def all_rows(page: Callable[[int], tuple[Sequence[RowT], int]]) -> Sequence[RowT]:
    """Return all rows of a list, or fail: what is left out would be taken for free.

    Args:
        page: Returns the rows of a page, counted from 1, and how many there are on all pages.

    Raises:
        CalendarUnreachable: The list changed while it was read, or has too many pages.
    """
    rows: list[RowT] = []
    for number in range(1, _MOST_PAGES + 1):
        more, total = page(number)
        rows += more
        if len(rows) >= total:
            return rows
        if not more:
            break
    raise CalendarUnreachable("The list changed while it was read, or is too long.")


def each(
    calendars: Sequence[Calendar], read: Callable[[Calendar], Seen | SchedAgentError]
) -> Sight:
    """Read some calendars, a few at a time; one that is gone is not taken for an empty one."""
    if len(calendars) == 1:
        return {calendars[0].id: read(calendars[0])}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = pool.map(read, calendars)
        return {calendar.id: one for calendar, one in zip(calendars, seen, strict=True)}
