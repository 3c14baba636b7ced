"""The shapes of the workspace family's event rules."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from sched_agent.model import ids
from sched_agent.model.event_rule import (
    LONGEST_MINUTES,
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
from sched_agent.model.ids import Kind
from sched_agent.notices.conditions import LONGEST
from sched_agent.services.event_rules import MOST_ACTIONS, Kept, NewRule
from sched_agent.speech.iso import utc_text
from sched_agent.tools.arguments import Title
from sched_agent.transports.rest.workspace_shapes import Flag, Request, Shape

Delay = Annotated[
    int,
    Field(strict=True, ge=0, le=LONGEST_MINUTES, description="How long after the trigger it acts"),
]
Before = Annotated[int, Field(strict=True, ge=1, le=LONGEST_MINUTES)]
LabelName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Labels = Annotated[list[LabelName], Field(max_length=20)]


class WebhookConfig(Request):
    """Where a webhook goes."""

    url: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="https, on the public internet"
    )
    style: Style = Field(
        Style.WORKSPACE,
        description="workspace: signed in X-Webhook-Signature; standard: Standard Webhooks",
    )


class WebhookAction(Request):
    """Send what happened to an address."""

    type: Literal["webhook"]
    config: WebhookConfig
    delay_minutes: Delay = 0

    def value(self) -> Action:
        """Return the action."""
        config = self.config
        return Webhook(url=config.url, style=config.style, delay_minutes=self.delay_minutes)


class EmailConfig(Request):
    """What a mail says, and to whom; {title}, {when}, {name} and others are filled in."""

    to: Annotated[str, Field(min_length=1, max_length=254)] = Field(
        description="An address, or attendees: a mail to each of them alone"
    )
    subject: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class EmailAction(Request):
    """Send a mail."""

    type: Literal["email"]
    config: EmailConfig
    delay_minutes: Delay = 0

    def value(self) -> Action:
        """Return the action."""
        config = self.config
        return Email(
            to=config.to,
            subject=config.subject,
            text=config.text,
            delay_minutes=self.delay_minutes,
        )


class LabelConfig(Request):
    """Which labels an event gets, and which it loses."""

    add: Labels = Field(default_factory=list)
    remove: Labels = Field(default_factory=list)


class LabelAction(Request):
    """Put labels on the event, and take others off."""

    type: Literal["label"]
    config: LabelConfig
    delay_minutes: Delay = 0

    def value(self) -> Action:
        """Return the action."""
        add, remove = tuple(self.config.add), tuple(self.config.remove)
        return Label(add=add, remove=remove, delay_minutes=self.delay_minutes)


def _type_of(action: Any) -> Any:
    return action.get("type") if isinstance(action, dict) else getattr(action, "type", None)


AnyAction = Annotated[
    Annotated[WebhookAction, Tag("webhook")]
    | Annotated[EmailAction, Tag("email")]
    | Annotated[LabelAction, Tag("label")],
    Discriminator(
        _type_of,
        custom_error_type="action_type",  # pydantic's own text repeats what was sent
        custom_error_message="Input should have the type 'webhook', 'email' or 'label'",
    ),
]
Actions = Annotated[list[AnyAction], Field(min_length=1, max_length=MOST_ACTIONS)]
Condition = Annotated[str, Field(min_length=1, max_length=LONGEST)]


def _action_of(action: Action) -> AnyAction:
    match action:
        case Webhook():
            webhook = WebhookConfig(url=action.url, style=action.style)
            return WebhookAction(type="webhook", config=webhook, delayMinutes=action.delay_minutes)
        case Email():
            email = EmailConfig(to=action.to, subject=action.subject, text=action.text)
            return EmailAction(type="email", config=email, delayMinutes=action.delay_minutes)
        case Label():
            label = LabelConfig(add=list(action.add), remove=list(action.remove))
            return LabelAction(type="label", config=label, delayMinutes=action.delay_minutes)


class CreateEventRuleRequest(Request):
    """Body of create."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "Remind them a day before",
                "trigger": "event:starts_in",
                "minutesBefore": 1440,
                "condition": 'event.type == "demo" && event.attendeeCount > 0',
                "actions": [
                    {
                        "type": "email",
                        "config": {
                            "to": "attendees",
                            "subject": "Tomorrow: {title}",
                            "text": "Hello {name}, we meet {when} ({timezone}).",
                        },
                    }
                ],
            }
        }
    )
    only_read = frozenset({"id", "uuid", "secret", "createdAt", "updatedAt"})

    name: Title
    trigger: Trigger
    minutes_before: Before | None = Field(
        None, description="Of event:starts_in, and of nothing else"
    )
    condition: Condition | None = Field(
        None, description="An expression of CEL about event, calendar and now; default: always"
    )
    actions: Actions
    enabled: Flag = True

    def value(self) -> NewRule:
        """Return the rule to be made."""
        return NewRule(
            name=self.name,
            trigger=self.trigger,
            minutes_before=self.minutes_before,
            condition=self.condition,
            actions=tuple(action.value() for action in self.actions),
            enabled=self.enabled,
        )


class UpdateEventRuleRequest(Request):
    """Body of update: what is not sent stays; null clears condition and minutesBefore."""

    only_read = CreateEventRuleRequest.only_read

    name: Title | None = None
    trigger: Trigger | None = None
    minutes_before: Before | None = None
    condition: Condition | None = None
    actions: Actions | None = None
    enabled: Flag | None = None

    def fields(self) -> dict[str, Any]:
        """Return what is to be changed, by the rule's field names."""
        cleared = {"minutes_before", "condition"}
        sent = self.model_fields_set - {"actions"}
        values = {name: getattr(self, name) for name in sent}
        fields = {n: v for n, v in values.items() if v is not None or n in cleared}
        if self.actions is not None:
            fields["actions"] = tuple(action.value() for action in self.actions)
        return fields


class EventRuleResponse(Shape):
    """An event rule."""

    id: int
    uuid: str
    name: str
    trigger: Trigger
    minutes_before: int | None
    condition: str | None
    actions: list[AnyAction]
    enabled: bool
    secret: str | None = Field(
        None, description="With which its webhooks are signed; shown once, when it is made"
    )
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, rule: EventRule, secret: str | None = None) -> "EventRuleResponse":
        """Return an event rule for the answer."""
        return cls(
            id=rule.id,
            uuid=ids.uuid(Kind.EVENT_RULE, rule.id),
            name=rule.name,
            trigger=rule.trigger,
            minutes_before=rule.minutes_before,
            condition=rule.condition,
            actions=[_action_of(action) for action in rule.actions],
            enabled=rule.enabled,
            secret=secret,
            created_at=utc_text(rule.created_at),
            updated_at=utc_text(rule.updated_at),
        )

    @classmethod
    def kept(cls, kept: Kept) -> "EventRuleResponse":
        """Return an event rule with the secret that it got."""
        return cls.of(kept.rule, kept.secret)


class DeliveryResponse(Shape):
    """One try to do what an event rule says."""

    delivery_id: str = Field(description="The same over all tries")
    type: Means = Field(description="condition: it could not be worked out")
    event: str = Field(description="What happened, such as event:created")
    event_id: int | None
    attempt: int = Field(description="From 1")
    at: str
    outcome: Outcome = Field(description="failed: it will be tried again; gave_up: it will not")
    http_status: int | None
    duration_ms: int
    trouble: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryResponse":
        """Return a try for the answer."""
        return cls(
            delivery_id=delivery.delivery_id,
            type=delivery.means,
            event=delivery.event_name,
            event_id=delivery.event_id,
            attempt=delivery.attempt,
            at=utc_text(delivery.at),
            outcome=delivery.outcome,
            http_status=delivery.http_status,
            duration_ms=delivery.duration_ms,
            trouble=delivery.trouble,
        )
