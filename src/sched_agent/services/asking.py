"""Booking on a connected calendar: its provider is asked before the time is given away.

No provider is called inside a transaction. The first try finds out that one has to be asked, and
ends; the time is claimed with a hold, the provider is asked, and the next try books in place of
the hold. A crash in between leaves a hold that runs out by itself. To callers a claim is no event:
it takes its time, and nobody else sees it or changes it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TypeVar

from sched_agent.app import App
from sched_agent.deadline import within
from sched_agent.errors import CalendarUnreachable, SchedAgentError, SlotTaken
from sched_agent.model.calendar import Calendar, DoubleBooking
from sched_agent.model.caller import Caller
from sched_agent.model.connection import Connection, WhenUnknown
from sched_agent.model.event import CLAIM, Event, SyncState
from sched_agent.model.ids import Number
from sched_agent.model.interval import SECOND, Interval
from sched_agent.model.remote import uid_of
from sched_agent.model.status import Status
from sched_agent.services.availability import Wanted
from sched_agent.store.base import Transaction
from sched_agent.sync import following
from sched_agent.sync.access import opened
from sched_agent.sync.push import unpushed

AnswerT = TypeVar("AnswerT")

_SPARE_SECONDS = 10
"""How much longer than the provider may take a claim lasts."""

_MOST_ROUNDS = 4


class _MustAsk(Exception):
    """Providers have to be asked about a time before it is booked."""

    def __init__(self, calendars: Sequence[Calendar], event: Event) -> None:
        super().__init__()
        self.calendars = calendars
        self.event = event


@dataclass(slots=True)
class Inquiry:
    """What providers say about the time that a request wants.

    Args:
        app: The program.
        caller: Who asks.
        request_id: Names the request, if it has a name.
        wanted: Learns what a provider says is taken.
    """

    app: App
    caller: Caller
    request_id: str | None
    wanted: Wanted
    _asked: dict[Number, Interval] = field(default_factory=dict)
    _unknown: bool = False
    _claims: list[Event] = field(default_factory=list)
    _made_way: bool = False
    _claimed_on: Sequence[Number] = ()
    _give_up: float | None = None

    def settled(self, attempt: Callable[[], AnswerT]) -> AnswerT:
        """Return what an attempt comes to once the providers that it depends on were asked.

        Raises:
            SlotTaken: A provider says that the time is taken.
            CalendarUnreachable: One can't be asked, and its owner wants no booking then.
        """
        try:
            for _ in range(_MOST_ROUNDS):
                self._made_way = False
                try:
                    answer = attempt()
                except _MustAsk as need:
                    self._release()
                    if self._claim(need):
                        self._ask(need)
                except SlotTaken:
                    if not self._forget_earlier():
                        raise
                else:
                    if self._made_way:
                        self._claims.clear()
                    return answer
            raise CalendarUnreachable("The calendar's connections keep changing.")
        finally:
            self._release()

    def admit(
        self, tx: Transaction, calendars: Sequence[Calendar], event: Event, now: int
    ) -> Event:
        """Let a time pass that providers were asked about, or that no provider has a say in.

        Returns:
            The event; tentative, if one could not be asked and its owner wants that then.
        """
        strict = sorted(
            (one for one in calendars if one.policy.double_booking is DoubleBooking.REFUSE),
            key=lambda one: one.id,  # in which order everybody locks them
        )
        for calendar in strict:
            for connection in tx.connections(calendar.id):
                if self._must_ask(connection, event, now):
                    raise _MustAsk(strict, event)
        if self._unknown and event.status is Status.CONFIRMED:
            return replace(event, status=Status.TENTATIVE, sync=SyncState.UNSEEN)
        if event.sync is SyncState.UNSEEN and event.status is Status.CONFIRMED:
            return replace(event, sync=SyncState.PENDING)  # now it was asked about
        return event

    def make_way(self, tx: Transaction, calendars: Sequence[Calendar]) -> None:
        """Take our own claims away, in the transaction that books in their place.

        Args:
            tx: The transaction.
            calendars: On which the request wants time; they are locked.
        """
        for claim in self._claims:
            tx.delete_event(claim)
        self._made_way = True
        self._claimed_on = sorted(calendar.id for calendar in calendars)

    def _must_ask(self, connection: Connection, event: Event, now: int) -> bool:
        if not connection.counts or self._asked.get(connection.id) == event.interval:
            return False
        if not connection.is_known(now) or connection.last_sync_at is None:
            return True
        if connection.known_until is None or connection.known_until < event.interval.end:
            return True
        return now - connection.last_sync_at >= connection.policy.recheck_seconds * SECOND

    def _claim(self, need: _MustAsk) -> bool:
        """Hold the time on all calendars, so that nobody here gets it while we ask.

        False: somebody came first, and the next try tells more.
        """
        now = self.app.clock()
        until = now + round((self.app.outside.seconds + _SPARE_SECONDS) * SECOND)
        event = need.event
        with self.app.store.transaction(self.caller.environment_id) as tx:
            for calendar in need.calendars:
                tx.lock_calendar(calendar.id)
                self._forget(tx, calendar.id)
            if any(tx.taken(one.id, event.interval, now, event.id) for one in need.calendars):
                return False
            claims = [_held(event, calendar, self._name, until, now) for calendar in need.calendars]
            self._claims = [tx.add_event(claim) for claim in claims]
            return True

    @property
    def _name(self) -> str:
        """Whose claims ours are: those of the same request, whenever it comes."""
        return f"{CLAIM}{self.caller.name}" + (f" {self.request_id}" if self.request_id else "")

    def _forget_earlier(self) -> bool:
        """Take claims away that the same request made before; whether there were any.

        It was cut short by a crash, or comes twice at once: then only one of both books.
        """
        if self.request_id is None:
            return False
        with self.app.store.snapshot(self.caller.environment_id) as reader:
            if not any(reader.held(number, self._name) for number in self._claimed_on):
                return False
        with self.app.store.transaction(self.caller.environment_id) as tx:
            for calendar_id in self._claimed_on:
                tx.lock_calendar(calendar_id)
            forgotten = [self._forget(tx, calendar_id) for calendar_id in self._claimed_on]
            return any(forgotten)

    def _forget(self, tx: Transaction, calendar_id: Number) -> bool:
        if self.request_id is None:
            return False
        earlier = tx.held(calendar_id, self._name)
        for claim in earlier:
            tx.delete_event(claim)
        return bool(earlier)

    def _release(self) -> None:
        """Take our claims away; if that can't be done now, they run out."""
        claims, self._claims = self._claims, []
        if not claims:
            return
        with (
            suppress(SchedAgentError),
            self.app.store.transaction(self.caller.environment_id) as tx,
        ):
            for claim in claims:
                tx.lock_calendar(claim.calendar_id)
                tx.delete_event(claim)

    def _ask(self, need: _MustAsk) -> None:
        if self._give_up is None:
            self._give_up = monotonic() + self.app.outside.seconds
        for calendar in need.calendars:
            with self.app.store.snapshot(self.caller.environment_id) as tx:
                connections = tx.connections(calendar.id)
            for connection in connections:
                if self._must_ask(connection, need.event, self.app.clock()):
                    self._ask_one(connection, calendar, need.event, self._give_up - monotonic())
                    self._asked[connection.id] = need.event.interval

    def _ask_one(
        self, connection: Connection, calendar: Calendar, event: Event, seconds: float
    ) -> None:
        try:
            taken = self._taken(connection, calendar, event, seconds)
        except SchedAgentError as error:
            holds = connection.writable and connection.policy.when_unknown is WhenUnknown.HOLD
            if not holds:
                raise _unreachable(connection, error) from error
            self._unknown = True
            return
        if taken:
            self.wanted.outside = taken
            self._look_again(connection)
            raise SlotTaken(f"{connection.provider} has another event at that time.")

    def _taken(
        self, connection: Connection, calendar: Calendar, event: Event, seconds: float
    ) -> Sequence[Interval]:
        if seconds <= 0:
            raise CalendarUnreachable("The provider could not be asked in time.")
        environment_id = self.caller.environment_id
        with self.app.store.snapshot(environment_id) as tx:
            own = unpushed(tx, environment_id, connection.id)
            if event.id:
                own |= {uid_of(environment_id, event.id)}
                own |= {link.key for link in tx.links_of(event.id)}
        around = event.interval.padded(calendar.policy.gap)
        with (
            within(seconds),  # all in all, however many requests one answer takes
            opened(self.app, environment_id, connection.id, seconds=seconds) as provider,
        ):
            busy = provider.busy(connection.remote_calendar or "", around, own)
        return [one for one in busy if one.start < around.end and around.start < one.end]

    def _look_again(self, connection: Connection) -> None:
        """Have the provider's calendar read soon: it has something that is not known here."""
        with self.app.store.transaction(self.caller.environment_id) as tx:
            following.queue_sync(tx, connection, self.app.clock())


def _held(event: Event, calendar: Calendar, name: str, until: int, now: int) -> Event:
    """Return the hold that claims an event's time."""
    return replace(
        event,
        id=0,
        calendar_id=calendar.id,
        status=Status.TENTATIVE,
        hold_expires_at=until,
        held_by=name,
        exclusive=False,  # it may overlap the very event that is moved or confirmed
        transparent=False,
        days=None,
        sync=None,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _unreachable(connection: Connection, error: SchedAgentError) -> SchedAgentError:
    """Return why nothing can be booked while a provider can't be asked."""
    if isinstance(error, CalendarUnreachable):
        return CalendarUnreachable(
            f"{connection.provider}, which the calendar is connected to, can't be asked now."
        )
    return error
