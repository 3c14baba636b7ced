"""Into a connected calendar at its provider: with the credentials that are kept, renewed in time.

Tokens are renewed by one thread of one process at a time: a lease says so that is kept with them.
What is new is kept before it is used, and by a thread of its own: a caller who can't wait for it
any longer goes away, and nothing that the provider gave is lost.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, sleep
from typing import TypeVar
from zoneinfo import ZoneInfo

from sched_agent import outward
from sched_agent.app import App
from sched_agent.deadline import left
from sched_agent.errors import (
    CalendarUnreachable,
    ConsentNeeded,
    SchedAgentError,
    Unavailable,
    UnknownConnection,
)
from sched_agent.model.connection import Connection, ProviderSettings, State
from sched_agent.model.ids import Number
from sched_agent.model.interval import SECOND
from sched_agent.providers import kinds, oauth
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Credentials, Lease, Tokens, sealed, unsealed
from sched_agent.providers.vault import Vault
from sched_agent.store.base import Reader, Transaction

ValueT = TypeVar("ValueT")

REFRESH_SECONDS = 10.0
"""How long an authorization server may take to answer."""

_LEASE = 20 * SECOND
"""Longer than a refresh takes: after it, whoever was at it is gone."""

_EARLY = 30 * SECOND
"""A token that ends so soon is renewed before it is used."""

_LONGEST_PAUSE_SECONDS = 0.1


@contextmanager
def opened(
    app: App, environment_id: Number, connection_id: Number, *, seconds: float | None = None
) -> Iterator[Provider]:
    """Open the provider of a connection, for one thread.

    Args:
        app: The program.
        environment_id: The environment.
        connection_id: The connection.
        seconds: How long a request may take; default: as long as a booking may wait.

    Raises:
        UnknownConnection: There is no such connection.
        ConsentNeeded: Nobody has agreed to it, or not anew since the provider refused us; or the
            provider is no longer set up.
        CalendarUnreachable: The credentials can't be read with the keys that there are.
    """
    with app.store.snapshot(environment_id) as tx:
        connection = tx.connection(connection_id)
        settings = settings_of(tx, connection)
        calendar = tx.calendar(connection.calendar_id)
    kept = connection.sealed_credentials
    if kept is None or connection.state is not State.ACTIVE:
        raise ConsentNeeded("The connection needs the consent of the calendar's owner.")
    budget = app.outside.seconds if seconds is None else seconds
    known = unsealed(Vault(app.outside.keys), kept)
    bearer = None
    if isinstance(known, Tokens):
        purse = _Purse(app, environment_id, connection, settings, known, budget)
        bearer = oauth.Bearer(purse.token)
    with entered(app, settings, known, calendar.zone, seconds=budget, bearer=bearer) as into:
        yield into


@contextmanager
def entered(
    app: App,
    settings: ProviderSettings,
    credentials: Credentials,
    in_zone: ZoneInfo,
    *,
    seconds: float,
    bearer: oauth.Bearer | None = None,
) -> Iterator[Provider]:
    """Open a provider with credentials, whether or not they are kept anywhere.

    Raises:
        ConsentNeeded: They are not of the kind that the provider takes.
        Unsupported: The libraries for it are not installed.
    """
    if bearer is None and isinstance(credentials, Tokens):
        access_token = credentials.access
        bearer = oauth.Bearer(lambda _: access_token)
    provider = kinds.opened(
        kinds.Access(
            settings=settings,
            credentials=credentials,
            bearer=bearer,
            in_zone=in_zone,
            clock=app.clock,
            seconds=seconds,
            allow_private=app.outside.allow_private,
        )
    )
    try:
        yield provider
    finally:
        provider.close()


def settings_of(tx: Reader, connection: Connection) -> ProviderSettings:
    """Return the provider of a connection.

    Raises:
        ConsentNeeded: It is no longer set up, or stands for another kind of provider.
    """
    for settings in tx.providers():
        if (settings.name, settings.kind) == (connection.provider, connection.kind):
            return settings
    raise ConsentNeeded(
        f"The provider {connection.provider} is no longer set up.",
        hint="Set it up again: sched-agent provider add.",
    )


def mark_refused(app: App, environment_id: Number, opened_with: Connection) -> bool:
    """Write down that a provider refuses a connection's credentials; whether it is so.

    If others have come in place of those that it was opened with, nothing is known of these.
    """
    with app.store.transaction(environment_id) as tx:
        connection = _locked(tx, opened_with)
        if not _same(Vault(app.outside.keys), connection, opened_with):
            return False
        _need_consent(tx, connection, app.clock())
        return True


def _same(vault: Vault, one: Connection, other: Connection) -> bool:
    """Whether two states of a connection have the same credentials, leases aside."""
    texts = (one.sealed_credentials, other.sealed_credentials)
    if None in texts or texts[0] == texts[1]:
        return texts[0] == texts[1]
    first, second = (unsealed(vault, str(text)) for text in texts)
    if isinstance(first, Tokens) and isinstance(second, Tokens):
        return first.refresh == second.refresh
    return first == second


def _need_consent(tx: Transaction, connection: Connection, now: int) -> None:
    told = "The provider refuses us: the calendar's owner has to connect it again."
    tx.put_connection(replace(connection, state=State.CONSENT_NEEDED, trouble=told, updated_at=now))


def _locked(tx: Transaction, connection: Connection) -> Connection:
    """Return a connection as it is now, under the lock of its calendar."""
    return tx.lock_connection(connection.id)


class _Purse:
    """The tokens of a connection, as one thread holds them."""

    def __init__(
        self,
        app: App,
        environment_id: Number,
        connection: Connection,
        settings: ProviderSettings,
        tokens: Tokens,
        seconds: float,
    ) -> None:
        self._app = app
        self._environment_id = environment_id
        self._connection = connection
        self._settings = settings
        self._tokens = tokens
        self._seconds = seconds
        self._vault = Vault(app.outside.keys)

    def token(self, refused: str | None) -> str:
        """Return an access token that is valid, and not the one that was refused, if one was.

        Raises:
            ConsentNeeded: The provider gives no more.
            CalendarUnreachable: It did not give one in time.
        """
        give_up = monotonic() + (left(self._seconds, CalendarUnreachable) or self._seconds)
        while not self._serves(self._tokens, refused):
            holder = secrets.token_hex(8)
            self._tokens = self._leased(holder, refused)
            if self._tokens.lease and self._tokens.lease.holder == holder:
                self._tokens = self._renewed(self._tokens, give_up - monotonic())
                break
            if self._serves(self._tokens, refused):
                break
            if monotonic() > give_up:
                raise _late()
            sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311  # no secret
        return self._tokens.access

    def _serves(self, tokens: Tokens, refused: str | None) -> bool:
        ends = tokens.expires_at
        in_time = ends is None or self._app.clock() + _EARLY < ends
        return in_time and tokens.access != refused

    def _leased(self, holder: str, refused: str | None) -> Tokens:
        """Return the tokens that are kept; under our lease, if they have to be renewed."""
        with self._app.store.transaction(self._environment_id) as tx:
            connection, kept = self._kept(tx)
            now = self._app.clock()
            if self._serves(kept, refused) or (kept.lease and now < kept.lease.until):
                return kept
            if kept.refresh is None:
                _need_consent(tx, connection, now)
            else:
                kept = replace(kept, lease=Lease(holder=holder, until=now + _LEASE))
                self._put(tx, connection, kept)
        if kept.refresh is None:
            raise ConsentNeeded("The provider's access has ended, and can't be renewed.")
        return kept

    def _renewed(self, tokens: Tokens, seconds: float) -> Tokens:
        """Return new tokens; what comes too late for us is kept for others."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="refresh")
        try:
            return pool.submit(self._refresh, tokens).result(max(0.0, seconds))
        except TimeoutError:
            raise _late() from None
        finally:
            pool.shutdown(wait=False)

    def _refresh(self, tokens: Tokens) -> Tokens:
        app = self._app
        client = kinds.oauth_client(self._settings, self._vault, app.outside.public_url)
        try:
            with outward.client(
                seconds=REFRESH_SECONDS, allow_private=app.outside.allow_private
            ) as http:
                got = oauth.refresh(http, client, tokens.refresh or "", app.clock)
        except SchedAgentError as error:
            refused = isinstance(error, ConsentNeeded)
            came = self._insisted(lambda tx: self._failed(tx, tokens, refused=refused))
            if came is None:
                raise
            return came
        return self._insisted(lambda tx: self._came(tx, tokens, got))

    def _came(self, tx: Transaction, tokens: Tokens, got: Tokens) -> Tokens:
        """Keep new tokens, unless others have come in place of those that they are for."""
        connection, kept = self._kept(tx)
        if kept.refresh != tokens.refresh:
            return kept
        new = kept.renewed(got)
        self._put(tx, connection, new)
        return new

    def _failed(self, tx: Transaction, tokens: Tokens, *, refused: bool) -> Tokens | None:
        """Write down that there are no new tokens, unless others have come meanwhile."""
        connection, kept = self._kept(tx)
        if kept.refresh != tokens.refresh:
            return kept
        if refused:
            _need_consent(tx, connection, self._app.clock())
        else:
            self._put(tx, connection, replace(kept, lease=None))
        return None

    def _insisted(self, act: Callable[[Transaction], ValueT]) -> ValueT:
        """Return what an act comes to that leaves the same behind however often it is done."""
        give_up = monotonic() + REFRESH_SECONDS
        while True:
            try:
                with self._app.store.transaction(self._environment_id) as tx:
                    return act(tx)
            except Unavailable:
                if monotonic() > give_up:
                    raise
            sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311  # no secret

    def _kept(self, tx: Transaction) -> tuple[Connection, Tokens]:
        try:
            connection = _locked(tx, self._connection)
        except UnknownConnection:
            raise ConsentNeeded("The calendar is no longer connected.") from None
        if connection.state is not State.ACTIVE or connection.sealed_credentials is None:
            raise ConsentNeeded("The connection needs the consent of the calendar's owner.")
        kept = unsealed(self._vault, connection.sealed_credentials)
        return connection, kinds.of_kind(kept, Tokens)

    def _put(self, tx: Transaction, connection: Connection, tokens: Tokens) -> None:
        tx.put_connection(replace(connection, sealed_credentials=sealed(self._vault, tokens)))


def _late() -> CalendarUnreachable:
    return CalendarUnreachable("The provider did not renew its access in time.")
