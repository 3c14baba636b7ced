import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.model.text import clean, one_line
from sched_agent.speech.phrasing import quoted

HIDDEN = {"Cc", "Cf", "Cs", "Co"}
JOINERS = "\u200c\u200d"
TRICKY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp"]),
        st.sampled_from("\u200d\u200c\ufe0f\ufe0e\u202e“”\n\ra1❤👩\u0915\U000e0041\U000e0100"),
    )
)


def is_hidden(letter):
    return unicodedata.category(letter) in HIDDEN or "\U000e0000" <= letter <= "\U000e0fff"


def test_no_hidden_character_comes_through_but_line_breaks_and_tabs():
    every = (chr(code) for code in range(sys.maxunicode + 1))
    kept = [letter for letter in every if is_hidden(letter) and clean(f"a{letter}b") != "ab"]

    breaks = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x85"
    assert set(kept) == set(breaks)
    assert all(clean(f"a{letter}b") == "a\nb" for letter in breaks[1:])


@pytest.mark.parametrize(
    "text",
    [
        "Ana García, às 15h\tok\nnext line",
        "family 👩‍👩‍👧‍👦, flag 🏳️‍🌈, heart ❤️, key 1️⃣, eye 👁️‍🗨️, hand 👍🏽, ⚕ 👩🏽‍⚕️",
        "می‌خواهم",  # Persian, with a joiner that keeps letters apart
        "क्‍ष",  # Devanagari
        "日本語 한국어 العربية עברית ไทย",
        "🫨",  # newer than some tables
    ],
)
def test_what_people_write_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\u200db", "ab", id="a joiner between Latin letters"),
        pytest.param("日\u200d本", "日本", id="a joiner between ideographs"),
        pytest.param("👩\u200d", "👩", id="a joiner at the end"),
        pytest.param("a\ufe0f\u200d👩", "a👩", id="a sign after no symbol"),
        pytest.param("❤\ufe0f\ufe0f\ufe0f", "❤\ufe0f", id="more signs than one"),
        pytest.param("Pay \U000e0041\U000e0042now", "Pay now", id="tags"),
        pytest.param("x\u202egnp.exe", "xgnp.exe", id="another direction"),
        pytest.param("a\r\nb\u2028c", "a\nb\nc", id="other line breaks"),
        pytest.param("nul\x00 \ud800", "nul ", id="what no database takes"),
        pytest.param("\u3164\u115f\u2800", "", id="letters without a shape"),
    ],
)
def test_what_nobody_sees_goes(text, expected):
    assert clean(text) == expected


@given(TRICKY)
def test_what_is_clean_stays_as_it_is(text):
    once = clean(text)

    assert clean(once) == once
    assert not any(is_hidden(letter) and letter not in JOINERS + "\n\t" for letter in once)


@given(text=TRICKY, most=st.integers(min_value=1, max_value=60))
def test_one_line_is_one_and_no_longer_than_allowed(text, most):
    line = one_line(text, most)

    assert len(line.splitlines()) <= 1
    assert len(line) <= most
    assert line == clean(line)


@given(TRICKY | TRICKY.map(lambda text: text * 50))
def test_a_quotation_ends_where_it_ends(text):
    line = quoted(text)

    assert line[0] == "“"
    assert line[-1] == "”"
    assert not set(line[1:-1]) & set("“”„‟«»\n")
    assert len(line) <= 122
    assert len(line.encode()) <= 500
