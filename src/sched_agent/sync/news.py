"""Telling event rules what has become of an event, in the transaction of its change."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from sched_agent.model.event import Event
from sched_agent.model.event_rule import Trigger
from sched_agent.model.ids import Kind, code
from sched_agent.model.outbox import Message, Topic
from sched_agent.model.status import Status
from sched_agent.store.base import Reader, Transaction


def tell(
    tx: Transaction,
    before: Event | None,
    after: Event | None,
    now: int,
    *,
    quietly: bool = False,
    is_theirs: bool = False,
) -> None:
    """Write down what happened to an event, if any event rule may want to know.

    Args:
        tx: The transaction of the change.
        before: The event as it was; None: it is new.
        after: The event as it is now; None: it is deleted.
        now: The instant.
        is_theirs: Whether it is a provider's own event; else its links tell.
        quietly: Whether it is no news, though there may be something to do before it starts.
    """
    event = after or before
    happened = _what(before, after)
    if event is None or happened is None:
        return
    wanted = set() if quietly else {happened}
    if happened in {Trigger.CREATED, Trigger.UPDATED}:
        wanted.add(Trigger.STARTS_IN)
    if not wanted & tx.triggers():
        return
    name = code(Kind.EVENT, event.id)
    tx.queue(
        Message(
            environment_id=tx.environment().id,
            topic=Topic.EVENT_RULES,
            key=f"{name}/{event.version}/{happened}",
            lane=f"{Topic.EVENT_RULES} {name}",
            payload={
                "happened": happened.value,
                "quietly": quietly,
                "is_theirs": is_theirs or belongs_to_others(tx, event),
                "event": _adapter().dump_python(event, mode="json"),
            },
            due_at=now,
            created_at=now,
        )
    )


def belongs_to_others(tx: Reader, event: Event) -> bool:
    """Whether an event came from a provider: whoever invites its owner there has written it."""
    return any(not link.is_ours for link in tx.links_of(event.id))


def event_of(payload: Mapping[str, Any]) -> Event:
    """Return the event that a message is about, as it was then."""
    return _adapter().validate_python(payload["event"])


def _what(before: Event | None, after: Event | None) -> Trigger | None:
    """Return what happened, or None if it is nobody's business.

    A hold is not, before it is confirmed.
    """
    if before is None:
        return None if after is None or after.is_hold else Trigger.CREATED
    if after is None:
        return None if before.is_hold else Trigger.DELETED
    if before.is_hold:
        stays_none = after.is_hold or after.status is Status.CANCELLED
        return None if stays_none else Trigger.CREATED
    if after.status is Status.CANCELLED and before.status is not Status.CANCELLED:
        return Trigger.CANCELLED
    return Trigger.UPDATED


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)
