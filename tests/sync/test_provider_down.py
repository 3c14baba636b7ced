"""A provider that is gone, or that hangs: what is said meanwhile, and what becomes of bookings.

The program runs in processes of its own; its clock is pinned, and it is started again later.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.caldav_servers import PASSWORD, USERNAME, CaldavServer, radicale
from tests.connected import Installed, a_landing, typed_in, until

FRIDAY_NOON = "2026-11-20T12:00-05:00"
SOON, LATER, MUCH_LATER = (f"2026-11-20T{time}-05:00" for time in ("12:30", "14:00", "16:00"))
"""While what was read is known, when it no longer is, and when everything is tried again."""
MONDAY = "2026-11-23"
NINE = f"{MONDAY}T09:00:00-05:00"


class Hanging:
    """Takes connections at the port of a server that is gone, and never answers."""

    def __init__(self, url: str) -> None:
        self._listening = socket.create_server(("127.0.0.1", urlsplit(url).port or 0))
        self._lines: list[socket.socket] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()

    def wait_for(self, lines: int) -> None:
        """Wait until somebody waits for an answer on that many lines."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._lines) >= lines, 30)

    def release(self) -> None:
        """Hang up on all of them, and take no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
        for line in self._lines:
            line.close()


@pytest.fixture
def server(tmp_path) -> Iterator[CaldavServer]:
    with radicale(tmp_path / "radicale") as server:
        server.new_calendar("Work")
        yield server


@contextmanager
def gone(server: CaldavServer) -> Iterator[Hanging | None]:
    server.stop()
    yield None


@contextmanager
def hanging(server: CaldavServer) -> Iterator[Hanging | None]:
    server.stop()
    hung = Hanging(server.url)
    try:
        yield hung
    finally:
        hung.release()


@pytest.fixture(params=[gone, hanging])
def down(request) -> Any:
    return request.param


def connected(folder: Path, server: CaldavServer, **policy: Any) -> Installed:
    """Return the program after its calendar was connected and read."""
    program = Installed(folder, now=FRIDAY_NOON, provider_seconds="0.5")
    with program.serving(), a_landing() as landing:
        program.run("provider", "add", "caldav", "--url", server.url, "--redirect-uri", landing)
        begun = program.begin("caldav", landing, **policy)
        typed_in(begun["authorization_url"], username=USERNAME, password=PASSWORD)
        program.until_synced()
    return program


def found_there(server: CaldavServer) -> list[str]:
    """Return the texts of the events that the server has, as another program sees them."""
    with server.http() as http:
        listed = http.request("PROPFIND", server.home, headers={"Depth": "1"})
        folders = set(re.findall(r"<href>([^<]+/)</href>", listed.text))
        texts = []
        for folder in folders:
            inside = http.request("PROPFIND", folder, headers={"Depth": "1"}).text
            texts += [http.get(path).text for path in re.findall(r"<href>([^<]+\.ics)<", inside)]
    return texts


def test_what_was_read_lately_is_told_while_the_provider_is_down_but_not_given_away(
    tmp_path, server, down
):
    program = connected(tmp_path, server)
    program.set(now=SOON)
    with down(server) as hung, program.serving():
        if hung:
            hung.wait_for(1)  # the next sync is under way, and stays so

        free = program.ask("check_availability", when=MONDAY)
        refusal = program.refused("create_event", title="Jane", start_at=NINE)

        assert free["slots"][0]["start_at"] == NINE
        assert free["calendars"][0]["as_of"] == "2026-11-20T12:00:00-05:00"
        assert refusal.error["code"] == "calendar_unreachable"
        assert refusal.error["say"]
        assert "caldav" in refusal.text
        assert program.ask("list_events", **{"from": MONDAY})["events"] == []
    server.start()
    assert found_there(server) == []


def test_a_calendar_that_was_not_read_for_too_long_is_unknown_and_never_free(
    tmp_path, server, down
):
    program = connected(tmp_path, server)
    program.set(now=LATER)
    with down(server) as hung, program.serving():
        if hung:
            hung.wait_for(1)

        unknown = program.refused("check_availability", when=MONDAY)
        refusal = program.refused("create_event", title="Jane", start_at=NINE)

        for told in (unknown, refusal):
            assert told.error["code"] == "calendar_unreachable"
            assert told.error["say"]
            assert "alternatives" not in told.error
        assert "could not be read lately" in unknown.text


def test_of_several_calendars_those_that_are_known_are_offered_and_the_other_is_named(
    tmp_path, server, down
):
    program = connected(tmp_path, server)
    program.set(now=LATER)
    program.run("calendar", "create", "Front desk")
    with down(server) as hung, program.serving():
        if hung:
            hung.wait_for(1)
        ids = {one["name"]: one["id"] for one in program.ask("list_calendars")["calendars"]}
        first, second = ids["My calendar"], ids["Front desk"]

        free = program.ask("check_availability", when=MONDAY, limit=50)

        read = {one["calendar_id"]: one for one in free["calendars"]}
        assert read[first]["unknown"].startswith("calendar_unreachable: ")
        assert "unknown" not in read[second]
        assert [slot["calendar_ids"] for slot in free["slots"]] == [[second]] * 16
        assert "Not known: " in program.told("check_availability", when=MONDAY)
        both = program.ask("check_availability", when=MONDAY, match="all")
        assert not both["available"]
        assert not both["slots"]
        booked = program.ask("create_event", title="Jane", start_at=NINE, calendar_id=second)
        assert booked["event"]["status"] == "confirmed"


def test_what_is_held_while_nobody_can_be_asked_is_confirmed_when_the_provider_is_back(
    tmp_path, server, down
):
    program = connected(tmp_path, server, when_unknown="hold")
    program.set(now=LATER)
    with down(server) as hung, program.serving():
        if hung:
            hung.wait_for(1)

        answer = program.ask("create_event", title="Jane", start_at=NINE)

        event = answer["event"]
        assert (event["status"], event["sync"]) == ("tentative", "unseen")
        assert "confirmed" not in answer["say"].lower()
        assert "booked" not in answer["say"].lower()

    server.start()
    program.set(now=MUCH_LATER)
    with program.serving():

        def settled() -> Any:
            now = program.ask("get_event", event_id=event["id"])["event"]
            return now["sync"] == "synced" and now

        held = until(settled, "the answer of the provider")
    assert held["status"] == "confirmed"
    [text] = found_there(server)
    assert "SUMMARY:Jane" in text
    assert "STATUS:CONFIRMED" in text
