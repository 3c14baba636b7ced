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
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import TypeVar

from sched_agent.backends.vendor import Seen
from sched_agent.errors import OutcomeUnknown, RequestIdReused, SchedAgentError
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import Draft, EventFilter
from sched_agent.model.ids import Kind, Number, code
from sched_agent.model.interval import SECOND, Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.model.zone import FIRST_INSTANT, LAST_INSTANT
from sched_agent.services import calendars, environments, events
from sched_agent.services.app import App
from sched_agent.services.retries import fingerprint, remembered, replayed
from sched_agent.store.base import Remembered, RequestKey

log = logging.getLogger("sched_agent")

AnswerT = TypeVar("AnswerT")

CLAIM_SECONDS = 120
"""How long a claim lasts of which nobody says how it ended: longer than any write may take."""

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
    def hold(self, calendar: Calendar, interval: Interval, attempt: Attempt) -> Iterator[None]:
        """Keep everybody else off a time while something is written there.

        The claim stays, until it ends by itself, if nobody knows how the writing ended; then it is
        in nobody's way but that of other requests.

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
        claim = events.book(self._app, self._caller, stand_in, draft, check=Check.CONFLICTS)
        try:
            yield
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
        mark = _new_mark()
        until = monotonic() + self._settle_seconds
        while True:
            if before := self._recall(key):
                return replayed(before, printed, answer_type)
            earlier = self._begin(begun, printed, mark)
            if earlier is None or self._is_settled(earlier) or monotonic() > until:
                break
            sleep(_PAUSE_SECONDS)  # another process may be at it: its answer is ours, too
        try:
            mark = mark if earlier is None else str(earlier.answer["mark"])
            answer = act(Attempt(mark, again=earlier is not None))
        except OutcomeUnknown:
            raise  # that it was begun stays known
        except SchedAgentError:
            self._unclaim(begun)
            raise
        self._remember(key, remembered(answer, printed, answer_type))
        return answer

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

    def _begin(self, begun: RequestKey, printed: str, mark: str) -> Remembered | None:
        """Write down that a request is begun, or return what was written down when it was."""
        now = self._app.clock()
        with self._app.store.transaction(self._caller.environment_id) as tx:
            earlier = tx.claim(begun)
            if earlier is None:
                tx.remember(begun, Remembered(printed, {"at": now, "mark": mark}), now)
                return None
        if earlier.fingerprint != printed:
            raise RequestIdReused("That request_id was used for another request before.")
        return earlier

    def _is_settled(self, earlier: Remembered) -> bool:
        at = earlier.answer["at"]
        assert isinstance(at, int)  # noqa: S101  # written above
        return self._app.clock() - at > self._settle_seconds * SECOND

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
