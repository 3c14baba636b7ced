"""Syncing connected calendars now, and working off the outbox, from the command line."""

import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sched_agent.bootstrap import Program, swept, worker
from sched_agent.errors import SchedAgentError, UnknownConnection
from sched_agent.model.caller import Caller
from sched_agent.model.connection import Connection, State
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.interval import SECOND
from sched_agent.model.outbox import Message, Topic
from sched_agent.services.environments import local_admin
from sched_agent.services.tasks import TASKS
from sched_agent.services.working import Task, Worker, at_work
from sched_agent.speech.iso import utc_text
from sched_agent.sync import tasks
from sched_agent.sync.following import lane, queue_sync

_LOOK_SECONDS = 0.1

Report = Callable[[Connection, int], None]
"""Is told how many events of a connection were looked at so far."""


class NotSynced(SchedAgentError):
    """Some calendars could not be synced."""

    hint = "They are tried again by themselves; see `sched-agent doctor`."


def sync_now(program: Program, calendar_id: Number | None, report: Report) -> list[dict[str, Any]]:
    """Sync a calendar's connections, or all, and return how each came out.

    Another process may be at it: then this one waits for it to end.

    Raises:
        UnknownConnection: Nothing is connected there.
    """
    caller = local_admin(program.environment)
    connections = _connections(program, caller, calendar_id)
    if not connections:
        raise UnknownConnection("No calendar is connected.", hint="See `sched-agent connect`.")
    now = program.app.clock()
    with program.app.store.transaction(caller.environment_id) as tx:
        for one in connections:
            queue_sync(tx, one, now)
    known = {one.id: one for one in connections}

    def run(app: Any, message: Message) -> Any:
        one = known.get(int(message.payload["connection_id"]))
        told = partial(report, one) if one else lambda _: None
        return tasks.sync(app, message, told)

    hand = Worker(
        program.app,
        {**TASKS, Topic.SYNC: Task(run=run)},
        lease_seconds=program.settings.lease_seconds,
    )
    idle = threading.Event()
    while _is_waited_for(program, caller, connections, now):
        if not hand.run_some():
            idle.wait(_LOOK_SECONDS)
    return [_told(one) for one in _connections(program, caller, calendar_id)]


def work(program: Program, threads: int) -> None:
    """Work off the outbox until the process is asked to stop."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with swept(program.app), at_work(worker(program.app, program.settings), threads):
        over.wait()


def _connections(
    program: Program, caller: Caller, calendar_id: Number | None
) -> Sequence[Connection]:
    with program.app.store.snapshot(caller.environment_id) as tx:
        found = tx.connections(None if calendar_id is None else tx.calendar(calendar_id).id)
    return [one for one in found if one.state is not State.PENDING]


def _is_waited_for(
    program: Program, caller: Caller, connections: Sequence[Connection], since: int
) -> bool:
    """Whether some sync that was asked for is neither done nor put off."""
    with program.app.store.snapshot(caller.environment_id) as tx:
        for one in connections:
            for message in tx.messages_of(lane(one.id), Topic.SYNC):
                if message.due_at <= since and message.dead_at is None:
                    return True
    return False


def _told(connection: Connection) -> dict[str, Any]:
    synced = connection.last_sync_at
    return {
        "connection_id": code(Kind.CONNECTION, connection.id),
        "calendar_id": code(Kind.CALENDAR, connection.calendar_id),
        "provider": connection.provider,
        "state": connection.state.value,
        "last_sync_at": None if synced is None else utc_text(synced // SECOND * SECOND),
        "events_synced": connection.events_synced,
        "trouble": connection.trouble,
    }
