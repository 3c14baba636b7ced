"""Ways to say a time of day, and which minutes past midnight they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Half = Literal["am", "pm"]
NOON, MIDNIGHT = 12 * 60, 24 * 60
_NEAR = 3 * 60


@dataclass(frozen=True, slots=True)
class Clock:
    """A time on a clock face, as it was said.

    Args:
        minutes: Minutes past midnight as the hour was said: half past three is 3:30.
        half: `am` or `pm`, if that is known.
        exact: Whether it was said on 24 hours, so that there is nothing to infer.
    """

    minutes: int
    half: Half | None = None
    exact: bool = False

    @property
    def bare(self) -> bool:
        """Whether the half of the day was not said."""
        return self.half is None and not self.exact

    @property
    def is_midnight(self) -> bool:
        """Whether it is twelve at night, which begins one day and ends another."""
        return self.half == "am" and self.minutes == NOON

    def read(self) -> tuple[int, tuple[str, ...]]:
        """Return the minutes past midnight, and the half of the day that was assumed.

        Without one, 7:00 to 11:59 are in the morning, the others in the afternoon.
        """
        if self.exact or self.minutes >= NOON + 60:
            return self.minutes, ()
        if self.half is None:
            inferred: Half = "am" if 7 * 60 <= self.minutes < NOON else "pm"
            return replace(self, half=inferred).read()[0], (inferred,)
        return self.minutes % NOON + (NOON if self.half == "pm" else 0), ()


def clock(hour: int, minute: int = 0, *, exact: bool = False) -> Clock | None:
    """Return a time on the clock face, or nothing if there is no such time."""
    if not (0 <= hour <= 24 and 0 <= minute < 60) or hour * 60 + minute > MIDNIGHT:
        return None
    return Clock(hour * 60 + minute, exact=exact or hour > 12 or hour == 0)


def minutes_before(hour: int, minutes: int) -> Clock | None:
    """Return a quarter to five: 4:45; to one o'clock it is still twelve."""
    if not 1 <= hour <= 24 or not 0 < minutes < 60:
        return None
    before = hour * 60 - minutes
    return Clock(before + NOON if before < 60 else before, exact=hour > 13)


MIDNIGHT_CLOCK = Clock(NOON, "am")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, in minutes past midnight, and the half of the day that it fixes."""

    start: int
    end: int
    half: Half | None = None

    def takes(self, time: "Clock") -> bool:
        """Whether a time with this part's half of the day lies in it or near: not "night at 3"."""
        minutes = replace(time, half=self.half).read()[0]
        last = self.end - self.start if self.end == MIDNIGHT else 0
        near = self.start - _NEAR <= minutes <= self.end + _NEAR
        return near or (last > 0 and time.minutes // 60 == 12)

    def first_half(self) -> "Part":
        """Return its first half: the early morning."""
        return replace(self, end=(self.start + self.end) // 2)

    def last_half(self) -> "Part":
        """Return its last half: the late afternoon."""
        return replace(self, start=(self.start + self.end) // 2)


@dataclass(frozen=True, slots=True)
class Between:
    """From one time of day, or the day's start, to another, or its end.

    Args:
        start: Where it begins.
        end: Where it ends.
        may_move: Whether the words may also say from where to where something is moved.
    """

    start: Clock | Part | None = None
    end: Clock | Part | None = None
    may_move: bool = False

    def read(self, part: Part | None) -> tuple[int, int, tuple[str, ...]]:
        """Return both in minutes past midnight, and what was assumed.

        The half of the day is inferred for the first of two bare hours; the second is the next such
        hour after it.
        """
        if isinstance(self.start, Clock) and isinstance(self.end, Clock):
            taken = part if part is not None and part.takes(self.start) else None
            return self._both(within(self.start, taken), self.end)
        start, first = _edge(self.start, part, at_end=True)
        end, second = _edge(self.end, part, at_end=False)
        return (
            0 if start is None else start,
            MIDNIGHT if end is None else end,
            (*first, *second),
        )

    def _both(self, start: Clock, end: Clock) -> tuple[int, int, tuple[str, ...]]:
        shared = end.half if start.bare and end.half is not None else None
        if shared is not None and not end.is_midnight:
            same = replace(start, half=shared).read()[0]
            if same < end.read()[0]:
                return same, end.read()[0], ()
            other: Half = "am" if shared == "pm" else "pm"
            return replace(start, half=other).read()[0], end.read()[0], ()
        begins, assumed = start.read()
        if end.bare and end.minutes <= NOON + 59:
            ends = end.minutes % NOON
            while ends <= begins:
                ends += NOON
        else:
            ends = end.read()[0]
            if ends <= begins:
                ends += MIDNIGHT
        return begins, ends, assumed


def _edge(
    at: Clock | Part | None, part: Part | None, *, at_end: bool
) -> tuple[int | None, tuple[str, ...]]:
    if at is None:
        return None, ()
    if isinstance(at, Part):
        return (at.end if at_end else at.start), ()
    if at.is_midnight:
        return (0 if at_end else MIDNIGHT), ()
    return within(at, part).read()


def within(at: Clock, part: Part | None) -> Clock:
    """Return a time with its half of the day from the part of the day that was said with it."""
    if part is None or part.half is None or not at.bare:
        return at
    half = part.half
    if at.minutes // 60 == 12 and part.start >= 17 * 60:  # twelve at night
        half = "am"
    return replace(at, half=half)


def readings(at: Clock, part: Part | None) -> Sequence[tuple[Clock, int]]:
    """Return the times that an hour and a part of the day said apart may mean, and on which day.

    A part that would take the hour far out of itself does not fix it: "tonight at one" is the
    small hours that follow, or one in the afternoon; "tonight at one am" is those that follow.
    """
    fixed = within(at, part)
    at_night = part is not None and part.end == MIDNIGHT and part.start >= 17 * 60
    if at_night and not fixed.is_midnight and fixed.read()[0] < MIDNIGHT // 4:
        return ((fixed, 1),)
    if part is None or fixed == at or fixed.is_midnight or part.takes(at):
        return ((fixed, 0),)
    if part.end == MIDNIGHT and at.minutes % NOON < MIDNIGHT // 4:
        return ((replace(at, half="am"), 1), (fixed, 0))
    return ((at, 0), (fixed, 0))


def shared(at: Clock, earlier: Sequence[Clock], later: Sequence[Clock]) -> Clock:
    """Return one of several times with the half of the day of another: "three or four pm".

    They keep their order: "eleven or eight in the evening" is eleven in the morning.
    """
    for other in (*later, *reversed(earlier)):
        if at.bare and other.half is not None and other.minutes < NOON:
            halved = replace(at, half=other.half)
            after = other in later
            if (halved.read()[0] < other.read()[0]) == after:
                return halved
    return at
