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
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from sched_agent.errors import CalendarUnreachable

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
        self._line = _Line()
        self._among_processes = _AmongProcesses(database) if _LOCKS else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it on in the end.

        Raises:
            CalendarUnreachable: It did not come in time.
        """
        until = monotonic() + self._patience
        with self._line.front(until):
            if self._among_processes is None:
                yield
                return
            self._among_processes.enter(until)
            try:
                yield
            finally:
                self._among_processes.leave()

    def close(self) -> None:
        """Close the files."""
        if self._among_processes is not None:
            self._among_processes.close()


def _too_long() -> CalendarUnreachable:
    return CalendarUnreachable("The calendar database is locked by another program.")


class _Line:
    """The threads of this process, first come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._occupied = False

    @contextmanager
    def front(self, until: float) -> Iterator[None]:
        self._come(until)
        try:
            yield
        finally:
            self._go()

    def _come(self, until: float) -> None:
        with self._guard:
            if not self._occupied:
                self._occupied = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=max(0.0, until - monotonic())):
            return
        with self._guard:
            if called in self._waiting:
                self._waiting.remove(called)
                raise _too_long()
        # called at the very moment of giving up

    def _go(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._occupied = False


class _AmongProcesses:
    """The front thread's wait for other processes; one thread at a time calls this.

    A wait for a file lock can't be given up, so a thread of its own does the waiting where the
    locks are not free at once.
    """

    def __init__(self, database: Path) -> None:
        self._paths = [database.with_name(f"{database.name}-{name}") for name in ("door", "turn")]
        self._files: list[int] = []
        self._guard = threading.Lock()
        self._sent = threading.Semaphore(0)
        self._arrived = threading.Semaphore(0)
        self._waiter: threading.Thread | None = None
        self._abandoned = False
        self._closed = False

    def enter(self, until: float) -> None:
        """Wait for the turn.

        Raises:
            CalendarUnreachable: It did not come in time, or the files can't be made.
        """
        self._open()
        with self._guard:
            on_its_way, self._abandoned = self._abandoned, False
        if not on_its_way:
            if self._free_at_once():
                return
            self._send()
        if self._arrived.acquire(timeout=max(0.0, until - monotonic())):
            return
        with self._guard:
            if self._arrived.acquire(blocking=False):
                return
            self._abandoned = True
        raise _too_long()

    def leave(self) -> None:
        """Give the turn back."""
        fcntl.flock(self._files[1], fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, unless the waiter needs them: then the end of the process does."""
        with self._guard:
            if self._abandoned:
                return
            self._closed = True
            self._sent.release()
            files, self._files = self._files, []
            for file in files:
                os.close(file)

    def _open(self) -> None:
        if self._files:
            return
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files = [os.open(path, flags, 0o666) for path in self._paths]
        except OSError as fault:
            log.warning("no lock beside the calendar database: %s", fault)
            told = "The calendar database's folder can't be written, so nothing can be booked."
            raise CalendarUnreachable(told) from fault

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

    def _send(self) -> None:
        if self._waiter is None:
            self._waiter = threading.Thread(target=self._wait, name="sqlite-queue", daemon=True)
            self._waiter.start()
        self._sent.release()

    def _wait(self) -> None:
        while True:
            self._sent.acquire()
            if self._closed:
                return
            door, turn = self._files
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(door, fcntl.LOCK_UN)
            with self._guard:
                if not self._abandoned:
                    self._arrived.release()
                else:  # nobody here wants it any more
                    self._abandoned = False
                    fcntl.flock(turn, fcntl.LOCK_UN)
