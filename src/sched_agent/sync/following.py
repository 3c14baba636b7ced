"""What follows from a change of an event: it is written down in the change's own transaction.

Whoever writes an event writes it through here, so that nothing that follows is forgotten.
"""

from collections.abc import Sequence
from dataclasses import replace

from sched_agent.model.connection import Connection, State
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.outbox import Message, Topic
from sched_agent.model.status import Status
from sched_agent.store.base import Transaction
from sched_agent.sync import news


def add(tx: Transaction, event: Event, now: int) -> Event:
    """Keep a new event under an id of its own, which the result carries.

    Raises:
        SlotTaken: See `store.base.Transaction.add_event`.
    """
    goes_to = () if _is_hold(event) else _writable(tx, event.calendar_id)
    kept = tx.add_event(_pending(event) if goes_to else event)
    _push(tx, goes_to, kept, now)
    news.tell(tx, None, kept, now)
    return kept


def adopt(tx: Transaction, event: Event, now: int, *, quietly: bool) -> Event:
    """Keep a provider's event under an id of its own; `quietly`: it is no news."""
    kept = tx.add_event(event)
    news.tell(tx, None, kept, now, quietly=quietly)
    return kept


def put(
    tx: Transaction, before: Event, after: Event, now: int, *, told_by: Number | None = None
) -> Event:
    """Replace an event and return it as it is kept.

    Args:
        tx: The transaction, which holds the calendar's lock.
        before: The event as it was.
        after: What it is to be.
        now: The instant.
        told_by: The connection that told us of the change, and so knows it.

    Raises:
        SlotTaken: See `store.base.Transaction.put_event`.
    """
    goes_to = [one for one in _audience(tx, before, after) if one.id != told_by]
    if goes_to and after.sync is before.sync:
        after = _pending(after)
    tx.put_event(after)
    _push(tx, goes_to, after, now)
    news.tell(tx, before, after, now)
    return after


def delete(tx: Transaction, event: Event, now: int) -> None:
    """Delete an event."""
    goes_to = _audience(tx, event, event)
    tx.delete_event(event)
    _push(tx, goes_to, event, now)
    news.tell(tx, event, None, now)


def queue_sync(tx: Transaction, connection: Connection, at: int) -> None:
    """Have a connection synced at an instant, and again and again from then on."""
    tx.queue(
        Message(
            environment_id=tx.environment().id,
            topic=Topic.SYNC,
            key=lane(connection.id),
            lane=lane(connection.id),
            payload={"connection_id": connection.id},
            due_at=at,
            created_at=at,
        )
    )


def queue_push(
    tx: Transaction, connection_id: Number, calendar_id: Number, event_id: Number, now: int
) -> None:
    """Have a provider told what has become of an event."""
    tx.queue(
        Message(
            environment_id=tx.environment().id,
            topic=Topic.PUSH,
            key=f"{lane(connection_id)}/{code(Kind.EVENT, event_id)}",
            lane=lane(connection_id),
            payload={
                "connection_id": connection_id,
                "calendar_id": calendar_id,
                "event_id": event_id,
            },
            due_at=now,
            created_at=now,
        )
    )


def lane(connection_id: Number) -> str:
    """Return the lane of what goes to or comes from a provider: one thing after the other."""
    return code(Kind.CONNECTION, connection_id)


def _push(tx: Transaction, goes_to: Sequence[Connection], event: Event, now: int) -> None:
    for connection in goes_to:
        queue_push(tx, connection.id, event.calendar_id, event.id, now)


def _audience(tx: Transaction, before: Event, after: Event) -> Sequence[Connection]:
    """Return the connections by which a change of an event goes out.

    A provider's own event belongs to that provider alone; ours go to all of them. A hold goes
    nowhere before it is confirmed.
    """
    connections = _writable(tx, after.calendar_id)
    if not connections:
        return ()
    links = tx.links_of(after.id)
    if not links and _is_hold(before) and (_is_hold(after) or after.status is Status.CANCELLED):
        return ()
    theirs = {link.connection_id for link in links if not link.is_ours}
    return [one for one in connections if not theirs or one.id in theirs]


def _writable(tx: Transaction, calendar_id: Number) -> Sequence[Connection]:
    known = tx.connections(calendar_id)
    return [one for one in known if one.writable and one.state is not State.PENDING]


def _is_hold(event: Event) -> bool:
    return event.hold_expires_at is not None and event.status is Status.TENTATIVE


def _pending(event: Event) -> Event:
    return event if event.sync is SyncState.UNSEEN else replace(event, sync=SyncState.PENDING)
