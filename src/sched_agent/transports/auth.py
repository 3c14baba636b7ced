"""Who is asking over HTTP: one answer for MCP and REST."""

import base64

from starlette.requests import Request

from sched_agent.app import App
from sched_agent.errors import NotAuthenticated
from sched_agent.model.calendar import Environment
from sched_agent.model.caller import Caller
from sched_agent.services import tokens
from sched_agent.services.environments import local_admin

_STATE = "sched_agent.caller"


def authenticate(
    app: App, environment: Environment, authorization: str | None, trusted: bool
) -> Caller:
    """Return the caller that an `Authorization` header stands for.

    Args:
        app: The program.
        environment: The one that a caller without a token works in.
        authorization: The header, if there is one.
        trusted: Whether the request certainly comes from this machine.

    Raises:
        NotAuthenticated: The token is missing where one is needed, or is not valid. One is needed
            for good as soon as there has been one, and always where a request may come from
            another machine.
    """
    if authorization is None:
        if trusted and not app.store.has_tokens():
            return local_admin(environment)
        raise NotAuthenticated("The request carries no token.")
    return tokens.authenticate(app, _secret(authorization))


def _secret(authorization: str) -> str:
    """Return the token of a bearer header, or of a basic one, whose password it is.

    Timekit's clients send the latter, with an empty user name (RFC 7617).
    """
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() == "basic":
        try:
            user, _, secret = base64.b64decode(secret, validate=True).decode().partition(":")
        except ValueError:  # no base64, or no text
            user, secret = "", ""
        if user:
            raise NotAuthenticated("The user name must be empty: the token is the password.")
    elif scheme.lower() != "bearer":
        secret = ""
    if not secret:
        raise NotAuthenticated("The Authorization header carries no token.")
    return secret


def remember_caller(scope: dict[str, object], caller: Caller) -> None:
    """Write down who a request is from."""
    scope[_STATE] = caller


def caller_of(request: Request) -> Caller:
    """Return who a request is from."""
    caller = request.scope[_STATE]
    assert isinstance(caller, Caller)  # noqa: S101  # the gate lets nobody in without one
    return caller
