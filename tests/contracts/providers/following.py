"""Whoever goes on from a cursor knows afterwards what a full read tells."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sched_agent.model.interval import DAY, Interval
from tests.builders import at, span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN, Outsider, Planned
from tests.contracts.providers.place import WINDOW, days, intervals, titles

LATER = span("14:00", "15:00", day="2026-12-01")
SERIES = Planned(title="Series", when=TEN, rule="FREQ=DAILY;COUNT=4")


def tenth(number):
    """Return an occurrence of the series as it is planned: its number, from 0 on."""
    return Interval(TEN.start + number * DAY, TEN.end + number * DAY)


@dataclass
class Hand:
    """The outsider, who has put an event and a series there."""

    outsider: Outsider
    single: str
    series: str


def _moves_all(hand: Hand) -> None:
    hand.outsider.move(hand.series, ELEVEN)


def _moves_twice(hand: Hand) -> None:
    hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER)
    hand.outsider.move_occurrence(hand.series, tenth(1).start, tenth(2))


def _deletes_what_was_moved(hand: Hand) -> None:
    hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER)
    hand.outsider.delete_occurrence(hand.series, tenth(1).start)


ACTS = [
    pytest.param(lambda hand: hand.outsider.add(Planned(when=LATER)), id="an event more"),
    pytest.param(
        lambda hand: hand.outsider.add(Planned(when=days("2026-12-01", "2026-12-02"))),
        id="a day more",
    ),
    pytest.param(
        lambda hand: hand.outsider.add(Planned(when=LATER, rule="FREQ=WEEKLY;COUNT=3")),
        id="a series more",
    ),
    pytest.param(lambda hand: hand.outsider.rename(hand.single, "Other"), id="another title"),
    pytest.param(lambda hand: hand.outsider.move(hand.single, LATER), id="another time"),
    pytest.param(
        lambda hand: hand.outsider.move(hand.single, span("09:00", "09:30", day="2027-08-02")),
        id="a time past the window",
    ),
    pytest.param(lambda hand: hand.outsider.delete(hand.single), id="an event less"),
    pytest.param(lambda hand: hand.outsider.delete(hand.series), id="a series less"),
    pytest.param(
        lambda hand: hand.outsider.rename(hand.series, "Other"), id="another title of a series"
    ),
    pytest.param(_moves_all, id="another time of a series"),
    pytest.param(
        lambda hand: hand.outsider.change_rule(hand.series, "FREQ=DAILY;COUNT=2"),
        id="a shorter series",
    ),
    pytest.param(
        lambda hand: hand.outsider.change_rule(hand.series, "FREQ=DAILY;COUNT=9"),
        id="a longer series",
    ),
    pytest.param(
        lambda hand: hand.outsider.change_rule(hand.series, "FREQ=WEEKLY;COUNT=3"),
        id="a series on other days",
    ),
    pytest.param(
        lambda hand: hand.outsider.rename_occurrence(hand.series, tenth(1).start, "Other"),
        id="another title of an occurrence",
    ),
    pytest.param(
        lambda hand: hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER),
        id="another time of an occurrence",
    ),
    pytest.param(_moves_twice, id="another time of an occurrence, and yet another one"),
    pytest.param(
        lambda hand: hand.outsider.move_occurrence(
            hand.series, tenth(3).start, span("09:00", "09:30", day="2027-08-02")
        ),
        id="an occurrence moved past the window",
    ),
    pytest.param(
        lambda hand: hand.outsider.delete_occurrence(hand.series, tenth(1).start),
        id="an occurrence less",
    ),
    pytest.param(
        lambda hand: hand.outsider.delete_occurrence(hand.series, tenth(0).start),
        id="the first occurrence less",
    ),
    pytest.param(_deletes_what_was_moved, id="an occurrence less that had been moved"),
]


class Following:
    @pytest.fixture
    def hand(self, place):
        single = place.outsider.add(Planned(title="Single"))
        return Hand(place.outsider, single, place.outsider.add(SERIES))

    @pytest.mark.usefixtures("hand")
    def test_nothing_has_changed_since_the_newest_cursor(self, place):
        follower = place.follower()

        assert follower.read() == []
        assert follower.read() == []
        assert follower.began_anew == 0

    @pytest.mark.parametrize("act", ACTS)
    def test_what_changes_is_told(self, place, hand, act: Callable[[Hand], None]):
        follower = place.follower()
        before = follower.knows

        act(hand)
        follower.read()

        assert follower.knows == place.follower().knows
        assert follower.knows != before
        assert follower.read() == []

    def test_several_changes_are_told_at_once(self, place, hand):
        follower = place.follower()

        hand.outsider.add(Planned(when=LATER, title="New"))
        hand.outsider.move(hand.single, ELEVEN)
        hand.outsider.delete(hand.series)
        follower.read()

        assert titles(follower.events) == ["Single", "New"]
        assert intervals(follower.events) == [ELEVEN, LATER]

    def test_a_change_of_a_series_is_told_with_all_that_is_left_of_it(self, place, hand):
        follower = place.follower()

        hand.outsider.delete_occurrence(hand.series, tenth(2).start)
        hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER)
        follower.read()

        assert intervals(follower.events) == [NINE, tenth(0), tenth(3), LATER]

    def test_a_deleted_series_takes_all_its_occurrences_along(self, place, hand):
        hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER)
        follower = place.follower()

        hand.outsider.delete(hand.series)
        follower.read()

        assert titles(follower.events) == ["Single"]

    @pytest.mark.parametrize(
        "act",
        [
            pytest.param(lambda hand, at: hand.rename_occurrence(*at, "Other"), id="a title"),
            pytest.param(lambda hand, at: hand.move_occurrence(*at, LATER), id="a time"),
            pytest.param(lambda hand, at: hand.delete_occurrence(*at), id="one less"),
        ],
    )
    def test_what_changes_far_ahead_in_a_series_is_told(self, place, act):
        name = place.add(NINE, rule="FREQ=WEEKLY")
        follower = place.follower()
        before = follower.knows
        in_may = span("09:00", "09:30", day="2027-05-24")

        act(place.outsider, (name, in_may.start))
        follower.read()

        assert follower.knows == place.follower().knows
        assert follower.knows != before

    def test_what_comes_into_the_window_is_told(self, place):
        name = place.add(span("09:00", "09:30", day="2027-08-02"))
        follower = place.follower()
        assert follower.events == []

        place.outsider.move(name, NINE)
        follower.read()

        assert intervals(follower.events) == [NINE]

    def test_what_was_deleted_and_is_put_there_anew_is_told_once(self, place, hand):
        follower = place.follower()

        hand.outsider.delete(hand.single)
        hand.outsider.add(Planned(title="Single"))
        follower.read()

        assert titles(follower.events) == ["Single", *["Series"] * 4]
        assert follower.knows == place.follower().knows

    def test_two_followers_do_not_take_the_changes_from_each_other(self, place, hand):
        one, another = place.follower(), place.follower()

        hand.outsider.rename(hand.single, "Other")
        one.read()
        hand.outsider.move(hand.single, LATER)
        one.read()
        another.read()

        assert one.knows == another.knows == place.follower().knows

    def test_what_changes_while_everything_is_read_is_not_lost(self, place, hand):
        place.outsider.add_many([Planned(title=f"{n}", when=_on_day(n)) for n in range(120)])
        late = place.add(LATER, title="Late")
        follower = place.follower()
        acts = [
            lambda: hand.outsider.move(hand.single, ELEVEN),
            lambda: hand.outsider.delete(late),
            lambda: hand.outsider.move_occurrence(hand.series, tenth(1).start, LATER),
            lambda: hand.outsider.add(Planned(title="New", when=NINE)),
        ]
        anew = type(follower)(place.provider, place.calendar, WINDOW)
        anew.meanwhile = lambda: acts.pop()() if acts else None

        while acts:
            anew.read()
        anew.read()
        follower.read()

        assert anew.knows == follower.knows == place.follower().knows

    def test_a_read_that_is_given_up_does_no_harm(self, place):
        place.outsider.add_many([Planned(title=f"{n}", when=_on_day(n)) for n in range(20)])

        batches = place.provider.changes(place.calendar, None, WINDOW)
        next(batches)
        batches.close()

        assert len(place.read()) == 20
        assert place.taken() == []

    def test_the_window_may_move_on_from_one_read_to_the_next(self, place):
        place.add(NINE, title="November")
        follower = place.follower(Interval(at("2026-11-01T00:00"), at("2026-12-01T00:00")))

        follower.window = Interval(at("2026-11-08T00:00"), at("2026-12-08T00:00"))
        place.add(span("09:00", "09:30", day="2026-12-05"), title="December")
        follower.read()

        assert titles(follower.events) == ["November", "December"]

    def test_the_future_beyond_the_window_is_not_told(self, place):
        follower = place.follower(Interval(at("2026-11-01T00:00"), at("2026-12-01T00:00")))

        place.add(span("09:00", "09:30", day="2026-12-01"))
        place.add(NINE, rule="FREQ=WEEKLY")
        follower.read()

        assert intervals(follower.events) == [NINE, span("09:00", "09:30", day="2026-11-30")]


def _on_day(number):
    start = at("2026-12-02T09:00") + number * DAY // 8
    return Interval(start, start + DAY // 48)
