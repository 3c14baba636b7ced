"""The line to PostgreSQL breaks, at the worst moments."""

import os
import signal
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from sched_agent.errors import CalendarUnreachable, OutcomeUnknown
from sched_agent.model.attendee import Attendee
from sched_agent.model.event import EventFilter
from sched_agent.model.schedule import Check
from sched_agent.services import events
from sched_agent.speech.language import Language
from sched_agent.tools.catalog import all_tools
from tests.builders import a_draft, span
from tests.conftest import a_cluster
from tests.wire import wire_to


@pytest.fixture
def server():
    """A server of our own: it is stopped and started."""
    server = a_cluster()
    yield server
    server.remove()


@pytest.fixture
def wire(server):
    with wire_to(server.port) as wire:
        yield wire


@pytest.fixture
def database(server, wire):
    through = urlsplit(server.new_database())
    return through._replace(netloc=f"postgres@127.0.0.1:{wire.port}").geturl()


@pytest.fixture
def book(app, admin, calendar):
    def book(attendees=(), **more):
        draft = a_draft(span("09:00", "09:30"), attendees=attendees)
        return events.book(app, admin, calendar.id, draft, check=Check.FULL, **more)

    return book


@pytest.fixture
def kept(app, admin, calendar):
    return lambda: events.find_all(app, admin, EventFilter(calendar_ids=(calendar.id,)), 9).items


@pytest.mark.parametrize("passes", [True, False], ids=["done", "not done"])
def test_a_commit_whose_answer_is_lost_is_looked_up_by_its_request_id(book, kept, wire, passes):
    wire.cut_at(b"commit", passes=passes)

    event = book(request_id="r1")

    assert [one.id for one in kept()] == [event.id]
    assert book(request_id="r1") == event


@pytest.mark.parametrize("passes", [True, False], ids=["done", "not done"])
def test_without_a_request_id_nobody_claims_to_know(book, kept, wire, passes):
    wire.cut_at(b"commit", passes=passes)

    with pytest.raises(OutcomeUnknown) as told:
        book()

    assert "list_events" in told.value.hint
    assert "Nothing was changed" not in told.value.hint
    assert len(kept()) == passes


@pytest.mark.parametrize("word", [b"begin", b"for update", b"insert into"])
@pytest.mark.parametrize("request_id", [None, "r1"])
def test_a_line_that_breaks_before_the_commit_costs_nothing(book, kept, wire, word, request_id):
    wire.cut_at(word, passes=True)

    event = book(request_id=request_id)

    assert [one.id for one in kept()] == [event.id]


def test_connections_that_died_while_nobody_looked_are_replaced(book, kept, server):
    server.restart()

    event = book()
    server.restart()

    assert [one.id for one in kept()] == [event.id]


def test_a_database_that_is_away_is_said_and_comes_back(app, book, server):
    server.stop("immediate")

    with pytest.raises(CalendarUnreachable, match="can't be reached"):
        book()
    with pytest.raises(CalendarUnreachable):
        app.store.probe()
    server.start()

    assert book()
    app.store.probe()


def test_a_server_that_hangs_is_not_ready(app, book, server):
    book()
    stopped = [pid for (pid,) in server.backends()]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(CalendarUnreachable, match="does not answer"):
            app.store.probe()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    app.store.probe()


def test_what_became_unknown_stays_so_when_the_database_is_gone_for_the_second_try(
    book, kept, wire, server
):
    wire.cut_at(b"commit", passes=True, for_good=True)

    with pytest.raises(OutcomeUnknown):
        book(request_id="r1")

    wire.mend()
    assert [one.id for one in kept()] == [book(request_id="r1").id]


@pytest.mark.parametrize("tool", ["cancel_event", "respond_to_event"])
def test_a_tool_that_has_acted_needs_the_database_no_more(
    app, backend, admin, book, monkeypatch, tool
):
    """It would say that nothing was changed."""
    event = book(attendees=(Attendee(name="Jane"),))
    arguments = {"event_id": str(event.id)}
    if tool == "respond_to_event":
        arguments |= {"attendee": "Jane", "response": "accepted"}
    write = app.store.transaction

    @contextmanager
    def last_transaction(environment_id):
        with write(environment_id) as tx:
            yield tx
        app.store.close()
        monkeypatch.setattr(app.store, "snapshot", None)

    monkeypatch.setattr(app.store, "transaction", last_transaction)
    answer = all_tools()[tool].call(backend, admin, arguments, language=Language.EN)

    assert answer.data.model_dump()["event"]["version"] == 2
