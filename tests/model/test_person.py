import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.model.attendee import Attendee
from sched_agent.model.person import Fit, clues
from sched_agent.model.phone import is_same_number
from sched_agent.model.zone import country


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        pytest.param("garcia ana", "Ana García", Fit.WHOLLY, id="in any order"),
        pytest.param("ANA", "Ana García", Fit.PARTLY, id="a first name"),
        pytest.param("Ana López", "Ana García López", Fit.PARTLY, id="without the middle one"),
        pytest.param("ana garcia", "García, Ana", Fit.WHOLLY, id="with a comma"),
        pytest.param("anne marie", "Anne-Marie", Fit.WHOLLY, id="with a hyphen"),
        pytest.param("obrien", "Pat O’Brien", Fit.PARTLY, id="without the apostrophe"),
        pytest.param("pat o brien", "Pat O'Brien", Fit.WHOLLY, id="with a space for it"),
        pytest.param("山田", "山田太郎", Fit.PARTLY, id="a script without spaces"),
        pytest.param("Иван", "Иванов Иван", Fit.PARTLY, id="another alphabet"),
        pytest.param("an", "Ana García", Fit.NOT, id="a part of a word"),
        pytest.param("ana ana", "Ana García", Fit.NOT, id="a word too often"),
        pytest.param("ana garcia", "Ana Pérez", Fit.NOT, id="another surname"),
        pytest.param("...", "Ana", Fit.NOT, id="no word at all"),
    ],
)
def test_a_name_fits_by_whole_words_in_any_order(said, name, expected):
    assert Attendee(name=name).fits(said) is expected


@pytest.mark.parametrize(
    ("said", "email", "expected"),
    [
        ("ANA@Example.com", "ana@example.com", Fit.WHOLLY),
        ("ana@", "ana@example.com", Fit.PARTLY),
        ("ana@example", "ana@example.com", Fit.PARTLY),
        ("ana@exam", "ana@example.com", Fit.NOT),
        ("an@example.com", "ana@example.com", Fit.NOT),
        ("na@example.com", "ana@example.com", Fit.NOT),
        ("ana@example.com", "ana@example.com.br", Fit.NOT),
    ],
)
def test_an_email_fits_as_a_whole_or_where_it_breaks_off(said, email, expected):
    assert Attendee(email=email).fits(said) is expected


def test_who_has_only_an_email_is_found_by_the_name_in_it():
    assert Attendee(email="ana.garcia@example.com").fits("Ana Garcia") is Fit.WHOLLY
    assert Attendee(name="Bo", email="ana@example.com").fits("Ana") is Fit.NOT


SAO_PAULO = "+55 11 98765-4321"


@pytest.mark.parametrize(
    ("said", "kept", "zone"),
    [
        ("(11) 98765-4321", SAO_PAULO, "America/Sao_Paulo"),
        ("11987654321", SAO_PAULO, "America/Sao_Paulo"),
        ("+5511987654321", "11 98765 4321", "America/Sao_Paulo"),
        ("0 15 11 98765-4321", SAO_PAULO, "America/Sao_Paulo"),
        ("00 55 11 98765-4321", SAO_PAULO, "Europe/Lisbon"),
        ("98765-4321", SAO_PAULO, "UTC"),
        ("11 98765-4321", SAO_PAULO, "America/New_York"),
        ("0044 (0)20 7946 0958", "020 7946 0958", "Europe/London"),
        ("8 912 345-67-89", "+7 912 345-67-89", "Europe/Moscow"),
        ("011 15-2345-6789", "+54 9 11 2345-6789", "America/Argentina/Buenos_Aires"),
        ("+1 (212) 555-0142 ext. 12", "212.555.0142", "America/New_York"),
        ("٩٨٧٦٥٤٣٢١", "98765-4321", "UTC"),
        ("2125550142", "tel:+12125550142", "UTC"),
    ],
)
def test_a_phone_number_is_the_same_however_it_is_written(said, kept, zone):
    assert Attendee(phone=kept).fits(said, country(zone)) is Fit.WHOLLY
    assert is_same_number(kept, said, country(zone))
    assert all(clue in Attendee(phone=kept).search_text for clue in clues(said))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param("(21) 98765-4321", SAO_PAULO, id="another area"),
        pytest.param("+351 987 654 321", SAO_PAULO, id="another country"),
        pytest.param("11 98765-4322", SAO_PAULO, id="another digit"),
        pytest.param("98765-4321", "4321", id="kept in part only"),
        pytest.param("98765-4321", "none", id="kept is no number"),
    ],
)
def test_another_phone_number_is_another(said, kept):
    assert Attendee(phone=kept).fits(said, "BR") is Fit.NOT


def test_a_few_digits_are_a_part_of_a_number_but_three_are_nothing():
    assert Attendee(phone=SAO_PAULO).fits("4321") is Fit.PARTLY
    assert Attendee(phone=SAO_PAULO).fits("321") is Fit.NOT


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/Sao_Paulo", "BR"), ("Europe/Lisbon", "PT"), ("UTC", None)]
)
def test_a_zone_belongs_to_a_country(zone, expected):
    assert country(zone) == expected


WORDS = st.text(alphabet="aáÁbo'’ -,.@12\u00df\u1e9e山田İ", min_size=1, max_size=8)
NUMBERS = st.text(alphabet="+0123456789 ()-x", min_size=7, max_size=16)


@given(said=WORDS | NUMBERS, name=WORDS | st.none(), email=WORDS | st.none(), phone=NUMBERS)
def test_what_is_kept_of_whoever_fits_contains_the_clues(said, name, email, phone):
    person = Attendee(name=name, email=email, phone=phone)

    if person.fits(said, "BR"):
        assert all(clue in person.search_text for clue in clues(said))


@given(number=st.from_regex(r"[1-9][0-9]{6,10}", fullmatch=True))
def test_the_clues_of_a_number_are_in_what_is_kept_of_it(number):
    person = Attendee(phone=f"+55 ({number[:2]}) {number[2:]}")

    assert person.fits(number, "BR")
    assert all(clue in person.search_text for clue in clues(number))
