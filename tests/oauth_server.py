"""An authorization server on loopback that keeps to the rules, and a person who agrees.

PKCE is asked for and looked at, a code is good once, and refresh tokens may be made to rotate: one
that is used a second time then ends all that came of it (RFC 9700 §4.14.2).
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx

CLIENT_ID = "client-1"
CLIENT_SECRET = "secret-of-the-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody agreed to."""

    redirect_uri: str
    challenge: str
    scope: str


class OAuthServer:
    """The server.

    Args:
        access: Returns a new access token, which is good at the API.
    """

    def __init__(self, access: Callable[[], str] = lambda: f"at-{secrets.token_hex(8)}") -> None:
        self.rotates = False
        self.agrees = True
        self.tells_issuer = True
        self.lasts: object = 3600
        self.scope: str | None = None
        self.trouble: tuple[int, Mapping[str, Any]] | None = None
        self.on_refresh: Callable[[], None] = lambda: None
        self.asked: list[dict[str, str]] = []
        self.revoked: list[str] = []
        self.refreshes = 0
        self._access = access
        self._codes: dict[str, Grant] = {}
        self._live: set[str] = set()
        self._used: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Close the door."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def authorization_url(self) -> str:
        """Where people agree."""
        return f"{self.origin}/authorize"

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are taken."""
        return f"{self.origin}/token"

    def visit(self, authorization_url: str) -> str:
        """Open a link as a person does, agree or not, and return where the browser is sent."""
        answer = httpx.get(authorization_url)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def refresh_token(self) -> str:
        """Return a refresh token that is good."""
        made = f"rt-{secrets.token_hex(16)}"
        self._live.add(made)
        return made

    def end(self) -> None:
        """Let no refresh token be good any more."""
        self._live.clear()

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent (RFC 6749 §4.1.2)."""
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        back = {"state": query["state"]}
        if self.tells_issuer:
            back["iss"] = self.origin
        if self.agrees:
            back["code"] = secrets.token_urlsafe(16)
            self._codes[back["code"]] = Grant(
                redirect_uri=query["redirect_uri"],
                challenge=query["code_challenge"],
                scope=query["scope"],
            )
        else:
            back |= {"error": "access_denied", "error_description": "não"}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Answer the token endpoint."""
        with self._lock:
            self.asked.append(form)
            if self.trouble:
                return self.trouble
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
                return 401, {"error": "invalid_client"}
            if form["grant_type"] == "authorization_code":
                return self._first(form)
        self.on_refresh()
        with self._lock:
            return self._again(form["refresh_token"])

    def _first(self, form: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        grant = self._codes.pop(form["code"], None)
        proof = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if grant is None or (grant.redirect_uri, grant.challenge) != (
            form["redirect_uri"],
            challenge,
        ):
            return 400, {"error": "invalid_grant", "error_description": "não é válido"}
        return 200, self._tokens(grant.scope) | {"refresh_token": self.refresh_token()}

    def _again(self, used: str) -> tuple[int, Mapping[str, Any]]:
        self.refreshes += 1
        if used in self._used:
            self.end()
        if used not in self._live:
            return 400, {"error": "invalid_grant", "error_description": "foi revogado, não é?"}
        if not self.rotates:
            return 200, self._tokens(None)
        self._live.discard(used)
        self._used.add(used)
        return 200, self._tokens(None) | {"refresh_token": self.refresh_token()}

    def _tokens(self, scope: str | None) -> dict[str, Any]:
        granted = self.scope or scope
        told = {"access_token": self._access(), "token_type": "Bearer", "expires_in": self.lasts}
        return told | ({"scope": granted} if granted else {})


def _handler(server: OAuthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            query = {name: given[-1] for name, given in parse_qs(urlsplit(self.path).query).items()}
            self.send_response(302)
            self.send_header("Location", server.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            if urlsplit(self.path).path == "/revoke":
                server.revoked.append(form["token"])
                answer: tuple[int, Mapping[str, Any]] = (200, {})
            else:
                answer = server.exchange(form)
            status, text = answer[0], json.dumps(answer[1]).encode()
            self.send_response(status)
            if "Location" in answer[1]:
                self.send_header("Location", answer[1]["Location"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler
