"""Tidying up what time has settled. Nothing is true because of it, and nothing waits for it."""

from sched_agent.app import App
from sched_agent.errors import UnknownCalendar
from sched_agent.model.interval import DAY
from sched_agent.sync import following

REMEMBERED_FOR = DAY + DAY // 24
"""How long answers are kept: a day and an hour, so that a whole day is kept whatever the clock."""

_FORGOTTEN_AT_ONCE = 500
"""So that bookings need not wait long behind a sweep."""


def sweep(app: App) -> tuple[int, int]:
    """Write down the holds that have run out as cancelled, and forget answers that are too old.

    Returns:
        How many holds, and how many answers.

    Raises:
        CalendarUnreachable: The database can't be reached at this moment.
    """
    return _settle_holds(app), _forget_answers(app)


def _settle_holds(app: App) -> int:
    settled = 0
    for environment_id, calendar_id in app.store.overdue(app.clock()):
        with app.store.transaction(environment_id) as tx:
            try:
                tx.lock_calendar(calendar_id)
            except UnknownCalendar:
                continue  # deleted meanwhile
            now = app.clock()
            for event in tx.run_out(calendar_id, now):
                if event.is_claim:  # of a booking that was cut short
                    tx.delete_event(event)
                    continue
                following.put(tx, event, event.as_of(now), now)
                settled += 1
    return settled


def _forget_answers(app: App) -> int:
    forgotten = 0
    while some := app.store.forget(app.clock() - REMEMBERED_FOR, _FORGOTTEN_AT_ONCE):
        forgotten += some
    return forgotten
