"""What other clients leave lying in calendars that speak iCalendar."""

import textwrap

import pytest

from tests.builders import span
from tests.contracts.providers.outsider import ELEVEN, NINE, TEN
from tests.contracts.providers.place import DAY_LONG, UID, intervals, saying, titles


def written(*lines: str, more: str = "") -> str:
    """Return an object with one event."""
    event = ["BEGIN:VEVENT", "UID:odd", "DTSTAMP:20261101T120000Z", *lines, "END:VEVENT"]
    return calendar(textwrap.dedent(more).strip(), "\n".join(event))


def calendar(*parts: str) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//odd//EN"]
    lines = "\n".join([*head, *(part for part in parts if part), "END:VCALENDAR"])
    return lines.replace("\n", "\r\n") + "\r\n"


EASTERN = """
    BEGIN:VTIMEZONE
    TZID:Eastern Standard Time
    BEGIN:STANDARD
    DTSTART:16010101T020000
    RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
    TZOFFSETFROM:-0400
    TZOFFSETTO:-0500
    END:STANDARD
    BEGIN:DAYLIGHT
    DTSTART:16010101T020000
    RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
    TZOFFSETFROM:-0500
    TZOFFSETTO:-0400
    END:DAYLIGHT
    END:VTIMEZONE
"""
OWN_ZONE = """
    BEGIN:VTIMEZONE
    TZID:My own
    BEGIN:STANDARD
    DTSTART:19700101T000000
    TZOFFSETFROM:-0500
    TZOFFSETTO:-0500
    END:STANDARD
    END:VTIMEZONE
"""
ODD = [
    pytest.param(
        written("DTSTART:20261123T140000Z", "DURATION:PT30M"), [NINE], id="a length and no end"
    ),
    pytest.param(
        written("DTSTART:20261123T090000", "DTEND:20261123T093000"), [NINE], id="on any clock"
    ),
    pytest.param(
        written("DTSTART;VALUE=DATE:20261123"),
        [span("00:00", "24:00")],
        id="a date and no end: that day",
    ),
    pytest.param(
        written(
            "DTSTART;TZID=Eastern Standard Time:20261123T090000",
            "DTEND;TZID=Eastern Standard Time:20261123T093000",
            more=EASTERN,
        ),
        [NINE],
        id="on clocks that have a name of Windows",
    ),
    pytest.param(
        written(
            "DTSTART;TZID=My own:20261123T090000",
            "DTEND;TZID=My own:20261123T093000",
            more=OWN_ZONE,
        ),
        [NINE],
        id="on clocks that are described there alone",
    ),
    pytest.param(
        written(
            "DTSTART;TZID=Eastern Standard Time:20261026T090000",
            "DTEND;TZID=Eastern Standard Time:20261026T093000",
            "RRULE:FREQ=WEEKLY;COUNT=2",
            more=EASTERN,
        ),
        [span("09:00", "09:30", day="2026-10-26"), span("09:00", "09:30", day="2026-11-02")],
        id="a series over a clock change on clocks of Windows",
    ),
    pytest.param(
        written(
            "DTSTART:20261123T140000Z",
            "DTEND:20261123T143000Z",
            "RDATE:20261123T150000Z,20261123T160000Z",
        ),
        [NINE, TEN, ELEVEN],
        id="further dates without a rule",
    ),
    pytest.param(
        written(
            "DTSTART:20261123T140000Z",
            "DTEND:20261123T143000Z",
            "RECURRENCE-ID:20261123T150000Z",
        ),
        [NINE],
        id="an occurrence whose series is not there",
    ),
    pytest.param(
        written(
            "DTSTART;TZID=America/New_York:20261123T090000",
            "DTEND;TZID=America/New_York:20261123T093000",
            "RRULE:FREQ=DAILY;COUNT=3",
            "EXDATE:20261124T140000Z",
            more=EASTERN.replace("Eastern Standard Time", "America/New_York"),
        ),
        [NINE, span("09:00", "09:30", day="2026-11-25")],
        id="an exception that is written on the clocks of UTC",
    ),
]
TASK = """\
BEGIN:VTODO
UID:task
DTSTAMP:20261101T120000Z
DTSTART:20261123T140000Z
DUE:20261123T143000Z
SUMMARY:Task
END:VTODO"""


class IcalendarObjects:
    @pytest.mark.parametrize(("text", "expected"), ODD)
    def test_an_event_is_when_it_says_however_it_is_written(self, place, text, expected):
        place.outsider.add_text(text)

        events = place.read()

        assert intervals(events) == expected
        assert place.taken() == [one for one in expected if DAY_LONG.covers(one)]
        for event in events:
            assert place.provider.event(place.calendar, event.ref) == event

    def test_a_task_is_no_event(self, place):
        place.add(TEN)
        place.outsider.add_text(calendar(TASK))

        assert titles(place.read()) == ["Stand-up"]
        assert place.taken() == [TEN]


class AnywhereInTheCollection:
    """Somebody may write there, and decides under which path an object lies."""

    def test_an_event_of_ours_that_lies_under_another_path_is_found_and_not_made_again(self, place):
        place.create(UID, NINE, title="Ours")
        place.outsider.delete(UID)
        restored = written("DTSTART:20261123T150000Z", "DTEND:20261123T153000Z", "SUMMARY:Restored")
        place.outsider.add_text(restored.replace("UID:odd", f"UID:{UID}"), "restored.ics")

        again = place.provider.create(place.calendar, UID, saying())

        assert not again.made
        assert (again.event.content.title, again.event.content.interval) == ("Restored", TEN)
        assert place.outsider.count(UID) == 1
        assert place.read() == [again.event]

    def test_an_event_of_ours_that_was_laid_under_another_path_is_told_once(self, place):
        created = place.create(UID, NINE)
        follower = place.follower()
        place.outsider.delete(UID)
        moved = written("DTSTART:20261123T150000Z", "DTEND:20261123T153000Z")
        place.outsider.add_text(moved.replace("UID:odd", f"UID:{UID}"), "moved.ics")

        follower.read()

        (event,) = follower.events
        assert event.ref.key == created.ref.key
        assert intervals(follower.events) == [TEN]
        place.provider.delete(place.calendar, event.ref)
        assert place.read() == []
