"""Doing one thing that an event rule wants done: a webhook, a mail, labels."""

import random
from dataclasses import replace
from time import monotonic

from sched_agent.app import App
from sched_agent.errors import (
    ProviderRejected,
    SchedAgentError,
    Unavailable,
    UnknownEvent,
    UnknownEventRule,
)
from sched_agent.model.event_rule import (
    LABELS,
    Delivery,
    EventRule,
    Label,
    Means,
    Outcome,
    Style,
    labelled,
    labels_of,
)
from sched_agent.model.ids import Number
from sched_agent.model.interval import SECOND
from sched_agent.model.outbox import Done, Message
from sched_agent.notices import mail, webhooks
from sched_agent.providers.vault import Vault
from sched_agent.store.base import Reader

WEBHOOK_ATTEMPTS = 5
MAIL_ATTEMPTS = 10
FIRST_PAUSE = 10 * SECOND
"""Before the second attempt; each further pause is twice as long."""


def send_webhook(app: App, message: Message) -> Done:
    """Send a webhook once, and have it sent again later if that fails.

    Raises:
        ProviderRejected: That was the last attempt.
    """
    told = message.payload
    rule = _still_wanted(app, message)
    if rule is None or rule.sealed_secret is None:
        return Done()
    parcel = webhooks.Parcel(
        url=told["url"],
        style=Style(told["style"]),
        delivery_id=message.key,
        body=told["body"],
    )
    secret = Vault(app.outside.keys).unseal(rule.sealed_secret)
    attempt: int = told["attempt"]
    result = webhooks.send(parcel, secret, app.clock(), allow_private=app.outside.allow_private)
    if result.outcome is Outcome.FAILED and attempt >= WEBHOOK_ATTEMPTS:
        result = replace(result, outcome=Outcome.GAVE_UP)
    log = _log(app, message, Means.WEBHOOK, result.outcome, result.trouble, attempt)
    log = replace(log, http_status=result.http_status, duration_ms=result.duration_ms)
    write(app, message.environment_id, log)
    if result.outcome is Outcome.DELIVERED:
        return Done()
    if result.outcome is Outcome.GAVE_UP:
        raise ProviderRejected(result.trouble or "", hint="Look at the rule's deliveries.")
    # counted here and not by the worker, to which others to the same receiver would fail, too
    pause = (FIRST_PAUSE << (attempt - 1)) * random.uniform(0.7, 1.3)  # noqa: S311  # no secret
    again = replace(
        message, payload={**told, "attempt": attempt + 1}, due_at=app.clock() + round(pause)
    )
    return Done(then=[again])


def send_mail(app: App, message: Message) -> Done:
    """Hand a mail over.

    Raises:
        Unavailable: The mail server does not take it now.
        ProviderRejected: It will not take it.
        Unsupported: There is no mail server.
    """
    told = message.payload
    if _still_wanted(app, message) is None:
        return Done()
    letter = mail.Mail(
        mail_id=message.key,
        to=told["to"],
        subject=told["subject"],
        text=told["text"],
        at=message.created_at,
    )
    began = monotonic()
    failed: SchedAgentError | None = None
    try:
        mail.send(letter, server=app.outside.mail, sender=app.outside.mail_from)
    except SchedAgentError as error:
        failed = error
    will_try = isinstance(failed, Unavailable) and message.attempts < MAIL_ATTEMPTS
    outcome = Outcome.DELIVERED if failed is None else Outcome.GAVE_UP
    trouble = None if failed is None else failed.message
    log = _log(
        app,
        message,
        Means.EMAIL,
        Outcome.FAILED if will_try else outcome,
        trouble,
        message.attempts,
    )
    log = replace(log, duration_ms=round((monotonic() - began) * 1000))
    write(app, message.environment_id, log)
    if failed is not None:
        raise failed
    return Done()


def put_labels(app: App, message: Message) -> Done:
    """Put labels on an event, and take others off: neither a new version of it nor news."""
    told = message.payload
    with app.store.transaction(message.environment_id) as tx:
        if in_force(tx, told["rule_id"]) is None:
            return Done()
        try:
            _, event = tx.lock_event(told["event_id"])
        except UnknownEvent:
            return Done()
        labels = labelled(event, Label(add=tuple(told["add"]), remove=tuple(told["remove"])))
        if labels != labels_of(event):
            metadata = {**(event.metadata or {}), LABELS: list(labels)}
            tx.put_event(replace(event, metadata=metadata))
        tx.add_delivery(_log(app, message, Means.LABEL, Outcome.DELIVERED, None, 1))
    return Done()


def in_force(tx: Reader, rule_id: Number) -> EventRule | None:
    """Return a rule that is in force."""
    try:
        rule = tx.event_rule(rule_id)
    except UnknownEventRule:
        return None
    return rule if rule.enabled else None


def _still_wanted(app: App, message: Message) -> EventRule | None:
    """Return the rule of a message, if it is in force and this is not known to be done."""
    with app.store.snapshot(message.environment_id) as tx:
        rule = in_force(tx, message.payload["rule_id"])
        return None if rule is None or tx.is_delivered(rule.id, message.key) else rule


def _log(
    app: App, message: Message, means: Means, outcome: Outcome, trouble: str | None, attempt: int
) -> Delivery:
    return Delivery(
        rule_id=message.payload["rule_id"],
        delivery_id=message.key,
        means=means,
        event_name=message.payload["happened"],
        event_id=message.payload["event_id"],
        attempt=attempt,
        at=app.clock(),
        outcome=outcome,
        trouble=trouble,
    )


def write(app: App, environment_id: Number, delivery: Delivery) -> None:
    """Write a try into its rule's log."""
    with app.store.transaction(environment_id) as tx:
        tx.add_delivery(delivery)
