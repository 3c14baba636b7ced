"""What is particular to calendars at CalDAV servers; the rest is in the providers' contract."""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, time
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from sched_agent import outward
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, Unsupported
from sched_agent.model.interval import HOUR, MINUTE, Interval, intersect, merge
from sched_agent.model.remote import Content, Ref, RemoteEvent
from sched_agent.model.zone import local
from sched_agent.providers.base import Ability, CursorExpired, RemoteChanged, RemoteGone
from sched_agent.providers.caldav import Caldav
from tests.builders import NEW_YORK, MovableClock, at, span
from tests.caldav_servers import SERVERS, CaldavServer
from tests.expansion import Series, busy

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
        self.http, self.clock = server.client(), clock
        self.provider = Caldav(calendar, self.http, NEW_YORK, clock)
        self.id = urlsplit(calendar).path
        self._raw = server.http()

    def hook(
        self,
        before: Callable[[httpx.Request], object] | None = None,
        after: Callable[[httpx.Response], object] | None = None,
    ) -> None:
        """Let something happen once before the next write, or to the answer of each."""
        waiting = [before] if before else []

        def on_request(request: httpx.Request) -> None:
            if request.method in {"PUT", "DELETE"} and waiting:
                waiting.pop()(request)

        def on_response(response: httpx.Response) -> None:
            if after and response.request.method == "PUT":
                after(response)

        self.http.event_hooks = {"request": [on_request], "response": [on_response]}

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


NEW_YORK_RULES = """\
BEGIN:VTIMEZONE
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
""".replace("\n", "\r\n")
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
        "SUMMARY:Review again",
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


def test_everything_is_read_however_far_it_lies_from_the_window(desk):
    old = SINGLE.replace("20261124", "20200101").replace("UID:single", "UID:old")
    desk.put("old.ics", old)
    desk.put("single.ics", SINGLE)

    found, _ = desk.read()

    assert {handle.rpartition("/")[2]: len(events) for handle, events in found.items()} == {
        "old.ics": 0,
        "single.ics": 1,
    }


@pytest.mark.parametrize("name", ["a:b", "a?b", "a#b", "a;b", "a&b", "a'b", "a%41b", "a b", "é"])
def test_an_event_is_read_whatever_its_path_looks_like(desk, name):
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    with desk.server.http() as http:
        put = http.put(f"{desk.url}{quote(name)}.ics", content=SINGLE, headers=headers)
    assert put.status_code in {201, 400}  # Radicale takes no path with some of these signs
    there = {"single"} if put.is_success else set()

    assert desk.events().keys() == there
    for event in desk.events().values():
        assert desk.provider.event(desk.id, event.ref) == event
        desk.provider.delete(desk.id, event.ref)
    assert desk.events() == {}


def test_a_sign_that_xml_has_no_place_for_hides_no_event(desk):
    desk.put("odd.ics", SINGLE.replace("Lunch", "Lu\ufffench").replace("UID:single", "UID:odd"))
    desk.put("single.ics", SINGLE)

    assert [event.content.title for event in desk.events().values()] == ["Lunch", "Lunch"]
    assert desk.provider.busy(desk.id, WINDOW) == [hour_from("2026-11-24T09:00")]


def test_only_what_has_changed_comes_after_a_cursor(desk):
    for name in ("changed", "deleted", "left"):
        desk.put(f"{name}.ics", SINGLE.replace("UID:single", f"UID:{name}"))
    _, cursor = desk.read()

    desk.put("changed.ics", SINGLE.replace("UID:single", "UID:changed").replace("Lunch", "Tea"))
    desk.put("new.ics", SINGLE.replace("UID:single", "UID:new"))
    desk.remove("deleted.ics")
    found, cursor = desk.read(cursor)

    assert {
        handle.rpartition("/")[2]: [event.content.title for event in events]
        for handle, events in found.items()
    } == {"changed.ics": ["Tea"], "new.ics": ["Lunch"], "deleted.ics": []}
    assert desk.read(cursor) == ({}, cursor)


def test_a_deleted_series_takes_all_its_occurrences_along(desk):
    desk.put("series.ics", SERIES)
    before, cursor = desk.read()
    desk.remove("series.ics")

    found, _ = desk.read(cursor)

    assert found.keys() == before.keys()
    assert list(found.values()) == [()]


def test_a_cursor_that_the_server_never_gave_has_expired(desk):
    with pytest.raises(CursorExpired):
        desk.read("token:http://sched-agent.example/never")
    with pytest.raises(CursorExpired):
        desk.read("digest:0")


def test_tasks_are_no_events(desk):
    home = desk.server.new_calendar("Mixed", "VEVENT", "VTODO")
    mixed = Desk(desk.server, home, desk.clock)
    task = SINGLE.replace("VEVENT", "VTODO").replace("DTEND:", "DUE:")
    mixed.put("task.ics", task)

    assert mixed.events() == {}
    assert mixed.provider.busy(mixed.id, WINDOW) == []
    mixed.close()


def test_a_list_of_tasks_is_no_calendar(desk):
    url = desk.server.new_calendar("Tasks", "VTODO")
    provider = Caldav(desk.server.url, desk.server.client(), NEW_YORK, desk.clock)

    assert urlsplit(url).path not in {one.id for one in provider.calendars()}
    assert desk.id in {one.id for one in provider.calendars()}
    provider.close()


def test_our_own_event_comes_back_as_it_was_answered(desk):
    _, cursor = desk.read()

    created = desk.provider.create(desk.id, UID, a_content())
    (handle, events), *others = desk.read(cursor)[0].items()

    assert created.made
    assert (handle, others) == (created.event.ref.handle, [])
    assert [event.ref for event in events] == [created.event.ref]
    assert events[0].content.fingerprint == created.event.content.fingerprint
    assert created.event.content.fingerprint == a_content().fingerprint


@pytest.mark.parametrize("answers_with_etag", [True, False], ids=["an etag", "none"])
def test_a_written_event_has_the_version_that_a_sync_tells(desk, answers_with_etag):
    if not answers_with_etag:
        desk.hook(after=lambda response: response.headers.pop("ETag", None))

    created = desk.provider.create(desk.id, UID, a_content()).event
    assert created == desk.events()[UID]
    updated = desk.provider.update(desk.id, created.ref, a_content(title="Later"))
    assert updated == desk.events()[UID]
    assert updated.ref.etag not in {None, created.ref.etag}


def test_a_second_try_finds_the_first(desk):
    first = desk.provider.create(desk.id, UID, a_content())

    second = desk.provider.create(desk.id, UID, a_content(title="Another"))

    assert (first.made, second.made) == (True, False)
    assert second.event == first.event
    assert len(desk.names()) == 1


def test_a_uid_that_lies_under_another_path_is_found_there(desk):
    desk.put("moved.ics", SINGLE.replace("UID:single", f"UID:{UID}"))
    desk.put("longer.ics", SINGLE.replace("UID:single", f"UID:{UID}-too"))

    created = desk.provider.create(desk.id, UID, a_content())

    assert (created.made, created.event.ref.key) == (False, UID)
    assert created.event.ref.handle.endswith("/moved.ics")
    assert desk.names() == ["longer.ics", "moved.ics"]


def test_signs_that_mean_something_elsewhere_mean_nothing_in_a_uid(desk):
    uid = "a&b <c> %40+é;@x"

    created = desk.provider.create(desk.id, uid, a_content())

    assert desk.events()[uid] == created.event
    assert not desk.provider.create(desk.id, uid, a_content()).made
    desk.provider.delete(desk.id, created.event.ref)
    assert desk.names() == []


def test_a_version_that_was_replaced_is_neither_changed_nor_deleted(desk):
    ref = desk.provider.create(desk.id, UID, a_content()).event.ref
    desk.provider.update(desk.id, ref, a_content(title="Theirs"))

    with pytest.raises(RemoteChanged):
        desk.provider.update(desk.id, ref, a_content(title="Ours"))
    with pytest.raises(RemoteChanged):
        desk.provider.delete(desk.id, ref)
    assert desk.events()[UID].content.title == "Theirs"


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(
            lambda desk, ref: desk.provider.update(desk.id, ref, a_content()), id="change"
        ),
        pytest.param(lambda desk, ref: desk.provider.delete(desk.id, ref), id="deletion"),
    ],
)
def test_what_somebody_changes_between_our_reading_and_writing_is_not_lost(desk, act):
    ref = desk.provider.create(desk.id, UID, a_content()).event.ref
    name = desk.names()[0]
    theirs = desk.text(name).replace("Demo", "Theirs")
    desk.hook(before=lambda _: desk.put(name, theirs))

    with pytest.raises(RemoteChanged):
        act(desk, ref)

    assert desk.events()[UID].content.title == "Theirs"


@pytest.mark.parametrize("etag", ["seen", None])
def test_what_somebody_deletes_between_our_reading_and_writing_is_gone(desk, etag):
    ref = desk.provider.create(desk.id, UID, a_content()).event.ref
    ref = ref if etag else ref._replace(etag=None)
    desk.hook(before=lambda _: desk.remove(desk.names()[0]))

    with pytest.raises(RemoteGone):
        desk.provider.update(desk.id, ref, a_content(title="Ours"))
    assert desk.names() == []


def test_without_a_version_what_somebody_changes_meanwhile_is_read_again(desk):
    desk.put("series.ics", SERIES)
    (last, _) = SERIES_TIMES[-1]
    ref = desk.events()[last].ref._replace(etag=None)
    theirs = SERIES.replace("X-KEPT:yes", "X-KEPT:still")
    desk.hook(before=lambda _: desk.put("series.ics", theirs))

    desk.provider.update(desk.id, ref, a_content(title="Ours"))

    assert "X-KEPT:still" in desk.text("series.ics")
    assert desk.events()[last].content.title == "Ours"


def test_two_occurrences_are_changed_one_after_the_other_and_the_rest_stays(desk):
    desk.put("series.ics", SERIES)
    events = desk.events()
    keys = [key for key, _ in SERIES_TIMES]

    for key, start in ((keys[1], "2026-11-03T16:00"), (keys[2], "2026-11-13T08:00")):
        changed = desk.provider.update(desk.id, events[key].ref, a_content(start, title="Moved"))
        assert changed == desk.events()[key]

    after = desk.events()
    assert {key: event.content.title for key, event in after.items()} == {
        keys[0]: "Review",
        keys[1]: "Moved",
        keys[2]: "Moved",
        keys[3]: "Review",
        keys[4]: "Review",
    }
    assert after[keys[1]].content.interval == hour_from("2026-11-03T16:00")
    for key in (keys[0], keys[3], keys[4]):
        assert (after[key].ref, after[key].content) == (events[key].ref, events[key].content)
    text = desk.text("series.ics")
    assert text.count("RRULE:FREQ=WEEKLY") == 1
    assert text.count("BEGIN:VALARM") >= 1
    assert "X-KEPT:yes" in text


def test_an_occurrence_is_removed_alone(desk):
    desk.put("series.ics", SERIES)
    events = desk.events()
    plain, moved = SERIES_TIMES[1][0], SERIES_TIMES[2][0]

    for key in (plain, moved, plain):
        desk.provider.delete(desk.id, events[key].ref)

    left = {key: event.ref for key, event in events.items() if key not in {plain, moved}}
    assert {key: event.ref for key, event in desk.events().items()} == left
    assert "BEGIN:VALARM" in desk.text("series.ics")


def test_a_removed_occurrence_is_gone(desk):
    desk.put("series.ics", SERIES)
    ref = desk.events()[SERIES_TIMES[0][0]].ref
    desk.provider.delete(desk.id, ref)

    with pytest.raises(RemoteGone):
        desk.provider.update(desk.id, ref, a_content())
    with pytest.raises(RemoteGone):
        desk.provider.event(desk.id, ref)


def test_an_occurrence_that_says_something_else_now_is_not_overwritten(desk):
    desk.put("series.ics", SERIES)
    moved = desk.events()[SERIES_TIMES[2][0]].ref
    desk.put("series.ics", SERIES.replace("Review again", "Review renamed"))

    with pytest.raises(RemoteChanged):
        desk.provider.update(desk.id, moved, a_content())


def test_an_event_is_read_as_it_is_now_wherever_it_was_moved(desk):
    created = desk.provider.create(desk.id, UID, a_content()).event
    desk.provider.update(desk.id, created.ref, a_content("2035-01-01T09:00"))
    desk.put("series.ics", SERIES)
    far = desk.events()[SERIES_TIMES[0][0]].ref
    desk.provider.update(desk.id, far, a_content("2035-01-02T09:00"))

    for ref, start in ((created.ref, "2035-01-01T09:00"), (far, "2035-01-02T09:00")):
        event = desk.provider.event(desk.id, ref)
        assert event.content.interval == hour_from(start)


@pytest.mark.parametrize(
    ("lines", "takes_time"),
    [
        pytest.param(["STATUS:CONFIRMED"], True, id="confirmed"),
        pytest.param(["STATUS:TENTATIVE"], True, id="tentative"),
        pytest.param(["STATUS:CANCELLED"], False, id="cancelled"),
        pytest.param(["TRANSP:TRANSPARENT"], False, id="transparent"),
    ],
)
def test_what_takes_time(desk, lines, takes_time):
    desk.put("x.ics", SINGLE.replace("SUMMARY:Lunch", "\r\n".join(lines)))

    busy = desk.provider.busy(desk.id, span("08:00", "12:00", day="2026-11-24"))

    assert busy == ([hour_from("2026-11-24T09:00")] if takes_time else [])


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Pacific/Honolulu"])
@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261125"], "00:00", "24:00", id="day"
        ),
        pytest.param(
            ["DTSTART:20261124T230000", "DURATION:PT30M"], "23:00", "23:30", id="floating"
        ),
    ],
)
def test_days_and_times_without_a_zone_are_those_of_the_calendars_zone(
    desk, zone, times, start, end
):
    desk.put("x.ics", vcalendar(vevent("x", *times)))
    there = ZoneInfo(zone)
    provider = Caldav(desk.url, desk.server.client(), there, desk.clock)
    day = "2026-11-24"
    expected = span(start, end, day=day, zone=there)

    for minute in (expected.start, expected.end - MINUTE):
        assert provider.busy(desk.id, Interval(minute, minute + MINUTE)) == [expected]
    for minute in (expected.start - MINUTE, expected.end):
        assert provider.busy(desk.id, Interval(minute, minute + MINUTE)) == []
    provider.close()


SEVERAL_SERIES: Sequence[tuple[str, Sequence[str], Series]] = [
    (
        "weekly",
        [f"DTSTART;{IN_NEW_YORK}:20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=8"],
        Series(first=date(2026, 10, 19), zone=NEW_YORK, at=time(9), minutes=60, count=8),
    ),
    (
        "late",
        [f"DTSTART;{IN_NEW_YORK}:20160103T230000", "DURATION:PT2H", "RRULE:FREQ=WEEKLY;BYDAY=SU"],
        Series(first=date(2016, 1, 3), zone=NEW_YORK, at=time(23), minutes=120),
    ),
    (
        "days",
        [
            "DTSTART;VALUE=DATE:20261020",
            "DTEND;VALUE=DATE:20261022",
            "RRULE:FREQ=WEEKLY;INTERVAL=2",
        ],
        Series(first=date(2026, 10, 20), zone=NEW_YORK, days=2, interval=2),
    ),
    (
        "floating",
        ["DTSTART:20261031T013000", "DTEND:20261031T033000", "RRULE:FREQ=WEEKLY;BYDAY=SA"],
        Series(first=date(2026, 10, 31), zone=NEW_YORK, at=time(1, 30), minutes=120),
    ),
]
LEFT_OUT, MOVED_AWAY, MOVED_NEAR = date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9)
FAR_AWAY, NEAR = hour_from("2026-12-12T20:00"), hour_from("2026-11-08T23:30")


def test_busy_time_is_what_plain_calendar_arithmetic_says_around_every_end(desk):
    weekly, *others = SEVERAL_SERIES
    exceptions = [
        vevent(
            weekly[0],
            f"RECURRENCE-ID;{IN_NEW_YORK}:{day:%Y%m%d}T090000",
            f"DTSTART:{stamp(when.start)}",
            f"DTEND:{stamp(when.end)}",
        )
        for day, when in ((MOVED_AWAY, FAR_AWAY), (MOVED_NEAR, NEAR))
    ]
    left_out = f"EXDATE;{IN_NEW_YORK}:{LEFT_OUT:%Y%m%d}T090000"
    desk.put("weekly.ics", vcalendar(vevent(weekly[0], *weekly[1], left_out), *exceptions))
    for name, lines, _ in others:
        desk.put(f"{name}.ics", vcalendar(vevent(name, *lines)))
    moved = {MOVED_AWAY: FAR_AWAY, MOVED_NEAR: NEAR}
    series = [
        replace(weekly[2], left_out=frozenset({LEFT_OUT}), moved=moved),
        *(one for _, _, one in others),
    ]

    events = [event.content.interval for event in desk.events().values()]
    assert merge(clipped(events, WINDOW)) == busy(series, WINDOW)
    ahead = Interval(at("2026-10-15T00:00"), at("2026-12-16T00:00"))
    for stretch in busy(series, ahead):
        within = Interval(stretch.end - HOUR, stretch.end + HOUR)
        taken = clipped(desk.provider.busy(desk.id, within), within)
        assert taken == busy(series, within)


def stamp(moment: int) -> str:
    return f"{local(moment, ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"


def clipped(intervals: Sequence[Interval], within: Interval) -> list[Interval]:
    return intersect(merge(intervals), [within])


def test_what_is_left_out_takes_no_time(desk):
    own = desk.provider.create(desk.id, UID, a_content("2026-11-24T09:30")).event
    desk.put("series.ics", SERIES)
    within = span("08:00", "12:00", day="2026-11-24")
    nine, ours = hour_from("2026-11-24T09:00"), own.content.interval

    def taken(*leaving_out: str) -> Sequence[Interval]:
        return desk.provider.busy(desk.id, within, leaving_out)

    assert taken() == [Interval(nine.start, ours.end)]
    assert taken(UID) == [nine]
    assert taken(SERIES_TIMES[-1][0]) == [ours]
    assert taken(SERIES_TIMES[0][0]) == [Interval(nine.start, ours.end)]
    assert taken("series", UID) == []
    assert taken("serie", "env") == [Interval(nine.start, ours.end)]


def test_a_server_that_is_down_can_not_be_reached(desk):
    ref = desk.provider.create(desk.id, UID, a_content()).event.ref
    desk.server.stop()
    try:
        for act in (
            lambda: desk.provider.calendars(),
            lambda: desk.read(),
            lambda: desk.provider.busy(desk.id, WINDOW),
            lambda: desk.provider.event(desk.id, ref),
            lambda: desk.provider.update(desk.id, ref, a_content()),
            lambda: desk.provider.delete(desk.id, ref),
            lambda: desk.provider.create(desk.id, f"x{UID}", a_content()),
        ):
            with pytest.raises(CalendarUnreachable):
                act()
    finally:
        desk.server.start()
    assert desk.events()[UID].ref == ref


def test_a_server_that_does_not_answer_takes_no_longer_than_it_may(calendar, clock):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        http = outward.client(seconds=0.3, allow_private=True)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        provider = Caldav(url, http, NEW_YORK, clock)
        began = monotonic()

        with pytest.raises(CalendarUnreachable):
            provider.busy("/office/", WINDOW)

        assert monotonic() - began < 2
        provider.close()


def test_meetings_are_not_offered(desk):
    with pytest.raises(Unsupported):
        desk.provider.meet(desk.id, Ref("x", "/x"))
    assert desk.provider.abilities == {Ability.WRITE}
