"""The same request twice acts once."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from sched_agent.errors import RequestIdReused
from sched_agent.model.caller import Caller
from sched_agent.services.app import App
from sched_agent.store.base import Remembered, RequestKey, Transaction

AnswerT = TypeVar("AnswerT")


def once(
    app: App,
    caller: Caller,
    request: tuple[str, str | None, object],
    answer_type: type[AnswerT],
    act: Callable[[Transaction, int], AnswerT],
) -> AnswerT:
    """Run `act` in a transaction, or return what it answered when the request came before.

    The answer is kept in the act's own transaction, so that a lost answer can be asked for again.

    Args:
        app: The program.
        caller: Who asks; a request id is theirs alone.
        request: The operation, its request_id if there is one, and its arguments.
        answer_type: What `act` returns.
        act: Gets the transaction and the instant at which it holds the lock.

    Raises:
        RequestIdReused: The request_id came before with other arguments.
    """
    operation, request_id, arguments = request
    with app.store.transaction(caller.environment_id) as tx:
        now = app.clock()  # read under the lock: what expires while waiting for it has expired
        if request_id is None:
            return act(tx, now)
        key = RequestKey(caller.name, operation, request_id)
        fingerprint = hashlib.sha256(repr(arguments).encode()).hexdigest()
        adapter = _adapter(answer_type)  # type: ignore[arg-type]  # a class is hashable
        if before := tx.recall(key):
            if before.fingerprint != fingerprint:
                raise RequestIdReused("That request_id was used for another request before.")
            replayed: AnswerT = adapter.validate_python(before.answer["value"])
            return replayed
        answer = act(tx, now)
        kept = {"value": adapter.dump_python(answer, mode="json")}
        tx.remember(key, Remembered(fingerprint, kept), now)
        return answer


@lru_cache(maxsize=32)
def _adapter(answer_type: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(answer_type)
