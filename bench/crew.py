"""Sixteen processes that book at the same time, and what each of them waited for its bookings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from time import monotonic, sleep
from typing import Protocol

from bench.measure import Turns, order

WRITERS = 16
TURNS = 6
SECONDS = 0.6
WARM = 8  # bookings of each writer before the first turn; psycopg prepares a statement after five
START = 0.05  # seconds from the word to the start: every writer has heard it by then

Book = Callable[[int], None]


class Job(Protocol):
    """A way of booking; it travels to the writers, and each of them opens it for itself."""

    def open(self, writer: int) -> Book:
        """Connect, and return what books the half hour of a number, which nobody else has."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What a crew did in one stretch of time.

    Args:
        rate: Bookings a second, of all writers together.
        waits: The milliseconds that each booking took, sorted.
    """

    rate: float
    waits: list[float]


@dataclass(frozen=True, slots=True)
class Contest:
    """What a crew did by two ways of booking, turn by turn."""

    ours: list[Turn]
    reference: list[Turn]

    @property
    def rates(self) -> Turns:
        """Bookings a second."""
        return Turns([turn.rate for turn in self.ours], [turn.rate for turn in self.reference])

    @property
    def worst(self) -> Turns:
        """The longest wait of each turn, in milliseconds."""
        return Turns(
            [turn.waits[-1] for turn in self.ours], [turn.waits[-1] for turn in self.reference]
        )

    @property
    def spread(self) -> Turns:
        """Our longest wait of each turn, beside our median wait."""
        return Turns(
            [turn.waits[-1] for turn in self.ours], [median(turn.waits) for turn in self.ours]
        )


class Crew:
    """The processes, seen from the one that measures."""

    def __init__(self, writers: list[Connection]) -> None:
        self._writers = writers

    def contest(self, ours: Job, reference: Job) -> Contest:
        """Let all writers book by one way and by the other, by turns."""
        done: tuple[list[Turn], list[Turn]] = [], []
        for turn in range(TURNS):
            for mine in order(turn):
                done[mine].append(self._turn((reference, ours)[mine]))
        return Contest(ours=done[True], reference=done[False])

    def _turn(self, job: Job) -> Turn:
        self._ask(job)
        start = monotonic() + START
        until = start + SECONDS
        bookings = [one for found in self._ask(job, start, until) for one in found]
        in_time = sum(ended <= until for _, ended in bookings)
        waits = sorted((ended - began) * 1000 for began, ended in bookings)
        return Turn(in_time / SECONDS, waits)

    def _ask(self, job: Job, *stretch: float) -> list[list[tuple[float, float]]]:
        for writer in self._writers:
            writer.send((job, stretch))
        return [writer.recv() for writer in self._writers]


@contextmanager
def crew() -> Iterator[Crew]:
    """Start the processes; they end with the block."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["bench.same_work"])  # imported once, not by each
    pipes = [context.Pipe() for _ in range(WRITERS)]
    processes = [
        context.Process(target=_write, args=(writer, theirs), daemon=True)
        for writer, (_, theirs) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _, theirs in pipes:
        theirs.close()  # now a writer that fails ends the benchmark, which else would wait for it
    try:
        yield Crew([ours for ours, _ in pipes])
    finally:
        for ours, _ in pipes:
            with suppress(BrokenPipeError):  # it has failed
                ours.send(None)
        for process in processes:
            process.join(10)


def _write(writer: int, orders: Connection) -> None:
    """Open each job when it comes for the first time, and book in the stretches that are given."""
    opened: dict[Job, tuple[Book, Iterator[int]]] = {}
    while asked := orders.recv():
        job, stretch = asked
        if job not in opened:
            opened[job] = job.open(writer), count(writer, WRITERS)
            _warm(*opened[job])
        orders.send(_book_until(*opened[job], *stretch) if stretch else [])


def _warm(book: Book, numbers: Iterator[int]) -> None:
    for _ in range(WARM):
        book(next(numbers))


def _book_until(
    book: Book, numbers: Iterator[int], start: float, until: float
) -> list[tuple[float, float]]:
    """Book one after the other, and return when each began and ended."""
    sleep(max(0.0, start - monotonic()))
    times = []
    began = monotonic()
    while began < until:
        book(next(numbers))
        ended = monotonic()
        times.append((began, ended))
        began = ended
    return times
