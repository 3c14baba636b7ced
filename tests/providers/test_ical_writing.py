"""iCalendar text that we write, and changes of what others wrote."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sched_agent.errors import Unsupported
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.days import Days
from sched_agent.model.event import LONGEST
from sched_agent.model.interval import DAY, HOUR, SECOND, Interval
from sched_agent.model.remote import UNTITLED, Content
from sched_agent.model.status import Status
from sched_agent.model.text import clean, clean_line
from sched_agent.providers.base import RemoteGone
from sched_agent.providers.ical import occurrences, revised, without, written
from tests.providers.icalendars import BERLIN, NEW_YORK, at, only, taken, vcalendar, vevent

WINDOW = Interval(at("2026-01-01T00:00Z"), at("2026-01-01T00:00Z") + 400 * DAY)
NOW = at("2026-11-21T12:00Z")
LATER = at("2026-11-22T12:00Z")


def lines_of(text: bytes) -> list[str]:
    return text.decode().replace("\r\n ", "").split("\r\n")


# --- round trips -----------------------------------------------------------------------------

letters = st.one_of(st.text(max_size=120), st.text(alphabet="\\nN,;:\"'^%=\t \n-é𝄞", max_size=200))
lines = letters.map(clean_line).filter(str.strip)
texts = st.none() | letters.map(clean).filter(str.strip)
addresses = st.emails() | lines.map(str.strip)


@st.composite
def people(draw):
    # a name keeps neither white space around it nor a backslash
    name = draw(st.none() | lines.map(lambda name: name.replace("\\", "/").strip()))
    email = draw(st.none() | addresses)
    phone = draw(st.none() | st.from_regex(r"\+?[0-9][0-9 ()./-]{0,18}[0-9]", fullmatch=True))
    assume(name or email or phone)
    return Attendee(name, email, phone, draw(st.sampled_from(Response)))


@st.composite
def contents(draw, years=(1970, 2190), zone: ZoneInfo = NEW_YORK):
    first, last = (date(year, 1, 2) for year in years)
    if draw(st.booleans()):
        start = draw(st.integers(*(at(f"{day}T00:00Z") // SECOND for day in (first, last))))
        length = draw(st.integers(1, LONGEST // SECOND))
        days, interval = None, Interval(start * SECOND, (start + length) * SECOND)
    else:
        day = draw(st.dates(first, last)).toordinal()
        days = Days(day, day + draw(st.integers(1, 365)))
        interval = days.interval(zone)
    return Content(
        title=draw(lines),
        interval=interval,
        days=days,
        description=draw(texts),
        location=draw(texts),
        status=draw(st.sampled_from(Status)),
        transparent=draw(st.booleans()),
        attendees=tuple(
            draw(
                st.lists(
                    people(), max_size=3, unique_by=lambda one: one.email or one.phone or one.name
                )
            )
        ),
    )


@settings(max_examples=400, deadline=None)
@given(contents())
def test_what_is_written_is_read_as_the_same(content):
    text = written("evt@sched-agent", content, NOW)

    found = only(text, content.interval)

    assert found.key == "evt@sched-agent"
    assert found.content == content
    assert found.content.fingerprint == content.fingerprint
    assert found.changed_at == NOW


@settings(max_examples=300, deadline=None)
@given(contents(), contents())
def test_an_event_that_is_revised_says_the_new_and_nothing_else(before, after):
    text = revised(written("evt", before, NOW), "evt", after, LATER, NEW_YORK)

    found = only(text, after.interval)

    assert found.content.fingerprint == after.fingerprint
    assert found.changed_at == LATER


SERIES = vcalendar(
    vevent(
        "UID:weekly",
        "SUMMARY:Stand-up",
        "DTSTART;TZID=America/New_York:20261021T093000",
        "DTEND;TZID=America/New_York:20261021T100000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=America/New_York:20261028T093000",
        "ORGANIZER;CN=Boss:mailto:boss@example.com",
        "ATTENDEE;CN=Jo;ROLE=OPT-PARTICIPANT;RSVP=TRUE;PARTSTAT=ACCEPTED:mailto:jo@example.com",
        "X-PRIVATE;A=b:one\\,two",
        "SEQUENCE:7",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT5M",
        "END:VALARM",
    ),
    vevent(
        "UID:weekly",
        "SUMMARY:Moved",
        "RECURRENCE-ID;TZID=America/New_York:20261104T093000",
        "DTSTART;TZID=America/New_York:20261105T160000",
        "DTEND;TZID=America/New_York:20261105T170000",
    ),
    vevent("UID:other", "DTSTART;TZID=Europe/Berlin:20261124T100000", "DURATION:PT1H"),
)
KEYS = [
    "weekly/20261021T133000Z",
    "weekly/20261104T143000Z",  # overridden
    "weekly/20261111T143000Z",
    "weekly/20261118T143000Z",
    "other",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KEYS), contents(years=(2026, 2027)))
def test_one_occurrence_is_revised_and_all_others_stay(key, content):
    before = {one.key: one for one in occurrences(SERIES, WINDOW, NEW_YORK)}

    text = revised(SERIES, key, content, NOW, NEW_YORK)

    after = {one.key: one for one in occurrences(text, WINDOW, NEW_YORK)}
    assert after.pop(key).content.fingerprint == content.fingerprint
    assert after == {k: v for k, v in before.items() if k != key}
    twice = revised(text, key, content, LATER, NEW_YORK)
    assert {one.key for one in occurrences(twice, WINDOW, NEW_YORK)} == set(KEYS)
    assert twice.count(b"BEGIN:VEVENT") == text.count(b"BEGIN:VEVENT")


# --- what stays ------------------------------------------------------------------------------


def content_of(text: bytes, key: str, zone: ZoneInfo = NEW_YORK) -> Content:
    (found,) = [one for one in occurrences(text, WINDOW, zone) if one.key == key]
    return found.content


def test_a_new_title_leaves_everything_else_as_it_is_written():
    text = vcalendar(
        vevent(
            "UID:a",
            "SUMMARY:Old",
            "DTSTART;TZID=Europe/Berlin:20261124T100000",
            "DURATION:PT1H",
            "ORGANIZER;CN=Boss:mailto:boss@example.com",
            "ATTENDEE;CN=Jo;ROLE=CHAIR;PARTSTAT=DELEGATED:mailto:jo@example.com",
            "ATTENDEE:urn:uuid:nobody",
            "X-PRIVATE;A=b:one\\,two",
            "SEQUENCE:7",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "TRIGGER:-PT5M",
            "END:VALARM",
        )
    )
    content = replace(content_of(text, "a"), title="New")

    after = lines_of(revised(text, "a", content, NOW, NEW_YORK))

    stamps = ["DTSTAMP:20261121T120000Z", "LAST-MODIFIED:20261121T120000Z"]
    gone, new = set(lines_of(text)) - set(after), set(after) - set(lines_of(text))
    assert gone == {"SUMMARY:Old", "SEQUENCE:7"}
    assert new == {"SUMMARY:New", "SEQUENCE:8", *stamps}


def test_an_event_without_a_title_is_not_given_one():
    text = vcalendar(vevent("UID:a", "DTSTART:20261124T100000Z", "DURATION:PT1H"))
    content = replace(content_of(text, "a"), location="Room 5")
    assert content.title == UNTITLED

    after = lines_of(revised(text, "a", content, NOW, NEW_YORK))

    assert "LOCATION:Room 5" in after
    assert not [line for line in after if line.startswith(("SUMMARY", "STATUS", "TRANSP"))]
    assert "SEQUENCE:1" in after


def test_an_occurrence_that_keeps_its_time_keeps_its_clock():
    key = "weekly/20261111T143000Z"
    content = replace(content_of(SERIES, key), title="New")

    after = lines_of(revised(SERIES, key, content, NOW, NEW_YORK))

    new = after[after.index("END:VEVENT") + 2 :]
    new = new[: new.index("END:VEVENT")]
    assert {
        "RECURRENCE-ID;TZID=America/New_York:20261111T093000",
        "DTSTART;TZID=America/New_York:20261111T093000",
        "DURATION:PT30M",
        "SUMMARY:New",
        "SEQUENCE:8",
        "ORGANIZER;CN=Boss:mailto:boss@example.com",
        "X-PRIVATE;A=b:one\\,two",
        "TRIGGER:-PT5M",
    } <= set(new)
    assert not [line for line in new if line.startswith(("RRULE", "EXDATE", "DTEND"))]


def test_an_answer_changes_only_who_answered():
    key = "weekly/20261111T143000Z"
    content = content_of(SERIES, key)
    jo = replace(content.attendees[0], response=Response.DECLINED)
    sam = Attendee("Sam", None, "+1 555", Response.TENTATIVE)

    after = lines_of(revised(SERIES, key, replace(content, attendees=(jo, sam)), NOW, NEW_YORK))

    who = [line for line in after if line.startswith("ATTENDEE")]
    assert who == [
        "ATTENDEE;CN=Jo;ROLE=OPT-PARTICIPANT;RSVP=TRUE;PARTSTAT=ACCEPTED:mailto:jo@example.com",
        "ATTENDEE;CN=Jo;ROLE=OPT-PARTICIPANT;RSVP=TRUE;PARTSTAT=DECLINED:mailto:jo@example.com",
        "ATTENDEE;CN=Sam;PARTSTAT=TENTATIVE:tel:+1%20555",
    ]


def test_a_floating_event_that_keeps_its_time_stays_floating():
    text = vcalendar(vevent("UID:a", "DTSTART:20261124T100000", "DURATION:PT1H"))
    content = replace(content_of(text, "a", BERLIN), title="New")

    after = revised(text, "a", content, NOW, BERLIN)

    assert "DTSTART:20261124T100000" in lines_of(after)
    moved = replace(content, interval=Interval(*(one + HOUR for one in content.interval)))
    assert "DTSTART:20261124T100000Z" in lines_of(revised(text, "a", moved, NOW, BERLIN))


def test_an_occurrence_after_one_that_moved_all_that_follow_is_a_change_of_that():
    text = vcalendar(
        vevent(
            "UID:a",
            "SUMMARY:Old",
            "DTSTART:20261124T090000Z",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;COUNT=4",
        ),
        vevent(
            "UID:a",
            "SUMMARY:New",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T090000Z",
            "DTSTART:20261125T120000Z",
            "DURATION:PT2H",
        ),
    )
    key = "a/20261126T090000Z"
    content = replace(content_of(text, key), location="Room 5")

    after = revised(text, key, content, NOW, NEW_YORK)

    assert content_of(after, key) == content
    assert content.title == "New"
    assert content.interval.start == at("2026-11-26T12:00Z")
    assert content_of(after, "a/20261127T090000Z").title == "New"
    for change in (revised, lambda t, k, c, *rest: without(t, k, *rest)):
        with pytest.raises(Unsupported):
            change(text, "a/20261125T090000Z", content, NOW, NEW_YORK)


def test_part_of_a_second_is_taken_wholly():
    content = Content(title="x", interval=Interval(1_500_000, 2_000_001))

    found = only(written("a", content, NOW), Interval(0, DAY))

    assert found.content.interval == (1_000_000, 3_000_000)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        pytest.param("nobody", RemoteGone, id="an unknown event"),
        pytest.param("weekly/20261112T143000Z", RemoteGone, id="no occurrence of it"),
        pytest.param("weekly/20261028T133000Z", RemoteGone, id="one that is left out"),
        pytest.param("weekly/99999999", RemoteGone, id="no date"),
        pytest.param("weekly/00010101", RemoteGone, id="long ago"),
        pytest.param("weekly/99991231T000000Z", RemoteGone, id="at the end of time"),
        pytest.param("weekly", Unsupported, id="a whole series"),
        pytest.param("other#2", Unsupported, id="one of several of a name"),
        pytest.param("long", Unsupported, id="one that is longer than ours are"),
    ],
)
def test_what_cannot_be_revised(key, error):
    long = vevent("UID:long", "DTSTART:20250101T000000Z", "DTEND:20280101T000000Z")
    text = SERIES.replace(b"BEGIN:VEVENT", long.encode() + b"\r\nBEGIN:VEVENT", 1)

    with pytest.raises(error):
        revised(text, key, Content(title="x", interval=Interval(0, 1)), NOW, NEW_YORK)


# --- what is left out ------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_what_is_left_out_leaves_all_others(key):
    before = taken(occurrences(SERIES, WINDOW, NEW_YORK))

    text = without(SERIES, key, NOW, NEW_YORK)

    assert text is not None
    assert taken(occurrences(text, WINDOW, NEW_YORK)) == {
        k: v for k, v in before.items() if k != key
    }
    again = without(text, key, LATER, NEW_YORK)
    assert again is not None
    assert taken(occurrences(again, WINDOW, NEW_YORK)) == taken(occurrences(text, WINDOW, NEW_YORK))


def test_an_occurrence_is_left_out_as_its_series_is_written():
    text = without(SERIES, "weekly/20261111T143000Z", NOW, NEW_YORK)

    assert text is not None
    assert "EXDATE;TZID=America/New_York:20261111T093000" in lines_of(text)
    assert "SEQUENCE:8" in lines_of(text)
    assert "EXDATE;TZID=America/New_York:20261028T093000" in lines_of(text)


def test_an_all_day_occurrence_is_left_out_by_its_date():
    series = vcalendar(vevent("UID:a", "DTSTART;VALUE=DATE:20261124", "RRULE:FREQ=DAILY;COUNT=3"))

    text = without(series, "a/20261125", NOW, NEW_YORK)

    assert text is not None
    assert "EXDATE;VALUE=DATE:20261125" in lines_of(text)
    assert list(taken(occurrences(text, WINDOW, NEW_YORK))) == ["a/20261124", "a/20261126"]


def test_a_listed_occurrence_is_left_out():
    series = vcalendar(
        vevent(
            "UID:a",
            "DTSTART;TZID=America/New_York:20261124T090000",
            "DURATION:PT1H",
            "RDATE:20261126T140000Z",
        )
    )

    text = without(series, "a/20261126T140000Z", NOW, NEW_YORK)

    assert text is not None
    assert list(taken(occurrences(text, WINDOW, NEW_YORK))) == ["a/20261124T140000Z"]


def test_a_series_goes_with_all_that_belongs_to_it():
    text = without(SERIES, "weekly", NOW, NEW_YORK)

    assert text is not None
    assert list(taken(occurrences(text, WINDOW, NEW_YORK))) == ["other"]


def test_of_the_last_event_nothing_is_left():
    text = written("a", Content(title="x", interval=Interval(0, HOUR)), NOW)

    assert without(text, "a", NOW, NEW_YORK) is None
    assert without(text, "b", NOW, NEW_YORK) is not None


def test_now_is_told_in_whole_seconds():
    text = written("a", Content(title="x", interval=Interval(0, HOUR)), NOW + 999_999)

    assert f"DTSTAMP:{datetime.fromtimestamp(NOW / SECOND, UTC):%Y%m%dT%H%M%SZ}" in lines_of(text)


def test_a_backslash_is_not_taken_for_a_line_break_in_what_others_wrote():
    text = vcalendar(
        vevent("UID:a", "DTSTART:20261124T100000Z", "DURATION:PT1H", "DESCRIPTION:C:\\\\New\\nx")
    )
    content = replace(content_of(text, "a"), title="New")
    assert content.description == "C:\\New\nx"

    after = revised(text, "a", content, NOW, NEW_YORK)

    assert content_of(after, "a") == content
    assert "DESCRIPTION:C:\\\\New\\nx" in lines_of(after)
