"""What the outbox has us do with providers."""

import random

from sched_agent.app import App
from sched_agent.errors import ConsentNeeded, UnknownConnection
from sched_agent.model.interval import MINUTE
from sched_agent.model.outbox import Done, Message
from sched_agent.sync.access import opened
from sched_agent.sync.apply import Progress, pull
from sched_agent.sync.push import push

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
        with app.store.snapshot(message.environment_id) as tx:
            connection = tx.connection(connection_id)
    except (UnknownConnection, ConsentNeeded):
        return Done()  # it is queued anew when it is connected again
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
