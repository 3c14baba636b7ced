"""Doing what the outbox holds, in threads, here and in other processes at the same time.

Whoever does a message holds a lease of its lane. A worker that dies leaves its leases to run out,
and what it had begun is begun again.
"""

import logging
import random
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from sched_agent.app import App
from sched_agent.clock import Clock, system_clock
from sched_agent.errors import ConsentNeeded, SchedAgentError, Unavailable
from sched_agent.model.interval import HOUR, SECOND
from sched_agent.model.outbox import Done, Message, Topic

log = logging.getLogger("sched_agent")

LEASE_SECONDS = 30.0
THREADS = 4
_IDLE_SECONDS = 0.5
_END_SECONDS = 5.0
_MESSAGES_AT_ONCE = 50
_UNTIL_CONSENT = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How messages of a topic are done.

    Args:
        run: Does one; it may be run again for the same message, even while another run is not
            over, if that one takes too long.
        attempts: How often one is begun before it is given up; None: for ever.
        first_pause: Microseconds before the second attempt; each further pause is twice as long ...
        longest_pause: ... but no longer than this.
    """

    run: Callable[[App, Message], Done]
    attempts: int | None = None
    first_pause: int = 2 * SECOND
    longest_pause: int = HOUR


def _nobody(_: App, message: Message) -> Done:
    raise Unavailable(f"Nobody here does {message.topic}.")


_UNKNOWN_TASK = Task(run=_nobody)


class Worker:
    """Does what is due. Threads and processes may each have one."""

    def __init__(
        self,
        app: App,
        tasks: Mapping[Topic, Task],
        *,
        lease_seconds: float = LEASE_SECONDS,
        machine_clock: Clock = system_clock,
    ) -> None:
        """Make one.

        Args:
            app: The program.
            tasks: How each topic's messages are done.
            lease_seconds: After how long what a dead worker had begun is begun again.
            machine_clock: By which leases run out.
        """
        self._app = app
        self._tasks = tasks
        self._lease = round(lease_seconds * SECOND)
        self._clock = machine_clock

    def run(self, over: threading.Event) -> None:
        """Do what is due, and what becomes due, until it is over."""
        while not over.is_set():
            try:
                done = self.run_some(over)
            except SchedAgentError as error:  # the next time will do
                log.warning("nothing could be done: %s", error.message)
                done = 0
            except Exception:  # a thread that ends would never be missed
                log.exception("nothing could be done")
                done = 0
            if not done:
                over.wait(random.uniform(0.5, 1.5) * _IDLE_SECONDS)  # noqa: S311  # no secret

    def run_due(self) -> int:
        """Do everything that is due now, and what follows from it; return how much it was."""
        done = 0
        while some := self.run_some():
            done += some
        return done

    def run_some(self, over: threading.Event | None = None) -> int:
        """Do what is due of one lane; return how many messages that were.

        Raises:
            CalendarUnreachable: The database can't be reached at this moment.
        """
        lease, begins = secrets.token_hex(8), self._clock()
        messages = self._app.store.lease(
            lease,
            now=self._app.clock(),
            begins=begins,
            until=begins + self._lease,
            limit=_MESSAGES_AT_ONCE,
        )
        if messages:
            with self._kept(lease):
                self._do_all(messages, over)
        return len(messages)

    def _do_all(self, messages: Sequence[Message], over: threading.Event | None) -> None:
        down: Unavailable | None = None
        for message in messages:
            if over is not None and over.is_set():
                self._put_back(message, self._app.clock(), message.trouble)
            elif down is None:
                down = self._do(message)
            else:  # it is the same provider
                self._put_back(message, self._after(message, down), down.message)

    def _do(self, message: Message) -> Unavailable | None:
        """Do a message; return why the rest of its lane need not be tried now, if so."""
        task = self._tasks.get(message.topic, _UNKNOWN_TASK)
        try:
            done = task.run(self._app, message)
        except SchedAgentError as error:
            self._fail(message, error)
            return error if isinstance(error, Unavailable) else None
        except Exception as fault:
            log.exception("%s failed", message.topic)
            self._fail(message, Unavailable(f"It failed: {type(fault).__name__}."))
            return None
        with self._app.store.transaction(message.environment_id) as tx:
            for following in done.then:
                tx.queue(following)
            tx.end(message, done.again_at)
        return None

    def _fail(self, message: Message, error: SchedAgentError) -> None:
        now, most = self._app.clock(), self._tasks.get(message.topic, _UNKNOWN_TASK).attempts
        if isinstance(error, ConsentNeeded):
            self._put_off(message, now + _UNTIL_CONSENT, error.message)
        elif isinstance(error, Unavailable) and (most is None or message.attempts < most):
            self._put_off(message, self._after(message, error), error.message)
        else:
            log.error("gave up %s: %s", message.topic, error.message)
            with self._app.store.transaction(message.environment_id) as tx:
                tx.give_up(message, now, error.message)

    def _put_off(self, message: Message, until: int, trouble: str) -> None:
        with self._app.store.transaction(message.environment_id) as tx:
            tx.put_off(message, until, trouble)

    def _put_back(self, message: Message, until: int, trouble: str | None) -> None:
        with self._app.store.transaction(message.environment_id) as tx:
            tx.put_back(message, until, trouble)

    def _after(self, message: Message, error: Unavailable) -> int:
        """Return when a message that failed is tried again; not before the other side wants it."""
        task = self._tasks.get(message.topic, _UNKNOWN_TASK)
        asked_for = (error.retry_after_seconds or 0) * SECOND
        return self._app.clock() + max(_pause(message.attempts, task), asked_for)

    @contextmanager
    def _kept(self, lease: str) -> Iterator[None]:
        """Let a lease run on as long as something goes on."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(self._lease / SECOND / 3):
                try:
                    self._app.store.renew(lease, self._clock() + self._lease)
                except SchedAgentError as error:  # the next time will do
                    log.warning("a lease was not renewed: %s", error.message)

        keeper = threading.Thread(target=keep, name="lease-keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()


def _pause(attempts: int, task: Task) -> int:
    """Return how long to wait before the next attempt."""
    doubled: int = task.first_pause << min(attempts - 1, 20)
    return round(min(doubled, task.longest_pause) * random.uniform(0.7, 1.3))  # noqa: S311  # no secret


@contextmanager
def at_work(worker: Worker, threads: int = THREADS) -> Iterator[None]:
    """Let a worker work in threads while something goes on."""
    over = threading.Event()
    hands = [
        threading.Thread(target=worker.run, args=(over,), name=f"worker-{n}", daemon=True)
        for n in range(threads)
    ]
    for hand in hands:
        hand.start()
    try:
        yield
    finally:
        over.set()
        give_up = monotonic() + _END_SECONDS
        for hand in hands:  # what takes longer ends with the process, and is begun again elsewhere
            hand.join(max(0.0, give_up - monotonic()))
