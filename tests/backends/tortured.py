"""An agent that asks a hosted backend for random things, and knows what it was told."""

import random
import time
from collections.abc import Iterator, Sequence

from sched_agent.bootstrap import Program
from sched_agent.errors import OutcomeUnknown, SchedAgentError
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.services.availability import Question
from sched_agent.services.environments import local_admin
from tests.faults.history import Request
from tests.faults.journal import Act, Answer, Attempt, Kind, Outcome, Seen
from tests.faults.seeing import seen
from tests.faults.violation import Violation

LENGTH = 30 * MINUTE
_WEIGHTS = {Kind.BOOK: 50, Kind.MOVE: 20, Kind.CANCEL: 15, Kind.LOOK: 15}
_REPEATED = 0.4
"""How often an agent asks again for what is unknown, before it does something else."""
_TRIES = 6


class Agent:
    """One of several, each with events of its own.

    Args:
        name: Its own.
        seed: Of its dice.
        program: What has the backend.
        calendars: Those that all agents book on.
        starts: Where events may begin: few, so that there is strife.
    """

    def __init__(
        self,
        name: str,
        seed: str,
        program: Program,
        calendars: Sequence[int],
        starts: Sequence[int],
    ) -> None:
        self._name, self._dice, self._program = name, random.Random(seed), program
        self._calendars, self._starts = calendars, starts
        self._caller = local_admin(program.environment)
        self._own: dict[int, Seen] = {}
        self._open: dict[str, Act] = {}
        self.requests: dict[str, Request] = {}
        self.violations: list[Violation] = []
        self._count = 0

    def live(self, acts: int) -> None:
        """Act so many times."""
        while self._count < acts:
            self._count += 1
            if self._open and self._dice.random() < _REPEATED:
                self._ask(self._dice.choice(list(self._open.values())))
            else:
                self._ask(self._next())

    def settle(self) -> None:
        """Ask again for everything that is unknown, until it is known."""
        for _ in range(_TRIES):
            for act in list(self._open.values()):
                self._ask(act)

    def _next(self) -> Act:
        kind = self._dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        start = self._dice.choice(self._starts)
        if kind in {Kind.MOVE, Kind.CANCEL} and self._own:
            event = self._dice.choice(list(self._own.values()))
            return Act(
                kind=kind,
                calendar=event.calendar,
                event=event.id,
                request_id=self._new_name(),
                start=start if kind is Kind.MOVE else None,
            )
        calendar = self._dice.choice(self._calendars)
        if kind is Kind.LOOK:
            return Act(kind=kind, calendar=calendar)
        return Act(
            kind=Kind.BOOK,
            calendar=calendar,
            request_id=self._new_name(),
            start=start,
            end=start + LENGTH,
        )

    def _new_name(self) -> str:
        return f"{self._name}-{self._count}"

    def _ask(self, act: Act) -> None:
        asked = _now()
        try:
            answer = Answer(outcome=Outcome.ACKNOWLEDGED, events=tuple(self._do(act)))
        except OutcomeUnknown as error:
            answer = Answer(outcome=Outcome.LOST, code=error.code)
        except SchedAgentError as error:
            answer = Answer(outcome=Outcome.REFUSED, code=error.code)
        except Exception as error:  # noqa: BLE001  # told as a violation
            answer = Answer(outcome=Outcome.REFUSED, code=f"{type(error).__name__}: {error}")
        attempt = Attempt(
            where=f"{self._name}:{self._count}",
            door="backend",
            act=act,
            asked=asked,
            told=_now(),
            answer=answer,
        )
        if act.request_id is not None:
            request = self.requests.setdefault(act.request_id, Request(act))
            request.attempts.append(attempt)
            self._remember(request)

    def _remember(self, request: Request) -> None:
        """Keep in mind which events are surely there, and which acts are open."""
        act, answer = request.act, request.attempts[-1].answer
        assert act.request_id is not None
        if answer.outcome is Outcome.ACKNOWLEDGED:
            self._open.pop(act.request_id, None)
            (event,) = answer.events
            self._own.pop(event.id, None)
            if event.status != "cancelled":
                self._own[event.id] = event
        elif is_open(request):
            self._open[act.request_id] = act
            self._own.pop(act.event or 0, None)
        else:
            self._open.pop(act.request_id, None)

    def _do(self, act: Act) -> Iterator[Seen]:
        backend, event_id = self._program.backend, act.event or 0
        if act.kind is Kind.LOOK:
            self._look(act)
        elif act.kind is Kind.BOOK:
            assert act.start is not None
            assert act.request_id is not None
            draft = Draft(title=act.request_id, interval=Interval(act.start, act.start + LENGTH))
            yield seen(backend.book(self._caller, act.calendar, draft, request_id=act.request_id))
        elif act.kind is Kind.MOVE:
            change = Change(start=act.start)
            yield seen(
                backend.revise(
                    self._caller, event_id, change, if_version=None, request_id=act.request_id
                ).event
            )
        else:
            yield seen(
                backend.cancel(
                    self._caller,
                    event_id,
                    reason=None,
                    if_version=None,
                    request_id=act.request_id,
                ).event
            )

    def _look(self, act: Act) -> None:
        """Look at what is free and what is there, and compare both with what is surely there."""
        within = Interval(self._starts[0], self._starts[-1] + LENGTH)
        own = [event for event in self._own.values() if event.calendar == act.calendar]
        question = Question(calendar_ids=(act.calendar,), within=within, length=LENGTH)
        for slot in self._program.backend.free(self._caller, question).slots:
            for event in own:
                if event.start < slot.interval.end and slot.interval.start < event.end:
                    self._violated("offered taken time", event)
        listed = {event.id: event for event in self._listed(act.calendar, within)}
        for event in own:
            there = listed.get(event.id)
            if there is None or there.interval != (event.start, event.end):
                self._violated("missing from a listing", event)

    def _listed(self, calendar: int, within: Interval) -> Sequence[Event]:
        wanted = EventFilter(
            calendar_ids=(calendar,), starts_from=within.start, ends_until=within.end
        )
        return self._program.backend.events(self._caller, wanted, 1000).items

    def _violated(self, rule: str, event: Seen) -> None:
        self.violations.append(Violation(rule, event.title, (f"{self._name}:{self._count}",)))


def is_open(request: Request) -> bool:
    """Whether nobody knows if a request was done.

    The last answer says so, where it is one. That something could not be done now says nothing of
    the tries before.
    """
    if any(attempt.acknowledged for attempt in request.attempts):
        return False
    last = request.attempts[-1].answer
    if last.outcome is Outcome.LOST:
        return True
    lost = any(attempt.answer.outcome is Outcome.LOST for attempt in request.attempts)
    return lost and last.code in UNDONE


UNDONE = frozenset({"calendar_unreachable", "provider_rejected", "rate_limited"})
"""What says that something was not done, this time."""


def _now() -> int:
    return time.monotonic_ns() // 1000
