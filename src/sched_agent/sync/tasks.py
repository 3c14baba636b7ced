"""What the outbox has us do with providers."""

import logging
import random

from sched_agent.app import App
from sched_agent.errors import ConsentNeeded, SchedAgentError, Unavailable, UnknownConnection
from sched_agent.model.ids import Number
from sched_agent.model.interval import MINUTE
from sched_agent.model.outbox import Done, Message
from sched_agent.sync.access import opened
from sched_agent.sync.apply import Progress, pull
from sched_agent.sync.push import push

log = logging.getLogger("sched_agent")

PATIENCE_SECONDS = 30.0
"""How long a provider may take to answer when nobody waits."""


def sync(app: App, message: Message, progress: Progress = lambda _: None) -> Done:
    """Sync a connection, and again after its time.

    Raises:
        CalendarUnreachable: The provider does not answer.
    """
    connection_id = int(message.payload["connection_id"])
    try:
        with opened(
            app, message.environment_id, connection_id, seconds=PATIENCE_SECONDS
        ) as provider:
            pull(app, message.environment_id, connection_id, provider, progress)
    except (UnknownConnection, ConsentNeeded):
        return Done()  # it is queued anew when it is connected again
    except Unavailable:
        raise
    except SchedAgentError as error:  # the connection tells why; it may go well another time
        log.warning("a calendar was not synced: %s", error.message)
        return _again(app, message, connection_id)
    return _again(app, message, connection_id)


def _again(app: App, message: Message, connection_id: Number) -> Done:
    """Return when a connection is to be synced the next time."""
    with app.store.snapshot(message.environment_id) as tx:
        try:
            connection = tx.connection(connection_id)
        except UnknownConnection:
            return Done()
    after = connection.policy.sync_minutes * MINUTE
    return Done(again_at=app.clock() + round(after * random.uniform(0.9, 1.1)))  # noqa: S311  # no secret


def tell(app: App, message: Message) -> Done:
    """Tell a provider what has become of an event.

    Raises:
        CalendarUnreachable: The provider does not answer.
        ConsentNeeded: It refuses us.
        ProviderRejected: It does not take the event.
    """
    told = message.payload
    connection_id = int(told["connection_id"])
    try:
        with opened(
            app, message.environment_id, connection_id, seconds=PATIENCE_SECONDS
        ) as provider:
            push(app, message.environment_id, connection_id, int(told["event_id"]), provider)
    except UnknownConnection:
        pass  # there is nobody left to tell
    return Done()
