"""Two real CalDAV servers, which differ: Radicale and Xandikos."""

import atexit
import base64
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import httpx

from sched_agent import outward

USERNAME, PASSWORD = "alice", "correct horse"
_CERTIFICATES = Path(mkdtemp(prefix="sched-agent-certificates-")) / "certs"
atexit.register(shutil.rmtree, _CERTIFICATES.parent, ignore_errors=True)
_TRIES = 600
_PAUSE_SECONDS = 0.05
_RADICALE = """\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {passwords}
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {data}
"""


class CaldavServer:
    """A server process with one user, on a folder that outlives it."""

    username, password = USERNAME, PASSWORD

    def __init__(
        self, name: str, url: str, command: Sequence[str], home: str, ca: Path | None = None
    ) -> None:
        """Start it.

        Args:
            name: Which one it is.
            url: Where it answers, with a slash at its end.
            command: What runs it.
            home: The path of the folder of the user's calendars.
            ca: The certificate to trust, if it speaks https.
        """
        self.name, self.url, self.ca = name, url, ca
        self.home = f"{url}{home}"
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._calendars = 0
        self.start()

    def start(self) -> None:
        """Start it on the data that is there, and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        port = urlsplit(self.url).port
        for _ in range(_TRIES):
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", port or 0), timeout=5):
                    return
            except OSError:
                time.sleep(_PAUSE_SECONDS)
        raise RuntimeError(f"{self.name} does not answer")

    def stop(self) -> None:
        """Stop it; the data stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def http(self) -> httpx.Client:
        """Return a client that is logged in, for what a test does past the program."""
        return httpx.Client(
            base_url=self.url,
            auth=(self.username, self.password),
            verify=ssl.create_default_context(cafile=self.ca),
            timeout=20,
        )

    def client(self, *, password: str = PASSWORD, seconds: float = 20) -> httpx.Client:
        """Return a client as the program makes it, that trusts the server's certificate."""
        if self.ca:
            outward.trust(str(self.ca))
        auth = httpx.BasicAuth(self.username, password)
        return outward.client(seconds=seconds, allow_private=True, auth=auth)

    def new_calendar(self, name: str, *kinds: str) -> str:
        """Make an empty calendar, for events alone unless said, and return its URL."""
        self._calendars += 1
        url = f"{self.home}made-{self._calendars}-{os.urandom(3).hex()}/"
        components = "".join(f'<c:comp name="{kind}"/>' for kind in kinds or ("VEVENT",))
        properties = (
            f"<d:displayname>{escape(name)}</d:displayname><c:supported-calendar-component-set>"
            f"{components}</c:supported-calendar-component-set>"
        )
        body = (
            '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
            f"<d:set><d:prop>{properties}</d:prop></d:set></c:mkcalendar>"
        )
        with self.http() as http:
            http.request(
                "MKCALENDAR", url, content=body, headers={"Content-Type": "application/xml"}
            ).raise_for_status()
        return url


@contextmanager
def radicale(folder: Path) -> Iterator[CaldavServer]:
    """Run Radicale by plain http, and stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    port, config, passwords = _free_port(), folder / "config", folder / "passwords"
    passwords.write_text(f"{USERNAME}:{PASSWORD}\n")
    config.write_text(_RADICALE.format(port=port, passwords=passwords, data=folder / "data"))
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    url = f"http://127.0.0.1:{port}/"
    with _running(CaldavServer("radicale", url, command, f"{USERNAME}/")) as server:
        with server.http() as http:  # makes the home of a user who has never been there
            http.request("PROPFIND", f"{server.home}").raise_for_status()
        yield server


@contextmanager
def xandikos(folder: Path) -> Iterator[CaldavServer]:
    """Run Xandikos by https with a certificate of its own (`.ca`), and stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    port, state, passwords = _free_port(), folder / "state", folder / "passwords"
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    passwords.write_text(f"{USERNAME}:{{SHA}}{digest}\n")
    options = {
        "-d": folder / "data",
        "--current-user-principal": f"/{USERNAME}/",
        "-l": "localhost",  # the name that stands in its certificate
        "-p": port,
        "--htpasswd": passwords,
        "--state-dir": state,
    }
    if _CERTIFICATES.is_dir():  # two of one name with different keys can't both be trusted
        shutil.copytree(_CERTIFICATES, state / "certs", dirs_exist_ok=True)
    words = [str(word) for option in options.items() for word in option]
    command = [sys.executable, "-m", "xandikos", "serve", "--defaults", "--autocert", *words]
    url, home = f"https://localhost:{port}/", f"{USERNAME}/calendars/"
    ca = state / "certs" / "selfsigned.crt"
    with _running(CaldavServer("xandikos", url, command, home, ca)) as server:
        if not _CERTIFICATES.is_dir():
            shutil.copytree(ca.parent, _CERTIFICATES)
        yield server


SERVERS = {"radicale": radicale, "xandikos": xandikos}


@contextmanager
def _running(server: CaldavServer) -> Iterator[CaldavServer]:
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port
