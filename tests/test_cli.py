"""The command line, run as a person runs it."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from typing import Any

import pytest

DOOR = [sys.executable, "-m", "sched_agent"]


@pytest.fixture
def run(tmp_path):
    def run(*arguments, code=0, **environ):
        given = {
            "PATH": "/usr/bin:/bin",
            "SCHED_AGENT_DATABASE": f"sqlite:///{tmp_path / 'calendar.db'}",
            "SCHED_AGENT_TIMEZONE": "America/New_York",
            "SCHED_AGENT_NOW": "2026-11-20T10:00-05:00",
            **environ,
        }
        done = subprocess.run(
            [*DOOR, *arguments],
            capture_output=True,
            text=True,
            env={name: value for name, value in given.items() if value},
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def test_the_demo_shows_the_whole_job(run):
    told = run("demo").stdout

    for part in ("create_event(", "slot_taken", "Nearest free times", "Changed:", "Cancelled:"):
        assert part in told
    zone = ""
    for line in told.splitlines():
        zone = "America/New_York" if "(America/New_York)" in line else zone
        if line.strip().startswith("- "):
            assert "day " in line
            assert zone
    for said in ("I have Monday", "It's booked: Monday", "Say: I'm sorry, that time is taken."):
        assert said in told


def test_the_very_first_start_makes_a_calendar_and_says_so(run):
    first = run("calendar", "list", "--json")
    second = run("calendar", "list", "--json")

    assert (
        "made a first calendar, open Monday to Friday 9:00-17:00 (America/New_York)" in first.stderr
    )
    assert second.stderr == ""
    assert first.stdout == second.stdout
    calendars = json.loads(first.stdout)["calendars"]
    assert [calendar["timezone"] for calendar in calendars] == ["America/New_York"]


def test_calendars_are_made_and_shown(run):
    made = json.loads(run("calendar", "create", "Front desk", "--json").stdout)["calendar"]

    listed = run("calendar", "list").stdout
    shown = run("calendar", "show", made["id"], "--date", "2026-11-23").stdout

    assert "“Front desk” (America/New_York)" in listed
    assert "“Front desk”: Monday 23 November 2026 (America/New_York)" in shown
    assert "- Monday 23 November 2026, 09:00–09:30 (America/New_York)" in shown


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(run):
    arguments = ("--name", "desk", "--scope", "read", "--actor", "agent:a1", "--own-events-only")
    made = json.loads(run("token", "create", *arguments, "--json").stdout)
    listed = run("token", "list", "--json").stdout

    assert made["token"].startswith("talq_")
    assert made["token"] not in listed
    assert json.loads(listed)[0] == {
        "id": made["id"],
        "name": "desk",
        "scope": "calendars:read",
        "actor": "agent:a1",
        "own_events_only": True,
        "valid": True,
        "created_at": "2026-11-20T15:00:00Z",
        "expires_at": None,
    }
    run("token", "revoke", made["id"])
    assert json.loads(run("token", "list", "--json").stdout)[0]["valid"] is False
    assert made["id"] in run("token", "list").stdout


def test_another_environment_has_its_own_calendars_and_tokens(run):
    run("calendar", "create", "Theirs", "--environment", "acme")
    run("token", "create", "--name", "t", "--environment", "acme")

    assert "Theirs" not in run("calendar", "list").stdout
    assert "Theirs" in run("calendar", "list", "--environment", "acme").stdout
    assert json.loads(run("token", "list", "--json").stdout) == []
    told = run("token", "list").stdout
    assert told.startswith("No tokens in the environment default. Another environment has some.")


@pytest.mark.parametrize(
    "form",
    ["mcp", "openai", "anthropic", "gemini", "vapi", "retell", "elevenlabs", "livekit"],
)
def test_the_manifest_is_printed_in_every_form(run, form):
    told = json.loads(run("tools", "--format", form, "--toolsets", "booking,admin").stdout)

    assert len(json.dumps(told)) > 8000
    assert "$ref" not in json.dumps(told)


def test_a_manifest_for_a_platform_says_where_the_server_is_and_speaks_the_callers_language(run):
    there = ("--url", "https://cal.example.com", "--language", "es", "--credential", "cred_1")
    told = run("tools", "--format", "vapi", *there).stdout

    assert "https://cal.example.com/voice/vapi?language=es" in told
    assert "estoy mirando el calendario" in told
    assert '"credentialId": "cred_1"' in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("tools", "--format", "soap"), "must be one of mcp, openai, anthropic, gemini"),
        (("tools", "--toolsets", "all"), "must be booking, admin or both"),
        (("tools", "--language", "fr"), "is not one of en, pt-BR, es"),
        (("token", "create", "--name", "x", "--scope", "root"), "must be read, write or admin"),
        (("token", "create", "--name", "x", "--actor", "me"), "must be user:ID or agent:ID"),
        (("token", "create", "--name", "x", "--expires", "2020-01-01"), "must be ISO 8601"),
        (("serve", "--port", "99999"), "65535"),
        (("calendar", "create", "x", "--timezone", "Mars"), "not an IANA time zone"),
        (("calendar", "create", "x", "--availability", "maybe"), "availability: input should be"),
        (("calendar", "list", "--environment", "typo"), "There are: default."),
        (("token", "create", "--name", "x", "--own-events-only"), "must be bound to a user"),
        (("token", "create", "--name", " "), "must not be blank"),
        (("token", "create", "--name", "x", "--actor", "agent: "), "must be user:ID or agent:ID"),
        (("calendar",), ""),
        (("fly",), "No such command"),
    ],
)
def test_wrong_usage_is_exit_code_2(run, arguments, says):
    done = run(*arguments, code=2)

    assert says in " ".join(done.stderr.replace("│", "").split())


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    [
        (("calendar", "show", "cal_zzzzzz"), {}, "No calendar has that id. List the calendars"),
        (("token", "revoke", "tok_zzzzzz"), {}, "No token has the id tok_zzzzzz"),
        (("serve", "--host", "0.0.0.0"), {}, "needs a token: make one with"),
        (("serve",), {"SCHED_AGENT_ALLOWED_HOSTS": "cal.example.com"}, "needs a token"),
        (("calendar", "list"), {"SCHED_AGENT_DATABASE": "sqlite:///:memory:"}, "must be sqlite"),
        (("calendar", "list"), {"SCHED_AGENT_DATABASE": "sqlite:///~nobody9/c.db"}, "home folder"),
        (("calendar", "list"), {"SCHED_AGENT_PORT": "x"}, "SCHED_AGENT_PORT"),
        (
            ("calendar", "list"),
            {"SCHED_AGENT_DATABASE": "sqlite:////proc/nowhere/c.db"},
            "can't be made",
        ),
    ],
)
def test_a_failure_is_one_line_on_stderr_and_exit_code_1(run, arguments, environ, says):
    run("calendar", "list")
    done = run(*arguments, code=1, **environ)

    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.startswith("sched-agent: ")
    assert done.stderr.count("\n") == 1


def test_migrate_says_what_it_did(run, tmp_path):
    first = json.loads(run("migrate", "--json").stdout)
    second = run("migrate").stdout

    assert first["applied"] == [
        "m001_foundation",
        "m002_days_and_resources",
        "m003_names_without_apostrophes",
        "m004_connections",
        "m005_event_rules",
    ]
    assert first["database"] == str(tmp_path / "calendar.db")
    assert "up to date" in second


def test_a_database_of_a_newer_version_is_refused_by_every_command(run, tmp_path):
    run("migrate")
    raw = sqlite3.connect(tmp_path / "calendar.db")
    raw.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at)"
        " values ('sched_agent', 'm999_future', '')"
    )
    raw.commit()
    raw.close()

    for arguments in (("mcp",), ("serve",), ("calendar", "list"), ("migrate",)):
        assert "newer than this sched-agent" in run(*arguments, code=1).stderr


def test_the_doctor_finds_a_healthy_machine_healthy(run):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = str(probe.getsockname()[1])
    findings = json.loads(run("doctor", "--json", SCHED_AGENT_PORT=free).stdout)

    assert [finding["name"] for finding in findings] == [
        "version",
        "database",
        "migrations",
        "zones",
        "clock",
        "port",
        "tokens",
        "backend",
        "providers",
        "outbox",
        "mcp",
    ]
    assert all(finding["ok"] for finding in findings)
    assert "a client listed 8 tools" in run("doctor", SCHED_AGENT_PORT=free).stdout


def test_the_doctor_says_what_is_wrong_and_what_to_do(run, tmp_path):
    (tmp_path / "calendar.db").write_text("no database " * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = run("doctor", code=1, SCHED_AGENT_PORT=port).stdout

    assert "not a SQLite database" in told
    assert "set SCHED_AGENT_PORT to another one" in told


def test_the_doctor_looks_at_the_token_that_signatures_stand_for(run):
    token = run("token", "create", "--name", "phone").stdout.split()[0]

    def examined(voice_token, code):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = str(probe.getsockname()[1])
        given = {"SCHED_AGENT_VOICE_TOKEN": voice_token, "SCHED_AGENT_PORT": port}
        return run("doctor", code=code, **given).stdout

    assert "HTTP asks for a token" in examined(token, 0)
    assert "set SCHED_AGENT_VOICE_TOKEN to what" in examined("talq_x", 1)


def test_the_version_is_told(run):
    assert run("--version").stdout.strip().count(".") == 2


def test_help_has_examples(run):
    for command in (("serve",), ("tools",), ("token", "create"), ("calendar", "create")):
        assert "Example" in run(*command, "--help").stdout


def test_a_port_that_is_taken_is_told_and_ends_with_1(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = run("serve", "--port", str(taken.getsockname()[1]), code=1).stderr

    assert "address already in use" in told
    assert "Traceback" not in told


def test_the_database_of_another_program_is_left_alone(run, tmp_path):
    raw = sqlite3.connect(tmp_path / "calendar.db")
    raw.execute("create table token (theirs)")
    raw.commit()
    raw.close()

    assert "belongs to another program" in run("calendar", "list", code=1).stderr
    assert "belongs to another program" in run("doctor", code=1).stdout


def test_a_calendars_day_is_printed_as_json_too(run):
    shown = json.loads(run("calendar", "show", "--date", "2026-11-23", "--json").stdout)

    assert shown["date"] == "2026-11-23"
    assert shown["events"] == []
    assert len(shown["free"]) == 16


def test_all_calendars_are_listed_however_many(run):
    for _ in range(3):
        run("calendar", "create", "x")

    assert len(json.loads(run("calendar", "list", "--json").stdout)["calendars"]) == 4


def test_an_interrupted_mcp_server_ends_at_once(tmp_path):
    environ = {
        "PATH": "/usr/bin:/bin",
        "SCHED_AGENT_DATABASE": f"sqlite:///{tmp_path / 'c.db'}",
        "SCHED_AGENT_TIMEZONE": "UTC",
    }
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    question = {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    server = subprocess.Popen([*DOOR, "mcp"], env=environ, **pipes)
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(question).encode() + b"\n")
    server.stdin.flush()
    assert b"sched-agent" in server.stdout.readline()

    server.send_signal(signal.SIGINT)

    assert server.wait(10) == -signal.SIGINT
    server.communicate()


def test_a_phrase_is_resolved_on_the_callers_clocks(run):
    told = run("resolve", "half past three next tuesday", "--timezone", "Europe/London").stdout
    data = json.loads(run("resolve", "tuesday or wednesday at 3", "--json").stdout)

    assert told == "resolved: Tuesday, November 24th, 2026 at 3:30 PM, London time\n"
    assert data["status"] == "ambiguous"
    assert data["candidates"][0] == {
        "start_at": "2026-11-24T15:00:00-05:00",
        "end_at": None,
        "granularity": "minute",
        "weekday": "Tuesday",
        "assumed": ["pm"],
    }


def test_a_file_of_phrases_gets_a_line_for_each_line(run, tmp_path):
    phrases = tmp_path / "phrases.jsonl"
    lines = [
        {"id": 1, "phrase": "amanhã às dez", "now": "2026-06-01T09:00", "language": "pt-BR"},
        {"id": 2, "phrase": 3},
        {"id": 3, "phrase": "mañana", "timezone": "Mars/Olympus"},
    ]
    phrases.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    answers = [json.loads(a) for a in run("resolve", "--batch", phrases).stdout.splitlines()]

    assert [answer["id"] for answer in answers] == [1, 2, 3]
    assert set(answers[0]) == {"id", "status", "candidates", "reading"}
    assert answers[0]["candidates"][0]["start_at"] == "2026-06-02T10:00:00-04:00"
    assert "string" in answers[1]["error"]
    assert "Mars/Olympus" in answers[2]["error"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["resolve", "tomorrow", "--language", "fr"], "en, pt-BR, es"),
        (["resolve", "tomorrow", "--timezone", "Berlin"], "Europe/Berlin"),
        (["resolve", "tomorrow", "--now", "soon"], "2026-11-24T15:30"),
    ],
)
def test_a_phrase_that_is_asked_about_wrongly_says_what_is_allowed(run, arguments, told):
    assert told in run(*arguments, code=2).stderr
