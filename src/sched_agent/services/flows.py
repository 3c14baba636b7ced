"""What is kept of a connection from its beginning to its end, and the `state` that stands for it.

A state is signed, for one connection of one environment, good once and for ten minutes. It says
nothing that is secret; everything else that finishing needs is kept sealed with the connection.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pydantic import TypeAdapter

from sched_agent.app import App
from sched_agent.errors import ConsentNeeded, InvalidArgument, UnknownCalendar, UnknownConnection
from sched_agent.model.calendar import Calendar
from sched_agent.model.connection import Connection, ConnectionPolicy, ProviderSettings
from sched_agent.model.ids import Number
from sched_agent.model.interval import MINUTE
from sched_agent.providers import kinds, oauth
from sched_agent.providers.vault import Vault
from sched_agent.store.base import Transaction
from sched_agent.sync.access import settings_of

LASTS = 10 * MINUTE
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What finishing a connection needs.

    Args:
        nonce: Tells its state from those of earlier ones.
        until: When it ends, in UTC microseconds.
        verifier: OAuth: proves that the code is for us (RFC 7636); None: no OAuth.
        provider: The mark of the provider as it was set up.
        redirect_uri: Where the browser goes in the end; None: nowhere, a page of ours says so.
        remote_calendar: The provider's id, or name, of the calendar that is wanted.
        policy: What the owner of the calendar wants.
        tries: How often credentials may still be typed in.
    """

    nonce: str = field(repr=False)
    until: int
    verifier: str | None = field(repr=False)
    provider: str
    redirect_uri: str | None
    remote_calendar: str | None
    policy: ConnectionPolicy
    tries: int = _TRIES

    def tried(self) -> "Flow":
        """Return what is left after one try."""
        return replace(self, tries=self.tries - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a state stands for."""

    environment_id: Number
    connection: Connection
    calendar: Calendar
    settings: ProviderSettings
    flow: Flow


class StateRefused(InvalidArgument):
    """The link to connect a calendar is not ours, was used, or has ended."""

    hint = "Begin the connection again, and use the new link within ten minutes."


def new_flow(
    settings: ProviderSettings,
    now: int,
    *,
    redirect_uri: str | None,
    remote_calendar: str | None,
    policy: ConnectionPolicy,
) -> Flow:
    """Return what begins now."""
    return Flow(
        nonce=secrets.token_urlsafe(16),
        until=now + LASTS,
        verifier=oauth.new_verifier() if kinds.is_oauth(settings.kind) else None,
        provider=_mark(settings),
        redirect_uri=redirect_uri,
        remote_calendar=remote_calendar,
        policy=policy,
    )


def sealed_flow(vault: Vault, flow: Flow) -> str:
    """Return a flow as it is kept.

    Raises:
        Unsupported: There is no key to seal it with.
    """
    return vault.seal(_adapter().dump_json(flow).decode())


def flow_of(vault: Vault, connection: Connection) -> Flow | None:
    """Return what a connection waits for, if it waits for anything.

    Raises:
        Locked: It can't be read with the keys that there are.
    """
    kept = connection.sealed_flow
    return None if kept is None else _adapter().validate_json(vault.unseal(kept))


def state_of(vault: Vault, environment_id: Number, connection_id: Number, flow: Flow) -> str:
    """Return the state that stands for a flow."""
    return vault.sign(f"{environment_id}:{connection_id}:{flow.nonce}")


@contextmanager
def found(
    app: App, vault: Vault, state: str, *, by_oauth: bool
) -> Iterator[tuple[Transaction, Found]]:
    """Find what a state stands for, in a transaction that may use it up.

    Raises:
        StateRefused: It is not ours, was used, has ended, or is for the other way of agreeing.
    """
    environment_id, connection_id, nonce = _read(vault, state)
    with app.store.transaction(environment_id) as tx:
        try:
            calendar = tx.lock_calendar(tx.connection(connection_id).calendar_id)
            connection = tx.connection(connection_id)
            settings = settings_of(tx, connection)
        except (UnknownCalendar, UnknownConnection, ConsentNeeded):
            raise refused() from None
        flow = flow_of(vault, connection)
        if flow is None or not hmac.compare_digest(flow.nonce.encode(), nonce.encode()):
            raise refused()
        if app.clock() >= flow.until or (flow.verifier is not None) != by_oauth:
            raise refused()
        if flow.provider != _mark(settings):  # what was begun there is not finished elsewhere
            raise refused()
        yield (
            tx,
            Found(
                environment_id=environment_id,
                connection=connection,
                calendar=calendar,
                settings=settings,
                flow=flow,
            ),
        )


def refused() -> StateRefused:
    """Return the one answer to all states that are not good."""
    return StateRefused("This link is not valid: it was used before, or is older than ten minutes.")


def _read(vault: Vault, state: str) -> tuple[Number, Number, str]:
    text = vault.verified(state)
    if text is None:
        raise refused()
    environment_id, connection_id, nonce = text.split(":")
    return int(environment_id), int(connection_id), nonce


def _mark(settings: ProviderSettings) -> str:
    """Return what tells a provider from the same one set up otherwise."""
    known = (settings.name, settings.kind.value, settings.url, settings.client_id)
    where = (settings.authorization_url, settings.token_url)
    return hashlib.sha256(repr((known, where)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Flow]:
    return TypeAdapter(Flow)
