"""How things stand on both sides when everything has come to rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sched_agent.model.connection import ConnectionPolicy, LostChange
from sched_agent.model.event import Event
from sched_agent.model.remote import Content
from sched_agent.model.status import Status
from tests.faults.history import Final
from tests.faults.remotes import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """An event of ours at the end.

    Args:
        event: As it is.
        uid: Under which it goes to the provider, if it came about here.
        keys: What ties it to the provider's.
    """

    event: Event
    uid: str
    keys: Sequence[str] = ()

    @property
    def is_live(self) -> bool:
        """Whether it is not cancelled."""
        return self.event.status is not Status.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A connected calendar and the provider's.

    Args:
        calendar: The number of ours.
        remote: The provider's name of theirs.
        policy: What its owner wants.
        here: All our events.
        there: What the provider's events say, by key, as the program reads them.
        things: The same, as they lie there.
        lost: The changes that gave way.
    """

    calendar: int
    remote: str
    policy: ConnectionPolicy
    here: Sequence[Here]
    there: Mapping[str, Content]
    things: Sequence[Thing]
    lost: Sequence[LostChange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """All of it.

    Args:
        final: Our events as journals show them.
        sides: The calendars.
        dead: What was given up.
        unrest: Why it did not come to rest, if it did not.
        made: How often an event was made at the provider, by title, if that is counted.
    """

    final: Final
    sides: Sequence[Sides]
    dead: Sequence[str] = ()
    unrest: str | None = None
    made: Mapping[str, int] | None = None
