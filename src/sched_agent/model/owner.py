"""Who owns an event: a user or an agent."""

from dataclasses import dataclass
from enum import StrEnum

from sched_agent.errors import OwnerConflict


class OwnerType(StrEnum):
    """The two kinds of owner (Talkover: create-calendar-event)."""

    USER = "user"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Owner:
    """A user or an agent of the outside world, by the id that it has there."""

    type: OwnerType
    id: str


def owner(owner_type: OwnerType | None, owner_id: str | None) -> Owner | None:
    """Return the owner that the two fields name together.

    Raises:
        OwnerConflict: Only one of the two was given.
    """
    if owner_type is None and owner_id is None:
        return None
    if owner_type is None or not owner_id:
        missing = "owner_type" if owner_type is None else "owner_id"
        raise OwnerConflict(
            f"{missing} is missing: owner_type (user or agent) and owner_id come together.",
            fields={missing: "is required with its twin"},
        )
    return Owner(owner_type, owner_id)


def owner_for(bound: Owner | None, asked: Owner | None, *, own_events_only: bool) -> Owner | None:
    """Return the owner of a new event: the one asked for, else the actor that the token has.

    Raises:
        OwnerConflict: The token is for its own events only and another owner was asked for.
    """
    if asked is None:
        return bound
    if own_events_only and asked != bound:
        raise OwnerConflict(
            "This token may only own its events itself.",
            hint="Leave out owner_type and owner_id.",
            fields={"owner_id": "must be the token's own actor"},
        )
    return asked
