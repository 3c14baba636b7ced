"""Requests to addresses that others have chosen: providers, feeds, webhooks.

Where a name leads is looked up once, what it leads to is judged, and the connection is made to just
that address: a name that changes its mind in between changes nothing. TLS goes on verifying the
name. Every redirect is a new request that is judged in the same way.
"""

import ipaddress
import re
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from queue import Empty, SimpleQueue
from ssl import SSLContext
from threading import Thread
from time import monotonic
from typing import Any

import httpcore
import httpx

from sched_agent import __version__
from sched_agent.deadline import BoundedTransport, left, within

MOST_BYTES = 32 * 1024 * 1024
"""How long an answer may be, unpacked."""

_MOST_REDIRECTS = 3

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port to the IP addresses behind it; raises OSError if there are none."""


class Refused(httpx.RequestError):
    """We do not go to that address, or read an answer of that kind: the same goes for next time.

    Its text names nothing but the host.
    """


def client(
    *,
    seconds: float,
    allow_private: bool,
    auth: httpx.Auth | None = None,
    redirects: bool = False,
    resolve: Resolve | None = None,
) -> httpx.Client:
    """Return a client that goes to public addresses only, by https.

    What it raises is an `httpx.RequestError`: `Refused` if it does not go there at all.

    Args:
        seconds: How long a request may take, all in all: looking up the name, its redirects, and
            reading the answer.
        allow_private: Whether it may go to this machine and its network, and by plain http.
        auth: How it says who we are; it is not told to another origin.
        redirects: Whether it follows redirects, each of which is looked at like the first address.
        resolve: Looks names up; the system's way, unless given.
    """
    return _Client(
        seconds,
        auth=auth,
        follow_redirects=redirects,
        max_redirects=_MOST_REDIRECTS,
        headers={"User-Agent": f"sched-agent/{__version__}"},
        transport=_Transport(resolve or _look_up, allow_private=allow_private),
        timeout=seconds,
        trust_env=False,
    )


def check(url: str, *, allow_private: bool) -> None:
    """Look at an address as it is written, without looking its name up.

    Raises:
        Refused: No request of ours would go there, wherever the name leads.
    """
    try:
        _check(httpx.URL(url), allow_private=allow_private)
    except httpx.InvalidURL:
        raise Refused("That is no address of the web.") from None


def _check(url: httpx.URL, *, allow_private: bool) -> None:
    host = url.raw_host.decode("ascii")
    if url.scheme != "https" and not (allow_private and url.scheme == "http"):
        raise Refused("Only addresses that begin with https:// are used.")
    if url.userinfo:
        raise Refused("An address with a user name or password in it is not used.")
    if (literal := _literal(host)) is not None:
        _judge(host, literal, allow_private=allow_private)
    elif not _NAME.fullmatch(host) or not 0 < (url.port or 443) < 65536:
        raise Refused("The address names no host in the usual way.")
    elif _ENDS_IN_A_NUMBER.search(host):
        raise Refused(f"{host} is an unusual way to write an IP address.")
    elif (host == "localhost" or host.endswith(".localhost")) and not allow_private:
        raise _private(host)


_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_ENDS_IN_A_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$")
"""What programs take for an IPv4 address, however odd (URL Standard, "ends in a number")."""


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _judge(host: str, address: Address, *, allow_private: bool) -> None:
    near = allow_private and any(address in network for network in _NEAR)
    scoped = getattr(address, "scope_id", None)  # it makes another address of the same
    if scoped or address in _CLOUDS or not (near or is_public(address)):
        raise _private(host)


def _private(host: str) -> Refused:
    return Refused(f"{host} is not on the public internet.")


def is_public(address: Address) -> bool:
    """Whether an address is a single machine's on the public internet, and says so itself.

    Addresses that stand for others (IPv4 inside IPv6, NAT64, 6to4, Teredo) are not.
    """
    if any(address in network for network in _STANDING_FOR_OTHERS):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _networks(*written: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in written)


_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_STANDING_FOR_OTHERS = _networks("192.88.99.0/24", "2001::/32", "2002::/16", "3fff::/20")
"""6to4's relays, Teredo, 6to4; and what is for documents, which Python does not know as such."""

_NEAR = _networks(
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
    "fc00::/7",
)  # fmt: skip
"""This machine and its network."""

_CLOUDS = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16"),
    )
)
"""Where clouds tell their machines about themselves, and give them credentials: AWS and most
others, AWS and Google by IPv6, Alibaba, Azure. Some lie in private networks, Azure's outside."""


class _Client(httpx.Client):
    """httpx's own client, that ends each call in time."""

    def __init__(self, seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._seconds = seconds

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        with within(self._seconds):
            return super().send(request, **options)

    @contextmanager
    def stream(self, *args: Any, **options: Any) -> Iterator[httpx.Response]:
        with within(self._seconds), super().stream(*args, **options) as response:
            yield response


class _Transport(BoundedTransport):
    """Goes where it may, and reads no more than it should."""

    def __init__(self, resolve: Resolve, *, allow_private: bool) -> None:
        super().__init__(verify=_public_authorities(), trust_env=False)
        self._pool._network_backend = _Guarded(
            self._pool._network_backend, resolve, allow_private=allow_private
        )
        self._allow_private = allow_private

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _check(request.url, allow_private=self._allow_private)
        request.headers["Accept-Encoding"] = "gzip"
        response = super().handle_request(request)
        headers = response.headers
        packed = headers.pop("Content-Encoding", "identity").lower()
        if packed not in {"identity", "gzip"}:
            response.close()
            raise Refused("The answer is packed in a way that was not asked for.")
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101  # for the checker
        if packed == "gzip":
            headers.pop("Content-Length", None)
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=_Unpacked(response.stream, packed=packed == "gzip"),
            extensions=response.extensions,
        )


class _Unpacked(httpx.SyncByteStream):
    """An answer's body, unpacked piece by piece so that a small one can't become a huge one."""

    def __init__(self, inner: httpx.SyncByteStream, *, packed: bool) -> None:
        self._inner = inner
        self._packed = packed

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        for piece in self._pieces():
            total += len(piece)
            if total > MOST_BYTES:
                raise Refused("The answer is too long.")
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        if not self._packed:
            yield from self._inner
            return
        unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            for waiting in self._inner:
                while waiting:
                    yield unpacking.decompress(waiting, _PIECE)
                    waiting = unpacking.unconsumed_tail
        except zlib.error:
            raise httpx.DecodingError("The answer is not packed as it says.") from None

    def close(self) -> None:
        self._inner.close()


_PIECE = 256 * 1024


def trust(file: str) -> None:
    """Trust servers whose certificates the authorities in a file vouch for, from now on.

    Args:
        file: Certificates in PEM.

    Raises:
        OSError: It can't be read, or holds none.
    """
    _public_authorities().load_verify_locations(file)


@cache
def _public_authorities() -> SSLContext:
    """Return what verifies servers; reading it takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


class _Guarded(httpcore.NetworkBackend):
    """Looks a name up, and connects to the first address of it that may be gone to."""

    def __init__(
        self, inner: httpcore.NetworkBackend, resolve: Resolve, *, allow_private: bool
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        until = monotonic() + (left(timeout, httpcore.ConnectTimeout) or 0.0)
        addresses = self._allowed(host, self._addresses(host, port, until - monotonic()))
        failed: Exception = httpcore.ConnectError("no address")
        for tried, address in enumerate(addresses):
            # one that does not answer leaves time for the others
            share = max(0.0, until - monotonic()) / (len(addresses) - tried)
            try:
                return self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        if _literal(host) is not None:
            return [host]
        answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()
        Thread(target=self._ask, args=(host, port, answers), daemon=True).start()
        try:
            answer = answers.get(timeout=max(0.0, seconds))
        except Empty:
            raise httpcore.ConnectTimeout("the name was not looked up in time") from None
        if isinstance(answer, OSError):
            raise httpcore.ConnectError("the name leads nowhere")
        return answer

    def _ask(self, host: str, port: int, answers: "SimpleQueue[Sequence[str] | OSError]") -> None:
        """Answer into a queue, since the system looks names up for as long as it likes."""
        try:
            answers.put(self._resolve(host, port))
        except (OSError, UnicodeError):
            answers.put(OSError())

    def _allowed(self, host: str, addresses: Sequence[str]) -> Sequence[str]:
        """Return those of a name's addresses that may be gone to.

        Raises:
            Refused: None may be.
        """
        allowed, refusal = [], None
        for address in addresses:
            try:
                _judge(host, ipaddress.ip_address(address), allow_private=self._allow_private)
            except Refused as error:
                refusal = error
            else:
                allowed.append(address)
        if not allowed:
            raise refusal or httpcore.ConnectError("the name leads nowhere")
        return allowed


def _look_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
