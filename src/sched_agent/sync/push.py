"""Telling a provider what has become of an event of ours.

What is told is what the event is now, whatever has happened to it since the message was put, so
it may be told twice. The UID is always the same: a second telling makes no second event.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sched_agent.app import App
from sched_agent.errors import (
    CalendarUnreachable,
    ConsentNeeded,
    ProviderRejected,
    UnknownCalendar,
    UnknownConnection,
    UnknownEvent,
)
from sched_agent.model.connection import Connection, Link, State, WhenTaken
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Number
from sched_agent.model.outbox import Topic
from sched_agent.model.remote import Content, Ref, RemoteEvent, uid_of
from sched_agent.model.status import Status
from sched_agent.providers.base import Provider, RemoteChanged, RemoteGone
from sched_agent.store.base import Reader, Transaction
from sched_agent.sync import apply, following
from sched_agent.sync.plan import Here

TAKEN_THERE = "The time was taken in the connected calendar."
"""Why an event is cancelled that found its time taken when it arrived at the provider."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be told, and to whom.

    Args:
        event: As it is now; None: it was deleted.
        link: What ties it to the provider's; None: it is not there yet.
        unpushed: The keys of events that the provider still shows as they were.
    """

    app: App
    environment_id: Number
    connection: Connection
    provider: Provider
    event: Event | None
    link: Link | None
    unpushed: frozenset[str]

    @property
    def calendar(self) -> str:
        """The provider's calendar."""
        return self.connection.remote_calendar or ""

    @property
    def ref(self) -> Ref:
        """Where the event lies there."""
        assert self.link is not None  # noqa: S101  # only what is there is asked for
        return Ref(self.link.key, self.link.handle, self.link.etag)


class _Met(Exception):
    """The event was there already, and does not say what ours says."""

    def __init__(self, theirs: RemoteEvent) -> None:
        super().__init__()
        self.theirs = theirs


def push(
    app: App,
    environment_id: Number,
    connection_id: Number,
    event_id: Number,
    provider: Provider,
) -> None:
    """Let a provider's event say what ours says.

    Raises:
        CalendarUnreachable: The provider does not answer.
        ConsentNeeded: It refuses us.
        ProviderRejected: It does not take the event, which says so from now on.
    """
    for last in (False, True):
        task = _task(app, environment_id, connection_id, event_id, provider)
        if task is None:
            return
        try:
            _told(task)
        except (RemoteChanged, RemoteGone, _Met) as stale:
            if last:
                raise CalendarUnreachable(
                    "The event keeps changing at the provider.", hint="It is tried again."
                ) from stale
            _learnt(task, stale)
        except ProviderRejected:
            _mark(task, SyncState.FAILED)
            raise
        else:
            return


def _task(
    app: App, environment_id: Number, connection_id: Number, event_id: Number, provider: Provider
) -> _Task | None:
    """Return what is to be told, or None where there is nobody left to tell."""
    with app.store.snapshot(environment_id) as tx:
        try:
            connection = tx.connection(connection_id)
        except UnknownConnection:
            return None
        if connection.state is State.CONSENT_NEEDED:
            raise ConsentNeeded(f"{connection.provider} no longer lets us change the calendar.")
        if not connection.writable:
            return None  # it was, when the message was put
        links = tx.links_to(connection_id, [event_id])
        return _Task(
            app=app,
            environment_id=environment_id,
            connection=connection,
            provider=provider,
            event=_event(tx, event_id),
            link=links[0] if links else None,
            unpushed=unpushed(tx, environment_id, connection_id),
        )


def unpushed(tx: Reader, environment_id: Number, connection_id: Number) -> frozenset[str]:
    """Return the keys of the events that a provider still shows as they were before a change."""
    waiting = tx.messages_of(following.lane(connection_id), Topic.PUSH)
    numbers = [int(message.payload["event_id"]) for message in waiting]
    keys = {uid_of(environment_id, number) for number in numbers}
    return frozenset(keys | {link.key for link in tx.links_to(connection_id, numbers)})


def _told(task: _Task) -> None:
    event, link = task.event, task.link
    if event is None or event.status is Status.CANCELLED:
        if link is not None and link.handle:
            task.provider.delete(task.calendar, task.ref)
            _finish(task, lambda tx: tx.delete_link(task.connection.id, link.key))
        _mark(task, SyncState.SYNCED)
        return
    if event.hold_expires_at is not None and event.status is Status.TENTATIVE:
        return
    content = Content.of(event)
    if link is not None and content.fingerprint == link.seen_here:
        _mark(task, SyncState.SYNCED)
        return
    state = SyncState.SYNCED
    if _has_to_be_free(event, link) and _is_taken(task, event):
        if _may_be_called_off(task, event):
            _call_off(task, event)
            return
        state = SyncState.CONFLICT
    if event.sync is SyncState.UNSEEN:
        content = replace(content, status=Status.CONFIRMED)
    _keep(task, event, content, _put(task, content), state)


def _may_be_called_off(task: _Task, event: Event) -> bool:
    """Whether an event goes whose time is taken; one that others have made is never ours to end."""
    wanted = task.connection.policy.when_taken is WhenTaken.CANCEL
    return _is_ours(task) and (wanted or event.sync is SyncState.UNSEEN)


def _put(task: _Task, content: Content) -> RemoteEvent:
    """Let the provider's event say something, and return it as it is there."""
    if task.link is not None:
        return task.provider.update(task.calendar, task.ref, content)
    assert task.event is not None  # noqa: S101  # what is deleted is not put
    uid = uid_of(task.environment_id, task.event.id)
    created = task.provider.create(task.calendar, uid, content)
    if not created.made and created.event.content.fingerprint != content.fingerprint:
        raise _Met(created.event)
    return created.event


def _has_to_be_free(event: Event, link: Link | None) -> bool:
    """Whether the event takes time there that it did not take before, as the only one."""
    if not event.claims or not (event.exclusive or event.sync is SyncState.UNSEEN):
        return False
    return link is None or (link.start_at, link.end_at) != event.interval


def _is_taken(task: _Task, event: Event) -> bool:
    own = {uid_of(task.environment_id, event.id)} | ({task.link.key} if task.link else set())
    busy = task.provider.busy(task.calendar, event.interval, own | task.unpushed)
    return any(one.start < event.interval.end and event.interval.start < one.end for one in busy)


def _keep(task: _Task, event: Event, said: Content, there: RemoteEvent, state: SyncState) -> None:
    """Note what the provider's event says now, and how ours stands with it."""

    def note(tx: Transaction) -> None:
        now = _locked(tx, event)
        link = apply.link(task.connection.id, event, there, is_ours=_is_ours(task))
        awaited = task.link is None or task.link.awaited
        tx.put_link(replace(link, seen_here=said.fingerprint, awaited=awaited))
        if now is None or now.version != event.version:
            return  # it has changed since, and is told again
        if said.status is not event.status:
            confirmed = replace(
                event,
                status=said.status,
                sync=state,
                version=event.version + 1,
                updated_at=task.app.clock(),
            )
            following.put(tx, event, confirmed, confirmed.updated_at, told_by=task.connection.id)
        else:
            apply.settle(tx, now, state)

    _finish(task, note)


def _call_off(task: _Task, event: Event) -> None:
    """Cancel an event whose time somebody has taken at the provider."""

    def cancel(tx: Transaction) -> None:
        now = _locked(tx, event)
        if now is None or now.version != event.version:
            return
        at = task.app.clock()
        cancelled = replace(
            now,
            status=Status.CANCELLED,
            cancel_reason=TAKEN_THERE,
            sync=SyncState.CONFLICT,
            version=now.version + 1,
            updated_at=at,
        )
        following.put(tx, now, cancelled, at)

    _finish(task, cancel)


def _learnt(task: _Task, stale: Exception) -> None:
    """Take over what has changed at the provider before we tell it more."""
    if isinstance(stale, _Met):
        apply.learn(task.app, task.environment_id, task.connection, stale.theirs)
        return
    if isinstance(stale, RemoteGone):
        here = Here(task.event, task.link)
        at = task.app.clock()
        _finish(task, lambda tx: _cancel_gone(tx, task, here, at))
        return
    apply.pull(task.app, task.environment_id, task.connection.id, task.provider)


def _cancel_gone(tx: Transaction, task: _Task, here: Here, at: int) -> None:
    event = None if here.event is None else _locked(tx, here.event)
    if event is not None and here.link is not None:
        apply.keep_lost(tx, task.connection, event.id, "here", Content.of(event), at)
    apply.cancel_here(tx, task.connection.id, Here(event, here.link), at)


def _mark(task: _Task, state: SyncState) -> None:
    event = task.event
    if event is None:
        return

    def note(tx: Transaction) -> None:
        now = _locked(tx, event)
        if now is not None and now.sync in {SyncState.PENDING, SyncState.FAILED}:
            apply.settle(tx, now, state)

    _finish(task, note)


def _finish(task: _Task, act: Callable[[Transaction], None]) -> None:
    with task.app.store.transaction(task.environment_id) as tx:
        try:
            tx.lock_calendar(task.connection.calendar_id)
            tx.connection(task.connection.id)
        except (UnknownCalendar, UnknownConnection):
            return  # it was taken away while we talked
        act(tx)


def _locked(tx: Transaction, event: Event) -> Event | None:
    """Return the event as it is under the lock of its calendar, if it is still there."""
    return _event(tx, event.id)


def _event(tx: Reader, event_id: Number) -> Event | None:
    try:
        return tx.event(event_id)
    except UnknownEvent:
        return None


def _is_ours(task: _Task) -> bool:
    return task.link is None or task.link.is_ours
