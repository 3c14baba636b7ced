"""The same request twice acts once, and a lost answer is looked up, never guessed."""

import hashlib
import random
from collections.abc import Callable
from functools import lru_cache
from time import monotonic, sleep
from typing import Any, TypeVar

from pydantic import TypeAdapter

from sched_agent.app import App
from sched_agent.errors import (
    CalendarUnreachable,
    Interrupted,
    OutcomeUnknown,
    RequestIdReused,
)
from sched_agent.model.caller import Caller
from sched_agent.store.base import Remembered, RequestKey, Transaction

AnswerT = TypeVar("AnswerT")
_Request = tuple[str, str | None, object]
_PATIENCE_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 0.02


def once(
    app: App,
    caller: Caller,
    request: _Request,
    answer_type: type[AnswerT],
    act: Callable[[Transaction], AnswerT],
) -> AnswerT:
    """Run `act` in a transaction, or return what it answered when the request came before.

    The answer is kept in the act's own transaction, so that a lost answer can be asked for again.
    What the database undid is done again. Where the connection broke during the commit, the
    request_id tells whether it came through; without one nobody can say.

    Args:
        app: The program.
        caller: Who asks; a request id is theirs alone.
        request: The operation, its request_id if there is one, and its arguments.
        answer_type: What `act` returns.
        act: Gets the transaction. It locks what it changes before it reads the clock: what
            expires while it waits for the lock has expired.

    Raises:
        RequestIdReused: The request_id came before with other arguments.
        OutcomeUnknown: The connection broke during the commit, and there is no request_id.
    """
    give_up = monotonic() + _PATIENCE_SECONDS
    unknown: OutcomeUnknown | None = None
    while True:
        try:
            return _once(app, caller, request, answer_type, act)
        except OutcomeUnknown as lost:
            unknown = lost
            if monotonic() > give_up or request[1] is None:
                raise
        except CalendarUnreachable as error:
            if monotonic() > give_up or not isinstance(error, Interrupted):
                if unknown is None:
                    raise
                raise unknown from error  # an earlier try may have come through
        sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311  # no secret


def _once(
    app: App,
    caller: Caller,
    request: _Request,
    answer_type: type[AnswerT],
    act: Callable[[Transaction], AnswerT],
) -> AnswerT:
    operation, request_id, arguments = request
    with app.store.transaction(caller.environment_id) as tx:
        if request_id is None:
            return act(tx)
        key = RequestKey(caller.name, operation, request_id)
        mark = fingerprint(arguments)
        if before := tx.claim(key):
            return replayed(before, mark, answer_type)
        answer = act(tx)
        tx.remember(key, remembered(answer, mark, answer_type), app.clock())
        return answer


def heard_at(app: App, caller: Caller, request_id: str, said: object) -> int:
    """Return when a request came for the first time: what "tomorrow" in it means stays the same.

    Args:
        app: The program.
        caller: Who asks.
        request_id: Other operations, and a request that was refused, may use it again ...
        said: ... so this is what was said, and in which operation: other words are heard anew.

    Raises:
        OutcomeUnknown: The connection broke; nothing is known of the request.
    """
    heard = f"hear {fingerprint(said)}"
    return once(app, caller, (heard, request_id, None), int, lambda _: app.clock())


def fingerprint(arguments: object) -> str:
    """Return what tells the arguments of one request from those of another."""
    return hashlib.sha256(repr(arguments).encode()).hexdigest()


def remembered(answer: AnswerT, mark: str, answer_type: type[AnswerT]) -> Remembered:
    """Return an answer to arguments with the fingerprint `mark`, as it is kept."""
    adapter = _adapter(answer_type)  # type: ignore[arg-type]  # a class is hashable
    return Remembered(mark, {"value": adapter.dump_python(answer, mode="json")})


def replayed(before: Remembered, mark: str, answer_type: type[AnswerT]) -> AnswerT:
    """Return the answer that the same request got before.

    Raises:
        RequestIdReused: It came with other arguments.
    """
    if before.fingerprint != mark:
        raise RequestIdReused("That request_id was used for another request before.")
    adapter = _adapter(answer_type)  # type: ignore[arg-type]  # as above
    answer: AnswerT = adapter.validate_python(before.answer["value"])
    return answer


@lru_cache(maxsize=32)
def _adapter(answer_type: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(answer_type)
