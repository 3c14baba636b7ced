"""Booking on a connected calendar: claimed here, asked about there, and never booked twice."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sched_agent.app import App
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, SchedAgentError, SlotTaken
from sched_agent.model.calendar import DoubleBooking
from sched_agent.model.connection import (
    ConnectionPolicy,
    ProviderKind,
    ProviderSettings,
    State,
    WhenUnknown,
)
from sched_agent.model.event import BLOCK_TYPE, Change, EventFilter, SyncState
from sched_agent.model.interval import SECOND
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.providers.credentials import Tokens
from sched_agent.services import environments, events
from tests.builders import a_draft, span
from tests.google_stub import GoogleStub
from tests.sync import conftest as syncing
from tests.sync.conftest import Connected

app, connected, google = syncing.app, syncing.connected, syncing.google

NINE = ("09:00", "09:30")
TEN = ("10:00", "10:30")
PATIENCE = 20
FREE_BUSY = "calendar.freebusy.query"

KILLED = """
import json, sys
from sched_agent.app import App, Outside
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import Draft
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.services import environments, events
from tests.stores import open_store
from tests.services.test_asking import caller_of

told = json.load(sys.stdin)
outside = Outside(keys=tuple(told["keys"]), allow_private=True, seconds=10.0)
app = App(store=open_store(told["database"]), clock=lambda: told["now"], outside=outside)
draft = Draft(title="Killed", interval=Interval(*told["interval"]))
events.book(
    app, caller_of(app), told["calendar"], draft,
    check=Check.FULL, request_id=told["request_id"],
)
"""
"""Books as another process does; the provider's question is where it is killed."""


def caller_of(app: App) -> Any:
    """Return the admin of the first environment."""
    return environments.local_admin(app.store.environments()[0])


def asked(google: GoogleStub) -> int:
    """Return how often the provider was asked for its busy time."""
    return sum(seen.method == FREE_BUSY for seen in google.seen)


def kept(connected: Connected, calendar_id: int | None = None) -> list[str]:
    """Return what is written down on a calendar, whatever its state: status and title."""
    wanted = EventFilter(calendar_ids=(calendar_id or connected.calendar.id,))
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        found = tx.events(wanted, 1000, connected.clock())
    return [f"{one.status} {one.title}" for one in found]


@contextmanager
def hanging(google: GoogleStub, which: str = FREE_BUSY) -> Iterator[threading.Event]:
    """Let Google take its time over a request until it is released; it tells when one came."""
    released, came = threading.Event(), threading.Event()

    def wait(method: str) -> None:
        if method == which and not came.is_set():
            came.set()
            released.wait(PATIENCE)

    google.on_request = wait
    try:
        yield came
    finally:
        released.set()
        google.on_request = lambda _: None


def in_thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin something in a thread, and return it with the list that gets what it comes to."""
    came_to: list[Any] = []

    def run() -> None:
        try:
            came_to.append(act())
        except SchedAgentError as error:
            came_to.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came_to


def other_calendar(connected: Connected) -> Any:
    """Make a further calendar like the first one, connected to another of the person's."""
    made = replace(connected.calendar, name="Other")
    with connected.app.store.transaction(connected.caller.environment_id) as tx:
        other = tx.add_calendar(made)
        for rule in tx.rules(connected.calendar.id):
            tx.add_rule(other.id, rule)
    connected.google.add_calendar("other@example.com")
    settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE, url=connected.google.url)
    tokens = Tokens(access=connected.google.token())
    syncing.connect(connected.app, other, connected.caller, settings, tokens, "other@example.com")
    connected.work()
    return other


def killed_while_asking(connected: Connected, database: str, request_id: str | None) -> None:
    """Book 9:00 in a process that is killed while it waits for the provider's answer."""
    told = {
        "database": database,
        "keys": connected.app.outside.keys,
        "now": connected.clock(),
        "calendar": connected.calendar.id,
        "interval": list(span(*NINE)),
        "request_id": request_id,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdin=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()},
    )

    def kill(method: str) -> None:
        if method == FREE_BUSY:
            process.kill()
            process.wait(PATIENCE)

    connected.google.on_request = kill
    process.communicate(json.dumps(told), timeout=PATIENCE)
    connected.google.on_request = lambda _: None
    assert process.returncode == -signal.SIGKILL


# The claim ---------------------------------------------------------------------------------------


def test_nothing_but_the_booking_is_left_of_a_booking(connected):
    connected.work()
    connected.book(*NINE, title="Haircut")

    assert kept(connected) == ["confirmed Haircut"]


def test_nothing_is_left_of_a_booking_that_the_provider_refuses(connected):
    connected.work()
    connected.google.add("Dentist", span("09:00", "10:00"))
    with pytest.raises(SlotTaken):
        connected.book(*NINE)

    assert kept(connected) == []


@pytest.mark.parametrize("trouble", ["is down", "refuses us", "has no such calendar"])
def test_nothing_is_left_of_a_booking_that_the_provider_cannot_be_asked_about(connected, trouble):
    connected.work()
    match trouble:
        case "is down":
            connected.google.go_down()
        case "refuses us":
            connected.google.refuse()
        case "has no such calendar":
            connected.put(remote_calendar="nobody@example.com")
    with pytest.raises(SchedAgentError):
        connected.book(*NINE)

    assert kept(connected) == []


def test_a_fault_of_our_own_leaves_no_claim_either(connected):
    connected.work()
    connected.google.garble = lambda answer: answer.clear()
    with pytest.raises(SchedAgentError):
        connected.book(*NINE)
    connected.google.violations.clear()  # they are of our making

    assert kept(connected) == []


def test_the_same_request_again_is_answered_without_asking_and_leaves_no_claim(connected):
    connected.work()
    first = connected.book(*NINE, request_id="r1")
    before = asked(connected.google)
    again = connected.book(*NINE, request_id="r1")

    assert again == first
    assert asked(connected.google) == before
    assert kept(connected) == ["confirmed Stand-up"]


def test_the_time_is_claimed_while_the_provider_is_asked(connected):
    connected.work()
    with hanging(connected.google) as came:
        thread, first = in_thread(lambda: connected.book(*NINE, title="First"))
        assert came.wait(PATIENCE)
        with pytest.raises(SlotTaken):
            connected.book(*NINE, title="Second")
    thread.join(PATIENCE)

    assert [one.title for one in first] == ["First"]
    assert kept(connected) == ["confirmed First"]


def test_the_same_request_while_the_first_one_waits_gets_the_same_answer(connected):
    connected.work()
    with hanging(connected.google) as came:
        thread, first = in_thread(lambda: connected.book(*NINE, request_id="r1"))
        assert came.wait(PATIENCE)
        second = connected.book(*NINE, request_id="r1")
    thread.join(PATIENCE)

    assert first == [second]
    assert kept(connected) == ["confirmed Stand-up"]


def test_a_request_that_was_cut_short_by_a_crash_may_come_again(connected, database):
    connected.work()
    killed_while_asking(connected, database, "r1")
    assert kept(connected) == ["tentative Killed"]

    connected.book(*NINE, title="Killed", request_id="r1")

    assert kept(connected) == ["confirmed Killed"]


def test_a_claim_that_a_crash_left_behind_blocks_others_until_it_runs_out(connected, database):
    connected.work()
    killed_while_asking(connected, database, None)
    with pytest.raises(SlotTaken):
        connected.book(*NINE, request_id="other")

    connected.clock.move_by(minutes=1)

    assert connected.book(*NINE, request_id="other").status is Status.CONFIRMED


def test_of_two_who_book_the_same_slot_at_once_one_wins(connected):
    connected.work()
    start = threading.Barrier(2)

    def book() -> Any:
        start.wait(PATIENCE)
        return connected.book(*NINE)

    threads = [in_thread(book) for _ in range(2)]
    for thread, _ in threads:
        thread.join(PATIENCE)

    came_to = [result for _, (result,) in threads]
    (won,) = [one for one in came_to if not isinstance(one, SchedAgentError)]
    (lost,) = [one for one in came_to if isinstance(one, SchedAgentError)]
    assert isinstance(lost, SlotTaken)
    assert kept(connected) == [f"{won.status} {won.title}"]
    assert asked(connected.google) <= 2


def test_an_event_that_is_moved_is_claimed_at_its_new_time_and_asked_about(connected):
    connected.work()
    booked = connected.book(*NINE)
    connected.work()
    connected.google.add("Dentist", span("10:00", "11:00"))
    change = Change(start=span(*TEN).start)
    with pytest.raises(SlotTaken):
        events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)

    assert connected.event(booked).interval == span(*NINE)
    assert kept(connected) == ["confirmed Stand-up"]


# How long it takes -------------------------------------------------------------------------------


def test_a_provider_that_does_not_answer_is_not_waited_for_beyond_the_budget(connected):
    connected.work()
    hurried = replace(connected, app=replace(connected.app, outside=_hurried(connected)))
    with hanging(connected.google) as came:
        with pytest.raises(CalendarUnreachable, match="can't be asked now"):
            hurried.book(*NINE)
        assert came.is_set()  # and it is not released before the answer is there

    assert kept(connected) == []


def test_a_provider_that_drips_its_answer_is_not_waited_for_either(connected):
    connected.work()
    hurried = replace(connected, app=replace(connected.app, outside=_hurried(connected)))
    with dripping() as url:
        with connected.app.store.transaction(connected.caller.environment_id) as tx:
            (settings,) = tx.providers()
            tx.put_provider(replace(settings, url=url))
        with pytest.raises(CalendarUnreachable, match="can't be asked now"):
            hurried.book(*NINE)

    assert kept(connected) == []


def test_however_many_questions_one_answer_takes_they_share_one_budget(connected):
    connected.work()
    booked = connected.book(*NINE)
    connected.work()
    events.cancel(connected.app, connected.caller, booked.id)  # which Google does not know yet
    hurried = replace(connected, app=replace(connected.app, outside=_hurried(connected)))
    over = threading.Event()
    connected.google.on_request = lambda _: over.wait(0.3)  # each of them alone would do
    try:
        with pytest.raises(CalendarUnreachable, match="can't be asked now"):
            hurried.book(*NINE)
    finally:
        over.set()

    assert kept(connected) == ["cancelled Stand-up"]


def test_several_calendars_share_one_budget(connected):
    connected.work()
    other = other_calendar(connected)
    hurried = replace(connected, app=replace(connected.app, outside=_hurried(connected)))
    with hanging(connected.google) as came:
        with pytest.raises(CalendarUnreachable):
            hurried.book(*NINE, beside=(other.id,))
        assert came.is_set()

    assert asked(connected.google) <= 1
    assert kept(connected) == kept(connected, other.id) == []


def _hurried(connected: Connected) -> Any:
    return replace(connected.app.outside, seconds=0.5)


@contextmanager
def dripping() -> Iterator[str]:
    """Serve an answer that never ends, a byte now and then, until it is over."""
    over = threading.Event()
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                guest, _ = door.accept()
            except OSError:
                return
            with guest:
                try:
                    guest.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not over.wait(0.05):
                        guest.sendall(b" ")
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/calendar/v3"
    finally:
        over.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(PATIENCE)


# When it is asked --------------------------------------------------------------------------------


def test_beyond_what_was_read_the_provider_is_asked_however_new_that_is(connected):
    connected.put(policy=ConnectionPolicy(recheck_seconds=3600))
    connected.work()
    connected.book(*NINE)
    assert asked(connected.google) == 0

    connected.put(known_until=span(*TEN).start + 1)
    connected.book(*TEN)
    assert asked(connected.google) == 1


@pytest.mark.parametrize(
    ("seconds", "times"),
    [
        pytest.param(0, 1, id="always"),
        pytest.param(60, 1, id="just as old"),
        pytest.param(61, 0, id="newer than that"),
    ],
)
def test_how_old_what_is_known_may_be_is_the_owners_choice(connected, seconds, times):
    connected.put(policy=ConnectionPolicy(recheck_seconds=seconds))
    connected.work()
    connected.clock.now += 60 * SECOND
    connected.book(*NINE)

    assert asked(connected.google) == times


def test_each_of_several_connected_calendars_has_a_say(connected):
    connected.work()
    other = other_calendar(connected)
    before = asked(connected.google)
    connected.book(*NINE, beside=(other.id,))
    assert asked(connected.google) == before + 2

    connected.google.add("Dentist", span(*TEN), calendar="other@example.com")
    with pytest.raises(SlotTaken):
        connected.book(*TEN, beside=(other.id,))
    assert kept(connected) == ["confirmed Stand-up"]
    assert kept(connected, other.id) == []


def test_each_of_several_connections_of_one_calendar_has_a_say(connected):
    connected.work()
    connected.google.add_calendar("second@example.com")
    settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE, url=connected.google.url)
    tokens = Tokens(access=connected.google.token())
    syncing.connect(
        connected.app, connected.calendar, connected.caller, settings, tokens, "second@example.com"
    )
    connected.work()
    connected.google.add("Dentist", span(*NINE), calendar="second@example.com")
    with pytest.raises(SlotTaken):
        connected.book(*NINE)

    assert kept(connected) == []


def test_a_calendar_that_takes_what_comes_is_not_asked_about(connected):
    connected.work()
    easy = replace(connected.calendar.policy, double_booking=DoubleBooking.ALLOW)
    with connected.app.store.transaction(connected.caller.environment_id) as tx:
        tx.put_calendar(replace(connected.calendar, policy=easy))
    connected.google.go_down()

    assert connected.book(*NINE).status is Status.CONFIRMED
    assert asked(connected.google) == 0


def test_a_block_asks_nobody(connected):
    connected.work()
    connected.google.go_down()
    draft = a_draft(span(*NINE), type=BLOCK_TYPE)
    events.book(connected.app, connected.caller, connected.calendar.id, draft, check=Check.FULL)

    assert kept(connected) == ["confirmed Stand-up"]


def test_a_hold_is_asked_about_and_so_is_its_confirmation(connected):
    connected.work()
    draft = a_draft(span(*NINE), status=Status.TENTATIVE, hold_seconds=600)
    book = (connected.app, connected.caller, connected.calendar.id)
    held = events.book(*book, draft, check=Check.FULL)
    assert asked(connected.google) == 1

    connected.google.add("Dentist", span(*NINE))
    confirm = Change(fields={"status": Status.CONFIRMED})
    with pytest.raises(SlotTaken):
        events.revise(connected.app, connected.caller, held.id, confirm, check=Check.FULL)
    assert asked(connected.google) == 2
    assert kept(connected) == ["tentative Stand-up"]
    with pytest.raises(SlotTaken):
        events.book(*book, a_draft(span(*NINE)), check=Check.FULL)


def test_what_was_booked_unseen_is_seen_when_it_is_confirmed_and_the_provider_asked(connected):
    connected.put(policy=ConnectionPolicy(when_unknown=WhenUnknown.HOLD))
    connected.work()
    connected.google.go_down()
    booked = connected.book(*NINE)
    confirm = Change(fields={"status": Status.CONFIRMED})
    revise = (connected.app, connected.caller, booked.id, confirm)
    events.revise(*revise, check=Check.FULL)
    now = connected.event(booked)
    assert (now.status, now.sync) == (Status.TENTATIVE, SyncState.UNSEEN)  # it is still down

    connected.google.come_back()
    events.revise(*revise, check=Check.FULL)
    now = connected.event(booked)
    assert (now.status, now.sync) == (Status.CONFIRMED, SyncState.PENDING)

    connected.google.add("Dentist", span(*NINE))
    connected.clock.move_by(minutes=6)
    connected.work()
    now = connected.event(booked)
    assert (now.status, now.sync) == (Status.CONFIRMED, SyncState.CONFLICT)  # as its owner wants


def test_a_change_of_words_asks_nobody(connected):
    connected.work()
    booked = connected.book(*NINE)
    before = asked(connected.google)
    change = Change(fields={"title": "Other"})
    events.revise(connected.app, connected.caller, booked.id, change, check=Check.FULL)

    assert asked(connected.google) == before


def test_a_connection_to_which_nobody_has_agreed_has_no_say(connected):
    connected.work()
    connected.put(state=State.PENDING, sealed_credentials=None)
    connected.google.go_down()

    assert connected.book(*NINE).status is Status.CONFIRMED


def test_a_connection_that_refuses_us_lets_nothing_be_booked(connected):
    connected.work()
    connected.put(state=State.CONSENT_NEEDED)

    with pytest.raises(ConsentNeeded):
        connected.book(*NINE)
    assert kept(connected) == []


# What is said of it ------------------------------------------------------------------------------


def test_the_time_that_the_provider_refused_is_not_offered_in_its_stead(connected):
    connected.work()
    connected.google.add("Dentist", span("09:00", "11:00"))
    with pytest.raises(SlotTaken) as refused:
        connected.book(*TEN)

    assert refused.value.alternatives
    assert span(*TEN) not in [slot.interval for slot in refused.value.alternatives]


def test_nothing_is_offered_that_ends_beyond_what_was_read(connected):
    connected.put(policy=ConnectionPolicy(max_age_minutes=60))
    connected.work()
    connected.put(known_until=span("09:45", "10:00").start)

    assert connected.free("09:15", "09:45")
    assert not connected.free("09:30", "10:00")
