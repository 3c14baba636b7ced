"""When a calendar is taken, as its provider knows at this moment."""

import pytest

from sched_agent.model.interval import DAY, Interval
from sched_agent.model.status import Status
from tests.builders import at, span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN
from tests.contracts.providers.place import days

EVENING = span("18:00", "24:00")


class Taken:
    def test_a_calendar_is_taken_when_its_events_are(self, place):
        place.add(NINE)
        place.add(ELEVEN)

        assert place.taken() == [NINE, ELEVEN]

    @pytest.mark.parametrize(
        ("fields", "taken"),
        [
            pytest.param({}, True, id="a confirmed one does"),
            pytest.param({"status": Status.TENTATIVE}, True, id="a tentative one does"),
            pytest.param({"status": Status.CANCELLED}, False, id="a cancelled one does not"),
            pytest.param({"transparent": True}, False, id="a transparent one does not"),
            pytest.param(
                {"transparent": True, "status": Status.TENTATIVE},
                False,
                id="a transparent tentative one does not",
            ),
            pytest.param({"marked": True}, True, id="a private one with an alarm does"),
            pytest.param({"title": None}, True, id="one without a title does"),
        ],
    )
    def test_which_event_takes_time(self, place, fields, taken):
        place.add(NINE, **fields)

        assert place.taken() == ([NINE] if taken else [])

    def test_a_transparent_event_does_not_hide_one_that_takes_time(self, place):
        place.add(span("08:00", "12:00"), transparent=True)
        place.add(span("08:00", "12:00"), status=Status.CANCELLED)
        place.add(NINE)

        assert place.taken() == [NINE]

    @pytest.mark.parametrize(
        "within",
        [
            pytest.param(span("08:00", "09:00"), id="before"),
            pytest.param(span("09:30", "10:00"), id="after"),
        ],
    )
    def test_what_touches_an_event_is_free(self, place, within):
        place.add(NINE)

        assert place.taken(within) == []

    @pytest.mark.parametrize(
        "within",
        [
            pytest.param(span("09:00", "09:01"), id="in its first minute"),
            pytest.param(span("09:29", "09:30"), id="in its last minute"),
            pytest.param(span("09:10", "09:20"), id="inside"),
            pytest.param(NINE, id="for as long"),
        ],
    )
    def test_an_event_that_reaches_beyond_a_stretch_takes_it(self, place, within):
        place.add(NINE)

        assert place.taken(within) == [within]

    def test_events_that_touch_or_overlap_take_their_union(self, place):
        place.add(span("09:00", "10:00"))
        place.add(span("09:30", "09:45"))
        place.add(span("10:00", "10:30"))
        place.add(span("10:29", "11:00"))

        assert place.taken() == [span("09:00", "11:00")]

    def test_an_event_that_lasts_for_weeks_takes_a_minute_in_the_midst_of_it(self, place):
        place.add(Interval(at("2026-10-20T12:00"), at("2026-12-20T12:00")))

        assert place.taken(NINE) == [NINE]

    def test_a_day_takes_its_time_on_the_clocks_of_the_calendars_zone(self, place):
        place.add(days("2026-11-23", "2026-11-24"))
        around = Interval(at("2026-11-22T12:00"), at("2026-11-24T12:00"))

        assert place.taken(around) == [span("00:00", "24:00")]
        assert place.taken(EVENING) == [EVENING]
        assert place.taken(span("00:00", "04:00", day="2026-11-24")) == []

    def test_a_day_may_be_one_that_takes_no_time(self, place):
        place.add(days("2026-11-23", "2026-11-24"), transparent=True)

        assert place.taken() == []

    def test_an_occurrence_takes_its_time_years_after_its_series_began(self, place):
        place.add(span("09:00", "09:30", day="2021-11-22"), rule="FREQ=WEEKLY")

        assert place.taken() == [NINE]

    def test_an_occurrence_that_was_moved_takes_time_only_where_it_is_now(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        place.outsider.move_occurrence(name, NINE.start, ELEVEN)

        assert place.taken() == [ELEVEN]

    def test_an_occurrence_that_was_deleted_takes_no_time(self, place):
        name = place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        place.outsider.delete_occurrence(name, NINE.start)

        assert place.taken() == []

    def test_an_occurrence_moved_here_from_far_away_takes_its_time(self, place):
        name = place.add(span("09:00", "09:30", day="2026-11-02"), rule="FREQ=YEARLY;COUNT=2")
        place.outsider.move_occurrence(name, at("2027-11-02T09:00"), TEN)

        assert place.taken() == [TEN]

    def test_what_somebody_has_just_done_counts(self, place):
        name = place.add(NINE)
        assert place.taken() == [NINE]

        place.outsider.move(name, TEN)
        assert place.taken() == [TEN]

        place.outsider.delete(name)
        assert place.taken() == []

    def test_an_event_that_is_left_out_does_not_count_but_what_lies_at_its_time_does(self, place):
        name = place.add(NINE)
        (event,) = place.read()
        assert place.taken(but=[event.ref.key]) == []

        place.add(span("09:15", "09:45"), title="Other")

        assert place.taken(but=[event.ref.key]) == [span("09:15", "09:45")]
        place.outsider.delete(name)
        assert place.taken(but=[event.ref.key]) == [span("09:15", "09:45")]

    def test_an_occurrence_that_is_left_out_leaves_the_others_taken(self, place):
        place.add(NINE, rule="FREQ=DAILY;COUNT=3")
        first, *others = place.read()
        week = Interval(NINE.start - DAY, NINE.start + 6 * DAY)

        taken = place.taken(week, but=[first.ref.key])

        assert taken == [other.content.interval for other in others]

    def test_a_day_that_is_left_out_does_not_count(self, place):
        place.add(days("2026-11-23", "2026-11-24"))
        (event,) = place.read()
        place.add(NINE)

        assert place.taken(but=[event.ref.key]) == [NINE]

    def test_several_can_be_left_out_and_an_unknown_one_changes_nothing(self, place):
        for when in (NINE, TEN, ELEVEN):
            place.add(when)
        nine, _, eleven = place.read()

        assert place.taken(but=[nine.ref.key, eleven.ref.key, "nobody"]) == [TEN]
        assert place.taken(but=["nobody"]) == [NINE, TEN, ELEVEN]

    def test_asking_about_months_shows_all_of_them(self, place):
        starts = [at("2026-11-02T09:00") + week * 7 * DAY for week in range(20)]
        meetings = [Interval(start, start + DAY // 48) for start in starts]
        for meeting in meetings:
            place.add(meeting)

        assert place.taken(Interval(at("2026-10-01T00:00"), at("2027-10-01T00:00"))) == meetings
