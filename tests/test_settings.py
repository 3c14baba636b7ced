import pytest

from sched_agent.errors import SettingsError
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
