"""What the outbox holds is done: again after a failure, once more after a crash, and in order."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sched_agent.app import App
from sched_agent.clock import system_clock
from sched_agent.errors import (
    CalendarUnreachable,
    ConsentNeeded,
    ProviderRejected,
    SlotTaken,
    Unavailable,
    UnknownEvent,
)
from sched_agent.model.interval import HOUR, MINUTE, SECOND
from sched_agent.model.outbox import Done, Message, Topic
from sched_agent.services.working import Task, Worker, at_work
from sched_agent.sync import following
from tests.builders import an_event, span
from tests.processes import COMMAND
from tests.sync import conftest as syncing

app, connected, google = syncing.app, syncing.connected, syncing.google
PATIENCE = 30


@dataclass
class Office:
    """An outbox, and a worker who does in it what a test says."""

    app: App
    environment_id: int
    clock: Any
    act: Callable[[Message], Done] = lambda _: Done()
    attempts: int | None = None
    first_pause: int = 2 * SECOND
    begun: list[str] = field(default_factory=list)

    def put(self, *keys: str, lane: str = "lane", due_at: int | None = None) -> None:
        with self.app.store.transaction(self.environment_id) as tx:
            for key in keys:
                tx.queue(self.message(key, lane, due_at))

    def message(self, key: str, lane: str = "lane", due_at: int | None = None) -> Message:
        now = self.clock()
        return Message(
            environment_id=self.environment_id,
            topic=Topic.LABEL,
            key=key,
            lane=lane,
            due_at=now if due_at is None else due_at,
            created_at=now,
        )

    @property
    def worker(self) -> Worker:
        def run(_: App, message: Message) -> Done:
            self.begun.append(message.key)
            return self.act(message)

        task = Task(run=run, attempts=self.attempts, first_pause=self.first_pause)
        return Worker(self.app, {Topic.LABEL: task})

    def left(self, *, dead: bool = False) -> Sequence[Message]:
        with self.app.store.snapshot(self.environment_id) as tx:
            return tx.messages(dead=dead, limit=1000)


@pytest.fixture
def office(app, environment, clock) -> Office:
    return Office(app, environment.id, clock)


def failing(error: Exception) -> Callable[[Message], Done]:
    def act(_: Message) -> Done:
        raise error

    return act


def test_what_is_due_is_done_once_and_is_gone(office):
    office.put("b", "a", lane="one")
    office.put("c", lane="other")

    assert office.worker.run_due() == 3
    assert sorted(office.begun) == ["a", "b", "c"]
    assert office.left() == []
    assert office.worker.run_due() == 0


def test_what_is_not_due_yet_waits(office):
    office.put("later", due_at=office.clock() + MINUTE)
    assert office.worker.run_due() == 0

    office.clock.move_by(minutes=1)
    assert office.worker.run_due() == 1


def test_messages_of_a_lane_are_done_in_the_order_in_which_they_are_due(office):
    now = office.clock()
    for number in (3, 1, 2):
        office.put(f"{number}", due_at=now - 10 + number)
    office.worker.run_due()

    assert office.begun == ["1", "2", "3"]


def test_a_failure_is_tried_again_after_pauses_that_grow(office):
    office.act = failing(CalendarUnreachable("down"))
    office.put("a")
    pauses = []
    for _ in range(8):
        office.worker.run_due()
        (waiting,) = office.left()
        assert waiting.trouble == "down"
        pauses.append(waiting.due_at - office.clock())
        assert office.worker.run_due() == 0
        office.clock.now = waiting.due_at

    assert len(office.begun) == 8
    for number, pause in enumerate(pauses):
        assert 0.7 * (2 << number) * SECOND <= pause <= 1.3 * (2 << number) * SECOND


def test_the_pauses_end_growing(office):
    office.act = failing(CalendarUnreachable("down"))
    office.put("a")
    for _ in range(40):
        office.worker.run_due()
        (waiting,) = office.left()
        assert waiting.due_at - office.clock() <= 1.3 * HOUR
        office.clock.now = waiting.due_at

    assert office.left(dead=True) == []


def test_who_asks_to_be_left_alone_for_a_time_is_left_alone(office):
    error = CalendarUnreachable("not now")
    error.retry_after_seconds = 3600
    office.act = failing(error)
    office.put("a", "b")
    office.worker.run_due()

    assert office.begun == ["a"]
    assert min(one.due_at for one in office.left()) >= office.clock() + 3600 * SECOND


def test_a_success_forgets_the_failures_before_it(office):
    office.act = failing(CalendarUnreachable("down"))
    office.put("a")
    office.worker.run_due()
    (waiting,) = office.left()
    office.clock.now = waiting.due_at
    office.act = lambda _: Done(again_at=office.clock() + MINUTE)
    office.worker.run_due()

    (waiting,) = office.left()
    assert (waiting.attempts, waiting.trouble) == (0, None)
    assert waiting.due_at == office.clock() + MINUTE


def test_after_its_last_attempt_a_message_is_kept_aside_with_what_went_wrong(office):
    office.attempts = 3
    office.act = failing(CalendarUnreachable("still down"))
    office.put("a")
    for _ in range(5):
        office.worker.run_due()
        office.clock.move_by(minutes=60)

    assert office.begun == ["a"] * 3
    assert office.left() == []
    (dead,) = office.left(dead=True)
    assert (dead.key, dead.trouble, dead.attempts) == ("a", "still down", 3)
    assert dead.dead_at is not None
    assert office.app.store.waiting(office.clock()).dead == 1


def test_what_is_refused_for_good_is_not_tried_again_and_stops_nobody(office):
    def act(message: Message) -> Done:
        if message.key == "a":
            raise ProviderRejected("nonsense")
        return Done()

    office.act = act
    office.put("a", "b")
    office.worker.run_due()

    assert office.begun == ["a", "b"]
    assert [(one.key, one.trouble) for one in office.left(dead=True)] == [("a", "nonsense")]
    assert office.left() == []


def test_what_was_given_up_is_done_when_it_is_put_again(office):
    office.act = failing(ProviderRejected("nonsense"))
    office.put("a")
    office.worker.run_due()
    office.act = lambda _: Done()
    office.put("a")
    office.worker.run_due()

    assert office.begun == ["a", "a"]
    assert [*office.left(), *office.left(dead=True)] == []


def test_what_follows_is_put_when_the_message_ends(office):
    first = {"a": Done(then=[office.message("b")])}
    office.act = lambda message: first.pop(message.key, Done())
    office.put("a")
    office.worker.run_due()

    assert office.begun == ["a", "b"]


def test_what_follows_is_put_with_the_end_or_not_at_all(office):
    """One that can't be put (no plain JSON) undoes the others, and the end."""
    bad = replace(office.message("c"), payload={"at": object()})
    office.act = lambda _: Done(then=[office.message("b"), bad])
    office.put("a")
    with pytest.raises(TypeError):
        office.worker.run_some()

    assert [one.key for one in office.left()] == ["a"]


def test_a_message_may_put_itself_again(office):
    def act(message: Message) -> Done:
        step = message.payload.get("step", 0)
        again = replace(message, payload={"step": step + 1}, due_at=office.clock())
        return Done(then=[again] if step < 2 else ())

    office.act = act
    office.put("a")
    office.worker.run_due()

    assert office.begun == ["a"] * 3
    assert office.left() == []


def test_a_message_that_is_put_again_while_it_is_done_is_done_once_more(office):
    def act(message: Message) -> Done:
        if len(office.begun) == 1:
            office.put("a")
        return Done()

    office.act = act
    office.put("a")
    office.worker.run_due()

    assert office.begun == ["a", "a"]
    assert office.left() == []


@pytest.mark.parametrize("failure", [ProviderRejected("no"), CalendarUnreachable("down")])
def test_a_failure_does_not_hold_up_what_was_put_meanwhile(office, failure):
    def act(message: Message) -> Done:
        if len(office.begun) == 1:
            office.put("a")
            raise failure
        return Done()

    office.act = act
    office.put("a")
    office.worker.run_due()

    assert office.begun == ["a", "a"]
    assert [*office.left(), *office.left(dead=True)] == []


def test_an_unexpected_exception_is_told_and_tried_again(office, caplog):
    office.act = failing(ZeroDivisionError("secret"))
    office.put("a", "b")
    office.worker.run_due()

    assert office.begun == ["a", "b"]  # nothing is known of the other one
    assert [one.trouble for one in office.left()] == ["It failed: ZeroDivisionError."] * 2
    assert "label failed" in caplog.text


def test_an_unexpected_exception_ends_no_thread(office):
    came = threading.Event()

    def act(message: Message) -> Done:
        if message.key == "bad":
            raise ZeroDivisionError
        came.set()
        return Done()

    office.act = act
    office.put("bad", lane="bad")
    with at_work(office.worker, threads=1):
        for _ in range(PATIENCE * 100):
            if "bad" in office.begun:
                break
            threading.Event().wait(0.01)
        office.put("good", lane="good")
        assert came.wait(PATIENCE)


def test_a_message_that_needs_consent_waits_long_and_is_not_given_up(office):
    office.attempts = 1
    office.act = failing(ConsentNeeded("ask the owner"))
    office.put("a")
    office.worker.run_due()

    (waiting,) = office.left()
    assert waiting.trouble == "ask the owner"
    assert waiting.due_at >= office.clock() + 30 * MINUTE


def test_a_lane_whose_provider_is_down_is_not_tried_message_by_message(office):
    office.act = failing(CalendarUnreachable("down"))
    office.put(*(f"{number:03}" for number in range(30)))
    office.put("other", lane="other")
    office.worker.run_due()

    assert sorted(office.begun) == ["000", "other"]
    assert {one.trouble for one in office.left()} == {"down"}


def test_a_message_that_was_not_begun_spends_no_attempt(office):
    office.attempts = 2
    office.act = failing(Unavailable("down"))
    office.put("b")
    for _ in range(4):
        office.put("a", due_at=office.clock() - HOUR)  # always the first one of the lane
        assert office.worker.run_some() == 2
        office.clock.move_by(minutes=2)

    assert set(office.begun) == {"a"}
    (b,) = [one for one in office.left() if one.key == "b"]
    assert (b.attempts, b.trouble) == (0, "down")


def test_who_is_asked_to_stop_ends_one_message_and_leaves_the_rest_as_they_are(office):
    office.attempts = 1
    over = threading.Event()

    def act(_: Message) -> Done:
        over.set()
        return Done()

    office.act = act
    office.put("a", "b", "c")
    office.worker.run(over)

    assert office.begun == ["a"]
    assert [(one.key, one.attempts, one.trouble, one.lease) for one in office.left()] == [
        ("b", 0, None, None),
        ("c", 0, None, None),
    ]
    assert office.worker.run_due() == 2  # at once, by others


def test_a_topic_that_nobody_here_does_waits_for_somebody_who_does(office):
    office.put("a")
    nobody = Worker(office.app, {})
    nobody.run_due()
    office.clock.move_by(minutes=5)

    assert office.worker.run_due() == 1


def test_what_takes_longer_than_a_lease_is_not_begun_by_others(office):
    other_looks = []

    def act(message: Message) -> Done:
        until = system_clock() + SECOND
        while system_clock() < until:  # much longer than the lease
            other_looks.append(other.run_some())
        return Done()

    office.act = act
    task = Task(run=lambda _, message: office.act(message))
    slow = Worker(office.app, {Topic.LABEL: task}, lease_seconds=0.3)
    other = Worker(office.app, {Topic.LABEL: Task(run=lambda _, __: Done())}, lease_seconds=0.3)
    office.put("a")

    assert slow.run_due() == 1
    assert set(other_looks) == {0}


# With real bookings, and real processes ----------------------------------------------------------


def waiting_for(connected, topic=Topic.PUSH) -> list[int]:
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        found = tx.messages(dead=False, limit=100)
    return [int(one.payload["event_id"]) for one in found if one.topic is topic]


def test_a_booking_that_is_acknowledged_has_its_message_and_one_that_is_refused_has_none(connected):
    connected.work()
    booked = connected.book("09:00", "09:30")
    connected.google.add("Dentist", span("10:00", "11:00"))
    for start in ("09:00", "10:00"):
        with pytest.raises(SlotTaken):
            connected.book(start, "10:30")

    assert waiting_for(connected) == [booked.id]


def test_a_booking_that_is_undone_leaves_no_message(connected):
    connected.work()
    environment_id = connected.caller.environment_id

    def fails_half_way() -> None:
        with connected.app.store.transaction(environment_id) as tx:
            tx.lock_calendar(connected.calendar.id)
            following.add(tx, an_event(connected.calendar.id), connected.clock())
            tx.event(1)

    with pytest.raises(UnknownEvent):
        fails_half_way()

    assert waiting_for(connected) == []
    assert connected.titles() == []


@pytest.fixture
def worker_process(database, connected) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start `sched-agent worker`; whatever is left of it is killed in the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environ = {
            "PATH": os.environ["PATH"],
            "SCHED_AGENT_DATABASE": database,
            "SCHED_AGENT_TIMEZONE": "America/New_York",
            "SCHED_AGENT_NOW": "2026-11-20T15:00Z",
            "SCHED_AGENT_CREDENTIAL_KEYS": ",".join(connected.app.outside.keys),
            "SCHED_AGENT_ALLOW_PRIVATE": "1",
            "SCHED_AGENT_LEASE_SECONDS": "1",
        }
        process = subprocess.Popen(
            [*COMMAND, "worker"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


class Caught:
    """Stops the provider in the middle of a request, until it is told to go on."""

    def __init__(self, google: Any, which: str) -> None:
        self.came, self.go_on = threading.Event(), threading.Event()
        self._which = which
        google.on_request = self._on_request

    def _on_request(self, method: str) -> None:
        if method == self._which and not self.came.is_set():
            self.came.set()
            self.go_on.wait(PATIENCE)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE * 20):
        if condition():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never came")


def test_what_a_killed_worker_had_begun_another_one_does(connected, worker_process):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    caught = Caught(connected.google, "calendar.events.insert")
    first = worker_process()
    assert caught.came.wait(PATIENCE)
    first.kill()
    first.wait()
    assert waiting_for(connected) == [booked.id]

    caught.go_on.set()  # the provider does it all the same: nobody hears of it
    worker_process()
    until(lambda: waiting_for(connected) == [])

    assert connected.there() == ["Haircut"]
    assert connected.event(booked).sync == "synced"


def test_a_worker_that_is_asked_to_stop_ends_what_it_does_and_goes(connected, worker_process):
    connected.work()
    booked = connected.book("09:00", "09:30", "Haircut")
    later = connected.book("10:00", "10:30", "Later")
    caught = Caught(connected.google, "calendar.events.insert")
    process = worker_process()
    assert caught.came.wait(PATIENCE)
    process.send_signal(signal.SIGTERM)
    caught.go_on.set()
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, output
    assert b"Traceback" not in output
    left = waiting_for(connected)
    assert len(left) == 1
    assert left[0] in (booked.id, later.id)
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        (message,) = [one for one in tx.messages(dead=False, limit=9) if one.topic is Topic.PUSH]
    assert message.lease is None
    assert connected.work() == 1
    assert connected.there() == ["Haircut", "Later"]
