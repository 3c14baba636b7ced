"""Tool calls through hosted backends, against the bare HTTP requests that they send."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from bench.measure import Figure, by_turns
from bench.servers import OURS, database, listening, settings
from bench.tool_calls import DAY, NOW, fifty_events
from sched_agent.bootstrap import Program
from sched_agent.model.event import EventFilter
from sched_agent.services import events
from sched_agent.services.environments import local_admin
from sched_agent.speech.language import Language
from sched_agent.tools.catalog import all_tools
from tests.hosting import FAMILIES, Exchange, Keys, data, exchanges

Act = Callable[[], object]

FREE = f"{DAY}T11:30"  # for an hour, between two of the fifty events
TITLE = "Demo"


def figures(folder: Path) -> Iterator[Figure]:
    """Measure each backend against a server of its own."""
    for backend in FAMILIES:
        environ = settings(folder / f"{backend}.db", NOW)
        fifty_events(environ)
        with closing(database(environ)) as vendor:
            keys = Keys.to(vendor)
            with listening([OURS, "serve", "--port"], environ) as port:
                there = keys.settings(backend, f"http://127.0.0.1:{port}")
                own = settings(folder / f"{backend}-own.db", NOW)
                with closing(database(own | there)) as program:
                    yield from _of(program, vendor)


def _of(program: Program, vendor: Program) -> Iterator[Figure]:
    backend = program.settings.backend

    def ask() -> None:
        told = _call(program, "check_availability", when=DAY.isoformat())
        assert len(told["slots"]) == 3

    def book() -> None:
        made = _call(program, "create_event", title=TITLE, start_at=FREE)
        _call(program, "cancel_event", event_id=made["event"]["id"])

    def tidy() -> None:
        _delete_cancelled(vendor)

    for what, ours in (("check_availability", ask), ("create_event + cancel_event", book)):
        bare = Bare(_sent_by(ours))
        name = f"{what} through {backend}, against bare HTTP ({_requests(bare)})"
        with closing(bare):
            turns = by_turns(ours, bare.send, turns=30, calls=4, tidy=tidy)
        yield turns.figure(name, bound=1.5)


class Bare:
    """Sends again, without us, what was sent."""

    def __init__(self, sent: Sequence[Exchange]) -> None:
        self.requests = [
            (one.request.method, str(one.request.url), json.loads(one.request.content or "null"))
            for one in sent
        ]
        self._first_ids = [_id_in(one.response) for one in sent]
        token = sent[0].request.headers["Authorization"]
        self._client = httpx.Client(headers={"Authorization": token})

    def send(self) -> None:
        """Send the requests, each about the events that the ones before it made."""
        ids: dict[str, str] = {}
        for (method, url, body), first_id in zip(self.requests, self._first_ids, strict=True):
            for old, new in ids.items():
                url = url.replace(old, new)
            response = self._client.request(method, url, json=body).raise_for_status()
            if method == "POST":
                ids[first_id] = _id_in(response)
            elif response.content:
                response.json()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def _requests(bare: Bare) -> str:
    number = len(bare.requests)
    return f"{number} request{'s' if number > 1 else ''}"


def _sent_by(act: Act) -> Sequence[Exchange]:
    """Return what an act sends once everything is known that is kept in mind."""
    act()
    with exchanges() as sent:
        act()
    return sent


def _id_in(response: httpx.Response) -> str:
    """Return the id of what a response is about, if that is one thing."""
    told = data(response)
    return str(told.get("id", "")) if isinstance(told, dict) else ""


def _call(program: Program, tool: str, **arguments: object) -> dict[str, Any]:
    caller = local_admin(program.environment)
    answer = all_tools()[tool].call(program.backend, caller, arguments, language=Language.EN)
    return answer.data.model_dump()


def _delete_cancelled(vendor: Program) -> None:
    """Delete what the turn before has left on the calendar, so that its list does not grow."""
    caller = local_admin(vendor.environment)
    (calendar,) = vendor.backend.calendars(caller, limit=2).items
    wanted = EventFilter(calendar_ids=(calendar.id,), query=TITLE)
    for event in events.find_all(vendor.app, caller, wanted, 1_000).items:
        events.delete(vendor.app, caller, event.id)
