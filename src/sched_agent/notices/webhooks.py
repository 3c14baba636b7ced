"""Sending webhooks: what is in them, how they are signed, and what came of it.

`standard` is Standard Webhooks 1.0: headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, body `{type, timestamp, data}`. `workspace` is what that family documents: a
header `X-Webhook-Signature: t={unix},v1={hex}` with the HMAC-SHA256 of `"{t}." + body`, whose key
is the rule's secret as it is shown, and a body with `event`, `eventRule`, `workspace` and the data.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import Any

import httpx

from sched_agent import outward
from sched_agent.errors import InvalidArgument, Unsupported
from sched_agent.model import ids
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.event import Event
from sched_agent.model.event_rule import EventRule, Outcome, Style
from sched_agent.model.ids import Kind
from sched_agent.model.interval import SECOND
from sched_agent.notices.telling import event_data
from sched_agent.speech.iso import utc_text

SECONDS = 10.0
"""How long a receiver may take to answer."""

_GONE = 410
"""By which a receiver says that it wants no more of it (Standard Webhooks)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A webhook to be sent; the same over all tries.

    Args:
        delivery_id: Its name, by which a receiver knows it again.
        body: As it is signed and sent.
    """

    url: str
    style: Style
    delivery_id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of sending; see `event_rule.Delivery`."""

    outcome: Outcome
    http_status: int | None = None
    duration_ms: int = 0
    trouble: str | None = None


def check_url(url: str, *, allow_private: bool) -> None:
    """Let an address pass that webhooks may be sent to; where its name leads is seen then.

    Raises:
        InvalidArgument: It is no https address, or not on the public internet.
    """
    try:
        outward.check(url, allow_private=allow_private)
    except outward.Refused:
        must = "must be an https address on the public internet"
        raise InvalidArgument(f"url {must}.", fields={"url": must}) from None


def new_secret() -> str:
    """Return a new secret to sign with: 24 random bytes, as Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


def body(
    style: Style,
    happened: str,
    rule: EventRule,
    environment: Environment,
    about: tuple[Event, Calendar],
    now: int,
) -> str:
    """Return the body of a webhook.

    Args:
        style: How it is written.
        happened: What happened, such as `event:created`.
        rule: The rule.
        environment: The rule's.
        about: The event and its calendar.
        now: When it happened.
    """
    data: dict[str, Any] = {
        "eventRule": {
            "id": rule.id,
            "uuid": ids.uuid(Kind.EVENT_RULE, rule.id),
            "name": rule.name,
        },
        "workspace": {
            "uuid": ids.uuid(Kind.ENVIRONMENT, environment.id),
            "name": environment.name,
        },
        "calendarEvent": event_data(*about),
    }
    told = (
        {"event": happened, "timestamp": utc_text(now), **data}
        if style is Style.WORKSPACE
        else {"type": happened.replace(":", "."), "timestamp": utc_text(now), "data": data}
    )
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def signed(parcel: Parcel, secret: str, now: int) -> Mapping[str, str]:
    """Return the headers that prove at an instant whom a webhook is from.

    Raises:
        Unsupported: The library for it is not installed.
    """
    unix = now // SECOND
    if parcel.style is Style.WORKSPACE:
        digest = hmac.new(secret.encode(), f"{unix}.{parcel.body}".encode(), sha256).hexdigest()
        return {"X-Webhook-Signature": f"t={unix},v1={digest}"}
    try:
        from standardwebhooks import Webhook
    except ImportError:
        raise Unsupported(
            "This server was installed without what webhooks need.",
            hint="pip install 'sched-agent[rules]'",
        ) from None
    at = datetime.fromtimestamp(unix, UTC)
    return {
        "webhook-id": parcel.delivery_id,
        "webhook-timestamp": str(unix),
        "webhook-signature": Webhook(secret).sign(parcel.delivery_id, at, parcel.body),
    }


def send(
    parcel: Parcel,
    secret: str,
    now: int,
    *,
    allow_private: bool,
    resolve: outward.Resolve | None = None,
) -> Result:
    """Send a webhook once. Any 2xx is success; redirects are not followed; no answer is read.

    Args:
        parcel: The webhook.
        secret: With which it is signed.
        now: The instant.
        allow_private: See `outward.client`.
        resolve: See `outward.client`.
    """
    headers = {"Content-Type": "application/json", **signed(parcel, secret, now)}
    began = monotonic()
    status, trouble, is_final = None, None, False
    try:
        with (
            outward.client(seconds=SECONDS, allow_private=allow_private, resolve=resolve) as client,
            client.stream(
                "POST", parcel.url, content=parcel.body.encode(), headers=headers
            ) as response,
        ):
            status = response.status_code
    except outward.Refused as refused:
        trouble, is_final = str(refused), True
    except httpx.TimeoutException:
        trouble = f"No answer came within {SECONDS:g} s."
    except httpx.ConnectError:
        trouble = "No connection could be made."
    except (httpx.HTTPError, httpx.InvalidURL):
        trouble = "The connection broke, or what came back is no HTTP."
    duration_ms = round((monotonic() - began) * 1000)
    if status is not None and not 200 <= status < 300:
        trouble, is_final = f"It answered {status}.", status == _GONE
    if trouble is None:
        return Result(outcome=Outcome.DELIVERED, http_status=status, duration_ms=duration_ms)
    return Result(
        outcome=Outcome.GAVE_UP if is_final else Outcome.FAILED,
        http_status=status,
        duration_ms=duration_ms,
        trouble=trouble,
    )
