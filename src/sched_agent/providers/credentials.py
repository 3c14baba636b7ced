"""What lets us into somebody's calendars at a provider. It is kept sealed."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from pydantic import TypeAdapter

from sched_agent.providers.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Says who is refreshing tokens, and until when nobody else does (UTC microseconds)."""

    holder: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """OAuth tokens.

    Args:
        access: Sent with each request.
        refresh: Gets new ones; None: the provider gave none, its owner will have to agree again.
        expires_at: When the access token ends, in UTC microseconds, if the provider tells.
        account: Whose calendars they are, as far as the provider tells.
        lease: Who is getting new ones, if anybody is.
    """

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: int | None = None
    account: str | None = field(default=None, repr=False)
    lease: Lease | None = None

    def renewed(self, got: "Tokens") -> "Tokens":
        """Return what is kept after a refresh, which may bring a new refresh token or not."""
        refresh = got.refresh or self.refresh
        return replace(got, refresh=refresh, account=self.account, lease=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A user name and a password, such as an app password, at a CalDAV server."""

    url: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The address of an ICS feed: whoever knows it can read it."""

    url: str = field(repr=False)


Credentials: TypeAlias = Tokens | Password | Feed


def sealed(vault: Vault, credentials: Credentials) -> str:
    """Return credentials as they are kept.

    Raises:
        Unsupported: There is no key to seal them with.
    """
    return vault.seal(_adapter().dump_json(credentials).decode())


def unsealed(vault: Vault, text: str) -> Credentials:
    """Return credentials that were kept.

    Raises:
        Locked: They can't be read with the keys that there are.
    """
    return _adapter().validate_json(vault.unseal(text))


def resealed(vault: Vault, text: str | None) -> str | None:
    """Return what was sealed, if anything was, sealed with the vault's first key.

    Raises:
        Locked: It can't be read with the keys that there are.
    """
    return None if text is None else vault.reseal(text)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Credentials]:
    return TypeAdapter(Credentials)
