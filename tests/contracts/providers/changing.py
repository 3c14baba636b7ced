"""An event at the provider comes to say something else, and what we do not know of stays."""

import pytest

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.interval import DAY, Interval
from sched_agent.model.status import Status
from sched_agent.providers.base import RemoteChanged, RemoteGone
from tests.builders import span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN
from tests.contracts.providers.place import UID, days, intervals, keys, saying, titles

ANA = Attendee(name="Ana Souza", email="ana@example.com", response=Response.ACCEPTED)
LATER = span("14:00", "15:00", day="2026-12-01")

OTHERWISE = [
    pytest.param(saying(title="Renamed"), id="another title"),
    pytest.param(saying(ELEVEN), id="another time"),
    pytest.param(saying(days("2026-11-23", "2026-11-25")), id="whole days"),
    pytest.param(saying(description="A\nB", location="C"), id="words"),
    pytest.param(saying(status=Status.TENTATIVE), id="tentative"),
    pytest.param(saying(transparent=True), id="transparent"),
    pytest.param(saying(attendees=(ANA,)), id="an attendee"),
]


class Changing:
    @pytest.mark.parametrize("content", OTHERWISE)
    def test_an_event_says_what_it_was_told_to(self, place, content):
        created = place.create()

        updated = place.provider.update(place.calendar, created.ref, content)

        (read,) = place.read()
        assert read.content.fingerprint == updated.content.fingerprint == content.fingerprint
        assert read.ref == updated.ref
        assert updated.ref.key == UID

    @pytest.mark.parametrize("content", OTHERWISE)
    def test_an_event_may_come_to_say_less(self, place, content):
        created = place.provider.create(place.calendar, UID, content).event

        updated = place.provider.update(place.calendar, created.ref, saying())

        (read,) = place.read()
        assert read.content.fingerprint == updated.content.fingerprint == saying().fingerprint

    def test_an_event_of_somebody_else_can_be_changed_like_ours(self, place):
        place.add(NINE, title="Theirs")
        (theirs,) = place.read()

        updated = place.provider.update(place.calendar, theirs.ref, saying(TEN, title="Changed"))

        (read,) = place.read()
        assert (read.content.title, read.content.interval) == ("Changed", TEN)
        assert read.ref == updated.ref
        assert read.ref.key == theirs.ref.key
        assert place.outsider.titles() == ["Changed"]

    def test_an_event_that_is_cancelled_takes_no_time(self, place):
        created = place.create()

        updated = place.provider.update(
            place.calendar, created.ref, saying(status=Status.CANCELLED)
        )

        assert updated.content.status is Status.CANCELLED
        assert place.taken() == []
        assert all(event.content.status is Status.CANCELLED for event in place.read())

    def test_each_change_gives_a_version_that_allows_the_next(self, place):
        ref = place.create().ref
        seen = {ref.etag}

        for number in range(3):
            ref = place.provider.update(place.calendar, ref, saying(title=f"{number}")).ref
            seen.add(ref.etag)

        assert len(seen) == 4
        assert titles(place.read()) == ["2"]

    def test_a_version_that_is_no_longer_there_changes_nothing(self, place):
        created = place.create()
        place.outsider.rename(UID, "Renamed")

        with pytest.raises(RemoteChanged):
            place.provider.update(place.calendar, created.ref, saying(TEN, title="Ours"))

        assert titles(place.read()) == ["Renamed"]
        assert intervals(place.read()) == [NINE]

    def test_without_a_version_the_last_word_wins(self, place):
        created = place.create()
        place.outsider.rename(UID, "Renamed")

        updated = place.provider.update(
            place.calendar, created.ref._replace(etag=None), saying(title="Ours")
        )

        assert titles(place.read()) == ["Ours"]
        assert place.read()[0].ref == updated.ref

    @pytest.mark.parametrize("versioned", [True, False], ids=["a version named", "none named"])
    def test_an_event_that_was_deleted_is_gone_and_does_not_come_back(self, place, versioned):
        created = place.create()
        ref = created.ref if versioned else created.ref._replace(etag=None)
        place.outsider.delete(UID)

        with pytest.raises(RemoteGone):
            place.provider.update(place.calendar, ref, saying(title="Ours"))

        assert place.read() == []

    def test_what_we_have_no_place_for_stays(self, place):
        name = place.add(NINE, marked=True, attendees=(ANA,))
        (theirs,) = place.read()
        marks = place.outsider.marks(name)
        assert len(marks) > 3

        once = place.provider.update(
            place.calendar, theirs.ref, saying(TEN, title="Changed", attendees=(ANA,))
        )
        place.provider.update(place.calendar, once.ref, saying(TEN, title="Changed again"))

        assert place.outsider.marks(name) == marks
        assert titles(place.read()) == ["Changed again"]

    def test_an_attendee_who_stays_keeps_what_others_know_of_them(self, place):
        bo = Attendee(name="Bo", email="bo@example.com")
        name = place.add(NINE, attendees=(ANA,), optional=True)
        (theirs,) = place.read()
        marks = place.outsider.marks(name)
        assert marks

        place.provider.update(place.calendar, theirs.ref, saying(TEN, attendees=(ANA, bo)))

        assert place.outsider.marks(name) == marks
        (read,) = place.read()
        assert {one.email for one in read.content.attendees} == {ANA.email, bo.email}

    def test_one_occurrence_is_changed_alone(self, place):
        name = place.add(NINE, title="Series", rule="FREQ=DAILY;COUNT=4", marked=True)
        before = place.read()
        marks = place.outsider.marks(name)

        updated = place.provider.update(place.calendar, before[1].ref, saying(LATER, title="Moved"))

        after = place.read()
        assert titles(after) == ["Series", "Series", "Series", "Moved"]
        assert keys(after) == [keys(before)[at] for at in (0, 2, 3, 1)]
        assert intervals(after) == [*(intervals(before)[at] for at in (0, 2, 3)), LATER]
        assert after[3].ref == updated.ref
        assert after[3].content.fingerprint == updated.content.fingerprint
        assert place.outsider.marks(name) == marks

    def test_an_occurrence_that_differs_already_is_changed_again(self, place):
        name = place.add(NINE, title="Series", rule="FREQ=DAILY;COUNT=3")
        place.outsider.move_occurrence(name, NINE.start + DAY, LATER)
        moved = place.read()[-1]

        once = place.provider.update(place.calendar, moved.ref, saying(ELEVEN, title="Back"))
        place.provider.update(place.calendar, once.ref, saying(TEN, title="Once more"))

        after = place.read()
        assert titles(after) == ["Series", "Once more", "Series"]
        assert intervals(after)[1] == TEN
        assert keys(after)[1] == moved.ref.key

    def test_an_occurrence_over_a_clock_change_is_changed_where_it_is(self, place):
        place.add(span("09:00", "09:30", day="2026-10-26"), rule="FREQ=WEEKLY;COUNT=3")
        after_the_change = place.read()[1]
        tuesday = span("09:00", "10:00", day="2026-11-03")

        place.provider.update(place.calendar, after_the_change.ref, saying(tuesday))

        assert intervals(place.read()) == [
            span("09:00", "09:30", day="2026-10-26"),
            tuesday,
            span("09:00", "09:30", day="2026-11-09"),
        ]

    def test_one_day_of_a_series_of_days_is_changed_alone(self, place):
        place.add(days("2026-11-23", "2026-11-24"), rule="FREQ=WEEKLY;COUNT=3", title="Day")
        second = place.read()[1]

        place.provider.update(
            place.calendar, second.ref, saying(days("2026-12-01", "2026-12-02"), title="Other")
        )

        found = [(event.content.title, event.content.days) for event in place.read()]
        assert found == [
            ("Day", days("2026-11-23", "2026-11-24")),
            ("Other", days("2026-12-01", "2026-12-02")),
            ("Day", days("2026-12-07", "2026-12-08")),
        ]

    def test_an_occurrence_that_was_deleted_is_gone(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        second = place.read()[1]
        place.outsider.delete_occurrence(name, second.content.interval.start)

        with pytest.raises(RemoteGone):
            place.provider.update(
                place.calendar, second.ref._replace(etag=None), saying(LATER, title="Ours")
            )

        assert len(place.read()) == 2

    def test_an_occurrence_that_somebody_has_changed_is_not_written_over(self, place):
        name = place.add(NINE, title="Series", rule="FREQ=DAILY;COUNT=3")
        second = place.read()[1]
        place.outsider.rename_occurrence(name, second.content.interval.start, "Theirs")

        with pytest.raises(RemoteChanged):
            place.provider.update(place.calendar, second.ref, saying(LATER, title="Ours"))

        assert titles(place.read()) == ["Series", "Theirs", "Series"]

    def test_of_two_who_change_one_version_one_wins(self, place, another):
        created = place.create()

        place.provider.update(place.calendar, created.ref, saying(title="First"))
        with pytest.raises(RemoteChanged):
            another.update(place.calendar, created.ref, saying(title="Second"))

        assert titles(place.read()) == ["First"]

    def test_a_changed_event_takes_its_new_time_and_not_its_old_one(self, place):
        created = place.create(UID, NINE)
        longer = Interval(TEN.start, TEN.end + DAY)

        place.provider.update(place.calendar, created.ref, saying(longer))

        assert place.taken(Interval(NINE.start - DAY, NINE.start + 3 * DAY)) == [longer]
