"""How each topic of the outbox is done."""

from collections.abc import Mapping

from sched_agent.model.interval import MINUTE
from sched_agent.model.outbox import Topic
from sched_agent.services.rule_running import RULE_TASKS
from sched_agent.services.working import Task
from sched_agent.sync import tasks

TASKS: Mapping[Topic, Task] = {
    # a calendar is unknown for no longer than need be once its provider is back
    Topic.SYNC: Task(run=tasks.sync, longest_pause=2 * MINUTE),
    Topic.PUSH: Task(run=tasks.tell, longest_pause=5 * MINUTE),
    **RULE_TASKS,
}
