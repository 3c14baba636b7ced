"""Lending connections to threads: each is used by one at a time."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, Protocol, TypeVar

from sched_agent.errors import CalendarUnreachable
from sched_agent.store.line import Line


class Closable(Protocol):
    """What can be lent."""

    def close(self) -> None:
        """Give it back to the system."""
        ...


ConnectionT = TypeVar("ConnectionT", bound=Closable)


class Pool(Generic[ConnectionT]):
    """Keeps connections that are not in use for whoever comes next, the last one used first."""

    def __init__(
        self,
        connect: Callable[[float], ConnectionT],
        most: int,
        is_alive: Callable[[ConnectionT], bool] = lambda _: True,
    ) -> None:
        """Make it; nothing is opened before the first loan.

        Args:
            connect: Opens a connection, in so many seconds or not at all.
            most: How many there may be at a time.
            is_alive: Whether one that was kept can still be used.
        """
        self._connect = connect
        self._is_alive = is_alive
        self._line = Line(most)
        self._idle: list[ConnectionT] = []
        self._guard = threading.Lock()
        self._closed = False

    def take(self, wait: float) -> ConnectionT:
        """Return a connection for `give_back`.

        Raises:
            CalendarUnreachable: All are in use for longer than so many seconds.
        """
        if not self._line.come(monotonic() + wait):
            raise CalendarUnreachable("Too many want to use the calendar database at once.")
        try:
            while (kept := self._pop()) is not None:
                if self._is_alive(kept):
                    return kept
                kept.close()
            return self._connect(wait)
        except BaseException:
            self._line.go()
            raise

    def give_back(self, connection: ConnectionT, *, usable: bool) -> None:
        """Keep a connection for the next one, or close it if it can't be used again."""
        with self._guard:
            keep = usable and not self._closed
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()
        self._line.go()

    def close(self) -> None:
        """Close every connection that is kept, and each other one when it comes back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _pop(self) -> ConnectionT | None:
        with self._guard:
            return self._idle.pop() if self._idle else None
