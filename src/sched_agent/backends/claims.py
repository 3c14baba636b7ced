"""What agents that share a database agree on before one of them writes to a hosted calendar.

A claim is a hold in our own store, on a calendar of its own that stands for the hosted one: so it
is exclusive by the same engine, across threads, processes and machines, and ends by itself when
whoever made it is gone. Requests are remembered in the same store: that they were begun, before
anything is sent, and what they were answered.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic, sleep
from typing import TypeVar

from sched_agent.app import App
from sched_agent.backends.vendor import Seen
from sched_agent.errors import (
    CalendarUnreachable,
    OutcomeUnknown,
    RateLimited,
    RequestIdReused,
    SchedAgentError,
    SlotTaken,
    Unavailable,
)
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import Draft, Event, EventFilter
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.interval import SECOND, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT
from sched_agent.services import calendars, environments, events
from sched_agent.services.retries import fingerprint, remembered, replayed
from sched_agent.store.base import Remembered, RequestKey

log = logging.getLogger("sched_agent")

AnswerT = TypeVar("AnswerT")

CLAIM_SECONDS = 300
"""How long a claim lasts of which nobody says how it ended: longer than any write may take."""

_SEND_BY_SECONDS = 60.0
"""How long after its begin a write may be sent, so that the claim outlasts whatever comes of it."""

_PATIENCE_SECONDS = 2.0
"""How long to wait for a claim on a time that is one's own already."""

ON_ITS_WAY_SECONDS = 2.0
"""How long a request may still be on its way to the vendor when its sender has given up."""

_PAUSE_SECONDS = 0.1
_NO_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to do what was asked.

    Args:
        mark: What the event that it makes is found by.
        again: Whether an earlier try may have come through: then it is looked up first.
    """

    mark: str
    again: bool
    send: Callable[[], None] = field(default=lambda: None, compare=False)
    """Called right before something is sent; it refuses if another try has taken over."""


class Claims:
    """The claims and requests of one hosted API, in one environment."""

    def __init__(self, app: App, vendor: str, *, settle_seconds: float) -> None:
        """Keep them in an environment of their own.

        Args:
            app: The program, for its store and clock.
            vendor: Tells one hosted API from another.
            settle_seconds: After how long a request that was sent and not answered has reached the
                vendor, or never will.
        """
        self._app = replace(app, max_holds=_NO_LIMIT)
        self._settle_seconds = settle_seconds
        environment, _ = environments.ensure(self._app, f"claims on {vendor}", "UTC")
        self._caller = Caller(environment_id=environment.id, name="claims", level=Level.ADMIN)
        self._stand_ins: dict[Number, Number] = {}

    @contextmanager
    def hold(
        self, calendar: Calendar, interval: Interval, attempt: Attempt, *, patiently: bool = False
    ) -> Iterator[Callable[[], None]]:
        """Keep everybody else off a time while something is written there.

        The claim stays, until it ends by itself, if nobody knows how the writing ended; then it is
        in nobody's way but that of other requests.

        Args:
            calendar: The hosted calendar.
            interval: The time.
            attempt: What it is for.
            patiently: Whether to wait for somebody who looks at the time just now.

        Yields:
            What is called before something is sent: it refuses if it is too late for that.

        Raises:
            SlotTaken: Somebody else is writing there.
        """
        stand_in = self._stand_in(calendar)
        # longer by the buffer between events, at one end: so it is kept between any two
        claimed = Interval(interval.start, interval.end + calendar.policy.gap)
        draft = Draft(
            title=attempt.mark,
            interval=claimed,
            status=Status.TENTATIVE,
            hold_seconds=CLAIM_SECONDS,
        )
        if attempt.again:
            self._release_earlier(stand_in, claimed, attempt.mark)
        claim = self._claim(stand_in, draft, _PATIENCE_SECONDS if patiently else 0.0)
        send_by = monotonic() + _SEND_BY_SECONDS

        def in_time() -> None:
            if monotonic() > send_by:
                raise CalendarUnreachable("The hosted calendar is too slow to be booked now.")

        try:
            yield in_time
        except OutcomeUnknown:
            raise
        except BaseException:
            self._release(claim.id)
            raise
        self._release(claim.id)

    def seen_with(self, seen: Seen) -> Seen:
        """Return what was seen of a calendar, with what agents are about to take on it."""
        stand_in = self._stand_in(seen.calendar)
        with self._app.store.snapshot(self._caller.environment_id) as tx:
            claimed = tx.taken(stand_in, Interval(FIRST_INSTANT, LAST_INSTANT), self._app.clock())
        return replace(seen, also=tuple(claimed)) if claimed else seen

    def once(
        self,
        caller: Caller,
        request: tuple[str, str | None, object],
        answer_type: type[AnswerT],
        act: Callable[[Attempt], AnswerT],
    ) -> AnswerT:
        """Do something, or return what it answered when the same request came before.

        Args:
            caller: Who asks; a request id is theirs alone.
            request: The operation, its request_id if there is one, and its arguments.
            answer_type: What `act` returns.
            act: Does it.

        Raises:
            RequestIdReused: The request_id came before with other arguments.
        """
        operation, request_id, arguments = request
        if request_id is None:
            return act(Attempt(_new_mark(), again=False))
        key = RequestKey(f"{caller.environment_id} {caller.name}", operation, request_id)
        begun = key._replace(operation=f"{operation} begun")
        printed = fingerprint(arguments)
        attempt = self._begin(key, begun, printed)
        if isinstance(attempt, Remembered):
            return replayed(attempt, printed, answer_type)
        try:
            answer = act(attempt)
        except OutcomeUnknown:
            raise  # that it was begun stays known
        except SchedAgentError as error:
            if not attempt.again:
                self._unclaim(begun)
            elif isinstance(error, Unavailable | RateLimited):  # the try before may be through
                raise OutcomeUnknown(error.message) from error
            raise
        self._remember(key, remembered(answer, printed, answer_type))
        return answer

    def _begin(self, key: RequestKey, begun: RequestKey, printed: str) -> Attempt | Remembered:
        """Write down that a request is begun; or return its answer, if it has one by then.

        If an earlier try has begun it, that one's answer is waited for; when there has been time
        enough for what it sent to arrive, it is taken over.
        """
        ours = {"mark": _new_mark(), "by": _new_mark(), "at": self._app.clock()}
        known: Remembered | None = None
        until = 0.0
        while True:
            if answered := self._recall(key):
                return answered
            earlier = self._put_begun(begun, Remembered(printed, ours), known, until)
            if earlier is None or earlier.answer["by"] == ours["by"]:
                mark = ours if earlier is None else earlier.answer
                send = partial(self._send, begun, str(ours["by"]))
                return Attempt(str(mark["mark"]), again=earlier is not None, send=send)
            if earlier.fingerprint != printed:
                raise RequestIdReused("That request_id was used for another request before.")
            if known != earlier:  # somebody is at it: wait as long as that may take
                known, until = earlier, monotonic() + self._settle_seconds
                if self._app.clock() - _at(earlier) > self._settle_seconds * SECOND:
                    until = 0.0
                    continue
            sleep(_PAUSE_SECONDS)

    def _put_begun(
        self, begun: RequestKey, ours: Remembered, known: Remembered | None, until: float
    ) -> Remembered | None:
        """Write down that we begin, if nobody has, or that we go on, if who had has had time.

        Returns:
            What is written down of an earlier try, as ours if we go on with it.
        """
        with self._app.store.transaction(self._caller.environment_id) as tx:
            earlier = tx.claim(begun)
            if earlier is None:
                tx.remember(begun, ours, self._app.clock())
                return None
            if earlier != known or monotonic() < until:
                return earlier
            taken = {**earlier.answer, "by": ours.answer["by"], "at": self._app.clock()}
            going_on = Remembered(earlier.fingerprint, taken)
            tx.remember(begun, going_on, self._app.clock())
            return going_on

    def _send(self, begun: RequestKey, by: str) -> None:
        """Let something be sent, as of now, unless another try has taken over."""
        now = self._app.clock()
        with self._app.store.transaction(self._caller.environment_id) as tx:
            row = tx.claim(begun)
            is_ours = row is not None and row.answer["by"] == by
            if row is None:
                tx.unclaim(begun)
            elif is_ours:
                sent = Remembered(row.fingerprint, {**row.answer, "at": now})
                tx.remember(begun, sent, now)
        if not is_ours:
            raise OutcomeUnknown("Another try of the same request is at it.")

    def _claim(self, stand_in: Number, draft: Draft, patience: float) -> Event:
        until = monotonic() + patience
        while True:
            try:
                return events.book(self._app, self._caller, stand_in, draft, check=Check.CONFLICTS)
            except SlotTaken:
                if monotonic() >= until:
                    raise
            sleep(_PAUSE_SECONDS)

    def _stand_in(self, calendar: Calendar) -> Number:
        """Return our calendar that stands for a hosted one, making it if there is none."""
        known = self._stand_ins.get(calendar.id)
        if known is not None:
            return known
        name = code(Kind.CALENDAR, calendar.id)
        page = calendars.find_all(self._app, self._caller, query=name, limit=50)
        found = [one.id for one in page.items if one.name == name]
        if not found:
            made = calendars.create(
                self._app,
                self._caller,
                name=name,
                policy=Policy(availability=Availability.OPEN),
                request_id=name,  # whoever is second gets the first one's
            )
            found = [made.id]
        self._stand_ins[calendar.id] = found[0]
        return found[0]

    def _release_earlier(self, stand_in: Number, claimed: Interval, mark: str) -> None:
        wanted = EventFilter(
            calendar_ids=(stand_in,), starts_from=claimed.start, ends_until=claimed.end
        )
        for claim in events.find_all(self._app, self._caller, wanted, 100).items:
            if claim.title == mark:
                self._release(claim.id)

    def _release(self, claim: Number) -> None:
        try:
            events.delete(self._app, self._caller, claim)
        except SchedAgentError as error:  # it will end by itself
            log.warning("a claim was not released: %s", error.message)

    def _recall(self, key: RequestKey) -> Remembered | None:
        with self._app.store.snapshot(self._caller.environment_id) as tx:
            return tx.recall(key)

    def _unclaim(self, begun: RequestKey) -> None:
        with self._app.store.transaction(self._caller.environment_id) as tx:
            tx.unclaim(begun)

    def _remember(self, key: RequestKey, answer: Remembered) -> None:
        """Keep an answer. If that fails, the next try finds what was done by its mark."""
        try:
            with self._app.store.transaction(self._caller.environment_id) as tx:
                if tx.claim(key) is None:
                    tx.remember(key, answer, self._app.clock())
        except SchedAgentError as error:
            log.warning("an answer was not kept: %s", error.message)


def _new_mark() -> str:
    return secrets.token_hex(8)


def _at(begun: Remembered) -> int:
    at = begun.answer["at"]
    assert isinstance(at, int)  # noqa: S101  # written above
    return at
