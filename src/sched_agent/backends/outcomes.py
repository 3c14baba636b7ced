"""What came of a write: as its answer says, or else as can be seen.

An answer may be lost. A refusal may be for what the same request has done: if it arrives twice, it
is refused the second time, since the time is taken (by itself) or the event is gone. So neither is
the last word before somebody has looked.
"""

from collections.abc import Callable, Iterator
from time import sleep
from typing import TypeVar

from sched_agent.backends.http import Unanswered
from sched_agent.errors import (
    Conflict,
    InThePast,
    NotFound,
    OutcomeUnknown,
    ProviderRejected,
    SchedAgentError,
)

ResultT = TypeVar("ResultT")

MAYBE_REPEATED = (Conflict, InThePast, ProviderRejected)
"""Refusals that a request may get only because it has come, and was done, before.

One for its token, or because too many came, it gets whatever it has done.
"""

TRIES = 2
_LOOKS = 4
_FIRST_PAUSE_SECONDS = 0.1


def done(
    act: Callable[[], ResultT],
    is_done: Callable[[], ResultT | None],
    what: str,
    *,
    tries: int = TRIES,
) -> ResultT:
    """Do something, and where no answer can tell whether it is done, find out.

    Args:
        act: Does it.
        is_done: Looks, and returns what `act` would have, if it is done.
        what: What is so when it is done.
        tries: How often to do it: only once, unless that leaves the same behind.

    Raises:
        OutcomeUnknown: Nobody knows whether it is done.
    """
    lost: OutcomeUnknown | None = None
    for pause in pauses(tries):
        if lost is not None:
            sleep(pause)
        try:
            return act()
        except SchedAgentError as error:
            doubtful = isinstance(error, (Unanswered, NotFound, *MAYBE_REPEATED))
            if lost is None and not doubtful:
                raise  # else the try before may have come through: that decides
            failure = error
        try:
            found = is_done()
        except SchedAgentError as error:
            raise lost or unknown(what, failure) from error
        if found is not None:
            return found
        if lost is None and not isinstance(failure, Unanswered):
            raise failure
        lost = lost or unknown(what, failure)
    assert lost is not None  # noqa: S101  # otherwise it has returned
    raise lost


def pauses(times: int = _LOOKS) -> Iterator[float]:
    """Yield ever longer pauses, in seconds."""
    for number in range(times):
        yield _FIRST_PAUSE_SECONDS * 2**number


def unknown(what: str, failure: SchedAgentError) -> OutcomeUnknown:
    """Return what to say when an answer is lost, or a refusal can't be verified."""
    said = failure.message
    if not isinstance(failure, Unanswered):
        said = "It was refused, which may be because it came, and was done, before."
    return OutcomeUnknown(f"{said} Nobody knows whether {what}.")


def not_taken_back() -> OutcomeUnknown:
    """Return what to say when an event of ours lies beside another and can't be removed."""
    return OutcomeUnknown(
        "The time was taken by somebody else meanwhile, and ours could not be taken back.",
        hint="Look with list_events what is there, and move or cancel one of the two.",
    )


def unseen() -> OutcomeUnknown:
    """Return what to say when it can't be seen whether what was sent is there alone."""
    return OutcomeUnknown(
        "The event was sent, but it can't be seen whether it is there, and alone at its time."
    )
