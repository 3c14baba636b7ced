"""Beginning to connect a calendar: what is kept until its owner agrees, and where they do so.

How it is finished is in `finishing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from sched_agent.app import App
from sched_agent.errors import InvalidArgument
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection, ProviderSettings, State, usual_policy
from sched_agent.model.ids import Number
from sched_agent.providers import kinds, oauth
from sched_agent.providers.vault import Vault
from sched_agent.services import providers
from sched_agent.services.flows import flow_of, new_flow, sealed_flow, state_of
from sched_agent.services.retries import once
from sched_agent.store.base import Transaction
from sched_agent.sync.access import settings_of

FORM = "/api/v1/providers/authorize"
"""Where browsers find the form for what is not let into by OAuth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A connection that has been begun.

    Args:
        connection: As it is until its owner has agreed.
        authorization_url: Where they do so; None: it has been finished since.
        state: What finishes it.
    """

    connection: Connection
    authorization_url: str | None = field(repr=False)
    state: str | None = field(repr=False)


def begin(
    app: App,
    caller: Caller,
    calendar_id: Number,
    *,
    provider: str,
    redirect_uri: str | None = None,
    remote_calendar: str | None = None,
    policy: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> Begun:
    """Begin to connect a calendar, or to connect it anew; it stays as it is until that is finished.

    Args:
        app: The program.
        caller: Who asks.
        calendar_id: The calendar.
        provider: The provider's name.
        redirect_uri: Where the browser goes in the end, one of the provider's.
        remote_calendar: The provider's id, or name, of its calendar; default: the primary one.
        policy: What the owner of the calendar wants otherwise, by field of `ConnectionPolicy`.
        request_id: See `retries.once`.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownCalendar: There is no such calendar.
        UnknownProvider: The environment has no provider of that name.
        InvalidArgument: The redirect_uri is not one of the provider's.
        Unsupported: There is no key to keep credentials with.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.ADMIN)
    vault = Vault(app.outside.keys)
    vault.require()

    def act(tx: Transaction) -> Number:
        tx.lock_calendar(calendar_id)
        settings = providers.named(tx, provider)
        _require_known(settings, redirect_uri)
        now = app.clock()
        before = _before(tx, calendar_id, settings)
        flow = new_flow(
            settings,
            now,
            redirect_uri=redirect_uri,
            remote_calendar=remote_calendar,
            policy=replace(
                before.policy if before else usual_policy(settings.kind), **(policy or {})
            ),
        )
        kept = sealed_flow(vault, flow)
        if before is not None:
            trouble = None if before.state is State.PENDING else before.trouble
            begun = replace(before, sealed_flow=kept, trouble=trouble, updated_at=now)
            tx.put_connection(begun)
            return before.id
        new = Connection(
            id=0,
            calendar_id=calendar_id,
            provider=settings.name,
            kind=settings.kind,
            redirect_uri=redirect_uri,
            sealed_flow=kept,
            policy=flow.policy,
            created_at=now,
            updated_at=now,
        )
        return tx.add_connection(new).id

    wanted = sorted((policy or {}).items())
    arguments = (calendar_id, provider, redirect_uri, remote_calendar, wanted)
    # the answer that is remembered holds no link: that is made anew for each retry
    number = once(app, caller, ("connect_provider", request_id, arguments), int, act)
    return _begun(app, vault, caller.environment_id, number)


def _require_known(settings: ProviderSettings, redirect_uri: str | None) -> None:
    """Let an address pass to which browsers may be sent: exactly one of those that were set up."""
    if redirect_uri is not None and redirect_uri not in settings.redirect_uris:
        raise InvalidArgument(
            "That redirect_uri was not set up for the provider.",
            hint="Set the provider up anew, with all its options and this --redirect-uri: "
            "sched-agent provider add.",
            fields={"redirect_uri": "is not one of the provider's"},
        )


def _before(tx: Transaction, calendar_id: Number, settings: ProviderSettings) -> Connection | None:
    """Return the connection that a calendar has to a provider, whether or not it is finished."""
    for one in tx.connections(calendar_id):
        if (one.provider, one.kind) == (settings.name, settings.kind):
            return one
    return None


def _begun(app: App, vault: Vault, environment_id: Number, number: Number) -> Begun:
    with app.store.snapshot(environment_id) as tx:
        connection = tx.connection(number)
        settings = settings_of(tx, connection)
    flow = flow_of(vault, connection)
    if flow is None:
        return Begun(connection=connection, authorization_url=None, state=None)
    state = state_of(vault, environment_id, number, flow)
    if flow.verifier is None:
        url = f"{app.outside.public_url}{FORM}?{urlencode({'state': state})}"
    else:
        client = kinds.oauth_client(settings, vault, app.outside.public_url)
        url = oauth.authorization_url(client, state, flow.verifier)
    return Begun(connection=connection, authorization_url=url, state=state)
