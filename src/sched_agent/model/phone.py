"""Phone numbers: whether two that are written differently are the same."""

import re

from sched_agent.model.text import digits

WHOLE = 7
"""The fewest digits of a number that is told whole; fewer are a part of one."""

_PART = 4
_EXTENSION = re.compile(r"\s*(?:;ext=|#|\b(?:extension|ext|ramal|x)\b\.?|x)\s*\d{1,6}\s*$", re.I)


def number_digits(text: str) -> str:
    """Return the digits of a phone number without its extension, or none if it can't be one."""
    found = digits(_without_extension(text))
    has_letters = any(c.isalpha() for c in _without_extension(text))
    return "" if len(found) < _PART or has_letters else found


def is_same_number(some: str, other: str, country: str | None) -> bool:
    """Whether two texts are one phone number, with or without its area's and country's codes.

    A number without its country's code is read as one of `country` (ISO 3166); where that does not
    make the two the same, the shorter one still may be how the longer one ends.
    """
    ends = [digits(_without_extension(text)).lstrip("0") for text in (some, other)]
    short, long = sorted(ends, key=len)
    if len(short) < WHOLE:
        return False
    both_whole = all(text.lstrip().startswith(("+", "＋")) for text in (some, other))
    return (not both_whole and long.endswith(short)) or _library_says_so(some, other, country)


def _without_extension(text: str) -> str:
    return _EXTENSION.sub("", text)


def _library_says_so(some: str, other: str, country: str | None) -> bool:
    import phonenumbers  # its tables cost a start 30 ms, and few calls need them

    try:
        numbers = [phonenumbers.parse(text, country) for text in (some, other)]
    except phonenumbers.NumberParseException:
        return False
    none = {phonenumbers.MatchType.NO_MATCH, phonenumbers.MatchType.NOT_A_NUMBER}
    return phonenumbers.is_number_match(*numbers) not in none
