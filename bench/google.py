"""Google's stub in a process of its own, so that what it does is not counted as ours."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sched_agent.model.attendee import Attendee
from sched_agent.model.interval import DAY, MINUTE, Interval
from tests.google_stub import PRIMARY, GoogleStub

EMPTY = "empty@group.calendar.google.com"
"""A calendar on which there is nothing."""

_EVERY = 45 * MINUTE


@dataclass(frozen=True, slots=True)
class Google:
    """A stub that runs.

    Args:
        url: The base of its API.
        token: An access token.
    """

    url: str
    token: str
    _process: "subprocess.Popen[str]"

    def change(self, events: int) -> None:
        """Give so many events, always the same ones, other titles."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(events, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "changed\n"


@contextmanager
def google(now: int, events: int) -> Iterator[Google]:
    """Run Google's stub with so many events after an instant, and yield how to reach it."""
    command = [sys.executable, "-m", __name__, str(now), str(events)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            url, token = json.loads(process.stdout.readline())
            yield Google(url, token, process)
        finally:
            process.stdin.close()


def _serve(now: int, events: int) -> None:
    stub = GoogleStub(checked=False)
    stub.add_calendar(EMPTY)
    names = [_add(stub, number, now + DAY + number * _EVERY) for number in range(events)]
    print(json.dumps([stub.url, stub.token()]), flush=True)
    for turn, line in enumerate(sys.stdin):
        for name in names[: int(line)]:
            stub.rename(name, f"Renamed {turn}")
        print("changed", flush=True)
    stub.stop()


def _add(stub: GoogleStub, number: int, start: int) -> str:
    """Put a half hour on the calendar that is as much written out as most are."""
    return stub.add(
        f"Meeting {number}",
        Interval(start, start + 30 * MINUTE),
        calendar=PRIMARY,
        attendees=[Attendee("Ada", "ada@example.com", None)],
        description="The agenda is in the notes.",
        location="Room 4",
    )


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
