"""The calendars behind the stub of Google: what they hold, and what they answer.

Series are expanded by dateutil on their own zone's clocks, which is no part of what is tested.
"""

import copy
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # ships none

from tests.google_discovery import Violation

Resource = dict[str, Any]

_ID = re.compile(r"[a-v0-9]{5,1024}")
_FIRST, _LAST = datetime(2024, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001  # wall times
_KEPT_CURSORS = 200


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, reason: str, message: str = "", location: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message or reason
        self.location = location


@dataclass(kw_only=True)
class StubCalendar:
    """One calendar.

    Args:
        stored: Single events, series, and the occurrences that differ from theirs; by id.
        meets_after: How often an event is read before its meeting is there.
        most: How many events a page holds at most.
    """

    id: str
    name: str
    zone: ZoneInfo
    clock: Callable[[], int]
    role: str = "owner"
    primary: bool = False
    stored: dict[str, Resource] = field(default_factory=dict)
    meets_after: int = 1
    most: int = 2500
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _view: dict[str, Resource] | None = None
    _raw: dict[str, Resource] | None = None
    _cursors: dict[str, dict[str, Resource]] = field(default_factory=dict)
    _pages: dict[str, tuple[list[Resource], str]] = field(default_factory=dict)
    _pending: dict[str, int] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def view(self) -> dict[str, Resource]:
        """Return single events and occurrences as they are now, by id."""
        if self._view is None:
            self._view = {
                one["id"]: one
                for stored in self.stored.values()
                if stored["status"] != "cancelled"
                and stored.get("recurringEventId") not in self.stored  # or it is invited alone
                for one in (self._occurrences(stored) if "recurrence" in stored else [stored])
            }
        return self._view

    def _occurrences(self, series: Resource) -> list[Resource]:
        zone = ZoneInfo(series["start"].get("timeZone", self.zone.key))
        first, length = wall(series["start"], zone), self._length(series)
        found = []
        for start in _starts(series["recurrence"], first, zone):
            whole_days = "date" in series["start"]
            moment = start.replace(tzinfo=zone).astimezone(UTC)
            mark = f"{start:%Y%m%d}" if whole_days else f"{moment:%Y%m%dT%H%M%SZ}"
            own = self.stored.get(f"{series['id']}_{mark}")
            if own is None:
                begins, ends = (
                    ({"date": f"{start:%F}"}, {"date": f"{start + length:%F}"})
                    if whole_days
                    else (self._clock_time(moment, zone), self._clock_time(moment + length, zone))
                )
                own = {
                    **{k: v for k, v in series.items() if k != "recurrence"},
                    "id": f"{series['id']}_{mark}",
                    "start": begins,
                    "end": ends,
                    "recurringEventId": series["id"],
                    "originalStartTime": begins,
                }
            if own["status"] != "cancelled":
                found.append(own)
        return found

    def _length(self, series: Resource) -> timedelta:
        begins, ends = (self.moment(series[side]) for side in ("start", "end"))
        if "date" in series["start"]:
            days = (date.fromisoformat(series[side]["date"]) for side in ("end", "start"))
            return next(days) - next(days)
        return ends - begins

    def moment(self, when: Mapping[str, str]) -> datetime:
        """Return a start or an end as an instant."""
        if "date" in when:
            return datetime.fromisoformat(when["date"]).replace(tzinfo=self.zone).astimezone(UTC)
        return datetime.fromisoformat(when["dateTime"]).astimezone(UTC)

    def _clock_time(self, moment: datetime, zone: ZoneInfo) -> dict[str, str]:
        return {"dateTime": moment.astimezone(self.zone).isoformat(), "timeZone": zone.key}

    def page(self, query: Mapping[str, str]) -> Resource:
        """Answer events.list."""
        expanded = query.get("singleEvents") == "true"
        if (token := query.get("syncToken")) is not None and "pageToken" not in query:
            items = self._since(token, query, expanded=expanded)
        else:
            items = self._within(query, self._kept(expanded=expanded).values())
        return self._paged(items, query, self._new_cursor(expanded=expanded))

    def instances(self, series: str, query: Mapping[str, str]) -> Resource:
        """Answer events.instances."""
        if self._find(series)["status"] == "cancelled" or "recurrence" not in self._find(series):
            raise Refusal(404, "notFound", "Not Found")
        own = [one for one in self.view().values() if one.get("recurringEventId") == series]
        return self._paged(self._within(query, own), query, "none")

    def _paged(self, items: list[Resource], query: Mapping[str, str], cursor: str) -> Resource:
        size = min(int(query.get("maxResults", "250")), 2500, self.most)
        if (page := query.get("pageToken")) is not None:
            items, cursor = self._pages[page]
        answer = self._answer() | {"items": items[:size]}
        if items[size:]:
            following = f"page-{next(self._numbers)}"
            self._pages[following] = (items[size:], cursor)
            return answer | {"nextPageToken": following}
        return answer | {"nextSyncToken": cursor}

    def _answer(self) -> Resource:
        return {
            "kind": "calendar#events",
            "etag": '"of the list"',
            "summary": self.name,
            "timeZone": self.zone.key,
            "accessRole": self.role,
            "updated": self._now(),
            "defaultReminders": [],
        }

    def _kept(self, *, expanded: bool) -> dict[str, Resource]:
        """Return what is told of: occurrences, or series and what differs from them; by id."""
        if expanded:
            return self.view()
        if self._raw is None:
            self._raw = {
                name: one
                for name, one in self.stored.items()
                if one["status"] != "cancelled" or "recurringEventId" in one
            }
        return self._raw

    def _new_cursor(self, *, expanded: bool) -> str:
        token = f"sync-{'x' if expanded else 's'}-{next(self._numbers)}"
        self._cursors[token] = self._kept(expanded=expanded)
        while len(self._cursors) > _KEPT_CURSORS:
            del self._cursors[next(iter(self._cursors))]
        return token

    def forget_cursors(self) -> None:
        """Let no sync token be known any more."""
        self._cursors.clear()

    def _since(self, token: str, query: Mapping[str, str], *, expanded: bool) -> list[Resource]:
        if others := {"timeMin", "timeMax", "updatedMin", "orderBy", "q", "iCalUID"} & query.keys():
            raise Refusal(400, "badRequest", f"not with a sync token: {others}")
        if query.get("showDeleted") == "false":
            raise Refusal(400, "badRequest", "deleted events are part of an incremental read")
        if not token.startswith("sync-"):
            raise Refusal(400, "invalid", "Invalid sync token value.", "syncToken")
        if token not in self._cursors:
            raise Refusal(410, "fullSyncRequired", "Sync token is no longer valid.")
        if token.startswith("sync-x") is not expanded:
            raise Violation("the sync token is another list's")
        before, now = self._cursors[token], self._kept(expanded=expanded)
        gone = [_tombstone(one) for name, one in before.items() if name not in now]
        changed = [one for name, one in now.items() if before.get(name) != one]
        return gone + [_tombstone(one) if one["status"] == "cancelled" else one for one in changed]

    def _within(self, query: Mapping[str, str], kept: Iterable[Resource]) -> list[Resource]:
        least, most = (
            datetime.fromisoformat(query.get(name, never))
            for name, never in (("timeMin", "0001-01-02T00:00Z"), ("timeMax", "9999-12-30T00:00Z"))
        )
        if least >= most:
            raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")
        return [
            one
            for one in kept
            if one["status"] != "cancelled"
            and ("recurrence" in one or self.moment(one["end"]) > least)
            and self.moment(one["start"]) < most
        ]

    def free_busy(self, least: datetime, most: datetime) -> list[dict[str, str]]:
        """Answer the calendar's part of freeBusy.query."""
        taken: list[list[datetime]] = []
        for one in sorted(self.view().values(), key=lambda one: self.moment(one["start"])):
            start, end = max(self.moment(one["start"]), least), min(self.moment(one["end"]), most)
            if start >= end or one.get("transparency") == "transparent" or _declined(one):
                continue
            if taken and start <= taken[-1][1]:
                taken[-1][1] = max(taken[-1][1], end)
            else:
                taken.append([start, end])
        return [{"start": a.isoformat(), "end": b.isoformat()} for a, b in taken]

    def get(self, name: str) -> Resource:
        """Answer events.get."""
        found = self._find(name)
        if name in self._pending:
            self._pending[name] -= 1
            if self._pending[name] <= 0:
                self.meeting_comes(name)
                return self._find(name)
        return found

    def _find(self, name: str) -> Resource:
        found = self.stored.get(name) or self.view().get(name)
        if found is None:
            raise Refusal(404, "notFound", "Not Found")
        return found

    def insert(self, body: Resource, *, meetings: bool = False) -> Resource:
        """Answer events.insert."""
        self._may_write()
        if "id" in body and "iCalUID" in body:
            raise Refusal(400, "invalid", "only one of id and iCalUID")
        name = body.get("id", f"stub{next(self._numbers):022d}")
        if not _ID.fullmatch(name):
            raise Refusal(400, "invalid", "Invalid resource id value.")
        if name in self.stored:
            raise Refusal(409, "duplicate", "The requested identifier already exists.")
        self._store(self._blank(name) | self._read(body), body, meetings=meetings)
        return self.stored[name]

    def patch(
        self, name: str, body: Resource, if_match: str | None, *, meetings: bool = False
    ) -> Resource:
        """Answer events.patch."""
        self._may_write()
        before = self._matching(name, if_match)
        fields = {k: v for k, v in body.items() if k != "conferenceData" or v is None}
        after = self._read(_patched(before, fields))
        if "recurrence" in before and any(
            after.get(name) != before[name] for name in ("start", "recurrence")
        ):
            for own in [k for k, v in self.stored.items() if v.get("recurringEventId") == name]:
                del self.stored[own]
        self._store(after, body, meetings=meetings)
        return self._find(name)

    def delete(self, name: str, if_match: str | None = None) -> None:
        """Answer events.delete."""
        self._may_write()
        before = self._matching(name, if_match)
        if before["status"] == "cancelled":
            raise Refusal(410, "deleted", "Resource has been deleted")
        self._store({**before, "status": "cancelled"}, {}, meetings=False)

    def _may_write(self) -> None:
        if self.role not in {"owner", "writer"}:
            raise Refusal(403, "requiredAccessLevel", "You need to have writer access.")

    def _matching(self, name: str, if_match: str | None) -> Resource:
        found = self._find(name)
        if if_match not in {None, "*", found["etag"]}:
            raise Refusal(412, "conditionNotMet", "Precondition Failed")
        return found

    def _blank(self, name: str) -> Resource:
        person = {"email": "owner@example.com", "self": True}
        return {
            "kind": "calendar#event",
            "id": name,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={name}",
            "created": self._now(),
            "creator": person,
            "organizer": person,
            "iCalUID": f"{name}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
        }

    def _read(self, body: Resource) -> Resource:
        """Return an event as Google would write it."""
        read = copy.deepcopy(body)
        if read.get("transparency") == "opaque" and read.get("eventType", "default") == "default":
            del read["transparency"]
        for side in ("start", "end"):
            if ("date" in read[side]) == ("dateTime" in read[side]):
                raise Refusal(400, "invalid", f"Missing or doubled {side} time.")
            if "dateTime" in read[side]:
                zone = ZoneInfo(read[side].get("timeZone", self.zone.key))
                read[side] = self._clock_time(self.moment(read[side]), zone)
        if read["start"].keys() != read["end"].keys():
            raise Refusal(400, "invalid", "Start and end times must both be date or date-time.")
        if self.moment(read["end"]) < self.moment(read["start"]):
            raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")
        for one in read.get("attendees", ()):
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", one.get("email", "")):
                raise Refusal(400, "invalid", "Invalid attendee email.")
            one.setdefault("responseStatus", "needsAction")
        return read

    def _store(self, event: Resource, body: Resource, *, meetings: bool) -> None:
        asked = (body.get("conferenceData") or {}).get("createRequest")
        if meetings and asked and asked["requestId"] not in self._asked:
            self._asked.add(asked["requestId"])
            pending = {"status": {"statusCode": "pending"}}
            event = {**event, "conferenceData": {"createRequest": asked | pending}}
            self._pending[event["id"]] = self.meets_after
        version = f'"{next(self._numbers):016d}"'
        self.stored[event["id"]] = {**event, "etag": version, "updated": self._now()}
        self._view = self._raw = None
        if self._pending.get(event["id"]) == 0:
            self.meeting_comes(event["id"])

    def meeting_comes(self, name: str) -> None:
        """Let the meeting be there that was asked for."""
        self._pending.pop(name, None)
        event = self._find(name)
        number = f"abc-{next(self._numbers):04d}-xyz"
        link = f"https://meet.google.com/{number}"
        meeting = {
            "createRequest": event["conferenceData"]["createRequest"]
            | {"status": {"statusCode": "success"}},
            "entryPoints": [
                {"entryPointType": "phone", "uri": "tel:+1-555-0100"},
                {"entryPointType": "video", "uri": link},
            ],
            "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
            "conferenceId": number,
        }
        self._store({**event, "hangoutLink": link, "conferenceData": meeting}, {}, meetings=False)

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self.clock() / 1_000_000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wall(when: Mapping[str, str], zone: ZoneInfo) -> datetime:
    """Return a start or an end as clocks in a zone show it, without the zone."""
    if "date" in when:
        return datetime.fromisoformat(when["date"])
    return datetime.fromisoformat(when["dateTime"]).astimezone(zone).replace(tzinfo=None)


def _starts(recurrence: Sequence[str], first: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return when the occurrences of a series begin, on its own clocks."""

    def local(match: re.Match[str]) -> str:
        moment = datetime.strptime(match[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"{moment.astimezone(zone):%Y%m%dT%H%M%S}"

    lines = [re.sub(r";(TZID|VALUE)=[^:;]+", "", line) for line in recurrence]
    text = "\n".join(re.sub(r"\d{8}T\d{6}Z", local, line) for line in lines)
    return list(rrulestr(text, dtstart=first, forceset=True).between(_FIRST, _LAST, inc=True))


def _tombstone(event: Resource) -> Resource:
    """Return what is left of an event that was deleted."""
    kept = ("kind", "etag", "id", "recurringEventId", "originalStartTime")
    return {key: event[key] for key in kept if key in event} | {"status": "cancelled"}


def _declined(event: Resource) -> bool:
    return any(
        one.get("self") and one["responseStatus"] == "declined"
        for one in event.get("attendees", ())
    )


def _patched(before: Any, patch: Any) -> Any:
    """Return a resource with a patch on it: null takes away, arrays are replaced."""
    if not isinstance(patch, dict):
        return patch
    base = before if isinstance(before, dict) else {}
    merged = {key: value for key, value in base.items() if key not in patch}
    for key, value in patch.items():
        if value is not None:
            merged[key] = _patched(base.get(key), value)
    return merged
