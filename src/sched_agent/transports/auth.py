"""Who is asking over HTTP: one answer for MCP and REST."""

from starlette.requests import Request

from sched_agent.errors import NotAuthenticated
from sched_agent.model.calendar import Environment
from sched_agent.model.caller import Caller
from sched_agent.services import tokens
from sched_agent.services.app import App
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
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("The Authorization header carries no bearer token.")
    return tokens.authenticate(app, secret.strip())


def remember_caller(scope: dict[str, object], caller: Caller) -> None:
    """Write down who a request is from."""
    scope[_STATE] = caller


def caller_of(request: Request) -> Caller:
    """Return who a request is from."""
    caller = request.scope[_STATE]
    assert isinstance(caller, Caller)  # noqa: S101  # the gate lets nobody in without one
    return caller
