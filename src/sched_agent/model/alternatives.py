"""Which free times to tell where the one that was asked for can't be had: the best ones first."""

from bisect import bisect_left
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.zone import local, local_day, on_the_clock

PARTS_OF_DAY = ((0, 720), (720, 1020), (1020, 1440))
"""Morning until 12, afternoon until 17, evening: minutes on the clock."""


def best(
    slots: Sequence[Interval], asked: Interval, in_zone: ZoneInfo, count: int
) -> list[Interval]:
    """Return the slots that come closest to what was asked for, the best one first.

    One of each kind, if there is one:

    1. the same time of the day, on the nearest other day;
    2. the nearest time on the same day;
    3. the same part of the day, on the nearest day that is not yet among them.

    What is left of `count` are the nearest in time. Of what is equally near, the later comes first.
    A stretch of up to a day is taken for a time of the day, too: what lies inside it on another
    day is at the same time. Of a longer stretch, only the nearest in time are left.

    Args:
        slots: The free slots, sorted.
        asked: The time that can't be had.
        in_zone: Whose days and clocks decide.
        count: The most that are wanted.
    """
    chosen: list[Interval] = []
    if slots and asked.length <= DAY:
        wanted = _Wanted(slots, asked, in_zone)
        for kind in (wanted.same_time, wanted.same_day, wanted.same_part):
            chosen += filter(None, [kind(chosen)])
    here = bisect_left(slots, asked.start, key=_start), bisect_left(slots, asked.end, key=_start)
    some = 2 * count  # as many as may be chosen already, and as many more
    around = [slot for slot in slots[max(0, here[0] - some) : here[1] + some] if slot not in chosen]
    around.sort(key=lambda slot: _distance(slot, asked))
    return [*chosen, *around][:count]


class _Wanted:
    """A time that was asked for, among the slots that are free."""

    def __init__(self, slots: Sequence[Interval], asked: Interval, in_zone: ZoneInfo) -> None:
        self._slots, self._asked, self._zone = slots, asked, in_zone
        begins = local(asked.start, in_zone)
        self._day, self._minute = begins.toordinal(), begins.hour * 60 + begins.minute
        days = range(local_day(slots[0].start, in_zone), local_day(slots[-1].start, in_zone) + 1)
        near = sorted(days, key=lambda day: (abs(day - self._day), day < self._day))
        self._other_days = [day for day in near if day != self._day]

    def same_time(self, _: Sequence[Interval]) -> Interval | None:
        """Return the first slot inside the stretch that was asked for, on the nearest other day."""
        for day in self._other_days:
            start = self._on(day)
            at = bisect_left(self._slots, start, key=_start)
            if at < len(self._slots) and self._slots[at].end <= start + self._asked.length:
                return self._slots[at]
        return None

    def same_day(self, _: Sequence[Interval]) -> Interval | None:
        """Return the nearest slot on the same day."""
        return self._nearest(self._day, 0, 1440)

    def same_part(self, chosen: Sequence[Interval]) -> Interval | None:
        """Return the slot at the nearest time in the same part of the nearest day that is left."""
        used = {local_day(slot.start, self._zone) for slot in chosen}
        found = (self._nearest(day, *self._part()) for day in self._other_days if day not in used)
        return next(filter(None, found), None)

    def _nearest(self, day: int, begins: int, ends: int) -> Interval | None:
        """Return the slot between two clock times that is nearest to the one asked for."""
        wanted = Interval(self._on(day), self._on(day) + self._asked.length)
        first, last, after = (
            bisect_left(self._slots, at, key=_start)
            for at in (
                on_the_clock(day, begins, self._zone),
                on_the_clock(day, ends, self._zone),
                wanted.start,
            )
        )
        beside = self._slots[max(first, after - 1) : min(last, after + 1)]
        return min(beside, key=lambda slot: _distance(slot, wanted), default=None)

    def _part(self) -> tuple[int, int]:
        """Return the part of the day that was asked for, or as much more of it as was."""
        until = self._minute + self._asked.length // MINUTE
        begins, ends = next(part for part in PARTS_OF_DAY if self._minute < part[1])
        return begins, max(ends, min(until, 1440))

    def _on(self, day: int) -> int:
        """Return the instant of the clock time that was asked for, on a day."""
        return on_the_clock(day, self._minute, self._zone)


def _start(slot: Interval) -> int:
    return slot.start


def _distance(slot: Interval, asked: Interval) -> tuple[int, int]:
    """Return how far a slot is from a stretch, which it may lie in: then the first is the nearest.

    Of two that are equally far, the later is nearer.
    """
    if asked.covers(slot):
        return -asked.length, slot.start
    return max(asked.start - slot.end, slot.start - asked.end), -slot.start
