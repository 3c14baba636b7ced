"""Measuring two things by turns, so that what else the machine does weighs on both alike."""

import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Args:
        name: What was measured.
        ours: The median of what we take, in `unit`.
        reference: The median of what the reference takes.
        ratio: The median of the ratios of neighbouring measurements, so that a slow spell of the
            machine, which weighs on both neighbours, cancels out.
        bound: What the ratio may be at most (or, with `faster`, must be at least); None: nothing
            is promised, and the line only informs.
        unit: Of `ours` and `reference`.
        faster: Whether the ratio says how many times faster we are.
    """

    name: str
    ours: float
    reference: float
    ratio: float
    bound: float | None
    unit: str = "ms"
    faster: bool = False

    @property
    def holds(self) -> bool:
        """Whether the bound holds."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.faster else self.ratio <= self.bound


@dataclass(frozen=True, slots=True)
class Turns:
    """What two things took, turn by turn."""

    ours: Sequence[float]
    reference: Sequence[float]

    def figure(
        self, name: str, *, bound: float | None, unit: str = "ms", faster: bool = False
    ) -> Figure:
        """Return the line of the table."""
        pairs = zip(self.ours, self.reference, strict=True)
        return Figure(
            name=name,
            ours=median(self.ours),
            reference=median(self.reference),
            ratio=median(theirs / own if faster else own / theirs for own, theirs in pairs),
            bound=bound,
            unit=unit,
            faster=faster,
        )

    def rates(self, name: str, *, bound: float | None, unit: str) -> Figure:
        """Return the line of the table for what is the better the more of it there is."""
        pairs = zip(self.ours, self.reference, strict=True)
        return Figure(
            name=name,
            ours=median(self.ours),
            reference=median(self.reference),
            ratio=median(own / theirs for own, theirs in pairs),
            bound=bound,
            unit=unit,
            faster=True,
        )


def by_turns(
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    turns: int,
    calls: int = 1,
    tidy: Callable[[], object] = lambda: None,
) -> Turns:
    """Return the milliseconds of a call of each, each turn the mean of some calls in a row.

    Args:
        ours: What we do.
        reference: What it is held against.
        turns: How often each has its turn.
        calls: How often it is done in a turn.
        tidy: Makes the start of each turn alike; it is not measured.
    """

    def timed(act: Callable[[], object]) -> float:
        tidy()
        gc.collect()
        gc.disable()  # as timeit does: whose garbage is collected when is chance
        began = perf_counter()
        for _ in range(calls):
            act()
        took = perf_counter() - began
        gc.enable()
        return took * 1000 / calls

    ours(), reference()
    times: tuple[list[float], list[float]] = [], []
    for turn in range(turns):
        for mine in order(turn):
            times[mine].append(timed((reference, ours)[mine]))
    return Turns(ours=times[True], reference=times[False])


async def by_turns_async(
    ours: Callable[[], Awaitable[object]],
    reference: Callable[[], Awaitable[object]],
    *,
    turns: int,
    calls: int,
) -> Turns:
    """Return the same for coroutines: blocks of calls, one after the other."""

    async def timed(act: Callable[[], Awaitable[object]]) -> float:
        began = perf_counter()
        for _ in range(calls):
            await act()
        return (perf_counter() - began) * 1000 / calls

    gc.collect()
    gc.freeze()  # what earlier benchmarks left in this process must not slow down the client
    await timed(ours), await timed(reference)
    times: tuple[list[float], list[float]] = [], []
    for turn in range(turns):
        for mine in order(turn):
            times[mine].append(await timed((reference, ours)[mine]))
    return Turns(ours=times[True], reference=times[False])


def order(turn: int) -> tuple[bool, bool]:
    """Take turns in going first, so that it favours neither."""
    return (True, False) if turn % 2 else (False, True)
