"""iCalendar objects as other clients write and edit them: as lines of text."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sched_agent.model.attendee import Attendee
from sched_agent.model.days import Days
from sched_agent.model.interval import SECOND, Interval
from sched_agent.model.zone import local
from tests.contracts.providers.outsider import Planned, When

MARKS = {
    "X-MARK:kept",
    "COLOR:turquoise",
    "CATEGORIES:Private",
    "TRIGGER:-PT15M",
    "mailto:olga@example.com",
    "ROLE=OPT-PARTICIPANT",
}
_MARKED = """\
X-MARK:kept
COLOR:turquoise
CATEGORIES:Private
ORGANIZER;CN=Olga:mailto:olga@example.com
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Soon
TRIGGER:-PT15M
END:VALARM"""
_CHANGE = """\
BEGIN:{kind}
DTSTART:{start}
RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}
TZOFFSETFROM:{before}
TZOFFSETTO:{after}
END:{kind}"""
_TOKYO = """\
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD"""
_NEW_YORK = "\n".join(
    [
        _CHANGE.format(
            kind="DAYLIGHT",
            start="20070311T020000",
            month=3,
            day="2SU",
            before="-0500",
            after="-0400",
        ),
        _CHANGE.format(
            kind="STANDARD",
            start="20071104T020000",
            month=11,
            day="1SU",
            before="-0400",
            after="-0500",
        ),
    ]
)
_LISBON = "\n".join(
    [
        _CHANGE.format(
            kind="DAYLIGHT",
            start="19960331T010000",
            month=3,
            day="-1SU",
            before="+0000",
            after="+0100",
        ),
        _CHANGE.format(
            kind="STANDARD",
            start="19961027T020000",
            month=10,
            day="-1SU",
            before="+0100",
            after="+0000",
        ),
    ]
)
_ZONES = {"America/New_York": _NEW_YORK, "Europe/Lisbon": _LISBON, "Asia/Tokyo": _TOKYO}


class Ical:
    """The VEVENTs under one UID: an event, or a series and the occurrences that it changes."""

    def __init__(self, events: list[list[str]]) -> None:
        self.events = events

    @classmethod
    def planned(cls, planned: Planned, uid: str) -> "Ical":
        return cls([_lines(planned, uid)])

    @classmethod
    def pointless(cls, uid: str, start: int) -> "Ical":
        at = _stamp("DTSTART", start, like="DTSTART:Z")
        head = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T120000Z", "SUMMARY:Pointless"]
        return cls([[*head, at, "END:VEVENT"]])

    @classmethod
    def read(cls, text: str) -> "Ical":
        unfolded = re.sub(r"\r?\n[ \t]", "", text)
        found = re.findall(
            r"^BEGIN:VEVENT\r?$.*?^END:VEVENT\r?$", unfolded, re.MULTILINE | re.DOTALL
        )
        return cls([block.splitlines() for block in found])

    @property
    def text(self) -> str:
        return calendar_text([self])

    @property
    def uid(self) -> str:
        return self._value(self._main, "UID")

    @property
    def titles(self) -> list[str]:
        return [self._value(event, "SUMMARY") for event in self.events]

    @property
    def marks(self) -> set[str]:
        return {mark for mark in MARKS if any(mark in line for line in self._main)}

    def rename(self, title: str) -> None:
        for event in self.events:
            _put(event, f"SUMMARY:{_escaped(title)}")

    def move(self, when: When) -> None:
        _place(self._main, when, like=self._start)

    def change_rule(self, rule: str) -> None:
        _put(self._main, f"RRULE:{rule}")

    def touch(self, number: int) -> None:
        for event in self.events:
            _put(event, f"X-RESTORED:{number}")

    def rename_occurrence(self, start: int, title: str) -> None:
        _put(self._occurrence(start), f"SUMMARY:{_escaped(title)}")

    def move_occurrence(self, start: int, when: When) -> None:
        _place(self._occurrence(start), when, like=self._start)

    def delete_occurrence(self, start: int) -> None:
        recurrence = _stamp("RECURRENCE-ID", start, like=self._start)
        self.events = [event for event in self.events if recurrence not in event]
        self._main.insert(-1, _stamp("EXDATE", start, like=self._start))

    @property
    def _main(self) -> list[str]:
        mains = [e for e in self.events if not any(_name(line) == "RECURRENCE-ID" for line in e)]
        return (mains or self.events)[0]

    @property
    def _start(self) -> str:
        return next(line for line in self._main if _name(line) == "DTSTART")

    def _occurrence(self, start: int) -> list[str]:
        recurrence = _stamp("RECURRENCE-ID", start, like=self._start)
        for event in self.events:
            if recurrence in event:
                return event
        left = {"RRULE", "EXDATE"}
        one = [line for line in self._main if _name(line) not in left]
        _place(one, _moved_to(self._main, start), like=self._start)
        one.insert(-1, recurrence)
        self.events.append(one)
        return one

    @staticmethod
    def _value(event: list[str], name: str) -> str:
        return next((line.partition(":")[2] for line in event if _name(line) == name), "")


def calendar_text(objects: list[Ical]) -> str:
    """Return a whole VCALENDAR of several objects, with the zones that they use."""
    events = [line for one in objects for event in one.events for line in event]
    used = [name for name in _ZONES if any(f"TZID={name}" in line for line in events)]
    return _whole([*map(_zone, used), *events])


def zone_text(name: str) -> str:
    """Return a VCALENDAR that holds a zone and nothing else."""
    return _whole([_zone(name)])


def _zone(name: str) -> str:
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{_ZONES[name]}\nEND:VTIMEZONE"


def _whole(parts: list[str]) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//another client//EN"]
    lines = "\n".join([*head, *parts, "END:VCALENDAR"]).split("\n")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _lines(planned: Planned, uid: str) -> list[str]:
    like = "DTSTART:Z" if planned.zone == "UTC" else f"DTSTART;TZID={planned.zone}:"
    like = "DTSTART;VALUE=DATE:" if isinstance(planned.when, Days) else like
    lines = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T120000Z", "END:VEVENT"]
    _place(lines, planned.when, like=like)
    words = {
        "SUMMARY": planned.title,
        "DESCRIPTION": planned.description,
        "LOCATION": planned.location,
    }
    more = [f"{name}:{_escaped(text)}" for name, text in words.items() if text is not None]
    more += [f"RRULE:{planned.rule}"] if planned.rule else []
    more += [_stamp("EXDATE", start, like=like) for start in planned.left_out]
    more += [f"STATUS:{planned.status.name}"]
    more += ["TRANSP:TRANSPARENT"] if planned.transparent else []
    role = ";ROLE=OPT-PARTICIPANT" if planned.optional else ""
    more += [_attendee(one, role) for one in planned.attendees]
    more += _MARKED.split("\n") if planned.marked else []
    lines[-1:-1] = more
    return lines


def _attendee(one: Attendee, role: str) -> str:
    name = f';CN="{one.name}"' if one.name else ""
    answer = one.response.name.replace("_", "-")
    return f"ATTENDEE{name}{role};PARTSTAT={answer}:mailto:{one.email}"


def _place(event: list[str], when: When, *, like: str) -> None:
    start, end = (when.first, when.end) if isinstance(when, Days) else when
    event[:] = [line for line in event if _name(line) != "DURATION"]
    _put(event, _stamp("DTSTART", start, like=like))
    _put(event, _stamp("DTEND", end, like=like))


def _moved_to(event: list[str], start: int) -> When:
    first, end = (_read(line) for line in _both(event))
    kind = Days if "VALUE=DATE" in next(_both(event)) else Interval
    return kind(start, start + end - first)


def _both(event: list[str]) -> Iterator[str]:
    for name in ("DTSTART", "DTEND"):
        yield next(line for line in event if _name(line) == name)


def _stamp(name: str, when: int, *, like: str) -> str:
    """Write a time as another line has its own: a date, or on the same clocks."""
    head = like.partition(":")[0].partition(";")[2]
    if "VALUE=DATE" in head:
        return f"{name};VALUE=DATE:{date.fromordinal(when):%Y%m%d}"
    if "TZID=" in head:
        zone = head.partition("TZID=")[2].partition(";")[0]
        return f"{name};TZID={zone}:{local(when, ZoneInfo(zone)):%Y%m%dT%H%M%S}"
    return f"{name}:{local(when, ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"


def _read(line: str) -> int:
    head, _, value = line.partition(":")
    if "VALUE=DATE" in head:
        return datetime.strptime(value, "%Y%m%d").toordinal()  # noqa: DTZ007  # a date
    zone = ZoneInfo(head.partition("TZID=")[2].partition(";")[0] or "UTC")
    wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    return int(wall.astimezone(UTC).timestamp()) * SECOND


def _put(event: list[str], line: str) -> None:
    depth = 0
    for at, old in enumerate(event):
        depth += old.startswith("BEGIN:") - old.startswith("END:")
        if depth == 1 and _name(old) == _name(line):
            event[at] = line
            return
    event.insert(-1, line)


def _name(line: str) -> str:
    return re.split("[;:]", line, maxsplit=1)[0].upper()


def _escaped(text: str) -> str:
    for old, new in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(old, new)
    return text


def _folded(line: str) -> Iterator[str]:
    yield line[:60]
    for at in range(60, len(line), 60):
        yield f" {line[at : at + 60]}"
