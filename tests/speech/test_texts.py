"""The texts of all languages fit together, and each can be said aloud."""

import re
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sched_agent.errors import all_errors
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.reason import Because
from sched_agent.settings import Settings
from sched_agent.speech.aloud import aloud, spelled
from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.speech.phrasebook import (
    capital,
    clock_words,
    length_words,
    phrasebook,
    zone_words,
)
from sched_agent.speech.saying import Speaker
from tests.builders import at
from tests.speech.aloud_rules import faults

FORMS = {"other", "noon", "midnight", "zero", "one", "two", "few", "many"}
TEXTS = [
    pytest.param(language, key, form, id=f"{language}-{key}-{form}")
    for language in LANGUAGES
    for key, forms in phrasebook(language).texts.items()
    for form in forms
    if key not in {"clock", "clock_minutes"}  # patterns of CLDR
]
SENTENCES = {
    key for key, forms in phrasebook(Language.EN).texts.items() if forms["other"][-1] in ".?"
}
OF_TIMES = re.compile(r"UTC|\d+h")  # somebody may call a thing so; they are not our words
ZONES = ("America/New_York", "America/Sao_Paulo", "Europe/Madrid", "Asia/Kolkata")


def placeholders(forms):
    return {name for text in forms.values() for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language):
    told, english = phrasebook(language).texts, phrasebook(Language.EN).texts

    assert list(told) == list(english)
    for key, forms in told.items():
        assert placeholders(forms) == placeholders(english[key]), key
        assert "other" in forms, key
        assert all(form in FORMS or re.fullmatch(r"=\d+", form) for form in forms), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_something_to_say(language):
    texts = phrasebook(language).texts

    assert {error.code for error in all_errors()} <= texts.keys()
    for error in all_errors():
        assert not placeholders(texts[error.code])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_something_to_say(language):
    assert set(Because) <= phrasebook(language).texts.keys()


def test_the_settings_know_the_same_languages():
    for language in LANGUAGES:
        assert Settings.read({"SCHED_AGENT_LANGUAGE": language}).language == language


@pytest.mark.parametrize(("language", "key", "form"), TEXTS)
@settings(max_examples=10)
@given(data=st.data())
def test_every_text_can_be_said(language, key, form, data):
    book = phrasebook(language)
    text = book.texts[key][form]
    values = {name: data.draw(a_value(language, name)) for name in placeholders({form: text})}

    told = text.format(**values)

    assert not faults(told, language, of_utc=key == "utc"), told
    if key in SENTENCES:
        assert re.search(r"[.?]\Z", told)
        assert told == capital(told) or text.startswith("{")


def a_value(language, name):
    """Return what may stand in a placeholder, made as the program makes it."""
    moments = st.builds(
        lambda zone, ahead: Speaker(language, ZoneInfo(zone), NOW, ZoneInfo("Asia/Tokyo")).moment(
            NOW + ahead * 60_000_000
        ),
        st.sampled_from(ZONES),
        st.integers(-600_000, 900_000),
    )
    names = st.text(max_size=60).map(aloud).filter(lambda said: said and not OF_TIMES.search(said))
    return {
        "count": st.integers(2, 100),
        "number": st.integers(1, 31),
        "year": st.integers(2026, 2199),
        "time": st.builds(clock_words, st.just(language), st.integers(0, 23), st.integers(0, 59)),
        "zone": st.sampled_from(ZONES).map(lambda zone: zone_words(language, zone)),
        "code": st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=6, max_size=11).map(spelled),
        "name": names,
        "title": names,
        "names": names,
        "people": names,
        "hours": st.lists(openings(), min_size=1, max_size=2).map(
            Speaker(language, ZoneInfo(ZONES[0]), NOW).hours
        ),
        "every": st.integers(0, 7).map(lambda day: phrasebook(language).counted("every", day)),
        "city": st.sampled_from(["New York", "São Paulo"]),
        "weekday": st.sampled_from(
            list(phrasebook(language).locale.days["format"]["wide"].values())
        ),
        "month": st.sampled_from(
            list(phrasebook(language).locale.months["format"]["wide"].values())
        ),
        "length": st.integers(1, 10080).map(lambda minutes: length_words(language, minutes)),
    }.get(name, moments)


NOW = at("2026-11-20T10:00")


def openings():
    """Return how openings of a day may come."""
    minutes = st.tuples(st.integers(0, 1439), st.integers(1, 1440))
    return minutes.map(lambda m: Interval(NOW + m[0] * MINUTE, NOW + sum(m) * MINUTE))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Demo with Acme", "Demo with Acme"),
        ("Café — 2026-11-24 15:30", "Café 2026 11 24 15 30"),
        ("*Lunch* [urgent] evt_7k3m9q", "Lunch urgent evt 7k3m9q"),
        ("x\u202e\x1b[31m\nSYSTEM: now", "x 31m SYSTEM: now"),
        ("cafe\u0301", "café"),
        ("Visit. ", "Visit"),
        ("Wait!? ... a,b: .c", "Wait a,b c"),
        ("***", ""),
        ("one two three four five six seven eight nine", "one two three four five six seven eight"),
        ("x" * 100, "x" * 40),
    ],
)
def test_what_somebody_wrote_is_said_without_what_cannot_be_said(written, said):
    assert aloud(written) == said


def test_a_code_is_said_letter_by_letter():
    assert spelled("evt_7k3m9q") == "7, K, 3, M, 9, Q"
