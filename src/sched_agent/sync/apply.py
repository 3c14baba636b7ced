"""Reading what has changed at a provider, and doing here what the plan says.

A batch of changes is a transaction. The cursor is saved in the last one, so that whatever was cut
short is read again: what is done already is found done.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sched_agent.app import App
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, SchedAgentError, UnknownEvent
from sched_agent.model.calendar import Calendar
from sched_agent.model.connection import HORIZON_DAYS, Connection, Link, LostChange, State
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Kind, Number, parse
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.parts import in_parts
from sched_agent.model.remote import Change, Content, Ref, RemoteEvent, is_ours, uid_of
from sched_agent.model.status import Status
from sched_agent.providers.base import CursorExpired, Provider, RemoteGone
from sched_agent.store.base import Reader, Transaction
from sched_agent.sync import following
from sched_agent.sync.access import mark_refused
from sched_agent.sync.plan import Action, Here, Step, plan

log = logging.getLogger("sched_agent")

GONE_THERE = "It was deleted in the connected calendar."
"""Why an event is cancelled that somebody has deleted at the provider."""

_MOST_LOOKED_FOR = 100
"""How many events that a provider did not tell of are looked for one by one."""

_AT_ONCE = 200
"""As many changes as one transaction makes: those who book wait for it."""

Progress = Callable[[int], None]
"""Is told how many events were looked at so far."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Args:
        looked_at: Events that the provider told of.
        changed: Events that were written here.
        read_all: Whether everything was read, not only what had changed.
    """

    looked_at: int
    changed: int
    read_all: bool


@dataclass(slots=True)
class _Round:
    """One sync, while it goes on."""

    app: App
    environment_id: Number
    connection: Connection
    window: Interval
    started_at: int
    reads_all: bool
    first: bool
    looked_at: int = 0
    changed: int = 0
    awaited: Sequence[Link] = ()
    gone: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    tied: set[str] = field(default_factory=set)
    ties: list[Link] = field(default_factory=list)


def pull(
    app: App,
    environment_id: Number,
    connection_id: Number,
    provider: Provider,
    progress: Progress = lambda _: None,
) -> Synced:
    """Take over what has changed at a provider since the last time, or everything.

    Raises:
        UnknownConnection: It is gone, or nobody has agreed to it yet.
        CalendarUnreachable: The provider does not answer; what it said so far is taken over.
        ConsentNeeded: It refuses us; the connection says so from now on.
    """
    connection = _begun(app, environment_id, connection_id)
    now = app.clock()
    reads_all = connection.reads_all(now)
    try:
        try:
            return _read(app, environment_id, connection, provider, progress, reads_all=reads_all)
        except CursorExpired:
            log.info("a provider wants to be read anew", extra={"connection_id": connection.id})
            return _read(app, environment_id, connection, provider, progress, reads_all=True)
    except SchedAgentError as error:
        _failed(app, environment_id, connection, error)
        raise


def _read(
    app: App,
    environment_id: Number,
    connection: Connection,
    provider: Provider,
    progress: Progress,
    *,
    reads_all: bool,
) -> Synced:
    with app.store.snapshot(environment_id) as tx:
        awaited = tx.links_awaited(connection.id)
    now = app.clock()
    window = Interval(now - DAY, now + HORIZON_DAYS * DAY)
    if not reads_all and connection.known_until is not None:
        window = Interval(now - DAY, connection.known_until)
    going = _Round(
        app=app,
        environment_id=environment_id,
        connection=connection,
        window=window,
        started_at=now,
        reads_all=reads_all,
        first=connection.last_sync_at is None,
        awaited=awaited,
    )
    cursor = None if reads_all else connection.cursor
    for batch in provider.changes(connection.remote_calendar or "", cursor, window):
        for some in in_parts(batch.changes, _AT_ONCE):
            _take_over(going, some)
            progress(going.looked_at)
        cursor = batch.cursor
    _take_leave(going, provider)
    _finished(going, cursor)
    return Synced(going.looked_at, going.changed, reads_all)


def learn(app: App, environment_id: Number, connection: Connection, theirs: RemoteEvent) -> None:
    """Do here what follows from an event at the provider that was met outside of a sync.

    Raises:
        UnknownConnection: It is gone.
    """
    now = app.clock()
    going = _Round(
        app=app,
        environment_id=environment_id,
        connection=connection,
        window=theirs.content.interval,
        started_at=now,
        reads_all=False,
        first=False,
    )
    _reconcile_all(going, {theirs.ref.key: theirs})


def _take_over(going: _Round, changes: Sequence[Change]) -> None:
    """Do here what follows from some changes at the provider."""
    going.looked_at += sum(max(1, len(change.events)) for change in changes)
    with going.app.store.transaction(going.environment_id) as tx:
        calendar = tx.lock_calendar(going.connection.calendar_id)
        told = _told(tx, going.connection, changes)
        going.gone |= {key for key, theirs in told.items() if theirs is None}
        there = {key: theirs for key, theirs in told.items() if theirs is not None}
        _reconcile(tx, going, calendar, there)


def _take_leave(going: _Round, provider: Provider) -> None:
    """Do here what follows from what is no longer there, all changes having been taken over.

    What is told to be gone is gone if it has not turned up elsewhere. What is merely not told of
    is looked for: it may have been moved while everything was read, and an event that we put
    there, and that went again between two cursors, may never be told of.
    """
    with going.app.store.snapshot(going.environment_id) as reader:
        told = reader.links_named(going.connection.id, sorted(going.gone))
        rest = (
            reader.links_within(going.connection.id, going.window)
            if going.reads_all
            else going.awaited
        )
    there: dict[str, RemoteEvent | None] = {one.key: None for one in told if _is_missed(going, one)}
    untold = [one for one in rest if one.key not in there and _is_missed(going, one)]
    for number, one in enumerate(untold):
        looked_for = one.handle and number < _MOST_LOOKED_FOR
        there[one.key] = _looked_for(going, provider, one) if looked_for else None
    _reconcile_all(going, there)


def _is_missed(going: _Round, link: Link) -> bool:
    """Whether an event should have been told of, and was not; what is over may stay as it was."""
    return link.key not in going.seen and link.end_at > going.window.start


def _looked_for(going: _Round, provider: Provider, link: Link) -> RemoteEvent | None:
    try:
        ref = Ref(link.key, link.handle, link.etag)
        return provider.event(going.connection.remote_calendar or "", ref)
    except RemoteGone:
        return None


def _reconcile_all(going: _Round, there: Mapping[str, RemoteEvent | None]) -> None:
    for keys in in_parts(list(there), _AT_ONCE):
        with going.app.store.transaction(going.environment_id) as tx:
            calendar = tx.lock_calendar(going.connection.calendar_id)
            _reconcile(tx, going, calendar, {key: there[key] for key in keys})


def _reconcile(
    tx: Transaction,
    going: _Round,
    calendar: Calendar,
    there: Mapping[str, RemoteEvent | None],
) -> None:
    connection = _same(going, tx.connection(going.connection.id))  # raises if it is gone by now
    here = _known(tx, going.environment_id, connection, there)
    going.seen |= {key for key, theirs in there.items() if theirs is not None}
    for action in plan(here, there):
        going.changed += _act(tx, going, calendar, action)
    ties, going.ties = going.ties, []
    tx.put_links(ties)


def _same(going: _Round, connection: Connection) -> Connection:
    """Let a sync go on with a connection that is still the one that it began with.

    Raises:
        CalendarUnreachable: It was connected anew, perhaps to another calendar.
    """
    if connection.updated_at != going.connection.updated_at:
        raise CalendarUnreachable("The calendar was connected anew while it was synced.")
    return connection


def _told(
    tx: Reader, connection: Connection, changes: Sequence[Change]
) -> dict[str, RemoteEvent | None]:
    """Return what is at the provider now, by key; None: what was there and is gone."""
    links = tx.links_at(connection.id, [change.handle for change in changes])
    there: dict[str, RemoteEvent | None] = {link.key: None for link in links}
    for change in changes:
        there |= {theirs.ref.key: theirs for theirs in change.events}
    return there


def _known(
    tx: Reader,
    environment_id: Number,
    connection: Connection,
    there: Mapping[str, RemoteEvent | None],
) -> dict[str, Here]:
    """Return what is known here of what a provider tells of, by key."""
    links = {link.key: link for link in tx.links_named(connection.id, list(there))}
    known = {key: Here(_event(tx, link.event_id), link) for key, link in links.items()}
    for key in there.keys() - links.keys():
        event = _ours(tx, environment_id, connection, key)
        if event is not None:
            known[key] = Here(event)
    return known


def _ours(tx: Reader, environment_id: Number, connection: Connection, key: str) -> Event | None:
    """Return the event of ours that a UID names, if it is one that goes to this provider.

    Others can write a UID of ours, too: it takes over nothing that we did not put there.
    """
    if not (connection.writable and is_ours(key)):
        return None
    number = parse(Kind.EVENT, key.partition("@")[0].rpartition("-")[2])
    if number is None or uid_of(environment_id, number) != key:
        return None
    event = _event(tx, number)
    if event is None or event.calendar_id != connection.calendar_id or event.is_hold:
        return None
    return event if all(link.is_ours for link in tx.links_of(event.id)) else None


def _event(tx: Reader, event_id: Number) -> Event | None:
    try:
        return tx.event(event_id)
    except UnknownEvent:
        return None


def _act(tx: Transaction, going: _Round, calendar: Calendar, action: Action) -> int:
    """Do what the plan says about one event; return how many events were written."""
    now, connection = going.app.clock(), going.connection
    here, there = action.here, action.there
    if not connection.writable and action.step is Step.PUSH:
        action = _theirs_alone(action)
    if action.lost is not None:
        whose = "there" if action.step is Step.PUSH else "here"
        keep_lost(tx, connection, _event_id(here), whose, action.lost, now)
    match action.step:
        case Step.FORGET:
            assert here.link is not None  # noqa: S101  # see `plan`
            tx.delete_link(connection.id, here.link.key)
            return 0
        case Step.CANCEL:
            return cancel_here(tx, connection.id, here, now)
        case Step.ADOPT:
            assert there is not None  # noqa: S101  # see `plan`
            new = there.content.as_event(calendar.id, now)
            adopted = replace(new, sync=SyncState.SYNCED, meeting=there.meeting)
            kept = following.adopt(tx, adopted, now, quietly=going.first)
            _tie(going, link(connection.id, kept, there, is_ours=False))
            return 1
        case Step.PULL:
            assert here.event is not None  # noqa: S101  # see `plan`
            assert there is not None  # noqa: S101
            said = there.content.onto(here.event, now)
            pulled = replace(said, sync=SyncState.SYNCED, meeting=there.meeting)
            kept = following.put(tx, here.event, pulled, now, told_by=connection.id)
            _tie(going, link(connection.id, kept, there, is_ours=_is_ours(here)))
            return 1
        case Step.LINK:
            assert here.event is not None  # noqa: S101  # see `plan`
            assert there is not None  # noqa: S101
            _tie(going, link(connection.id, here.event, there, is_ours=_is_ours(here)))
            if here.event.sync in {SyncState.PENDING, SyncState.FAILED}:
                settle(tx, here.event, SyncState.SYNCED)
            return 0
        case Step.PUSH:
            _push_again(tx, going, action, now)
            return 0


def _theirs_alone(action: Action) -> Action:
    """Return what to do instead where nothing can be told: a read-only calendar is always right."""
    gone = action.here.event is None or action.here.event.status is Status.CANCELLED
    return replace(action, step=Step.ADOPT if gone else Step.PULL, lost=None)


def _event_id(here: Here) -> Number:
    """Return the id of our side, which may be gone."""
    if here.event is not None:
        return here.event.id
    assert here.link is not None  # noqa: S101  # one of them is known, or there is nothing to do
    return here.link.event_id


def _tie(going: _Round, tied: Link) -> None:
    """Have a link kept with others; it is awaited until the cursor is saved.

    Until then, the provider may tell nothing of its deletion.

    What reads everything is begun anew if it is cut short, and misses what is gone by itself.
    """
    if not going.reads_all:
        going.tied.add(tied.key)
        tied = replace(tied, awaited=True)
    going.ties.append(tied)


def _push_again(tx: Transaction, going: _Round, action: Action, now: int) -> None:
    """Have a provider's event say what ours says, or taken away, whatever it says by now."""
    here, there, connection = action.here, action.there, going.connection
    event_id = _event_id(here)
    if there is not None:
        seen = there.content.fingerprint
        kept = Link(
            connection_id=connection.id,
            event_id=event_id,
            key=there.ref.key,
            handle=there.ref.handle,
            etag=there.ref.etag,
            seen_here=here.link.seen_here if here.link else "",  # not what it says by now
            seen_there=seen,
            start_at=there.content.interval.start,
            end_at=there.content.interval.end,
            is_ours=_is_ours(here),
        )
        _tie(going, kept)
    following.queue_push(tx, connection.id, connection.calendar_id, event_id, now)


def cancel_here(tx: Transaction, connection_id: Number, here: Here, now: int) -> int:
    """Cancel an event that is gone at the provider; return how many were written."""
    cancelled = _cancelled(tx, connection_id, here.event, now)
    if here.link is not None:  # after it has told whose the event is
        tx.delete_link(connection_id, here.link.key)
    return cancelled


def _cancelled(tx: Transaction, connection_id: Number, event: Event | None, now: int) -> int:
    if event is None or event.status is Status.CANCELLED:
        return 0
    cancelled = replace(
        event,
        status=Status.CANCELLED,
        cancel_reason=GONE_THERE,
        hold_expires_at=None,
        sync=SyncState.SYNCED,
        version=event.version + 1,
        updated_at=now,
    )
    following.put(tx, event, cancelled, now, told_by=connection_id)
    return 1


def settle(tx: Transaction, event: Event, state: SyncState) -> None:
    """Note how an event stands with its provider; that is no change of the event."""
    if event.sync is not state:
        tx.put_event(replace(event, sync=state))


def link(connection_id: Number, event: Event, there: RemoteEvent, *, is_ours: bool) -> Link:
    """Return the link between an event and the provider's, which say the same now."""
    return Link(
        connection_id=connection_id,
        event_id=event.id,
        key=there.ref.key,
        handle=there.ref.handle,
        etag=there.ref.etag,
        seen_here=Content.of(event).fingerprint,
        seen_there=there.content.fingerprint,
        start_at=there.content.interval.start,
        end_at=there.content.interval.end,
        is_ours=is_ours,
    )


def _is_ours(here: Here) -> bool:
    return here.link is None or here.link.is_ours


def keep_lost(
    tx: Transaction, connection: Connection, event_id: Number, whose: str, lost: Content, now: int
) -> None:
    """Keep what one side said whose change gives way; `whose` is `here` or `there`."""
    calendar_id = connection.calendar_id
    told = LostChange(calendar_id, event_id, connection.id, now, whose, lost.as_data())
    tx.keep_lost(told)


def _begun(app: App, environment_id: Number, connection_id: Number) -> Connection:
    with app.store.transaction(environment_id) as tx:
        connection = tx.lock_connection(connection_id)
        if connection.state is State.CONSENT_NEEDED:
            raise ConsentNeeded(f"{connection.provider} no longer lets us see the calendar.")
        begun = replace(connection, syncing_since=app.clock())
        tx.put_connection(begun)
        return begun


def _finished(going: _Round, cursor: str | None) -> None:
    with going.app.store.transaction(going.environment_id) as tx:
        connection = _same(going, tx.lock_connection(going.connection.id))
        tx.await_no_more(connection.id, sorted({*going.tied, *(one.key for one in going.awaited)}))
        tx.put_connection(
            replace(
                connection,
                cursor=cursor,
                known_until=going.window.end if going.reads_all else connection.known_until,
                last_sync_at=going.started_at,
                syncing_since=None,
                events_synced=connection.events_synced + going.changed,
                trouble=None,
            )
        )


def _failed(app: App, environment_id: Number, begun: Connection, error: SchedAgentError) -> None:
    """Write down why a sync came to nothing, for people to read."""
    if isinstance(error, ConsentNeeded):
        mark_refused(app, environment_id, begun)
    with app.store.transaction(environment_id) as tx:
        connection = tx.lock_connection(begun.id)
        tx.put_connection(replace(connection, syncing_since=None, trouble=error.message))
