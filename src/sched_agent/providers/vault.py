"""Secrets at rest: tokens and passwords of providers, sealed with keys from the settings.

The first key seals, all of them unseal: a new key is put in front, everything is sealed anew with
`sched-agent provider rotate`, and the old key is taken away.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from sched_agent.errors import CalendarUnreachable, Unsupported

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_SIGNING = b"sched-agent signs with this"
"""Sets the keys that sign apart from those that seal."""


class Locked(CalendarUnreachable):
    """What was sealed can't be unsealed with the keys that there are."""

    hint = "Put the key with which it was sealed back into SCHED_AGENT_CREDENTIAL_KEYS."


class Vault:
    """Seals texts, so that whoever reads the database can't read them; and signs texts.

    Args:
        keys: Fernet keys, the one that seals first. Without any, nothing can be sealed or signed.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = tuple(keys)

    def require(self) -> None:
        """Let pass what is going to seal or sign something.

        Raises:
            Unsupported: There is no key.
        """
        if not self._keys:
            raise Unsupported(
                "This server has no key to keep a provider's credentials with.",
                hint="Make one with `sched-agent provider key` and set it as "
                "SCHED_AGENT_CREDENTIAL_KEYS, for all processes alike.",
            )

    def seal(self, text: str) -> str:
        """Return a text that only `unseal` can read.

        Raises:
            Unsupported: There is no key.
        """
        return self._fernet().encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            Locked: None of the keys is the one that it was sealed with.
        """
        locked = Locked("A provider's credentials can't be read with the keys that are set.")
        if not self._keys:
            raise locked
        fernet = self._fernet()
        from cryptography.fernet import InvalidToken

        try:
            return fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise locked from None

    def reseal(self, sealed: str) -> str:
        """Return the same, sealed with the first key.

        Raises:
            Locked: See `unseal`.
        """
        return self.seal(self.unseal(sealed))

    def sign(self, text: str) -> str:
        """Return a text with what proves that it is ours; others can read it.

        Raises:
            Unsupported: There is no key.
        """
        self.require()
        return f"{_encoded(text.encode())}.{_encoded(_signature(self._keys[0], text))}"

    def verified(self, signed: str) -> str | None:
        """Return a text that was signed with one of the keys, or None."""
        body, _, signature = signed.partition(".")
        try:
            text, given = _decoded(body).decode(), _decoded(signature)
        except ValueError:
            return None
        in_one_spelling = f"{_encoded(text.encode())}.{_encoded(given)}" == signed
        right = [hmac.compare_digest(_signature(key, text), given) for key in self._keys]
        return text if in_one_spelling and any(right) else None

    def _fernet(self) -> "MultiFernet":
        self.require()
        try:
            from cryptography.fernet import Fernet, MultiFernet
        except ImportError:
            raise not_installed() from None
        return MultiFernet([Fernet(key) for key in self._keys])


def new_key() -> str:
    """Return a new key, at random.

    Raises:
        Unsupported: The library for it is not installed.
    """
    try:
        from cryptography.fernet import Fernet
    except ImportError:
        raise not_installed() from None
    return Fernet.generate_key().decode()


def not_installed() -> Unsupported:
    """Return the error of a server that was installed without the libraries for providers."""
    return Unsupported(
        "This server was installed without what calendar providers need.",
        hint="pip install 'sched-agent[providers]'",
    )


def _signature(key: str, text: str) -> bytes:
    own = hmac.digest(base64.urlsafe_b64decode(key), _SIGNING, sha256)
    return hmac.digest(own, text.encode(), sha256)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
