"""Who a voice platform's webhook is taken for."""

import json
import os
import shutil
import subprocess

import httpx
import pytest

from tests.transports.conftest import bearer, titles
from tests.transports.webhooks import (
    CREATE,
    KEY,
    OLDEST,
    SETTING,
    SIGNING,
    body_for,
    by_retell,
    retell_request,
    told,
)


@pytest.mark.parametrize("platform", SIGNING)
def test_a_signed_call_is_answered_as_the_token_that_it_stands_for(send, served, platform, a_token):
    answered = send(platform, body_for(platform, "create_event", CREATE))

    text, failed = told(platform, answered.json())
    assert answered.status_code == 200
    assert not failed
    assert "Monday 23 November 2026, 10:00–10:30 (America/New_York)" in text
    listed = httpx.post(f"{served}/tools/list_events", json={}, headers=bearer(a_token("read")))
    [event] = listed.json()["data"]["events"]
    assert (event["owner_type"], event["owner_id"]) == ("agent", "front-desk")


@pytest.mark.parametrize("platform", SIGNING)
def test_the_same_with_curl_and_a_wrong_signature_gets_401(served, platform, tmp_path):
    if shutil.which("curl") is None:
        assert "CI" not in os.environ, "CI has to install curl"
        pytest.skip("curl is not installed on this machine")
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body_for(platform, "check_availability", {"when": "2026-11-23"})))
    right = SIGNING[platform](file.read_bytes())
    wrong = SIGNING[platform](file.read_bytes(), key="another")
    statuses = []
    unsigned: dict[str, str] = {}
    for headers in (right, wrong, unsigned):
        sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        url = f"{served}/voice/{platform}"
        done = subprocess.run(
            ["curl", "-s", "-w", "%{http_code}", url, "--data-binary", f"@{file}", *sent],
            capture_output=True,
            text=True,
            check=True,
        )
        statuses.append(done.stdout[-3:])

    assert statuses == ["200", "401", "401"]


@pytest.mark.parametrize("platform", SIGNING)
def test_a_signature_is_good_for_the_body_the_time_and_the_key_that_it_was_made_of(
    send, served, platform
):
    sent = body_for(platform, "list_calendars", {})
    body = json.dumps(sent).encode()
    right = SIGNING[platform](body)
    url = f"{served}/voice/{platform}"
    spoiled = {name: value[:-1] + "é" for name, value in right.items()}
    cut = dict.fromkeys(right, "v=,d=")

    assert send(platform, sent, age=OLDEST[platform] - 30).status_code == 200
    assert send(platform, sent, age=OLDEST[platform] + 30).status_code == 401
    assert send(platform, sent, age=-OLDEST[platform] - 30).status_code == 401
    assert httpx.post(url, content=body + b" ", headers=right).status_code == 401
    encoded = {name: value.encode() for name, value in spoiled.items()}
    assert httpx.post(url, content=body, headers=encoded).status_code == 401
    refused = httpx.post(url, content=body, headers=cut)
    assert refused.status_code == 401
    assert refused.json()["code"] == "not_authenticated"
    assert KEY not in refused.text


@pytest.mark.parametrize("platform", SIGNING)
def test_a_signature_without_a_key_to_check_it_lets_nobody_in_but_a_token_beside_it_does(
    start, calendar, a_token, platform
):
    open_to_this_machine = start()
    body = json.dumps(body_for(platform, "list_calendars", {})).encode()
    url, signed = f"{open_to_this_machine}/voice/{platform}", SIGNING[platform](body)

    assert httpx.post(url, content=body).status_code == 200
    refused = httpx.post(url, content=body, headers=signed)
    assert refused.status_code == 401
    assert SETTING[platform] in refused.json()["hint"]
    assert httpx.post(url, content=body, headers=signed | bearer(a_token())).status_code == 200


def test_a_wrong_signature_is_refused_even_with_a_token_beside_it(send, a_token):
    sent = body_for("retell", "list_calendars", {})

    assert send("retell", sent, headers=bearer(a_token())).status_code == 200
    assert send("retell", sent, headers=bearer(a_token()), key="another").status_code == 401


def test_beside_a_signature_it_is_the_token_that_counts(send, a_token):
    sent = body_for("retell", "create_event", CREATE)

    refused = send("retell", sent, headers=bearer(a_token("read"))).json()

    assert refused["error"].startswith("not_allowed: ")


def test_a_platform_gets_no_more_than_the_token_that_its_signature_stands_for(
    start, calendar, a_token, app, environment
):
    from sched_agent.services import tokens

    secret = a_token("read")
    url = start(SCHED_AGENT_VOICE_TOKEN=secret, SCHED_AGENT_RETELL_API_KEY=KEY)
    body = json.dumps(retell_request("create_event", CREATE)).encode()

    refused = httpx.post(f"{url}/voice/retell", content=body, headers=by_retell(body))
    assert refused.status_code == 200
    assert refused.json()["error"].startswith("not_allowed: ")

    [token] = tokens.find_all(app, environment)
    tokens.revoke(app, environment, token.id)
    revoked = httpx.post(f"{url}/voice/retell", content=body, headers=by_retell(body))
    assert revoked.status_code == 401


def test_a_platform_changes_only_the_events_of_its_token(send, served, a_token):
    made = httpx.post(f"{served}/tools/create_event", json=CREATE, headers=bearer(a_token()))
    foreign = made.json()["data"]["event"]["id"]

    answered = send("vapi", body_for("vapi", "cancel_event", {"event_id": foreign}))

    text, failed = told("vapi", answered.json())
    assert failed
    assert text.startswith("not_allowed: ")
    assert titles(served, a_token()) == ["Jane Doe"]


def test_vapi_may_send_a_token_in_its_own_header(served, a_token):
    sent = body_for("vapi", "list_calendars", {})
    url = f"{served}/voice/vapi"

    right = httpx.post(url, json=sent, headers={"X-Vapi-Secret": a_token("read")})
    wrong = httpx.post(url, json=sent, headers={"X-Vapi-Secret": "guessed"})

    assert (right.status_code, wrong.status_code) == (200, 401)


def test_a_body_larger_than_others_is_not_read(served):
    body = b" " * (1024 * 1024 + 1)

    def chunks():
        yield body

    for content in (body, chunks()):
        headers = by_retell(body)
        refused = httpx.post(f"{served}/voice/retell", content=content, headers=headers)
        assert refused.status_code == 413


def test_signed_webhooks_are_counted_as_their_token_is(start, calendar, a_token):
    url = start(
        SCHED_AGENT_VOICE_TOKEN=a_token("read"),
        SCHED_AGENT_RETELL_API_KEY=KEY,
        SCHED_AGENT_RATE_LIMIT="1",
    )
    body = json.dumps(retell_request("list_calendars", {})).encode()
    statuses = [
        httpx.post(f"{url}/voice/retell", content=body, headers=by_retell(body)).status_code
        for _ in range(2)
    ]

    assert statuses == [200, 429]
