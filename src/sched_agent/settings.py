"""All settings: environment variables with the prefix `SCHED_AGENT_`."""

import base64
import difflib
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from sched_agent.errors import SettingsError

PREFIX = "SCHED_AGENT_"
Toolset = Literal["booking", "admin"]
BackendName = Literal["local", "talkover", "workspace", "timekit"]


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _zone(value: str) -> str:
    if value not in available_timezones():
        near = difflib.get_close_matches(value, available_timezones(), 3, 0.5)
        raise ValueError(f"must be an IANA time zone such as {', '.join(near) or 'Europe/Lisbon'}")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must have an offset, such as 2026-11-20T10:00-05:00")
    return value


def _database(value: str) -> str:
    if value.startswith(("postgresql://", "postgres://")):
        return value
    path = value.removeprefix("sqlite:///")
    if path in {value, "", ":memory:"}:
        raise ValueError(
            "must be sqlite:///PATH, such as sqlite:///calendar.db, or "
            "postgresql://USER:PASSWORD@HOST/DATABASE"
        )
    return value


def _base_url(value: str) -> str:
    """Let an address pass to which a token may be sent."""
    where = urlsplit(value)
    host = where.hostname or ""
    known = where.scheme in {"http", "https"} and _HOST.fullmatch(host)
    if not known or where.query or where.fragment or "@" in where.netloc:
        raise ValueError("must be an address such as https://app.talkover.ai/api/v1")
    if where.scheme == "http" and host not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("must begin with https:// : a token is sent there")
    # spelled in one way, since agents agree on what is written there by this address
    usual = {"http": 80, "https": 443}[where.scheme]
    port = "" if where.port in {None, usual} else f":{where.port}"
    named = f"[{host}]" if ":" in host else host
    return f"{where.scheme}://{named}{port}{where.path.rstrip('/')}"


def _fernet_key(value: str) -> str:
    """Let a key pass that credentials can be sealed with."""
    try:
        length = len(base64.b64decode(value, b"-_", validate=True))
    except ValueError:
        length = 0
    if length != _KEY_BYTES:
        raise ValueError("must be keys that `sched-agent provider key` made, separated by commas")
    return value


_KEY_BYTES = 32


def _smtp_url(value: str) -> str:
    """Let the address of a mail server pass, if a password that is in it is sent by TLS."""
    where = urlsplit(value)
    try:
        known = where.scheme in {"smtp", "smtps"} and where.hostname and where.port != 0
    except ValueError:  # no such port
        known = False
    if not known or where.path or where.query not in {"", "starttls"} or where.fragment:
        raise ValueError("must be an address such as smtp://USER:PASSWORD@HOST:587?starttls")
    by_tls = where.scheme == "smtps" or where.query == "starttls"
    if where.username is not None and not by_tls:
        raise ValueError("must be smtps://, or end in ?starttls : a password is sent there")
    return value


def _stands_for_a_token(value: str, others: ValidationInfo) -> str:
    if not others.data.get("voice_token"):
        raise ValueError(f"needs {PREFIX}VOICE_TOKEN, which a right signature stands for")
    return value


Key = Annotated[str, Field(min_length=1), AfterValidator(_stands_for_a_token)]
"""With which a voice platform signs."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")


class Settings(BaseModel):
    """What can be set; every setting has a default that works on one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Annotated[str | None, AfterValidator(lambda v: v and _database(v))] = Field(
        None,
        description="`sqlite:///PATH` (three slashes and a relative path, or four and an absolute "
        "one), or `postgresql://USER:PASSWORD@HOST/DATABASE`. Default: a file in the user's data "
        "folder.",
    )
    database_connections: int = Field(
        10, ge=2, description="Connections to PostgreSQL that one process may have at a time."
    )
    backend: BackendName = Field(
        "local",
        description="Where the calendars are: `local` (in the database), or hosted by a server of "
        "one of the API families: `talkover`, `workspace`, `timekit`. The database then keeps "
        "only what agents that share it agree on.",
    )
    base_url: Annotated[str | None, AfterValidator(lambda v: v and _base_url(v))] = Field(
        None,
        description="The hosted API, such as `https://app.talkover.ai/api/v1`, "
        "`https://api.gravityrail.com` or `https://api.timekit.io/v2`.",
    )
    token: str | None = Field(None, repr=False, description="The token (API key) for it.")
    workspace: str | None = Field(None, description="The workspace's UUID, for `workspace`.")
    call_seconds: float = Field(
        8.0,
        gt=0,
        le=60,
        description="How long a call to the hosted API may take, with everything that is tried "
        "again in it.",
    )
    timezone: Annotated[str | None, AfterValidator(lambda v: v and _zone(v))] = Field(
        None,
        description="IANA zone of the first environment and of new calendars. "
        "Default: the system's zone.",
    )
    language: Literal["en", "pt-BR", "es"] = Field(
        "en",
        description="Language of what is said to callers, and of the prompts, where a call "
        "or a client does not choose one.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="Where `serve` listens.")
    port: int = Field(8080, ge=1, le=65535, description="Where `serve` listens.")
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        (),
        description="Names, beside the loopback ones, by which clients may call `serve` "
        "(the `Host` header), separated by commas. Needed behind a real name.",
    )
    toolsets: Annotated[tuple[Toolset, ...], BeforeValidator(_words)] = Field(
        ("booking",), description="Tools on offer: `booking`, `admin` or both, separated by commas."
    )
    rate_limit: int = Field(
        600,
        ge=0,
        description="Requests a minute that one token may make over HTTP to one process; "
        "0: any number.",
    )
    voice_token: str | None = Field(
        None,
        repr=False,
        description="A token made with `sched-agent token create`: what a voice platform's "
        "signature stands for, when one of the keys below is set.",
    )
    vapi_secret: Key | None = Field(
        None, repr=False, description="The secret key of Vapi's HMAC credential."
    )
    retell_api_key: Key | None = Field(
        None, repr=False, description="Retell's API key with the webhook badge; it signs with it."
    )
    elevenlabs_secret: Key | None = Field(
        None, repr=False, description="The secret of an ElevenLabs webhook."
    )
    secret: Annotated[str, Field(min_length=16)] | None = Field(
        None,
        repr=False,
        description="Set it to the same words, 16 characters or more, on all machines that serve "
        "MCP under one name. Default: made anew at each start, and shared by the workers of one "
        "`serve`.",
    )
    public_url: Annotated[str | None, AfterValidator(lambda v: v and _base_url(v))] = Field(
        None,
        description="Where browsers reach `serve`, such as `https://cal.example.com`: who connects "
        "a calendar comes back there. Default: `http://HOST:PORT`.",
    )
    credential_keys: Annotated[
        tuple[Annotated[str, AfterValidator(_fernet_key)], ...], BeforeValidator(_words)
    ] = Field(
        (),
        repr=False,
        description="Keys that seal the tokens and passwords of connected calendars, separated by "
        "commas: the first one seals, all of them unseal. `sched-agent provider key` makes one.",
    )
    provider_seconds: float = Field(
        3.0,
        gt=0,
        le=60,
        description="How long a booking waits for the provider of a connected calendar.",
    )
    worker: Literal["inside", "apart"] = Field(
        "inside",
        description="Who syncs and delivers: `inside`, the processes of `serve` and `mcp` "
        "themselves; `apart`, only those of `sched-agent worker`.",
    )
    lease_seconds: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="After how long another process takes up what one that was killed was doing.",
    )
    ca_file: str | None = Field(
        None,
        description="A file with further certificate authorities, in PEM: for calendar servers of "
        "one's own.",
    )
    allow_private: bool = Field(
        False,
        description="Whether providers, feeds and webhooks may be on this machine or its network, "
        "and be called by plain http.",
    )
    smtp_url: Annotated[str | None, AfterValidator(lambda v: v and _smtp_url(v))] = Field(
        None,
        repr=False,
        description="Where the mails of event rules are handed over: "
        "`smtp://USER:PASSWORD@HOST:587?starttls`, `smtps://USER:PASSWORD@HOST`, or without TLS "
        "and password `smtp://HOST`.",
    )
    mail_from: Annotated[str, Field(pattern=r"^[!-?A-~]+@[A-Za-z0-9.-]+$")] | None = Field(
        None, description="The address that they are from."
    )
    max_holds: int = Field(
        10, ge=1, description="Live holds that one token may have on one calendar at a time."
    )
    now: Annotated[datetime | None, AfterValidator(lambda v: v and _aware(v))] = Field(
        None, description="Pins the clock, for tests and demonstrations: `2026-11-20T10:00-05:00`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is logged to standard error."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How it is logged: lines to read, or one JSON object a line."
    )

    @model_validator(mode="after")
    def _hosted_is_complete(self) -> Self:
        needed = {"local": (), "workspace": ("base_url", "token", "workspace")}
        missing = [
            f"{PREFIX}{name.upper()}"
            for name in needed.get(self.backend, ("base_url", "token"))
            if getattr(self, name) is None
        ]
        if missing:
            raise ValueError(f"{self.backend} needs {' and '.join(missing)}")
        return self

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings of this process.

        Raises:
            SettingsError: Some are wrong or unknown; all of them are named.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in (os.environ if environ is None else environ).items()
            if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_") and value
        }
        try:
            return cls.model_validate(given)
        except ValidationError as fault:
            problems = [_problem(e["loc"], e["type"], e["msg"]) for e in fault.errors()]
            raise SettingsError("\n".join(problems)) from None

    def hand_down(self) -> None:
        """Let the processes that this one starts read just these settings."""
        for name, value in self.model_dump(mode="json", exclude_none=True).items():
            text = ",".join(value) if isinstance(value, list) else str(value)
            os.environ[f"{PREFIX}{name.upper()}"] = text

    @property
    def public_address(self) -> str:
        """Where browsers reach the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def postgres_url(self) -> str | None:
        """Where the PostgreSQL database is, if it is one."""
        is_one = self.database is not None and not self.database.startswith("sqlite:")
        return self.database if is_one else None

    def database_path(self) -> Path:
        """Return the file of the SQLite database.

        Raises:
            SettingsError: It lies in the home folder of somebody unknown.
        """
        if self.database is not None:
            path = Path(self.database.removeprefix("sqlite:///"))
            try:
                return path.expanduser()
            except RuntimeError:
                raise SettingsError(f"There is no home folder for {path}.") from None
        from platformdirs import user_data_path

        return user_data_path("sched-agent", appauthor=False) / "calendar.db"


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = f"{PREFIX}{str(loc[0] if loc else 'backend').upper()}"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[0]), Settings.model_fields, 1)
        meant = f": did you mean {PREFIX}{near[0].upper()}?" if near else "."
        return f"{name} is not a setting{meant}"
    plain = message.removeprefix("Value error, ")
    return f"{name} {plain[:1].lower()}{plain[1:]}."
