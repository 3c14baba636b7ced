"""What a provider's HTTP means to us, in one place for all of them.

No message repeats an address: that of a feed may be the only secret that guards it. For the same
reason what httpx raises is not kept as the cause of our errors, and its log names hosts alone.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected
from sched_agent.outward import Refused

MOST_BYTES = 20 * 1024 * 1024
"""The longest answer that is read."""

_NOT_NOW = frozenset({408, 423, 425, 429})
_LONGEST_WAIT_SECONDS = 24 * 3600


@contextmanager
def provider_errors() -> Iterator[None]:
    """Turn what httpx raises into our errors.

    Raises:
        CalendarUnreachable: No connection, or it broke, or no answer came in time.
        ProviderRejected: The address can be none, or leads in circles or to where we do not go.
    """
    try:
        yield
    except httpx.InvalidURL as error:
        error.args = ()
        raise ProviderRejected("The provider's address can't be read.") from None
    except httpx.HTTPError as error:
        vars(error).pop("_request", None)  # it knows the address
        raise _meaning(error) from None


def _meaning(error: httpx.HTTPError) -> CalendarUnreachable | ProviderRejected:
    if isinstance(error, httpx.UnsupportedProtocol | httpx.TooManyRedirects | Refused):
        return ProviderRejected("The provider's address leads nowhere that we go to.")
    if isinstance(error, httpx.TimeoutException):
        return CalendarUnreachable("The provider did not answer in time.")
    return CalendarUnreachable(
        "The provider can't be reached: no connection could be made, or it broke."
    )


def _name_the_host_alone(record: logging.LogRecord) -> bool:
    """Take addresses out of what httpx logs of each request, but for the host."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            f"{one.scheme}://{one.host}" if isinstance(one, httpx.URL) else one
            for one in record.args
        )
    return True


logging.getLogger("httpx").addFilter(_name_the_host_alone)


def checked(response: httpx.Response) -> httpx.Response:
    """Return a response that is a success.

    What a status means to one provider alone (a cursor that has expired, an event that is gone or
    changed, a limit that comes as 403), that provider looks at first.

    Raises:
        ConsentNeeded: 401 and 403.
        CalendarUnreachable: 408, 423, 425, 429 and 5xx; it tells when to come back if the response
            does.
        ProviderRejected: Any other status.
    """
    status = response.status_code
    if response.is_success:
        return response
    if status in {401, 403}:
        raise ConsentNeeded("The provider refuses our credentials.")
    if status in _NOT_NOW or status >= 500:
        error = CalendarUnreachable(f"The provider can't answer now (status {status}).")
        error.retry_after_seconds = retry_after(response)
        raise error
    raise ProviderRejected(f"The provider refuses the request (status {status}).")


def retry_after(response: httpx.Response) -> int:
    """Return for how many seconds the provider asks to be left alone; 1 if it does not say."""
    said = response.headers.get("Retry-After", "").strip()
    if not (said.isascii() and said.isdigit()):
        return 1
    return min(max(1, int(said[:9])), _LONGEST_WAIT_SECONDS)


def body_of(response: httpx.Response) -> bytes:
    """Return the body of a response that is being streamed.

    Raises:
        ProviderRejected: It is longer than `MOST_BYTES`.
    """
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if len(received) > MOST_BYTES:
            raise ProviderRejected("The provider's answer is too long.")
    return bytes(received)
