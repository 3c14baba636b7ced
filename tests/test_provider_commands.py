"""Providers and connections on the command line, run as a person runs it."""

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sched_agent.bootstrap import open_app
from sched_agent.providers.vault import new_key
from sched_agent.services import finishing
from sched_agent.settings import Settings
from tests.caldav_servers import PASSWORD, USERNAME, radicale
from tests.connecting import THERE
from tests.google_stub import GoogleStub
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer
from tests.processes import free_port

DOOR = [sys.executable, "-m", "sched_agent"]


@pytest.fixture
def environ(tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "SCHED_AGENT_DATABASE": f"sqlite:///{tmp_path / 'calendar.db'}",
        "SCHED_AGENT_TIMEZONE": "America/New_York",
        "SCHED_AGENT_CREDENTIAL_KEYS": new_key(),
        "SCHED_AGENT_ALLOW_PRIVATE": "true",
    }


@pytest.fixture
def run(environ):
    def run(*arguments, code=0, told="", **more):
        done = subprocess.run(
            [*DOOR, *arguments],
            input=told,
            capture_output=True,
            text=True,
            env=environ | more,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def google():
    google = GoogleStub()
    yield google
    google.stop()
    google.check()


@pytest.fixture
def oauth(google):
    oauth = OAuthServer(google.token)
    yield oauth
    oauth.stop()


def add_google(run, google, oauth):
    return run(
        *("provider", "add", "google", "--client-id", CLIENT_ID, "--client-secret", "-"),
        *("--url", google.url, "--redirect-uri", THERE, "--json"),
        *("--authorization-url", oauth.authorization_url, "--token-url", oauth.token_url),
        told=f"{CLIENT_SECRET}\n",
    )


def test_a_key_is_printed_that_can_be_used(run):
    key = run("provider", "key").stdout.strip()

    run("provider", "list", SCHED_AGENT_CREDENTIAL_KEYS=key)
    told = run("provider", "list", SCHED_AGENT_CREDENTIAL_KEYS=key[:-2], code=1).stderr
    assert "SCHED_AGENT_CREDENTIAL_KEYS must be keys that `sched-agent provider key` made" in told
    assert key[:10] not in told


def test_a_provider_is_added_listed_without_its_secret_and_removed(run, google, oauth):
    added = json.loads(add_google(run, google, oauth).stdout)

    assert added["callback"] == "http://127.0.0.1:8080/api/v1/providers/callback"
    shown = run("provider", "list", "--json").stdout
    assert json.loads(shown)[0]["redirect_uris"] == [THERE]
    assert CLIENT_SECRET not in shown + run("provider", "list").stdout
    run("provider", "remove", "google")
    assert json.loads(run("provider", "list", "--json").stdout) == []
    assert "no calendar provider of that name" in run("provider", "remove", "google", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["provider", "add", "outlook"], "must be google, caldav or ics"),
        (["provider", "add", "google"], "client_id: is needed for OAuth"),
        (["provider", "add", "Team DAV", "--kind", "caldav"], "name: must be small letters"),
        (["provider", "add", "ics", "--url", "ftp://x"], "need SCHED_AGENT_ALLOW_PRIVATE"),
        (["connect", "--provider", "nobody"], "no calendar provider of that name"),
        (["disconnect", "x"], "No provider connection"),
    ],
)
def test_what_is_wrong_is_said(run, arguments, says):
    code = 1 if arguments[0] == "disconnect" else 2

    assert says in run(*arguments, code=code).stderr


def test_without_a_key_nothing_can_be_set_up(run):
    refused = run("provider", "add", "ics", code=2, SCHED_AGENT_CREDENTIAL_KEYS="")

    assert "sched-agent provider key" in refused.stderr


def test_connecting_prints_a_link_waits_and_syncs(run, google, oauth, environ):
    add_google(run, google, oauth)
    with connecting_process(environ) as waiting:
        begun = json.loads(waiting.stdout.readline())
        agreed_in_a_browser(environ, oauth, begun["authorization_url"])
        told = json.loads(waiting.stdout.readline())

    assert waiting.returncode == 0
    assert [(one["connection_id"], one["state"]) for one in told] == [
        (begun["connection_id"], "active")
    ]
    assert told[0]["last_sync_at"]
    run("disconnect", begun["connection_id"])
    assert oauth.revoked
    run("disconnect", begun["connection_id"], code=1)


def test_who_does_not_agree_ends_the_waiting(run, google, oauth, environ):
    add_google(run, google, oauth)
    oauth.agrees = False
    port = str(free_port())
    with connecting_process(environ | {"SCHED_AGENT_PORT": port}) as waiting:
        begun = json.loads(waiting.stdout.readline())
        agreed_in_a_browser(environ, oauth, begun["authorization_url"])
        told = waiting.stderr.read()

    assert waiting.returncode == 1
    assert "The provider was not allowed to let us in." in told
    assert f"Nobody answers at http://127.0.0.1:{port}, where the browser comes back" in told


def connecting_process(environ) -> Any:
    command = [*DOOR, "connect", "--json"]
    return subprocess.Popen(
        command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def agreed_in_a_browser(environ, oauth, link):
    """Do what `serve` does when the browser comes back."""
    brought = dict(parse_qsl(urlsplit(oauth.visit(link)).query))
    below = open_app(Settings.read(environ))
    finishing.finish(below, brought["state"], code=brought.get("code"), error=brought.get("error"))
    below.store.close()


def test_a_password_is_asked_for_and_the_calendar_connected_at_once(run, tmp_path):
    with radicale(tmp_path / "radicale") as server:
        server.new_calendar("Home")
        run("provider", "add", "caldav", "--url", server.url)

        refused = run("connect", "--provider", "caldav", told=f"{USERNAME}\nwrong\n", code=1)
        told = run("connect", "--provider", "caldav", "--json", told=f"{USERNAME}\n{PASSWORD}\n")
        server.stop()
        failed = run("sync", code=1)
        looked_at = run("doctor", SCHED_AGENT_PORT=str(free_port())).stdout

    assert "see `sched-agent doctor`" in failed.stderr
    assert "1 connected, all known; the last sync failed: cal_" in looked_at
    assert "The provider refuses these credentials." in refused.stderr
    assert json.loads(told.stdout)[0]["last_sync_at"]


def test_secrets_are_sealed_anew_with_a_new_key(run, google, oauth, environ):
    add_google(run, google, oauth)
    old, new = environ["SCHED_AGENT_CREDENTIAL_KEYS"], new_key()

    told = run("provider", "rotate", "--json", SCHED_AGENT_CREDENTIAL_KEYS=f"{new},{old}")

    assert json.loads(told.stdout) == {"sealed": 1}
    assert run("provider", "rotate", SCHED_AGENT_CREDENTIAL_KEYS=new).stdout.startswith("Sealed 1")
    locked = run("provider", "rotate", SCHED_AGENT_CREDENTIAL_KEYS=old, code=1)
    assert "can't be read with the keys" in locked.stderr
