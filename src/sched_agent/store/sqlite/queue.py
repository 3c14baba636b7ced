"""Who writes next: a fair queue of the threads and processes that share a SQLite file.

SQLite's own waiting is a lottery: whoever finds the file locked sleeps a while and looks again, and
among many writers some lose for seconds. Here the threads of a process stand in line, and the one
in front waits for other processes at two locks on files beside the database. Whoever holds the
first one, the door, is the next to get the second one, the turn; whoever gives the turn back has to
go through the door again, behind those who wait there. The system frees the locks of a process that
dies.

Where there are no such locks (Windows), processes draw lots, as SQLite has it, and only threads
wait in line.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from sched_agent.errors import CalendarUnreachable
from sched_agent.store.line import Line

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows
    _LOCKS = False

log = logging.getLogger("sched_agent")


class Queue:
    """One process's place in the queue of a database file."""

    def __init__(self, database: Path, patience: float) -> None:
        """Make it; no file is touched before the first turn.

        Args:
            database: The database file.
            patience: Seconds after which a thread gives up waiting for its turn.
        """
        self._patience = patience
        self._threads = Line(1)
        self._processes = _Processes(database) if _LOCKS else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it on in the end.

        Raises:
            CalendarUnreachable: It did not come in time, or there can't be a queue.
        """
        until = monotonic() + self._patience
        if not self._threads.come(until):
            raise _too_long()
        try:
            if self._processes is None:
                yield
                return
            self._processes.enter(until)
            try:
                yield
            finally:
                self._processes.leave()
        finally:
            self._threads.go()

    def close(self) -> None:
        """Close the files, unless a thread is using them: then the end of the process does."""
        if self._processes is not None and self._threads.come(monotonic()):
            self._processes.close()
            self._threads.go()


def _too_long() -> CalendarUnreachable:
    return CalendarUnreachable("The calendar database is locked by another program.")


class _Processes:
    """The wait of this process's first thread for other processes; one thread at a time calls it.

    A wait for a file lock can't be given up, so a thread of its own does the waiting where the
    locks are not free at once.
    """

    def __init__(self, database: Path) -> None:
        self._paths = [database.with_name(f"{database.name}-{name}") for name in ("door", "turn")]
        self._files: list[int] = []
        self._on_its_way: _Wait | None = None
        self._waits: SimpleQueue[_Wait | None] = SimpleQueue()

    def enter(self, until: float) -> None:
        """Wait for the turn.

        Raises:
            CalendarUnreachable: It did not come in time, or the files can't be locked.
        """
        try:
            self._enter(until)
        except OSError as fault:
            log.warning("no lock beside the calendar database: %s", fault)
            told = "The calendar database's folder can't be written, so nothing can be booked."
            raise CalendarUnreachable(told) from fault

    def leave(self) -> None:
        """Give the turn back."""
        fcntl.flock(self._files[1], fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, unless one is still waited for: then the end of the process does."""
        if self._files and self._on_its_way is None:
            self._waits.put(None)
            files, self._files = self._files, []
            for file in files:
                os.close(file)

    def _enter(self, until: float) -> None:
        self._open()
        wait = self._on_its_way
        if wait is None or not wait.goes_on():
            self._on_its_way = None
            if self._free_at_once():
                return
            wait = self._on_its_way = _Wait(*self._files)
            self._waits.put(wait)
        if not wait.is_over(until):
            raise _too_long()  # it goes on, for whoever comes next
        self._on_its_way = None
        if wait.fault is not None:
            raise wait.fault

    def _open(self) -> None:
        if not self._files:
            self._paths[0].parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files = [os.open(path, flags, 0o666) for path in self._paths]
            threading.Thread(target=self._wait, name="sqlite-queue", daemon=True).start()

    def _free_at_once(self) -> bool:
        """Take both locks if nobody is there; a door that could be taken stays taken."""
        door, turn = self._files
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(door, fcntl.LOCK_UN)
        return True

    def _wait(self) -> None:
        while (wait := self._waits.get()) is not None:
            wait.run()


class _Wait:
    """Waiting for both locks. A turn that nobody wants any more is given back."""

    def __init__(self, door: int, turn: int) -> None:
        self.fault: OSError | None = None
        self._door, self._turn = door, turn
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._wanted = True
        self._given_back = False

    def run(self) -> None:
        """Wait, in a thread that does nothing else."""
        try:
            fcntl.flock(self._door, fcntl.LOCK_EX)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            fcntl.flock(self._door, fcntl.LOCK_UN)
        except OSError as fault:
            self.fault = fault
        with self._guard:
            if self._wanted or self.fault:
                self._over.set()
            else:
                fcntl.flock(self._turn, fcntl.LOCK_UN)
                self._given_back = True

    def goes_on(self) -> bool:
        """Want the turn again; whether it was not given back before."""
        with self._guard:
            self._wanted = not self._given_back
            return self._wanted

    def is_over(self, until: float) -> bool:
        """Look forward to the turn until some instant, and then no more."""
        if self._over.wait(max(0.0, until - monotonic())):
            return True
        with self._guard:
            self._wanted = self._over.is_set()
            return self._wanted
