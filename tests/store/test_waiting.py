"""Waiting for a turn, for a place and for a connection: fair, and never for ever."""

import errno
import fcntl
import multiprocessing
import os
import threading
from time import monotonic

import pytest

from sched_agent.errors import CalendarUnreachable
from sched_agent.store.line import Line
from sched_agent.store.pool import Pool
from sched_agent.store.sqlite.queue import Queue

SOON = 0.05


def until_waiting(line, many):
    """Wait until so many threads stand in a line."""
    while len(line._waiting) < many:
        threading.Event().wait(0.001)


def test_a_line_lets_in_those_who_came_first():
    line, order = Line(1), []
    line.come(monotonic())

    def visit(number):
        line.come(monotonic() + 10)
        order.append(number)
        line.go()

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for number, visitor in enumerate(visitors, start=1):
        visitor.start()
        until_waiting(line, number)
    line.go()
    for visitor in visitors:
        visitor.join()

    assert order == list(range(8))


def test_who_gives_up_leaves_the_line_and_takes_nobody_s_place():
    line = Line(1)
    line.come(monotonic())

    assert not line.come(monotonic() + SOON)
    line.go()
    assert line.come(monotonic())
    assert not line.come(monotonic())


class Thing:
    """Something to lend."""

    closed = False

    def close(self):
        self.closed = True


def test_a_pool_lends_no_more_than_it_may_and_takes_back_what_failed():
    made: list[Thing] = []

    def make(_):
        if len(made) == 1:
            made.append(Thing())
            raise CalendarUnreachable("no")
        made.append(Thing())
        return made[-1]

    pool = Pool(make, most=2)
    first = pool.take(SOON)
    with pytest.raises(CalendarUnreachable):
        pool.take(SOON)
    second = pool.take(SOON)
    with pytest.raises(CalendarUnreachable, match="Too many"):
        pool.take(SOON)

    pool.give_back(first, usable=True)
    assert pool.take(SOON) is first
    pool.give_back(second, usable=False)
    assert second.closed
    assert pool.take(SOON) not in (first, second)


def test_what_comes_back_to_a_closed_pool_is_closed():
    pool = Pool(lambda _: Thing(), most=2)
    kept, out = pool.take(SOON), pool.take(SOON)
    pool.give_back(kept, usable=True)

    pool.close()
    pool.give_back(out, usable=True)

    assert kept.closed
    assert out.closed


def test_what_died_in_the_pool_is_not_lent_again():
    pool = Pool(lambda _: Thing(), most=1, is_alive=lambda thing: not thing.closed)
    thing = pool.take(SOON)
    pool.give_back(thing, usable=True)
    thing.closed = True

    assert pool.take(SOON) is not thing


@pytest.fixture
def database(tmp_path):
    return tmp_path / "calendar.db"


def another_s(database, name):
    """Open one of the queue's files as another process would."""
    return os.open(f"{database}-{name}", os.O_RDWR | os.O_CREAT)


def is_free(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True


def test_a_turn_excludes_other_processes_and_is_given_on(database):
    mine = Queue(database, patience=10)
    with mine.turn():
        turn = another_s(database, "turn")
        assert not is_free(turn)
        assert is_free(another_s(database, "door"))
    assert is_free(turn)
    mine.close()


def test_a_turn_that_was_waited_for_in_vain_is_not_kept_when_it_comes(database):
    elsewhere = another_s(database, "turn")
    fcntl.flock(elsewhere, fcntl.LOCK_EX)
    mine = Queue(database, patience=SOON)

    with pytest.raises(CalendarUnreachable, match="locked"), mine.turn():
        pass
    fcntl.flock(elsewhere, fcntl.LOCK_UN)

    fcntl.flock(elsewhere, fcntl.LOCK_EX)  # for ever, if it were kept
    fcntl.flock(elsewhere, fcntl.LOCK_UN)
    with mine.turn():
        pass


def test_a_wait_that_goes_on_serves_whoever_comes_next(database):
    elsewhere = another_s(database, "turn")
    fcntl.flock(elsewhere, fcntl.LOCK_EX)
    mine = Queue(database, patience=SOON)
    with pytest.raises(CalendarUnreachable), mine.turn():
        pass

    mine._patience = 10
    threading.Timer(SOON, fcntl.flock, (elsewhere, fcntl.LOCK_UN)).start()
    with mine.turn():
        assert not is_free(another_s(database, "turn"))
    assert is_free(another_s(database, "turn"))


def test_a_lock_that_fails_is_told_and_the_next_turn_comes(database, monkeypatch):
    elsewhere = another_s(database, "turn")
    fcntl.flock(elsewhere, fcntl.LOCK_EX)
    mine = Queue(database, patience=10)
    real = fcntl.flock

    def fails_once(file, operation):
        if operation == fcntl.LOCK_EX:
            monkeypatch.setattr(fcntl, "flock", real)
            raise OSError(errno.ENOLCK, "no locks")
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", fails_once)
    with pytest.raises(CalendarUnreachable), mine.turn():
        pass
    real(elsewhere, fcntl.LOCK_UN)

    with mine.turn():
        pass


def test_closing_while_somebody_writes_disturbs_nobody(database):
    mine = Queue(database, patience=10)
    with mine.turn():
        mine.close()
        assert not is_free(another_s(database, "turn"))
    assert is_free(another_s(database, "turn"))
    mine.close()
    mine.close()
    with mine.turn():
        pass


def take_turns(database, barrier, turns, told):
    mine = Queue(database, patience=60)
    barrier.wait(60)
    longest, mine_before = 0, None
    for _ in range(turns):
        with mine.turn():
            now = int(database.read_text())
            database.write_text(str(now + 1))
        if mine_before is not None:
            longest = max(longest, now - mine_before)
        mine_before = now
    told.put(longest)


def test_processes_that_contend_take_turns(database):
    """Nobody is passed more than a few times by each of the others."""
    many, turns = 6, 60
    database.write_text("0")
    spawning = multiprocessing.get_context("spawn")
    barrier, told = spawning.Barrier(many), spawning.Queue()
    contenders = [
        spawning.Process(target=take_turns, args=(database, barrier, turns, told))
        for _ in range(many)
    ]
    for one in contenders:
        one.start()
    longest = [told.get(timeout=60) for _ in contenders]
    for one in contenders:
        one.join()

    assert int(database.read_text()) == many * turns
    assert max(longest) <= 10 * many
