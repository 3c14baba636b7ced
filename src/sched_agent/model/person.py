"""Finding a person by what a caller says: a name or a part of it, an e-mail, a phone number."""

import re
import unicodedata
from enum import IntEnum
from itertools import pairwise
from typing import Protocol

from sched_agent.model.phone import WHOLE, is_same_number, number_digits
from sched_agent.model.text import digits, fold, joined


class Person(Protocol):
    """Somebody who has a name, an e-mail or a phone."""

    @property
    def name(self) -> str | None:
        """The name."""
        ...

    @property
    def email(self) -> str | None:
        """The e-mail."""
        ...

    @property
    def phone(self) -> str | None:
        """The phone number."""
        ...


class Fit(IntEnum):
    """How well what was said fits a person."""

    NOT = 0
    PARTLY = 1
    WHOLLY = 2


def search_text(person: Person) -> str:
    """Return what is kept of a person for `clues` to be looked for in."""
    name, email = (joined(fold(text or "")) for text in (person.name, person.email))
    return f"{name}\n{email}\n{digits(person.phone or '')}\n"


def clues(said: str) -> tuple[str, ...]:
    """Return what the search text of everybody who fits contains; that of others may, too."""
    if number := number_digits(said):
        return (number[-WHOLE:],)
    if "@" in said:
        return (joined(fold(said)),)
    return tuple(_words(said)) or (joined(fold(said)),)


def fit(said: str, person: Person, country: str | None = None) -> Fit:
    """Return how well what was said fits a person.

    Names are compared by whole words in any order, so that a first name alone fits; e-mails as a
    whole, or up to where one breaks off before its dot; phone numbers in whichever form, and fewer
    digits than a number has as a part of one. Accents and case make no difference.

    Args:
        said: What was said.
        person: The person.
        country: Whose phone numbers are written without the country's code (ISO 3166).
    """
    if number := number_digits(said):
        if len(number) < WHOLE:
            return Fit(number in digits(person.phone or ""))
        return Fit.WHOLLY if is_same_number(said, person.phone or "", country) else Fit.NOT
    if "@" in said:
        return _fit_email(fold(said), fold(person.email or ""))
    name = person.name or (person.email or "").partition("@")[0]
    return _fit_name(_words(said), _words(name))


def _fit_email(said: str, email: str) -> Fit:
    if said == email:
        return Fit.WHOLLY
    domain = said.partition("@")[2]
    whole_words = not domain or not email[len(said) :][:1].isalnum()
    return Fit("." not in domain and email.startswith(said) and whole_words)


def _fit_name(said: list[str], name: list[str]) -> Fit:
    if not said:
        return Fit.NOT
    said, left = _together(said, name), [*name]
    if sorted(said) == sorted(name):
        return Fit.WHOLLY
    for word in said:
        found = next((one for one in left if _is_word(word, one)), None)
        if found is None:
            return Fit.NOT
        left.remove(found)
    return Fit.PARTLY


def _together(said: list[str], name: list[str]) -> list[str]:
    """Return what was said with two words as one where the name has them so: `o brien`."""
    for first, second in pairwise(said):
        if first + second in name:
            at = said.index(first)
            return [*said[:at], first + second, *said[at + 2 :]]
    return said


def _is_word(said: str, word: str) -> bool:
    """Whether it is the same word, or in a script that puts none between names, a part of it."""
    return said == word or (unicodedata.east_asian_width(said[0]) == "W" and said in word)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", joined(fold(text)))
