"""What has to be done after a commit, and is written down in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sched_agent.model.ids import Number


class Topic(StrEnum):
    """What is to be done."""

    SYNC = "sync"
    PUSH = "push"
    EVENT_RULES = "event_rules"
    STARTS_IN = "starts_in"
    WEBHOOK = "webhook"
    EMAIL = "email"
    LABEL = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to be done. Instants are UTC microseconds.

    It may be begun more than once, so it says what is to be reached and not by which steps.

    Args:
        environment_id: The environment.
        topic: What is to be done.
        key: With what: there is one message of a topic for it. One that is put again is done
            again, after the one that is under way.
        lane: Messages of a lane are done one after the other.
        payload: More about it; plain JSON.
        due_at: When it is to be begun.
        attempts: How often it was begun.
        generation: Counts from 1 how often it was put.
        lease: Who does it at the moment.
        trouble: Why it failed last, in words.
        dead_at: When it was given up.
        created_at: When it was put first.
    """

    environment_id: Number
    topic: Topic
    key: str
    lane: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_at: int
    attempts: int = 0
    generation: int = 1
    lease: str | None = None
    trouble: str | None = None
    dead_at: int | None = None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What becomes of a message that was done.

    Args:
        again_at: When it is to be done again, if ever.
        then: Further messages, which are put in the transaction that ends this one.
    """

    again_at: int | None = None
    then: Sequence[Message] = ()
