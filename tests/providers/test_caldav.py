"""What is particular to calendars at CalDAV servers; the rest is in the providers' contract."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from sched_agent.errors import ConsentNeeded
from sched_agent.model.interval import HOUR, Interval
from sched_agent.model.remote import Content, RemoteEvent
from sched_agent.providers.caldav import Caldav
from tests.builders import NEW_YORK, MovableClock, at
from tests.caldav_servers import SERVERS, CaldavServer

WINDOW = Interval(at("2026-10-01T00:00"), at("2027-10-01T00:00"))
UID = "env_abc-evt_def@sched-agent"


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(request, tmp_path_factory) -> Iterator[CaldavServer]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def calendar(server) -> str:
    return server.new_calendar("Work")


class Desk:
    """A provider on one calendar, and what somebody else does there with another program."""

    def __init__(self, server: CaldavServer, calendar: str, clock: MovableClock) -> None:
        self.server, self.url = server, calendar
        self.provider = Caldav(calendar, server.client(), NEW_YORK, clock)
        self.id = urlsplit(calendar).path
        self._raw = server.http()

    def close(self) -> None:
        self.provider.close()
        self._raw.close()

    def put(self, name: str, text: str) -> None:
        """Write a resource."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self._raw.put(f"{self.url}{name}", content=text, headers=headers).raise_for_status()

    def text(self, name: str) -> str:
        """Read a resource."""
        return self._raw.get(f"{self.url}{name}").raise_for_status().text

    def remove(self, name: str) -> None:
        """Delete a resource."""
        self._raw.delete(f"{self.url}{name}").raise_for_status()

    def names(self) -> Sequence[str]:
        """Return which resources there are."""
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        headers = {"Depth": "1", "Content-Type": "application/xml"}
        answer = self._raw.request("PROPFIND", self.url, content=body, headers=headers)
        return sorted(re.findall(r"([^/<>]+\.ics)<", answer.text))

    def read(self, cursor: str | None = None) -> tuple[dict[str, Sequence[RemoteEvent]], str]:
        """Return what has changed, and the cursor that comes with it."""
        batches = list(self.provider.changes(self.id, cursor, WINDOW))
        assert [batch.cursor for batch in batches[:-1]] == [None] * (len(batches) - 1)
        last = batches[-1].cursor
        assert last is not None
        return {one.handle: one.events for batch in batches for one in batch.changes}, last

    def events(self) -> dict[str, RemoteEvent]:
        """Return all there is, by key."""
        return {event.ref.key: event for some in self.read()[0].values() for event in some}


@pytest.fixture
def desk(server, calendar, clock) -> Iterator[Desk]:
    desk = Desk(server, calendar, clock)
    yield desk
    desk.close()


def vevent(uid: str, *lines: str) -> str:
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261001T000000Z", *lines, "END:VEVENT", ""]
    )


def vcalendar(*events: str) -> str:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//elsewhere//EN\r\n"
    return f"{head}{NEW_YORK_RULES}{''.join(events)}END:VCALENDAR\r\n"


NEW_YORK_RULES = "\r\n".join(
    """BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZNAME:EDT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZNAME:EST
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
""".splitlines()
    + [""]
)
IN_NEW_YORK = "TZID=America/New_York"
SINGLE = vcalendar(
    vevent("single", "DTSTART:20261124T140000Z", "DTEND:20261124T150000Z", "SUMMARY:Lunch")
)
SERIES = vcalendar(
    vevent(
        "series",
        f"DTSTART;{IN_NEW_YORK}:20261020T090000",
        f"DTEND;{IN_NEW_YORK}:20261020T100000",
        "RRULE:FREQ=WEEKLY;COUNT=6",
        f"EXDATE;{IN_NEW_YORK}:20261027T090000",
        "SUMMARY:Review",
        "X-KEPT:yes",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:soon",
        "TRIGGER:-PT15M",
        "END:VALARM",
    ),
    vevent(
        "series",
        f"RECURRENCE-ID;{IN_NEW_YORK}:20261110T090000",
        f"DTSTART;{IN_NEW_YORK}:20261112T150000",
        f"DTEND;{IN_NEW_YORK}:20261112T160000",
        "SUMMARY:Review, moved",
    ),
)
SERIES_TIMES = [
    ("series/20261020T130000Z", "2026-10-20T09:00"),
    ("series/20261103T140000Z", "2026-11-03T09:00"),
    ("series/20261110T140000Z", "2026-11-12T15:00"),
    ("series/20261117T140000Z", "2026-11-17T09:00"),
    ("series/20261124T140000Z", "2026-11-24T09:00"),
]


def hour_from(start: str) -> Interval:
    return Interval(at(start), at(start) + HOUR)


def a_content(start: str = "2026-11-24T11:00", title: str = "Demo", **more: Any) -> Content:
    return Content(title=title, interval=hour_from(start), **more)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="the server"),
        pytest.param("alice/", id="the principal"),
        pytest.param(None, id="the home of the calendars"),
        pytest.param(".well-known/caldav", id="the well-known address"),
    ],
)
def test_calendars_are_found_from_any_address_on_the_server(server, calendar, clock, path):
    url = server.home if path is None else f"{server.url}{path}"
    provider = Caldav(url, server.client(), NEW_YORK, clock)

    found = {one.id: one for one in provider.calendars()}

    assert found[urlsplit(calendar).path].name == "Work"
    assert found[urlsplit(calendar).path].writable
    provider.close()


def test_the_address_of_a_calendar_means_that_one_alone(desk):
    (found,) = desk.provider.calendars()

    assert (found.id, found.primary) == (desk.id, True)


def test_a_wrong_password_needs_the_owner(server, calendar, clock):
    provider = Caldav(calendar, server.client(password="wrong"), NEW_YORK, clock)

    with pytest.raises(ConsentNeeded):
        provider.calendars()
    with pytest.raises(ConsentNeeded):
        list(provider.changes(urlsplit(calendar).path, None, WINDOW))
    provider.close()


def test_a_weekly_series_over_a_clock_change_comes_as_its_occurrences(desk):
    desk.put("series.ics", SERIES)

    assert [(key, event.content.interval) for key, event in sorted(desk.events().items())] == [
        (key, hour_from(start)) for key, start in SERIES_TIMES
    ]


def test_a_series_takes_its_occurrences_and_no_more(desk):
    desk.put("series.ics", SERIES)

    busy = desk.provider.busy(desk.id, WINDOW)

    assert busy == [hour_from(start) for _, start in SERIES_TIMES]
