"""Many writers, one slot, one booking: threads and processes on one file."""

import multiprocessing
import threading
from collections import Counter
from typing import Any

from sched_agent.app import App
from sched_agent.errors import SlotTaken
from sched_agent.model.event import EventFilter
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.services import events
from tests.builders import a_draft, at
from tests.stores import open_store

ROUNDS = 200
THREADS = 8
PROCESSES = 4


def slot(number: int) -> Interval:
    """Return the half hour of a round: 16 on each working day from 23 November on."""
    day, half_hour = divmod(number, 16)
    start = at("2026-11-23T09:00") + (day + day // 5 * 2) * DAY + half_hour * 30 * MINUTE
    return Interval(start, start + 30 * MINUTE)


def contend(app, caller, calendar_id, barrier, name, told) -> None:
    """Try to book every round's slot at the moment when all others try, too."""
    results = []
    for number in range(ROUNDS):
        barrier.wait(60)
        draft = a_draft(slot(number), title=name)
        try:
            event = events.book(app, caller, calendar_id, draft, check=Check.FULL)
            results.append((number, "booked", event.id))
        except SlotTaken as refusal:
            results.append((number, "refused", len(refusal.alternatives)))
    told.put(results)


def contend_in_process(database, now, caller, calendar_id, barrier, name, told) -> None:
    app = App(store=open_store(database), clock=lambda: now)
    contend(app, caller, calendar_id, barrier, name, told)
    app.store.close()


def test_eight_threads_and_four_processes_race_for_one_slot_and_one_wins_each_round(
    app, admin, calendar, clock, database
):
    spawning = multiprocessing.get_context("spawn")
    told = spawning.Queue()
    barrier = spawning.Barrier(THREADS + PROCESSES)
    common = (admin, calendar.id, barrier)
    others = [
        spawning.Process(
            target=contend_in_process, args=(database, clock.now, *common, f"process {n}", told)
        )
        for n in range(PROCESSES)
    ]
    threads = [
        threading.Thread(target=contend, args=(app, *common, f"thread {n}", told))
        for n in range(THREADS)
    ]

    contenders: list[Any] = [*others, *threads]
    for one in contenders:
        one.start()
    results = [told.get(timeout=300) for _ in range(THREADS + PROCESSES)]
    for one in contenders:
        one.join()

    booked = Counter(n for result in results for n, what, _ in result if what == "booked")
    refused = Counter(n for result in results for n, what, _ in result if what == "refused")
    alternatives = [count for result in results for _, what, count in result if what == "refused"]
    wanted = EventFilter(calendar_ids=(calendar.id,))
    page = events.find_all(app, admin, wanted, 2 * ROUNDS)
    kept = [event.interval for event in page.items]
    assert booked == dict.fromkeys(range(ROUNDS), 1)
    assert refused == dict.fromkeys(range(ROUNDS), THREADS + PROCESSES - 1)
    assert min(alternatives) >= 1
    assert kept == [slot(number) for number in range(ROUNDS)]
