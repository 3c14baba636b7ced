"""Tokens: made once, shown once, kept as a hash."""

import secrets
from collections.abc import Sequence

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, NotAuthenticated
from sched_agent.model.calendar import Environment
from sched_agent.model.caller import Caller, Level, Token, hash_token
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.owner import Owner

PREFIX = "talq_"


def create(
    app: App,
    environment: Environment,
    *,
    name: str,
    level: Level,
    actor: Owner | None = None,
    own_events_only: bool = False,
    expires_at: int | None = None,
) -> tuple[Token, str]:
    """Make a token and return it with its secret, which can't be had again.

    Raises:
        InvalidArgument: It would be for its own events only, but is bound to nobody, or an admin's.
    """
    if own_events_only and actor is None:
        raise InvalidArgument(
            "A token for its own events only must be bound to a user or an agent.",
            hint="Name the actor, such as --actor agent:receptionist.",
        )
    if own_events_only and level is Level.ADMIN:
        raise InvalidArgument(
            "A token for its own events only can't be an admin's: admins delete whole calendars.",
            hint="Take the scope write.",
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        id=0,
        environment_id=environment.id,
        name=name,
        hash=hash_token(secret),
        level=level,
        actor=actor,
        own_events_only=own_events_only,
        created_at=app.clock(),
        expires_at=expires_at,
        revoked_at=None,
    )
    with app.store.transaction(environment.id) as tx:
        return tx.add_token(token), secret


def find_all(app: App, environment: Environment) -> Sequence[Token]:
    """Return the environment's tokens, oldest first, those that are no longer valid among them."""
    with app.store.snapshot(environment.id) as tx:
        return tx.tokens()


def revoke(app: App, environment: Environment, token_id: Number) -> bool:
    """Make a token invalid from now on; whether there was such a token."""
    with app.store.transaction(environment.id) as tx:
        return tx.revoke_token(token_id, app.clock())


def authenticate(app: App, secret: str) -> Caller:
    """Return who a token speaks for.

    Raises:
        NotAuthenticated: It is unknown, expired or revoked.
    """
    token = app.store.find_token(hash_token(secret))
    if token is None or not token.is_valid(app.clock()):
        raise NotAuthenticated("The token is unknown, expired or revoked.")
    return Caller(
        environment_id=token.environment_id,
        name=code(Kind.TOKEN, token.id),
        level=token.level,
        actor=token.actor,
        own_events_only=token.own_events_only,
    )
