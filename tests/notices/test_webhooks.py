"""Webhooks, to a real receiver, verified by the library that receivers use and by hand."""

import hashlib
import hmac
import json

import httpx
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from sched_agent.clock import system_clock
from sched_agent.errors import InvalidArgument
from sched_agent.model import ids
from sched_agent.model.calendar import Environment
from sched_agent.model.event_rule import EventRule, Outcome, Style, Trigger, Webhook
from sched_agent.model.ids import Kind
from sched_agent.model.interval import SECOND
from sched_agent.notices import webhooks
from sched_agent.notices.telling import sample
from sched_agent.notices.webhooks import Parcel
from tests.receiving import Answer, receiving

SECRET = webhooks.new_secret()


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


def a_parcel(url, style=Style.STANDARD, body='{"title":"Café"}'):
    return Parcel(url=url, style=style, delivery_id="msg_1", body=body)


def send(parcel, *, allow_private=True, **more):
    return webhooks.send(parcel, SECRET, system_clock(), allow_private=allow_private, **more)


def test_a_standard_webhook_is_verified_by_the_receivers_library(receiver):
    result = send(a_parcel(receiver.url))

    [got] = receiver.received
    assert result.outcome is Outcome.DELIVERED
    assert result.http_status == 200
    assert Verifier(SECRET).verify(got.body, dict(got.headers)) == {"title": "Café"}
    assert httpx.Headers(got.headers)["webhook-id"] == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(got.body + b" ", dict(got.headers))
    with pytest.raises(WebhookVerificationError):
        Verifier(webhooks.new_secret()).verify(got.body, dict(got.headers))


def test_a_standard_signature_is_what_the_specification_says():
    """HMAC-SHA256 of `id.timestamp.body` by the decoded secret, in base 64."""
    import base64

    headers = webhooks.signed(a_parcel("https://example.com"), SECRET, 1_700_000_000 * SECOND)

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = 'msg_1.1700000000.{"title":"Café"}'.encode()
    digest = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": f"v1,{digest}",
    }


def test_a_workspace_webhook_is_signed_as_its_page_says(receiver):
    send(a_parcel(receiver.url, Style.WORKSPACE))

    [got] = receiver.received
    header = httpx.Headers(got.headers)["X-Webhook-Signature"]
    fields = dict(part.split("=") for part in header.split(","))
    expected = hmac.new(SECRET.encode(), f"{fields['t']}.".encode() + got.body, hashlib.sha256)
    assert hmac.compare_digest(fields["v1"], expected.hexdigest())
    assert abs(int(fields["t"]) - system_clock() / SECOND) < 300


RULE = EventRule(
    id=7,
    name="Tell them",
    trigger=Trigger.CREATED,
    actions=(Webhook(url="https://example.com"),),
    created_at=0,
    updated_at=0,
)
ENVIRONMENT = Environment(id=9, name="default", timezone="UTC")


@pytest.mark.parametrize("style", Style)
def test_a_body_tells_what_happened_by_which_rule_and_to_what(style):
    event, calendar = sample(0)

    body = webhooks.body(style, "event:created", RULE, ENVIRONMENT, (event, calendar), 0)

    told = json.loads(body)
    if style is Style.STANDARD:
        assert told["type"] == "event.created"
    else:
        assert told["event"] == "event:created"
    assert told["timestamp"] == "1970-01-01T00:00:00Z"
    data = told["data"] if style is Style.STANDARD else told
    assert data["eventRule"] == {
        "id": 7,
        "uuid": ids.uuid(Kind.EVENT_RULE, 7),
        "name": "Tell them",
    }
    assert data["workspace"] == {"uuid": ids.uuid(Kind.ENVIRONMENT, 9), "name": "default"}
    assert data["calendarEvent"]["title"] == event.title
    assert data["calendarEvent"]["startTime"] == "1970-01-01T01:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.FAILED),
        (400, Outcome.FAILED),
        (401, Outcome.FAILED),
        (410, Outcome.GAVE_UP),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
    ],
)
def test_any_2xx_is_success_and_gone_is_final(receiver, status, outcome):
    receiver.answers = [Answer(status)]

    result = send(a_parcel(receiver.url))

    assert (result.outcome, result.http_status) == (outcome, status)
    assert (result.trouble is None) is (outcome is Outcome.DELIVERED)


def test_a_redirect_is_not_followed(receiver):
    with receiving() as other:
        receiver.answers = [Answer(307, {"Location": other.url})]

        result = send(a_parcel(receiver.url))

        assert result.outcome is Outcome.FAILED
        assert not other.received


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        pytest.param("https://127.0.0.1/", (), id="this machine"),
        pytest.param("https://169.254.169.254/latest/", (), id="a cloud's own"),
        pytest.param("https://hooks.example/", ("127.0.0.1",), id="a name of this machine"),
        pytest.param("https://hooks.example/", ("169.254.169.254",), id="a name of a cloud's own"),
        pytest.param("https://hooks.example/", ("10.0.0.1", "fd00::1"), id="a name in a network"),
        pytest.param("http://hooks.example/", ("93.184.216.34",), id="without TLS"),
    ],
)
def test_a_webhook_does_not_go_to_a_private_address(url, addresses):
    result = send(a_parcel(url), allow_private=False, resolve=lambda host, port: addresses)

    assert result.outcome is Outcome.GAVE_UP
    assert result.http_status is None
    assert "public" in (result.trouble or "") or "https" in (result.trouble or "")


def test_a_receiver_that_nobody_runs_is_a_failure_and_not_the_end():
    with receiving() as gone:
        url = gone.url

    assert send(a_parcel(url)).outcome is Outcome.FAILED


def test_a_receiver_that_does_not_answer_is_left_after_a_while(receiver, monkeypatch):
    monkeypatch.setattr(webhooks, "SECONDS", 0.3)

    receiver.answers = [Answer(silent=True)]

    result = send(a_parcel(receiver.url))

    assert result.outcome is Outcome.FAILED
    assert "0.3 s" in (result.trouble or "")


def test_a_long_answer_is_not_read(receiver):
    receiver.answers = [Answer(200, {"Content-Encoding": "br"}, b"x" * 10)]
    assert send(a_parcel(receiver.url)).outcome is Outcome.GAVE_UP

    receiver.answers = [Answer(200, {}, b"x" * 1_000_000)]
    assert send(a_parcel(receiver.url)).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "https://u:p@h.io/"])
def test_an_address_that_cannot_be_used_is_an_argument_that_is_wrong(url):
    with pytest.raises(InvalidArgument) as refusal:
        webhooks.check_url(url, allow_private=False)

    assert list(refusal.value.fields) == ["url"]
    assert "u:p" not in refusal.value.message
