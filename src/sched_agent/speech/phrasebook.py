"""The texts of a language, `languages/<language>/said.toml`, and what CLDR knows of it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from sched_agent.speech.language import Language

if TYPE_CHECKING:
    from babel import Locale

_MINUTES_OF_AN_HOUR = 60
_HOURS_OF_A_DAY = 24


@dataclass(frozen=True, slots=True)
class BeforeSound:
    """A joining word that is another one before a sound, as in `Ana e Inés`."""

    sound: re.Pattern[str]
    word: str
    instead: str


@dataclass(frozen=True, slots=True, eq=False)
class Phrasebook:
    """The texts of a language.

    Args:
        locale: What CLDR knows of it: names, plural rules, lists, units.
        texts: Key -> form -> text with `{placeholders}`. The forms are the plural categories of
            CLDR, `=2` for just that number, and `noon`; a text without forms has only `other`.
        before_sounds: How the words of a list change before its last item.
    """

    locale: "Locale"
    texts: Mapping[str, Mapping[str, str]]
    before_sounds: Sequence[BeforeSound]

    def say(self, key: str, **values: object) -> str:
        """Return a text with its placeholders filled in."""
        return self.texts[key]["other"].format(**values)

    def counted(self, key: str, count: int, special: str = "", **values: object) -> str:
        """Return a text in the form for a number of things, or in a special form if it has it."""
        forms = self.texts[key]
        usual = forms.get(f"={count}") or forms.get(self.locale.plural_form(count))
        return (forms.get(special) or usual or forms["other"]).format(count=count, **values)

    def ordinal(self, number: int) -> str:
        """Return a day's number in a date, such as `3rd`."""
        forms = self.texts["ordinal"]
        form = forms.get(f"={number}") or forms.get(self.locale.ordinal_form(number))
        return (form or forms["other"]).format(number=number)

    def joined(self, items: Sequence[str], by: Literal["or", "standard"]) -> str:
        """Return a list in words: `a, b or c` (or), `a, b and c` (standard)."""
        from babel.lists import format_list

        told, last = format_list(items, by, self.locale), items[-1]
        for change in self.before_sounds:
            if change.sound.match(last) and told.endswith(change.word + last):
                return told.removesuffix(change.word + last) + change.instead + last
        return told

    def sentences(self, *parts: str) -> str:
        """Return sentences that follow each other, each with a capital; empty ones are left out."""
        return " ".join(capital(part) for part in parts if part)


def capital(text: str) -> str:
    """Return a sentence with its first letter as a capital."""
    for at, letter in enumerate(text):
        if letter.isalnum():
            return text[:at] + letter.upper() + text[at + 1 :]
    return text


@cache
def phrasebook(language: Language) -> Phrasebook:
    """Return the texts of a language."""
    from babel import Locale

    found = _read(language)
    changes = [
        BeforeSound(re.compile(one["sound"], re.IGNORECASE), one["word"], one["instead"])
        for one in found.get("before_sound", ())
    ]
    return Phrasebook(Locale.parse(language, sep="-"), _texts(found), changes)


def _read(language: Language) -> dict[str, Any]:
    folder = files("sched_agent.speech") / "languages" / language
    return tomllib.loads((folder / "said.toml").read_text(encoding="utf-8"))


def _texts(found: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Return the texts of all tables, which are only there to be read."""
    return {
        key: {"other": text} if isinstance(text, str) else text
        for table in found.values()
        if isinstance(table, dict)
        for key, text in table.items()
    }


@lru_cache(maxsize=4096)
def length_words(language: Language, minutes: int) -> str:
    """Return a length such as `1 hour and 30 minutes`."""
    book = phrasebook(language)
    units = [_unit_words(book, number, unit) for number, unit in length_parts(minutes)]
    return book.joined(units, "standard")


def _unit_words(book: Phrasebook, number: int, unit: str) -> str:
    """Return for example `2 hours`; days are a text of ours, since Babel has none in Portuguese."""
    from babel.units import format_unit

    if unit == "day":
        return book.counted("so_many_days", number)
    return format_unit(number, f"duration-{unit}", "long", locale=book.locale)


def length_parts(minutes: int) -> Sequence[tuple[int, str]]:
    """Return a length's numbers of days, hours and minutes; a day alone is 24 hours."""
    hours, left = divmod(minutes, _MINUTES_OF_AN_HOUR)
    days, hours = divmod(hours, _HOURS_OF_A_DAY) if hours >= 2 * _HOURS_OF_A_DAY else (0, hours)
    parts = (days, "day"), (hours, "hour"), (left, "minute")
    return [(number, unit) for number, unit in parts if number] or [(0, "minute")]


@lru_cache(maxsize=4096)
def clock_words(language: Language, hour: int, minute: int) -> str:
    """Return a time of day such as `2:30 PM`."""
    from babel.dates import format_time

    book = phrasebook(language)
    pattern = book.texts["clock" if minute == 0 else "clock_minutes"]["other"]
    return format_time(time(hour, minute), pattern, locale=book.locale)


@lru_cache(maxsize=1024)
def zone_words(language: Language, key: str) -> str:
    """Return a zone in words, by its city: `New York time`."""
    from babel.dates import get_timezone_location

    book, name = phrasebook(language), key.rsplit("/", 1)[-1]
    if name in _UTC:
        return book.say("utc")
    if key.startswith("Etc/GMT"):  # where the sign is the other way round
        hours = int(name.removeprefix("GMT"))
        return book.counted("behind" if hours > 0 else "ahead", abs(hours))
    city = get_timezone_location(key, locale=book.locale, return_city=True)
    return book.say("city_time", city=city.rsplit("/", 1)[-1])


_UTC = frozenset({"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"})
