import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.model.ids import Kind, code, new_number, parse, uuid

numbers = st.integers(1, 2**53 - 1)


@given(numbers, st.sampled_from(Kind))
def test_all_three_spellings_name_the_same_number(number, kind):
    assert parse(kind, code(kind, number)) == number
    assert parse(kind, uuid(kind, number)) == number
    assert parse(kind, uuid(kind, number).upper()) == number
    assert parse(kind, str(number)) == number
    assert parse(kind, number) == number


@given(numbers)
def test_an_id_of_another_kind_names_nothing(number):
    assert parse(Kind.CALENDAR, code(Kind.EVENT, number)) is None
    assert parse(Kind.CALENDAR, uuid(Kind.EVENT, number)) is None


@given(st.text())
def test_any_text_is_an_id_or_is_not_but_never_fails(text):
    assert parse(Kind.EVENT, text) is None or 0 < (parse(Kind.EVENT, text) or 0) < 2**53


@pytest.mark.parametrize(
    "spelled", ["EVT_7K3M9Q", " evt_7k3m9q ", "7k3-m9q", "evt_7k3m9q", "7, K, 3, M, 9, Q"]
)
def test_what_a_person_types_is_read_generously(spelled):
    assert parse(Kind.EVENT, spelled) == parse(Kind.EVENT, "evt_7k3m9q")


def test_letters_that_look_or_sound_alike_are_the_same():
    assert parse(Kind.EVENT, "evt_lo3m9q") == parse(Kind.EVENT, "evt_103m9q")


def test_new_ids_are_six_characters_and_grow_when_space_gets_tight():
    assert all(len(code(Kind.EVENT, new_number())) == len("evt_7k3m9q") for _ in range(200))
    assert len({new_number() for _ in range(1000)}) > 990
    assert any(new_number(crowded=3) > 2**30 for _ in range(50))
    assert all(new_number(crowded=99) < 2**53 for _ in range(50))
