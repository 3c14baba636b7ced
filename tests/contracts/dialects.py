"""The three REST dialects in common terms: how each says what all of them can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.ids import Kind, uuid

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Dialect:
    """A family, on one server and calendar. An event is what the family tells of it.

    Args:
        http: A client of the server, without a token.
        calendar: The calendar that is written to.
        environment: Where it is.
        token: Sent with every request, if there is one.
    """

    http: httpx.Client
    calendar: Calendar
    environment: Environment
    token: str | None = None

    names: ClassVar[Mapping[str, str]] = {}
    created: ClassVar[int] = 201
    limited: ClassVar[int] = 429

    @property
    def prefix(self) -> str:
        """Where the family's paths begin."""
        raise NotImplementedError

    def write(self, fields: Fields, *, key: str | None = None) -> httpx.Response:
        """Make an event."""
        raise NotImplementedError

    def change(self, event: Fields, fields: Fields, *, key: str | None = None) -> httpx.Response:
        """Change an event."""
        raise NotImplementedError

    def call_off(self, event: Fields) -> httpx.Response:
        """Cancel an event."""
        raise NotImplementedError

    def read(self, event_id: Any) -> httpx.Response:
        """Read an event."""
        raise NotImplementedError

    def listed(self, start: str, end: str) -> list[Any]:
        """Return the events between two dates."""
        raise NotImplementedError

    def told(self, answer: httpx.Response) -> Any:
        """Return the event that an answer is about."""
        raise NotImplementedError

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request below the family's prefix."""
        headers = {**self._authorization(), **more.pop("headers", {})}
        return self.http.request(method, f"{self.prefix}{path}", headers=headers, **more)

    def spelled(self, fields: Fields) -> dict[str, Any]:
        """Return fields in the family's names."""
        return {self.names.get(name, name): value for name, value in fields.items()}

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _retried(self, key: str | None) -> dict[str, str]:
        return {"Idempotency-Key": key} if key else {}


class TalkoverDialect(Dialect):
    names: ClassVar = {"start": "start_at", "end": "end_at"}

    @property
    def prefix(self) -> str:
        return "/api/v1"

    @property
    def _events(self) -> str:
        return f"/calendars/{uuid(Kind.CALENDAR, self.calendar.id)}/events"

    def write(self, fields, *, key=None):
        return self.ask("POST", self._events, json=self.spelled(fields), headers=self._retried(key))

    def change(self, event, fields, *, key=None):
        path = f"{self._events}/{event['id']}"
        return self.ask("PUT", path, json=self.spelled(fields), headers=self._retried(key))

    def call_off(self, event):
        return self.change(event, {"status": "cancelled"})

    def read(self, event_id):
        return self.ask("GET", f"{self._events}/{event_id}")

    def listed(self, start, end):
        params = {"from": start, "to": end, "status": "confirmed"}
        return self.ask("GET", self._events, params=params).json()["data"]

    def told(self, answer):
        return answer.json()["data"]


class WorkspaceDialect(Dialect):
    names: ClassVar = {"start": "startTime", "end": "endTime", "all_day": "allDay"}
    created: ClassVar = 200

    @property
    def prefix(self) -> str:
        return f"/api/v2/w/{uuid(Kind.ENVIRONMENT, self.environment.id)}"

    def write(self, fields, *, key=None):
        body = {"calendarId": self.calendar.id, **self.spelled(fields)}
        return self.ask("POST", "/calendar-events", json=body, headers=self._retried(key))

    def change(self, event, fields, *, key=None):
        path = f"/calendar-events/{event['id']}"
        return self.ask("PUT", path, json=self.spelled(fields), headers=self._retried(key))

    def call_off(self, event):
        return self.ask("POST", f"/calendar-events/{event['id']}/cancel")

    def read(self, event_id):
        return self.ask("GET", f"/calendar-events/{event_id}")

    def listed(self, start, end):
        params = {"startDate": start, "endDate": end, "status": "confirmed"}
        return self.ask("GET", "/calendar-events", params=params).json()["items"]

    def told(self, answer):
        return answer.json()


class TimekitDialect(Dialect):
    names: ClassVar = {"title": "what"}
    limited: ClassVar = 503

    @property
    def prefix(self) -> str:
        return "/v2"

    def write(self, fields, *, key=None):
        body = {
            "calendar_id": uuid(Kind.CALENDAR, self.calendar.id),
            "where": "Room 3",
            "sync_provider": True,
            **self.spelled(fields),
        }
        return self.ask("POST", "/events", json=body, headers=self._retried(key))

    def change(self, event, fields, *, key=None):
        path = f"/events/{event['id']}"
        return self.ask("PUT", path, json=self.spelled(fields), headers=self._retried(key))

    def call_off(self, event):
        return self.ask("DELETE", f"/events/{event['id']}")

    def read(self, event_id):
        return self.ask("GET", f"/events/{event_id}")

    def listed(self, start, end):
        return self.ask("GET", "/events", params={"start": start, "end": end}).json()["data"]

    def told(self, answer):
        return answer.json()["data"]


DIALECTS = {
    "talkover": TalkoverDialect,
    "workspace": WorkspaceDialect,
    "timekit": TimekitDialect,
}
