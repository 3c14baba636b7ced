"""The languages that callers are spoken to in."""

from enum import StrEnum
from functools import lru_cache
from typing import Final

from sched_agent.errors import InvalidArgument

_LONGEST = 35  # of a language tag (RFC 5646 §4.4.1)


class Language(StrEnum):
    """A language; the value is its folder in `languages/`."""

    EN = "en"
    PT_BR = "pt-BR"
    ES = "es"


LANGUAGES: Final = tuple(Language)


def read_language(text: str) -> Language:
    """Return the language of a tag in any spelling: `pt`, `pt_br`, `es-MX`, `en-GB`.

    Raises:
        InvalidArgument: It is no tag of a language that we speak.
    """
    spelled = text.strip().replace("_", "-")
    language = _nearest(spelled) if len(spelled) <= _LONGEST else None
    if language is not None:
        return language
    spoken = ", ".join(LANGUAGES)
    raise InvalidArgument(
        f"language {text[:40]!r} is not one of {spoken}.",
        hint=f"Send one of {spoken}.",
        fields={"language": f"must be one of {spoken}"},
    )


@lru_cache(maxsize=256)
def _nearest(tag: str) -> Language | None:
    from babel import Locale, UnknownLocaleError

    try:
        asked = Locale.parse(tag, sep="-").language
    except (ValueError, UnknownLocaleError):
        return None
    return next((one for one in LANGUAGES if one.split("-", maxsplit=1)[0] == asked), None)
