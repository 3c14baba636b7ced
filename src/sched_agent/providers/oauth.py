"""OAuth 2: the owner of a calendar lets us in, and access tokens are renewed.

Authorization code with PKCE S256 (RFC 6749, RFC 7636), the client's secret in the body, the issuer
of the answer checked where it is told (RFC 9207). Authlib's own client for httpx wants another
httpx, so its core is given ours.
"""

import logging
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx

from sched_agent.clock import Clock
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected
from sched_agent.model.interval import SECOND
from sched_agent.providers.credentials import Tokens
from sched_agent.providers.vault import not_installed

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client

log = logging.getLogger("sched_agent")

GOOGLE_AUTHORIZATION_URL = "https://accounts.google.com/o/oauth2/v2/auth"
GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
GOOGLE_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
    "https://www.googleapis.com/auth/calendar.freebusy",
)
"""The least that lists calendars, reads and writes their events, and asks when they are taken."""

GOOGLE_EXTRAS = {"access_type": "offline", "prompt": "consent"}
"""Without both, a second consent brings no refresh token."""

_LONGEST_LIFE_SECONDS = 366 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Ourselves, as an authorization server knows us.

    Args:
        redirect_uri: Of our own, where the browser brings the code.
        scopes: What we ask for.
        extras: What this server wants to be sent besides.
    """

    client_id: str
    client_secret: str | None = field(repr=False)
    authorization_url: str
    token_url: str
    redirect_uri: str
    scopes: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)

    @property
    def proof(self) -> Mapping[str, str]:
        """What proves in a request's body that it is from us (`client_secret_post`)."""
        name = {"client_id": self.client_id}
        return name | ({"client_secret": self.client_secret} if self.client_secret else {})


class _Refused(Exception):
    """An authorization server's error. Authlib's own can't be made of every description."""

    def __init__(self, error: object, description: object = None) -> None:
        super().__init__()
        self.error = error if isinstance(error, str) else ""


class Denied(Exception):
    """The provider gives no tokens for that code, or not those that are needed."""


def new_verifier() -> str:
    """Return a PKCE code verifier (RFC 7636 §4.1)."""
    return secrets.token_urlsafe(48)


def authorization_url(client: Client, state: str, verifier: str) -> str:
    """Return where the owner of the calendar agrees; whoever opens it can."""
    try:
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge
    except ImportError:
        raise not_installed() from None
    return str(
        prepare_grant_uri(
            client.authorization_url,
            client_id=client.client_id,
            response_type="code",
            redirect_uri=client.redirect_uri,
            scope=" ".join(client.scopes) or None,
            state=state,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **client.extras,
        )
    )


def is_from(client: Client, issuer: str | None) -> bool:
    """Whether an answer comes from the server that was asked, as far as it tells (RFC 9207)."""
    if issuer is None:
        return True
    asked = urlsplit(client.authorization_url)
    try:
        told = urlsplit(issuer)
    except ValueError:
        return False
    return (asked.scheme, asked.netloc.lower()) == (told.scheme, told.netloc.lower())


def exchange(http: httpx.Client, client: Client, code: str, verifier: str, clock: Clock) -> Tokens:
    """Return the tokens that a code stands for.

    Raises:
        Denied: There are none for it.
        CalendarUnreachable: The server does not answer, or not now.
    """
    with _core(http, client) as core, _told(Denied):
        got = core.fetch_token(
            client.token_url,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=client.redirect_uri,
            auth=httpx.Auth(),
            **client.proof,
        )
        granted = got.get("scope")
        if isinstance(granted, str) and granted.strip():
            _require_all(client, granted)
        return _tokens(got, clock())


def refresh(http: httpx.Client, client: Client, refresh_token: str, clock: Clock) -> Tokens:
    """Return new tokens; without a new refresh token, the old one goes on.

    Raises:
        ConsentNeeded: The provider no longer lets us in.
        CalendarUnreachable: The server does not answer, or not now.
        ProviderRejected: It does not take us for the client that we say we are.
    """
    with _core(http, client) as core, _told(ConsentNeeded):
        got = core.refresh_token(client.token_url, refresh_token, auth=httpx.Auth(), **client.proof)
        return _tokens(got, clock())


def revoke(http: httpx.Client, client: Client, tokens: Tokens) -> None:
    """Give tokens back (RFC 7009). The endpoint lies beside the one that gave them.

    Raises:
        CalendarUnreachable: The server does not answer.
    """
    data = {"token": tokens.refresh or tokens.access, **client.proof}
    try:
        http.post(urljoin(client.token_url, "revoke"), data=data)
    except httpx.HTTPError as error:
        raise _unreachable() from error


class Bearer(httpx.Auth):
    """Sends the access token; when it is refused, gets another one and tries again, once.

    Args:
        token: Returns an access token that is valid, and not the one that was refused, if one was.
    """

    def __init__(self, token: Callable[[str | None], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """See `httpx.Auth`."""
        token = self._token(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            request.headers["Authorization"] = f"Bearer {self._token(token)}"
            yield request


def _require_all(client: Client, granted: str) -> None:
    """Refuse a consent that leaves out a part of what was asked for."""
    if set(client.scopes) - set(granted.split()):
        raise Denied("not everything that was asked for was agreed to")


def _tokens(got: Any, now: int) -> Tokens:
    access, again, lasts = got.get("access_token"), got.get("refresh_token"), got.get("expires_in")
    if not isinstance(access, str) or not access:
        raise ValueError("no access token")
    try:
        seconds = int(lasts)
    except (TypeError, ValueError):
        seconds = 0
    known = 0 < seconds <= _LONGEST_LIFE_SECONDS
    return Tokens(
        access=access,
        refresh=again if isinstance(again, str) and again else None,
        expires_at=now + seconds * SECOND if known else None,
    )


@contextmanager
def _core(http: httpx.Client, client: Client) -> Generator["OAuth2Client"]:
    try:
        from authlib.oauth2.client import OAuth2Client
    except ImportError:
        raise not_installed() from None
    core = OAuth2Client(http, client_id=client.client_id)
    core.oauth_error_class = _Refused
    yield core


@contextmanager
def _told(refused: type[Denied] | type[ConsentNeeded]) -> Generator[None]:
    """Turn what Authlib and httpx raise into our own errors; none of it repeats what was sent."""
    try:
        yield
    except _Refused as error:
        if error.error in {"temporarily_unavailable", "server_error", "slow_down"}:
            raise _unreachable() from None
        if error.error == "invalid_grant" or refused is Denied:
            raise refused("The provider no longer lets us in.") from None
        log.warning("a provider refuses our client: %s", _KNOWN.get(error.error, "unknown error"))
        raise ProviderRejected(
            "The provider does not know this server as a client.",
            hint="Check the client id and secret: sched-agent provider add.",
        ) from None
    except (httpx.HTTPError, ValueError):
        raise _unreachable() from None


_KNOWN = {name: name for name in ("invalid_client", "unauthorized_client", "invalid_request")}


def _unreachable() -> CalendarUnreachable:
    return CalendarUnreachable("The provider's authorization server does not answer as it should.")
