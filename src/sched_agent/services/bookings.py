"""Reserving time, and booking it with a state that changes (Timekit: bookings).

All that is true of events is true of bookings, since they are events: they are checked, locked and
repeated in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.app import App
from sched_agent.errors import InvalidArgument, StatusConflict, UnknownEvent
from sched_agent.model.booking import RESERVATION, Action, Booking, change_to
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.event import Change, Draft, Event
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events


def reserve(
    app: App,
    caller: Caller,
    calendar_id: Number,
    draft: Draft,
    *,
    beside: Sequence[Number],
    request_id: str | None = None,
) -> Event:
    """Hold a time until it is booked or the hold runs out; see `events.book`."""
    held = replace(draft, type=RESERVATION)
    return events.book(
        app,
        caller,
        calendar_id,
        held,
        check=Check.CONFLICTS,
        beside=beside,
        request_id=request_id,
    )


def make(
    app: App,
    caller: Caller,
    calendar_id: Number,
    draft: Draft,
    booking: Booking,
    *,
    reservation: Number | None,
    beside: Sequence[Number],
    request_id: str | None = None,
) -> Event:
    """Book a time, or turn the reservation of one into the booking.

    Raises:
        UnknownEvent: There is no such reservation on the calendar.
        HoldExpired: It ran out; what else is raised, see `events.book`.
    """
    check = _check(booking)
    if reservation is None:
        draft = replace(draft, **booking.fields())
        return events.book(
            app, caller, calendar_id, draft, check=check, beside=beside, request_id=request_id
        )

    def decision(event: Event, _: int) -> Change:
        if event.type != RESERVATION or event.calendar_id != calendar_id:
            raise UnknownEvent("The calendar has no reservation with that id.")
        words = {
            "title": draft.title,
            "description": draft.description,
            "location": draft.location,
            "attendees": draft.attendees,
            "hold_expires_at": None,
        }
        start, end = draft.interval
        return Change(fields={**words, **booking.fields(event)}, start=start, end=end)

    request = ("book_reservation", request_id, (reservation, calendar_id, draft, booking))
    return events.decide(
        app, caller, reservation, decision, request=request, check=check, beside=beside
    ).event


def get(app: App, caller: Caller, event_id: Number) -> tuple[Calendar, Event, Booking]:
    """Return a booking, its event, and the calendar.

    Raises:
        UnknownEvent: There is no such booking.
    """
    calendar, event = events.get(app, caller, event_id)
    return calendar, event, _booking(event, app.clock())


def act(
    app: App,
    caller: Caller,
    event_id: Number,
    action: Action,
    given: Mapping[str, Any],
    *,
    beside: Sequence[Number],
    to: Interval | None = None,
    request_id: str | None = None,
) -> Event:
    """Do something to a booking; `to` is the new time where it is rescheduled.

    Raises:
        UnknownEvent: There is no such booking.
        StatusConflict: Its state does not allow that.
        Conflict: The time is taken.
    """
    if (action is Action.RESCHEDULE_BY_CUSTOMER) is not (to is not None):
        raise InvalidArgument(
            "start and end are the new time of reschedule_by_customer, and of nothing else.",
            fields={"start": "belongs to reschedule_by_customer"},
        )
    double = get(app, caller, event_id)[2].double

    def decision(event: Event, now: int) -> Change:
        after = _booking(event, now).after(action, given)
        change = change_to(after, event, **_ends(to))
        if change.fields["status"] is Status.CANCELLED:
            reason = {"cancel_reason": given.get("message")}
            change = replace(change, fields={**change.fields, **reason})
        return change

    request = ("act_on_booking", request_id, (event_id, action, sorted(given.items()), to))
    check = Check.NONE if double else Check.CONFLICTS
    return events.decide(
        app, caller, event_id, decision, request=request, check=check, beside=beside
    ).event


def reschedule(
    app: App,
    caller: Caller,
    event_id: Number,
    to: Interval,
    *,
    beside: Sequence[Number],
    request_id: str | None = None,
) -> Event:
    """Move a booking, whose state stays.

    Raises:
        UnknownEvent: There is no such booking.
        StatusConflict: Its state is final.
        Conflict: The time is taken.
    """
    check = _check(get(app, caller, event_id)[2])

    def decision(event: Event, now: int) -> Change:
        _booking(event, now).require_live()
        return Change(start=to.start, end=to.end)

    request = ("reschedule_booking", request_id, (event_id, to))
    return events.decide(
        app, caller, event_id, decision, request=request, check=check, beside=beside
    ).event


def put_meta(
    app: App,
    caller: Caller,
    event_id: Number,
    meta: Mapping[str, Any] | None,
    *,
    request_id: str | None = None,
) -> Event:
    """Replace what a program keeps with a booking.

    Raises:
        UnknownEvent: There is no such booking.
        StatusConflict: It is called off, and so is its event.
    """

    def decision(event: Event, now: int) -> Change:
        booking = replace(_booking(event, now), meta=meta)
        return Change(fields={"metadata": booking.fields(event)["metadata"]})

    request = ("put_meta_of_booking", request_id, (event_id, meta))
    return events.decide(app, caller, event_id, decision, request=request, check=Check.NONE).event


def delete(app: App, caller: Caller, event_id: Number, *, request_id: str | None = None) -> Event:
    """Delete a booking in a final state for good.

    Raises:
        UnknownEvent: There is no such booking.
        StatusConflict: Something may still be done to it.
    """
    try:
        booking = get(app, caller, event_id)[2]
    except UnknownEvent:
        if request_id is None:
            raise
    else:
        if not booking.is_final:
            raise StatusConflict(
                f"The booking is {booking.state}: only a final one can be deleted.",
                hint=f"First one of: {', '.join(booking.actions)}.",
            )
    return events.delete(app, caller, event_id, request_id=request_id)


def _check(booking: Booking) -> Check:
    return Check.NONE if booking.double else Check.CONFLICTS


def _ends(to: Interval | None) -> dict[str, int]:
    return {} if to is None else {"start": to.start, "end": to.end}


def _booking(event: Event, now: int) -> Booking:
    booking = Booking.of(event, now)
    if booking is None:
        raise UnknownEvent("No booking has that id.")
    return booking
