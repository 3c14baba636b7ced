"""The kinds of providers: what each needs to know, and how it is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

import httpx

from sched_agent import outward
from sched_agent.clock import Clock
from sched_agent.errors import ConsentNeeded, ProviderRejected, Unsupported
from sched_agent.model.connection import ProviderKind, ProviderSettings
from sched_agent.providers import oauth
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Credentials, Feed, Password, Tokens
from sched_agent.providers.vault import Vault, not_installed

CALLBACK = "/api/v1/providers/callback"
"""Where browsers bring what an authorization server gave them."""

CredentialsT = TypeVar("CredentialsT", Tokens, Password, Feed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A way into somebody's calendars at a provider.

    Args:
        settings: The provider.
        credentials: What lets us in.
        bearer: OAuth: says so in each request.
        in_zone: In which whole days begin and end, where the provider does not say.
        clock: What time it is.
        seconds: How long a request may take.
        allow_private: See `outward.client`.
    """

    settings: ProviderSettings
    credentials: Credentials
    bearer: httpx.Auth | None = None
    in_zone: ZoneInfo
    clock: Clock
    seconds: float
    allow_private: bool

    def http(self, auth: httpx.Auth | None, *, redirects: bool = False) -> httpx.Client:
        """Return a client for what the provider is asked."""
        return outward.client(
            seconds=self.seconds,
            allow_private=self.allow_private,
            auth=auth,
            redirects=redirects,
        )


def opened(access: Access) -> Provider:
    """Return a provider, ready to be asked; nothing has been asked yet.

    Raises:
        ConsentNeeded: The credentials are not of the kind that it takes.
        Unsupported: The libraries for it are not installed.
    """
    try:
        return KINDS[access.settings.kind](access)
    except ImportError:
        raise not_installed() from None


def is_oauth(kind: ProviderKind) -> bool:
    """Whether its calendars are let into by OAuth; the others by what a person types in."""
    return kind is ProviderKind.GOOGLE


def oauth_client(settings: ProviderSettings, vault: Vault, public_url: str) -> oauth.Client:
    """Return ourselves as a provider's authorization server knows us.

    Raises:
        Unsupported: The provider was set up without a client.
        Locked: Its secret can't be read with the keys that there are.
    """
    if settings.client_id is None:
        raise Unsupported(
            f"The provider {settings.name} was set up without an OAuth client.",
            hint="Set it up again: sched-agent provider add, with --client-id.",
        )
    secret = settings.sealed_secret
    return oauth.Client(
        client_id=settings.client_id,
        client_secret=None if secret is None else vault.unseal(secret),
        authorization_url=settings.authorization_url or oauth.GOOGLE_AUTHORIZATION_URL,
        token_url=settings.token_url or oauth.GOOGLE_TOKEN_URL,
        redirect_uri=f"{public_url}{CALLBACK}",
        scopes=oauth.GOOGLE_SCOPES,
        extras=oauth.GOOGLE_EXTRAS,
    )


def _google(access: Access) -> Provider:
    from sched_agent.providers.google.provider import Google

    of_kind(access.credentials, Tokens)
    http = access.http(access.bearer)
    return Google(access.settings.url, http, access.in_zone, access.clock)


def _caldav(access: Access) -> Provider:
    from sched_agent.providers.caldav.provider import Caldav

    known = of_kind(access.credentials, Password)
    http = access.http(httpx.BasicAuth(known.username, known.password))
    return Caldav(_url(access.settings, known.url), http, access.in_zone, access.clock)


def _ics(access: Access) -> Provider:
    from sched_agent.providers.ics import IcsFeed

    known = of_kind(access.credentials, Feed)
    http = access.http(None, redirects=True)
    return IcsFeed(_url(access.settings, known.url), http, access.in_zone, access.clock)


KINDS: Mapping[ProviderKind, Callable[[Access], Provider]] = {
    ProviderKind.GOOGLE: _google,
    ProviderKind.CALDAV: _caldav,
    ProviderKind.ICS: _ics,
}


def of_kind(credentials: Credentials, kind: type[CredentialsT]) -> CredentialsT:
    """Return credentials of the kind that a provider takes.

    Raises:
        ConsentNeeded: They are of another kind: the provider has been set up anew since.
    """
    if not isinstance(credentials, kind):
        raise ConsentNeeded("The provider was set up anew since the calendar was connected.")
    return credentials


def _url(settings: ProviderSettings, given: str) -> str:
    """Return the address that somebody agreed to connect to, else the provider's own."""
    url = given or settings.url
    if not url:
        raise ProviderRejected("The provider has no address.")
    return url
