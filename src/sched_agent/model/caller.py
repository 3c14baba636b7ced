"""Who is asking, and what they may do."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from sched_agent.errors import NotAllowed
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.model.owner import Owner


class Level(IntEnum):
    """What a token may do; a higher level includes the lower ones."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def scope(self) -> str:
        """The scope's name, such as `calendars:read`."""
        return f"calendars:{self.name.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking: a token, or somebody on this machine.

    Args:
        environment_id: The one environment that the caller can see.
        name: For logs and rate limits; never a secret.
        actor: The user or agent that the token is bound to.
        own_events_only: Whether the caller reads, changes and cancels only events that the actor
            owns; of the others, it sees when they are.
    """

    environment_id: Number
    name: str
    level: Level
    actor: Owner | None = None
    own_events_only: bool = False

    def require(self, level: Level) -> None:
        """Let the caller pass.

        Raises:
            NotAllowed: The token's scope is lower.
        """
        if self.level < level:
            raise NotAllowed(
                f"This needs the scope {level.scope}; the token has {self.level.scope}."
            )

    def may_read(self, event: Event) -> bool:
        """Whether the caller may know what an event is about, and who is invited."""
        return not self.own_events_only or event.owner == self.actor

    def may_find(self, event: Event, wanted: EventFilter) -> bool:
        """Whether an event may be among what a filter finds: its words are no oracle."""
        return self.may_read(event) or not wanted.searches

    def shown(self, event: Event) -> Event:
        """Return what the caller may see of an event."""
        return event if self.may_read(event) else event.as_busy()

    def require_own(self, event: Event) -> None:
        """Let the caller change an event.

        Raises:
            NotAllowed: The token is for its own events only, and this is not one.
        """
        if not self.may_read(event):
            raise NotAllowed(
                "This token may only change events that it owns.",
                hint="Leave the event as it is; its owner can change it.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept: only the hash of what the caller sends."""

    id: Number
    environment_id: Number
    name: str
    hash: str
    level: Level
    actor: Owner | None
    own_events_only: bool
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def is_valid(self, now: int) -> bool:
        """Whether it is neither revoked nor expired at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def hash_token(secret: str) -> str:
    """Return what is kept of a token. Its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
