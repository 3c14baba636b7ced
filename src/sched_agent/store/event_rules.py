"""What every store that speaks SQL keeps of event rules, and of what came of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sched_agent.errors import UnknownEventRule
from sched_agent.model.event_rule import (
    DELIVERIES_KEPT,
    Action,
    Delivery,
    Email,
    EventRule,
    Label,
    Means,
    Outcome,
    Style,
    Trigger,
    Webhook,
)
from sched_agent.model.ids import Number
from sched_agent.store.statements import Reading, Row, Writing

_RULE = (
    "event_rule_id, name, trigger_name, minutes_before, condition_text, actions, enabled, "
    "sealed_secret, created_at, updated_at"
)  # column names
_DELIVERY = (
    "event_rule_id, delivery_id, means, event_name, event_id, attempt, at, outcome, http_status, "
    "duration_ms, trouble"
)


class EventRuleReader(Reading):
    """See `store.base.Reader`."""

    _triggers: frozenset[Trigger] | None = None

    def event_rules(self) -> Sequence[EventRule]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_RULE} from event_rule where environment_id = ?"
            " order by created_at, event_rule_id"
        )
        return [_rule(row) for row in found]

    def event_rule(self, rule_id: Number) -> EventRule:
        """See `store.base.Reader`."""
        row = self._one(
            f"select {_RULE} from event_rule where environment_id = ? and event_rule_id = ?",
            rule_id,
        )
        if row is None:
            raise _unknown()
        return _rule(row)

    def triggers(self) -> frozenset[Trigger]:
        """See `store.base.Reader`. They are read once: many events may be written at once."""
        if self._triggers is None:
            found = self._all(
                "select distinct trigger_name from event_rule"
                " where environment_id = ? and enabled = ?",
                True,
            )
            self._triggers = frozenset(Trigger(row[0]) for row in found)
        return self._triggers

    def deliveries(self, rule_id: Number) -> Sequence[Delivery]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_DELIVERY} from delivery where environment_id = ? and event_rule_id = ?"
            " order by at desc, delivery_id, attempt desc",
            rule_id,
        )
        return [_delivery(row) for row in found]

    def is_delivered(self, rule_id: Number, delivery_id: str) -> bool:
        """See `store.base.Reader`."""
        row = self._one(
            "select 1 from delivery where environment_id = ? and event_rule_id = ?"
            " and delivery_id = ? and outcome = ? limit 1",
            rule_id,
            delivery_id,
            Outcome.DELIVERED.value,
        )
        return row is not None


class EventRuleWriter(Writing):
    """See `store.base.Transaction`."""

    _triggers: frozenset[Trigger] | None = None

    def add_event_rule(self, rule: EventRule) -> EventRule:
        """See `store.base.Transaction`."""
        self._triggers = None
        kept = replace(rule, id=self._unused("event_rule", "event_rule_id"))
        self._insert("event_rule", _rule_row(kept))
        return kept

    def put_event_rule(self, rule: EventRule) -> None:
        """See `store.base.Transaction`."""
        self._triggers = None
        if not self._replace("event_rule", _rule_row(rule), key=("event_rule_id",)):
            raise _unknown()

    def delete_event_rule(self, rule_id: Number) -> None:
        """See `store.base.Transaction`."""
        self._triggers = None
        self._change("delete from delivery where environment_id = ? and event_rule_id = ?", rule_id)
        sql = "delete from event_rule where environment_id = ? and event_rule_id = ?"
        if not self._change(sql, rule_id):
            raise _unknown()

    def add_delivery(self, delivery: Delivery) -> None:
        """See `store.base.Transaction`."""
        key = ("event_rule_id", "delivery_id", "attempt")
        self._put("delivery", _delivery_row(delivery), key=key)
        oldest = self._one(
            "select at from delivery where environment_id = ? and event_rule_id = ?"
            f" order by at desc limit 1 offset {DELIVERIES_KEPT}",
            delivery.rule_id,
        )
        if oldest is not None:
            self._change(
                "delete from delivery where environment_id = ? and event_rule_id = ? and at <= ?",
                delivery.rule_id,
                oldest[0],
            )


def _rule_row(rule: EventRule) -> dict[str, Any]:
    """Return a rule's columns in the order of `_RULE`."""
    return {
        "event_rule_id": rule.id,
        "name": rule.name,
        "trigger_name": rule.trigger.value,
        "minutes_before": rule.minutes_before,
        "condition_text": rule.condition,
        "actions": json.dumps([_action_row(one) for one in rule.actions], ensure_ascii=False),
        "enabled": rule.enabled,
        "sealed_secret": rule.sealed_secret,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
    }


def _rule(row: Row) -> EventRule:
    return EventRule(
        id=row[0],
        name=row[1],
        trigger=Trigger(row[2]),
        minutes_before=row[3],
        condition=row[4],
        actions=tuple(_action(one) for one in json.loads(row[5])),
        enabled=bool(row[6]),
        sealed_secret=row[7],
        created_at=row[8],
        updated_at=row[9],
    )


def _action_row(action: Action) -> dict[str, Any]:
    means = {Webhook: Means.WEBHOOK, Email: Means.EMAIL, Label: Means.LABEL}[type(action)]
    return {"means": means.value, **asdict(action)}


def _action(row: Mapping[str, Any]) -> Action:
    fields = {name: value for name, value in row.items() if name != "means"}
    match Means(row["means"]):
        case Means.WEBHOOK:
            return Webhook(**fields | {"style": Style(fields["style"])})
        case Means.EMAIL:
            return Email(**fields)
        case _:
            lists = {name: tuple(fields[name]) for name in ("add", "remove")}
            return Label(**fields | lists)


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery's columns in the order of `_DELIVERY`."""
    return {
        "event_rule_id": delivery.rule_id,
        "delivery_id": delivery.delivery_id,
        "means": delivery.means.value,
        "event_name": delivery.event_name,
        "event_id": delivery.event_id,
        "attempt": delivery.attempt,
        "at": delivery.at,
        "outcome": delivery.outcome.value,
        "http_status": delivery.http_status,
        "duration_ms": delivery.duration_ms,
        "trouble": delivery.trouble,
    }


def _delivery(row: Row) -> Delivery:
    return Delivery(
        rule_id=row[0],
        delivery_id=row[1],
        means=Means(row[2]),
        event_name=row[3],
        event_id=row[4],
        attempt=row[5],
        at=row[6],
        outcome=Outcome(row[7]),
        http_status=row[8],
        duration_ms=row[9],
        trouble=row[10],
    )


def _unknown() -> UnknownEventRule:
    return UnknownEventRule("No event rule has that id.")
