"""Cutting what was said into words and numbers, as speech-to-text and chat write them."""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a token looks like."""

    WORD = "word"
    NUMBER = "number"  # value: (n,)
    ORDINAL = "ordinal"  # value: (n,)
    CLOCK = "clock"  # value: (hour, minute, 1 if written with a leading zero)
    DATE = "date"  # value: (first, second) or (first, second, year)
    ISO_DATE = "iso date"  # value: (year, month, day)
    MARK = "mark"  # a dash or a comma


class Token(NamedTuple):
    """One word, without case and accents, or one number.

    Args:
        text: The word; of numbers the digits as written.
        kind: What it looks like.
        value: The numbers in it.
    """

    text: str
    kind: Kind
    value: tuple[int, ...] = ()


MAX_CHARACTERS = 500

_MERIDIEM = re.compile(r"(?<![a-z])([ap])\s?\.?\s?m\b\.?(?!\w)|(?<=\d)\s?(p)\b\.?(?!\w)")
_SCAN = re.compile(
    r"(?P<other>[$€£]\s?\d+(?:[.,]\d+)*|\d+,\d\d(?!\d)|\d+(?:[.,]\d+)?\s?%)"
    r"|(?P<phone>\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}|\d{3}[-.]\d{4}|\d{5}[-. ]\d{4})(?!\d)"
    r"|(?P<iso>\d{4}[-/]\d{1,2}[-/]\d{1,2})(?!\d)(?:t(?=\d))?"
    r"|(?P<date>\d{1,2}[/]\d{1,2}(?:[/](?:\d{4}|\d{2}))?|\d{1,2}(?P<dash>[-.])\d{1,2}(?P=dash)(?:\d{4}|\d{2}))(?![\d/])"
    r"|(?P<clock>\d{1,2}(?::|h|\.)[0-5]\d)(?::[0-5]\d)?(?=h\b|hs\b|hrs\b|min\b|m\b|am\b|pm\b|\W|$|_)"
    r"|(?P<ordinal>\d{1,2}(?:st|nd|rd|th|[oa]|ro|er|do|to|vo))(?![a-z0-9])"
    r"|(?P<number>\d+)"
    r"|(?P<word>[a-z]+(?:['’][a-z]+)*|@)"
    r"|(?P<mark>[-–—,])"
)
_OTHER_CLOCKS = re.compile(
    r"\b(?:utc|gmt|[ecmp][sd]t|bst|cet|cest|ist|jst)\b"
    r"|\b(?:africa|america|antarctica|asia|atlantic|australia|etc|europe|indian|pacific)/[a-z]"
    r"|:\d\d(?:[.,]\d+)?\s?(?:z\b|\+\d\d)"
    r"|\dt\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?-\d\d(?::?\d\d)?(?![\d-])"
    r"|:\d\d\s-\d{4}\b"
)
_SPOKEN_MERIDIEM = frozenset({"m", "min", "mins", "h", "hs", "hrs"})


def fold(text: str) -> str:
    """Return text without case and accents: `Amanhã às 3ª` is `amanha as 3a`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def on_other_clocks(text: str) -> bool:
    """Whether a phrase names a zone or an offset, so that its time is not the caller's own."""
    return _OTHER_CLOCKS.search(fold(text[:MAX_CHARACTERS])) is not None


def tokens(text: str) -> Sequence[Token]:
    """Return the words and numbers of a phrase; whatever else stands in it is passed over."""
    plain = _MERIDIEM.sub(lambda m: f" {m[1] or m[2]}m ", fold(text[:MAX_CHARACTERS]))
    found = [_token(match) for match in _SCAN.finditer(plain)]
    return [
        token
        for before, token in zip([None, *found], found, strict=False)
        if not (
            before is not None
            and before.kind is Kind.CLOCK
            and token.text in _SPOKEN_MERIDIEM  # the unit of 15h30min
        )
    ]


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup or "word", match[0]
    if kind in {"phone", "other"}:  # money, shares
        return Token("#", Kind.WORD)
    if kind == "iso":
        year, month, day = (int(part) for part in re.split("[-/]", match["iso"]))
        return Token(text, Kind.ISO_DATE, (year, month, day))
    if kind == "date":
        parts = [int(part) for part in re.split("[-/.]", text)]
        if len(parts) == 3 and parts[2] < 100:
            parts[2] += 2000
        return Token(text, Kind.DATE, tuple(parts))
    if kind == "clock":
        hour, minute = re.split("[:h.]", match["clock"])
        return Token(text, Kind.CLOCK, (int(hour), int(minute), int(hour[0] == "0")))
    if kind == "ordinal":
        return Token(text, Kind.ORDINAL, (int(re.sub(r"\D", "", text)),))
    if kind == "number":
        return Token(text, Kind.NUMBER, (int(text[:9]),))
    if kind == "mark":
        return Token("," if text == "," else "-", Kind.MARK)
    return Token(re.sub("['’]", "", text), Kind.WORD)
