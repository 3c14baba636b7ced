"""Text that people write: compared without regard to accents and case."""

import unicodedata


def fold(text: str) -> str:
    """Return text in the form in which it is compared and searched."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def telling_digits(text: str) -> str:
    """Return the end of a phone number, which is the same with and without the country's code."""
    return digits(text)[-_TELLING:]


_TELLING = 8


def digits(text: str) -> str:
    """Return only the digits, the form in which phone numbers are compared."""
    return "".join(c for c in text if c.isdecimal())


def sought(attendee: str) -> str:
    """Return what of an attendee's folded name, e-mail or phone number is looked for."""
    number = telling_digits(attendee)
    is_number = len(number) >= 4 and not any(c.isalpha() for c in attendee)
    return number if is_number else fold(attendee)
