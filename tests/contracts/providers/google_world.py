"""A calendar at the stub of Google, and another client of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sched_agent.model.connection import ProviderKind
from sched_agent.model.interval import Interval
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Tokens
from sched_agent.providers.google.quirks import uid_in
from tests.contracts.providers.outsider import Planned, When
from tests.contracts.providers.wired import Bearer, Wired, a_clock, a_provider
from tests.google_stub import PRIMARY, GoogleStub
from tests.wire import wire_to

_MARKS: dict[str, Any] = {
    "colorId": "7",
    "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 15}]},
    "visibility": "private",
    "guestsCanInviteOthers": False,
    "extendedProperties": {"private": {"theirs": "kept"}},
}


class GoogleOutsider:
    """Works on the owner's primary calendar."""

    def __init__(self, stub: GoogleStub) -> None:
        self._stub = stub

    def add(self, planned: Planned) -> str:
        words = {"description": planned.description, "location": planned.location}
        more = {name: text for name, text in words.items() if text is not None}
        name = self._stub.add(
            planned.title,
            planned.when,
            rrule=planned.rule,
            exdates=planned.left_out,
            zone=planned.zone,
            transparent=planned.transparent,
            status=planned.status.value,
            attendees=planned.attendees,
            **more,
            **(_MARKS if planned.marked else {}),
        )
        if planned.optional:
            people = self._stub.raw(name)["attendees"]
            self._stub.change(name, attendees=[one | {"optional": True} for one in people])
        return name

    def add_many(self, planned: list[Planned]) -> list[str]:
        return [self.add(one) for one in planned]

    def add_pointless(self, start: int) -> None:
        name = self._stub.add("Pointless", Interval(start, start + 1))
        self._stub.change(name, end=self._stub.raw(name)["start"])

    def rename(self, name: str, title: str) -> None:
        self._stub.rename(self._id(name), title)

    def move(self, name: str, when: When) -> None:
        self._stub.move(self._id(name), when)

    def change_rule(self, name: str, rule: str) -> None:
        self._stub.change(self._id(name), recurrence=[f"RRULE:{rule}"])

    def delete(self, name: str) -> None:
        self._stub.delete(self._id(name))

    def rename_occurrence(self, name: str, start: int, title: str) -> None:
        self._stub.rename(self._stub.occurrence(self._id(name), start), title)

    def move_occurrence(self, name: str, start: int, when: When) -> None:
        self._stub.move_occurrence(self._id(name), start, when)

    def delete_occurrence(self, name: str, start: int) -> None:
        self._stub.delete_occurrence(self._id(name), start)

    def titles(self) -> list[str]:
        there = {one.get("recurringEventId", one["id"]): one for one in self._stub.live()}
        return sorted(one.get("summary", "") for one in there.values())

    def count(self, uid: str) -> int:
        return sum(uid_in(one["id"]) == uid for one in self._stub.live())

    def marks(self, name: str) -> set[str]:
        event = self._stub.raw(self._id(name))
        kept = {key for key, value in _MARKS.items() if _has(event.get(key), value)}
        optional = any(one.get("optional") for one in event.get("attendees", ()))
        return kept | ({"optional"} if optional else set())

    def _id(self, name: str) -> str:
        """Return Google's id of an event of ours, which we know by its UID."""
        stored = self._stub.calendars[PRIMARY].stored
        if name in stored:
            return name
        (found,) = (key for key in stored if uid_in(key) == name)
        return found


def _has(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_has(there.get(k), v) for k, v in wanted.items())
    return bool(there == wanted)


@dataclass
class GoogleWorld(Wired):
    stub: GoogleStub

    def forget_cursors(self) -> None:
        self.stub.forget_cursors()

    def lose_the_next_answer(self) -> None:
        self.wire.cut_at(b'"start"', passes=True)

    def opened(self, port: int, secret: str, seconds: float) -> Provider:
        url = f"http://127.0.0.1:{port}{urlsplit(self.stub.url).path}"
        known = Tokens(access=secret)
        return a_provider(ProviderKind.GOOGLE, url, known, seconds, Bearer(secret))


@contextmanager
def google() -> Iterator[GoogleWorld]:
    stub = GoogleStub(clock=a_clock())
    secrets = (stub.token(), "ya29.nobody")
    port = urlsplit(stub.url).port or 0
    with wire_to(port) as wire:
        yield GoogleWorld(wire, port, GoogleOutsider(stub), PRIMARY, secrets, stub)
    stub.stop()
    stub.check()
