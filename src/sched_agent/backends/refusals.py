"""What a vendor's error means to us, whichever of the documented envelopes it comes in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import TypeAdapter

from sched_agent.backends.http import Api, Refused, Reply, Unanswered
from sched_agent.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ProviderRejected,
    SchedAgentError,
    SlotTaken,
    Stale,
    all_errors,
)
from sched_agent.speech.phrasing import quoted

DataT = TypeVar("DataT")
ResultT = TypeVar("ResultT")

_OURS: Mapping[str, type[SchedAgentError]] = {
    kind.code: kind
    for kind in all_errors()
    if issubclass(kind, Invalid | NotFound | Conflict) and not issubclass(kind, Stale)
}
"""Codes that our own server tells, and that mean the same wherever they come from."""


def asked(
    name: str,
    ask: Callable[[], ResultT],
    *,
    missing: SchedAgentError | None = None,
    books: bool = False,
) -> ResultT:
    """Ask a vendor, and return its answer.

    Args:
        name: The vendor's.
        ask: Asks.
        missing: What it means if there is no such thing.
        books: Whether it is a time that is asked for, so that a conflict is about that.

    Raises:
        SchedAgentError: What its refusal means.
    """
    try:
        return ask()
    except Refused as refused:
        raise _error_of(name, refused.reply, missing, books=books) from None


@contextmanager
def sane(name: str) -> Iterator[None]:
    """Take what a vendor tells for what it is, or, if that can't be, refuse to.

    Raises:
        ProviderRejected: It tells of a time, zone, person or rule that does not exist.
    """
    try:
        yield
    except Invalid as error:
        told = f"The {name} server tells of something that can't be: {error.message}"
        raise ProviderRejected(told) from error


def understood_write(
    api: Api,
    reply: Reply,
    adapter: TypeAdapter[DataT],
    convert: Callable[[DataT], ResultT],
) -> ResultT:
    """Return what the answer to a write says.

    Raises:
        Unanswered: It says nothing that can be understood: nobody knows what was done.
    """
    try:
        return convert(api.understood(reply, adapter))
    except (ProviderRejected, Invalid) as error:
        raise Unanswered(error.message) from error


def _error_of(
    name: str, reply: Reply, missing: SchedAgentError | None, *, books: bool
) -> SchedAgentError:
    code, message = _told(reply.data())
    says = f"The {name} server says {quoted(message)}." if message else ""
    if reply.status == 401:
        return NotAuthenticated(
            f"The {name} server does not accept the token.",
            hint="Whoever runs this sets SCHED_AGENT_TOKEN to one that is valid.",
        )
    if reply.status == 403:
        told = f"The token for the {name} server does not allow this."
        return NotAllowed(told, hint="Whoever runs this takes a token with more rights.")
    if reply.status in {404, 410} and missing is not None:
        return missing
    if 300 <= reply.status < 400:
        return ProviderRejected(
            f"The {name} server sends requests on to another address.",
            hint="Whoever runs this sets SCHED_AGENT_BASE_URL to where it is now.",
        )
    if code in _OURS:
        return _OURS[code](says or f"The {name} server refuses it.")
    if reply.status == 409 and books:
        return SlotTaken(says or "That time is taken.")
    return ProviderRejected(says or f"The {name} server refuses it with status {reply.status}.")


def _told(data: Any) -> tuple[str, str]:
    """Return code and message of an error's body.

    Talkover documents four forms: {error: {code, message}}, {message, code}, {message, errors:
    {field: [...]}} and {message}; workspace {detail: text}, or FastAPI's list; Timekit none.
    """
    if not isinstance(data, Mapping):
        return "", ""
    inner = data.get("error")
    facts = {**data, **inner} if isinstance(inner, Mapping) else data
    message = facts.get("message") or facts.get("detail") or inner
    if isinstance(message, list):
        message = "; ".join(str(one.get("msg")) for one in message[:5] if isinstance(one, Mapping))
    errors = facts.get("errors")
    if isinstance(errors, Mapping):
        message = f"{message or ''} {'; '.join(_field(*one) for one in list(errors.items())[:5])}"
    code = facts.get("code")
    return (code if isinstance(code, str) else "", message if isinstance(message, str) else "")


def _field(name: object, problems: object) -> str:
    first = problems[0] if isinstance(problems, list) and problems else problems
    return f"{name}: {first}"
