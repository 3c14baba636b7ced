"""The way to the product without a wire: its services, in the process of the agent.

Whoever kills the agent kills the product amid what it does.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sched_agent.bootstrap import open_program
from sched_agent.clock import Clock
from sched_agent.errors import SchedAgentError
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.event import Change, Draft, Event, EventFilter
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from tests.faults.doors import refused
from tests.faults.journal import BOOKINGS, Act, Answer, Kind, Outcome
from tests.faults.seeing import seen

_MOST = 100


class Services:
    """See `doors.Door`."""

    name = "services"

    def __init__(self, clock: Clock) -> None:
        self._program = open_program(Settings.read(os.environ))
        self._app = replace(self._program.app, clock=clock)
        self._caller = local_admin(self._program.environment)

    def ask(self, act: Act) -> Answer:
        """See `Door`."""
        try:
            found = self._asked(act)
        except SchedAgentError as error:
            return refused(error.code)
        return Answer(outcome=Outcome.ACKNOWLEDGED, events=tuple(map(seen, found)))

    def close(self) -> None:
        """See `Door`."""
        self._program.close()

    def _asked(self, act: Act) -> list[Event]:
        app, caller, name = self._app, self._caller, act.request_id
        if act.kind in BOOKINGS:
            draft = _draft(act)
            return [
                events.book(app, caller, act.calendar, draft, check=Check.FULL, request_id=name)
            ]
        if act.kind is Kind.LOOK:
            wanted = EventFilter(
                calendar_ids=(act.calendar,), starts_from=act.start, ends_until=act.end
            )
            return list(events.find_all(app, caller, wanted, _MOST).items)
        number = act.event or 0
        if act.kind is Kind.READ:
            return [events.get(app, caller, number)[1]]
        if act.kind is Kind.CANCEL:
            return [events.cancel(app, caller, number, request_id=name).event]
        if act.kind is Kind.DELETE:
            events.delete(app, caller, number, request_id=name)
            return []
        if act.kind is Kind.RESPOND:
            response = Response(act.response or "")
            return [events.respond(app, caller, number, act.guests[0], response, request_id=name)]
        fields: Mapping[str, Any] = {"description": act.request_id}
        if act.kind is Kind.CONFIRM:
            fields = {**fields, "status": Status.CONFIRMED}
        change = Change(fields=fields, start=act.start)
        revised = events.revise(
            app,
            caller,
            number,
            change,
            check=Check.FULL,
            if_version=act.if_version,
            request_id=name,
        )
        return [revised.event]


def _draft(act: Act) -> Draft:
    assert act.start is not None
    assert act.end is not None
    held = act.kind is Kind.HOLD
    return Draft(
        title=act.request_id or "",
        interval=Interval(act.start, act.end),
        status=Status.TENTATIVE if held else Status.CONFIRMED,
        attendees=tuple(Attendee(name=None, email=guest) for guest in act.guests),
        hold_seconds=(act.hold_minutes or 0) * MINUTE // 1_000_000 if held else None,
    )
