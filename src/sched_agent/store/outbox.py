"""What every store that speaks SQL keeps of what has to be done after a commit."""

import json
from collections.abc import Sequence
from typing import Any

from sched_agent.model.ids import Number
from sched_agent.model.outbox import Message, Topic
from sched_agent.store.statements import Connection, Reading, Row, Writing

MESSAGE = (
    "environment_id, topic, key, lane, payload, due_at, attempts, generation, lease, trouble, "
    "dead_at, created_at"
)
_HELD = "environment_id = ? and topic = ? and key = ? and lease = ?"


class OutboxReader(Reading):
    """See `store.base.Reader`."""

    def messages(self, *, dead: bool, limit: int) -> Sequence[Message]:
        """See `store.base.Reader`."""
        which = "not null" if dead else "null"
        found = self._all(
            f"select {MESSAGE} from outbox where environment_id = ? and dead_at is {which}"
            " order by due_at, topic, key limit ?",
            limit,
        )
        return [message(row) for row in found]

    def messages_of(self, lane: str, topic: Topic) -> Sequence[Message]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {MESSAGE} from outbox indexed by outbox_of_lane"
            " where environment_id = ? and lane = ? and topic = ? order by key",
            lane,
            topic.value,
        )
        return [message(row) for row in found]


class OutboxWriter(Writing):
    """See `store.base.Transaction`."""

    def queue(self, message: Message) -> None:
        """See `store.base.Transaction`."""
        row = {
            "topic": message.topic.value,
            "key": message.key,
            "lane": message.lane,
            "payload": json.dumps(dict(message.payload), ensure_ascii=False),
            "due_at": message.due_at,
            "attempts": 0,
            "generation": 1,
            "created_at": message.created_at,
        }
        self._insert(
            "outbox",
            row,
            " on conflict (environment_id, topic, key) do update set lane = excluded.lane,"
            " payload = excluded.payload, due_at = excluded.due_at, attempts = 0,"
            " generation = outbox.generation + 1, trouble = null, dead_at = null",
        )

    def unqueue(self, topic: Topic, key: str) -> bool:
        """See `store.base.Transaction`."""
        sql = "delete from outbox where environment_id = ? and topic = ? and key = ?"
        return self._change(sql, topic.value, key) > 0

    def end(self, message: Message, again_at: int | None) -> None:
        """See `store.base.Transaction`."""
        held = (message.topic.value, message.key, message.lease)
        if again_at is None:
            self._change(
                f"delete from outbox where {_HELD} and generation = ?", *held, message.generation
            )
        else:
            self._connection.execute(
                "update outbox set due_at = ?, attempts = 0, trouble = null"
                f" where {_HELD} and generation = ?",
                (again_at, self._environment_id, *held, message.generation),
            )
        self._release(held)

    def put_off(self, message: Message, until: int, trouble: str) -> None:
        """See `store.base.Transaction`."""
        self._later(message, until, trouble, message.attempts)

    def put_back(self, message: Message, until: int, trouble: str | None) -> None:
        """See `store.base.Transaction`."""
        self._later(message, until, trouble, message.attempts - 1)

    def _later(self, message: Message, until: int, trouble: str | None, attempts: int) -> None:
        held = (message.topic.value, message.key, message.lease)
        self._connection.execute(
            "update outbox set due_at = ?, trouble = ?, attempts = ?"
            f" where {_HELD} and generation = ?",
            (until, trouble, attempts, self._environment_id, *held, message.generation),
        )
        self._release(held)

    def give_up(self, message: Message, now: int, trouble: str) -> None:
        """See `store.base.Transaction`."""
        held = (message.topic.value, message.key, message.lease)
        self._connection.execute(
            f"update outbox set dead_at = ?, trouble = ? where {_HELD} and generation = ?",
            (now, trouble, self._environment_id, *held, message.generation),
        )
        self._release(held)

    def _release(self, held: tuple[str, str, str | None]) -> None:
        self._change(f"update outbox set lease = null, leased_until = null where {_HELD}", *held)


def is_any_due(connection: Connection, now: int, begins: int) -> bool:
    """Whether there is a message that is due, in a lane that nobody has leased."""
    return _longest_waiting(connection, now, begins) is not None


def lease(
    connection: Connection, lease: str, *, now: int, begins: int, until: int, limit: int
) -> Sequence[Message]:
    """Lease the due messages of the lane that has waited longest; see `store.base.Store.lease`.

    Nobody else leases at the same time: the caller sees to that.
    """
    row = _longest_waiting(connection, now, begins)
    if row is None:
        return []
    found = connection.execute(
        f"select {MESSAGE} from outbox indexed by outbox_of_lane where environment_id = ?"
        " and lane = ? and dead_at is null and due_at <= ? order by due_at, topic, key limit ?",
        (*row, now, limit),
    ).fetchall()
    for one in found:
        connection.execute(
            "update outbox set lease = ?, leased_until = ?, attempts = attempts + 1"
            " where environment_id = ? and topic = ? and key = ?",
            (lease, until, *one[:3]),
        )
    return [message((*one[:6], one[6] + 1, one[7], lease, *one[9:])) for one in found]


def _longest_waiting(connection: Connection, now: int, begins: int) -> Row | None:
    """Return the environment and the lane that is due longest of those that are not leased."""
    row: Row | None = connection.execute(
        "select environment_id, lane from outbox where dead_at is null and due_at <= ?"
        " and (environment_id, lane) not in"
        "  (select environment_id, lane from outbox where lease is not null and leased_until > ?)"
        " order by due_at limit 1",
        (now, begins),
    ).fetchone()
    return row


def renew(connection: Connection, lease: str, until: int) -> bool:
    """See `store.base.Store.renew`."""
    sql = "update outbox set leased_until = ? where lease = ?"
    return connection.execute(sql, (until, lease)).rowcount > 0


def waiting(connection: Connection, now: int) -> tuple[int, int, int | None]:
    """See `store.base.Store.waiting`."""
    row: Row = connection.execute(
        "select count(*), coalesce(sum(case when dead_at is not null then 1 else 0 end), 0),"
        " min(case when dead_at is null and due_at <= ? then due_at end) from outbox",
        (now,),
    ).fetchone()
    return int(row[0]) - int(row[1]), int(row[1]), row[2]


def message(row: Row) -> Message:
    """Return the message of a `MESSAGE` row."""
    environment_id: Number = row[0]
    payload: dict[str, Any] = json.loads(row[4])
    return Message(
        environment_id=environment_id,
        topic=Topic(row[1]),
        key=row[2],
        lane=row[3],
        payload=payload,
        due_at=row[5],
        attempts=row[6],
        generation=row[7],
        lease=row[8],
        trouble=row[9],
        dead_at=row[10],
        created_at=row[11],
    )
