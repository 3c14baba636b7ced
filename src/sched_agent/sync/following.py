"""What follows from a change of an event: it is written down in the change's own transaction.

Whoever writes an event writes it through here, so that nothing that follows is forgotten.
"""

from collections.abc import Sequence
from dataclasses import replace

from sched_agent.errors import Unsupported
from sched_agent.model.connection import Connection, Link, State
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.outbox import Message, Topic
from sched_agent.model.remote import uid_of
from sched_agent.model.status import Status
from sched_agent.store.base import Transaction
from sched_agent.sync import news


def add(tx: Transaction, event: Event, now: int) -> Event:
    """Keep a new event under an id of its own, which the result carries.

    Raises:
        SlotTaken: See `store.base.Transaction.add_event`.
    """
    goes_to = () if _is_hold(event) else _writable(tx.connections(event.calendar_id))
    kept = tx.add_event(_pending(event) if goes_to else event)
    _push(tx, goes_to, kept, now)
    news.tell(tx, None, kept, now)
    return kept


def adopt(tx: Transaction, event: Event, now: int, *, quietly: bool) -> Event:
    """Keep a provider's event under an id of its own; `quietly`: it is no news."""
    kept = tx.add_event(event)
    news.tell(tx, None, kept, now, quietly=quietly, is_theirs=True)
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
    audience = _audience(tx, before, after, is_told=told_by is not None)
    goes_to = [one for one in audience if one.id != told_by]
    if goes_to and after.sync is before.sync:
        after = _pending(after)
    tx.put_event(after)
    if after.status is Status.CANCELLED:
        _expect(tx, goes_to, after)
    _push(tx, goes_to, after, now)
    news.tell(tx, before, after, now)
    return after


def delete(tx: Transaction, event: Event, now: int) -> None:
    """Delete an event."""
    goes_to = _audience(tx, event, event)
    tx.delete_event(event)
    _expect(tx, goes_to, event)
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


def _expect(tx: Transaction, goes_to: Sequence[Connection], event: Event) -> None:
    """Note that an event may turn up at a provider which is over here.

    It may be on its way there, or be there already with the answer lost: then nothing ties it to
    ours yet, and it would be taken for one of the provider's own.
    """
    known = {link.connection_id for link in tx.links_of(event.id)}
    for connection in goes_to:
        if connection.id not in known:
            tx.put_link(
                Link(
                    connection_id=connection.id,
                    event_id=event.id,
                    key=uid_of(tx.environment().id, event.id),
                    handle="",
                    etag=None,
                    seen_here="",
                    seen_there="",
                    start_at=event.interval.start,
                    end_at=event.interval.end,
                    is_ours=True,
                )
            )


def _audience(
    tx: Transaction, before: Event, after: Event, *, is_told: bool = False
) -> Sequence[Connection]:
    """Return the connections by which a change of an event goes out.

    A provider's own event belongs to that provider alone; ours go to all of them. A hold goes
    nowhere before it is confirmed.

    Raises:
        Unsupported: The event is that of a provider whose calendar can only be read; but for what
            a provider has told us (`is_told`).
    """
    known = tx.connections(after.calendar_id)
    if not known:
        return ()
    connections = _writable(known)
    links = tx.links_of(after.id)
    if not is_told:
        _require_writable(known, links)
    if not connections:
        return ()
    if not links and _is_hold(before) and (_is_hold(after) or after.status is Status.CANCELLED):
        return ()
    theirs = {link.connection_id for link in links if not link.is_ours}
    return [one for one in connections if not theirs or one.id in theirs]


def _require_writable(known: Sequence[Connection], links: Sequence[Link]) -> None:
    theirs = {link.connection_id for link in links if not link.is_ours}
    for connection in known:
        if connection.id in theirs and not connection.writable:
            raise Unsupported(
                f"The event is one of {connection.provider}'s, which can only be read here.",
                hint="Change it where it was made.",
            )


def _writable(known: Sequence[Connection]) -> Sequence[Connection]:
    return [one for one in known if one.writable and one.state is not State.PENDING]


def _is_hold(event: Event) -> bool:
    return event.hold_expires_at is not None and event.status is Status.TENTATIVE


def _pending(event: Event) -> Event:
    return event if event.sync is SyncState.UNSEEN else replace(event, sync=SyncState.PENDING)
