"""Fifty agents in two processes want one time at a vendor that gives it to all if it may."""

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from sched_agent.model.calendar import Availability
from sched_agent.model.ids import Kind, code
from tests.builders import span
from tests.misbehaving import Misbehaving
from tests.processes import stdio_process
from tests.vendor import double_booking_at

AGENTS = 50
PROCESSES = 2
HOURS = range(9, 12)


@pytest.fixture
def environ(family, vendor, tmp_path):
    """Settings of processes that reach the vendor as one that knows nothing of our additions."""
    with Misbehaving(vendor.port, plain=True) as plain:
        database = f"sqlite:///{tmp_path}/own.db"
        settings = vendor.environ(family, database, plain.url)
        yield {"PATH": os.environ["PATH"], **settings}


def test_one_event_remains_and_the_others_are_told_that_it_is_taken(vendor, environ, family):
    calendar = vendor.truth.add_calendar(
        "Contested", availability=Availability.OPEN, double_booking=double_booking_at(family)
    )

    rounds = asyncio.run(play(environ, code(Kind.CALENDAR, calendar.id)))

    for told in rounds:
        assert Counter(told) == {"booked": 1, "slot_taken": AGENTS - 1}
    live = [event for event in vendor.truth.events("Contested") if event.claims]
    assert [event.interval for event in live] == [span(f"{h}:00", f"{h}:30") for h in HOURS]


async def play(environ, calendar_id):
    """Let all agents ask for the same half hour at once, in one round after another."""
    async with AsyncExitStack() as stack:
        calls = [await stack.enter_async_context(stdio_process(environ)) for _ in range(PROCESSES)]

        async def book(number, hour):
            start = f"2026-11-23T{hour:02}:00:00-05:00"
            arguments = {"calendar_id": calendar_id, "title": f"Mine {number}", "start_at": start}
            result = await calls[number % PROCESSES]("create_event", arguments)
            if not result.get("isError"):
                return "booked"
            return result["_meta"]["sched-agent/error"]["code"]

        return [
            await asyncio.gather(*(book(number, hour) for number in range(AGENTS)))
            for hour in HOURS
        ]
