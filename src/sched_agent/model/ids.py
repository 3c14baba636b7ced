"""Ids: one number, spelled three ways, mapped in this file alone.

A number has 30 random bits (more once an environment is crowded). Tools and the command line
show it as a short code that a person can type or say (`evt_7k3m9q`); the Talkover family as a
UUID; the workspace family as the number itself. Any spelling is accepted wherever an id is asked
for. The ids of a hosted calendar's vendor are any text: a number is derived from them.

An id is a name and not a capability: it is never enough to see what it names.
"""

import hashlib
import secrets
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

Number: TypeAlias = int

# Crockford's base 32 without the letters that are misheard or misread as digits.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)} | {"o": 0, "i": 1, "l": 1}
_BETWEEN_LETTERS = str.maketrans("", "", " ,-")  # as it is typed, or was read out
_SHORTEST = 6
_LARGEST = 2**53 - 1  # the integers that every JSON reader keeps whole


class Kind(StrEnum):
    """What an id names; the value is the prefix of its code."""

    CALENDAR = "cal"
    EVENT = "evt"
    RULE = "rul"
    ENVIRONMENT = "env"
    TOKEN = "tok"  # noqa: S105  # a prefix
    BOOKING = "bkg"
    CONNECTION = "con"
    EVENT_RULE = "evr"


# UUID version 8 (RFC 9562 §5.8): our own layout. The middle names the kind, the end is the number.
_UUID_BASE = UUID("5c4ed000-0000-8000-8000-000000000000").int
_KIND_SHIFT = 80
_KIND_BITS = {kind: position << _KIND_SHIFT for position, kind in enumerate(Kind, start=1)}


def new_number(crowded: int = 0) -> Number:
    """Return a random number; `crowded` counts the attempts that met one in use."""
    bits = 30 + 5 * (crowded // 3)
    lowest = 1 << 25  # six characters at least, none of them a leading zero
    return lowest + secrets.randbelow((1 << min(bits, 53)) - lowest)


def code(kind: Kind, number: Number) -> str:
    """Return the short spelling, such as `evt_7k3m9q`."""
    letters = ""
    while number:
        number, value = divmod(number, 32)
        letters = _ALPHABET[value] + letters
    return f"{kind}_{letters.rjust(_SHORTEST, '0')}"


def uuid(kind: Kind, number: Number) -> str:
    """Return the spelling as a UUID."""
    return str(UUID(int=_UUID_BASE | _KIND_BITS[kind] | number))


@lru_cache(maxsize=16_384)  # a calendar is read again and again, with the ids of all its events
def foreign(kind: Kind, text: str) -> Number:
    """Return the number of an id of a vendor: the one it spells, or one derived from its letters.

    45 bits of a hash: of a million ids, two have the same number about once in seventy times, so
    whoever finds things by it makes sure that there is only one.
    """
    own = _parse_uuid(kind, text) if len(text) == 36 else None
    if own is None and text.isascii() and text.isdigit() and len(text) <= 16:
        own = _in_range(int(text))
    return own or _derived(text)


def _derived(text: str) -> Number:
    return 1 + (int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") >> 3)


def parse(kind: Kind, text: str | int) -> Number | None:
    """Return the number that any of the three spellings names, or None if it is none of them."""
    spelled = str(text).strip().lower()
    if spelled.isascii() and spelled.isdigit() and len(spelled) <= 16:
        return _in_range(int(spelled))
    if len(spelled) == 36:
        return _parse_uuid(kind, spelled)
    return _parse_code(kind, spelled)


def _parse_uuid(kind: Kind, spelled: str) -> Number | None:
    try:
        named = UUID(spelled)
    except ValueError:
        return None
    if named.int >> _KIND_SHIFT + 8 == _UUID_BASE >> _KIND_SHIFT + 8:
        return _in_range(named.int ^ (_UUID_BASE | _KIND_BITS[kind]))
    return _derived(spelled)  # a vendor's


def _parse_code(kind: Kind, spelled: str) -> Number | None:
    letters = spelled.removeprefix(f"{kind}_").translate(_BETWEEN_LETTERS)
    if not 0 < len(letters) <= 11 or any(letter not in _VALUES for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number * 32 + _VALUES[letter]
    return _in_range(number)


def _in_range(number: int) -> Number | None:
    return number if 0 < number <= _LARGEST else None
