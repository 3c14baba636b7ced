"""Waiting in line: first come, first served."""

import threading
from collections import deque
from time import monotonic


class Line:
    """Lets so many threads in at a time, in the order in which they came.

    (The semaphore of the standard library lets newcomers pass those who wait.)
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._guard = threading.Lock()

    def come(self, until: float) -> bool:
        """Wait for a place until an instant of the monotonic clock; whether there was one."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=max(0.0, until - monotonic())):
            return True
        with self._guard:
            if called not in self._waiting:  # called at the very moment of giving up
                return True
            self._waiting.remove(called)
            return False

    def go(self) -> None:
        """Give the place to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
