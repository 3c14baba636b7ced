import os

import pytest

from sched_agent.errors import SettingsError
from sched_agent.providers.vault import new_key
from sched_agent.settings import Settings


def test_everything_has_a_default():
    settings = Settings.read({})

    assert settings.toolsets == ("booking",)
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database_path().name == "calendar.db"


def test_values_are_read_from_the_environment():
    settings = Settings.read(
        {
            "SCHED_AGENT_DATABASE": "sqlite:////var/lib/c.db",
            "SCHED_AGENT_TOOLSETS": "booking, admin",
            "SCHED_AGENT_TIMEZONE": "Europe/Lisbon",
            "SCHED_AGENT_NOW": "2026-11-20T10:00-05:00",
            "SCHED_AGENT_TEST_POSTGRES_URL": "ignored",
            "HOME": "/root",
        }
    )

    assert str(settings.database_path()) == "/var/lib/c.db"
    assert settings.toolsets == ("booking", "admin")
    assert settings.now is not None


def test_all_problems_are_told_together_with_what_is_allowed():
    with pytest.raises(SettingsError) as refusal:
        Settings.read(
            {
                "SCHED_AGENT_PORT": "70000",
                "SCHED_AGENT_TIMEZONE": "Europe/Lisboa",
                "SCHED_AGENT_DATABASE": "mysql://x",
                "SCHED_AGENT_TOOLSETS": "booking,all",
                "SCHED_AGENT_NOW": "2026-11-20T10:00",
                "SCHED_AGENT_DATABSE": "sqlite:///x.db",
            }
        )

    told = str(refusal.value)
    for part in (
        "SCHED_AGENT_PORT input should be less than or equal to 65535",
        "SCHED_AGENT_TIMEZONE must be an IANA time zone such as Europe/Lisbon",
        "SCHED_AGENT_DATABASE must be sqlite:///PATH",
        "SCHED_AGENT_TOOLSETS input should be 'booking' or 'admin'",
        "SCHED_AGENT_NOW must have an offset",
        "SCHED_AGENT_DATABSE is not a setting: did you mean SCHED_AGENT_DATABASE?",
    ):
        assert part in told


@pytest.mark.parametrize("name", ["VAPI_SECRET", "RETELL_API_KEY", "ELEVENLABS_SECRET"])
def test_a_platforms_key_needs_the_token_that_its_signature_stands_for(name):
    key, token = {f"SCHED_AGENT_{name}": "key_1"}, {"SCHED_AGENT_VOICE_TOKEN": "talq_x"}

    with pytest.raises(SettingsError, match=f"SCHED_AGENT_{name} needs SCHED_AGENT_VOICE_TOKEN"):
        Settings.read(key)
    shown = repr(Settings.read(key | token))
    assert "key_1" not in shown
    assert "talq_x" not in shown


def test_keys_for_credentials_are_read_in_their_order_and_never_shown():
    first, second = new_key(), new_key()

    settings = Settings.read({"SCHED_AGENT_CREDENTIAL_KEYS": f"{first}, {second}"})

    assert settings.credential_keys == (first, second)
    assert first not in repr(settings)


@pytest.mark.parametrize("wrong", ["secret", "c2VjcmV0", "secret" * 8, "é"], ids=str)
def test_what_is_no_key_is_refused_without_telling_it(wrong):
    with pytest.raises(SettingsError) as refusal:
        Settings.read({"SCHED_AGENT_CREDENTIAL_KEYS": f"{new_key()},{wrong}"})

    assert "CREDENTIAL_KEYS must be keys that `sched-agent provider key` made" in str(refusal.value)
    assert wrong not in str(refusal.value)


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"SCHED_AGENT_HOST": "::1", "SCHED_AGENT_PORT": "9"}, "http://[::1]:9"),
        ({"SCHED_AGENT_PUBLIC_URL": "https://Cal.example.com/"}, "https://cal.example.com"),
        ({"SCHED_AGENT_PUBLIC_URL": "https://example.com/cal"}, "https://example.com/cal"),
    ],
    ids=["usual", "IPv6", "a name", "a path"],
)
def test_browsers_find_the_server_where_it_listens_or_where_that_is_said(environ, address):
    assert Settings.read(environ).public_address == address


def test_processes_that_are_started_read_the_same_keys(monkeypatch):
    keys = (new_key(), new_key())
    settings = Settings.read(
        {"SCHED_AGENT_CREDENTIAL_KEYS": ",".join(keys), "SCHED_AGENT_ALLOW_PRIVATE": "true"}
    )
    monkeypatch.setattr(os, "environ", {})

    settings.hand_down()

    assert Settings.read() == settings


@pytest.mark.parametrize(
    "url",
    [
        "smtp://relay.example",
        "smtp://127.0.0.1:1025",
        "smtp://mail.example:587?starttls",
        "smtp://ada%40x:pass%3Aword@mail.example:587?starttls",
        "smtps://ada:secret@mail.example",
    ],
)
def test_mail_is_handed_over_to_a_server_that_an_address_names(url):
    assert Settings.read({"SCHED_AGENT_SMTP_URL": url}).smtp_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("SMTP_URL", "mail.example:587", id="no protocol"),
        pytest.param("SMTP_URL", "http://mail.example", id="another protocol"),
        pytest.param("SMTP_URL", "smtp://", id="no host"),
        pytest.param("SMTP_URL", "smtp://mail.example:port", id="no port"),
        pytest.param("SMTP_URL", "smtp://mail.example?starttls=no", id="another option"),
        pytest.param("SMTP_URL", "smtp://mail.example/inbox", id="a path"),
        pytest.param("SMTP_URL", "smtp://ada:secret@mail.example", id="a password without TLS"),
        pytest.param("MAIL_FROM", "Ada <ada@example.com>", id="a name"),
        pytest.param("MAIL_FROM", "ada@example.com\nBcc: eve@example.com", id="two lines"),
    ],
)
def test_what_mail_cannot_be_sent_by_is_refused_without_repeating_it(name, value):
    with pytest.raises(SettingsError, match=f"SCHED_AGENT_{name}") as refusal:
        Settings.read({f"SCHED_AGENT_{name}": value})

    assert "secret" not in str(refusal.value)
