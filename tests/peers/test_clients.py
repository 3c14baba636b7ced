"""Clients that others wrote, each in an environment of its own, book and are refused."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.running import NODE, PEERS, WORK, Command, Door, run

STEPS = ["connect", "list_tools", "check", "book", "book_again", "cancel"]


def python_with(requirement: str) -> Path:
    """Return a Python that has a package; it is installed once."""
    folder = WORK / requirement
    if not (folder / "complete").exists():
        steps: list[Command] = [
            [sys.executable, "-m", "venv", "--clear", folder],
            [folder / "bin" / "pip", "install", "--quiet", requirement],
        ]
        for step in steps:
            done = run(step)
            assert done.returncode == 0, done.stderr
        (folder / "complete").touch()
    return folder / "bin" / "python"


def conversation(command: Command) -> dict[str, Any]:
    """Run a client's script and return what it says at each step."""
    done = run(command)
    assert done.returncode == 0, (done.stdout, done.stderr)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["step"]: line for line in told}


def assert_it_booked_and_was_refused(said: dict[str, Any], revision: str) -> None:
    assert list(said)[: len(STEPS)] == STEPS
    assert said["connect"]["revision"] == revision
    assert {"check_availability", "create_event", "cancel_event"} <= set(
        said["list_tools"]["tools"]
    )
    assert [said[step]["refused"] for step in STEPS[2:]] == [False, False, True, False]
    assert "2026-11-23T09:00:00-05:00" in said["check"]["text"]
    assert said["book_again"]["text"].startswith("slot_taken: ")
    assert "2026-11-23T09:30:00-05:00" in said["book_again"]["text"]
    assert "cancelled" in said["cancel"]["text"]


@pytest.mark.parametrize(
    ("script", "mode", "revision"),
    [
        pytest.param("sdk.mjs", [], "2025-11-25", id="sdk"),
        pytest.param("client.mjs", [], "2025-11-25", id="client"),
        pytest.param("client.mjs", ["auto"], "2026-07-28", id="client in auto mode"),
    ],
)
def test_a_typescript_client_books_and_is_offered_other_times_for_a_taken_one(
    script: str, mode: list[str], revision: str, door: Door, node_modules: Path
) -> None:
    assert node_modules.is_dir()

    said = conversation([NODE, PEERS / "clients" / script, door.as_json(), *mode])

    assert_it_booked_and_was_refused(said, revision)


def test_langchain_books_and_is_offered_other_times_for_a_taken_one(door: Door) -> None:
    python = python_with("langchain-mcp-adapters==0.3.2")

    said = conversation([python, PEERS / "clients" / "langchain_client.py", door.as_json()])

    assert_it_booked_and_was_refused(said, "2025-11-25")


def test_pydantic_ai_books_and_an_agent_of_its_own_asks_for_free_times(door: Door) -> None:
    python = python_with("pydantic-ai-slim[mcp]==2.68.0")

    said = conversation([python, PEERS / "clients" / "pydantic_ai_client.py", door.as_json()])

    assert_it_booked_and_was_refused(said, "2026-07-28")
    assert said["agent"]["answer"]["available"] is True
