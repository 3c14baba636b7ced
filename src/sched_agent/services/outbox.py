"""What had to be done after a commit and was given up: people see it, and have it tried again."""

from collections.abc import Sequence
from dataclasses import replace

from sched_agent.app import App
from sched_agent.model.caller import Caller, Level
from sched_agent.model.outbox import Message

MOST = 500
"""As much as is told, or tried again, at once."""


def given_up(app: App, caller: Caller) -> Sequence[Message]:
    """Return what was given up in the environment, the oldest first.

    Raises:
        NotAllowed: The caller is no admin.
    """
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.messages(dead=True, limit=MOST)


def try_again(app: App, caller: Caller) -> int:
    """Have everything done that was given up in the environment; return how much that is.

    Raises:
        NotAllowed: The caller is no admin.
    """
    caller.require(Level.ADMIN)
    with app.store.transaction(caller.environment_id) as tx:
        dead = tx.messages(dead=True, limit=MOST)
        for message in dead:
            tx.queue(replace(message, due_at=app.clock()))
        return len(dead)
