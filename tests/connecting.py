"""A calendar that can be connected: the program with keys, Google, and its authorization server."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sched_agent.app import App, Outside
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.connection import Connection, ProviderKind
from sched_agent.model.ids import Kind, parse
from sched_agent.providers.credentials import Tokens, unsealed
from sched_agent.providers.vault import Vault, new_key
from sched_agent.services import connecting, connections, finishing, providers
from sched_agent.services.connecting import Begun
from sched_agent.services.finishing import Finished
from sched_agent.services.providers import NewProvider
from tests.google_calendars import Refusal
from tests.google_door import Request
from tests.google_stub import GoogleStub
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer

THERE = "https://example.com/oauth/calendar/callback"
PUBLIC_URL = "http://127.0.0.1:8080"


class Door(GoogleStub):
    """Google, counting whom it does not let in."""

    def __init__(self) -> None:
        self.turned_away = 0
        self._changed = threading.Condition()
        super().__init__()

    def _let_in(self, request: Request) -> None:
        try:
            super()._let_in(request)
        except Refusal:
            with self._changed:
                self.turned_away += 1
                self._changed.notify_all()
            raise

    def wait_for(self, turned_away: int) -> None:
        """Wait until that many were not let in."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.turned_away >= turned_away, 30)


@dataclass(slots=True)
class World:
    """What a calendar is connected with."""

    app: App
    admin: Caller
    calendar: Calendar
    google: Door
    oauth: OAuthServer

    def add_google(self, name: str = "google", **more: Any) -> None:
        """Set Google up, as it is here."""
        known = {
            "url": self.google.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "authorization_url": self.oauth.authorization_url,
            "token_url": self.oauth.token_url,
            "redirect_uris": (THERE,),
        }
        new = NewProvider(name=name, kind=ProviderKind.GOOGLE, **(known | more))
        providers.add(self.app, self.admin, new)

    def begin(self, provider: str = "google", **more: Any) -> Begun:
        """Begin to connect the calendar."""
        given = {"redirect_uri": THERE} | more
        return connecting.begin(self.app, self.admin, self.calendar.id, provider=provider, **given)

    def agree(self, begun: Begun) -> dict[str, str]:
        """Agree in a browser, and return what it brings to the callback."""
        assert begun.authorization_url
        return dict(parse_qsl(urlsplit(self.oauth.visit(begun.authorization_url)).query))

    def finish(self, brought: dict[str, str]) -> Finished:
        """Come back to the callback."""
        told = {"issuer": brought.get("iss")}
        return finishing.finish(
            self.app,
            brought["state"],
            code=brought.get("code"),
            error=brought.get("error"),
            **told,
        )

    def connect(self, **more: Any) -> Connection:
        """Connect the calendar, all the way."""
        finished = self.finish(self.agree(self.begin(**more)))
        assert finished.problem is None
        return self.connection(finished.connection_id)

    def connection_of(self, data: Mapping[str, Any]) -> Connection:
        """Return the connection that REST has told of."""
        return self.connection(parse(Kind.CONNECTION, data["id"]) or 0)

    def tokens(self, connection: Connection) -> Tokens:
        """Return the tokens that are kept of a connection."""
        kept = self.connection(connection.id).sealed_credentials
        found = unsealed(Vault(self.app.outside.keys), kept or "")
        assert isinstance(found, Tokens)
        return found

    def connection(self, number: int) -> Connection:
        """Return a connection as it is now."""
        return connections.get(self.app, self.admin, self.calendar.id, number)


@pytest.fixture(name="world")
def a_world(app, admin, calendar) -> Iterator[World]:
    google = Door()
    oauth = OAuthServer(google.token)
    outside = Outside(keys=(new_key(),), allow_private=True, public_url=PUBLIC_URL)
    world = World(replace(app, outside=outside), admin, calendar, google, oauth)
    world.add_google()
    yield world
    oauth.stop()
    google.stop()
    google.check()
