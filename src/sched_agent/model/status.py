"""The status of an event, its allowed changes, and when an event takes time."""

from enum import StrEnum

from sched_agent.errors import StatusConflict


class Status(StrEnum):
    """What an event's time means (Talkover: create-calendar-event; RFC 5545 §3.8.1.11)."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


_NEXT = {
    Status.CONFIRMED: {Status.CONFIRMED, Status.TENTATIVE, Status.CANCELLED},
    Status.TENTATIVE: {Status.TENTATIVE, Status.CONFIRMED, Status.CANCELLED},
    Status.CANCELLED: set[Status](),
}


def check_change(before: Status, after: Status) -> None:
    """Let a change of an event pass that leaves it with the status `after`.

    Raises:
        StatusConflict: The event is cancelled, and that is final.
    """
    if after not in _NEXT[before]:
        raise StatusConflict(f"The event is {before}, and that is final.")


def blocks(status: Status, *, transparent: bool, hold_expires_at: int | None, now: int) -> bool:
    """Whether an event takes its time at `now`: the one rule, for every door and store."""
    return claims(status, transparent=transparent) and is_live(hold_expires_at, now)


def claims(status: Status, *, transparent: bool) -> bool:
    """The part of `blocks` that no passing of time changes; stores index it."""
    return status is not Status.CANCELLED and not transparent


def is_live(hold_expires_at: int | None, now: int) -> bool:
    """Whether an event is no hold, or a hold that has not run out at `now`."""
    return hold_expires_at is None or now < hold_expires_at
