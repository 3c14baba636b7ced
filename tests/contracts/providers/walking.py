"""Somebody works on a calendar at random, and we keep up with it."""

import random

import pytest

from sched_agent.model.interval import DAY, HOUR, Interval, intersect, merge
from sched_agent.model.status import Status, claims
from tests.builders import at
from tests.contracts.providers.outsider import Outsider, Planned
from tests.contracts.providers.place import WINDOW, Place

STEPS = 20
FIRST = at("2026-10-20T09:00")


class Walk:
    """Does one thing after another, the same ones for the same seed."""

    def __init__(self, outsider: Outsider, seed: int) -> None:
        self._outsider, self._dice = outsider, random.Random(seed)
        self._single: list[str] = []
        self._series: dict[str, list[int]] = {}
        """The starts of the occurrences that nobody has touched."""

    def step(self) -> str:
        """Do something, and say what."""
        acts = [self._add] * 3 + [self._add_series]
        acts += [self._move, self._rename, self._delete] if self._single else []
        acts += [self._delete_series] if self._series else []
        if any(self._series.values()):
            acts += [self._move_one, self._rename_one, self._delete_one] * 2
        act = self._dice.choice(acts)
        act()
        return act.__name__

    def _when(self) -> Interval:
        start = FIRST + self._dice.randrange(60) * DAY + self._dice.randrange(8) * HOUR
        return Interval(start, start + self._dice.randint(1, 4) * HOUR)

    def _add(self) -> None:
        planned = Planned(
            title=f"T{self._dice.randrange(1000)}",
            when=self._when(),
            transparent=self._dice.random() < 0.2,
            status=Status.TENTATIVE if self._dice.random() < 0.2 else Status.CONFIRMED,
        )
        self._single.append(self._outsider.add(planned))

    def _add_series(self) -> None:
        when = self._when()
        name = self._outsider.add(Planned(when=when, rule="FREQ=DAILY;COUNT=5", zone="UTC"))
        self._series[name] = [when.start + day * DAY for day in range(5)]

    def _move(self) -> None:
        self._outsider.move(self._dice.choice(self._single), self._when())

    def _rename(self) -> None:
        self._outsider.rename(self._dice.choice(self._single), "Renamed")

    def _delete(self) -> None:
        name = self._dice.choice(self._single)
        self._single.remove(name)
        self._outsider.delete(name)

    def _delete_series(self) -> None:
        name = self._dice.choice(sorted(self._series))
        del self._series[name]
        self._outsider.delete(name)

    def _one(self) -> tuple[str, int]:
        name = self._dice.choice(sorted(name for name, left in self._series.items() if left))
        start = self._dice.choice(self._series[name])
        self._series[name].remove(start)
        return name, start

    def _move_one(self) -> None:
        self._outsider.move_occurrence(*self._one(), self._when())

    def _rename_one(self) -> None:
        self._outsider.rename_occurrence(*self._one(), "Other")

    def _delete_one(self) -> None:
        self._outsider.delete_occurrence(*self._one())


class Walking:
    @pytest.mark.parametrize("seed", range(2))
    def test_whatever_somebody_does_a_follower_knows_it_and_it_takes_its_time(
        self, place: Place, seed: int
    ) -> None:
        walk, follower = Walk(place.outsider, seed), place.follower()
        done = []

        for _ in range(STEPS):
            done.append(walk.step())
            follower.read()
            assert follower.knows == place.follower().knows, done

        events = [event.content for event in follower.events]
        blocking = [e.interval for e in events if claims(e.status, transparent=e.transparent)]
        assert place.taken(WINDOW) == intersect(merge(blocking), [WINDOW])
        assert blocking
