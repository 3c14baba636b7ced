"""Booking, reading, moving, cancelling, answering and deleting events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sched_agent.app import App
from sched_agent.errors import SchedAgentError, Stale, TooManyAttendees, TooManyHolds, UnknownEvent
from sched_agent.model.attendee import Response, find
from sched_agent.model.calendar import Calendar, DoubleBooking
from sched_agent.model.caller import Caller, Level
from sched_agent.model.event import BLOCK_TYPE, Change, Draft, Event, EventFilter
from sched_agent.model.ids import Number
from sched_agent.model.interval import SECOND
from sched_agent.model.owner import owner_for
from sched_agent.model.page import Page, write_cursor
from sched_agent.model.reason import Reason, why
from sched_agent.model.schedule import Check, Refusal
from sched_agent.model.status import Status
from sched_agent.services.asking import Inquiry
from sched_agent.services.availability import Wanted, alternatives_offered, view
from sched_agent.services.retries import once
from sched_agent.speech.phrasing import say_interval, say_moment, why_not
from sched_agent.store.base import Reader, Transaction
from sched_agent.sync import following


def book(
    app: App,
    caller: Caller,
    calendar_id: Number,
    draft: Draft,
    *,
    check: Check,
    beside: Sequence[Number] = (),
    request_id: str | None = None,
) -> Event:
    """Put an event on a calendar, if its rules and the time allow it.

    Args:
        app: The program.
        caller: Who asks.
        calendar_id: The calendar.
        draft: The event.
        check: How much is checked.
        beside: Further calendars on which nothing may take the time either.
        request_id: See `retries.once`.

    Raises:
        NotAllowed: The caller may not write.
        UnknownCalendar: There is no such calendar.
        Conflict: The check refuses the time; the nearest free slots come with the error.
        TooManyHolds: The caller has as many live holds there as one may have.
        RequestIdReused: The request_id came before with other arguments.
        OutcomeUnknown: See `retries.once`, here and in all that follows.
    """
    caller.require(Level.WRITE)
    wanted = Wanted(calendar_id, draft.interval, beside=beside)
    inquiry = Inquiry(app, caller, request_id, wanted)

    def act(tx: Transaction) -> Event:
        calendar, others = _lock_all(tx, calendar_id, beside)
        inquiry.make_way(tx, (calendar, *others))
        now = app.clock()
        event = new_event(caller, calendar, draft, now)
        if event.held_by is not None:
            _admit_hold(tx, calendar, event.held_by, now, app.max_holds)
        if event.blocks(now):
            _admit_beside(tx, others, event, check, now)
            event = _admitted(tx, calendar, event, check, now)
            admit_attendees(calendar, event, check)
            if _strength(event, check) is not Check.NONE:
                event = inquiry.admit(tx, (calendar, *others), event, now)
        return following.add(tx, event, now)

    request = ("create_event", request_id, (calendar_id, draft))
    with alternatives_offered(app, caller, wanted):
        return inquiry.settled(lambda: once(app, caller, request, Event, act))


def _lock_all(
    tx: Transaction, calendar_id: Number, beside: Sequence[Number]
) -> tuple[Calendar, Sequence[Calendar]]:
    """Lock calendars, in the order that everybody does it in; return the first one apart."""
    locked = {number: tx.lock_calendar(number) for number in sorted({calendar_id, *beside})}
    return locked.pop(calendar_id), tuple(locked.values())


def _admit_beside(
    tx: Reader, calendars: Sequence[Calendar], event: Event, check: Check, now: int
) -> None:
    """Let a time pass that nothing takes on further calendars."""
    conflicts = Check.NONE if check is Check.NONE else Check.CONFLICTS
    for calendar in calendars:
        _admitted(tx, calendar, event, conflicts, now)


def get(app: App, caller: Caller, event_id: Number) -> tuple[Calendar, Event]:
    """Return an event and its calendar.

    Raises:
        UnknownEvent: There is no such event.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        event = tx.event(event_id).as_of(app.clock())
        _require_event(event)
        return tx.calendar(event.calendar_id), caller.shown(event)


def find_all(app: App, caller: Caller, wanted: EventFilter, limit: int) -> Page[Event]:
    """Return a page of the events that a filter lets through, by (start, id).

    Raises:
        UnknownCalendar: One of the calendars does not exist.
    """
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        found = _found(tx, caller, wanted, limit + 1, app.clock())
    return page_of(found, limit)


def _found(
    tx: Reader, caller: Caller, wanted: EventFilter, limit: int, now: int
) -> Sequence[Event]:
    """Return what the caller sees of the first events that a filter lets through."""
    calendars = {number: tx.calendar(number) for number in wanted.calendar_ids}
    at_once = max(limit, _AT_ONCE) if wanted.searches else limit
    found: list[Event] = []
    while len(found) < limit:
        batch = tx.events(wanted, at_once, now)
        found += [
            caller.shown(event.as_of(now))
            for event in batch
            if not event.is_claim
            and caller.may_find(event, wanted)
            and (
                wanted.attendee is None
                or event.invites(wanted.attendee, calendars[event.calendar_id].country)
            )
        ]
        if len(batch) < at_once:
            break
        wanted = replace(wanted, after=(batch[-1].interval.start, batch[-1].id))
    return found[:limit]


_AT_ONCE = 20
"""How many events are read together of those that may be meant."""


@dataclass(frozen=True, slots=True)
class Revised:
    """An event after a change, and whether there was anything to change."""

    event: Event
    changed: bool


def revise(
    app: App,
    caller: Caller,
    event_id: Number,
    change: Change,
    *,
    check: Check,
    beside: Sequence[Number] = (),
    if_version: int | None = None,
    request_id: str | None = None,
) -> Revised:
    """Change an event: its words, its people, its status, its time.

    What is checked: a new time, and a block that becomes something else, as at booking; a new
    status against conflicts; new attendees against the calendar's limit. A change that changes
    nothing leaves the version as it is.

    Raises:
        NotAllowed: The caller may not change it.
        UnknownEvent: There is no such event.
        Stale: It has changed since `if_version`.
        Conflict: The check or the event's status refuses the change.
        HoldExpired: It was a hold that ran out.
        RequestIdReused: The request_id came before with other arguments.
    """
    request = ("update_event", request_id, (event_id, change, if_version))
    return decide(
        app,
        caller,
        event_id,
        lambda _, __: change,
        request=request,
        check=check,
        beside=beside,
        if_version=if_version,
    )


def decide(
    app: App,
    caller: Caller,
    event_id: Number,
    decision: Callable[[Event, int], Change],
    *,
    request: tuple[str, str | None, object],
    check: Check,
    beside: Sequence[Number] = (),
    if_version: int | None = None,
) -> Revised:
    """Change an event in the way that depends on what it is when nobody else can change it.

    Args:
        app: The program.
        caller: Who asks.
        event_id: The event.
        decision: Gets the event as it is, and now; what it raises refuses the change.
        request: The operation, its request_id if there is one, and its arguments.
        check: How much is checked; see `revise`, also for what is raised.
        beside: Further calendars on which nothing may take the time either.
        if_version: The version that was read, if the change is for no other.
    """
    caller.require(Level.WRITE)
    wanted = Wanted(check=check, beside=beside)
    inquiry = Inquiry(app, caller, request[1], wanted)

    def act(tx: Transaction) -> Revised:
        if beside:
            _lock_all(tx, tx.event(event_id).calendar_id, beside)
        calendar, event, now = _locked(app, tx, event_id)
        others = [tx.calendar(number) for number in beside if number != calendar.id]
        inquiry.make_way(tx, (calendar, *others))
        caller.require_own(event)
        change = decision(event, now)
        wanted.calendar_id, wanted.leaving_out = calendar.id, event.id
        wanted.interval, _ = change.moved(event, calendar.zone)
        if event.status is Status.CANCELLED and change == CANCEL:
            return Revised(event, changed=False)
        event.require_in_time()
        admit_version(calendar, event, if_version)
        revised = reowned(caller, event.revised(change, calendar.zone, now), change)
        if replace(revised, version=event.version, updated_at=event.updated_at) == event:
            return Revised(event, changed=False)
        if revised.blocks(now):
            revised = _admitted_revision(tx, (calendar, others), (event, revised), check, now)
            strength, _ = check_of_revision(event, revised, check)
            if strength is not None and _strength(revised, strength) is not Check.NONE:
                revised = inquiry.admit(tx, (calendar, *others), revised, now)
        return Revised(following.put(tx, event, revised, now), changed=True)

    with alternatives_offered(app, caller, wanted):
        return inquiry.settled(lambda: once(app, caller, request, Revised, act))


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancelled event, and whether it had been cancelled before."""

    event: Event
    already: bool


def cancel(
    app: App,
    caller: Caller,
    event_id: Number,
    *,
    reason: str | None = None,
    if_version: int | None = None,
    request_id: str | None = None,
) -> Cancelled:
    """Cancel an event, or release a hold; a second time changes nothing.

    Raises:
        NotAllowed: The caller may not change it.
        UnknownEvent: There is no such event.
        Stale: It has changed since `if_version`.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.WRITE)

    def act(tx: Transaction) -> Cancelled:
        calendar, event, now = _locked(app, tx, event_id)
        caller.require_own(event)
        if event.status is Status.CANCELLED:
            return Cancelled(event, already=True)
        admit_version(calendar, event, if_version)
        fields = {"status": Status.CANCELLED, "cancel_reason": reason}
        cancelled = event.revised(Change(fields=fields), calendar.zone, now)
        return Cancelled(following.put(tx, event, cancelled, now), already=False)

    request = ("cancel_event", request_id, (event_id, reason, if_version))
    return once(app, caller, request, Cancelled, act)


def respond(
    app: App,
    caller: Caller,
    event_id: Number,
    attendee: str | int,
    response: Response,
    *,
    request_id: str | None = None,
) -> Event:
    """Write down what an attendee answers to the invitation.

    Args:
        app: The program.
        caller: Who asks.
        event_id: The event.
        attendee: Their name, e-mail or phone, or their number as a member.
        response: The answer.
        request_id: See `retries.once`.

    Raises:
        NotAllowed: The caller may not change the event.
        UnknownEvent: There is no such event.
        UnknownAttendee: It has no such attendee, or several.
        StatusConflict: The event is cancelled.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.WRITE)

    def act(tx: Transaction) -> Event:
        calendar, event, now = _locked(app, tx, event_id)
        caller.require_own(event)
        at = find(event.attendees, attendee, calendar.country)
        attendees = list(event.attendees)
        if attendees[at].response is response:
            return event
        attendees[at] = replace(attendees[at], response=response)
        answered = replace(event.revised(Change(), calendar.zone, now), attendees=tuple(attendees))
        return following.put(tx, event, answered, now)

    request = ("respond_to_event", request_id, (event_id, attendee, response))
    return once(app, caller, request, Event, act)


def delete(
    app: App,
    caller: Caller,
    event_id: Number,
    *,
    below: Number | None = None,
    if_version: int | None = None,
    request_id: str | None = None,
) -> Event:
    """Delete an event for good and return what it was.

    Raises:
        NotAllowed: The caller is no admin.
        UnknownEvent: There is no such event, or not on the calendar `below` which it was sought.
        Stale: It has changed since `if_version`.
        RequestIdReused: The request_id came before with other arguments.
    """
    caller.require(Level.ADMIN)

    def act(tx: Transaction) -> Event:
        calendar, event, now = _locked(app, tx, event_id)
        if below not in {None, calendar.id}:
            raise UnknownEvent("The calendar has no event with that id.")
        caller.require_own(event)
        admit_version(calendar, event, if_version)
        following.delete(tx, event, now)
        return event

    request = ("delete_event", request_id, (event_id, if_version))
    return once(app, caller, request, Event, act)


def _locked(app: App, tx: Transaction, event_id: Number) -> tuple[Calendar, Event, int]:
    """Lock an event; return it, its calendar, and the instant of which it is."""
    calendar, event = tx.lock_event(event_id)
    _require_event(event)
    now = app.clock()
    return calendar, event.as_of(now), now


def _require_event(event: Event) -> None:
    """Let what is an event to callers pass; whoever has put a claim takes it away again."""
    if event.is_claim:
        raise UnknownEvent("No event has that id.")


def new_event(caller: Caller, calendar: Calendar, draft: Draft, now: int) -> Event:
    """Return the event that a draft becomes; its id is still to be given."""
    hold, days = draft.hold_seconds, draft.days
    return Event(
        id=0,
        calendar_id=calendar.id,
        title=draft.title,
        interval=days.interval(calendar.zone) if days else draft.interval,
        days=days,
        description=draft.description,
        location=draft.location,
        status=draft.status,
        type=draft.type,
        transparent=draft.transparent,
        attendees=draft.attendees,
        owner=owner_for(caller.actor, draft.owner, own_events_only=caller.own_events_only),
        created_by=draft.created_by,
        hold_expires_at=None if hold is None else now + hold * SECOND,
        held_by=None if hold is None else caller.name,
        metadata=draft.metadata,
        created_at=now,
        updated_at=now,
    )


def reowned(caller: Caller, event: Event, change: Change) -> Event:
    """Let a change of owner pass as it would at booking."""
    if "owner" not in change.fields or (event.owner is None and not caller.own_events_only):
        return event
    owner = owner_for(caller.actor, event.owner, own_events_only=caller.own_events_only)
    return replace(event, owner=owner)


def admit_version(calendar: Calendar, event: Event, if_version: int | None) -> None:
    """Let a change pass that was made with this version of the event in view."""
    if if_version is not None and if_version != event.version:
        told = f"The event is at version {event.version} now, not {if_version}."
        raise Stale(told, calendar, event)


def _admit_hold(tx: Reader, calendar: Calendar, held_by: str, now: int, most: int) -> None:
    live = tx.holds(calendar.id, held_by, now)
    if len(live) >= most:
        first = say_moment(live[0], calendar.zone)
        raise TooManyHolds(
            f"You hold {len(live)} times on this calendar already, as many as one caller may; "
            f"the first of these holds runs out on {first}."
        )


CANCEL = Change(fields={"status": Status.CANCELLED})


def _admitted_revision(
    tx: Reader,
    calendars: tuple[Calendar, Sequence[Calendar]],
    versions: tuple[Event, Event],
    check: Check,
    now: int,
) -> Event:
    """Let what has changed between two versions of an event pass, and return the second one.

    Args:
        tx: The transaction.
        calendars: The event's, and further ones on which nothing may take its time either.
        versions: The event before and after.
        check: How much is checked.
        now: The instant of the decision.
    """
    calendar, others = calendars
    event, revised = versions
    strength, keeps_start = check_of_revision(event, revised, check)
    if strength is not None:
        _admit_beside(tx, others, revised, strength, now)
        revised = _admitted(tx, calendar, revised, strength, now, keeps_start=keeps_start)
    elif revised.type == BLOCK_TYPE:
        revised = replace(revised, exclusive=False)
    if revised.attendees != event.attendees:
        admit_attendees(calendar, revised, check)
    return revised


def check_of_revision(event: Event, revised: Event, check: Check) -> tuple[Check | None, bool]:
    """Return how much of a change has to be checked, None for nothing; and if its start is old."""
    begins_to_count = not event.claims or (event.type == BLOCK_TYPE != revised.type)
    if revised.interval != event.interval or begins_to_count:
        return check, revised.interval.start == event.interval.start and not begins_to_count
    if revised.status is not event.status and check is not Check.NONE:
        return Check.CONFLICTS, False
    return None, False


def _admitted(
    tx: Reader,
    calendar: Calendar,
    event: Event,
    check: Check,
    now: int,
    *,
    keeps_start: bool = False,
) -> Event:
    """Let an event's time pass; what a door checks, `model.schedule` decides."""
    strength = _strength(event, check)
    if strength is Check.NONE:
        return replace(event, exclusive=False)
    schedule = view(tx, calendar, event.interval, now, leaving_out=event.id)
    refused = schedule.refusal(event.interval, strength, keeps_start=keeps_start)
    if refused:
        raise refusal_of(refused, why(schedule, event.interval, refused), calendar, event)
    return replace(event, exclusive=calendar.policy.double_booking is DoubleBooking.REFUSE)


def _strength(event: Event, check: Check) -> Check:
    """Return how much an event is checked by a door that checks so much."""
    return Check.NONE if event.type == BLOCK_TYPE else check


def refusal_of(
    refused: Refusal, reason: Reason, calendar: Calendar, event: Event
) -> SchedAgentError:
    """Return the error that says why an event's time can't be had."""
    asked = say_interval(event.interval, calendar.zone)
    refusal = refused(f"{asked}: {why_not(reason, calendar.zone)}.")
    refusal.reason = reason
    return refusal


def admit_attendees(calendar: Calendar, event: Event, check: Check) -> None:
    """Let an event pass that has no more attendees than its calendar takes."""
    most = calendar.policy.max_attendees
    if check is Check.FULL and most is not None and len(event.attendees) > most:
        raise TooManyAttendees(f"The calendar takes {most} attendees in one event.")


def page_of(found: Sequence[Event], limit: int) -> Page[Event]:
    """Return the first events of a list that goes at least one beyond a page, if there are more."""
    if len(found) <= limit:
        return Page(found)
    last = found[limit - 1]
    return Page(found[:limit], write_cursor(last.interval.start, last.id))
