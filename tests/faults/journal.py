"""What agents write down: a line before each request is sent, and one after its answer.

The line before names the request, so that one whose answer never came is known to be possible.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO


class Kind(StrEnum):
    """What an agent asks for."""

    BOOK = "book"
    HOLD = "hold"
    CONFIRM = "confirm"
    MOVE = "move"
    CANCEL = "cancel"
    DELETE = "delete"
    RESPOND = "respond"
    READ = "read"
    LOOK = "look"


BOOKINGS = frozenset({Kind.BOOK, Kind.HOLD})
CHANGES = frozenset({Kind.CONFIRM, Kind.MOVE, Kind.CANCEL, Kind.RESPOND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One request. Ids are numbers, instants are UTC microseconds.

    Args:
        kind: What is asked for.
        request_id: Names it; reading has none. It becomes the title of what is booked and the
            description of what is confirmed or moved, so that an event tells what made it.
        calendar: Where.
        event: Which event.
        start: The new start, or where looking begins.
        end: The new end, or where looking ends.
        hold_minutes: How long a hold lasts.
        guests: The e-mail addresses of those who are invited.
        response: The first guest's answer.
        if_version: The version that the event has to be at.
    """

    kind: Kind
    calendar: int
    request_id: str | None = None
    event: int | None = None
    start: int | None = None
    end: int | None = None
    hold_minutes: int | None = None
    guests: tuple[str, ...] = ()
    response: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An event as an answer, or the database, shows it."""

    id: int
    calendar: int
    version: int
    title: str
    description: str | None
    start: int
    end: int
    status: str
    hold_expires_at: int | None
    guests: tuple[tuple[str, str], ...]


DOWN = frozenset({"calendar_unreachable", "shutting_down"})
"""Refusals that say that the product can't act now, and that nothing was done."""


class Outcome(StrEnum):
    """What an agent knows after asking; `lost`: whether it happened is not known."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an agent was told; of a lost answer, `code` says how it was lost."""

    outcome: Outcome
    code: str | None = None
    events: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that was sent once, and what became of it.

    Args:
        where: File and line in the journal.
        door: Which way it was sent.
        act: What was asked.
        asked: When, before sending.
        told: When the answer was there; None: the agent died waiting.
        answer: The answer.
    """

    where: str
    door: str
    act: Act
    asked: int
    told: int | None = None
    answer: Answer = field(default=Answer(outcome=Outcome.LOST, code="died"))

    @property
    def acknowledged(self) -> bool:
        """Whether it was done, and this was said."""
        return self.answer.outcome is Outcome.ACKNOWLEDGED


class Journal:
    """The file of one agent: each line is handed to the system before the agent goes on."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("x", buffering=1)
        self._seq = 0

    def asks(self, door: str, act: Act, at: int) -> None:
        """Write down what is about to be sent."""
        self._seq += 1
        self._write({"seq": self._seq, "door": door, "asks": asdict(act), "at": at})

    def told(self, answer: Answer, at: int) -> None:
        """Write down what came back."""
        self._write({"seq": self._seq, "told": asdict(answer), "at": at})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(f"{json.dumps(line)}\n")


def read(folder: Path) -> list[Attempt]:
    """Return what all agents of a run wrote down."""
    return [
        attempt
        for path in sorted(folder.glob("*.jsonl"))
        for attempt in _attempts(path.name, path.read_text().splitlines())
    ]


def _attempts(name: str, lines: Iterable[str]) -> Iterator[Attempt]:
    waiting: Attempt | None = None
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except ValueError:  # the agent was killed while it wrote its last line
            break
        if waiting and "told" in entry:
            yield replace(waiting, told=entry["at"], answer=_answer(entry["told"]))
            waiting = None
        else:
            waiting = Attempt(
                where=f"{name}:{number}",
                door=entry["door"],
                act=_act(entry["asks"]),
                asked=entry["at"],
            )
    if waiting:
        yield waiting


def _act(entry: dict[str, Any]) -> Act:
    return Act(**entry | {"kind": Kind(entry["kind"]), "guests": tuple(entry["guests"])})


def _answer(entry: dict[str, Any]) -> Answer:
    events = tuple(
        Seen(**event | {"guests": tuple((who, said) for who, said in event["guests"])})
        for event in entry["events"]
    )
    return Answer(outcome=Outcome(entry["outcome"]), code=entry["code"], events=events)
