"""Who a voice platform's webhook is from: a token that it sends, or its signature.

A right signature stands for one token, that of the setting VOICE_TOKEN: the platform may do what
that token may do, and no more. See docs/adr/0018-voice-platforms.md.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers

from sched_agent.clock import Clock, system_clock
from sched_agent.errors import NotAuthenticated
from sched_agent.model.interval import MINUTE, SECOND
from sched_agent.settings import PREFIX, Settings

_MILLISECOND = SECOND // 1000
_STAMP = re.compile(r"[0-9]{1,16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MILLISECONDS_FROM = 10**11
"""From this number on a time counts milliseconds: as seconds it would be the year 5138."""

Parts = tuple[str, Sequence[str]]
"""A signature's time, as it was sent, and its digests, one of which has to be right."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a platform signs: HMAC with SHA-256, in hexadecimal digits, over time and body.

    Args:
        header: Where the signature is.
        setting: The name of the setting with the key.
        window: How far its time may be from ours, in microseconds.
        read: Returns the parts of the signature.
        signed: Returns what was signed.
    """

    header: str
    setting: str
    window: int
    read: Callable[[Headers], Parts]
    signed: Callable[[bytes, bytes], bytes]


def _pairs(header: str) -> Sequence[tuple[str, str]]:
    return [(part.partition("=")[0].strip(), part.partition("=")[2]) for part in header.split(",")]


def _named(header: str, stamp: str, digest: str) -> Callable[[Headers], Parts]:
    """Return a reader of a header such as `t=1739537297,v0=b7d2…`."""

    def read(headers: Headers) -> Parts:
        pairs = _pairs(headers[header])
        stamps = [value for name, value in pairs if name == stamp]
        return stamps[0] if stamps else "", [value for name, value in pairs if name == digest]

    return read


def _dotted(stamp: bytes, body: bytes) -> bytes:
    return stamp + b"." + body


_SCHEMES: Mapping[str, Scheme] = {
    # the defaults of its HMAC credential: https://docs.vapi.ai/server-url/server-authentication
    "vapi": Scheme(
        header="x-signature",
        setting="vapi_secret",
        window=5 * MINUTE,
        read=lambda headers: (headers.get("x-timestamp", ""), [headers["x-signature"]]),
        signed=_dotted,
    ),
    # https://docs.retellai.com/features/secure-webhook, and `verify` of its SDKs
    "retell": Scheme(
        header="x-retell-signature",
        setting="retell_api_key",
        window=5 * MINUTE,
        read=_named("x-retell-signature", "v", "d"),
        signed=lambda stamp, body: body + stamp,
    ),
    # https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
    "elevenlabs": Scheme(
        header="elevenlabs-signature",
        setting="elevenlabs_secret",
        window=30 * MINUTE,
        read=_named("elevenlabs-signature", "t", "v0"),
        signed=_dotted,
    ),
}

VAPI_SECRET = "x-vapi-secret"  # noqa: S105  # a header's name
"""A header in which Vapi may send a token instead of in `Authorization`."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The keys of the platforms that sign.

    Args:
        keys: Platform -> its key.
        token: What a right signature stands for.
        clock: The machine's: a pinned one would make every signature old.
    """

    keys: Mapping[str, str]
    token: str | None
    clock: Clock = system_clock

    @classmethod
    def of(cls, settings: Settings) -> "Signatures":
        """Return the keys that are set."""
        keys = {name: getattr(settings, scheme.setting) for name, scheme in _SCHEMES.items()}
        return cls({name: key for name, key in keys.items() if key}, settings.voice_token)

    def concern(self, path: str, headers: Headers) -> bool:
        """Whether it takes the body to say who a request is from."""
        scheme = _SCHEMES.get(_platform(path))
        return scheme is not None and (scheme.header in headers or VAPI_SECRET in headers)

    def authorization(self, path: str, headers: Headers, body: bytes) -> str | None:
        """Return the `Authorization` header that a webhook has, or that its signature stands for.

        Raises:
            NotAuthenticated: The signature is wrong or old, or there is no key to check it with and
                no token beside it.
        """
        platform = _platform(path)
        scheme = _SCHEMES[platform]
        given = headers.get("authorization")
        if given is None and platform == "vapi" and VAPI_SECRET in headers:
            given = f"Bearer {headers[VAPI_SECRET]}"
        if scheme.header not in headers:
            return given
        if platform not in self.keys:
            if given is None:
                raise _no_key(scheme)
            return given
        _check(scheme, headers, body, key=self.keys[platform], now=self.clock())
        return given or f"Bearer {self.token}"


def _platform(path: str) -> str:
    parts = path.split("/")
    return parts[2] if parts[1:2] == ["voice"] and len(parts) > 2 else ""


def _check(scheme: Scheme, headers: Headers, body: bytes, *, key: str, now: int) -> None:
    stamp, digests = scheme.read(headers)
    if not _STAMP.fullmatch(stamp):
        raise _refused("The signature has no time.")
    number = int(stamp)
    at = number * (_MILLISECOND if number >= _MILLISECONDS_FROM else SECOND)
    right = hmac.new(key.encode(), scheme.signed(stamp.encode(), body), hashlib.sha256).hexdigest()
    fitting = filter(_DIGEST.fullmatch, digests)
    if not any(hmac.compare_digest(right, digest) for digest in fitting):
        raise _refused("The signature is wrong.")
    if abs(now - at) > scheme.window:
        minutes = scheme.window // MINUTE
        raise _refused(f"The signature's time is more than {minutes} minutes from now.")


def _refused(told: str) -> NotAuthenticated:
    return NotAuthenticated(told, hint="Sign the body as it is sent, now, with the key set here.")


def _no_key(scheme: Scheme) -> NotAuthenticated:
    return NotAuthenticated(
        "The request is signed, and no key is set to check it with.",
        hint=f"Set {PREFIX}{scheme.setting.upper()} and {PREFIX}VOICE_TOKEN, or send a token.",
    )
