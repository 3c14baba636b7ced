"""What every service needs: where things are kept, and what time it is."""

from dataclasses import dataclass

from sched_agent.clock import Clock
from sched_agent.store.base import Store


@dataclass(frozen=True, slots=True)
class App:
    """The running program below its doors."""

    store: Store
    clock: Clock
