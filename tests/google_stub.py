"""A stub of Google Calendar: what others have at Google, on loopback, as Google describes it.

Every request and every answer is held against Google's own description of its API. A test that
uses the stub ends with `stub.check()`.
"""

import copy
import itertools
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

from sched_agent.clock import Clock, system_clock
from sched_agent.model.attendee import Attendee
from sched_agent.model.days import Days
from sched_agent.model.interval import Interval
from sched_agent.model.zone import local
from tests.google_calendars import Refusal, Resource, StubCalendar
from tests.google_discovery import Method, Violation, check_answer, check_request, method_of
from tests.google_door import BASE, Request, handler

PRIMARY = "owner@example.com"
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that came."""

    method: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the next requests are answered with."""

    status: int
    reason: str
    retry_after: str | None = None


class _Server(ThreadingHTTPServer):
    """Does not mind clients that go away."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class GoogleStub:
    """Google, its people being one: the owner of the calendars.

    Args:
        zone: Of the primary calendar.
        clock: By which it tells when an event was changed.
        checked: Whether requests and answers are held against the description.
    """

    def __init__(
        self,
        zone: str = "America/New_York",
        clock: Clock = system_clock,
        *,
        checked: bool = True,
    ) -> None:
        self.checked = checked
        self.calendars: dict[str, StubCalendar] = {}
        self.hidden: set[str] = set()
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self.trouble: list[Trouble] = []
        self.is_down = False
        self.refuses = False
        self.calendars_on_a_page = 100
        self.on_request: Callable[[str], object] = lambda _: None
        self.garble: Callable[[Resource], object] | None = None
        self._clock = clock
        self._numbers = itertools.count(1)
        self._access: set[str] = set()
        self._refresh: set[str] = set()
        self._lock = threading.RLock()
        self.add_calendar(PRIMARY, zone=zone, primary=True)
        self._server = _Server(("127.0.0.1", 0), handler(self.answer, self.exchange))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def origin(self) -> str:
        """Where everything of it begins."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The base of the calendar API."""
        return f"{self.origin}{BASE}"

    def stop(self) -> None:
        """Close the door."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def check(self) -> None:
        """Fail if anything was asked or answered that Google does not describe."""
        assert not self.violations, self.violations

    # What others do ------------------------------------------------------------------------

    def add_calendar(
        self, key: str, *, name: str = "", zone: str = "America/New_York", **more: Any
    ) -> StubCalendar:
        """Make a calendar, under an id."""
        made = StubCalendar(
            id=key, name=name or key, zone=ZoneInfo(zone), clock=self._clock, **more
        )
        self.calendars[key] = made
        return made

    @property
    def primary(self) -> StubCalendar:
        """The owner's first calendar."""
        return self.calendars[PRIMARY]

    def add(
        self,
        title: str | None,
        when: Interval | Days,
        *,
        calendar: str = PRIMARY,
        rrule: str | None = None,
        exdates: Collection[int] = (),
        zone: str | None = None,
        transparent: bool = False,
        status: str = "confirmed",
        attendees: Sequence[Attendee] = (),
        **fields: Any,
    ) -> str:
        """Put an event or a series on a calendar, and return its id.

        Args:
            rrule: `FREQ=WEEKLY;COUNT=5`, if it is a series.
            exdates: The first instants of occurrences that are left out, or their days.
            zone: Of the series; the calendar's if None.
            fields: Anything else that the resource says, as Google writes it.
        """
        place = self.calendars[calendar]
        body = self._times(when, zone or place.zone.key) | {"status": status, **fields}
        if title is not None:
            body["summary"] = title
        if transparent:
            body["transparency"] = "transparent"
        if attendees:
            body["attendees"] = [_attendee(one) for one in attendees]
        if rrule:
            left_out = [f"EXDATE{_exdate(at, when)}" for at in exdates]
            body["recurrence"] = [f"RRULE:{rrule}", *left_out]
        with self._lock:
            return str(place.insert(body)["id"])

    def _times(self, when: Interval | Days, zone: str) -> Resource:
        if isinstance(when, Days):
            first, end = when.first_date.isoformat(), when.end_date.isoformat()
            return {"start": {"date": first}, "end": {"date": end}}
        return {
            side: {"dateTime": local(at, UTC_ZONE).isoformat(), "timeZone": zone}
            for side, at in (("start", when.start), ("end", when.end))
        }

    def change(self, event: str, *, calendar: str = PRIMARY, **fields: Any) -> None:
        """Let an event, a series or an occurrence say something else, as Google writes it."""
        with self._lock:
            self.calendars[calendar].patch(event, fields, None)

    def rename(self, event: str, title: str, *, calendar: str = PRIMARY) -> None:
        """Give an event another title."""
        self.change(event, calendar=calendar, summary=title)

    def move(self, event: str, when: Interval | Days, *, calendar: str = PRIMARY) -> None:
        """Let an event or a series begin at another time."""
        other = "dateTime" if isinstance(when, Days) else "date"
        times = self._times(when, self.calendars[calendar].zone.key)
        nothing: dict[str, Any] = {other: None} | ({"timeZone": None} if other != "date" else {})
        self.change(event, calendar=calendar, **{k: v | nothing for k, v in times.items()})

    def occurrence(self, series: str, original: int, *, calendar: str = PRIMARY) -> str:
        """Return the id of an occurrence by its first instant, or its day, in the series."""
        stored = self.calendars[calendar].stored[series]
        if "date" in stored["start"]:
            return f"{series}_{date.fromordinal(original):%Y%m%d}"
        return f"{series}_{local(original, UTC_ZONE):%Y%m%dT%H%M%SZ}"

    def move_occurrence(
        self, series: str, original: int, when: Interval | Days, *, calendar: str = PRIMARY
    ) -> None:
        """Move one occurrence, which is named as `occurrence` has it."""
        self.move(self.occurrence(series, original, calendar=calendar), when, calendar=calendar)

    def delete(self, event: str, *, calendar: str = PRIMARY) -> None:
        """Delete an event, a series or an occurrence."""
        with self._lock:
            self.calendars[calendar].delete(event)

    def delete_occurrence(self, series: str, original: int, *, calendar: str = PRIMARY) -> None:
        """Delete one occurrence, which is named as `occurrence` has it."""
        self.delete(self.occurrence(series, original, calendar=calendar), calendar=calendar)

    def alone(self) -> AbstractContextManager[object]:
        """Let nobody else in while something goes on."""
        return self._lock

    def live(self, calendar: str = PRIMARY) -> list[Resource]:
        """Return the events and occurrences that are there, as Google writes them."""
        with self._lock:
            return list(self.calendars[calendar].view().values())

    def raw(self, event: str, *, calendar: str = PRIMARY) -> Resource:
        """Return an event or an occurrence as it is kept, deleted ones too."""
        with self._lock:
            place = self.calendars[calendar]
            return place.stored.get(event) or place.view()[event]

    def forget_cursors(self) -> None:
        """Let no sync token be known any more."""
        for calendar in self.calendars.values():
            calendar.forget_cursors()

    def go_down(self) -> None:
        """Answer nothing but failures."""
        self.is_down = True

    def come_back(self) -> None:
        """Answer again, and take credentials again."""
        self.is_down = self.refuses = False

    def refuse(self) -> None:
        """Take no credentials any more."""
        self.refuses = True
        self._access.clear()
        self._refresh.clear()

    def fail_next(
        self, status: int, reason: str, *, times: int = 1, retry_after: str | None = None
    ) -> None:
        """Answer the next requests with an error."""
        self.trouble += [Trouble(status=status, reason=reason, retry_after=retry_after)] * times

    # OAuth ---------------------------------------------------------------------------------

    def token(self) -> str:
        """Return a new access token."""
        made = f"ya29.{next(self._numbers)}"
        self._access.add(made)
        return made

    def refresh_token(self) -> str:
        """Return a new refresh token."""
        made = f"1//{next(self._numbers)}"
        self._refresh.add(made)
        return made

    def revoke(self, token: str) -> None:
        """Let a token be worth nothing."""
        self._access.discard(token)
        self._refresh.discard(token)

    def exchange(self, form: dict[str, str]) -> tuple[int, Resource]:
        """Answer the token endpoint (RFC 6749 §6)."""
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") not in (
            self._refresh
        ):
            return 400, {"error": "invalid_grant", "error_description": "Bad Request"}
        return 200, {"access_token": self.token(), "expires_in": 3599, "token_type": "Bearer"}

    # The API -------------------------------------------------------------------------------

    def answer(self, request: Request) -> tuple[int, Resource | None, dict[str, str]]:
        """Return status, body and headers."""
        try:
            self._let_in(request)
            return self._served(request)
        except Refusal as refusal:
            return refusal.status, _error(refusal), {}
        except Violation as violation:
            self.violations.append(str(violation))
            return 400, _error(Refusal(400, "badRequest", str(violation))), {}

    def _let_in(self, request: Request) -> None:
        if self.is_down:
            raise Refusal(503, "backendError", "Service unavailable.")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.refuses or token not in self._access:
            raise Refusal(401, "authError", "Invalid Credentials")

    def _served(self, request: Request) -> tuple[int, Resource | None, dict[str, str]]:
        method, path = method_of(request.verb, request.path)
        if self.checked:
            check_request(method, request.query, request.body)
        query = {name: values[-1] for name, values in request.query.items()}
        seen = Seen(method=method.id, query=query, headers=request.headers, body=request.body)
        self.on_request(method.id)
        with self._lock:
            self.seen.append(seen)
            if self.trouble:
                trouble = self.trouble.pop(0)
                wait = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
                return trouble.status, _error(Refusal(trouble.status, trouble.reason)), wait
            answer = self._act(method, path, seen)
            if self.checked:
                check_answer(method, answer)
            if answer is not None and (fields := query.get("fields")):
                answer = {name: answer[name] for name in fields.split(",") if name in answer}
            if answer is not None and self.garble is not None:
                answer = copy.deepcopy(answer)
                self.garble(answer)
        return (204 if answer is None else 200), answer, {}

    def _act(self, method: Method, path: dict[str, str], seen: Seen) -> Resource | None:
        if method.id == "calendar.calendarList.list":
            return self._calendar_list(seen.query)
        if method.id == "calendar.freebusy.query":
            return self._free_busy(seen.body)
        name = path["calendarId"]
        calendar = self.calendars.get(PRIMARY if name == "primary" else name)
        if calendar is None:
            raise Refusal(404, "notFound", "Not Found")
        event, if_match = path.get("eventId", ""), seen.headers.get("if-match")
        meetings = seen.query.get("conferenceDataVersion") == "1"
        match method.id.rpartition(".")[2]:
            case "list":
                return calendar.page(seen.query)
            case "instances":
                return calendar.instances(event, seen.query)
            case "get":
                return calendar.get(event)
            case "insert":
                return calendar.insert(seen.body, meetings=meetings)
            case "patch":
                return calendar.patch(event, seen.body, if_match, meetings=meetings)
            case "delete":
                calendar.delete(event, if_match)
                return None
        raise Violation(f"the stub does not do {method.id} with {seen.query}")

    def _calendar_list(self, query: dict[str, str]) -> Resource:
        shown = [one for one in self.calendars.values() if one.id not in self.hidden]
        size = min(int(query.get("maxResults", "100")), self.calendars_on_a_page)
        start = int(query.get("pageToken", "0"))
        answer: Resource = {"kind": "calendar#calendarList", "etag": '"1"'}
        answer["items"] = [_entry(one) for one in shown[start : start + size]]
        more = len(shown) > start + size
        return answer | ({"nextPageToken": str(start + size)} if more else {"nextSyncToken": "c"})

    def _free_busy(self, body: Resource) -> Resource:
        least, most = (datetime.fromisoformat(body[side]) for side in ("timeMin", "timeMax"))
        if (most - least).days > 90:
            raise Refusal(400, "timeRangeTooLong", "The requested time range is too long.")
        found: Resource = {}
        for item in body["items"]:
            calendar = self.calendars.get(item["id"])
            missing = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
            found[item["id"]] = {"busy": calendar.free_busy(least, most)} if calendar else missing
        times = {"timeMin": body["timeMin"], "timeMax": body["timeMax"]}
        return {"kind": "calendar#freeBusy", **times, "calendars": found}


def _error(refusal: Refusal) -> Resource:
    one = {"domain": "global", "reason": refusal.reason, "message": refusal.message}
    if refusal.location:
        one |= {"locationType": "parameter", "location": refusal.location}
    whole = {"code": refusal.status, "message": refusal.message, "errors": [one]}
    return {"error": whole}


def _entry(calendar: StubCalendar) -> Resource:
    entry: Resource = {
        "kind": "calendar#calendarListEntry",
        "etag": '"1"',
        "id": calendar.id,
        "summary": calendar.name,
        "timeZone": calendar.zone.key,
        "accessRole": calendar.role,
    }
    return entry | ({"primary": True} if calendar.primary else {})


_ANSWERS = {"needs_action": "needsAction"}


def _attendee(one: Attendee) -> Resource:
    answer = _ANSWERS.get(one.response.value, one.response.value)
    said = {"email": one.email, "displayName": one.name, "responseStatus": answer}
    return {name: value for name, value in said.items() if value is not None}


def _exdate(at: int, when: Interval | Days) -> str:
    if isinstance(when, Days):
        return f";VALUE=DATE:{date.fromordinal(at):%Y%m%d}"
    return f":{local(at, UTC_ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}"
