"""Callers' words become instants: the rows of the contract, and what must hold for any text."""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sched_agent.model.zone import instant
from sched_agent.speech.dates import MAX_CANDIDATES, Granularity, Status
from sched_agent.speech.language import LANGUAGES
from sched_agent.speech.resolver import resolve

ZONES = (
    *("America/New_York", "America/Sao_Paulo", "Europe/Madrid", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "UTC"),
)


@cache
def vocabulary(language: str) -> tuple[str, ...]:
    """Return every word that a language's data file has, and figures as callers write them."""
    source = files("sched_agent.speech") / "languages" / language / "heard.toml"
    words = set(re.findall(r"[^\W\d_]+", source.read_text(encoding="utf-8")))
    written = (
        "3",
        "12",
        "31",
        "330",
        "15:30",
        "25:99",
        "12/3",
        "31/2",
        "2026-11-24",
        "0",
        "99",
        "-",
    )
    return (*sorted(words), *written, "3rd", "15h", "9999", "29", "24", "00:00", "2ª")


phrases = st.one_of(
    st.text(max_size=80),
    *(st.lists(st.sampled_from(vocabulary(one)), max_size=12).map(" ".join) for one in LANGUAGES),
)
nows = st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1))  # noqa: DTZ001
zones = st.sampled_from(ZONES).map(ZoneInfo)
spoken = st.sampled_from([LANGUAGES, *([one] for one in LANGUAGES)])


@settings(max_examples=1500, deadline=None)
@given(phrases, nows, zones, spoken)
def test_no_text_raises_and_no_resolved_point_lies_before_now(phrase, now, zone, language):
    at = instant(now.replace(tzinfo=zone))

    reading = resolve(phrase, at, zone, language)

    assert len(reading.candidates) <= MAX_CANDIDATES
    assert bool(reading.candidates) == (reading.status is not Status.UNRECOGNIZED)
    for candidate in reading.candidates:
        assert candidate.end is None or candidate.end > candidate.start
        if reading.status in {Status.RESOLVED, Status.AMBIGUOUS}:
            assert not candidate.is_over(at)
            if candidate.granularity is Granularity.MINUTE:
                assert candidate.start >= at
    if reading.status in {Status.RESOLVED, Status.PAST}:
        assert len(reading.candidates) == 1


@settings(max_examples=300, deadline=None)
@given(phrases, nows, zones, spoken)
def test_the_same_words_mean_the_same_however_they_are_written(phrase, now, zone, language):
    at = instant(now.replace(tzinfo=zone))

    reading = resolve(phrase, at, zone, language)

    if phrase.upper().lower() == phrase.lower():  # some letters have no one capital
        assert resolve(phrase.upper(), at, zone, language) == reading
    assert resolve(f"  {phrase}  ", at, zone, language) == reading
