"""iCalendar text: occurrences against an expansion by plain date arithmetic, and what is absurd."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]  # it comes without types
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sched_agent.errors import CalendarUnreachable, ProviderRejected
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.days import Days
from sched_agent.model.event import LONGEST
from sched_agent.model.interval import DAY, HOUR, MINUTE, SECOND, Interval
from sched_agent.model.remote import UNTITLED, Content
from sched_agent.model.status import Status
from sched_agent.providers.ical import busy_of, occurrences
from tests.providers.icalendars import (
    BERLIN,
    NEW_YORK,
    at,
    only,
    taken,
    vcalendar,
    vevent,
    vtimezone,
)

WINDOW = Interval(at("2026-01-01T00:00Z"), at("2026-01-01T00:00Z") + 400 * DAY)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def reads(wall: datetime, zone: ZoneInfo) -> int:
    """RFC 5545 §3.3.5 by the word: the first reading; in a gap, by the offset before it."""
    around = [wall.replace(tzinfo=UTC) + timedelta(days=by) for by in (-1, 1)]
    offsets = [one.astimezone(zone).utcoffset() or timedelta(0) for one in around]
    readings = [wall.replace(tzinfo=UTC) - offset for offset in offsets]
    real = [one for one in readings if one.astimezone(zone).replace(tzinfo=None) == wall]
    return ((min(real) if real else readings[0]) - EPOCH) // timedelta(microseconds=1)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def month_length(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def nth_of_month(day: date) -> tuple[int, int]:
    return (day.day - 1) // 7 + 1, -((month_length(day) - day.day) // 7 + 1)


@st.composite
def rules(draw):
    """A rule as text, and whether a day is one of its days, told from the first one on."""
    kind = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "MONTHLY on", "YEARLY"]))
    every = draw(st.integers(1, 5))
    if kind == "DAILY":
        return f"FREQ=DAILY;INTERVAL={every}", lambda d, first: (d - first).days % every == 0
    if kind == "WEEKLY":
        on = draw(st.sets(st.integers(0, 6), min_size=1))
        names = ",".join(WEEKDAYS[one] for one in sorted(on))
        return (
            f"FREQ=WEEKLY;INTERVAL={every};BYDAY={names}",
            lambda d, first: (
                (monday(d) - monday(first)).days // 7 % every == 0 and d.weekday() in on
            ),
        )

    def in_step(d, first):
        return (d.year * 12 + d.month - first.year * 12 - first.month) % every == 0

    if kind == "MONTHLY":
        on = draw(st.sampled_from([1, 15, 28, 30, 31, -1, -3]))
        return (
            f"FREQ=MONTHLY;INTERVAL={every};BYMONTHDAY={on}",
            lambda d, first: in_step(d, first) and on in (d.day, d.day - month_length(d) - 1),
        )
    if kind == "MONTHLY on":
        nth, weekday = draw(st.sampled_from([1, 2, 4, 5, -1])), draw(st.integers(0, 6))
        return (
            f"FREQ=MONTHLY;INTERVAL={every};BYDAY={nth}{WEEKDAYS[weekday]}",
            lambda d, first: (
                in_step(d, first) and d.weekday() == weekday and nth in nth_of_month(d)
            ),
        )
    months = draw(st.sets(st.integers(1, 12), min_size=1))
    names = ",".join(map(str, sorted(months)))
    return (
        f"FREQ=YEARLY;BYMONTH={names};BYMONTHDAY=29",
        lambda d, first: d.month in months and d.day == 29,
    )


@st.composite
def series(draw):
    """A series as text, with what it should come to: key -> when."""
    rule, is_day = draw(rules())
    zone = draw(st.sampled_from([NEW_YORK, BERLIN, ZoneInfo("Australia/Lord_Howe")]))
    clock = draw(st.sampled_from([time(9), time(1, 30), time(2, 30), time(0), time(22)]))
    minutes = draw(st.sampled_from([30, 90, 600]))
    earliest = draw(st.dates(date(2024, 1, 1), date(2026, 11, 30)))
    days = [earliest + timedelta(days=n) for n in range(1300)]
    first = next((d for d in days if is_day(d, d)), None)
    assume(first is not None)
    days = [d for d in days if d >= first and is_day(d, first)]
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        days = days[: draw(st.integers(1, 60))]
        rule += f";COUNT={len(days)}"
    elif end == "UNTIL":
        days = days[: draw(st.integers(1, 200))]
        until = datetime.fromtimestamp(reads(datetime.combine(days[-1], clock), zone) / SECOND, UTC)
        rule += f";UNTIL={until:%Y%m%dT%H%M%SZ}"
    excluded = draw(st.sets(st.sampled_from(days), max_size=3))
    moved = draw(st.sets(st.sampled_from(days), max_size=2)) - excluded
    text = [
        vevent(
            "UID:series",
            f"DTSTART;TZID={zone.key}:{first:%Y%m%d}T{clock:%H%M%S}",
            f"DURATION:PT{minutes}M",
            f"RRULE:{rule}",
            *(f"EXDATE;TZID={zone.key}:{d:%Y%m%d}T{clock:%H%M%S}" for d in excluded),
        )
    ]
    told = {}
    for day in days:
        start = reads(datetime.combine(day, clock), zone)
        key = f"series/{datetime.fromtimestamp(start / SECOND, UTC):%Y%m%dT%H%M%SZ}"
        if day in moved:
            text.append(
                vevent(
                    "UID:series",
                    f"RECURRENCE-ID;TZID={zone.key}:{day:%Y%m%d}T{clock:%H%M%S}",
                    f"DTSTART;TZID={zone.key}:{day:%Y%m%d}T150000",
                    "DURATION:PT1H",
                )
            )
            start = reads(datetime.combine(day, time(15)), zone)
            told[key] = (start, start + HOUR)
        elif day not in excluded:
            told[key] = (start, start + minutes * MINUTE)
    there = {k: v for k, v in told.items() if v[0] < WINDOW.end and WINDOW.start < v[1]}
    return vcalendar(*text), there


@settings(max_examples=300, deadline=None)
@given(series())
def test_a_series_is_what_plain_date_arithmetic_says(one):
    text, told = one

    assert taken(occurrences(text, WINDOW, NEW_YORK)) == told


@settings(max_examples=100, deadline=None)
@given(series())
def test_a_series_starts_where_another_reader_says(one):
    text, _ = one
    between = (datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 1, 30, tzinfo=UTC))
    window = Interval(at("2026-01-02T00:00Z"), at("2027-01-30T00:00Z"))

    other = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*between)

    starts = sorted(at(event["DTSTART"].dt.astimezone(UTC).isoformat()) for event in other)
    ours = occurrences(text, window, NEW_YORK)
    assert sorted(one.content.interval.start for one in ours) == starts


# --- series ----------------------------------------------------------------------------------


def test_a_weekly_series_over_both_clock_changes_with_one_left_out_and_one_moved():
    text = vcalendar(
        vevent(
            "UID:weekly",
            "DTSTART;TZID=America/New_York:20261021T093000",
            "DTEND;TZID=America/New_York:20261021T100000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE;TZID=America/New_York:20261028T093000",
        ),
        vevent(
            "UID:weekly",
            "RECURRENCE-ID;TZID=America/New_York:20261104T093000",
            "DTSTART;TZID=America/New_York:20261105T160000",
            "DTEND;TZID=America/New_York:20261105T170000",
        ),
        vevent(
            "UID:berlin",
            "DTSTART;TZID=Europe/Berlin:20261021T093000",
            "DURATION:PT30M",
            "RRULE:FREQ=WEEKLY;COUNT=2",
        ),
        vevent("UID:day", "DTSTART;VALUE=DATE:20261101"),
    )

    assert taken(occurrences(text, WINDOW, NEW_YORK)) == {
        "weekly/20261021T133000Z": (at("2026-10-21T13:30Z"), at("2026-10-21T14:00Z")),
        "weekly/20261104T143000Z": (at("2026-11-05T21:00Z"), at("2026-11-05T22:00Z")),
        "weekly/20261111T143000Z": (at("2026-11-11T14:30Z"), at("2026-11-11T15:00Z")),
        "berlin/20261021T073000Z": (at("2026-10-21T07:30Z"), at("2026-10-21T08:00Z")),
        "berlin/20261028T083000Z": (at("2026-10-28T08:30Z"), at("2026-10-28T09:00Z")),
        "day": (at("2026-11-01T04:00Z"), at("2026-11-02T05:00Z")),  # 25 hours
    }


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        pytest.param("20260308T023000", "2026-03-08T07:30Z", id="skipped: by the offset before"),
        pytest.param("20261101T013000", "2026-11-01T05:30Z", id="twice: the first"),
        pytest.param("20260308T030000", "2026-03-08T07:00Z", id="right after the gap"),
        pytest.param("20261101T020000", "2026-11-01T07:00Z", id="right after the second"),
    ],
)
@pytest.mark.parametrize("tzid", ["America/New_York", "Eastern Standard Time", "Made up by us"])
def test_wall_times_that_a_clock_change_skips_or_repeats(tzid, wall, instant):
    event = vevent("UID:a", f"DTSTART;TZID={tzid}:{wall}", "DURATION:PT1H")
    found = only(vcalendar(event, vtimezone("Made up by us")), WINDOW)

    assert found.content.interval == (at(instant), at(instant) + HOUR)


def test_an_occurrence_at_a_skipped_time_is_read_as_that_time_would_be():
    text = vcalendar(
        vevent(
            "UID:a",
            "DTSTART;TZID=America/New_York:20260307T023000",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;COUNT=3",
        )
    )

    starts = [one.content.interval.start for one in occurrences(text, WINDOW, NEW_YORK)]
    assert starts == [at("2026-03-07T07:30Z"), at("2026-03-08T07:30Z"), at("2026-03-09T06:30Z")]


@pytest.mark.parametrize(
    ("length", "ends"),
    [
        pytest.param("DTEND;TZID=America/New_York:20260307T060000", "07:00", id="elapsed time"),
        pytest.param("DURATION:PT8H", "07:00", id="hours are elapsed, too"),
        pytest.param("DURATION:P1D", "22:00", id="days are days on the clock"),
    ],
)
def test_the_length_of_an_occurrence_over_a_clock_change(length, ends):
    text = vcalendar(
        vevent(
            "UID:night",
            "DTSTART;TZID=America/New_York:20260306T220000",
            length,
            "RRULE:FREQ=DAILY;COUNT=2",
        )
    )

    last = occurrences(text, WINDOW, NEW_YORK)[-1].content.interval
    assert last == (at("2026-03-07T22:00-05:00"), at(f"2026-03-08T{ends}-04:00"))


def test_all_that_follow_are_moved_along():
    text = vcalendar(
        vevent(
            "UID:a",
            "SUMMARY:Old",
            "DTSTART;TZID=America/New_York:20261024T090000",
            "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;COUNT=4",
        ),
        vevent(
            "UID:a",
            "SUMMARY:New",
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/New_York:20261031T090000",
            "DTSTART;TZID=America/New_York:20261031T140000",
            "DURATION:PT2H",
        ),
    )

    found = occurrences(text, WINDOW, NEW_YORK)

    assert {one.key: one.content.title for one in found} == {
        "a/20261024T130000Z": "Old",
        "a/20261031T130000Z": "New",
        "a/20261107T140000Z": "New",
        "a/20261114T140000Z": "New",
    }
    assert taken(found)["a/20261107T140000Z"] == (
        at("2026-11-07T14:00-05:00"),
        at("2026-11-07T16:00-05:00"),
    )


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        pytest.param(["RDATE;TZID=America/New_York:20261126T090000"], [24, 26], id="listed"),
        pytest.param(["RDATE:20261126T140000Z,20261127T140000Z"], [24, 26, 27], id="in UTC"),
        pytest.param(
            ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261125T140000Z"], [24, 26], id="left out in UTC"
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261125"],
            [24, 26],
            id="a day left out",
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;UNTIL=20261126"], [24, 25, 26], id="until a day, and all of it"
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;UNTIL=20261126T090000"],
            [24, 25, 26],
            id="until a time on its clocks",
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;UNTIL=20261126T135959Z"], [24, 25], id="until right before it"
        ),
        pytest.param(
            ["RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=2"], [24, 26, 33], id="its own start counts"
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;COUNT=2", "EXDATE:rubbish"], [24, 25], id="a broken EXDATE"
        ),
        pytest.param(
            ["RRULE:FREQ=DAILY;COUNT=2;RSCALE=GREGORIAN;SKIP=OMIT"], [24, 25], id="rscale"
        ),
    ],
)
def test_a_series_takes_these_days(lines, days):
    text = vcalendar(
        vevent("UID:a", "DTSTART;TZID=America/New_York:20261124T090000", "DURATION:PT1H", *lines)
    )

    starts = sorted(one.content.interval.start for one in occurrences(text, WINDOW, NEW_YORK))
    first = at("2026-11-24T09:00-05:00")
    assert [24 + (start - first) // DAY for start in starts] == days
    assert all((start - first) % DAY == 0 for start in starts)


def test_a_listed_period_has_its_own_length():
    text = vcalendar(
        vevent(
            "UID:a",
            "DTSTART:20261124T090000Z",
            "DURATION:PT1H",
            "RDATE;VALUE=PERIOD:20261125T090000Z/PT3H",
            "RDATE;VALUE=PERIOD:20261126T090000Z/20261126T093000Z,20261127T090000Z/PT2H",
        )
    )

    lengths = [one.content.interval.length for one in occurrences(text, WINDOW, NEW_YORK)]
    assert lengths == [HOUR, 3 * HOUR, HOUR // 2, 2 * HOUR]


def test_an_all_day_series_is_told_by_its_dates():
    text = vcalendar(
        vevent("UID:a", "DTSTART;VALUE=DATE:20261031", "RRULE:FREQ=DAILY;COUNT=2"),
        vevent(
            "UID:a",
            "RECURRENCE-ID;VALUE=DATE:20261101",
            "DTSTART:20261103T100000Z",
            "DURATION:PT1H",
        ),
    )

    found = {one.key: one.content for one in occurrences(text, WINDOW, BERLIN)}

    first = date(2026, 10, 31).toordinal()
    assert found["a/20261031"].days == Days(first, first + 1)
    assert found["a/20261031"].interval == (
        at("2026-10-31T00:00+01:00"),
        at("2026-11-01T00:00+01:00"),
    )
    assert found["a/20261101"].days is None


def test_an_override_without_its_series_is_told_under_the_same_key():
    override = vevent(
        "UID:a", "RECURRENCE-ID:20261124T090000Z", "DTSTART:20261124T100000Z", "DURATION:PT1H"
    )

    assert only(vcalendar(override), WINDOW).key == "a/20261124T090000Z"


def test_of_two_overrides_of_one_occurrence_the_newest_counts():
    def override(sequence: int, hour: int) -> str:
        return vevent(
            "UID:a",
            "RECURRENCE-ID:20261124T090000Z",
            f"DTSTART:20261124T{hour}0000Z",
            "DURATION:PT1H",
            f"SEQUENCE:{sequence}",
        )

    found = only(vcalendar(override(10, 15), override(9, 14)), WINDOW)

    assert found.content.interval.start == at("2026-11-24T15:00Z")


def test_an_occurrence_that_began_before_the_window_and_reaches_into_it_is_told():
    text = vcalendar(
        vevent("UID:a", "DTSTART:20251201T000000Z", "DURATION:P40D"),
        vevent("UID:b", "DTSTART:20241120T000000Z", "DURATION:P60D", "RRULE:FREQ=YEARLY"),
        vevent("UID:c", "DTSTART:20251231T230000Z", "DURATION:PT1H"),  # ends as the window begins
    )

    assert [one.key for one in occurrences(text, WINDOW, NEW_YORK)] == [
        "a",
        "b/20251120T000000Z",
        "b/20261120T000000Z",
    ]


# --- zones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tzid",
    [
        "America/New_York",
        "/America/New_York",
        "Eastern Standard Time",
        "/freeassociation.sourceforge.net/America/New_York",
    ],
)
def test_a_zone_that_is_known_by_name_needs_no_definition(tzid):
    text = vcalendar(vevent("UID:a", f"DTSTART;TZID={tzid}:20261124T090000", "DURATION:PT1H"))

    assert only(text, WINDOW, BERLIN).content.interval.start == at("2026-11-24T14:00Z")


def test_a_zone_is_what_this_text_defines_and_not_what_another_one_did():
    event = vevent("UID:a", "DTSTART;TZID=Office:20261124T090000", "DURATION:PT1H")
    one = vcalendar(vtimezone("Office"), event)
    other = vcalendar(event, vtimezone("Office", standard="+0100", daylight="+0200"))

    starts = [only(text, WINDOW).content.interval.start for text in (one, other, one)]

    assert starts == [at("2026-11-24T14:00Z"), at("2026-11-24T08:00Z"), at("2026-11-24T14:00Z")]
    with pytest.raises(CalendarUnreachable):
        occurrences(vcalendar(event), WINDOW, NEW_YORK)


@settings(deadline=None)
@given(st.datetimes(datetime.fromisoformat("2008-01-01"), datetime.fromisoformat("2036-01-01")))
def test_a_defined_zone_reads_the_clocks_as_the_zone_it_defines(wall):
    def start(tzid: str) -> int:
        event = vevent("UID:a", f"DTSTART;TZID={tzid}:{wall:%Y%m%dT%H%M%S}", "DURATION:PT1H")
        text = vcalendar(vtimezone("Office"), event)
        around = reads(wall.replace(microsecond=0), NEW_YORK)
        return only(text, Interval(around - DAY, around + DAY)).content.interval.start

    assert start("Office") == start("America/New_York")


def test_floating_times_are_read_in_the_zone_of_the_calendar():
    text = vcalendar(vevent("UID:a", "DTSTART:20261124T090000", "DTEND:20261124T100000"))

    for zone in (NEW_YORK, BERLIN):
        start = only(text, WINDOW, zone).content.interval.start
        assert start == reads(datetime.fromisoformat("2026-11-24T09:00"), zone)


# --- what an event says ----------------------------------------------------------------------


def test_an_event_says_what_it_says():
    text = vcalendar(
        vevent(
            "UID:a",
            "SUMMARY;LANGUAGE=en:Tea\\, then talk",
            "DESCRIPTION:One\\nTwo",
            "LOCATION:Room 5\\; left",
            "DTSTART:20261124T090000Z",
            "DURATION:PT1H",
            "STATUS:TENTATIVE",
            "TRANSP:transparent",
            "DTSTAMP:20260101T000000Z",
            "LAST-MODIFIED:20260102T000000Z",
            'ATTENDEE;CN="Jo, B";PARTSTAT=ACCEPTED:mailto:jo@example.com',
            "ATTENDEE;PARTSTAT=delegated:MAILTO:al@example.com",
            "ATTENDEE;PARTSTAT=DECLINED:tel:+1-555-0100",
            "ATTENDEE;CN=Sam;PARTSTAT=TENTATIVE:invalid:nomail",
            "ATTENDEE:urn:uuid:nobody",
        )
    )

    found = only(text, WINDOW)

    assert found.content == Content(
        title="Tea, then talk",
        description="One\nTwo",
        location="Room 5; left",
        interval=Interval(at("2026-11-24T09:00Z"), at("2026-11-24T10:00Z")),
        status=Status.TENTATIVE,
        transparent=True,
        attendees=(
            Attendee("Jo, B", "jo@example.com", None, Response.ACCEPTED),
            Attendee(None, "al@example.com", None, Response.NEEDS_ACTION),
            Attendee(None, None, "+1-555-0100", Response.DECLINED),
            Attendee("Sam", None, None, Response.TENTATIVE),
        ),
    )
    assert found.changed_at == at("2026-01-02T00:00Z")


@pytest.mark.parametrize(
    ("lines", "title"),
    [([], UNTITLED), (["SUMMARY:"], UNTITLED), (["SUMMARY:  "], UNTITLED), (["SUMMARY:x"], "x")],
)
def test_an_event_without_a_title_is_called_busy(lines, title):
    text = vcalendar(vevent("UID:a", "DTSTART:20261124T090000Z", "DURATION:PT1H", *lines))

    assert only(text, WINDOW).content.title == title


def test_a_cancelled_event_says_so():
    text = vcalendar(
        vevent("UID:a", "DTSTART:20261124T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")
    )

    assert only(text, WINDOW).content.status is Status.CANCELLED


# --- what is absurd --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        pytest.param(
            ["DTSTART:20261124T100000Z", "DTEND:20261124T090000Z"],
            "2026-11-24T09:00Z",
            "2026-11-24T10:00Z",
            id="an end before the start",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261124"],
            "2026-11-24T00:00-05:00",
            "2026-11-25T00:00-05:00",
            id="a day that ends on itself",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261122"],
            "2026-11-22T00:00-05:00",
            "2026-11-25T00:00-05:00",
            id="days backwards",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DTEND:20261125T100000"],
            "2026-11-24T00:00-05:00",
            "2026-11-26T00:00-05:00",
            id="a date, and a time as its end",
        ),
        pytest.param(
            ["DTSTART;TZID=America/New_York:20261124T100000", "DTEND;VALUE=DATE:20261125"],
            "2026-11-24T10:00-05:00",
            "2026-11-25T00:00-05:00",
            id="a time, and a date as its end",
        ),
        pytest.param(
            ["DTSTART:20261124T100000Z", "DURATION:-PT1H"],
            "2026-11-24T09:00Z",
            "2026-11-24T10:00Z",
            id="a negative duration",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DURATION:PT36H"],
            "2026-11-24T00:00-05:00",
            "2026-11-26T00:00-05:00",
            id="days and a half",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DURATION:P2D"],
            "2026-11-24T00:00-05:00",
            "2026-11-26T00:00-05:00",
            id="days by duration",
        ),
    ],
)
def test_odd_times_take_the_time_that_they_may_mean(lines, start, end):
    found = only(vcalendar(vevent("UID:a", *lines)), WINDOW)

    assert found.content.interval == (at(start), at(end))


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:20261124T100000Z"],
        ["DTSTART:20261124T100000Z", "DTEND:20261124T100000Z"],
        ["DTSTART:20261124T100000Z", "DURATION:PT0S"],
    ],
)
def test_what_is_of_no_length_takes_no_time(lines):
    assert occurrences(vcalendar(vevent("UID:a", *lines)), WINDOW, NEW_YORK) == []


UNREADABLE = [
    pytest.param(["SUMMARY:x"], id="no start"),
    pytest.param(["DTSTART:tomorrow"], id="a start in words"),
    pytest.param(["DTSTART:20260230T090000Z", "DURATION:PT1H"], id="a date that is none"),
    pytest.param(["DTSTART:PT1H"], id="a duration as the start"),
    pytest.param(["DTSTART:20261124T100000Z", "DTEND:later"], id="an end in words"),
    pytest.param(["DTSTART:20261124T100000Z", "DURATION:long"], id="a duration in words"),
    pytest.param(["DTSTART;TZID=Nowhere:20261124T100000", "DURATION:PT1H"], id="an unknown zone"),
    pytest.param(["DTSTART;TZID=America:20261124T100000", "DURATION:PT1H"], id="a folder of zones"),
    *(
        pytest.param(["DTSTART:20261124T100000Z", "DURATION:PT1H", line], id=line)
        for line in (
            "RRULE:FREQ=OFTEN",
            "RRULE:INTERVAL=2",
            "RRULE:FREQ=DAILY;INTERVAL=0",
            "RRULE:FREQ=DAILY;COUNT=-1",
            "RRULE:FREQ=DAILY;BYDAY=XX",
            "RRULE:FREQ=DAILY;UNTIL=never",
            "RRULE:FREQ=YEARLY;RSCALE=HEBREW;BYMONTH=5L",
            "RDATE:someday",
            "RECURRENCE-ID:someday",
            "RECURRENCE-ID;TZID=Nowhere:20261124T100000",
        )
    ),
]


@pytest.mark.parametrize("lines", UNREADABLE)
def test_an_event_that_cannot_be_read_makes_the_calendar_unknown(lines):
    text = vcalendar(vevent("UID:a", *lines))

    with pytest.raises(CalendarUnreachable):
        occurrences(text, WINDOW, NEW_YORK)


@pytest.mark.parametrize("says", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"])
@pytest.mark.parametrize("lines", UNREADABLE[:-2])
def test_an_event_that_cannot_be_read_does_no_harm_where_it_takes_no_time(lines, says):
    good = vevent("UID:good", "DTSTART:20261124T090000Z", "DURATION:PT1H")
    text = vcalendar(vevent("UID:a", says, *lines), good)

    found = occurrences(text, WINDOW, NEW_YORK)

    assert "good" in [one.key for one in found]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(b"", ProviderRejected, id="nothing"),
        pytest.param(b"<html></html>", ProviderRejected, id="a page"),
        pytest.param(b"BEGIN:VCARD\r\nEND:VCARD\r\n", ProviderRejected, id="a card"),
        pytest.param(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", CalendarUnreachable, id="cut off"),
        pytest.param(
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
            CalendarUnreachable,
            id="an event that does not end",
        ),
        pytest.param(b"BEGIN:VCALENDAR\r\n\xff\xfe\r\n", CalendarUnreachable, id="bytes"),
        pytest.param(
            vcalendar() + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", CalendarUnreachable, id="more"
        ),
    ],
)
def test_what_is_no_whole_calendar_is_not_an_empty_one(text, error):
    with pytest.raises(error):
        occurrences(text, WINDOW, NEW_YORK)


@settings(deadline=None)
@given(st.data())
def test_a_calendar_that_is_cut_off_anywhere_is_not_taken_for_a_whole_one(data):
    text = vcalendar(
        vevent("UID:a", "DTSTART:20261124T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    )
    cut = data.draw(st.integers(0, len(text.strip()) - 1))

    with pytest.raises((CalendarUnreachable, ProviderRejected)):
        occurrences(text[:cut], WINDOW, NEW_YORK)


def test_events_of_one_uid_both_take_their_time():
    text = vcalendar(
        vevent("UID:same", "DTSTART:20261124T090000Z", "DURATION:PT1H"),
        vevent("UID:same", "DTSTART:20261125T090000Z", "DURATION:PT1H", "SEQUENCE:3"),
        vevent("UID:same", "DTSTART:20261124T090000Z", "DURATION:PT1H"),
    )

    assert list(taken(occurrences(text, WINDOW, NEW_YORK))) == ["same", "same#2"]


def test_events_without_a_uid_all_take_their_time_and_keep_their_keys():
    first = vevent("DTSTART:20261124T090000Z", "DURATION:PT1H")
    override = "RECURRENCE-ID:20261124T090000Z"
    others = [
        vevent("DTSTART:20261125T090000Z", "DURATION:PT1H", override),
        vevent("DTSTART:20261126T090000Z", "DURATION:PT1H", override),
    ]

    found = occurrences(vcalendar(first, *others), WINDOW, NEW_YORK)
    again = occurrences(vcalendar(*others, first), WINDOW, NEW_YORK)

    assert len(found) == 3
    assert all(one.uid for one in found)
    assert taken(found) == taken(again)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["DTSTART:00010101T000000Z", "DTEND:99991231T000000Z"], id="instants"),
        pytest.param(["DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231"], id="days"),
        pytest.param(["DTSTART:20200101T000000Z", "DURATION:P3650000D"], id="duration"),
        pytest.param(
            ["DTSTART;TZID=Europe/Berlin:20200101T000000", "DURATION:P3650000D"], id="zone"
        ),
        pytest.param(
            ["DTSTART:20200101T000000Z", "DURATION:P5000D", "RRULE:FREQ=DAILY"], id="series"
        ),
        pytest.param(
            ["DTSTART:20250101T000000Z", "DURATION:P1D", "RRULE:FREQ=SECONDLY"], id="dense"
        ),
        pytest.param(
            ["DTSTART:20250101T000000Z", "DURATION:PT1S", "RRULE:FREQ=MINUTELY"], id="minutely"
        ),
        pytest.param(
            ["DTSTART:00010101T000000Z", "DURATION:PT1S", "RRULE:FREQ=DAILY"], id="since ever"
        ),
        pytest.param(
            [
                "DTSTART;VALUE=DATE:20250101",
                "RRULE:FREQ=DAILY;BYHOUR="
                + ",".join(map(str, range(24)))
                + ";BYMINUTE="
                + ",".join(map(str, range(60))),
            ],
            id="dense days",
        ),
    ],
)
def test_what_goes_on_and_on_takes_all_of_the_window(lines):
    began = process_time()
    found = occurrences(vcalendar(vevent("UID:a", *lines)), WINDOW, NEW_YORK)

    covered = WINDOW.start
    for start, end in sorted(one.content.interval for one in found):
        assert start <= covered
        covered = max(covered, end)
    assert covered >= WINDOW.end
    assert len({one.key for one in found}) == len(found)
    assert all(one.content.interval.length <= LONGEST for one in found)
    assert process_time() - began < 20


def test_a_dense_series_that_ends_takes_no_time_after_its_end():
    text = vcalendar(
        vevent(
            "UID:a",
            "DTSTART:20261124T000000Z",
            "DURATION:PT1S",
            "RRULE:FREQ=SECONDLY;UNTIL=20261126T000000Z",
        )
    )

    (found,) = occurrences(text, WINDOW, NEW_YORK)
    assert found.content.interval.start == at("2026-11-24T00:00Z")
    assert found.content.interval.end < at("2026-12-01T00:00Z")


def test_the_parts_of_a_long_event_keep_their_keys_whatever_the_window():
    text = vcalendar(vevent("UID:a", "DTSTART:20240101T000000Z", "DTEND:20290101T000000Z"))
    year = Interval(at("2026-06-01T00:00Z"), at("2026-07-01T00:00Z"))

    whole = taken(occurrences(text, WINDOW, NEW_YORK))
    part = taken(occurrences(text, year, NEW_YORK))

    assert list(whole) == ["a#2", "a#3", "a#4"]
    assert part.items() < whole.items()


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=60",
    ],
)
def test_a_rule_that_is_never_true_comes_to_an_end(rule):
    text = vcalendar(vevent("UID:a", "DTSTART:20261124T090000Z", "DURATION:PT1H", f"RRULE:{rule}"))

    assert only(text, WINDOW).key == "a/20261124T090000Z"


def test_a_zone_that_is_defined_absurdly_is_unknown():
    event = vevent("UID:a", "DTSTART;TZID=Odd:20261124T090000", "DURATION:PT1H")
    odd = vtimezone("Odd").replace("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "FREQ=SECONDLY")
    empty = "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nEND:VTIMEZONE"

    for definition in (odd, empty):
        with pytest.raises(CalendarUnreachable):
            occurrences(vcalendar(definition, event), WINDOW, NEW_YORK)


def test_a_large_feed_is_read_in_a_moment():
    def lines(n: int) -> list[str]:
        day = f"2026{n % 12 + 1:02}{n % 28 + 1:02}"
        return [
            f"UID:{n}@example.com",
            "DTSTAMP:20260101T000000Z",
            f"SUMMARY:Meeting {n}",
            f"DTSTART;TZID=America/New_York:{day}T090000",
            f"DTEND;TZID=America/New_York:{day}T093000",
        ]

    text = vcalendar(*(vevent(*lines(n)) for n in range(10_000)))
    began = process_time()

    assert len(occurrences(text, WINDOW, NEW_YORK)) == 10_000
    assert process_time() - began < 20  # a few seconds by itself


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            [
                vevent("UID:a", f"SUMMARY:{n}", "DTSTART:20260601T100000Z", "DURATION:PT1H")
                for n in range(6000)
            ],
            id="one UID many times",
        ),
        pytest.param(
            [
                vevent("UID:a", "DTSTART:20260101T100000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"),
                *(
                    vevent(
                        "UID:a",
                        f"RECURRENCE-ID;RANGE=THISANDFUTURE:{hour}0000Z",
                        f"DTSTART:{hour}3000Z",
                        "DURATION:PT1H",
                    )
                    for hour in (f"202601{n // 24 + 1:02}T{n % 24:02}" for n in range(11, 500))
                ),
            ],
            id="many changes of all that follows",
        ),
        pytest.param(
            [
                vevent(
                    "UID:a",
                    "DTSTART:20260101T100000Z",
                    "DURATION:PT1H",
                    *["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"] * 200,
                )
            ],
            id="many rules that lead nowhere",
        ),
    ],
)
def test_a_text_that_is_made_to_take_long_does_not(events):
    began = process_time()
    assert occurrences(vcalendar(*events), WINDOW, NEW_YORK)
    assert process_time() - began < 20  # a few seconds by itself


# --- free and busy ---------------------------------------------------------------------------


def freebusy(*lines: str) -> bytes:
    return vcalendar("BEGIN:VFREEBUSY", "DTSTAMP:20260101T000000Z", *lines, "END:VFREEBUSY")


def test_all_but_what_is_free_is_busy():
    text = freebusy(
        "FREEBUSY:20261124T090000Z/20261124T100000Z",
        "FREEBUSY;FBTYPE=BUSY:20261125T090000Z/PT2H,20261126T090000Z/PT30M",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261127T090000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261128T090000Z/PT1H",
        "FREEBUSY;FBTYPE=X-ODD:20261129T090000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20261130T090000Z/PT1H",
        "FREEBUSY:20261201T090000Z/PT0S",
    )

    assert [(one.start, one.length) for one in busy_of(text)] == [
        (at("2026-11-24T09:00Z"), HOUR),
        (at("2026-11-25T09:00Z"), 2 * HOUR),
        (at("2026-11-26T09:00Z"), HOUR // 2),
        (at("2026-11-27T09:00Z"), HOUR),
        (at("2026-11-28T09:00Z"), HOUR),
        (at("2026-11-29T09:00Z"), HOUR),
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(vcalendar(), CalendarUnreachable, id="no answer"),
        pytest.param(freebusy("FREEBUSY:sometimes"), CalendarUnreachable, id="words"),
        pytest.param(freebusy("FREEBUSY:20261124T090000Z"), CalendarUnreachable, id="no period"),
        pytest.param(b"<html>", ProviderRejected, id="a page"),
    ],
)
def test_free_and_busy_time_that_cannot_be_read_is_unknown(text, error):
    with pytest.raises(error):
        busy_of(text)


def test_nothing_busy_is_nothing_busy():
    assert busy_of(freebusy()) == []
