"""The connections of calendars to providers, once they are begun."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from sched_agent import outward
from sched_agent.app import App
from sched_agent.errors import ConsentNeeded, SchedAgentError, UnknownConnection, UnknownEvent
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection, LostChange, ProviderSettings, State
from sched_agent.model.ids import Number
from sched_agent.model.outbox import Topic
from sched_agent.providers import kinds, oauth
from sched_agent.providers.credentials import Tokens, unsealed
from sched_agent.providers.vault import Vault
from sched_agent.services.retries import once
from sched_agent.store.base import Transaction
from sched_agent.sync.access import settings_of
from sched_agent.sync.following import lane, queue_sync

log = logging.getLogger("sched_agent")

_REVOKING_SECONDS = 5.0
_MOST_LOST = 100


def find_all(app: App, caller: Caller, calendar_id: Number | None = None) -> Sequence[Connection]:
    """Return the connections of a calendar, or of all of them, oldest first.

    Raises:
        UnknownCalendar: There is no such calendar.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        found = tx.connections(None if calendar_id is None else tx.calendar(calendar_id).id)
    return [_shown(caller, one) for one in found]


def get(app: App, caller: Caller, calendar_id: Number, connection_id: Number) -> Connection:
    """Return a connection of a calendar.

    Raises:
        UnknownCalendar: There is no such calendar.
        UnknownConnection: The calendar has no such connection.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        return _shown(caller, _of(tx.calendar(calendar_id).id, tx.connection(connection_id)))


def lost_changes(
    app: App, caller: Caller, calendar_id: Number, connection_id: Number
) -> Sequence[LostChange]:
    """Return what one side had changed when the other side's change won, the newest first.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownCalendar: There is no such calendar.
        UnknownConnection: The calendar has no such connection.
    """
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        connection = _of(tx.calendar(calendar_id).id, tx.connection(connection_id))
        return tx.lost_changes(connection.id, _MOST_LOST)


def sync_now(
    app: App,
    caller: Caller,
    calendar_id: Number,
    connection_id: Number,
    *,
    request_id: str | None = None,
) -> int:
    """Have a connection synced as soon as can be, and return when that was asked for.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownCalendar: There is no such calendar.
        UnknownConnection: The calendar has no such connection.
        ConsentNeeded: Nobody has agreed to it, or not anew since the provider refused us.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.ADMIN)

    def act(tx: Transaction) -> int:
        tx.lock_calendar(calendar_id)
        connection = _of(calendar_id, tx.connection(connection_id))
        if connection.state is not State.ACTIVE:
            raise ConsentNeeded("The connection needs the consent of the calendar's owner.")
        now = app.clock()
        queue_sync(tx, connection, now)
        return now

    arguments = (calendar_id, connection_id)
    return once(app, caller, ("sync_calendar", request_id, arguments), int, act)


def sync_calendar(
    app: App, caller: Caller, calendar_id: Number, *, request_id: str | None = None
) -> Sequence[Connection]:
    """Have all connections of a calendar synced that are active, and return them all.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownCalendar: There is no such calendar.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.ADMIN)

    def act(tx: Transaction) -> int:
        tx.lock_calendar(calendar_id)
        now = app.clock()
        for connection in tx.connections(calendar_id):
            if connection.state is State.ACTIVE:
                queue_sync(tx, connection, now)
        return now

    once(app, caller, ("sync_calendar", request_id, calendar_id), int, act)
    return find_all(app, caller, calendar_id)


def sync_all(app: App, caller: Caller, *, request_id: str | None = None) -> int:
    """Have every active connection synced, and return when that was asked for.

    Raises:
        NotAllowed: The caller is no admin.
        RequestIdReused: The request_id came before for something else.
    """
    caller.require(Level.ADMIN)

    def act(tx: Transaction) -> int:
        now = app.clock()
        for connection in tx.connections():
            if connection.state is State.ACTIVE:
                queue_sync(tx, connection, now)
        return now

    return once(app, caller, ("sync_calendars", request_id, ()), int, act)


def disconnect(
    app: App,
    caller: Caller,
    calendar_id: Number,
    connection_id: Number,
    *,
    request_id: str | None = None,
) -> None:
    """Forget a connection with its credentials; what was synced stays, and is no longer updated.

    What was still to go to the provider does not go there. Its tokens are given back if it can be
    done, and if they are not those of another connection as well.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownCalendar: There is no such calendar.
        UnknownConnection: The calendar has no such connection.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.ADMIN)
    gone: list[tuple[ProviderSettings, Tokens]] = []

    def act(tx: Transaction) -> bool:
        tx.lock_calendar(calendar_id)
        connection = _of(calendar_id, tx.connection(connection_id))
        gone[:] = _to_be_revoked(app, tx, connection)
        for topic in (Topic.SYNC, Topic.PUSH):
            for message in tx.messages_of(lane(connection_id), topic):
                tx.unqueue(topic, message.key)
                if topic is Topic.PUSH:
                    _settle(tx, int(message.payload["event_id"]))
        tx.delete_connection(connection_id)
        return True

    arguments = (calendar_id, connection_id)
    once(app, caller, ("disconnect_provider", request_id, arguments), bool, act)
    for settings, tokens in gone:
        _revoke(app, settings, tokens)


def _shown(caller: Caller, connection: Connection) -> Connection:
    """Return what a caller may see of a connection: whose calendar it is, is for admins."""
    return connection if caller.level is Level.ADMIN else replace(connection, remote_calendar=None)


def _settle(tx: Transaction, event_id: Number) -> None:
    """Let an event no longer say that it is on its way to a provider."""
    with suppress(UnknownEvent):
        event = tx.event(event_id)
        tx.put_event(replace(event, sync=None))


def _of(calendar_id: Number, connection: Connection) -> Connection:
    if connection.calendar_id != calendar_id:
        raise UnknownConnection("The calendar has no provider connection with that id.")
    return connection


def _to_be_revoked(
    app: App, tx: Transaction, connection: Connection
) -> Sequence[tuple[ProviderSettings, Tokens]]:
    """Return the tokens that nobody needs when a connection is gone, if it has any.

    Whoever gives one token back at Google gives back all that the person has agreed to.
    """
    vault = Vault(app.outside.keys)
    with suppress(SchedAgentError):  # unreadable, or nobody knows any longer where to
        own = _tokens(vault, connection)
        others = [
            _tokens(vault, one)
            for one in tx.connections()
            if one.id != connection.id and one.provider == connection.provider
        ]
        if own and all(one is None or one.account != own.account for one in others):
            return [(settings_of(tx, connection), own)]
    return []


def _tokens(vault: Vault, connection: Connection) -> Tokens | None:
    kept = connection.sealed_credentials
    known = None if kept is None else unsealed(vault, kept)
    return known if isinstance(known, Tokens) else None


def _revoke(app: App, settings: ProviderSettings, tokens: Tokens) -> None:
    try:
        client = kinds.oauth_client(settings, Vault(app.outside.keys), app.outside.public_url)
        with outward.client(
            seconds=_REVOKING_SECONDS, allow_private=app.outside.allow_private
        ) as http:
            oauth.revoke(http, client, tokens)
    except SchedAgentError as error:
        log.warning("tokens of a provider were not given back: %s", error.message)
