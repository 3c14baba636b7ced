"""The commands that set providers up, and connect calendars to them."""

import json
import sys
import threading
from typing import Annotated, Any

import typer

from sched_agent.errors import ConsentNeeded, ProviderRejected, UnknownConnection, Unsupported
from sched_agent.terminal import AsJson, InEnvironment, open_in, put, table

provider_app = typer.Typer(
    help="Set up the providers that calendars can be connected to.", no_args_is_help=True
)

_LOOK_SECONDS = 0.3
_KNOCK_SECONDS = 2.0
_ASKING_SECONDS = 40
"""How long at the most it takes to ask a provider when somebody has agreed."""


class NotConnected(ProviderRejected):
    """What was said does not open the provider."""

    hint = "Try `sched-agent connect` again."


@provider_app.command("key")
def provider_key(as_json: AsJson = False) -> None:
    """Print a new key for SCHED_AGENT_CREDENTIAL_KEYS, which seals what providers give us.

    To change keys, put a new one in front, run `sched-agent provider rotate`, and take the old one
    away.
    """
    from sched_agent.providers.vault import new_key

    key = new_key()
    put(json.dumps({"key": key}) if as_json else key)


@provider_app.command("add")
def provider_add(
    name: Annotated[str, typer.Argument(help="By which it is asked for, such as google.")],
    kind: Annotated[
        str | None, typer.Option(help="google, caldav or ics. Default: as the name says.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="The API, server or feed; else whoever connects a calendar says it."),
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth: what the provider gave us.")] = None,
    client_secret: Annotated[
        str | None, typer.Option(help="OAuth: the same; - reads it from standard input.")
    ] = None,
    authorization_url: Annotated[
        str | None, typer.Option(help="OAuth, where it is not Google's own.")
    ] = None,
    token_url: Annotated[
        str | None, typer.Option(help="OAuth, where it is not Google's own.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="Where browsers may be sent in the end; may come several times."),
    ] = None,
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Set up a provider, in place of the one with its name.

    Example: `sched-agent provider add google --client-id ID --client-secret - --redirect-uri
    https://example.com/connected`.
    """
    from sched_agent.model.connection import ProviderKind
    from sched_agent.services import providers
    from sched_agent.services.environments import local_admin

    meant = kind or name
    if meant not in set(ProviderKind):
        raise typer.BadParameter("must be google, caldav or ics", param_hint="--kind")
    piped = client_secret == "-"  # noqa: S105  # a sign, not a secret
    secret = sys.stdin.readline().strip() if piped else client_secret
    new = providers.NewProvider(
        name=name,
        kind=ProviderKind(meant),
        url=url,
        client_id=client_id,
        client_secret=secret or None,
        authorization_url=authorization_url,
        token_url=token_url,
        redirect_uris=tuple(redirect_uri or ()),
    )
    with open_in(environment, make=True) as program:
        made = providers.add(program.app, local_admin(program.environment), new)
        callback = _callback(program) if client_id else None
    if as_json:
        put(json.dumps(_shown(made) | {"callback": callback}, indent=2))
        return
    put(f"Added {made.name}.")
    if callback:
        put(f"At the provider, register this redirect URI for the client: {callback}")
    put(f"Then connect a calendar: sched-agent connect --provider {made.name}")


@provider_app.command("list")
def provider_list(environment: InEnvironment = "default", as_json: AsJson = False) -> None:
    """List the providers, without their secrets."""
    from sched_agent.services import providers
    from sched_agent.services.environments import local_admin

    with open_in(environment) as program:
        found = providers.find_all(program.app, local_admin(program.environment))
        rows = [_shown(one) for one in found]
    if as_json:
        put(json.dumps(rows, indent=2))
    elif rows:
        table([row | {"redirect_uris": "\n".join(row["redirect_uris"])} for row in rows])
    else:
        put(f"No providers in the environment {environment}.")


@provider_app.command("remove")
def provider_remove(
    name: Annotated[str, typer.Argument(help="Its name.")],
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Forget a provider; connections to it rest until it is added again."""
    from sched_agent.services import providers
    from sched_agent.services.environments import local_admin

    with open_in(environment) as program:
        providers.remove(program.app, local_admin(program.environment), name)
    put(json.dumps({"removed": name}) if as_json else f"Removed {name}.")


@provider_app.command("rotate")
def provider_rotate(as_json: AsJson = False) -> None:
    """Seal all secrets anew with the first of SCHED_AGENT_CREDENTIAL_KEYS."""
    from sched_agent.services import providers

    with open_in() as program:
        count = providers.rotate(program.app)
    put(json.dumps({"sealed": count}) if as_json else f"Sealed {count} secrets anew.")


def connect(
    calendar_id: Annotated[
        str | None, typer.Argument(help="Its id; may be left out where there is one calendar.")
    ] = None,
    provider: Annotated[str, typer.Option(help="The provider's name.")] = "google",
    redirect_uri: Annotated[
        str | None, typer.Option(help="Where the browser goes in the end; one of the provider's.")
    ] = None,
    calendar: Annotated[
        str | None,
        typer.Option(help="The provider's calendar, by id or name. Default: the primary one."),
    ] = None,
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Connect a calendar to one at a provider, and sync it for the first time.

    With OAuth, it prints a link to agree at, and waits; `sched-agent serve` has to run, since the
    browser comes back there. Otherwise it asks for address, user name and app password here.
    """
    from sched_agent.model.ids import Kind, code
    from sched_agent.services import connecting
    from sched_agent.services.environments import local_admin
    from sched_agent.syncing import sync_now
    from sched_agent.tools.calendars import the_calendar

    with open_in(environment) as program:
        _require_own(program)
        caller = local_admin(program.environment)
        chosen = the_calendar(program.backend, caller, calendar_id)
        begun = connecting.begin(
            program.app,
            caller,
            chosen.id,
            provider=provider,
            redirect_uri=redirect_uri,
            remote_calendar=calendar,
        )
        if _is_oauth(begun.connection.kind):
            told = code(Kind.CONNECTION, begun.connection.id)
            link = begun.authorization_url
            put(
                json.dumps({"connection_id": told, "authorization_url": link})
                if as_json
                else f"Open this link within ten minutes, and agree there:\n\n{link}\n"
            )
            sys.stdout.flush()
            _tell_if_nobody_serves(program.app.outside.public_url)
            _wait(program, begun)
        else:
            _ask(program, begun)
        outcomes = sync_now(program, chosen.id, _report)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if as_json:
        put(json.dumps(outcomes))
    else:
        table(outcomes)


def disconnect(
    connection_id: Annotated[str, typer.Argument(help="Its id, such as con_7k3m9q.")],
    environment: InEnvironment = "default",
    as_json: AsJson = False,
) -> None:
    """Disconnect a calendar: its events stay, and are no longer updated."""
    from sched_agent.services import connections
    from sched_agent.services.environments import local_admin
    from sched_agent.tools.arguments import connection_number

    number = connection_number(connection_id)
    with open_in(environment) as program:
        caller = local_admin(program.environment)
        for one in connections.find_all(program.app, caller):
            if one.id == number:
                connections.disconnect(program.app, caller, one.calendar_id, number)
                break
        else:
            raise UnknownConnection(
                "No provider connection has that id.", hint="See `sched-agent sync --json`."
            )
    told = json.dumps({"disconnected": connection_id})
    put(told if as_json else f"Disconnected {connection_id}.")


def _shown(provider: Any) -> dict[str, Any]:
    return {
        "name": provider.name,
        "kind": provider.kind.value,
        "url": provider.url if provider.kind != "ics" else provider.url and "(kept to itself)",
        "client_id": provider.client_id,
        "redirect_uris": list(provider.redirect_uris),
    }


def _callback(program: Any) -> str:
    from sched_agent.providers.kinds import CALLBACK

    return f"{program.app.outside.public_url}{CALLBACK}"


def _is_oauth(kind: Any) -> bool:
    from sched_agent.providers.kinds import is_oauth

    return is_oauth(kind)


def _require_own(program: Any) -> None:
    """Let a program pass whose calendars are its own."""
    if program.settings.backend != "local":
        raise Unsupported(
            "Calendars that a hosted API keeps can't be connected here.",
            hint="Connect them there, or use SCHED_AGENT_BACKEND=local.",
        )


def _tell_if_nobody_serves(place: str) -> None:
    """Say so if the browser would come back to nobody; from elsewhere it may yet get there."""
    import httpx

    try:
        httpx.get(f"{place}/healthz", timeout=_KNOCK_SECONDS)
    except httpx.HTTPError:
        told = f"Nobody answers at {place}, where the browser comes back: run `sched-agent serve`."
        sys.stderr.write(f"{told}\n")


def _wait(program: Any, begun: Any) -> None:
    """Wait until somebody has agreed in a browser, or has not."""
    from sched_agent.model.connection import State
    from sched_agent.model.interval import SECOND
    from sched_agent.services import connections
    from sched_agent.services.environments import local_admin
    from sched_agent.services.flows import LASTS

    caller = local_admin(program.environment)
    before, pause = begun.connection, threading.Event()
    give_up = program.app.clock() + LASTS
    while True:
        now = connections.get(program.app, caller, before.calendar_id, before.id)
        if now.state is State.ACTIVE and now.sealed_credentials != before.sealed_credentials:
            return
        if now.state is State.PENDING and now.trouble:
            raise NotConnected(now.trouble)
        if now.sealed_flow is None:  # somebody came back, and the provider is being asked
            give_up = min(give_up, program.app.clock() + _ASKING_SECONDS * SECOND)
        if program.app.clock() >= give_up:
            raise ConsentNeeded("Nobody has agreed in time, or not to all of it.", hint="")
        if sys.stderr.isatty():
            sys.stderr.write("\rWaiting for somebody to agree …")
        pause.wait(_LOOK_SECONDS)


def _ask(program: Any, begun: Any) -> None:
    """Ask on the terminal for what opens a provider without OAuth."""
    from sched_agent.services import finishing

    asked = finishing.form(program.app, begun.state)
    given = {"url": _answered("Address")} if asked.asks_url else {}
    if asked.kind.value == "caldav":
        given |= {"username": _answered("User name")}
        given |= {"password": _answered("App password", hidden=True)}
    try:
        finishing.submit(program.app, begun.state, given)
    except finishing.CredentialsRefused as refusal:
        raise NotConnected(str(refusal)) from None


def _answered(question: str, *, hidden: bool = False) -> str:
    """Return what a person types in, or the next line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(question, hide_input=hidden, err=True))


def _report(connection: Any, looked_at: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{connection.provider}: {looked_at} events")
