"""The providers that an environment can connect its calendars to."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from sched_agent.app import App
from sched_agent.errors import (
    InvalidArgument,
    NotAllowed,
    UnknownCalendar,
    UnknownConnection,
    UnknownProvider,
)
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import ProviderKind, ProviderSettings, State
from sched_agent.providers.credentials import resealed
from sched_agent.providers.kinds import is_oauth
from sched_agent.providers.vault import Vault
from sched_agent.store.base import Reader, Transaction
from sched_agent.sync.following import queue_sync

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_ADDRESS = 2000
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""ASCII that is seen, but for the backslash, which browsers take for a slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProvider:
    """A provider as somebody sets it up; see `ProviderSettings`."""

    name: str
    kind: ProviderKind
    url: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    authorization_url: str | None = None
    token_url: str | None = None
    redirect_uris: tuple[str, ...] = ()


def add(app: App, caller: Caller, new: NewProvider) -> ProviderSettings:
    """Set up a provider, in place of the one with its name.

    Connections to it stay, if it is of the same kind, and are synced soon.

    Raises:
        NotAllowed: The caller is no admin; here and in all that follows.
        InvalidArgument: The name, or an address, can't be used; or what OAuth needs is missing.
        Unsupported: There is no key to seal the client's secret with.
    """
    _require(caller)
    _check(new, private=app.outside.allow_private)
    vault = Vault(app.outside.keys)
    vault.require()  # without keys nothing could be connected, either
    secret = new.client_secret
    settings = ProviderSettings(
        name=new.name,
        kind=new.kind,
        url=new.url,
        client_id=new.client_id,
        sealed_secret=None if secret is None else vault.seal(secret),
        authorization_url=new.authorization_url,
        token_url=new.token_url,
        redirect_uris=new.redirect_uris,
        created_at=app.clock(),
    )
    with app.store.transaction(caller.environment_id) as tx:
        tx.put_provider(settings)
        for one in tx.connections():  # they ended while it was away
            fits = (one.provider, one.kind) == (settings.name, settings.kind)
            if fits and one.state is State.ACTIVE:
                queue_sync(tx, one, settings.created_at)
    return settings


def find_all(app: App, caller: Caller) -> Sequence[ProviderSettings]:
    """Return the environment's providers, by name."""
    _require(caller)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.providers()


def remove(app: App, caller: Caller, name: str) -> None:
    """Forget a provider. Connections to it no longer work until it is set up again.

    Raises:
        UnknownProvider: There is none of that name.
    """
    _require(caller)
    with app.store.transaction(caller.environment_id) as tx:
        named(tx, name)
        tx.delete_provider(name)


def named(tx: Reader, name: str) -> ProviderSettings:
    """Return the provider with that name.

    Raises:
        UnknownProvider: There is none; those that there are are named.
    """
    known = {settings.name: settings for settings in tx.providers()}
    if name in known:
        return known[name]
    hint = f"There are: {', '.join(known)}." if known else UnknownProvider.hint
    raise UnknownProvider(
        "The environment has no calendar provider of that name.",
        hint=hint,
        fields={"provider": "is not a provider of this environment"},
    )


def rotate(app: App) -> int:
    """Seal everything anew with the first key, in all environments; return how much there was.

    Raises:
        Unsupported: There is no key.
        Locked: Something was sealed with a key that is missing; what came before it is done.
    """
    vault = Vault(app.outside.keys)
    vault.require()
    return sum(_rotate_one(app, vault, one.id) for one in app.store.environments())


def _rotate_one(app: App, vault: Vault, environment_id: int) -> int:
    with app.store.snapshot(environment_id) as reader:
        connections = reader.connections()
    with app.store.transaction(environment_id) as tx:
        count = _rotate_providers(tx, vault)
    for connection in connections:
        # who disconnects it meanwhile has taken the secrets away
        with (
            suppress(UnknownCalendar, UnknownConnection),
            app.store.transaction(environment_id) as tx,
        ):
            tx.lock_calendar(connection.calendar_id)
            one = tx.connection(connection.id)
            credentials = resealed(vault, one.sealed_credentials)
            flow = resealed(vault, one.sealed_flow)
            tx.put_connection(replace(one, sealed_credentials=credentials, sealed_flow=flow))
            count += (credentials is not None) + (flow is not None)
    return count


def _rotate_providers(tx: Transaction, vault: Vault) -> int:
    with_secret = [one for one in tx.providers() if one.sealed_secret is not None]
    for one in with_secret:
        tx.put_provider(replace(one, sealed_secret=resealed(vault, one.sealed_secret)))
    return len(with_secret)


def _require(caller: Caller) -> None:
    caller.require(Level.ADMIN)
    if caller.own_events_only:
        raise NotAllowed("This token may only change events that it owns.")


def _check(new: NewProvider, *, private: bool) -> None:
    """Look at what somebody sets up; everything that is wrong is named."""
    wrong = {}
    if not _NAME.fullmatch(new.name):
        wrong["name"] = "must be small letters, digits and .-_ , such as google or team-dav"
    if is_oauth(new.kind) and not new.client_id:
        wrong["client_id"] = "is needed for OAuth"
    if is_oauth(new.kind) and (new.authorization_url is None) != (new.token_url is None):
        wrong["authorization_url"] = "comes together with token_url"
    for name in ("url", "authorization_url", "token_url"):
        address = getattr(new, name)
        if address is not None and not _is_address(address, private=private):
            wrong[name] = (
                "must be an address that begins with https:// (http:// and servers of your own "
                "network need SCHED_AGENT_ALLOW_PRIVATE)"
            )
    for uri in new.redirect_uris:
        if not _is_address(uri, private=_host(uri) in _LOOPBACK):
            wrong["redirect_uris"] = (
                "must begin with https:// (or http:// on this machine) and have no fragment, "
                "user name or unusual characters"
            )
    if wrong:
        told = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
        raise InvalidArgument(f"{told}.", fields=wrong)


def _is_address(text: str, *, private: bool) -> bool:
    """Whether a text is an address of the web, in a form that all programs read alike."""
    if len(text) > _LONGEST_ADDRESS or not _PLAIN.fullmatch(text):
        return False
    try:
        where = urlsplit(text)
        port = where.port
    except ValueError:
        return False
    schemes = {"https", "http"} if private else {"https"}
    return (
        where.scheme in schemes
        and _HOST.fullmatch(where.hostname or "") is not None
        and port != 0
        and "#" not in text
        and "@" not in where.netloc
    )


def _host(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:
        return None
