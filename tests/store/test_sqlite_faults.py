"""A fault of the file is one clear sentence, and nothing is left half-written."""

import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing
from threading import Thread

import pytest
from sqlite_utils import Database

from sched_agent.errors import CalendarUnreachable, SchedAgentError, SettingsError
from sched_agent.model.event import EventFilter
from sched_agent.store.sqlite import SqliteStore, connection, migrations
from tests.builders import a_calendar, an_event
from tests.contracts.store_contract import nothing


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calendar.db"


@pytest.fixture
def store(path):
    store = SqliteStore(path)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def here(store):
    return store.add_environment("here", "UTC", 0, nothing)[0].id


@pytest.fixture
def work(store, here):
    with store.transaction(here) as tx:
        return tx.add_calendar(a_calendar())


def test_a_full_disk_is_said_and_nothing_is_half_written(store, here, work):
    def fill(tx):
        for _ in range(2000):
            tx.add_event(an_event(work.id, description="x" * 2000))

    with store._connections.lent() as used:
        pages = used.execute("pragma page_count").fetchone()[0]
        used.execute(f"pragma max_page_count = {pages + 20}")
    with pytest.raises(CalendarUnreachable, match="disk is full"), store.transaction(here) as tx:
        fill(tx)

    with store.snapshot(here) as reader:
        assert reader.events(EventFilter(calendar_ids=(work.id,)), 10, 0) == []
    with store._connections.lent() as used:
        assert used.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_locked_database_is_said(store, here, path, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    impatient = SqliteStore(path)

    with pytest.raises(CalendarUnreachable, match="locked by another program"):  # noqa: SIM117
        with impatient.transaction(here):
            pass

    other.close()
    impatient.close()


def test_a_file_that_is_no_database_is_said(path):
    path.write_bytes(b"Dear diary, " * 100)
    store = SqliteStore(path)

    with pytest.raises(CalendarUnreachable, match="not a SQLite database"):
        store.migrate()

    assert path.read_bytes() == b"Dear diary, " * 100
    store.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="can't be made"):
        SqliteStore(tmp_path / "file" / "calendar.db").migrate()


def as_nobody(path, environment_id, answers):
    """Try to write without any right to; the super-user would have it."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    store = SqliteStore(path)
    try:
        with store.transaction(environment_id) as tx:
            tx.add_calendar(a_calendar())
        answers.put("written")
    except SchedAgentError as error:
        answers.put(error.message)


def test_a_read_only_file_is_said(store, here, path, tmp_path):
    store.close()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    process = multiprocessing.get_context("fork")
    answers = process.SimpleQueue()

    child = process.Process(target=as_nobody, args=(path, here, answers))
    child.start()
    child.join()
    tmp_path.chmod(0o755)

    assert answers.get() in {
        "The calendar database is read-only, so nothing can be booked.",
        "The calendar database file can't be opened.",
        "The calendar database's folder can't be written, so nothing can be booked.",
    }


def test_a_newer_database_is_refused_by_the_name_of_its_version(store, path):
    with store._connections.lent() as used:
        used.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at)"
            " values ('sched_agent', 'm999_future', '2030')"
        )

    with pytest.raises(SettingsError, match=r"m999_future.*newer.*m005_event_rules"):
        store.migrate()


def test_an_older_database_is_migrated_and_a_step_that_fails_leaves_no_trace(path, monkeypatch):
    store = SqliteStore(path)
    store.migrate()
    here = store.add_environment("kept", "UTC", 0, nothing)[0]
    later = type(migrations.steps)("sched_agent")
    later._migrations = list(migrations.steps._migrations)

    @later()
    def m002_note(db):
        db.execute("create table note (text text) strict")

    @later()
    def m003_broken(db):
        db.execute("create table half (x integer) strict")
        db.execute("insert into nowhere values (1)")

    monkeypatch.setattr(migrations, "steps", later)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        store.migrate()
    with store._connections.lent() as used:
        assert "half" not in Database(used).table_names()
        assert "note" not in Database(used).table_names()
    assert list(store.pending()) == ["m002_note", "m003_broken"]

    later._migrations.pop()
    assert list(store.migrate()) == ["m002_note"]
    assert list(store.environments()) == [here]
    store.close()


def test_the_file_is_kept_as_it_promises(store):
    with store._connections.lent() as used:
        pragmas = {
            name: used.execute(f"pragma {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        strict = used.execute(
            "select count(*) from pragma_table_list where schema = 'main' and type = 'table'"
            " and strict = 0 and name not like 'sqlite_%' and name not like '_sqlite_%'"
        ).fetchone()[0]

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert strict == 0


def test_taken_time_is_read_by_an_index_range(store, here, work):
    from sched_agent.store.sqlite.transaction import _LONG, _SHORT

    with store._connections.lent() as used:
        plans = [
            used.execute(f"explain query plan {sql}", (here, work.id, *bounds)).fetchall()
            for sql, bounds in ((_SHORT, (0, 1, 0)), (_LONG, (0, 1)))
        ]

    told = [step[3] for plan in plans for step in plan]
    assert "COVERING INDEX event_short" in told[0]
    assert "start_at>? AND start_at<?" in told[0]
    assert "COVERING INDEX event_long" in told[1]
    assert "end_at>?" in told[1]


def test_a_new_file_that_another_process_is_just_setting_up_is_waited_for(path):
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")  # for its own switch, SQLite has others fail at once
        opened: list[object] = []
        opening = Thread(target=lambda: opened.append(SqliteStore(path).pending()))
        opening.start()
        opening.join(timeout=0.5)  # a broken one has failed by now
        assert opening.is_alive()
        other.execute("rollback")
        opening.join()

    assert opened == [migrations.names()]
