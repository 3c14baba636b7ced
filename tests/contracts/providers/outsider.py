"""Somebody who works at the provider without us: another client of the same calendar."""

from dataclasses import dataclass
from typing import Protocol

from sched_agent.model.attendee import Attendee
from sched_agent.model.days import Days
from sched_agent.model.interval import Interval
from sched_agent.model.status import Status
from sched_agent.providers.base import Provider
from tests.builders import span

NINE = span("09:00", "09:30")
TEN = span("10:00", "10:30")
ELEVEN = span("11:00", "11:30")

When = Interval | Days


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What the outsider puts on the calendar.

    Args:
        title: None: it has none.
        when: When; of a series, when the first occurrence is.
        zone: By whose clocks it is written, and a series repeats.
        rule: What makes it a series, as RFC 5545 §3.8.5.3 writes it.
        left_out: Occurrences that do not happen: their starts, as instants or as dates.
        marked: Whether it has what our own events have no place for, see `Outsider.marks`.
        optional: Whether its attendees need not come; ours have no place for that either.
    """

    title: str | None = "Stand-up"
    when: When = NINE
    zone: str = "America/New_York"
    rule: str | None = None
    left_out: tuple[int, ...] = ()
    description: str | None = None
    location: str | None = None
    status: Status = Status.CONFIRMED
    transparent: bool = False
    attendees: tuple[Attendee, ...] = ()
    marked: bool = False
    optional: bool = False


class Outsider(Protocol):
    """The other client. Events have the names that it gives them, ours have their UIDs.

    An occurrence is named by when it begins by its series' rule: an instant, or a date.
    """

    def add(self, planned: Planned) -> str:
        """Put an event or a series there, and return its name."""
        ...

    def add_many(self, planned: list[Planned]) -> list[str]:
        """Put many there, faster than one by one."""
        ...

    def add_pointless(self, start: int) -> None:
        """Put an event there that ends when it begins."""
        ...

    def rename(self, name: str, title: str) -> None:
        """Change a title, of a series for all its occurrences."""
        ...

    def move(self, name: str, when: When) -> None:
        """Change when an event is, or the first occurrence of a series and so all of them."""
        ...

    def change_rule(self, name: str, rule: str) -> None:
        """Change when a series comes again."""
        ...

    def delete(self, name: str) -> None:
        """Delete an event, or all of a series."""
        ...

    def rename_occurrence(self, name: str, start: int, title: str) -> None:
        """Change the title of one occurrence."""
        ...

    def move_occurrence(self, name: str, start: int, when: When) -> None:
        """Change when one occurrence is."""
        ...

    def delete_occurrence(self, name: str, start: int) -> None:
        """Delete one occurrence."""
        ...

    def titles(self) -> list[str]:
        """Return the titles of all that lies there, sorted; a series and what it changes alike."""
        ...

    def count(self, uid: str) -> int:
        """Return how many events lie there under a UID of ours."""
        ...

    def marks(self, name: str) -> set[str]:
        """Return what an event still has of what `marked` and `optional` gave it."""
        ...


class World(Protocol):
    """A server, somebody's calendar there, and providers that reach it over a wire.

    Args:
        outsider: Who works on the calendar, too, past the wire.
        name: The calendar's name. Its zone is New York.
        secrets: What nobody may read in an error or a log.
    """

    outsider: Outsider
    name: str
    secrets: tuple[str, ...]

    def provider(self) -> Provider:
        """Return a provider; whoever asks closes it."""
        ...

    def provider_at(self, port: int, *, seconds: float) -> Provider:
        """Return a provider that looks for the server at another port.

        Args:
            port: On this machine.
            seconds: How long a request may take.
        """
        ...

    def stranger(self) -> Provider:
        """Return a provider whose credentials are not, or no longer, accepted."""
        ...

    def go_down(self) -> None:
        """Let nobody through to the server any more."""
        ...

    def come_back(self) -> None:
        """Let everybody through again."""
        ...


class ForgetfulWorld(World, Protocol):
    """A world whose server knows what has changed since a cursor, until it forgets."""

    def forget_cursors(self) -> None:
        """Let the server know none of the cursors any more that it has given."""
        ...
