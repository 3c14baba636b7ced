"""Half-open stretches of time, and the arithmetic of sorted lists of them.

An instant is an integer: microseconds since 1970-01-01T00:00Z.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sched_agent.errors import InvalidArgument

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class _Span(NamedTuple):
    start: int
    end: int


class Interval(_Span):
    """The instants `t` with `start <= t < end`.

    Raises:
        InvalidArgument: The end is not after the start.
    """

    __slots__ = ()

    def __new__(cls, start: int, end: int) -> "Interval":
        """Make it from its first instant and the first one after it."""
        if end <= start:
            raise InvalidArgument(
                "end_at must be after start_at.", fields={"end_at": "must be after start_at"}
            )
        return tuple.__new__(cls, (start, end))

    @property
    def length(self) -> int:
        """Elapsed microseconds."""
        return self.end - self.start

    def covers(self, other: "Interval") -> bool:
        """Whether every instant of `other` lies in this one."""
        return self.start <= other.start and other.end <= self.end

    def padded(self, by: int) -> "Interval":
        """The interval with `by` microseconds more on each side."""
        return Interval(self.start - by, self.end + by)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the union as sorted intervals that neither overlap nor touch."""
    merged: list[Interval] = []
    for one in sorted(intervals):
        if merged and one.start <= merged[-1].end:
            if one.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, one.end)
        else:
            merged.append(one)
    return merged


def intersect(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Return what lies in both of two merged lists."""
    common: list[Interval] = []
    i = j = 0
    while i < len(some) and j < len(others):
        start = max(some[i].start, others[j].start)
        end = min(some[i].end, others[j].end)
        if start < end:
            common.append(Interval(start, end))
        if some[i].end < others[j].end:
            i += 1
        else:
            j += 1
    return common


def subtract(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Return what lies in the first of two merged lists and not in the second."""
    left: list[Interval] = []
    j = 0
    for one in some:
        start = one.start
        while j < len(others) and others[j].end <= start:
            j += 1
        k = j
        while k < len(others) and others[k].start < one.end:
            if start < others[k].start:
                left.append(Interval(start, others[k].start))
            start = max(start, others[k].end)
            k += 1
        if start < one.end:
            left.append(Interval(start, one.end))
    return left
