"""An event at the provider is deleted: that one, and only the version that was seen."""

import pytest

from sched_agent.model.interval import DAY
from sched_agent.providers.base import RemoteChanged
from tests.builders import span
from tests.contracts.providers.outsider import NINE, TEN
from tests.contracts.providers.place import UID, days, intervals, keys, titles

LATER = span("14:00", "15:00", day="2026-12-01")


class Deleting:
    def test_a_deleted_event_is_no_longer_there_and_takes_no_time(self, place):
        created = place.create(UID, NINE)
        place.add(TEN, title="Other")

        place.provider.delete(place.calendar, created.ref)

        assert titles(place.read()) == ["Other"]
        assert place.taken() == [TEN]
        assert place.outsider.count(UID) == 0

    def test_a_second_time_changes_nothing(self, place):
        created = place.create()

        for ref in (created.ref, created.ref, created.ref._replace(etag=None)):
            place.provider.delete(place.calendar, ref)

        assert place.read() == []

    def test_what_somebody_else_has_deleted_is_deleted(self, place):
        created = place.create()
        place.outsider.delete(UID)

        place.provider.delete(place.calendar, created.ref)
        place.provider.delete(place.calendar, created.ref._replace(etag=None))

        assert place.read() == []

    def test_a_version_that_is_no_longer_there_deletes_nothing(self, place):
        created = place.create()
        place.outsider.rename(UID, "Renamed")

        with pytest.raises(RemoteChanged):
            place.provider.delete(place.calendar, created.ref)

        assert titles(place.read()) == ["Renamed"]

    def test_without_a_version_any_is_deleted(self, place):
        created = place.create()
        place.outsider.rename(UID, "Renamed")

        place.provider.delete(place.calendar, created.ref._replace(etag=None))

        assert place.read() == []

    def test_an_event_of_somebody_else_can_be_deleted_like_ours(self, place):
        place.add(NINE)
        (theirs,) = place.read()

        place.provider.delete(place.calendar, theirs.ref)

        assert place.read() == []

    @pytest.mark.parametrize("number", [0, 1, 3], ids=["the first", "one in between", "the last"])
    def test_one_occurrence_is_deleted_and_the_rest_stays(self, place, number):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=4", marked=True)
        before = place.read()
        marks = place.outsider.marks(name)
        left = [event for at, event in enumerate(before) if at != number]

        place.provider.delete(place.calendar, before[number].ref)

        assert keys(place.read()) == keys(left)
        assert place.taken(NINE) == ([] if number == 0 else [NINE])
        assert place.outsider.marks(name) == marks

    def test_occurrences_are_deleted_one_after_another(self, place):
        place.add(NINE, rule="FREQ=DAILY;COUNT=4")

        while events := place.read():
            place.provider.delete(place.calendar, events[0].ref)

        assert place.taken() == []

    def test_an_occurrence_that_had_been_moved_does_not_come_back(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        place.outsider.move_occurrence(name, NINE.start + DAY, LATER)
        moved = place.read()[-1]

        place.provider.delete(place.calendar, moved.ref)

        left = [NINE, span("09:00", "09:30", day="2026-11-25")]
        assert intervals(place.read()) == left
        assert place.taken(LATER) == []

    def test_a_day_of_a_series_of_days_is_deleted_alone(self, place):
        place.add(days("2026-11-23", "2026-11-24"), rule="FREQ=WEEKLY;COUNT=3")
        second = place.read()[1]

        place.provider.delete(place.calendar, second.ref)

        found = [event.content.days for event in place.read()]
        assert found == [days("2026-11-23", "2026-11-24"), days("2026-12-07", "2026-12-08")]

    def test_an_occurrence_is_deleted_only_once(self, place):
        place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        second = place.read()[1].ref

        place.provider.delete(place.calendar, second)
        place.provider.delete(place.calendar, second._replace(etag=None))

        assert len(place.read()) == 2

    def test_an_occurrence_of_a_series_that_is_gone_is_deleted_already(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        second = place.read()[1].ref
        place.outsider.delete(name)

        place.provider.delete(place.calendar, second)

        assert place.read() == []

    def test_an_occurrence_that_somebody_has_changed_is_not_deleted(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        second = place.read()[1]
        place.outsider.move_occurrence(name, second.content.interval.start, LATER)

        with pytest.raises(RemoteChanged):
            place.provider.delete(place.calendar, second.ref)

        assert len(place.read()) == 3
