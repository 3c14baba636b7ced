"""`sched-agent serve` and `mcp` as they are run: stopped, killed, started again."""

import fcntl
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import time
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.processes import COMMAND, Served, mcp_body, mcp_headers, settings_for
from tests.stores import MAKE
from tests.transports.conftest import tool_result

SLOT = {"start_at": "2026-11-23T15:00:00Z", "end_at": "2026-11-23T15:30:00Z"}
CALL = {
    "title": "Jane",
    "start_at": "2026-11-23T15:00:00Z",
    "request_id": "r1",
}


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path) -> str:
    return MAKE[request.param](request, tmp_path)


@pytest.fixture
def environ(database):
    return settings_for(database)


def calendar_of(served: Served) -> str:
    data = httpx.get(f"{served.url}/api/v1/calendars").json()["data"]
    return f"{served.url}/api/v1/calendars/{data[0]['id']}"


@pytest.fixture
def serve(environ):
    running = []

    def serve(*options):
        running.append(Served(environ, *options))
        return running[-1]

    yield serve
    for served in running:
        served.kill()


def until_under_way(database):
    """Wait until a writer has its turn at a SQLite file that something else has locked."""
    with open(f"{database.removeprefix('sqlite:///')}-turn") as turn:
        while True:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(turn, fcntl.LOCK_UN)
            time.sleep(0.01)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["alone", "two workers"])
def test_a_server_that_is_asked_to_stop_finishes_what_is_under_way_and_refuses_the_rest(
    serve, database, options
):
    served = serve(*options)
    calendar = calendar_of(served)
    foreign = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    foreign.execute("begin immediate")
    answers = []
    body = {"title": "under way", **SLOT}
    post = Thread(target=lambda: answers.append(httpx.post(f"{calendar}/events", json=body)))

    post.start()
    until_under_way(database)
    served.process.terminate()
    refused = until_refused(f"{calendar}/events")
    foreign.execute("rollback")
    foreign.close()
    post.join()

    assert refused.status_code == 503
    assert refused.json()["code"] == "shutting_down"
    assert refused.headers["retry-after"] == "1"
    assert answers[0].status_code == 201
    assert served.process.wait(20) in {0, -signal.SIGTERM}


def until_refused(url):
    """Ask until the signal has arrived where the answer comes from; of two workers one is free."""
    for _ in range(400):
        answer = httpx.get(url)
        if answer.status_code == 503:
            return answer
        time.sleep(0.02)
    pytest.fail("the server goes on as if nobody had asked it to stop")


def test_workers_that_die_are_replaced_and_end_with_their_parent(serve):
    served = serve("--workers", "2")
    calendar = calendar_of(served)
    first = children(served.process.pid)

    for worker in first:
        os.kill(worker, signal.SIGKILL)
    served.until_ready()
    answer = httpx.post(f"{calendar}/events", json={"title": "x", **SLOT})
    second = children(served.process.pid)
    served.kill()

    assert answer.status_code == 201
    assert not set(first) & set(second)
    for _ in range(400):
        if not any(map(is_alive, second)):
            break
        time.sleep(0.05)
    assert not any(map(is_alive, second))


def children(pid):
    """Return the worker processes of a server."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def request_bytes(path, content, headers):
    """Return a POST as it goes over the line."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", content]).encode()


def send_and_kill(served, request):
    """Send a request, and kill the server when its answer is on the way: nobody ever reads it."""
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        line.sendall(request)
        select.select([line], [], [])
        served.kill()


def test_a_rest_server_killed_before_its_answer_arrives_gives_it_to_the_retry(serve):
    served = serve()
    path = calendar_of(served).removeprefix(served.url) + "/events"
    body = json.dumps({"title": "Jane", **SLOT})
    headers = {"Idempotency-Key": "r1", "Content-Type": "application/json"}

    send_and_kill(served, request_bytes(path, body, headers))
    again = serve()
    retry = httpx.post(again.url + path, content=body, headers=headers)
    listed = httpx.get(again.url + path).json()["data"]

    assert retry.status_code == 201
    assert [one["id"] for one in listed] == [retry.json()["data"]["id"]]
    assert listed[0]["version"] == 1


def test_an_mcp_request_that_a_client_sends_again_after_a_broken_stream_books_once(serve):
    """Protocol 2026-07-28 can't resume a stream: the client asks anew."""
    served = serve()
    body = mcp_body("create_event", CALL)

    send_and_kill(served, request_bytes("/mcp", body, mcp_headers("create_event")))
    again = serve()
    retry = tool_result(again.url, "create_event", **CALL)
    listed = tool_result(again.url, "list_events", **{"from": "2026-11-23"})

    event = retry["structuredContent"]["event"]
    assert [one["id"] for one in listed["structuredContent"]["events"]] == [event["id"]]


def test_a_stdio_server_killed_before_its_answer_arrives_gives_it_to_the_retry(environ):
    def ask(name, arguments, *, read=True):
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with (
            open(os.devnull, "w") as nowhere,
            subprocess.Popen([*COMMAND, "mcp"], env=environ, stderr=nowhere, **pipes) as server,
        ):
            assert server.stdin
            assert server.stdout
            server.stdin.write(f"{mcp_body(name, arguments)}\n".encode())
            server.stdin.flush()
            select.select([server.stdout], [], [])
            line = server.stdout.readline() if read else b"null"
            server.kill()
        return json.loads(line)

    ask("create_event", CALL, read=False)
    retry = ask("create_event", CALL)["result"]
    listed = ask("list_events", {"from": "2026-11-23"})["result"]

    event = retry["structuredContent"]["event"]
    assert [one["id"] for one in listed["structuredContent"]["events"]] == [event["id"]]
