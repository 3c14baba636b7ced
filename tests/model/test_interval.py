from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.errors import InvalidArgument
from sched_agent.model.interval import Interval, intersect, merge, subtract

intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda p: Interval(p[0], p[0] + p[1])),
    max_size=8,
)


def minutes(some: list[Interval]) -> set[int]:
    return {minute for one in some for minute in range(one.start, one.end)}


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5)])
def test_an_interval_that_does_not_end_after_it_starts_cannot_be_made(start, end):
    with pytest.raises(InvalidArgument, match="end_at must be after start_at"):
        Interval(start, end)


@given(intervals)
def test_merging_keeps_every_minute_and_leaves_gaps_between(some):
    merged = merge(some)

    assert minutes(merged) == minutes(some)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(intervals, intervals)
def test_intersection_is_that_of_sets_of_minutes(some, others):
    assert minutes(intersect(merge(some), merge(others))) == minutes(some) & minutes(others)


@given(intervals, intervals)
def test_subtraction_is_that_of_sets_of_minutes(some, others):
    left = subtract(merge(some), merge(others))

    assert minutes(left) == minutes(some) - minutes(others)
    assert left == merge(left)


@given(intervals.filter(bool), st.integers(0, 5))
def test_padding_reaches_as_far_on_both_sides(some, by):
    assert some[0].padded(by).length == some[0].length + 2 * by
    assert some[0].padded(by).covers(some[0])
