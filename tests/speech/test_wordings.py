"""Each language's data file fits the grammar that all of them share."""

import inspect
import tomllib
from importlib.resources import files

import pytest

from sched_agent.speech.grammar import CONSTRUCTIONS
from sched_agent.speech.language import LANGUAGES
from sched_agent.speech.lexicon import CATEGORIES
from sched_agent.speech.patterns import Node, expanded


def data(language):
    """Return what a language's file says."""
    source = files("sched_agent.speech") / "languages" / language / "heard.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def wordings(language):
    """Yield each category, construction and sequence of words and slots of a language."""
    for category in CATEGORIES:
        for construction, patterns in data(language)[category].items():
            for pattern in patterns:
                for sequence in expanded(pattern):
                    yield category, construction, sequence


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wording_has_the_slots_that_its_construction_takes(language):
    wrong = []
    for category, construction, sequence in wordings(language):
        name, *fixed = construction.split()
        slots = {e.strip("{}"): None for e in sequence if e.startswith("{")}
        try:
            inspect.signature(CONSTRUCTIONS[category][name]).bind(*fixed, **slots)
        except (KeyError, TypeError) as fault:
            wrong.append(f"[{category}] {construction}: {' '.join(sequence)}: {fault}")

    assert not wrong, "\n".join(wrong)


def test_every_construction_is_said_in_some_language():
    said = {(c, name.split()[0]) for one in LANGUAGES for c, name, _ in wordings(one)}
    kinds = {c: "clock" if c == "hour" else c for c in CATEGORIES}  # they share their constructions
    known = {(kinds[c], name) for c, name in said}

    assert {(kinds[c], name) for c in CATEGORIES for name in CONSTRUCTIONS[c]} == known


def test_a_wording_with_options_is_all_the_sequences_that_it_stands_for():
    assert set(expanded("(a|one)? week (from)? {day}")) == {
        ("week", "{day}"),
        ("week", "from", "{day}"),
        ("a", "week", "{day}"),
        ("a", "week", "from", "{day}"),
        ("one", "week", "{day}"),
        ("one", "week", "from", "{day}"),
    }


@pytest.mark.parametrize("pattern", ["", "(a)?", "(a|b", "a)", "a | b)"])
def test_what_is_no_wording_is_refused_when_the_file_is_read(pattern):
    with pytest.raises(ValueError, match="not a wording"):
        Node().add(pattern, "exact", 0)
