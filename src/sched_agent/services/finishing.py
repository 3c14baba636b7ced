"""Finishing to connect a calendar, with what its owner's browser brings, or a person types in.

Nobody is sent on to an address that was not set up for the provider.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from sched_agent import outward
from sched_agent.app import App
from sched_agent.errors import (
    CalendarUnreachable,
    ConsentNeeded,
    ProviderRejected,
    SchedAgentError,
    UnknownCalendar,
    UnknownConnection,
)
from sched_agent.model.connection import Connection, ProviderKind, ProviderSettings, State
from sched_agent.model.ids import Kind, Number, uuid
from sched_agent.model.interval import Interval
from sched_agent.model.remote import RemoteCalendar
from sched_agent.providers import kinds, oauth
from sched_agent.providers.credentials import (
    Credentials,
    Feed,
    Password,
    Tokens,
    sealed,
    unsealed,
)
from sched_agent.providers.vault import Vault
from sched_agent.services.flows import Found, flow_of, found, refused, sealed_flow
from sched_agent.store.base import Transaction
from sched_agent.sync.access import entered
from sched_agent.sync.following import queue_push, queue_sync

log = logging.getLogger("sched_agent")

_ASKING_SECONDS = 15.0
"""How long a provider may take for an answer while a person waits."""

_EVER = Interval(-(2**62), 2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a person is asked where there is no OAuth.

    Args:
        kind: The provider's.
        provider: Its name.
        calendar: The name of the calendar that is to be connected.
        asks_url: Whether they say where the server, or the feed, is.
        redirect_uri: Where the browser goes in the end.
    """

    kind: ProviderKind
    provider: str
    calendar: str
    asks_url: bool
    redirect_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a connection came out.

    Args:
        connection_id: The connection.
        redirect_to: Where the browser goes now; None: nowhere.
        problem: What went wrong, for a person; None: it is connected.
    """

    connection_id: Number
    redirect_to: str | None = field(repr=False)
    problem: str | None = None


class CredentialsRefused(Exception):
    """What we were given does not open the provider, or not that calendar; its text says so."""


def finish(
    app: App, state: str, *, code: str | None, error: str | None = None, issuer: str | None = None
) -> Finished:
    """Finish a connection with what an authorization server gave the browser.

    Args:
        app: The program.
        state: What `begin` gave; it is used up by this.
        code: What the tokens are had for.
        error: Why there is none.
        issuer: Who says so, if the server tells (RFC 9207).

    Raises:
        StateRefused: The state is not ours, was used, has ended, or is not for OAuth.
        CalendarUnreachable: The database can't be used at this moment.
    """
    vault = Vault(app.outside.keys)
    with found(app, vault, state, by_oauth=True) as (tx, there):
        tx.put_connection(replace(there.connection, sealed_flow=None))
    try:
        tokens = _exchanged(app, vault, there, None if error else code, issuer)
        remote, account = _looked_for(app, there, tokens)
        _activate(app, vault, there, replace(tokens, account=account), remote)
    except oauth.Denied:
        return _failed(app, there, "access_denied", "The provider was not allowed to let us in.")
    except CredentialsRefused as refusal:
        return _failed(app, there, "server_error", str(refusal))
    except SchedAgentError as failure:
        return _failed(app, there, "server_error", failure.message)
    return _went_well(there)


def form(app: App, state: str) -> Form:
    """Return what is to be asked for a state; it may be looked at again.

    Raises:
        StateRefused: The state is not ours, was used, has ended, or is for OAuth.
    """
    with found(app, Vault(app.outside.keys), state, by_oauth=False) as (_, there):
        settings = there.settings
    return Form(
        kind=settings.kind,
        provider=settings.name,
        calendar=there.calendar.name,
        asks_url=settings.url is None,
        redirect_uri=_known(there),
    )


def submit(app: App, state: str, given: Mapping[str, str]) -> Finished:
    """Finish a connection with what a person typed in: url, username, password.

    Raises:
        StateRefused: The state is not ours, was used, has ended, or is for OAuth; or wrong
            credentials have come too often.
        CredentialsRefused: They do not open the provider; others may be tried.
        CalendarUnreachable: The database can't be used at this moment.
    """
    vault = Vault(app.outside.keys)
    with found(app, vault, state, by_oauth=False) as (tx, there):
        left = there.flow.tried()
        kept = sealed_flow(vault, left) if left.tries else None
        tx.put_connection(replace(there.connection, sealed_flow=kept))
    credentials = _typed(there.settings, given)
    remote, _ = _looked_for(app, there, credentials)
    _activate(app, vault, there, credentials, remote)
    return _went_well(there)


def _exchanged(
    app: App, vault: Vault, there: Found, code: str | None, issuer: str | None
) -> Tokens:
    client = kinds.oauth_client(there.settings, vault, app.outside.public_url)
    if not code or not oauth.is_from(client, issuer):
        raise oauth.Denied
    with outward.client(seconds=_ASKING_SECONDS, allow_private=app.outside.allow_private) as http:
        return oauth.exchange(http, client, code, there.flow.verifier or "", app.clock)


def _typed(settings: ProviderSettings, given: Mapping[str, str]) -> Credentials:
    url, username = (given.get(name, "").strip() for name in ("url", "username"))
    if settings.url is None and not url:
        raise CredentialsRefused("Say the address as well.")
    url = settings.url or url
    if settings.kind is ProviderKind.ICS:
        return Feed(url=url)
    password = given.get("password", "")
    if not username or not password:
        raise CredentialsRefused("Say both the user name and the password.")
    return Password(url=url, username=username, password=password)


def _looked_for(
    app: App, there: Found, credentials: Credentials
) -> tuple[RemoteCalendar, str | None]:
    """Return the provider's calendar that is wanted, and whose calendars they are.

    Raises:
        CredentialsRefused: The provider does not let us in, or there is no such calendar.
    """
    zone = there.calendar.zone
    try:
        with entered(app, there.settings, credentials, zone, seconds=_ASKING_SECONDS) as provider:
            calendars = provider.calendars()
    except ConsentNeeded:
        raise CredentialsRefused("The provider refuses these credentials.") from None
    except CalendarUnreachable:
        raise CredentialsRefused("The provider can't be reached now.") from None
    except ProviderRejected:
        raise CredentialsRefused(
            "There are no calendars at that address, or it is one where we do not go."
        ) from None
    account = next((one.id for one in calendars if one.primary), None)
    return _chosen(calendars, there.flow.remote_calendar), account


def _chosen(calendars: Sequence[RemoteCalendar], wanted: str | None) -> RemoteCalendar:
    """Return the calendar with that id or name; by default the primary one, or one to write on."""
    fitting = [one for one in calendars if wanted is None or wanted in {one.id, one.name}]
    if not fitting:
        raise CredentialsRefused("The provider has no such calendar.")
    return min(fitting, key=lambda one: (one.id != wanted, not one.primary, not one.writable))


def _activate(
    app: App, vault: Vault, there: Found, credentials: Credentials, remote: RemoteCalendar
) -> None:
    """Put a connection to use, and have it synced."""
    kept = sealed(vault, credentials)
    with app.store.transaction(there.environment_id) as tx:
        try:
            tx.lock_calendar(there.calendar.id)
            before = tx.connection(there.connection.id)
        except (UnknownCalendar, UnknownConnection):
            raise CredentialsRefused("The calendar was disconnected meanwhile.") from None
        if there.flow.verifier is None and not _still_waits(vault, before, there):
            raise refused()
        now = app.clock()
        same = before.remote_calendar == remote.id and _same_place(vault, before, credentials)
        after = replace(
            before,
            state=State.ACTIVE,
            redirect_uri=there.flow.redirect_uri,
            sealed_credentials=kept,
            sealed_flow=None,
            remote_calendar=remote.id,
            writable=remote.writable,
            cursor=None,
            known_until=None,
            last_sync_at=before.last_sync_at if same else None,
            trouble=None,
            policy=there.flow.policy,
            updated_at=now,
        )
        tx.put_connection(after)
        if not same:
            _put_there(tx, after, now)
        queue_sync(tx, after, now)
    log.info("connected a calendar", extra={"connection_id": after.id, "kind": after.kind.value})


def _same_place(vault: Vault, before: Connection, credentials: Credentials) -> bool:
    """Whether credentials are for where a connection led before: paths mean nothing elsewhere."""
    if isinstance(credentials, Tokens) or before.sealed_credentials is None:
        return True
    try:
        known = unsealed(vault, before.sealed_credentials)
    except CalendarUnreachable:  # their key is gone
        return False
    return not isinstance(known, Tokens) and known.url == credentials.url


def _still_waits(vault: Vault, connection: Connection, there: Found) -> bool:
    """Whether nobody else has finished a flow since it was found: a form can be sent twice."""
    if there.flow.tries == 1:  # the last try is nobody else's
        return True
    flow = flow_of(vault, connection)
    return flow is not None and flow.nonce == there.flow.nonce


def _put_there(tx: Transaction, connection: Connection, now: int) -> None:
    """Have the events of ours that lay on another calendar of the provider put on this one.

    Otherwise they would be missed on it, and taken for deleted there.
    """
    for link in tx.links_within(connection.id, _EVER):
        if link.is_ours:
            tx.delete_link(connection.id, link.key)
            if connection.writable and link.end_at > now:
                queue_push(tx, connection.id, connection.calendar_id, link.event_id, now)


def _went_well(there: Found) -> Finished:
    told = {"status": "connected", "connection_id": uuid(Kind.CONNECTION, there.connection.id)}
    return Finished(connection_id=there.connection.id, redirect_to=_sent_on(there, told))


def _failed(app: App, there: Found, error: str, problem: str) -> Finished:
    """Write down why it came to nothing, unless the connection goes on as it was."""
    with (
        suppress(UnknownCalendar, UnknownConnection),
        app.store.transaction(there.environment_id) as tx,
    ):
        tx.lock_calendar(there.calendar.id)
        now = tx.connection(there.connection.id)
        if now.state is State.PENDING:
            tx.put_connection(replace(now, trouble=problem, updated_at=app.clock()))
    told = {"error": error, "connection_id": uuid(Kind.CONNECTION, there.connection.id)}
    sent_on = _sent_on(there, told)
    return Finished(connection_id=there.connection.id, redirect_to=sent_on, problem=problem)


def _sent_on(there: Found, told: Mapping[str, str]) -> str | None:
    uri = _known(there)
    return None if uri is None else f"{uri}{'&' if '?' in uri else '?'}{urlencode(told)}"


def _known(there: Found) -> str | None:
    """Return where the browser goes in the end, if that is still one of the provider's."""
    uri = there.flow.redirect_uri
    return uri if uri in there.settings.redirect_uris else None
