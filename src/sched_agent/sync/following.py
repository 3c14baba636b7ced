"""What follows from a change of an event: it is written down in the change's own transaction.

Whoever writes an event writes it through here, so that nothing that follows is forgotten.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from typing import Any

from sched_agent.model.connection import Connection, State
from sched_agent.model.event import Event, SyncState
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.outbox import Message, Topic
from sched_agent.model.remote import Content
from sched_agent.model.status import Status
from sched_agent.store.base import Reader, Transaction
