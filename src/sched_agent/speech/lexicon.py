"""A language's words, numbers and wordings, as its data file lists them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sched_agent.speech.clocks import Half, Part
from sched_agent.speech.language import Language
from sched_agent.speech.patterns import Node
from sched_agent.speech.tokens import fold

CATEGORIES = ("clock", "hour", "length", "period", "part", "weekref", "monthref", "day", "item")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is heard in one language.

    Args:
        language: Such as `pt-BR`.
        coming_first: Whether "next Friday" is first of all the coming one.
        ordinal_days: Whether days of the month are said with ordinals: the third.
        orders: The orders of numeric dates that are usual.
        cardinals: Number words below a hundred, those of the tens among them.
        ordinals: Ordinal words.
        joins: Words between tens and ones ("vinte e cinco"); `""` if they may follow directly.
        thousand: Words for a thousand.
        spellings: Two words that are written for one.
        counts: Words that count: `a` couple.
        weekdays: Names, 0 = Monday.
        months: Names, 1 = January.
        halves: Words for `am` and `pm`.
        parts: The parts of the day.
        part_words: Words for them.
        fillers: Words that say nothing and are passed over.
        weak: Names that are also other words, so that they count beside another time only.
        follows: Words that may come after "the third" when it is a day.
        counted: Words after which a number before them is no time of day: "three people".
        no_hours: Number words that are no hours, as they count something masculine.
        places: Words of addresses: a number shortly before them is no time.
        wordings: The tree of wordings of each category.
        beginnings: The words with which something of a kind may begin, besides figures.
    """

    language: Language
    coming_first: bool
    ordinal_days: bool
    orders: tuple[str, ...]
    cardinals: Mapping[str, int]
    ordinals: Mapping[str, int]
    joins: frozenset[str]
    thousand: frozenset[str]
    spellings: Mapping[tuple[str, ...], str]
    counts: Mapping[str, int]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    halves: Mapping[str, Half]
    parts: Mapping[str, Part]
    part_words: Mapping[str, str]
    fillers: frozenset[str]
    weak: frozenset[str]
    follows: frozenset[str]
    counted: frozenset[str]
    no_hours: frozenset[str]
    places: frozenset[str]
    wordings: Mapping[str, Node]
    beginnings: Mapping[str, frozenset[str]]


@cache
def lexicon(language: Language) -> Lexicon:
    """Return what is heard in a language, read once from its data file."""
    source = files("sched_agent.speech") / "languages" / language / "heard.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    words = data["words"]
    wordings = {name: _wordings(data[name]) for name in CATEGORIES}
    return Lexicon(
        language=language,
        coming_first=data["coming_first"],
        ordinal_days=data["ordinal_days"],
        orders=tuple(data["orders"]),
        cardinals=_table(data["cardinals"]),
        ordinals=_table(data["ordinals"]),
        joins=_words(words["joins"]),
        thousand=_words(words["thousand"]),
        spellings={tuple(fold(k).split()): fold(v) for k, v in data["spellings"].items()},
        counts=_table(data["counts"]),
        weekdays=_names(data["weekdays"], 0),
        months=_names(data["months"], 1),
        halves={fold(word): half for half, said in data["halves"].items() for word in said},
        parts={name: _part(part) for name, part in data["parts"].items()},
        part_words=_table(data["part_words"]),
        fillers=_words(words["fillers"]),
        weak=_words(words["weak"]),
        follows=_words(words["follows"]),
        counted=_words(words["counted"]),
        no_hours=_words(words["no_hours"]),
        places=_words(words["places"]),
        wordings=wordings,
        beginnings=_beginnings(wordings, _first_words(data)),
    )


def _words(words: Sequence[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _table(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return {fold(word): value for word, value in table.items()}


def _names(names: Sequence[Sequence[str]], first: int) -> Mapping[str, int]:
    """Return names by word; each entry lists the spellings of one."""
    return {fold(word): number for number, said in enumerate(names, first) for word in said}


def _part(data: Mapping[str, Any]) -> Part:
    return Part(data["hours"][0] * 60, data["hours"][1] * 60, data.get("half"))


def _wordings(rules: Mapping[str, Sequence[str]]) -> Node:
    root = Node()
    for rank, (construction, patterns) in enumerate(rules.items()):
        for pattern in patterns:
            root.add(fold(pattern), construction, rank)
    return root


def _first_words(data: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """Return the words of each kind of slot that is no category."""
    numbers = _words([*data["cardinals"], *data["ordinals"], *data["counts"]])
    return {
        **dict.fromkeys(("h", "m", "mm", "d", "n", "ordinal", "year"), numbers),
        **dict.fromkeys(("hm", "hhmm", "numeric", "iso"), frozenset[str]()),
        "weekday": _words([word for said in data["weekdays"] for word in said]),
        "month": _words([word for said in data["months"] for word in said]),
        "p": _words(data["part_words"]),
    }


def _beginnings(
    wordings: Mapping[str, Node], lexical: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    known = {**lexical, "time": frozenset[str](), **dict.fromkeys(wordings, frozenset[str]())}
    for _ in range(len(known)):  # a category's words are known once those of its slots are
        known["time"] = known["clock"] | known["hour"]
        for name, root in wordings.items():
            slots = (known[kind] for _, kind, _ in root.slots)
            known[name] = frozenset(root.words).union(*slots)
    known["clock"] |= known["hour"]  # an hour with its half is a clock time
    return known
