"""The same question about free time, answered without us."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import portion  # type: ignore[import-untyped]  # it has no types

from bench.year import CLOSES, FIRST_DAY, LAST_DAY, LENGTH, OPENS, ZONE, midnight

LONGEST = 60


def windows() -> list[tuple[int, int]]:
    """Return the opening hours of each weekday, in minutes since 1970 in UTC."""
    found = []
    day = FIRST_DAY
    while day < LAST_DAY:
        if day.weekday() < 5:
            opens = datetime(day.year, day.month, day.day, OPENS // 60, tzinfo=ZONE)
            closes = datetime(day.year, day.month, day.day, CLOSES // 60, tzinfo=ZONE)
            found.append((int(opens.timestamp()) // 60, int(closes.timestamp()) // 60))
        day += timedelta(days=1)
    return found


def relevant(busy: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Return the busy times that may touch the question's stretch."""
    start = int(midnight(FIRST_DAY).timestamp()) // 60
    end = int(midnight(LAST_DAY).timestamp()) // 60
    return busy[bisect_left(busy, (start - LONGEST,)) : bisect_left(busy, (end,))]


def sweep(busy: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the free slots by one pass of plain integers over sorted minutes."""
    merged: list[tuple[int, int]] = []
    start, end = 0, -1
    for one_start, one_end in relevant(busy):
        if one_start > end:
            if end > start:
                merged.append((start, end))
            start, end = one_start, one_end
        elif one_end > end:
            end = one_end
    if end > start:
        merged.append((start, end))
    slots = []
    at, count = 0, len(merged)
    for opens, closes in windows():
        slot, latest = opens, closes - LENGTH
        while slot <= latest:
            while at < count and merged[at][1] <= slot:
                at += 1
            if at < count and merged[at][0] < slot + LENGTH:
                slot = opens + -(-(merged[at][1] - opens) // LENGTH) * LENGTH
            else:
                slots.append((slot, slot + LENGTH))
                slot += LENGTH
    return slots


def by_portion(busy: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the free slots by the interval arithmetic of `portion`, of all that is given."""
    opened: Any = portion.Interval(*(portion.closedopen(*one) for one in windows()))
    taken: Any = portion.Interval(*(portion.closedopen(*one) for one in busy))
    slots = []
    free = iter(opened - taken)
    gap = next(free, None)
    for opens, closes in windows():
        while gap is not None and gap.upper <= closes:
            slot = opens + -(-(gap.lower - opens) // LENGTH) * LENGTH
            while slot + LENGTH <= gap.upper:
                slots.append((slot, slot + LENGTH))
                slot += LENGTH
            gap = next(free, None)
    return slots
