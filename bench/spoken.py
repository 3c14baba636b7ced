"""Reading spoken times, beside the date parser that most programs take."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dateparser

from bench.measure import Figure, Turns, by_turns
from sched_agent.resolving import Listener, listener
from sched_agent.speech.resolver import resolve

_PHRASES = Path(__file__).parents[1] / "tests" / "data" / "spoken_time.dev.jsonl"
_TAGS = {"en": "en", "pt-BR": "pt", "es": "es"}


def figures() -> Iterator[Figure]:
    """Return the median over phrases, each read by both in turns."""
    both = [_both(json.loads(line)) for line in _PHRASES.read_text(encoding="utf-8").splitlines()]
    ours = [one for turns in both for one in turns.ours]
    reference = [one for turns in both for one in turns.reference]
    yield Turns(ours, reference).figure("read a spoken time (dateparser)", bound=1.0)


def _both(line: dict[str, str]) -> Turns:
    hearer: Listener = listener(line["now"], line["timezone"], line["language"])
    phrase, base = line["phrase"], datetime.fromisoformat(line["now"])
    settings = {"RELATIVE_BASE": base, "TIMEZONE": line["timezone"]}
    languages = [_TAGS[line["language"]]]
    return by_turns(
        lambda: resolve(phrase, hearer.now, hearer.zone, hearer.languages),
        lambda: dateparser.parse(phrase, languages=languages, settings=settings),
        turns=5,
    )
