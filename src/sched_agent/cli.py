"""The command line. Every command is a thin shell over what the other doors use."""

import json
import signal
import sys
from contextlib import nullcontext
from datetime import datetime
from typing import Annotated, Any

import typer

from sched_agent.errors import Invalid, NotFound, SchedAgentError, SettingsError
from sched_agent.provider_commands import connect, disconnect, provider_app
from sched_agent.settings import Settings
from sched_agent.terminal import AsJson, InEnvironment, fail, open_in, put, table

app = typer.Typer(
    name="sched-agent",
    help="Calendars for AI agents: an MCP server and REST API that never double-books.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
calendar_app = typer.Typer(help="Make and look at calendars.", no_args_is_help=True)
token_app = typer.Typer(help="Make, list and revoke tokens for HTTP.", no_args_is_help=True)
app.add_typer(calendar_app, name="calendar")
app.add_typer(token_app, name="token")
app.add_typer(provider_app, name="provider")
app.command()(connect)
app.command()(disconnect)

LEVELS = {"read": "READ", "write": "WRITE", "admin": "ADMIN"}


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and exit code 1."""
    try:
        app()
    except SettingsError as error:
        fail(str(error))
    except Invalid as error:
        fail(f"{error.message} {error.hint}".strip(), code=2)
    except SchedAgentError as error:
        fail(f"{error.message} {error.hint}".strip())
    except BrokenPipeError:
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from sched_agent import __version__

        put(__version__)
        raise typer.Exit


@app.command()
def demo() -> None:
    """Show the main job on a throw-away database.

    A real MCP client books over stdio, is refused a double booking, gets alternatives,
    reschedules and cancels; the conversation is printed.
    """
    from sched_agent.demo import run

    sys.exit(run())


@app.command()
def mcp() -> None:
    """Serve MCP over stdio, for an assistant on this machine.

    Example for an assistant's configuration: command `sched-agent`, arguments `mcp`.
    """
    # A thread waits for standard input, and Python would wait for the thread: end at once instead.
    # What was acknowledged is on disk.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sched_agent.bootstrap import busy

    with open_in() as program:
        from sched_agent.services.environments import local_admin
        from sched_agent.transports.mcp import SchedAgentServer

        server = SchedAgentServer(
            program.backend,
            toolsets=program.settings.toolsets,
            language=program.settings.language,
            local=local_admin(program.environment),
        )
        with busy(program):
            server.run("stdio")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Where to listen.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Serve MCP at /mcp, REST at /api/v1, voice platforms at /voice, documentation at /docs.

    Examples: `sched-agent serve`, `sched-agent serve --host 0.0.0.0 --port 8080 --workers 4`.
    When asked to stop (SIGTERM, Ctrl+C) it finishes what is under way and refuses what is new.
    Beyond this machine it needs a token: `sched-agent token create`.
    """
    from sched_agent.serving import serve as begin
    from sched_agent.transports.rest.app import is_private

    over = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
    with open_in(over=over) as program:
        settings = program.settings
        if not is_private(settings) and not program.app.store.has_tokens():
            raise SettingsError(
                "A server that other machines can reach needs a token: make one with "
                "`sched-agent token create --name NAME`, or listen on 127.0.0.1 and set no "
                "SCHED_AGENT_ALLOWED_HOSTS."
            )
        if not begin(program, settings, workers):
            sys.exit(1)


@app.command()
def tools(
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="mcp, openai, anthropic, gemini, vapi, retell, elevenlabs or livekit.",
        ),
    ] = "mcp",
    toolsets: Annotated[str, typer.Option(help="booking, admin or booking,admin.")] = "booking",
    url: Annotated[
        str, typer.Option(help="Where voice platforms reach this server.")
    ] = "https://YOUR-SERVER",
    language: Annotated[str, typer.Option(help="What callers speak: en, pt-BR or es.")] = "en",
    credential: Annotated[
        str | None,
        typer.Option(
            help="The platform's id of your token: Vapi's credential, ElevenLabs' secret."
        ),
    ] = None,
) -> None:
    """Print the tool definitions as JSON, for model vendors and voice platforms.

    Example: `sched-agent tools --format vapi --url https://cal.example.com --language pt-BR`.
    """
    from sched_agent.speech.language import read_language
    from sched_agent.tools.manifests import FORMATS, Target, manifest

    chosen = toolsets.replace(",", " ").split()
    if form not in FORMATS:
        raise typer.BadParameter(f"must be one of {', '.join(FORMATS)}", param_hint="--format")
    if not chosen or not set(chosen) <= {"booking", "admin"}:
        raise typer.BadParameter("must be booking, admin or both", param_hint="--toolsets")
    put(manifest(form, chosen, Target(url, read_language(language), credential)))


@app.command()
def resolve(
    phrase: Annotated[
        str | None, typer.Argument(help="What was said; with --batch a file, or - for stdin.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="When: ISO 8601, local or with offset. Default: now.")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="The caller's IANA zone. Default: the setting, or the system's."),
    ] = None,
    language: Annotated[str, typer.Option(help="auto, en, pt-BR or es.")] = "auto",
    batch: Annotated[
        bool, typer.Option("--batch", help="Read JSON Lines: id, phrase, now, timezone, language.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a caller's words mean: which day, which time, or what to ask.

    Examples: `sched-agent resolve "half past three next Tuesday" --timezone Europe/London`,
    `sched-agent resolve --batch phrases.jsonl`.
    """
    from sched_agent import bootstrap, resolving

    settings = Settings.read()
    there = resolving.listener(
        now or bootstrap.clock(settings)(), timezone or bootstrap.timezone(settings), language
    )
    if batch:
        try:
            piped = phrase in {None, "-"}
            with nullcontext(sys.stdin) if piped else open(str(phrase), encoding="utf-8") as lines:
                for answer in resolving.each(lines, there):
                    put(answer)
        except BrokenPipeError:
            raise
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            fail(f"{phrase or 'standard input'} can't be read: {why}.")
        return
    if phrase is None:
        raise typer.BadParameter("say what was said, or use --batch", param_hint="PHRASE")
    heard = there.heard(phrase)
    if as_json:
        put(json.dumps(heard, indent=2, ensure_ascii=False))
    else:
        put(f"{heard['status']}: {heard['reading']}" if heard["reading"] else heard["status"])


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check database, migrations, zone data, clock, port, tokens and an MCP round trip."""
    from sched_agent.doctor import examine, show

    findings = examine(Settings.read())
    if as_json:
        put(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        show(findings)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def sync(
    calendar_id: Annotated[str | None, typer.Argument(help="Its id; default: all.")] = None,
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Sync connected calendars with their providers now.

    A server, or `sched-agent worker`, does so by itself every few minutes.
    """
    from sched_agent.syncing import NotSynced, sync_now
    from sched_agent.tools.arguments import calendar_number

    def report(connection: Any, looked_at: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{connection.provider}: {looked_at} events")

    with open_in(environment) as program:
        number = None if calendar_id is None else calendar_number(calendar_id)
        outcomes = sync_now(program, number, report)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if as_json:
        put(json.dumps(outcomes, indent=2))
    else:
        table(outcomes)
    failed = [one for one in outcomes if one["trouble"]]
    if failed:
        raise NotSynced("; ".join(f"{one['provider']}: {one['trouble']}" for one in failed))


@app.command()
def worker(
    threads: Annotated[int, typer.Option(min=1, max=64, help="How much goes on at once.")] = 4,
) -> None:
    """Sync calendars, tell providers of bookings, and deliver what event rules want.

    `serve` and `mcp` do so as well, unless SCHED_AGENT_WORKER is `apart`. Any number may run.
    """
    from sched_agent.syncing import work

    with open_in() as program:
        sys.stderr.write("sched-agent: at work; Ctrl+C ends it.\n")
        work(program, threads)


@app.command()
def migrate(
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="Divide what belongs to calendars into so many parts (PostgreSQL).",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the database up to date (starting any command does so as well).

    Example: `sched-agent migrate --partitions 16`; nobody can read or book while that runs.
    """
    from sched_agent.bootstrap import open_app, set_up_logging

    settings = Settings.read()
    set_up_logging(settings)
    below = open_app(settings)
    try:
        steps = list(below.store.migrate(partitions))
        place = below.store.place
    finally:
        below.store.close()
    if as_json:
        put(json.dumps({"database": place, "applied": steps}))
    else:
        done = ", ".join(steps) if steps else "nothing to do, it is up to date"
        put(f"{place}: {done}")


@calendar_app.command("create")
def calendar_create(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    timezone: Annotated[str | None, typer.Option(help="IANA zone.")] = None,
    availability: Annotated[
        str, typer.Option(help="rules: open in its hours; open: free unless blocked.")
    ] = "rules",
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Make a calendar, open Monday to Friday from 9 to 17.

    Example: `sched-agent calendar create "Front desk" --timezone America/New_York`.
    """
    from sched_agent.services.environments import local_admin
    from sched_agent.speech.language import Language
    from sched_agent.tools.admin import create_calendar
    from sched_agent.tools.catalog import all_tools

    arguments = {"name": name, "timezone": timezone, "availability": availability}
    tool = all_tools()[create_calendar.__name__]
    with open_in(environment, make=True) as program:
        caller, language = local_admin(program.environment), Language(program.settings.language)
        result = tool.call(program.backend, caller, arguments, language=language)
    told = "\n".join(result.lines)
    put(result.data.model_dump_json(indent=2, exclude_none=True) if as_json else told)


@calendar_app.command("list")
def calendar_list(environment: InEnvironment = "default", as_json: AsJson = False) -> None:
    """List the calendars."""
    from sched_agent.services.environments import local_admin
    from sched_agent.tools.calendars import CalendarOutput, say_calendar

    found: list[Any] = []
    with open_in(environment) as program:
        caller = local_admin(program.environment)
        more = True
        while more:
            after = found[-1].id if found else 0
            page = program.backend.calendars(caller, limit=100, after=after)
            found += page.items
            more = page.next_cursor is not None
    if as_json:
        rows = [CalendarOutput.of(one).model_dump(exclude_none=True) for one in found]
        put(json.dumps({"calendars": rows}, indent=2))
    else:
        put("\n".join(map(say_calendar, found)) or "No calendar yet.")


@calendar_app.command("show")
def calendar_show(
    calendar_id: Annotated[str | None, typer.Argument(help="Its id; may be left out.")] = None,
    date: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default: today.")] = None,
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Show a calendar's events and free half hours on one day.

    Example: `sched-agent calendar show cal_7k3m9q --date 2026-11-24`.
    """
    from sched_agent.model.ids import Kind, code
    from sched_agent.model.zone import local
    from sched_agent.services.environments import local_admin
    from sched_agent.tools.agenda import agenda
    from sched_agent.tools.calendars import the_calendar

    with open_in(environment) as program:
        caller = local_admin(program.environment)
        calendar = the_calendar(program.backend, caller, calendar_id)
        day = date or local(program.app.clock(), calendar.zone).date().isoformat()
        shown = agenda(program.backend, caller, code(Kind.CALENDAR, calendar.id), day)
    put(shown.data.model_dump_json(indent=2, exclude_none=True) if as_json else shown.text)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise typer.BadParameter("must not be blank")
    return value.strip()


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Option(help="What it is for.", callback=_not_blank)],
    scope: Annotated[str, typer.Option(help="read, write or admin.")] = "write",
    actor: Annotated[
        str | None, typer.Option(help="user:ID or agent:ID that it is bound to.")
    ] = None,
    own_events_only: Annotated[
        bool, typer.Option("--own-events-only", help="May read and change only its actor's events.")
    ] = False,
    expires: Annotated[
        str | None, typer.Option(help="ISO 8601 with offset, such as 2027-01-01T00:00Z.")
    ] = None,
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Make a token for HTTP. It is shown once; only its hash is kept.

    Example: `sched-agent token create --name receptionist --scope write --actor agent:front-desk`.
    """
    from sched_agent.model.caller import Level
    from sched_agent.model.ids import Kind, code
    from sched_agent.services import tokens

    if scope not in LEVELS:
        raise typer.BadParameter("must be read, write or admin", param_hint="--scope")
    with open_in(environment, make=True) as program:
        token, secret = tokens.create(
            program.app,
            program.environment,
            name=name,
            level=Level[LEVELS[scope]],
            actor=_actor(actor),
            own_events_only=own_events_only,
            expires_at=_expiry(expires, program.app.clock()),
        )
    if as_json:
        shown = {"id": code(Kind.TOKEN, token.id), "name": name, "scope": token.level.scope}
        put(json.dumps(shown | {"environment": environment, "token": secret}, indent=2))
    else:
        put(f"{secret}\n")
        put(
            f"Keep it now: it can't be shown again. Send it as `Authorization: Bearer ...`. "
            f"Its id is {code(Kind.TOKEN, token.id)}, its environment {environment}."
        )


@token_app.command("list")
def token_list(environment: InEnvironment = "default", as_json: AsJson = False) -> None:
    """List the tokens of an environment, without their secrets."""
    from sched_agent.model.ids import Kind, code
    from sched_agent.services import tokens
    from sched_agent.speech.iso import utc_text

    with open_in(environment) as program:
        now = program.app.clock()
        rows = [
            {
                "id": code(Kind.TOKEN, token.id),
                "name": token.name,
                "scope": token.level.scope,
                "actor": f"{token.actor.type}:{token.actor.id}" if token.actor else None,
                "own_events_only": token.own_events_only,
                "valid": token.is_valid(now),
                "created_at": utc_text(token.created_at),
                "expires_at": None if token.expires_at is None else utc_text(token.expires_at),
            }
            for token in tokens.find_all(program.app, program.environment)
        ]
        elsewhere = program.app.store.has_tokens() and not rows
    if as_json:
        put(json.dumps(rows, indent=2))
    elif rows:
        table(rows)
    else:
        others = " Another environment has some." if elsewhere else ""
        put(f"No tokens in the environment {environment}.{others}")


@token_app.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, such as tok_7k3m9q.")],
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Make a token invalid, from now on and for good."""
    from sched_agent.model.ids import Kind, parse
    from sched_agent.services import tokens

    number = parse(Kind.TOKEN, token_id)
    with open_in(environment) as program:
        if number is None or not tokens.revoke(program.app, program.environment, number):
            raise UnknownToken(f"No token has the id {token_id}.")
    put(json.dumps({"revoked": token_id}) if as_json else f"Revoked {token_id}.")


class UnknownToken(NotFound):
    """No token has that id in this environment."""

    hint = "See `sched-agent token list`."


def _actor(text: str | None) -> Any:
    from sched_agent.model.owner import Owner, OwnerType

    if text is None:
        return None
    kind, _, name = (part.strip() for part in text.partition(":"))
    if kind not in {"user", "agent"} or not name:
        raise typer.BadParameter("must be user:ID or agent:ID", param_hint="--actor")
    return Owner(OwnerType(kind), name)


def _expiry(text: str | None, now: int) -> int | None:
    from sched_agent.model.zone import instant

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or instant(moment) <= now:
        raise typer.BadParameter("must be ISO 8601 with offset, and ahead", param_hint="--expires")
    return instant(moment)
