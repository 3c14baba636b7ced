"""An end to every call: however a server drips its answer, reading it stops in time.

httpx bounds each single read; here a call's reads share what is left of its time.
"""

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpcore
import httpx

_CALL = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what this thread sends and reads here take no longer than that in all.

    A call within a call ends with it, too.
    """
    outer: float | None = getattr(_CALL, "until", None)
    until = monotonic() + seconds
    _CALL.until = until if outer is None else min(until, outer)
    try:
        yield
    finally:
        _CALL.until = outer


def left(timeout: float | None, over: type[Exception] = httpcore.ReadTimeout) -> float | None:
    """Return what a single step of that many seconds has left of its call's time.

    Raises:
        httpcore.ReadTimeout: It has none, or whichever error is given for that.
    """
    until: float | None = getattr(_CALL, "until", None)
    if until is None:
        return timeout
    remaining = until - monotonic()
    if remaining <= 0:
        raise over("the call's time is over")
    return remaining if timeout is None else min(remaining, timeout)


class BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport, on streams that know when the call is to end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # the pool takes a backend, but the transport does not pass one on
        self._pool._network_backend = _Backend(self._pool._network_backend)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        remaining = left(timeout, httpcore.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, remaining, local_address, socket_options)
        return _Stream(stream)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
