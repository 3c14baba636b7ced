"""A backend with a calendar on it, and what the truth is behind it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import pytest

from sched_agent.backends.base import Backend
from sched_agent.bootstrap import Program
from sched_agent.errors import Unsupported
from sched_agent.model.attendee import Attendee
from sched_agent.model.calendar import Availability, Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.event import Change, Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.services.availability import Answer, Match, Question
from sched_agent.services.environments import local_admin
from sched_agent.services.events import Cancelled, Revised
from tests.builders import a_draft, span, weekdays
from tests.vendor import Truth, double_booking_at

NINE = span("09:00", "09:30")
TEN = span("10:00", "10:30")
ELEVEN = span("11:00", "11:30")
MORNING = span("09:00", "12:00")
WEEK = Interval(NINE.start - DAY, NINE.start + 6 * DAY)
ANA = Attendee(name="Ana Souza", email="ana@example.com")
NEVER = 4_711_471_147
"""The number of nothing."""
BO = Attendee(name="Bo Lind", email="bo@example.com")


@dataclass(frozen=True)
class Place:
    """A backend, who asks it, and a look at what is really there.

    Args:
        program: What has the backend.
        truth: Of what the backend tells.
        calendar: One that is open from 9 to 17 on weekdays in New York.
    """

    program: Program
    truth: Truth
    calendar: Calendar

    @classmethod
    def furnished(cls, program: Program, truth: Truth) -> "Place":
        """Return a place with its calendars, made before the program reads which there are."""
        always = {"availability": Availability.OPEN}
        truth.add_calendar("Work", weekdays())
        truth.add_calendar("Other", **always)
        double_booking = double_booking_at(program.settings.backend)
        truth.add_calendar("Lenient", double_booking=double_booking, **always)
        truth.add_calendar("Lisbon", weekdays(), timezone="Europe/Lisbon")
        truth.add_calendar("Sal\u00e3o Norte", **always)
        return cls(program, truth, find_calendar(program, "Work"))

    @property
    def backend(self) -> Backend:
        return self.program.backend

    @property
    def caller(self) -> Caller:
        """Whoever is on this machine."""
        return local_admin(self.program.environment)

    def lacks(self, *abilities: str) -> bool:
        """Whether the backend does not declare all of these."""
        return not self.backend.abilities.issuperset(abilities)

    @contextmanager
    def unless_unsupported(self, *abilities: str) -> Iterator[None]:
        """Do something that needs abilities; without them it must be told so, with a hint."""
        if not self.lacks(*abilities):
            yield
            return
        with pytest.raises(Unsupported) as refusal:
            yield
        assert refusal.value.hint

    @property
    def other(self) -> Calendar:
        """A calendar that is always open."""
        return find_calendar(self.program, "Other")

    @property
    def lenient(self) -> Calendar:
        """A calendar that is always open, and that takes two events at one time if it may."""
        return find_calendar(self.program, "Lenient")

    @property
    def lisbon(self) -> Calendar:
        """A calendar that is open from 9 to 17 on weekdays in Lisbon."""
        return find_calendar(self.program, "Lisbon")

    def book(
        self,
        interval: Interval = NINE,
        *,
        on: Calendar | None = None,
        by: Caller | None = None,
        request_id: str | None = None,
        **more: Any,
    ) -> Event:
        draft = a_draft(interval, **more)
        number = (on or self.calendar).id
        return self.backend.book(by or self.caller, number, draft, request_id=request_id)

    def revise(
        self,
        event: Event,
        *,
        to: Interval | None = None,
        by: Caller | None = None,
        if_version: int | None = None,
        request_id: str | None = None,
        **fields: Any,
    ) -> Revised:
        times = {} if to is None else {"start": to.start, "end": to.end}
        return self.backend.revise(
            by or self.caller,
            event.id,
            Change(fields=fields, **times),
            if_version=if_version,
            request_id=request_id,
        )

    def cancel(
        self,
        event: Event,
        *,
        by: Caller | None = None,
        reason: str | None = None,
        if_version: int | None = None,
        request_id: str | None = None,
    ) -> Cancelled:
        return self.backend.cancel(
            by or self.caller,
            event.id,
            reason=reason,
            if_version=if_version,
            request_id=request_id,
        )

    def get(self, event: Event) -> Event:
        return self.backend.event(self.caller, event.id)[1]

    def list(self, limit: int = 100, **wanted: Any) -> Sequence[Event]:
        chosen = {"calendar_ids": (self.calendar.id,)} | wanted
        return self.backend.events(self.caller, EventFilter(**chosen), limit).items

    def free(
        self,
        within: Interval = MORNING,
        *,
        on: Sequence[Number] | None = None,
        minutes: int = 30,
        match: Match = Match.ANY,
        **more: Any,
    ) -> Answer:
        question = Question(
            calendar_ids=tuple(on or [self.calendar.id]),
            within=within,
            length=minutes * MINUTE,
            match=match,
            **more,
        )
        return self.backend.free(self.caller, question)

    def is_free(self, at: Interval) -> bool:
        """Whether a very time is free."""
        minutes = at.length // MINUTE
        return bool(self.free(at, minutes=minutes, exact=True).slots)

    def there(self, calendar: str = "Work") -> Sequence[tuple[str, Interval]]:
        """Return what really takes time on a calendar."""
        now = self.program.app.clock()
        return [(e.title, e.interval) for e in self.truth.events(calendar) if e.blocks(now)]

    def caller_as(self, **more: Any) -> Caller:
        """Return somebody else."""
        return replace(self.caller, **more)


def find_calendar(program: Program, name: str) -> Calendar:
    """Return the calendar of that name as a program's backend sees it."""
    admin = local_admin(program.environment)
    found = program.backend.calendars(admin, limit=100).items
    return next(calendar for calendar in found if calendar.name == name)


def needs(*abilities: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a test hold where the backend has these abilities; elsewhere it must be told so."""

    def of(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def checked(self: object, **fixtures: Any) -> None:
            with fixtures["place"].unless_unsupported(*abilities):
                test(self, **fixtures)

        return checked

    return of
