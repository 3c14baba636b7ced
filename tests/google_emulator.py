"""An emulator of Google that others wrote: OAuth, and the simplest part of the calendar API.

It keeps neither ids that are sent to it nor series, gives no sync tokens, and takes a token that it
does not know for the first user's; `GoogleStub` does better.
"""

import json
import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import httpx

from tests.peers.running import NODE, PEERS, surroundings

OWNER = "owner@example.com"
STRANGER = "stranger@example.com"
CLIENT_ID = "sched-agent.apps.googleusercontent.com"
CLIENT_SECRET = "emulated-secret"
TOKEN = "ya29.emulated"


class GoogleEmulator:
    """The emulator as a process of its own; it needs the npm packages of `tests/peers`.

    Args:
        redirect_uris: To which the client that is registered may have browsers sent.
        calendars: Besides the owner's primary one, as the emulator's seed has them.
        events: On them, as the emulator's seed has them.
    """

    def __init__(
        self,
        *,
        redirect_uris: Sequence[str] = ("http://127.0.0.1/callback",),
        calendars: Sequence[Mapping[str, Any]] = (),
        events: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        primary = {"id": "primary", "summary": "Mine", "primary": True}
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "sched-agent"}
        google = {
            "users": [{"email": OWNER, "name": "Olive Owner"}, {"email": STRANGER}],
            "oauth_clients": [client | {"redirect_uris": list(redirect_uris)}],
            "calendars": [primary | {"time_zone": "America/New_York"}, *calendars],
            "calendar_events": list(events),
        }
        seed = {"tokens": {TOKEN: {"login": OWNER}}, "google": google}
        self._process = subprocess.Popen(
            [NODE, PEERS / "google.mjs", json.dumps({"port": port, "seed": seed})],
            env=surroundings({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    @property
    def url(self) -> str:
        """The base of the calendar API."""
        return f"{self.origin}/calendar/v3"

    @property
    def authorization_url(self) -> str:
        """Where an owner agrees."""
        return f"{self.origin}/o/oauth2/v2/auth"

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens become access tokens."""
        return f"{self.origin}/oauth2/token"

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate()  # closes its pipe, too

    def agree(self, address: str, email: str = OWNER) -> str:
        """Agree to what an address of `authorization_url` asks, and return where that leads."""
        page = httpx.get(address)
        assert page.is_success, page.text
        for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
            inputs = re.findall(r'name="(\w+)" value="([^"]*)"', form)
            fields = {name: unescape(value) for name, value in inputs}
            if fields.get("email") == email:
                answer = httpx.post(f"{self.authorization_url}/callback", data=fields)
                return answer.headers["Location"]
        raise AssertionError(f"{email} is not on the page")
