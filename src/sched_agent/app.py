"""What every service needs: where things are kept, and what time it is."""

from dataclasses import dataclass

from sched_agent.clock import Clock
from sched_agent.store.base import Store


@dataclass(frozen=True, slots=True)
class App:
    """The running program below its doors.

    Args:
        store: Where everything is kept.
        clock: What time it is.
        max_holds: How many live holds a caller may have on one calendar.
    """

    store: Store
    clock: Clock
    max_holds: int = 10
