"""What the worlds have in common: a wire that can be cut, and a clock that stands still."""

from dataclasses import dataclass

from tests.builders import MovableClock, at
from tests.contracts.providers.outsider import Outsider
from tests.wire import Wire

SECONDS = 20
"""How long a request may take."""


@dataclass
class Wired:
    """Behind a wire, which can be cut."""

    wire: Wire
    outsider: Outsider
    name: str
    secrets: tuple[str, ...]

    def go_down(self) -> None:
        self.wire.cut_at(b"", passes=False, for_good=True)

    def come_back(self) -> None:
        self.wire.mend()


def a_clock() -> MovableClock:
    """It is Friday 20 November 2026, 10:00 in New York."""
    return MovableClock(at("2026-11-20T10:00"))
