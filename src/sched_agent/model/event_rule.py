"""Event rules: when something happens to an event, and if a condition holds, something is done."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from sched_agent.errors import InvalidArgument
from sched_agent.model.event import Event
from sched_agent.model.ids import Number
from sched_agent.model.text import clean_line

LONGEST_MINUTES = 366 * 24 * 60
"""How long before an event, or after what happened to it, something may be done."""

ATTENDEES = "attendees"
"""To whom an e-mail goes that names nobody."""

DELIVERIES_KEPT = 100
"""Of how many tries a rule's log tells, the newest ones."""


class Trigger(StrEnum):
    """What happens to an event.

    A hold is no news before it is confirmed; then it is created. Neither is one that runs out.
    """

    CREATED = "event:created"
    UPDATED = "event:updated"
    CANCELLED = "event:cancelled"
    DELETED = "event:deleted"
    STARTS_IN = "event:starts_in"


class Style(StrEnum):
    """How a webhook is written and signed.

    `standard`: Standard Webhooks 1.0. `workspace`: as the workspace family documents it.
    """

    STANDARD = "standard"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Send what happened to an address."""

    url: str
    style: Style = Style.WORKSPACE
    delay_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """Send a mail to an address, or to each attendee alone who has one.

    Args:
        to: The address, or `attendees`.
        subject: May have placeholders such as `{title}`; see `PLACEHOLDERS`.
        text: As `subject`.
    """

    to: str
    subject: str
    text: str
    delay_minutes: int = 0

    def __post_init__(self) -> None:
        for name, text in (("subject", self.subject), ("text", self.text)):
            if not PLACEHOLDERS.issuperset(_PLACEHOLDER.findall(text)):
                known = ", ".join(f"{{{one}}}" for one in sorted(PLACEHOLDERS))
                raise InvalidArgument(
                    f"A mail has the placeholders {known}.",
                    hint=f"There are {known}.",
                    fields={name: "has a placeholder that there is not"},
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Put labels on the event, and take others off."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    delay_minutes: int = 0


Action: TypeAlias = Webhook | Email | Label

PLACEHOLDERS = frozenset(
    {"title", "description", "location", "when", "timezone", "status", "calendar", "name"}
)
"""What a mail may tell: of the event, its calendar, and the name of whom it goes to."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def filled(text: str, values: dict[str, str]) -> str:
    """Return a text with its placeholders replaced, once: what comes in has none."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """A rule of an environment. Instants are UTC microseconds.

    Characters that nobody sees are left out of its name.

    Args:
        minutes_before: Of `event:starts_in`, and of nothing else: how long before the start.
        condition: In CEL; None: it always holds.
        sealed_secret: With which its webhooks are signed, sealed; None: it has none.
    """

    id: Number
    name: str
    trigger: Trigger
    minutes_before: int | None = None
    condition: str | None = None
    actions: tuple[Action, ...]
    enabled: bool = True
    sealed_secret: str | None = field(default=None, repr=False)
    created_at: int
    updated_at: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_line(self.name))
        if (self.minutes_before is None) is (self.trigger is Trigger.STARTS_IN):
            raise InvalidArgument(
                f"{Trigger.STARTS_IN} comes with how many minutes before, and nothing else does.",
                fields={"minutes_before": f"belongs to {Trigger.STARTS_IN}"},
            )

    @property
    def webhooks(self) -> Sequence[Webhook]:
        """Those of its actions that are webhooks."""
        return [action for action in self.actions if isinstance(action, Webhook)]


class Outcome(StrEnum):
    """What came of a try.

    `delivered`: it was done. `failed`: it will be tried again. `gave_up`: it will not.
    """

    DELIVERED = "delivered"
    FAILED = "failed"
    GAVE_UP = "gave_up"


class Means(StrEnum):
    """What was tried; `condition`: to find out whether the rule's holds."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    LABEL = "label"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One try to do what a rule says.

    Args:
        delivery_id: Names what is to be done: the same over all tries.
        event_name: What happened, such as `event:created`.
        attempt: From 1.
        at: When, in UTC microseconds.
        http_status: What a webhook was answered, if it was.
        duration_ms: How long it took.
        trouble: What went wrong, in words.
    """

    rule_id: Number
    delivery_id: str
    means: Means
    event_name: str
    event_id: Number | None
    attempt: int
    at: int
    outcome: Outcome
    http_status: int | None = None
    duration_ms: int = 0
    trouble: str | None = None


def delivery_id(*parts: object) -> str:
    """Return the name of something to be done, always the same for the same parts."""
    return f"msg_{hashlib.sha256(repr(parts).encode()).hexdigest()[:27]}"


LABELS = "labels"
"""Where an event's metadata has its labels."""


def labels_of(event: Event) -> tuple[str, ...]:
    """Return the labels that are on an event, in the order in which they were put there."""
    found = (event.metadata or {}).get(LABELS)
    if not isinstance(found, list | tuple):
        return ()
    return tuple(label for label in found if isinstance(label, str))


def labelled(event: Event, action: Label) -> tuple[str, ...]:
    """Return the labels that an event has after an action."""
    kept = [label for label in labels_of(event) if label not in action.remove]
    return tuple(dict.fromkeys((*kept, *action.add)))
