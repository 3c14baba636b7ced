"""A full read gives what is there: all of it, as it is, and nothing else."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.interval import HOUR, Interval
from sched_agent.model.remote import UNTITLED
from sched_agent.model.status import Status
from sched_agent.providers.base import RemoteGone
from tests.builders import at, span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN, Planned
from tests.contracts.providers.place import days, intervals, keys, titles

MONDAY = days("2026-11-23", "2026-11-24")
ANA = Attendee(name="Ana Souza", email="ana@example.com", response=Response.ACCEPTED)
BO = Attendee(email="bo@example.com", response=Response.TENTATIVE)

EVENTS = [
    pytest.param(Planned(), id="a plain one"),
    pytest.param(Planned(zone="UTC"), id="on the clocks of UTC"),
    pytest.param(Planned(zone="Asia/Tokyo"), id="on the clocks of Tokyo"),
    pytest.param(Planned(when=MONDAY), id="of a day"),
    pytest.param(Planned(when=days("2026-10-31", "2026-11-03")), id="of days over a clock change"),
    pytest.param(
        Planned(when=Interval(at("2026-10-30T22:00"), at("2026-11-02T07:00"))),
        id="of a long weekend with a clock change",
    ),
    pytest.param(
        Planned(when=Interval(at("2026-11-01T00:30"), at("2026-11-01T05:00"))),
        id="over the hour that comes twice",
    ),
    pytest.param(Planned(status=Status.TENTATIVE), id="a tentative one"),
    pytest.param(Planned(transparent=True), id="one that takes no time"),
    pytest.param(Planned(when=MONDAY, transparent=True), id="of a day, and it takes no time"),
    pytest.param(
        Planned(title="Caf\u00e9 \u4f1a\u8b70 \U0001f384 \u05e9\u05dc\u05d5\u05dd " + "lang " * 30),
        id="with a long title in many scripts",
    ),
    pytest.param(
        Planned(title='a, b; c\\n d: "e"', description="One,\nTwo;\n\n\\Three\\", location="A, B"),
        id="with signs that have a meaning in iCalendar",
    ),
    pytest.param(Planned(description="word " * 1500), id="with a long description"),
    pytest.param(Planned(attendees=(ANA, BO)), id="with attendees who have answered"),
]


def expected(planned):
    """Return the fingerprint that follows from what the outsider has put there."""
    text = None if planned.description is None else planned.description.strip()
    return [planned.title.strip(), planned.when, text, planned.location]


def told(event):
    content = event.content
    text = None if content.description is None else content.description.strip()
    return [content.title.strip(), content.days or content.interval, text, content.location]


class Reading:
    def test_the_calendar_is_among_the_persons_calendars_the_primary_one_first(self, place, world):
        there = place.provider.calendars()

        (ours,) = [one for one in there if one.id == place.calendar]
        assert ours.name == world.name
        assert not any(one.primary for one in there[1:])

    def test_an_empty_calendar_has_nothing_on_it_and_a_cursor(self, place):
        assert place.follower().events == []
        assert place.taken() == []

    @pytest.mark.parametrize("planned", EVENTS)
    def test_an_event_is_read_as_somebody_else_has_written_it(self, place, planned):
        place.outsider.add(planned)

        (event,) = place.read()

        assert told(event) == expected(planned)
        assert event.content.status is planned.status
        assert event.content.transparent is planned.transparent
        people = [(one.name, one.email, one.response) for one in event.content.attendees]
        assert people == [(one.name, one.email, one.response) for one in planned.attendees]

    def test_whole_days_are_those_of_the_calendars_zone(self, place):
        place.add(days("2026-11-01", "2026-11-02"))

        (event,) = place.read()

        assert event.content.interval == span("00:00", "24:00", day="2026-11-01")
        assert event.content.interval.length == 25 * HOUR

    def test_an_event_without_a_title_has_one_that_tells_nothing(self, place):
        place.add(title=None)

        assert titles(place.read()) == [UNTITLED]

    def test_a_cancelled_event_is_told_as_such_or_not_at_all(self, place):
        place.add(NINE, title="Off", status=Status.CANCELLED)
        place.add(TEN, title="On")

        there = {event.content.title: event.content.status for event in place.read()}

        assert there.pop("Off", Status.CANCELLED) is Status.CANCELLED
        assert there == {"On": Status.CONFIRMED}

    def test_what_the_calendar_keeps_beside_is_not_taken_for_a_guest(self, place):
        place.add(NINE, marked=True)

        (event,) = place.read()

        assert event.content.attendees == ()
        assert (event.content.description, event.content.location) == (None, None)

    def test_several_events_at_one_time_are_all_there(self, place):
        for title in ("A", "B", "C"):
            place.add(NINE, title=title)

        assert sorted(titles(place.read())) == ["A", "B", "C"]

    @pytest.mark.parametrize(
        ("when", "there"),
        [
            pytest.param(span("09:00", "10:00"), False, id="ends where it begins"),
            pytest.param(span("09:00", "10:01"), True, id="ends a minute later"),
            pytest.param(span("09:00", "18:00"), True, id="covers it"),
            pytest.param(span("11:59", "13:00"), True, id="begins in its last minute"),
            pytest.param(span("12:00", "13:00"), False, id="begins where it ends"),
            pytest.param(days("2026-11-23", "2026-11-24"), True, id="is of that day"),
            pytest.param(days("2026-11-24", "2026-11-25"), False, id="is of the next day"),
            pytest.param(days("2026-11-22", "2026-11-23"), False, id="is of the day before"),
        ],
    )
    def test_a_window_shows_what_touches_it(self, place, when, there):
        place.add(when)

        assert len(place.read(span("10:00", "12:00"))) == there

    def test_whole_days_touch_a_window_on_the_clocks_of_the_calendars_zone(self, place):
        place.add(MONDAY)
        tokyo = ZoneInfo("Asia/Tokyo")
        over_in_new_york = span("00:30", "04:00", day="2026-11-24")
        monday_in_tokyo = span("00:30", "04:00", day="2026-11-23", zone=tokyo)

        assert place.read(over_in_new_york) == []
        assert place.read(monday_in_tokyo) == []
        assert len(place.read(span("23:30", "24:00"))) == 1

    def test_keys_and_versions_stay_from_one_read_to_the_next(self, place):
        place.add(NINE, title="Single")
        place.add(MONDAY, title="Day")
        place.add(TEN, title="Series", rule="FREQ=DAILY;COUNT=5")

        first, second = place.follower(), place.follower()

        assert len(first.events) == 7
        assert first.knows == second.knows

    def test_a_smaller_window_shows_the_same_keys(self, place):
        place.add(NINE)
        place.add(TEN, rule="FREQ=DAILY;COUNT=5")

        some = place.read(span("00:00", "24:00", day="2026-11-24"))

        assert intervals(some) == [span("10:00", "10:30", day="2026-11-24")]
        assert set(keys(some)) < set(keys(place.read()))

    def test_one_event_is_told_as_the_read_told_it(self, place):
        place.add(NINE, title="Single", attendees=(ANA,))
        place.add(MONDAY, title="Day")
        place.add(TEN, title="Series", rule="FREQ=DAILY;COUNT=3")

        for event in place.read():
            assert place.provider.event(place.calendar, event.ref) == event

    def test_one_event_is_told_as_it_is_now_whatever_version_is_named(self, place):
        name = place.add(NINE)
        (before,) = place.read()
        place.outsider.rename(name, "Renamed")

        now = place.provider.event(place.calendar, before.ref)

        assert now.content == replace(before.content, title="Renamed")
        assert now.ref == place.read()[0].ref

    def test_an_event_that_is_not_there_is_gone(self, place):
        name = place.add(NINE)
        series = place.add(TEN, rule="FREQ=DAILY;COUNT=3")
        single, first, second, third = place.read()
        place.outsider.delete(name)
        place.outsider.delete_occurrence(series, second.content.interval.start)

        for gone in (single, second):
            with pytest.raises(RemoteGone):
                place.provider.event(place.calendar, gone.ref)
        for left in (first, third):
            there = place.provider.event(place.calendar, left.ref)
            assert there.content == left.content

    def test_an_occurrence_of_a_series_that_is_gone_is_gone(self, place):
        series = place.add(TEN, rule="FREQ=DAILY;COUNT=3")
        first = place.read()[0]
        place.outsider.delete(series)

        with pytest.raises(RemoteGone):
            place.provider.event(place.calendar, first.ref)

    def test_an_event_that_takes_no_time_at_all_keeps_nobody_from_reading_the_others(self, place):
        place.outsider.add_pointless(NINE.start)
        place.add(ELEVEN, title="Other")

        assert "Other" in titles(place.read())
        assert place.taken(ELEVEN) == [ELEVEN]

    def test_many_events_are_all_there_and_each_once(self, place):
        many = [Planned(title=f"{n}", when=_quarter(n)) for n in range(300)]
        place.outsider.add_many(many)

        follower = place.follower()

        assert sorted(titles(follower.events), key=int) == [str(n) for n in range(300)]
        assert intervals(follower.events) == [planned.when for planned in many]
        assert follower.read() == []


def _quarter(number):
    start = NINE.start + number * HOUR
    return Interval(start, start + HOUR // 4)
