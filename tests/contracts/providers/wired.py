"""What the worlds have in common: a wire that can be cut, and a clock that stands still."""

from collections.abc import Generator
from dataclasses import dataclass

import httpx

from sched_agent.model.connection import ProviderKind, ProviderSettings
from sched_agent.providers.base import Provider
from sched_agent.providers.credentials import Credentials
from sched_agent.providers.kinds import Access, opened
from tests.builders import NEW_YORK, MovableClock, at
from tests.contracts.providers.outsider import Outsider
from tests.wire import Wire

SECONDS = 20
"""How long a request may take."""


@dataclass
class Wired:
    """Behind a wire, which can be cut."""

    wire: Wire
    server_port: int
    outsider: Outsider
    name: str
    secrets: tuple[str, ...]

    def provider(self) -> Provider:
        return self.provider_at(self.wire.port)

    def provider_at(self, port: int, *, seconds: float = SECONDS) -> Provider:
        return self.opened(port, self.secrets[0], seconds)

    def stranger(self) -> Provider:
        return self.opened(self.wire.port, self.secrets[1], SECONDS)

    def opened(self, port: int, secret: str, seconds: float) -> Provider:
        """Return a provider that looks for its server at a port, and shows a secret."""
        raise NotImplementedError

    def go_down(self) -> None:
        self.wire.cut_at(b"", passes=False, for_good=True)

    def come_back(self) -> None:
        self.wire.mend()


class Bearer(httpx.Auth):
    """Shows a token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def a_provider(
    kind: ProviderKind,
    url: str,
    credentials: Credentials,
    seconds: float,
    bearer: Bearer | None = None,
) -> Provider:
    """Open a provider as the program does; it may go to this machine."""
    access = Access(
        settings=ProviderSettings(name=kind.value, kind=kind, url=url),
        credentials=credentials,
        bearer=bearer,
        in_zone=NEW_YORK,
        clock=a_clock(),
        seconds=seconds,
        allow_private=True,
    )
    return opened(access)


def a_clock() -> MovableClock:
    """It is Friday 20 November 2026, 10:00 in New York."""
    return MovableClock(at("2026-11-20T10:00"))
