"""The event rules of an environment; `rule_running` does what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, Unsupported
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event_rule import (
    ATTENDEES,
    LONGEST_MINUTES,
    Action,
    Delivery,
    Email,
    EventRule,
    Label,
    Means,
    Trigger,
    Webhook,
)
from sched_agent.model.ids import Number
from sched_agent.notices import conditions, mail, webhooks
from sched_agent.notices.telling import sample
from sched_agent.providers.vault import Vault
from sched_agent.services.rule_running import catching_up
from sched_agent.store.base import Transaction

MOST_RULES = 100
"""Of one environment: each is looked at for each change of an event."""
MOST_ACTIONS = 10
TEST = "event:test"
"""What a test delivery says has happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """An event rule as somebody makes it; see `EventRule`."""

    name: str
    trigger: Trigger
    minutes_before: int | None = None
    condition: str | None = None
    actions: tuple[Action, ...]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """An event rule, and its secret if it got one now: it is not told again."""

    rule: EventRule
    secret: str | None


def create(app: App, caller: Caller, new: NewRule) -> Kept:
    """Make an event rule.

    Raises:
        NotAllowed: The caller is no admin; here and in all that follows.
        InvalidArgument: The condition can't be read, an address can't be used, or something
            else can't be.
        Unsupported: This server has no key to keep the secret with, or sends no mail.
    """
    caller.require(Level.ADMIN)
    now = app.clock()
    rule = EventRule(
        id=0,
        name=new.name,
        trigger=new.trigger,
        minutes_before=new.minutes_before,
        condition=new.condition,
        actions=new.actions,
        enabled=new.enabled,
        created_at=now,
        updated_at=now,
    )
    _check(app, rule)
    rule, secret = _with_secret(app, rule)
    with app.store.transaction(caller.environment_id) as tx:
        if len(tx.event_rules()) >= MOST_RULES:
            raise InvalidArgument(
                f"There are {MOST_RULES} event rules, as many as there may be.",
                hint="Delete one first.",
            )
        kept = tx.add_event_rule(rule)
        _catch_up(tx, caller, kept, now)
    return Kept(kept, secret)


def find_all(app: App, caller: Caller) -> Sequence[EventRule]:
    """Return the environment's event rules, oldest first."""
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.event_rules()


def get(app: App, caller: Caller, rule_id: Number) -> EventRule:
    """Return an event rule.

    Raises:
        UnknownEventRule: There is none with that id; here and in all that follows.
    """
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.event_rule(rule_id)


def revise(app: App, caller: Caller, rule_id: Number, fields: Mapping[str, Any]) -> Kept:
    """Change fields of an event rule; what is already on its way is done as it was.

    Raises:
        InvalidArgument: See `create`.
        Unsupported: See `create`.
    """
    caller.require(Level.ADMIN)
    now = app.clock()
    with app.store.snapshot(caller.environment_id) as tx:
        before = tx.event_rule(rule_id)
    _check(app, replace(before, **fields))  # which takes longer than others should wait
    with app.store.transaction(caller.environment_id) as tx:
        rule = replace(tx.event_rule(rule_id), **fields, updated_at=now)
        rule, secret = _with_secret(app, rule)
        tx.put_event_rule(rule)
        _catch_up(tx, caller, rule, now)
    return Kept(rule, secret)


def delete(app: App, caller: Caller, rule_id: Number) -> None:
    """Delete an event rule and its log; what is on its way is not done any more."""
    caller.require(Level.ADMIN)
    with app.store.transaction(caller.environment_id) as tx:
        tx.delete_event_rule(rule_id)


def deliveries(app: App, caller: Caller, rule_id: Number) -> Sequence[Delivery]:
    """Return what came of a rule's latest tries, the newest first."""
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        tx.event_rule(rule_id)
        return tx.deliveries(rule_id)


def test(app: App, caller: Caller, rule_id: Number) -> Sequence[Delivery]:
    """Send a test to each of a rule's webhooks now, once, and return what came of it.

    Raises:
        InvalidArgument: The rule has no webhook.
    """
    caller.require(Level.ADMIN)
    with app.store.snapshot(caller.environment_id) as tx:
        rule, environment = tx.event_rule(rule_id), tx.environment()
    if rule.sealed_secret is None or not rule.webhooks:
        raise InvalidArgument("The rule has no webhook that could be tested.", hint="")
    secret = Vault(app.outside.keys).unseal(rule.sealed_secret)
    tried = []
    for number, action in enumerate(rule.webhooks):
        now = app.clock()
        parcel = webhooks.Parcel(
            url=action.url,
            style=action.style,
            delivery_id=f"{_TEST_PREFIX}{now}_{number}",
            body=webhooks.body(action.style, TEST, rule, environment, sample(now), now),
        )
        result = webhooks.send(parcel, secret, now, allow_private=app.outside.allow_private)
        tried.append(
            Delivery(
                rule_id=rule.id,
                delivery_id=parcel.delivery_id,
                means=Means.WEBHOOK,
                event_name=TEST,
                event_id=None,
                attempt=1,
                at=now,
                outcome=result.outcome,
                http_status=result.http_status,
                duration_ms=result.duration_ms,
                trouble=result.trouble,
            )
        )
    with app.store.transaction(caller.environment_id) as tx:
        tx.event_rule(rule_id)
        for one in tried:
            tx.add_delivery(one)
    return tried


_TEST_PREFIX = "msg_test_"


def _check(app: App, rule: EventRule) -> None:
    if not rule.name.strip():
        raise _wrong("name", "has nothing to read")
    if rule.minutes_before is not None and not 1 <= rule.minutes_before <= LONGEST_MINUTES:
        raise _wrong("minutes_before", f"must be from 1 to {LONGEST_MINUTES}")
    if not 1 <= len(rule.actions) <= MOST_ACTIONS:
        raise _wrong("actions", f"must be from 1 to {MOST_ACTIONS}")
    if rule.condition is not None:
        conditions.check(rule.condition)
    for action in rule.actions:
        _check_action(app, rule, action)


def _check_action(app: App, rule: EventRule, action: Action) -> None:
    if not 0 <= action.delay_minutes <= LONGEST_MINUTES:
        raise _wrong("delay_minutes", f"must be from 0 to {LONGEST_MINUTES}")
    match action:
        case Webhook():
            webhooks.check_url(action.url, allow_private=app.outside.allow_private)
        case Email():
            if app.outside.mail is None or app.outside.mail_from is None:
                raise mail.sends_none()
            if action.to != ATTENDEES:
                mail.check_address(action.to)
        case Label():
            if not action.add and not action.remove:
                raise _wrong("actions", "has a label action that neither adds nor removes one")
            if rule.trigger is Trigger.DELETED:
                raise Unsupported("An event that is deleted can't be labelled.")


def _with_secret(app: App, rule: EventRule) -> tuple[EventRule, str | None]:
    """Return a rule with a secret, if it needs one and has none, and that secret."""
    if not rule.webhooks or rule.sealed_secret is not None:
        return rule, None
    secret = webhooks.new_secret()
    return replace(rule, sealed_secret=Vault(app.outside.keys).seal(secret)), secret


def _catch_up(tx: Transaction, caller: Caller, rule: EventRule, now: int) -> None:
    """Let a rule about events that start soon know of those that there are already."""
    if rule.enabled and rule.trigger is Trigger.STARTS_IN:
        tx.queue(catching_up(caller.environment_id, rule, now))


def _wrong(field: str, what: str) -> InvalidArgument:
    return InvalidArgument(f"{field} {what}.", fields={field: what})
