"""Writes through a hosted backend, and what a proxy may choose to do to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sched_agent import errors
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.interval import Interval
from tests.contracts.backends.place import ELEVEN, NINE, Place


@dataclass(frozen=True)
class Write:
    """A write, and what takes time on the calendar before and after it.

    Args:
        name: What tests call it.
        ask: Gets the place, the calendar, what is there before, and a request_id.
        after: What is there when it is done.
        before: What has to be there for it.
    """

    name: str
    ask: Callable[[Place, Calendar, Any, str | None], Event]
    after: list[tuple[str, Interval]]
    before: list[tuple[str, Interval]]

    def __str__(self) -> str:
        return self.name

    def prepare(self, place: Place, calendar: Calendar) -> Event | None:
        """Make what it is about."""
        return place.book(NINE, title="Mine", on=calendar) if self.before else None


def _book(place, calendar, _, request_id):
    return place.book(NINE, title="Mine", on=calendar, request_id=request_id)


def _move(place, _, event, request_id):
    return place.revise(event, to=ELEVEN, request_id=request_id).event


def _rename(place, _, event, request_id):
    return place.revise(event, title="Renamed", request_id=request_id).event


def _cancel(place, _, event, request_id):
    return place.cancel(event, request_id=request_id).event


THERE = [("Mine", NINE)]
BOOKING = Write("book", _book, after=THERE, before=[])
CHANGES = [
    Write("move", _move, after=[("Mine", ELEVEN)], before=THERE),
    Write("rename", _rename, after=[("Renamed", NINE)], before=THERE),
    Write("cancel", _cancel, after=[], before=THERE),
]
EACH_WRITE = pytest.mark.parametrize("write", [BOOKING, *CHANGES], ids=str)


def code_of(ask):
    """Return the code of an error, or that it is done."""
    try:
        ask()
    except errors.SchedAgentError as error:
        return error.code
    return "done"


def once(misdeed, *, writes_only=False):
    """Choose a misdeed for the next request, or write, and none for all that follow."""
    left = [misdeed]

    def choose(asked):
        return left.pop() if left and (asked.is_write or not writes_only) else None

    return choose


def from_the_first_write_on(misdeed, *, then=None):
    """Spoil a write and everything after it, in the same way if no other is told."""
    begun: list[object] = []

    def choose(asked):
        if not begun and asked.is_write:
            begun.append(asked)
            return misdeed
        return (then or misdeed) if begun else None

    return choose
