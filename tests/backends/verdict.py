"""Holds what agents were told by hosted backends against what is at the vendor in the end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from sched_agent.errors import Conflict, all_errors
from tests.backends.tortured import UNDONE, is_open
from tests.faults.history import Request
from tests.faults.journal import Act, Kind, Seen
from tests.faults.violation import Violation

_CODES = {kind.code for kind in all_errors() if issubclass(kind, Conflict)}
_CODES |= UNDONE | {"outcome_unknown"}

_Place = tuple[int, int] | None
"""A calendar and a start; None: nowhere."""


def check(requests: Iterable[Request], there: Sequence[Seen]) -> list[Violation]:
    """Return everything in which the backends did not keep their word.

    Args:
        requests: Of all agents, in the order in which each of them asked.
        there: Every event at the vendor, also the cancelled ones.
    """
    asked = list(requests)
    return [
        *_booked_twice(there),
        *_acted_twice(there),
        *_misplaced(asked, there),
        *_made_by_nobody(asked, there),
        *_wrong_answers(asked),
    ]


def _alive(there: Iterable[Seen]) -> list[Seen]:
    return [event for event in there if event.status != "cancelled"]


def _booked_twice(there: Sequence[Seen]) -> Iterator[Violation]:
    live = sorted(_alive(there), key=lambda event: (event.calendar, event.start))
    for one, other in pairwise(live):
        if one.calendar == other.calendar and other.start < one.end:
            told = f"{one.title} and {other.title} are at the same time"
            yield Violation("double booking", told, ("the vendor",))


def _acted_twice(there: Sequence[Seen]) -> Iterator[Violation]:
    titles = sorted(event.title for event in _alive(there))
    for title, following in pairwise(titles):
        if title == following:
            yield Violation("acted twice", f"{title} made two events", ("the vendor",))


def _misplaced(requests: Sequence[Request], there: Sequence[Seen]) -> Iterator[Violation]:
    """What is not where its agent was told."""
    places: dict[str, _Place] = {
        event.title: (event.calendar, event.start) for event in _alive(there)
    }
    for booking in requests:
        if booking.act.kind is not Kind.BOOK:
            continue
        changes = [one for one in requests if one.act.event in _ids(booking)]
        title = str(booking.act.request_id)
        possible = _possible_places(booking, changes)
        if places.get(title) not in possible:
            story = ", ".join(_told(request) for request in (booking, *changes))
            told = f"{title} is at {places.get(title)}, not at {possible} ({story})"
            where = [line for request in (booking, *changes) for line in request.where]
            yield Violation("not as acknowledged", told, tuple(where))


def _told(request: Request) -> str:
    codes = (attempt.answer.code or attempt.answer.outcome for attempt in request.attempts)
    return f"{request.act.kind} to {_place(request.act)}: {' then '.join(codes)}"


def _ids(booking: Request) -> set[int]:
    return {event.id for attempt in booking.acknowledged for event in attempt.answer.events}


def _possible_places(booking: Request, changes: Sequence[Request]) -> set[_Place]:
    places: set[_Place] = {None}
    for request in (booking, *changes):
        if request.acknowledged:
            places = {_place(request.act)}
        elif is_open(request):
            places |= {_place(request.act)}
    return places


def _place(act: Act) -> _Place:
    return None if act.start is None else (act.calendar, act.start)


def _made_by_nobody(requests: Sequence[Request], there: Sequence[Seen]) -> Iterator[Violation]:
    asked: Mapping[str | None, Request] = {one.act.request_id: one for one in requests}
    for event in there:
        if event.title not in asked:
            yield Violation("made by nobody", event.title, ("the vendor",))


def _wrong_answers(requests: Sequence[Request]) -> Iterator[Violation]:
    """Answers that no agent may get, and two answers to one request."""
    for request in requests:
        for attempt in request.attempts:
            code = attempt.answer.code
            if code is not None and code not in _CODES:
                told = f"{request.act.kind} was answered by {code}"
                yield Violation("unexpected answer", told, (attempt.where,))
        answers = {attempt.answer.events for attempt in request.acknowledged}
        if len(answers) > 1:
            told = f"{request.act.request_id} was repeated and got another answer"
            yield Violation("acted twice", told, request.where)
