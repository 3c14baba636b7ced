"""Finds lives by time: each is filed under every stretch of time that it touches."""

from collections import defaultdict
from collections.abc import Iterator

from sched_agent.model.interval import MINUTE
from tests.faults.history import Life


class Moments:
    """Lives by when they were lived; nothing happens after `until`."""

    def __init__(self, until: int) -> None:
        self._until = until
        self._stretches: defaultdict[int, list[Life]] = defaultdict(list)

    def add(self, life: Life, since: int, by: int) -> None:
        """File a life that was lived from one instant to another."""
        for stretch in self._between(since, by):
            self._stretches[stretch].append(life)

    def around(self, since: int, by: int) -> Iterator[Life]:
        """Yield each life once that touches the stretches between two instants."""
        found = (life for stretch in self._between(since, by) for life in self._stretches[stretch])
        yield from {id(life): life for life in found}.values()

    def _between(self, since: int, by: int) -> range:
        return range(since // MINUTE, min(by, self._until) // MINUTE + 1)
