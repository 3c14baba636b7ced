"""Text that people write: compared without regard to accents and case."""

import unicodedata


def fold(text: str) -> str:
    """Return text in the form in which it is compared and searched."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def joined(folded: str) -> str:
    """Return folded text without apostrophes: `o'brien` is one word, however it is written."""
    return folded.translate(_APOSTROPHES)


_APOSTROPHES = dict.fromkeys(map(ord, "'’ʼ`´‘"))


def digits(text: str) -> str:
    """Return only the digits, the form in which phone numbers are searched."""
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
