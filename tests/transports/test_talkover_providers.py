"""Connections to providers, as the Talkover family documents them."""

from dataclasses import replace

import pytest

from sched_agent.app import Outside
from sched_agent.errors import Unsupported
from sched_agent.model.connection import ProviderKind
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.outbox import Topic
from sched_agent.services import connections, providers
from sched_agent.services.providers import NewProvider
from sched_agent.sync.following import lane
from tests.connecting import THERE, a_world  # noqa: F401  # a fixture
from tests.google_stub import PRIMARY
from tests.transports.browsing import Fields, a_door  # noqa: F401  # a fixture
from tests.transports.conftest import bearer


def test_creating_answers_as_the_page_shows(door):
    made = door.api(
        "POST", "CAL/providers", {"provider": "google", "redirect_uri": THERE}, expect=201
    )

    assert made == {
        "success": True,
        "data": {
            "id": made["data"]["id"],
            "provider": "google",
            "authorization_url": made["data"]["authorization_url"],
            "is_active": False,
        },
    }
    assert len(made["data"]["id"]) == 36
    assert made["data"]["authorization_url"].startswith(door.world.oauth.authorization_url)


def test_who_agrees_is_sent_on_and_the_first_sync_is_queued(door):
    begun = door.begin()

    sent = door.come_back(begun)

    assert sent.status_code == 303
    assert sent.headers["Location"] == f"{THERE}?status=connected&connection_id={begun['id']}"
    assert sent.headers["Referrer-Policy"] == "no-referrer"
    read = door.api("GET", f"CAL/providers/{begun['id']}")["data"]
    assert (read["is_active"], read["state"], read["calendar"]) == (True, "active", PRIMARY)
    with door.world.app.store.snapshot(door.world.admin.environment_id) as tx:
        connection = tx.connections()[0]
        assert len(tx.messages_of(lane(connection.id), Topic.SYNC)) == 1


def test_connections_are_listed_and_read_without_their_credentials(door):
    begun = door.begin(when_unknown="hold", sync_minutes=15)
    door.come_back(begun)

    listed = door.api("GET", "CAL/providers")

    assert listed["success"] is True
    assert [one["id"] for one in listed["data"]] == [begun["id"]]
    assert listed["data"][0] == door.api("GET", f"CAL/providers/{begun['id']}")["data"]
    assert (listed["data"][0]["when_unknown"], listed["data"][0]["sync_minutes"]) == ("hold", 15)
    assert not {name for name in listed["data"][0] if "sealed" in name or "token" in name}


def test_disconnecting_answers_as_the_page_shows_and_gives_the_tokens_back(door):
    begun = door.begin()
    door.come_back(begun)
    connection = door.world.connection_of(begun)
    tokens = door.world.tokens(connection)

    assert door.api("DELETE", f"CAL/providers/{begun['id']}") == {
        "success": True,
        "message": "Provider connection removed",
    }

    assert door.world.oauth.revoked == [tokens.refresh]
    assert door.api("GET", "CAL/providers")["data"] == []
    assert door.api("GET", f"CAL/providers/{begun['id']}", expect=404)["code"] == (
        "unknown_connection"
    )
    with door.world.app.store.snapshot(door.world.admin.environment_id) as tx:
        assert tx.messages_of(lane(connection.id), Topic.SYNC) == []


def test_tokens_of_somebody_who_is_still_connected_elsewhere_are_not_given_back(door):
    other = door.api("POST", "/calendars", {"name": "Other"}, expect=201)["data"]["id"]
    door.come_back(door.begin())
    body = {"provider": "google", "redirect_uri": THERE}
    again = door.api("POST", f"/calendars/{other}/providers", body, expect=201)["data"]
    door.come_back(again)

    door.api("DELETE", f"/calendars/{other}/providers/{again['id']}")

    assert door.world.oauth.revoked == []


def test_a_sync_is_queued(door):
    begun = door.begin()
    door.come_back(begun)

    one = door.api("POST", f"CAL/providers/{begun['id']}/sync", expect=202)
    every = door.api("POST", "/calendars/sync", expect=202)

    queued = {"success": True, "data": {"queued": True, "queued_at": "2026-11-20T15:00:00Z"}}
    assert one == every == queued


def test_a_connection_that_nobody_has_agreed_to_is_not_synced(door):
    begun = door.begin()

    refused = door.api("POST", f"CAL/providers/{begun['id']}/sync", expect=409)

    assert refused["code"] == "consent_needed"


def test_the_status_tells_of_connected_calendars_only(door):
    begun = door.begin()
    assert door.api("GET", "/calendars/sync-status")["data"] == []

    door.come_back(begun)

    assert door.api("GET", "/calendars/sync-status")["data"] == [
        {
            "calendar_id": uuid(Kind.CALENDAR, door.world.calendar.id),
            "provider": "google",
            "last_sync_at": None,
            "is_syncing": False,
            "events_synced": 0,
            "state": "active",
            "trouble": None,
        }
    ]


def test_an_unknown_provider_is_refused_and_those_that_there_are_are_named(door):
    door.world.add_google("google-2")

    body = {"provider": "outlook", "redirect_uri": THERE}
    refused = door.api("POST", "CAL/providers", body, expect=422)

    assert refused["code"] == "unknown_provider"
    assert "google, google-2" in refused["hint"]
    assert list(refused["errors"]) == ["provider"]


@pytest.mark.parametrize(
    ("method", "path", "expect"),
    [
        ("GET", "/calendars/cal_7k3m9q/providers", 404),
        ("POST", "/calendars/cal_7k3m9q/providers", 404),
        ("GET", "CAL/providers/con_7k3m9q", 404),
        ("DELETE", "CAL/providers/con_7k3m9q", 404),
        ("POST", "CAL/providers/con_7k3m9q/sync", 404),
        ("GET", "CAL/providers/???", 404),
    ],
)
def test_what_is_not_there_is_not_found(door, method, path, expect):
    body = {"provider": "google", "redirect_uri": THERE} if method == "POST" else None

    door.api(method, path, body, expect=expect)


def test_a_connection_is_found_below_its_own_calendar_only(door):
    other = door.api("POST", "/calendars", {"name": "Other"}, expect=201)["data"]["id"]
    begun = door.begin()
    door.come_back(begun)
    path = f"/calendars/{other}/providers/{begun['id']}"

    for method, below in [("GET", ""), ("POST", "/sync"), ("DELETE", "")]:
        refused = door.api(method, f"{path}{below}", expect=404)
        assert refused["code"] == "unknown_connection"

    assert door.api("GET", f"CAL/providers/{begun['id']}")["data"]["is_active"]


def test_a_second_beginning_replaces_the_first(door):
    first, second = door.begin(), door.begin()

    assert first["id"] == second["id"]
    assert "error" not in door.come_back(second).headers["Location"]
    assert door.come_back(first).status_code == 422


def test_a_retry_gets_the_same_link_and_later_none(door):
    key = {"Idempotency-Key": "k1"}
    body = {"provider": "google", "redirect_uri": THERE}

    first = door.api("POST", "CAL/providers", body, expect=201, headers=key)["data"]
    again = door.api("POST", "CAL/providers", body, expect=201, headers=key)["data"]
    door.come_back(first)
    late = door.api("POST", "CAL/providers", body, expect=201, headers=key)["data"]

    assert first == again
    assert late == first | {"authorization_url": None, "is_active": True}


@pytest.mark.parametrize(
    ("level", "method", "path", "expect"),
    [
        ("read", "GET", "CAL/providers", 200),
        ("read", "GET", "/calendars/sync-status", 200),
        ("write", "POST", "CAL/providers", 403),
        ("write", "POST", "CAL/providers/ID/sync", 403),
        ("write", "POST", "/calendars/sync", 403),
        ("write", "DELETE", "CAL/providers/ID", 403),
        ("admin", "POST", "/calendars/sync", 202),
    ],
)
def test_lists_need_read_and_connections_need_admin(door, a_token, level, method, path, expect):
    begun = door.begin()
    body = {"provider": "google", "redirect_uri": THERE} if path == "CAL/providers" else None

    door.api(
        method,
        path.replace("ID", begun["id"]),
        body if method == "POST" else None,
        expect=expect,
        headers=bearer(a_token(level)),
    )


def test_without_keys_nothing_is_begun_and_the_answer_says_what_to_do(world):
    world.app = replace(world.app, outside=Outside())

    with pytest.raises(Unsupported) as refusal:
        world.begin()

    assert "sched-agent provider key" in refusal.value.hint
    assert connections.find_all(world.app, world.admin) == []


# Where there is no OAuth -----------------------------------------------------------------------


def add(door, name, kind, **more):
    new = NewProvider(name=name, kind=kind, redirect_uris=(THERE,), **more)
    providers.add(door.world.app, door.world.admin, new)


def test_a_password_is_typed_into_a_page_of_our_own(door):
    add(door, "dav", ProviderKind.CALDAV, url="http://127.0.0.1:9/")
    begun = door.begin("dav")

    page = door.http.get(begun["authorization_url"])

    form = Fields(page.text)
    assert page.status_code == 200
    assert form.action == "/api/v1/providers/authorize"
    assert 'action="authorize"' in page.text  # a proxy may put a path before it
    assert form.kinds == {"state": "hidden", "username": "text", "password": "password"}
    assert "My calendar" in page.text
    assert not form.tags & {"script", "img", "link", "iframe"}
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self' https://example.com;" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "more", "asked"),
    [
        (ProviderKind.CALDAV, {}, ["state", "url", "username", "password"]),
        (ProviderKind.ICS, {}, ["state", "url"]),
        (ProviderKind.ICS, {"url": "https://example.com/feed.ics"}, ["state"]),
    ],
    ids=["a server", "a feed", "a feed that is known"],
)
def test_only_what_is_not_known_is_asked(door, kind, more, asked):
    add(door, "p", kind, **more)

    page = door.http.get(door.begin("p")["authorization_url"])

    assert list(Fields(page.text).values) == asked


def test_what_does_not_work_brings_the_form_again_with_a_sentence(door):
    add(door, "dav", ProviderKind.CALDAV, url="http://127.0.0.1:9/")
    begun = door.begin("dav")
    form = Fields(door.http.get(begun["authorization_url"]).text)
    empty = form.values | {"username": "", "password": ""}

    again = door.http.post(form.action, data=empty)

    assert again.status_code == 422
    assert "Say both the user name and the password." in again.text
    assert Fields(again.text).values == form.values
    assert door.api("GET", f"CAL/providers/{begun['id']}")["data"]["is_active"] is False
