"""The one place that asks what time it is."""

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Returns now as microseconds since 1970-01-01T00:00Z."""


def system_clock() -> int:
    """Return the machine's time."""
    return time.time_ns() // 1000


def monotonic_clock() -> int:
    """Return microseconds since some instant, for measuring: nobody can set it back."""
    return time.monotonic_ns() // 1000


def pinned_clock(instant: int) -> Clock:
    """Return a clock that stands still at `instant`."""
    return lambda: instant
