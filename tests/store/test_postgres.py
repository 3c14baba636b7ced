"""What is PostgreSQL's alone: its own guard against overlaps, and the dividing into leaves."""

import threading
from contextlib import suppress

import psycopg
import pytest

from sched_agent.errors import CalendarUnreachable, Interrupted, SettingsError, SlotTaken
from sched_agent.model.status import Status
from tests.builders import a_calendar, an_event, span
from tests.contracts.store_contract import at_once, nothing
from tests.stores import MAKE, open_store

NOW = 1_000


@pytest.fixture(params=[name for name in MAKE if name.startswith("postgres")])
def database(request, tmp_path):
    return MAKE[request.param](request, tmp_path)


@pytest.fixture
def here(store):
    return store.add_environment("here", "America/New_York", NOW, nothing)[0].id


@pytest.fixture
def work(store, here):
    with store.transaction(here) as tx:
        return tx.add_calendar(a_calendar())


def exclusive(calendar, start="09:00", end="09:30", **more):
    return an_event(calendar.id, span(start, end), exclusive=True, **more)


def test_the_database_itself_refuses_what_a_program_without_a_check_would_write(store, here, work):
    with store.transaction(here) as tx:
        tx.add_event(exclusive(work))
        moved = tx.add_event(exclusive(work, "10:00", "10:30"))

    with pytest.raises(SlotTaken), store.transaction(here) as tx:
        tx.add_event(exclusive(work, "09:29", "09:31"))
    with pytest.raises(SlotTaken), store.transaction(here) as tx:
        tx.put_event(exclusive(work, "09:15", "09:45", id=moved.id))
    with store.transaction(here) as tx:
        tx.add_event(exclusive(work, "09:30", "10:00"))
        tx.add_event(an_event(work.id, span("09:00", "10:30"), type="block"))
        tx.add_event(exclusive(work, status=Status.CANCELLED))


def test_writers_without_a_lock_never_wait_for_each_other_in_a_circle(store, here, work):
    """Plain inserts of overlapping stretches do; one of each group must come through."""
    written: list[object] = []

    def write_one(start, end):
        while True:
            with suppress(Interrupted), store.transaction(here) as tx:
                return tx.add_event(exclusive(work, start, end))

    def write(number):
        for turn in range(20):
            hour = turn % 10 + 10
            with suppress(SlotTaken):
                written.append(write_one(f"{hour}:{number:02}", f"{hour}:{number + 30}"))

    at_once(write, 8)

    assert len(written) == 10


def test_calendars_of_two_tenants_with_one_number_do_not_meet(store, here, work):
    there = store.add_environment("there", "UTC", NOW, nothing)[0].id
    with store.transaction(here) as tx:
        tx.add_event(exclusive(work))
    with store.transaction(there) as tx:
        tx.add_event(exclusive(work))


def test_a_hold_that_ran_out_gives_way_to_whoever_looked(store, here, work):
    hold = {"status": Status.TENTATIVE, "hold_expires_at": NOW, "held_by": "a"}
    with store.transaction(here) as tx:
        held = tx.add_event(exclusive(work, **hold))

    with store.transaction(here) as tx:
        assert tx.taken(work.id, span("09:00", "10:00"), NOW) == []
        tx.add_event(exclusive(work, "09:10", "09:40"))

    with store.snapshot(here) as tx:
        assert tx.event(held.id) == held.as_of(NOW)


@pytest.fixture
def plain(postgres):
    """A database of this test alone."""
    store = open_store(postgres.new_database())
    yield store
    store.close()


def test_dividing_moves_everything_and_the_guard_with_it(plain):
    assert list(plain.migrate()) == [
        "001_foundation",
        "002_days_and_resources",
        "003_names_without_apostrophes",
        "004_connections",
        "005_event_rules",
        "divided into 1",
    ]
    here = plain.add_environment("here", "UTC", NOW, nothing)[0].id
    with plain.transaction(here) as tx:
        kept = [tx.add_calendar(a_calendar()) for _ in range(20)]
        events = [tx.add_event(exclusive(calendar)) for calendar in kept]

    assert list(plain.migrate(partitions=16)) == ["divided into 16"]
    assert list(plain.migrate(partitions=16)) == []
    assert list(plain.migrate()) == []

    with plain.snapshot(here) as tx:
        assert sorted(c.id for c in tx.calendars(None, 50, 0)) == sorted(c.id for c in kept)
        assert [tx.event(event.id) for event in events] == events
    for calendar in kept:
        with pytest.raises(SlotTaken), plain.transaction(here) as tx:
            tx.add_event(exclusive(calendar))


def test_leaves_on_other_servers_are_not_divided_from_here(spread_database):
    store = open_store(spread_database)
    with pytest.raises(SettingsError, match="other servers"):
        store.migrate(partitions=4)
    store.close()


def test_who_reads_while_the_tables_are_divided_sees_all_or_waits(plain):
    plain.migrate()
    here = plain.add_environment("here", "UTC", NOW, nothing)[0].id
    with plain.transaction(here) as tx:
        work = tx.add_calendar(a_calendar())
        event = tx.add_event(exclusive(work))
    over = threading.Event()

    def read(number):
        if not number:
            for leaves in (4, 2, 8, 1, 3):
                plain.migrate(partitions=leaves)
            over.set()
        while not over.is_set():
            with suppress(Interrupted), plain.snapshot(here) as tx:
                assert tx.calendar(work.id) == work
                assert tx.event(event.id) == event

    at_once(read, 4)


def test_deleting_a_calendar_leaves_no_place_of_its_events(store, here, work, database):
    with store.transaction(here) as tx:
        tx.add_event(exclusive(work))
        tx.delete_calendar(work.id)

    with psycopg.connect(database) as connection:
        places = connection.execute("select count(*) from sched_agent.event_place").fetchone()
    assert places == (0,)


def test_a_fault_that_was_passed_over_is_no_commit(store, here):
    def pass_over():
        with store.transaction(here) as tx, suppress(psycopg.Error):
            tx._connection.execute("select 1 / 0")

    with pytest.raises(AssertionError, match="ROLLBACK"):
        pass_over()


def test_a_calendar_that_is_stuck_leaves_room_for_readers_and_other_calendars(store, here, work):
    with store.transaction(here) as tx:
        other = tx.add_calendar(a_calendar())
    with store.transaction(here) as stuck:
        stuck.lock_calendar(work.id)

        def wait(_):
            with suppress(CalendarUnreachable), store.transaction(here) as tx:
                tx.lock_calendar(work.id)

        waiting = [threading.Thread(target=wait, args=(n,)) for n in range(12)]
        for one in waiting:
            one.start()
        while len(store._writers._waiting) < 5:
            threading.Event().wait(0.01)
        store.probe()
        with store.snapshot(here) as tx:
            assert tx.calendar(other.id) == other
    for one in waiting:
        one.join()


def test_many_that_start_at_once_make_one_schema(postgres):
    url = postgres.new_database()
    taken: list[object] = []

    def start(_):
        store = open_store(url)
        taken.extend(store.migrate())
        store.close()

    at_once(start, 6)

    assert taken == [
        "001_foundation",
        "002_days_and_resources",
        "003_names_without_apostrophes",
        "004_connections",
        "005_event_rules",
        "divided into 1",
    ]


def test_a_database_of_a_newer_version_is_refused(plain, postgres):
    url = postgres.new_database()
    store = open_store(url)
    store.migrate()
    with psycopg.connect(url) as connection:
        connection.execute("insert into sched_agent.step values ('999_later')")

    with pytest.raises(SettingsError, match="newer than this sched-agent"):
        store.pending()
    store.close()


def test_a_server_that_may_lose_what_was_acknowledged_is_named(plain):
    assert "fsync off" in plain.concern()  # as the servers of the tests are run
