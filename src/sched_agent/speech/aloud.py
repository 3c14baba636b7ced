"""Names, titles and codes as they can be read out."""

import re
import unicodedata
from functools import lru_cache

from sched_agent.speech.phrasing import quoted

_KEPT = frozenset(" .,:'’&+/%@-")
_OUT_OF_PLACE = re.compile(r"(?<=\d)[-:/](?=\d)|(?<!\w)[.,:]|[.,:](?! ?\w)")


@lru_cache(maxsize=4096)
def aloud(text: str, most: int = 40) -> str:
    """Return what somebody wrote, without what can't be said, and cut after a word; maybe nothing.

    A date or a time of day in it loses its marks: in whose order and whose zone it is, is unknown.
    """
    plain = unicodedata.normalize("NFC", quoted(text))
    said = "".join(letter if _can_be_said(letter) else " " for letter in plain)
    line = " ".join(_OUT_OF_PLACE.sub(" ", " ".join(said.split())).split())
    if len(line) > most:
        line = line[: most + 1].rsplit(" ", 1)[0][:most]
    return line.strip(" .,:'’&+/-")


def _can_be_said(letter: str) -> bool:
    return letter in _KEPT or unicodedata.category(letter)[0] in "LMN"


def spelled(code: str) -> str:
    """Return an event's code letter by letter: `7, K, 3, M, 9, Q`."""
    return ", ".join(code.rsplit("_", 1)[-1].upper())
