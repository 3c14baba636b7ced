"""How each topic of the outbox is done."""

from collections.abc import Mapping

from sched_agent.model.outbox import Topic
from sched_agent.services.rule_running import RULE_TASKS
from sched_agent.services.working import Task
from sched_agent.sync import tasks

TASKS: Mapping[Topic, Task] = {
    Topic.SYNC: Task(run=tasks.sync),
    Topic.PUSH: Task(run=tasks.tell),
    **RULE_TASKS,
}
