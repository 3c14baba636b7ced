"""Providers that a run can hurt, as it sees them: what others do there, and what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sched_agent.model.connection import ProviderSettings
from sched_agent.model.interval import Interval
from sched_agent.providers.credentials import Credentials
from tests.faults.chaos import BadThing, Chaos
from tests.faults.proxy import Proxy

A_THOUSAND = 80
"""Of so many pieces that go to a provider, how many meet a lost connection."""
_FAR_SECONDS = 0.1
"""How long the line keeps a piece at most while all is well: providers are far away."""
_SLOWEST_SECONDS = 1.5
"""Longer than a booking waits for its provider."""


class Missed(Exception):
    """What somebody wanted to change had changed or gone before."""


class Unreached(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An event as it lies at the provider, read without the program.

    Args:
        uid: Its iCalendar UID.
        place: Its id or address there.
        etag: Its version.
        title: What it is called.
        when: Its time.
        text: All that it says, if it is text.
    """

    uid: str
    place: str
    etag: str
    title: str
    when: Interval
    text: str = ""


class Remote(Protocol):
    """A provider with calendars, behind a line of its own."""

    proxy: Proxy
    ca: Path | None
    """The certificate to trust, if it has one of its own."""
    bad_things: dict[str, BadThing]

    @property
    def settings(self) -> ProviderSettings:
        """How the program is set up to use it."""
        ...

    @property
    def credentials(self) -> Credentials:
        """What lets the program in."""
        ...

    def new_calendar(self, name: str) -> str:
        """Make a calendar, and return by which name the others here know it."""
        ...

    def things(self, calendar: str) -> Sequence[Thing]:
        """Return what lies there.

        Raises:
            Unreached: It does not answer.
        """
        ...

    def add(self, calendar: str, uid: str, title: str, when: Interval) -> str:
        """Put an event there and return its UID."""
        ...

    def rename(self, calendar: str, thing: Thing, title: str) -> None:
        """Give an event another title.

        Raises:
            Missed: It is no longer what was seen.
            Unreached: Nobody knows whether it was done.
        """
        ...

    def move(self, calendar: str, thing: Thing, when: Interval) -> None:
        """Let an event take place at another time; see `rename`."""
        ...

    def delete(self, calendar: str, thing: Thing) -> None:
        """Delete an event; see `rename`."""
        ...

    def makings(self) -> Mapping[str, int] | None:
        """Return how often an event was made there, by title, if that is counted."""
        ...

    def heal(self) -> None:
        """Let everything be well from now on."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def line(port: int, seed: str) -> Proxy:
    """Return a line to a provider that is far away, and gets lost now and then."""
    proxy = Proxy(port, seed, A_THOUSAND)
    proxy.slow_down(_FAR_SECONDS)
    return proxy


def slow(proxy: Proxy) -> BadThing:
    """Return what makes a line slow for a moment."""

    def slow_down(chaos: Chaos) -> bool:
        proxy.slow_down(chaos.dice.uniform(0.1, _SLOWEST_SECONDS))
        chaos.wait(0.5, 2.0)
        proxy.slow_down(_FAR_SECONDS)
        return True

    return slow_down
