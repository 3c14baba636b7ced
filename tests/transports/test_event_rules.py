"""The workspace family's event rules, over HTTP."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from standardwebhooks import Webhook as Verifier

from sched_agent.app import App, Outside
from sched_agent.bootstrap import set_up_logging
from sched_agent.clock import system_clock
from sched_agent.model import ids
from sched_agent.model.ids import Kind
from sched_agent.services import environments
from sched_agent.services.tasks import TASKS
from sched_agent.services.working import Worker
from sched_agent.settings import Settings
from tests.receiving import Answer, receiving
from tests.transports.conftest import bearer

HOOK: dict[str, Any] = {"type": "webhook", "config": {"url": "https://example.com/hook"}}
MAIL: dict[str, Any] = {
    "type": "email",
    "config": {"to": "attendees", "subject": "{title}", "text": "Hello {name}"},
}
LABEL = {"type": "label", "config": {"add": ["vip"], "remove": ["new"]}}
RULE: dict[str, Any] = {"name": "Tell them", "trigger": "event:created", "actions": [HOOK]}
OUTSIDE = Outside(
    keys=(Fernet.generate_key().decode(),), mail="smtp://127.0.0.1:9", mail_from="a@example.com"
)


@pytest.fixture
def outside() -> Outside:
    """As in production: no private addresses."""
    return OUTSIDE


@pytest.fixture
def app(store, clock, outside) -> App:
    return App(store=store, clock=clock, outside=outside)


@pytest.fixture
def make(api_v2):
    def make(**more):
        return api_v2("POST", "/event-rules", RULE | more)

    return make


def test_a_rule_is_made_read_listed_changed_and_deleted(api_v2, make):
    body = {
        "name": "A day before",
        "trigger": "event:starts_in",
        "minutesBefore": 1440,
        "condition": 'event.type == "demo"',
        "actions": [HOOK | {"delayMinutes": 5}, MAIL, LABEL],
        "enabled": False,
    }
    made = make(**body)
    kept = {name: made[name] for name in body}
    hook = HOOK | {"delayMinutes": 5, "config": {**HOOK["config"], "style": "workspace"}}
    actions = [hook, MAIL | {"delayMinutes": 0}, LABEL | {"delayMinutes": 0}]
    assert kept == body | {"actions": actions}
    assert made["uuid"] == ids.uuid(Kind.EVENT_RULE, made["id"])

    path = f"/event-rules/{made['id']}"
    read = api_v2("GET", path)
    assert read == made | {"secret": None}
    assert api_v2("GET", "/event-rules") == {
        "items": [read],
        "total": 1,
        "page": 1,
        "pageSize": 50,
    }

    changed = api_v2("PUT", path, {"name": "Other", "condition": None, "enabled": True})
    assert changed["name"] == "Other"
    assert changed["condition"] is None
    assert changed["enabled"] is True
    assert changed["actions"] == actions

    assert api_v2("PUT", path, read)["name"] == "A day before"  # what was read may be sent back
    assert api_v2("DELETE", path) == {"success": True}
    assert api_v2("GET", path, expect=404)["code"] == "unknown_event_rule"
    assert api_v2("GET", "/event-rules")["total"] == 0


def test_the_secret_is_shown_once_and_kept_sealed(api_v2, make, tmp_path, store):
    made = make()

    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) == 38
    path = f"/event-rules/{made['id']}"
    assert api_v2("GET", path)["secret"] is None
    assert api_v2("PUT", path, {"name": "Other"})["secret"] is None
    assert api_v2("GET", "/event-rules")["items"][0]["secret"] is None
    written = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
    assert made["secret"].encode() not in written
    assert made["secret"].removeprefix("whsec_").encode() not in written


def test_a_rule_without_webhooks_has_a_secret_once_it_gets_one(api_v2, make):
    made = make(actions=[LABEL])
    assert made["secret"] is None

    changed = api_v2("PUT", f"/event-rules/{made['id']}", {"actions": [LABEL, HOOK]})
    assert changed["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://example.com/hook", id="without TLS"),
        pytest.param("https://127.0.0.1/hook", id="this machine"),
        pytest.param("https://localhost/hook", id="this machine by name"),
        pytest.param("https://169.254.169.254/latest/meta-data", id="a cloud's own"),
        pytest.param("https://10.0.0.1/hook", id="a network"),
        pytest.param("https://[::1]/hook", id="IPv6"),
        pytest.param("https://2130706433/hook", id="a number"),
        pytest.param("https://user:secret@example.com/hook", id="a password"),
        pytest.param("javascript:alert(1)", id="no address"),
    ],
)
def test_an_address_that_webhooks_may_not_go_to_is_400(api_v2, address):
    hook = {"type": "webhook", "config": {"url": address}}

    told = api_v2("POST", "/event-rules", RULE | {"actions": [hook]}, expect=400)

    assert told["detail"].startswith("url: must be an https address on the public internet")


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        pytest.param({"condition": "event.titel == 1"}, 400, "column 7", id="condition"),
        pytest.param({"condition": "event.type =="}, 400, "line 1", id="syntax"),
        pytest.param({"trigger": "event:starts_in"}, 400, "minutesBefore", id="no minutes"),
        pytest.param({"minutesBefore": 5}, 400, "minutesBefore", id="minutes for nothing"),
        pytest.param({"trigger": "chat.created"}, 422, "trigger", id="another family's trigger"),
        pytest.param({"actions": []}, 422, "actions", id="no action"),
        pytest.param({"actions": [HOOK] * 11}, 422, "actions", id="many actions"),
        pytest.param({"actions": [{"type": "sms", "config": {}}]}, 422, "actions", id="no type"),
        pytest.param(
            {"actions": [{"type": "label", "config": {}}]}, 400, "label", id="no label at all"
        ),
        pytest.param(
            {"trigger": "event:deleted", "actions": [LABEL]}, 400, "deleted", id="label on nothing"
        ),
        pytest.param(
            {"actions": [MAIL | {"config": MAIL["config"] | {"to": "ada"}}]},
            400,
            "e-mail",
            id="no address",
        ),
        pytest.param(
            {"actions": [MAIL | {"config": MAIL["config"] | {"text": "{secret}"}}]},
            400,
            "placeholder",
            id="unknown placeholder",
        ),
        pytest.param({"actions": [HOOK | {"delayMinutes": -1}]}, 422, "delay", id="delay"),
        pytest.param({"name": ""}, 422, "name", id="no name"),
        pytest.param({"nmae": "x"}, 422, "does not exist", id="unknown field"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(api_v2, more, status, told):
    problem = api_v2("POST", "/event-rules", RULE | more, expect=status)

    assert told in problem["detail"]
    assert api_v2("GET", "/event-rules")["total"] == 0


def test_a_change_is_looked_at_like_a_new_rule(api_v2, make):
    path = f"/event-rules/{make()['id']}"

    api_v2("PUT", path, {"trigger": "event:starts_in"}, expect=400)
    api_v2("PUT", path, {"condition": "nonsense here"}, expect=400)
    api_v2(
        "PUT",
        path,
        {"actions": [{"type": "webhook", "config": {"url": "http://h.io"}}]},
        expect=400,
    )

    assert api_v2("GET", path)["trigger"] == "event:created"


def test_only_so_many_rules_can_be_made(make, api_v2, monkeypatch):
    monkeypatch.setattr("sched_agent.services.event_rules.MOST_RULES", 2)
    make()
    make()

    assert "2 event rules" in api_v2("POST", "/event-rules", RULE, expect=400)["detail"]


class TestWithoutMeans:
    @pytest.fixture
    def outside(self):
        return Outside()

    @pytest.mark.parametrize(
        ("action", "told"),
        [(HOOK, "SCHED_AGENT_CREDENTIAL_KEYS"), (MAIL, "SCHED_AGENT_SMTP_URL")],
        ids=["no key", "no mail server"],
    )
    def test_what_the_server_cannot_do_is_refused_with_the_setting_for_it(
        self, api_v2, action, told
    ):
        problem = api_v2("POST", "/event-rules", RULE | {"actions": [action]}, expect=400)

        assert told in problem["detail"]


PATHS = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/RULE"),
    ("PUT", "/RULE"),
    ("DELETE", "/RULE"),
    ("POST", "/RULE/test"),
    ("GET", "/RULE/deliveries"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_rules_are_for_admins_of_their_workspace_alone(
    app, rest, workspace, make, a_token, method, path
):
    number = make()["id"]
    other, _ = environments.ensure(app, "other", "UTC")
    there = f"/api/v2/w/{ids.uuid(Kind.ENVIRONMENT, other.id)}"
    below = "/event-rules" + path.replace("RULE", str(number))
    body = RULE if method in {"POST", "PUT"} and not path.endswith("test") else None

    for token in (a_token("read"), a_token("write"), a_token("write", actor="a", own=True)):
        answer = rest.request(method, workspace + below, json=body, headers=bearer(token))
        assert answer.status_code == 403
    stranger = bearer(a_token("admin", where=other))
    assert rest.request(method, workspace + below, json=body, headers=stranger).status_code == 404
    if "RULE" in path:
        answer = rest.request(method, there + below, json=body, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event_rule")
    own = bearer(a_token("admin"))
    assert rest.get(f"{workspace}/event-rules/{number}", headers=own).status_code == 200


class TestToAReceiver:
    """With addresses of this machine allowed, and the time that it is."""

    @pytest.fixture
    def outside(self):
        return replace(OUTSIDE, allow_private=True)

    @pytest.fixture
    def clock(self):
        return system_clock

    @pytest.fixture
    def receiver(self):
        with receiving() as one:
            yield one

    @pytest.fixture
    def hooked(self, make, receiver):
        """Make a rule with a webhook of a style to the receiver."""

        def hooked(style="workspace", **more):
            config = {"url": f"{receiver.url}/hook", "style": style}
            return make(actions=[{"type": "webhook", "config": config}], **more)

        return hooked

    def test_a_test_delivery_is_sent_at_once_and_tells_what_came_of_it(
        self, api_v2, hooked, receiver
    ):
        receiver.answers = [Answer(204), Answer(500)]
        rule = hooked("standard")
        path = f"/event-rules/{rule['id']}"

        [first] = api_v2("POST", f"{path}/test")
        [second] = api_v2("POST", f"{path}/test")

        assert (first["outcome"], first["httpStatus"]) == ("delivered", 204)
        assert (second["outcome"], second["httpStatus"]) == ("failed", 500)
        got = receiver.received[0]
        told = Verifier(rule["secret"]).verify(got.body, dict(got.headers))
        assert told["type"] == "event.test"
        assert told["data"]["eventRule"]["id"] == rule["id"]
        logged = api_v2("GET", f"{path}/deliveries")["items"]
        assert sorted(logged, key=lambda one: one["at"]) == [first, second]

    def test_a_rule_without_a_webhook_cannot_be_tested(self, api_v2, make):
        rule = make(actions=[LABEL])

        told = api_v2("POST", f"/event-rules/{rule['id']}/test", expect=400)
        assert "no webhook" in told["detail"]

    def test_a_booking_over_rest_is_told_to_the_receiver_and_logged(
        self, app, api_v2, hooked, receiver, environment
    ):
        rule = hooked(condition='event.title.startsWith("Check")')
        calendar = api_v2("POST", "/calendars", {"name": "Open"})["id"]
        booked = api_v2(
            "POST",
            "/calendar-events",
            {"calendarId": calendar, "title": "Check-up", "startTime": "2099-01-05T10:00"},
        )

        Worker(app, TASKS).run_due()

        [got] = receiver.received
        told = json.loads(got.body)
        assert told["event"] == "event:created"
        assert told["eventRule"] == {n: rule[n] for n in ("id", "uuid", "name")}
        assert told["workspace"] == {
            "uuid": ids.uuid(Kind.ENVIRONMENT, environment.id),
            "name": environment.name,
        }
        seen = told["calendarEvent"]
        assert {name: seen[name] for name in booked} == booked
        [logged] = api_v2("GET", f"/event-rules/{rule['id']}/deliveries")["items"]
        assert logged["outcome"] == "delivered"
        assert logged["eventId"] == booked["id"]

    def test_labels_are_seen_on_the_event(self, app, api_v2, make):
        make(actions=[LABEL])
        calendar = api_v2("POST", "/calendars", {"name": "Open"})["id"]
        body = {"calendarId": calendar, "title": "Check-up", "startTime": "2099-01-05T10:00"}
        booked = api_v2("POST", "/calendar-events", body)
        assert booked["labels"] == []

        Worker(app, TASKS).run_due()

        path = f"/calendar-events/{booked['id']}"
        labelled = api_v2("GET", path)
        assert labelled == booked | {"labels": ["vip"]}
        assert api_v2("PUT", path, labelled)["labels"] == ["vip"]

    @pytest.fixture
    def logged(self, caplog):
        """Log as the program does with its most talkative settings."""
        root, names = logging.getLogger(), ("", "sched_agent", "httpx", "httpcore")
        handlers = root.handlers[:]
        levels = {name: logging.getLogger(name).level for name in names}
        set_up_logging(Settings(log_level="debug"))
        root.addHandler(caplog.handler)
        yield caplog
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    @pytest.mark.parametrize("status", [204, 410, 500])
    def test_nothing_secret_is_in_the_logs(
        self, app, api_v2, make, receiver, logged, status, monkeypatch
    ):
        monkeypatch.setattr("sched_agent.services.rule_acting.WEBHOOK_ATTEMPTS", 1)
        receiver.answers = [Answer(status)]
        hook = {"type": "webhook", "config": {"url": f"{receiver.url}/hook?key=abc123"}}
        made = make(actions=[hook])
        calendar = api_v2("POST", "/calendars", {"name": "Open"})["id"]
        person = {"name": "Jane Doe", "email": "jane@example.com"}
        body = {"calendarId": calendar, "title": "Jane Doe", "startTime": "2099-01-05T10:00"}
        api_v2("POST", "/calendar-events", body | {"attendees": [person]})

        Worker(app, TASKS).run_due()

        assert len(receiver.received) == 1
        told = [logging.Formatter().format(one) for one in logged.records]
        assert any("gave up webhook" in one for one in told) is (status != 204)
        secrets = ("abc123", made["secret"].removeprefix("whsec_"), "Jane", "jane@")
        assert not [one for one in told if any(secret in one for secret in secrets)]
