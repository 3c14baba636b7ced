"""Callers' words become instants: the rows of the contract, and what must hold for any text."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sched_agent.model.zone import instant, local
from sched_agent.speech.dates import MAX_CANDIDATES, Granularity, Status
from sched_agent.speech.language import LANGUAGES
from sched_agent.speech.lexicon import CATEGORIES
from sched_agent.speech.patterns import expanded
from sched_agent.speech.resolver import resolve

ZONES = (
    *("America/New_York", "America/Sao_Paulo", "Europe/Madrid", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "UTC"),
)


FIGURES = ("3", "12", "31", "330", "0", "99", "-", "3rd", "15h", "9999", "29", "24", "2ª", "#")
WRITTEN = {
    "hm": ("15:30", "00:00", "24:00", "3:05", "25:99"),
    "hhmm": ("330", "0900", "1530", "2460"),
    "numeric": ("12/3", "31/2", "25/12", "13/13", "3/12/26", "30/2/2027"),
    "iso": ("2026-11-24", "2026-02-30", "2300-01-01", "0001-01-01"),
    "year": ("2025", "2027", "1900", "2199"),
}
NUMBERS = ("h", "m", "mm", "d", "n", "ordinal")


@cache
def words(language: str) -> Mapping[str, Any]:
    """Return what a language's data file says."""
    source = files("sched_agent.speech") / "languages" / language / "heard.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def wordings(language: str, category: str) -> Sequence[Sequence[str]]:
    """Return every sequence of words and slots of a category."""
    patterns = chain.from_iterable(words(language)[category].values())
    return [sequence for pattern in patterns for sequence in expanded(pattern)]


@cache
def filling(language: str, slot: str) -> Sequence[str]:
    """Return words that a slot takes, which is no category."""
    said = words(language)
    if slot in WRITTEN:
        return WRITTEN[slot]
    if slot in NUMBERS:
        return (*said["cardinals"], *said["ordinals"], *FIGURES)
    if slot == "p":
        return tuple(said["part_words"])
    return tuple(chain.from_iterable(said["weekdays" if slot == "weekday" else "months"]))


@st.composite
def spoken_phrases(draw: st.DrawFn) -> str:
    """Draw some wordings of a language, one after the other."""
    language = draw(st.sampled_from(LANGUAGES))

    def said(category: str, depth: int = 0) -> str:
        sequence = draw(st.sampled_from(wordings(language, category)))
        return " ".join(
            element if not element.startswith("{") else slot(element.strip("{}12"), depth + 1)
            for element in sequence
        )

    def slot(kind: str, depth: int) -> str:
        kind = {"time": "clock"}.get(kind, kind)
        if kind in CATEGORIES:
            return said(kind, depth) if depth < 3 else "3"
        return draw(st.sampled_from(filling(language, kind)))

    starts = draw(st.lists(st.sampled_from(("day", "item", "clock", "part")), max_size=4))
    return " ".join(said(category) for category in starts)


phrases = st.one_of(st.text(max_size=80), spoken_phrases())
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


NOON = instant(datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("America/New_York")))


@pytest.mark.parametrize(
    "phrase",
    [
        "2026-11-24T15:30:00Z please",
        "at 2026-11-24T15:30-08:00",
        "2026-11-24 15:30:00 +0000",
        "2026-11-24T15:30:00[America/Los_Angeles]",
        "tuesday at 3pm pacific",
        "tuesday at 3 pm london time",
        "martes a las 15:00 UTC",
        "martes a las 15:00 hora del pacífico",
        "terça às 15h GMT",
        "terça às 15h, horário de Lisboa",
    ],
)
def test_a_time_on_other_clocks_is_not_taken_for_the_callers(phrase):
    reading = resolve(phrase, NOON, ZoneInfo("America/New_York"))

    assert reading.status is Status.UNRECOGNIZED


@pytest.mark.parametrize("phrase", ["2026-13-01 at 3 pm", "2026-00-10 at 3 pm"])
def test_the_time_of_a_date_that_can_not_be_is_not_taken_for_today(phrase):
    reading = resolve(phrase, NOON, ZoneInfo("America/New_York"))

    assert reading.status is Status.UNRECOGNIZED


@pytest.mark.parametrize(
    ("phrase", "status", "days"),
    [
        ("i have a meeting in two hours so tuesday at 3 works", Status.CONTRADICTION, (24, 20)),
        ("in an hour tomorrow", Status.CONTRADICTION, (21, 20)),
        ("today in two hours", Status.RESOLVED, (20,)),
        ("this afternoon in two hours", Status.RESOLVED, (20,)),
    ],
)
def test_a_time_from_now_does_not_hide_the_day_beside_it(phrase, status, days):
    zone = ZoneInfo("America/New_York")

    reading = resolve(phrase, NOON, zone)

    assert reading.status is status
    assert tuple(local(one.start, zone).day for one in reading.candidates) == days


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("december 3rd next year at 3", "2027-12-03"),
        ("next year on the 3rd of december at 3", "2027-12-03"),
        ("december 3rd this year at 3", "2026-12-03"),
        ("december 3rd last year at 3", "2025-12-03"),
        ("12/3 next year at 3", None),
        ("el 3 de diciembre del año que viene a las 3", "2027-12-03"),
        ("el año que viene el 3 de diciembre a las 3", None),
    ],
)
def test_the_year_of_a_date_in_words_is_heard(phrase, day):
    zone = ZoneInfo("America/New_York")

    reading = resolve(phrase, NOON, zone)

    found = [local(one.start, zone).date().isoformat() for one in reading.candidates]
    assert found == ([] if day is None else [day])


@pytest.mark.parametrize(
    ("phrase", "at"),
    [
        ("tuesday night at 2 am", "2026-11-25T02:00"),
        ("tonight at 1 am", "2026-11-21T01:00"),
        ("tonight at 12:30", "2026-11-21T00:30"),
        ("hoje à noite às 0h30", "2026-11-21T00:30"),
        ("tuesday night at 8", "2026-11-24T20:00"),
        ("tuesday morning at 2 am", "2026-11-24T02:00"),
    ],
)
def test_the_small_hours_of_a_night_are_those_that_follow(phrase, at):
    zone = ZoneInfo("America/New_York")

    reading = resolve(phrase, NOON, zone)

    assert reading.status is Status.RESOLVED
    assert local(reading.candidates[0].start, zone).isoformat()[:16] == at


@pytest.mark.parametrize(
    ("phrase", "start", "end"),
    [
        ("tonight between 11 and 1", "2026-11-20T23:00", "2026-11-21T01:00"),
        ("tomorrow morning between 9 and 1", "2026-11-21T09:00", "2026-11-21T13:00"),
        ("tomorrow evening between 8 and 10", "2026-11-21T20:00", "2026-11-21T22:00"),
        ("tomorrow afternoon from 11 to 3", "2026-11-21T11:00", "2026-11-21T15:00"),
    ],
)
def test_a_stretch_ends_at_the_next_such_hour_whatever_the_part_of_the_day(phrase, start, end):
    zone = ZoneInfo("America/New_York")

    found = resolve(phrase, NOON, zone).candidates[0]

    assert found.end is not None
    ends = (local(at, zone).isoformat()[:16] for at in (found.start, found.end))
    assert tuple(ends) == (start, end)


def test_a_half_of_the_day_that_is_corrected_leaves_no_time():
    reading = resolve("tuesday at 3 am i mean pm", NOON, ZoneInfo("America/New_York"))

    assert reading.status is Status.UNRECOGNIZED


def test_a_day_that_a_zone_left_out_is_no_time():
    zone = ZoneInfo("Pacific/Apia")
    at = instant(datetime(2011, 12, 29, 10, tzinfo=zone))

    assert resolve("tomorrow", at, zone).status is Status.UNRECOGNIZED
