"""Doing what event rules say, after the change that they wait for is saved.

They can't refuse or undo it. Each thing to be done is a message of its own in the outbox, under a
name that follows from the rule, the event and its version, so that nothing is done for two reasons
that are one. What rules do is no news to other rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sched_agent.app import App
from sched_agent.errors import UnknownCalendar, UnknownEvent
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.event_rule import (
    ATTENDEES,
    Action,
    Delivery,
    Email,
    EventRule,
    Label,
    Means,
    Outcome,
    Trigger,
    Webhook,
    delivery_id,
    filled,
)
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.interval import MINUTE
from sched_agent.model.outbox import Done, Message, Topic
from sched_agent.model.status import Status
from sched_agent.notices import conditions, webhooks
from sched_agent.notices.telling import values
from sched_agent.services.rule_acting import (
    FIRST_PAUSE,
    MAIL_ATTEMPTS,
    in_force,
    put_labels,
    send_mail,
    send_webhook,
    write,
)
from sched_agent.services.working import Task
from sched_agent.store.base import Reader
from sched_agent.sync.news import belongs_to_others, event_of

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Occasion:
    """What makes a rule act: an event, what happened to it, and when.

    Args:
        is_theirs: Whether a provider brought the event: then whoever wrote it is a stranger.
        mark: Tells it from other occasions of the same rule and event.
    """

    environment: Environment
    calendar: Calendar
    event: Event
    happened: Trigger
    is_theirs: bool
    mark: int
    at: int

    def name(self, rule: EventRule, *what: object) -> str:
        """Return the name of something that a rule does on this occasion."""
        return delivery_id(rule.id, self.event.id, self.happened.value, self.mark, *what)


def heard(app: App, message: Message) -> Done:
    """Find out what the environment's rules want done about what happened to an event."""
    if "rule_id" in message.payload:
        return _caught_up(app, message)
    event, happened = event_of(message.payload), Trigger(message.payload["happened"])
    with app.store.snapshot(message.environment_id) as tx:
        try:
            calendar = tx.calendar(event.calendar_id)
        except UnknownCalendar:
            return Done()
        rules = [rule for rule in tx.event_rules() if rule.enabled]
        occasion = _Occasion(
            environment=tx.environment(),
            calendar=calendar,
            event=event,
            happened=happened,
            is_theirs=message.payload["is_theirs"],
            mark=event.version,
            at=message.created_at,
        )
    then: list[Message] = []
    for rule in rules:
        if rule.trigger is happened and not message.payload["quietly"]:
            then += _wanted(app, rule, occasion)
        elif rule.trigger is Trigger.STARTS_IN:
            then += _reminder(message.environment_id, rule, event, message.created_at)
    return Done(then=then)


def _reminder(environment_id: Number, rule: EventRule, event: Event, now: int) -> Iterator[Message]:
    """Yield what looks at an event before it starts, unless that instant is over already."""
    due_at = _before(rule, event)
    if due_at > now:
        name = f"{code(Kind.EVENT_RULE, rule.id)}/{code(Kind.EVENT, event.id)}"
        yield Message(
            environment_id=environment_id,
            topic=Topic.STARTS_IN,
            key=name,
            lane=f"{Topic.STARTS_IN} {name}",
            payload={"rule_id": rule.id, "event_id": event.id},
            due_at=due_at,
            created_at=now,
        )


def _before(rule: EventRule, event: Event) -> int:
    return event.interval.start - (rule.minutes_before or 0) * MINUTE


def catching_up(environment_id: Number, rule: EventRule, now: int) -> Message:
    """Return what has a rule about events that start soon look at those that there are."""
    name = code(Kind.EVENT_RULE, rule.id)
    return Message(
        environment_id=environment_id,
        topic=Topic.EVENT_RULES,
        key=name,
        lane=f"{Topic.EVENT_RULES} {name}",
        payload={"rule_id": rule.id, "after": None},
        due_at=now,
        created_at=now,
    )


def _caught_up(app: App, message: Message) -> Done:
    now, after = app.clock(), message.payload["after"]
    with app.store.snapshot(message.environment_id) as tx:
        rule = in_force(tx, message.payload["rule_id"])
        if rule is None or rule.trigger is not Trigger.STARTS_IN:
            return Done()
        wanted = EventFilter(
            calendar_ids=_calendars(tx),
            starts_from=now,
            statuses=frozenset({Status.CONFIRMED, Status.TENTATIVE}),
            after=None if after is None else (after[0], after[1]),
        )
        found = tx.events(wanted, _AT_ONCE, now)
    then = [one for event in found for one in _reminder(message.environment_id, rule, event, now)]
    if len(found) == _AT_ONCE:
        last = found[-1]
        payload = {"rule_id": rule.id, "after": [last.interval.start, last.id]}
        then.append(replace(message, payload=payload, due_at=now))
    return Done(then=then)


def _calendars(tx: Reader) -> tuple[Number, ...]:
    found: list[Number] = []
    while page := tx.calendars(None, _AT_ONCE, found[-1] if found else 0):
        found += [calendar.id for calendar in page]
    return tuple(found)


def starts_soon(app: App, message: Message) -> Done:
    """Do what a rule says about an event that starts soon, if it still does."""
    now = app.clock()
    with app.store.snapshot(message.environment_id) as tx:
        rule = in_force(tx, message.payload["rule_id"])
        if rule is None or rule.trigger is not Trigger.STARTS_IN:
            return Done()
        try:
            event = tx.event(message.payload["event_id"]).as_of(now)
        except UnknownEvent:
            return Done()
        calendar, environment = tx.calendar(event.calendar_id), tx.environment()
        is_theirs = belongs_to_others(tx, event)
    if event.status is Status.CANCELLED or event.is_hold:
        return Done()
    due_at = _before(rule, event)
    if due_at > now:  # it was moved
        return Done(again_at=due_at)
    if event.interval.start <= now:
        return Done()
    occasion = _Occasion(
        environment=environment,
        calendar=calendar,
        event=event,
        happened=Trigger.STARTS_IN,
        is_theirs=is_theirs,
        mark=event.interval.start,
        at=now,
    )
    return Done(then=_wanted(app, rule, occasion))


def _wanted(app: App, rule: EventRule, occasion: _Occasion) -> Sequence[Message]:
    """Return what a rule wants done on an occasion; nothing if its condition does not hold."""
    try:
        if not conditions.holds(rule.condition, occasion.event, occasion.calendar, occasion.at):
            return ()
    except conditions.Undecided as undecided:
        log = Delivery(
            rule_id=rule.id,
            delivery_id=occasion.name(rule, Means.CONDITION.value),
            means=Means.CONDITION,
            event_name=occasion.happened.value,
            event_id=occasion.event.id,
            attempt=1,
            at=app.clock(),
            outcome=Outcome.GAVE_UP,
            trouble=str(undecided),
        )
        write(app, occasion.environment.id, log)
        return ()
    return [
        message
        for number, action in enumerate(rule.actions)
        for message in _to_do(rule, occasion, number, action)
    ]


def _to_do(rule: EventRule, occasion: _Occasion, number: int, action: Action) -> Iterator[Message]:
    match action:
        case Webhook():
            happened = occasion.happened.value
            about = (occasion.event, occasion.calendar)
            body = webhooks.body(
                action.style, happened, rule, occasion.environment, about, occasion.at
            )
            sent = {"url": action.url, "style": action.style.value, "body": body, "attempt": 1}
            lane = f"{Topic.WEBHOOK} {code(Kind.EVENT_RULE, rule.id)}"
            yield _message(rule, occasion, (number,), Topic.WEBHOOK, lane, action, sent)
        case Email():
            known = values(occasion.event, occasion.calendar)
            for name, address in _recipients(action, occasion):
                told = known | {"name": name}
                letter = {
                    "to": address,
                    "subject": filled(action.subject, told),
                    "text": filled(action.text, told),
                }
                lane = Topic.EMAIL.value
                yield _message(rule, occasion, (number, address), Topic.EMAIL, lane, action, letter)
        case Label():
            labels = {"add": list(action.add), "remove": list(action.remove)}
            lane = f"{Topic.LABEL} {code(Kind.EVENT, occasion.event.id)}"
            yield _message(rule, occasion, (number,), Topic.LABEL, lane, action, labels)


def _recipients(action: Email, occasion: _Occasion) -> Sequence[tuple[str, str]]:
    """Return the names and addresses to which a mail goes; one that comes twice gets it once.

    Nobody gets a mail because a stranger has invited them, at a provider, to a text of their own.
    """
    if action.to != ATTENDEES:
        return [("", action.to)]
    if occasion.is_theirs:
        return []
    return [(one.name or "", one.email) for one in occasion.event.attendees if one.email]


def _message(
    rule: EventRule,
    occasion: _Occasion,
    what: tuple[object, ...],
    topic: Topic,
    lane: str,
    action: Action,
    payload: Mapping[str, Any],
) -> Message:
    name = occasion.name(rule, *what)
    return Message(
        environment_id=occasion.environment.id,
        topic=topic,
        key=name,
        lane=lane,
        payload={
            "rule_id": rule.id,
            "event_id": occasion.event.id,
            "happened": occasion.happened.value,
            **payload,
        },
        due_at=occasion.at + action.delay_minutes * MINUTE,
        created_at=occasion.at,
    )


RULE_TASKS: Mapping[Topic, Task] = {
    Topic.EVENT_RULES: Task(run=heard),
    Topic.STARTS_IN: Task(run=starts_soon),
    Topic.WEBHOOK: Task(run=send_webhook),
    Topic.EMAIL: Task(run=send_mail, attempts=MAIL_ATTEMPTS, first_pause=FIRST_PAUSE),
    Topic.LABEL: Task(run=put_labels),
}
"""How the worker does what event rules want done."""
