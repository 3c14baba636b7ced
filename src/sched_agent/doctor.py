"""Looks at everything that has to be right, and says what to do where it is not."""

import socket
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import available_timezones

from sched_agent import __version__
from sched_agent.bootstrap import Program, clock, open_app, open_program, timezone
from sched_agent.clock import system_clock
from sched_agent.errors import NotAuthenticated, SchedAgentError, SettingsError
from sched_agent.model.ids import Kind, code
from sched_agent.model.interval import DAY, MINUTE
from sched_agent.model.zone import instant, zone
from sched_agent.services import environments, tokens
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from sched_agent.speech.phrasing import say_moment
from sched_agent.transports.gate import in_url

_OLDEST_PLAUSIBLE_YEAR = 2026
_LATE = 10 * MINUTE
"""After how long something that is due tells that nobody does it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is right, and what to do if it is not."""

    name: str
    ok: bool
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def examine(settings: Settings) -> Sequence[Finding]:
    """Look at everything; a check that can't be made is a finding, not a failure of the doctor."""
    checks: Sequence[Callable[[Settings], Finding]] = (
        _version,
        _database,
        _migrations,
        _zones,
        _clock,
        _port,
        _tokens,
        _backend,
        _providers,
        _outbox,
        _mcp,
    )
    return [_made(check, settings) for check in checks]


def show(findings: Sequence[Finding]) -> None:
    """Print the findings for a person."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    for finding in findings:
        mark = "[green]ok  [/green]" if finding.ok else "[red]FAIL[/red]"
        console.print(f"{mark} {finding.name:<11} {escape(finding.found)}", soft_wrap=True)
        if finding.advice:
            console.print(f"                 -> {escape(finding.advice)}", soft_wrap=True)


def _made(check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except SettingsError as error:
        return Finding(check.__name__.strip("_"), ok=False, found=str(error))
    except SchedAgentError as error:
        return Finding(check.__name__.strip("_"), ok=False, found=error.message, advice=error.hint)


def _version(_: Settings) -> Finding:
    python = sys.version.split()[0]
    found = f"sched-agent {__version__}, Python {python}, SQLite {sqlite3.sqlite_version}"
    return Finding("version", ok=True, found=found)


def _database(settings: Settings) -> Finding:
    app = open_app(settings)
    try:
        app.store.pending()  # opens it and looks at its tables
        advice, place = app.store.concern(), app.store.place
    finally:
        app.store.close()
    return Finding("database", ok=not advice, found=place, advice=advice or "")


def _migrations(settings: Settings) -> Finding:
    app = open_app(settings)
    try:
        applied = app.store.migrate()
    finally:
        app.store.close()
    found = f"applied just now: {', '.join(applied)}" if applied else "up to date"
    return Finding("migrations", ok=True, found=found)


def _zones(settings: Settings) -> Finding:
    app = open_app(settings)
    try:
        app.store.pending()  # says so if this is no database of ours
        known = {one.name: one.timezone for one in app.store.environments()}
    finally:
        app.store.close()
    wanted = timezone(settings)
    used = known.get(environments.DEFAULT, wanted)
    found = f"{len(available_timezones())} zones known; new calendars use {used}"
    if used == wanted:
        return Finding("zones", ok=True, found=found)
    advice = f"the first start settled that; for {wanted} name the zone when you make a calendar"
    return Finding("zones", ok=True, found=found, advice=advice)


def _clock(settings: Settings) -> Finding:
    now = clock(settings)()
    found = say_moment(now, zone(timezone(settings)))
    if settings.now is not None:
        return Finding("clock", ok=True, found=f"{found}, pinned by SCHED_AGENT_NOW")
    from datetime import UTC, datetime

    oldest = instant(datetime(_OLDEST_PLAUSIBLE_YEAR, 1, 1, tzinfo=UTC))
    if not oldest <= system_clock() < oldest + 50 * 366 * DAY:
        return Finding("clock", ok=False, found=found, advice="set the machine's clock")
    return Finding("clock", ok=True, found=found)


def _port(settings: Settings) -> Finding:
    place = f"{in_url(settings.host)}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            return _port_taken(place, settings, fault)
    return Finding("port", ok=True, found=f"{place} is free for `sched-agent serve`")


def _port_taken(place: str, settings: Settings, fault: OSError) -> Finding:
    import httpx

    try:
        answer = httpx.get(f"http://{place}/healthz", timeout=2.0).text
    except httpx.HTTPError:
        answer = ""
    if answer == '{"status":"ok"}':
        return Finding("port", ok=True, found=f"{place} is served by sched-agent")
    advice = f"stop the other program, or set SCHED_AGENT_PORT to another one than {settings.port}"
    return Finding("port", ok=False, found=f"{place}: {fault.strerror}", advice=advice)


def _tokens(settings: Settings) -> Finding:
    program = open_program(settings)
    try:
        some = program.app.store.has_tokens()
        if settings.voice_token is not None:
            tokens.authenticate(program.app, settings.voice_token)
    except NotAuthenticated as error:
        advice = "set SCHED_AGENT_VOICE_TOKEN to what `sched-agent token create` prints"
        told = f"SCHED_AGENT_VOICE_TOKEN: {error.message}"
        return Finding("tokens", ok=False, found=told, advice=advice)
    finally:
        program.close()
    if some:
        return Finding("tokens", ok=True, found="HTTP asks for a token")
    return Finding(
        "tokens",
        ok=True,
        found="none: `serve` answers this machine only, without asking who it is",
        advice="for other machines: sched-agent token create --name NAME",
    )


def _backend(settings: Settings) -> Finding:
    if settings.backend == "local":
        return Finding("backend", ok=True, found="local: calendars are in the database")
    program = open_program(settings)
    try:
        page = program.backend.calendars(local_admin(program.environment), limit=50)
    finally:
        program.close()
    found = f"{settings.backend} at {settings.base_url}: {len(page.items)} calendars can be read"
    advice = "" if page.items else "make a calendar there, or take a token that can see one"
    return Finding("backend", ok=bool(page.items), found=found, advice=advice)


def _providers(settings: Settings) -> Finding:
    """Tell which connected calendars nobody knows about, and what their owners can do."""
    program = open_program(settings)
    try:
        now, troubled, failing, connections = program.app.clock(), [], [], 0
        for environment in program.app.store.environments():
            with program.app.store.snapshot(environment.id) as tx:
                for one in tx.connections():
                    connections += one.counts
                    if one.counts and not one.is_known(now):
                        told = one.trouble or "not read lately"
                        troubled.append(f"{code(Kind.CALENDAR, one.calendar_id)}: {told}")
                    elif one.counts and one.trouble:
                        failing.append(f"{code(Kind.CALENDAR, one.calendar_id)}: {one.trouble}")
    finally:
        program.close()
    if troubled:
        advice = "sched-agent sync tries now; sched-agent connect asks for consent again"
        return Finding("providers", ok=False, found="; ".join(troubled[:5]), advice=advice)
    found = f"{connections} connected, all known" if connections else "none connected"
    if failing:
        found += f"; the last sync failed: {'; '.join(failing[:5])}"
        return Finding("providers", ok=True, found=found, advice="sched-agent sync tries now")
    return Finding("providers", ok=True, found=found)


def _outbox(settings: Settings) -> Finding:
    program = open_program(settings)
    try:
        now = program.app.clock()
        waiting = program.app.store.waiting(now)
    finally:
        program.close()
    if waiting.dead:
        advice = "see GET /api/v1/outbox; POST /api/v1/outbox/retry tries again"
        found = f"{waiting.dead} given up, {waiting.alive} to be done"
        return Finding("outbox", ok=False, found=found, advice=advice)
    due = waiting.oldest_due_at
    if due is not None and now - due > _LATE:
        found = f"{waiting.alive} to be done, some for {(now - due) // MINUTE} minutes"
        advice = "nobody does it: start `sched-agent serve` or `sched-agent worker`"
        return Finding("outbox", ok=False, found=found, advice=advice)
    return Finding("outbox", ok=True, found=f"{waiting.alive} to be done, nothing given up")


def _mcp(settings: Settings) -> Finding:
    import anyio

    program = open_program(settings)
    try:
        names = anyio.run(_list_tools, program)
    finally:
        program.close()
    return Finding("mcp", ok=bool(names), found=f"a client listed {len(names)} tools")


async def _list_tools(program: Program) -> Sequence[str]:
    from mcp import Client

    from sched_agent.transports.mcp import SchedAgentServer

    server = SchedAgentServer(
        program.backend,
        toolsets=program.settings.toolsets,
        language=program.settings.language,
        local=local_admin(program.environment),
    )
    async with Client(server) as client:
        return [tool.name for tool in (await client.list_tools()).tools]
