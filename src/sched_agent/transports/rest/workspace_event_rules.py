"""The workspace family's event rules: `/api/v2/w/{workspace_uuid}/event-rules`.

The pages name them and document their webhooks, not their paths: docs/adr/0023 decides those.
"""

from typing import Annotated

from fastapi import Path

from sched_agent.services import event_rules
from sched_agent.transports.rest.common import Asking, Running
from sched_agent.transports.rest.workspace_common import PageNumber, PageSize, workspace_router
from sched_agent.transports.rest.workspace_rule_shapes import (
    CreateEventRuleRequest,
    DeliveryResponse,
    EventRuleResponse,
    UpdateEventRuleRequest,
)
from sched_agent.transports.rest.workspace_shapes import LARGEST, Deleted, PaginatedResponse

router = workspace_router()
_TAG = "event rules"

RuleId = Annotated[int, Path(ge=1, le=LARGEST, description="The event rule's number")]


@router.get("/event-rules", tags=[_TAG])
def list_event_rules(
    app: Running, caller: Asking, page: PageNumber = 1, page_size: PageSize = 50
) -> PaginatedResponse[EventRuleResponse]:
    """List the workspace's event rules, oldest first."""
    found = event_rules.find_all(app, caller)
    first = (page - 1) * page_size
    rows = [EventRuleResponse.of(rule) for rule in found[first : first + page_size]]
    return PaginatedResponse[EventRuleResponse].of(rows, (page, page_size), len(found))


@router.post("/event-rules", tags=[_TAG])
def create_event_rule(
    app: Running, caller: Asking, body: CreateEventRuleRequest
) -> EventRuleResponse:
    """Make an event rule. It runs after a change is saved, and can't refuse or undo it.

    The secret that its webhooks are signed with is in this answer alone.
    """
    return EventRuleResponse.kept(event_rules.create(app, caller, body.value()))


@router.get("/event-rules/{rule_id}", tags=[_TAG])
def get_event_rule(app: Running, caller: Asking, rule_id: RuleId) -> EventRuleResponse:
    """Read an event rule."""
    return EventRuleResponse.of(event_rules.get(app, caller, rule_id))


@router.put("/event-rules/{rule_id}", tags=[_TAG])
def update_event_rule(
    app: Running, caller: Asking, rule_id: RuleId, body: UpdateEventRuleRequest
) -> EventRuleResponse:
    """Change an event rule: what is not sent stays. What is on its way already goes as it was."""
    return EventRuleResponse.kept(event_rules.revise(app, caller, rule_id, body.fields()))


@router.delete("/event-rules/{rule_id}", tags=[_TAG])
def delete_event_rule(app: Running, caller: Asking, rule_id: RuleId) -> Deleted:
    """Delete an event rule and its log; what is on its way is not done any more."""
    event_rules.delete(app, caller, rule_id)
    return Deleted()


@router.post("/event-rules/{rule_id}/test", tags=[_TAG])
def test_event_rule(app: Running, caller: Asking, rule_id: RuleId) -> list[DeliveryResponse]:
    """Send a test, `event:test`, to each of the rule's webhooks now and tell what came of it."""
    return [DeliveryResponse.of(one) for one in event_rules.test(app, caller, rule_id)]


@router.get("/event-rules/{rule_id}/deliveries", tags=[_TAG])
def list_deliveries(
    app: Running, caller: Asking, rule_id: RuleId, page: PageNumber = 1, page_size: PageSize = 50
) -> PaginatedResponse[DeliveryResponse]:
    """List what came of the rule's latest tries, newest first; older ones are not kept."""
    found = event_rules.deliveries(app, caller, rule_id)
    first = (page - 1) * page_size
    rows = [DeliveryResponse.of(one) for one in found[first : first + page_size]]
    return PaginatedResponse[DeliveryResponse].of(rows, (page, page_size), len(found))
