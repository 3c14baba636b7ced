"""Writing to hosted calendars without booking a time twice, and without guessing.

A claim keeps away all agents that share our database; the vendor's own events are looked at before
the write and, where the vendor does not refuse overlaps itself, once more after it: what came in
from outside meanwhile wins, and ours is taken back. A write whose answer was lost is looked up by
its mark or its content before anything is repeated, and one that was refused before anybody is
told so: its request may have come twice. What stays unknown is said as such.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import sleep

from sched_agent.backends.claims import Attempt, Claims
from sched_agent.backends.http import Unanswered
from sched_agent.backends.outcomes import (
    MAYBE_REPEATED,
    TRIES,
    done,
    not_taken_back,
    pauses,
    unknown,
    unseen,
)
from sched_agent.backends.reading import Reading
from sched_agent.backends.vendor import Seen, Vendor
from sched_agent.errors import (
    CalendarUnreachable,
    DayFull,
    SchedAgentError,
    SlotTaken,
    Stale,
    UnknownEvent,
)
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Calendar, DoubleBooking
from sched_agent.model.event import BLOCK_TYPE, Event
from sched_agent.model.interval import Interval, subtract
from sched_agent.model.reason import Because, Reason, why
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services.availability import Question, near, offer
from sched_agent.services.events import refusal_of


class _Taken(Exception):
    """A time is taken, as was seen; what is free instead is told when the claim is released."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen


class Writing:
    """Writes to one vendor's calendars. Threads share it."""

    def __init__(self, vendor: Vendor, reading: Reading, claims: Claims) -> None:
        self._vendor = vendor
        self._reading = reading
        self._claims = claims

    def book(self, calendar: Calendar, event: Event, check: Check, attempt: Attempt) -> Event:
        """Make an event, if the check lets it pass.

        Raises:
            Conflict: It does not, or the time was taken from outside meanwhile.
            OutcomeUnknown: Nobody knows whether the event is there, or whether it is alone.
        """
        if attempt.again and (earlier := self._marked(calendar, event, attempt.mark)):
            return earlier
        with self._claimed(calendar, event, check, attempt) as in_time:
            if check is not Check.NONE and not self._vendor.refuses_overlaps:
                seen = self._reading.see_around(calendar, event.interval)
                self._admit(calendar, event, seen, check)
            in_time()
            attempt.send()
            made = self._create(calendar, event, attempt.mark, check)
            if event.claims and not self._vendor.refuses_overlaps:
                made = self._look_back(calendar, made, attempt.mark, check)
        self._reading.know([made])
        return made

    def _marked(self, calendar: Calendar, event: Event, mark: str) -> Event | None:
        """Return the event that an earlier try has made, if it is there, and alone at its time."""
        found = self._reading.see_events_at(calendar, event.interval).marked(mark)
        if not found or not any(one.claims for one in found):
            return found[0] if found else None  # cancelled since: it was made, all the same
        made = next(one for one in found if one.claims)
        if event.type == BLOCK_TYPE or not _is_exclusive(calendar):
            return self._look_back(calendar, made, mark, Check.NONE)
        with ExitStack() as held, self._offered(calendar, event):
            attempt = Attempt(mark, again=True)
            try:
                held.enter_context(
                    self._claims.hold(calendar, made.interval, attempt, patiently=True)
                )
            except SlotTaken as error:  # that says nothing of the event, which is there
                raise unseen() from error
            return self._look_back(calendar, made, mark, Check.CONFLICTS)

    def change(
        self,
        calendar: Calendar,
        versions: tuple[Event, Event],
        check: Check,
        attempt: Attempt,
        *,
        keeps_start: bool,
    ) -> Event:
        """Make the second version of an event out of the first, if the check lets it pass.

        Raises:
            Conflict: It does not, or the time was taken from outside meanwhile.
            OutcomeUnknown: Nobody knows which of the two versions is there.
        """
        before, after = versions
        if check is Check.NONE:
            attempt.send()
            changed = self._put(before, after)
        else:
            with (
                self._kept(calendar, before, after, attempt),
                self._claimed(calendar, after, check, attempt) as in_time,
            ):
                seen = self._reading.see_around(calendar, after.interval)
                self._require_as_it_was(calendar, before, seen)
                self._admit(calendar, after, seen, check, keeps_start=keeps_start)
                in_time()
                attempt.send()
                changed = self._put(before, after)
                self._look_back_at_change(calendar, before, after)
        self._reading.know([changed])
        return changed

    @contextmanager
    def _kept(
        self, calendar: Calendar, before: Event, after: Event, attempt: Attempt
    ) -> Iterator[None]:
        """Keep the time that an event leaves, in case that it has to go back there.

        That also keeps two agents from changing the time of one event at once.
        """
        # one claim can't lie on another: what only the old time has is enough
        left = subtract([before.interval], [after.interval.padded(calendar.policy.gap)])
        if not before.claims or before.type == BLOCK_TYPE or not _is_exclusive(calendar):
            left = []
        with ExitStack() as held:
            for part in left:
                try:
                    held.enter_context(self._claims.hold(calendar, part, attempt, patiently=True))
                except SlotTaken as error:
                    told = "Somebody else is about to write to the time that the event has now."
                    raise CalendarUnreachable(told) from error
            yield

    def _require_as_it_was(self, calendar: Calendar, before: Event, seen: Seen) -> None:
        there = next((event for event in seen.events if event.id == before.id), None)
        there = there or self._vendor.event(before.id, before)
        if (there.interval, there.status) != (before.interval, before.status):
            self._reading.know([there])
            raise Stale("The event has been changed meanwhile.", calendar, there)

    def cancel(self, event: Event, reason: str | None) -> Event:
        """Cancel an event.

        Raises:
            OutcomeUnknown: Nobody knows whether it is cancelled.
        """

        def is_done() -> Event | None:
            there = self._reread(event)
            return there if there.status is Status.CANCELLED else None

        def act() -> Event:
            return self._vendor.cancel(event, reason)

        cancelled = done(act, is_done, "the event is cancelled")
        self._reading.know([cancelled])
        return cancelled

    def respond(self, event: Event, person: Attendee, response: Response) -> Event:
        """Write down an attendee's answer.

        Raises:
            OutcomeUnknown: Nobody knows whether it is there.
        """
        wanted = replace(person, response=response)

        def is_done() -> Event | None:
            there = self._reread(event)
            return there if wanted in there.attendees else None

        def act() -> Event:
            return self._vendor.respond(event, person, response)

        answered = done(act, is_done, "the answer is there")
        self._reading.know([answered])
        return answered

    @contextmanager
    def _claimed(
        self, calendar: Calendar, event: Event, check: Check, attempt: Attempt
    ) -> Iterator[Callable[[], None]]:
        """Keep other agents off an event's time; a refusal names free ones instead."""
        if check is Check.NONE or not _is_exclusive(calendar):
            with self._offered(calendar, event):
                yield lambda: None
            return
        with self._offered(calendar, event):
            try:
                with self._claims.hold(calendar, event.interval, attempt) as in_time:
                    yield in_time
            except SlotTaken as taken:  # also by a claim: what that one says is about claims
                raise _slot_taken(calendar, event) from taken

    @contextmanager
    def _offered(self, calendar: Calendar, event: Event) -> Iterator[None]:
        """Add to a refusal what is free instead, once the claim on the time is released."""
        try:
            yield
        except _Taken as taken:
            refused = _slot_taken(calendar, event, taken.seen)
            self._offer(calendar, event, refused, taken.seen)
            raise refused from None
        except (SlotTaken, DayFull) as refusal:
            if not refusal.alternatives:
                self._offer(calendar, event, refusal, None)
            raise

    def _admit(
        self,
        calendar: Calendar,
        event: Event,
        seen: Seen,
        check: Check,
        *,
        keeps_start: bool = False,
    ) -> None:
        """Let an event pass whose time may be had, as far as the vendor shows."""
        schedule = seen.schedule(event.interval, event.id or None)
        refused = schedule.refusal(event.interval, check, keeps_start=keeps_start)
        if refused is SlotTaken:
            raise _Taken(seen)
        if refused is not None:
            reason = why(schedule, event.interval, refused)
            refusal = refusal_of(refused, reason, calendar, event)
            _offer_of(seen, event, refusal)
            raise refusal

    def _offer(
        self, calendar: Calendar, event: Event, refusal: SchedAgentError, seen: Seen | None
    ) -> None:
        """Add to a refusal what is free instead, if that can be seen."""
        try:
            seen = seen or self._reading.see_around(calendar, event.interval)
            _offer_of(self._claims.seen_with(seen), event, refusal)
        except SchedAgentError:
            return  # the refusal is the answer, with or without

    def _create(self, calendar: Calendar, event: Event, mark: str, check: Check) -> Event:
        try:
            return self._vendor.create(event, mark)
        except Unanswered as lost:
            return self._sought(calendar, event, mark, lost)
        except MAYBE_REPEATED as refusal:
            return self._verified(calendar, event, mark, check, refusal)

    def _sought(self, calendar: Calendar, event: Event, mark: str, lost: Unanswered) -> Event:
        """Return an event that was sent, and of which no answer tells, if it is there."""
        for pause in pauses():
            sleep(pause)
            try:
                mine = self._reading.see_events_at(calendar, event.interval).marked(mark)
            except SchedAgentError:
                break
            if mine:
                return mine[0]
        raise unknown("the event is booked", lost) from lost

    def _verified(
        self, calendar: Calendar, event: Event, mark: str, check: Check, refusal: SchedAgentError
    ) -> Event:
        """Return an event that was refused, if it is there: then its request has come twice.

        Else the refusal is true: as soon as its reason is seen, or when there was time to see it.
        """
        for pause in (0.0, *pauses(TRIES)):
            sleep(pause)
            try:
                seen = self._reading.see_around(calendar, event.interval)
            except SchedAgentError as error:
                raise unknown("the event is booked", refusal) from error
            if mine := seen.marked(mark):
                return mine[0]
            self._admit(calendar, event, seen, check)  # it may be known better why not
        raise refusal

    def _look_back(self, calendar: Calendar, made: Event, mark: str, check: Check) -> Event:
        """Return an event as it is at the vendor, once it is there alone."""
        try:
            seen = self._reading.see_events_at(calendar, made.interval)
        except SchedAgentError as error:
            raise unseen() from error
        mine = [event for event in seen.marked(mark) if event.claims]
        mine = mine or [event for event in seen.events if event.id == made.id and event.claims]
        if not mine:
            raise unseen()
        kept = next((event for event in mine if event.id == made.id), mine[0])
        surplus = [event for event in mine if event.id != kept.id]
        for event in surplus:
            self._take_back(event)
        seen = replace(seen, events=[event for event in seen.events if event not in surplus])
        rivals = seen.rivals(kept.interval, [kept]) if _is_exclusive(calendar) else []
        if check is Check.NONE:
            return kept
        if rivals:
            self._take_back(kept)
            raise _slot_taken(calendar, made)
        if _is_over_full(calendar, seen, kept):
            self._take_back(kept)
            full = Reason(because=Because.FULL, limit=calendar.policy.max_events_per_day)
            raise refusal_of(DayFull, full, calendar, made)
        return kept

    def _look_back_at_change(self, calendar: Calendar, before: Event, after: Event) -> None:
        try:
            seen = self._reading.see_events_at(calendar, after.interval)
        except SchedAgentError as error:
            raise unseen() from error
        there = next((event for event in seen.events if event.id == after.id), None)
        if there is None or (there.interval, there.status) != (after.interval, after.status):
            raise unseen()
        if _is_exclusive(calendar) and seen.rivals(after.interval, [after]):
            try:
                self._put(after, before)
            except SchedAgentError as error:
                raise not_taken_back() from error
            raise _slot_taken(calendar, after)

    def _take_back(self, event: Event) -> None:
        try:
            self.cancel(event, None)
        except SchedAgentError as error:
            raise not_taken_back() from error

    def _put(self, before: Event, after: Event) -> Event:
        def is_done() -> Event | None:
            there = self._reread(after)
            return there if _is_changed(there, before, after) else None

        return done(lambda: self._vendor.update(before, after), is_done, "the event is changed")

    def _reread(self, event: Event) -> Event:
        try:
            return self._vendor.event(event.id, event)
        except UnknownEvent:
            return replace(event, status=Status.CANCELLED)  # there, or deleted: it is called off


def _offer_of(seen: Seen, event: Event, refusal: SchedAgentError) -> None:
    calendar, asked = seen.calendar, event.interval
    question = Question(calendar_ids=(calendar.id,), within=asked, length=asked.length)
    leaving_out = event.id or None
    slots = near(
        [calendar], question, lambda _, within: [seen.schedule(within, leaving_out)], seen.at
    )
    offer(refusal, slots)


def _slot_taken(calendar: Calendar, event: Event, seen: Seen | None = None) -> SchedAgentError:
    """Return the refusal of a time that is taken, by what was seen of the calendar if it was."""
    reason = Reason(because=Because.TAKEN)
    if seen is not None:
        schedule = seen.schedule(event.interval, event.id or None)
        reason = why(schedule, event.interval, SlotTaken)
    return refusal_of(SlotTaken, reason, calendar, event)


def _is_exclusive(calendar: Calendar) -> bool:
    return calendar.policy.double_booking is DoubleBooking.REFUSE


def _is_changed(there: Event, before: Event, after: Event) -> bool:
    """Whether an event is at the vendor with what differs between two versions."""
    was, wanted, now = _content(before), _content(after), _content(there)
    return all(now[name] == value for name, value in wanted.items() if was[name] != value)


def _content(event: Event) -> dict[str, object]:
    names = (
        *("interval", "days", "title", "status", "type", "description", "location"),
        *("owner", "created_by"),
    )
    people = [(person.name, person.email, person.phone) for person in event.attendees]
    return {"people": people, **{name: getattr(event, name) for name in names}}


def _is_over_full(calendar: Calendar, seen: Seen, event: Event) -> bool:
    """Whether others came in on the same day, so that it has more events than it may."""
    if calendar.policy.max_events_per_day is None:
        return False
    others = seen.schedule(event.interval, event.id)
    begin = Interval(event.interval.start, event.interval.start + 1)
    return any(day.covers(begin) for day in others.full)
