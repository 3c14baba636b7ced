"""Text that people write: what is left out of it, and how it is compared."""

import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"
_VARIANTS = "\ufe0e\ufe0f"
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f\xad"  # control characters, soft hyphen
    "\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"  # no width, directions
    "\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff"  # tags, selectors, private use
    "]"
)
"""What nobody sees: control, format, private and surrogate characters, and invisible letters."""

_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Return text without characters that nobody sees and that may tell a model something else.

    Line breaks and tabs stay. So do the joiners that emoji and scripts from Arabic on are written
    with, and the sign that shows a symbol as an emoji, where they stand between such characters.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_where_needed, _BREAK.sub("\n", text))


def clean_line(text: str) -> str:
    """Return cleaned text on one line, else as it is."""
    return clean(text).translate({ord("\n"): " ", ord("\t"): " "})


def cleaned(value: Any) -> Any:
    """Return a value of plain data with all texts in it cleaned; what else it is stays."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value


def one_line(text: str, most: int) -> str:
    """Return cleaned text on one line, cut to so many characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip(_JOINERS) + "…"


def _where_needed(found: re.Match[str]) -> str:
    return found[0] if _is_needed(found.string, found.start()) else ""


def _is_needed(text: str, at: int) -> bool:
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    if text[at] in _VARIANTS:
        return _is_symbol(before)
    if text[at] not in _JOINERS:
        return False
    shown_as = before != "" and before in _VARIANTS and _is_needed(text, at - 1)
    return (shown_as or _can_join(before)) and _can_join(after)


def _can_join(letter: str) -> bool:
    """Whether it is a symbol, or a letter of a script with joiners: they come from Arabic on."""
    if letter < "\u0600" or _HIDDEN.match(letter):
        return False
    is_letter = unicodedata.category(letter)[0] in "LM"
    return _is_symbol(letter) or (is_letter and unicodedata.east_asian_width(letter) not in "WF")


def _is_symbol(letter: str) -> bool:
    """Whether it may be shown as an emoji; among those, some are newer than what is known here."""
    if not letter or _HIDDEN.match(letter):
        return False
    kind = unicodedata.category(letter)
    return kind in {"So", "Sk", "Sm", "Nd", "Po", "Pd"} or (letter > "\U0001f000" and kind == "Cn")


def fold(text: str) -> str:
    """Return text in the form in which it is compared and searched, whatever accents and case."""
    if text.isascii():  # most are, and have no accents
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def joined(folded: str) -> str:
    """Return folded text without apostrophes: `o'brien` is one word, however it is written."""
    return folded.translate(_APOSTROPHES)


_APOSTROPHES = dict.fromkeys(map(ord, "'’ʼ`´‘"))


def digits(text: str) -> str:
    """Return only the digits, the form in which phone numbers are searched."""
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
