"""Free slots of a calendar at a real CalDAV server, against plain calendar arithmetic.

The program runs in processes of its own and is spoken to over HTTP, as is the server by somebody
who has another program. Europe leaves summer time a week before New York does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sched_agent.model.interval import DAY, MINUTE, Interval
from tests.builders import at
from tests.caldav_servers import PASSWORD, SERVERS, USERNAME, CaldavServer
from tests.connected import Installed, a_landing, typed_in, until
from tests.expansion import Series, busy

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
WEEKS = Interval(at("2026-10-19T00:00"), at("2026-11-21T00:00"))
MEETING = Series(
    first=date(2026, 10, 6),
    zone=BERLIN,
    at=time(16),
    minutes=75,
    left_out=frozenset({date(2026, 11, 10)}),
    moved={date(2026, 10, 27): Interval(at("2026-10-28T14:15"), at("2026-10-28T15:30"))},
)
RETREAT = Series(first=date(2026, 11, 5), zone=NEW_YORK, days=2, count=1)

_BERLIN = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE"""
_MOVED = """\
BEGIN:VEVENT
UID:meeting
DTSTAMP:20261001T000000Z
RECURRENCE-ID;TZID=Europe/Berlin:20261027T160000
DTSTART:20261028T181500Z
DTEND:20261028T193000Z
SUMMARY:Meeting
END:VEVENT"""
_RETREAT = """\
BEGIN:VEVENT
UID:retreat
DTSTAMP:20261001T000000Z
DTSTART;VALUE=DATE:20261105
DTEND;VALUE=DATE:20261107
SUMMARY:Retreat
END:VEVENT"""


def meeting(left_out: str, begins: str = "16:00") -> str:
    """Return the series as a calendar program writes it."""
    clock = begins.replace(":", "")
    return f"""\
{_BERLIN}
BEGIN:VEVENT
UID:meeting
DTSTAMP:20261001T000000Z
DTSTART;TZID=Europe/Berlin:20261006T{clock}00
DURATION:PT75M
RRULE:FREQ=WEEKLY
EXDATE;TZID=Europe/Berlin:{left_out}T{clock}00
SUMMARY:Meeting
END:VEVENT"""


@dataclass
class Elsewhere:
    """A calendar on a server, in the hands of somebody who uses another program."""

    server: CaldavServer
    url: str

    def put(self, name: str, *components: str) -> None:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//else//EN"]
        lines += [line for one in components for line in one.splitlines()]
        text = "\r\n".join([*lines, "END:VCALENDAR", ""])
        headers = {"Content-Type": "text/calendar"}
        with self.server.http() as http:
            http.put(f"{self.url}{name}.ics", content=text, headers=headers).raise_for_status()

    def find(self, title: str) -> str | None:
        """Return where the event with a title lies."""
        with self.server.http() as http:
            listed = http.request("PROPFIND", self.url, headers={"Depth": "1"})
            names = set(re.findall(r"/([^/<>]+\.ics)<", listed.text))
            texts = {name: http.get(f"{self.url}{name}").text for name in names}
        found = [name for name, text in texts.items() if f"SUMMARY:{title}" in text]
        return f"{self.url}{found[0]}" if found else None

    def delete(self, url: str) -> None:
        with self.server.http() as http:
            http.delete(url).raise_for_status()


@pytest.fixture(params=sorted(SERVERS))
def elsewhere(request, tmp_path) -> Iterator[Elsewhere]:
    with SERVERS[request.param](tmp_path / request.param) as server:
        elsewhere = Elsewhere(server, server.new_calendar("Work"))
        elsewhere.put("meeting", meeting("20261110"), _MOVED)
        elsewhere.put("retreat", _RETREAT)
        yield elsewhere


@pytest.fixture
def program(elsewhere, tmp_path) -> Iterator[Installed]:
    trusted = {"ca_file": str(elsewhere.server.ca)} if elsewhere.server.ca else {}
    program = Installed(tmp_path, now="2026-10-16T12:00-04:00", **trusted)
    with program.serving():
        yield program


def by_form(program: Installed, elsewhere: Elsewhere) -> None:
    """Connect over REST, and type user name and password into the page."""
    with a_landing() as landing:
        address = ("--url", elsewhere.server.url, "--redirect-uri", landing)
        program.run("provider", "add", "caldav", *address)
        begun = program.begin("caldav", landing, calendar="Work")
        landed = typed_in(begun["authorization_url"], username=USERNAME, password=PASSWORD)
        assert str(landed.url) == f"{landing}?status=connected&connection_id={begun['id']}"
    program.until_synced()


def by_command(program: Installed, elsewhere: Elsewhere) -> None:
    """Connect on the command line, which syncs at once."""
    program.run("provider", "add", "caldav", "--url", elsewhere.server.url)
    said = f"{USERNAME}\n{PASSWORD}\n"
    program.run("connect", "--provider", "caldav", "--calendar", "Work", told=said)


def by_arithmetic(*series: Series) -> list[int]:
    """Return when half an hour begins that office hours have and no series takes."""
    taken = busy(series, WEEKS)
    slots = []
    for number in range(WEEKS.length // DAY + 1):
        day = date(2026, 10, 19) + timedelta(days=number)
        opens = datetime.combine(day, time(9), NEW_YORK)
        starts = [int(opens.timestamp()) * 1_000_000 + n * 30 * MINUTE for n in range(16)]
        if day.isoweekday() < 6 and starts[-1] < WEEKS.end:
            slots += [s for s in starts if is_clear(Interval(s, s + 30 * MINUTE), taken)]
    return slots


def is_clear(slot: Interval, taken: list[Interval]) -> bool:
    return all(one.end <= slot.start or slot.end <= one.start for one in taken)


def over_rest(program: Installed) -> list[int]:
    path = f"/calendars/{program.calendar()}/availability"
    slots = program.rest("GET", path, **{"from": text(WEEKS.start), "to": text(WEEKS.end)})
    return [instant(slot["start_at"]) for slot in slots]


def over_mcp(program: Installed) -> list[int]:
    starts = []
    for begin in range(WEEKS.start, WEEKS.end, 3 * DAY):
        end = min(begin + 3 * DAY, WEEKS.end)
        asked = {"from": text(begin), "to": text(end), "limit": 50}
        answer = program.ask("check_availability", **asked)
        assert not answer["more"]
        starts += [instant(slot["start_at"]) for slot in answer["slots"]]
    return starts


def text(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1_000_000, UTC).isoformat()


def instant(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000


def test_what_others_planned_there_is_not_free_here_and_all_the_rest_is(program, elsewhere):
    by_form(program, elsewhere)

    slots = by_arithmetic(MEETING, RETREAT)
    assert over_rest(program) == slots
    assert over_mcp(program) == slots


def test_what_changes_on_one_side_changes_on_the_other(program, elsewhere):
    by_command(program, elsewhere)
    slots = by_arithmetic(MEETING, RETREAT)
    nine = at("2026-10-21T09:00")

    event = program.ask("create_event", title="Jane", start_at=text(nine))["event"]
    jane = until(lambda: elsewhere.find("Jane"), "the event at the server")
    assert event["status"] == "confirmed"
    assert over_rest(program) == [start for start in slots if start != nine]

    elsewhere.delete(jane)
    program.run("sync")
    assert over_rest(program) == slots
    assert program.ask("get_event", event_id=event["id"])["event"]["status"] == "cancelled"

    elsewhere.put("meeting", meeting("20261117", begins="17:30"))
    elsewhere.delete(f"{elsewhere.url}retreat.ics")
    program.run("sync")
    later = replace(MEETING, at=time(17, 30), left_out=frozenset({date(2026, 11, 17)}), moved={})
    assert over_rest(program) == by_arithmetic(later)
