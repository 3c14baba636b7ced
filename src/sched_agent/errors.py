"""Everything that can go wrong, one class a code.

    SchedAgentError
    ├── Invalid            422  InvalidArgument UnknownArgument UnrecognizedTime NonexistentTime
    │                           AmbiguousTime ContradictoryTime InThePast OwnerConflict Unsupported
    │                           UnknownProvider MeetingProviderRequired
    ├── NotAuthenticated   401
    ├── NotAllowed         403
    ├── NotFound           404  UnknownWorkspace UnknownCalendar UnknownEvent UnknownRule
    │                           UnknownAttendee UnknownConnection UnknownEventRule
    ├── Conflict           409  OutsideHours TooSoon TooFarAhead DayFull TooManyAttendees SlotTaken
    │   │                       TooManyHolds StatusConflict HoldExpired RequestIdReused
    │   │                       ConsentNeeded
    │   └── Stale          412
    ├── RateLimited        429
    ├── ProviderRejected   502
    ├── Unavailable        503  CalendarUnreachable OutcomeUnknown ShuttingDown
    └── Internal           500

A class's docstring says what happened, `hint` what to do next. The family gives the HTTP status;
each REST dialect puts the same three facts into its own envelope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from sched_agent.model.calendar import Calendar
    from sched_agent.model.event import Event
    from sched_agent.model.reason import Reason
    from sched_agent.model.slot import Slot
    from sched_agent.tools.answers import TimeOutput


class SchedAgentError(Exception):
    """Something was refused or failed, and the caller may be told so.

    `say` is a sentence that an agent can say of it: a tool puts it there, in the call's language.
    `candidates` are the times that words which may mean several, or none, may mean.
    `reason` tells of the refusal of a time more exactly why, as data.

    Args:
        message: One sentence for the caller: no secrets, nobody else's data.
        hint: What to do next, when the class's own hint can be made more exact.
        alternatives: Free slots near the one that was asked for, the best one first.
        fields: The argument that is wrong -> what is wrong with it.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    hint: str = ""
    say: str = ""
    candidates: Sequence[TimeOutput] = ()
    reason: Reason | None = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        alternatives: Sequence[Slot] = (),
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint
        self.alternatives = tuple(alternatives)
        self.fields = dict(fields or {})


class Invalid(SchedAgentError):
    """The request can't be understood, or asks for something that cannot exist."""

    status = 422


class InvalidArgument(Invalid):
    """An argument is missing, malformed or out of bounds."""

    code = "invalid_argument"
    hint = "Correct the arguments that are named and call again."


class UnknownArgument(Invalid):
    """An argument that this call does not have."""

    code = "unknown_argument"
    hint = "Leave it out, or use one of the arguments that are named."


class UnrecognizedTime(Invalid):
    """A time that can't be read."""

    code = "unrecognized_time"
    hint = (
        "Send ISO 8601: 2026-11-24, 2026-11-24T15:30, 2026-11-24T15:30-05:00, "
        "or for a stretch of time two of them with / between."
    )


class NonexistentTime(Invalid):
    """A wall-clock time that a clock change skips."""

    code = "nonexistent_time"
    hint = "Take one of the two times that are named."


class AmbiguousTime(Invalid):
    """Words that may mean several times."""

    code = "ambiguous_time"
    hint = "Ask the caller which one is meant, and call again with its start_at."


class ContradictoryTime(Invalid):
    """Words that can't be true together, such as a weekday and a date."""

    code = "contradictory_time"
    hint = "Ask the caller which one is meant, and call again with its start_at."


class InThePast(Invalid):
    """A time that is over."""

    code = "in_the_past"
    hint = "Ask for a time that is still ahead."


class OwnerConflict(Invalid):
    """An owner that is incomplete, or that this token may not set."""

    code = "owner_conflict"
    hint = "Send owner_type and owner_id together, or neither."


class Unsupported(Invalid):
    """The calendars behind this can't do that."""

    code = "unsupported"
    hint = "Leave out what is named."


class UnknownProvider(Invalid):
    """The environment has no calendar provider of that name."""

    code = "unknown_provider"
    hint = "Use one of the providers that are named, or add it: sched-agent provider add."


class MeetingProviderRequired(Invalid):
    """The calendar is connected to no provider that gives links to meetings."""

    code = "meeting_provider_required"
    hint = "Connect the calendar to a provider that does, such as Google."


class NotAuthenticated(SchedAgentError):
    """The request carries no valid token."""

    code = "not_authenticated"
    status = 401
    hint = "Send the header `Authorization: Bearer talq_...` with a token that is valid."


class NotAllowed(SchedAgentError):
    """The token does not allow this."""

    code = "not_allowed"
    status = 403
    hint = "Use a token with the scope that is named."


class NotFound(SchedAgentError):
    """No such thing in this environment."""

    status = 404


class UnknownWorkspace(NotFound):
    """The path names a workspace that is not the token's."""

    code = "unknown_workspace"
    hint = "Use the UUID of the environment that the token is for."


class UnknownCalendar(NotFound):
    """No calendar has that id in this environment."""

    code = "unknown_calendar"
    hint = "List the calendars to see their ids."


class UnknownEvent(NotFound):
    """No event has that id in this environment."""

    code = "unknown_event"
    hint = "List the events to find it."


class UnknownRule(NotFound):
    """The calendar has no availability rule with that id."""

    code = "unknown_rule"
    hint = "Look at the calendar's availability rules; update_calendar without changes tells them."


class UnknownAttendee(NotFound):
    """The event has no such attendee."""

    code = "unknown_attendee"
    hint = "Read the event to see who is invited; name one of them by name, e-mail or phone."


class UnknownConnection(NotFound):
    """The calendar has no provider connection with that id."""

    code = "unknown_connection"
    hint = "List the calendar's connections to see their ids."


class UnknownEventRule(NotFound):
    """No event rule has that id in this environment."""

    code = "unknown_event_rule"
    hint = "List the event rules to see their ids."


class Conflict(SchedAgentError):
    """The request is understood, and the calendar's state or rules refuse it."""

    status = 409


class OutsideHours(Conflict):
    """The calendar is not open at that time."""

    code = "outside_hours"
    hint = "Offer one of the free times that are named, or ask for availability again."


class TooSoon(Conflict):
    """The time is nearer than the calendar's minimum notice."""

    code = "too_soon"
    hint = "Offer one of the free times that are named, or ask for availability again."


class TooFarAhead(Conflict):
    """The time is beyond the calendar's horizon."""

    code = "too_far_ahead"
    hint = "Offer one of the free times that are named, or ask for availability again."


class DayFull(Conflict):
    """The calendar has as many events on that day as it takes."""

    code = "day_full"
    hint = "Offer another day: one of the free times that are named, or ask for availability again."


class TooManyAttendees(Conflict):
    """More attendees than the calendar takes in one event."""

    code = "too_many_attendees"
    hint = "Invite fewer people, or book on another calendar."


class SlotTaken(Conflict):
    """Another event or a live hold covers that time."""

    code = "slot_taken"
    hint = "Offer one of the free times that are named, or ask for availability again."


class TooManyHolds(Conflict):
    """The caller holds as much of the calendar as one caller may at a time."""

    code = "too_many_holds"
    hint = "Confirm one of your holds, or release one with cancel_event, then hold again."


class StatusConflict(Conflict):
    """The event's status does not allow that change."""

    code = "status_conflict"
    hint = "A cancelled event stays cancelled: book again instead."


class HoldExpired(Conflict):
    """The hold ran out before it was confirmed."""

    code = "hold_expired"
    hint = "Book again; the free times that are named may be offered."


class Stale(Conflict):
    """The event has changed since it was read."""

    code = "stale"
    status = 412
    hint = "Look at what changed, and try again with its version."

    def __init__(self, message: str, calendar: Calendar, event: Event) -> None:
        super().__init__(message)
        self.calendar = calendar
        self.event = event


class RequestIdReused(Conflict):
    """The request_id was used before with other arguments."""

    code = "request_id_reused"
    hint = "Send a new request_id for a new request; repeat one only with the same arguments."


class ConsentNeeded(Conflict):
    """The provider no longer lets us see the connected calendar: its owner has to agree again."""

    code = "consent_needed"
    hint = "Have the calendar's owner connect it again with connect_provider."


class RateLimited(SchedAgentError):
    """Too many requests."""

    code = "rate_limited"
    status = 429
    hint = "Wait for the time that is named, then call again."

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ProviderRejected(SchedAgentError):
    """The hosted calendar refused a request that was sent on to it, or answered nonsense."""

    code = "provider_rejected"
    status = 502
    hint = "Say that the calendar did not take it; look with list_events at what is there."


class Unavailable(SchedAgentError):
    """It can't be done at this moment; it can be tried again."""

    status = 503
    retry_after_seconds: int | None = 1


class CalendarUnreachable(Unavailable):
    """The calendar's data can't be read or written at this moment."""

    code = "calendar_unreachable"
    hint = "Nothing was changed. Say that the calendar can't be seen now; try again later."


class Interrupted(CalendarUnreachable):
    """A transaction was undone by the database: nothing was changed, and it may be run again."""


class OutcomeUnknown(Unavailable):
    """The connection broke while a change was being saved, so it may or may not be saved."""

    code = "outcome_unknown"
    retry_after_seconds = None  # nobody is invited to repeat it unseen
    hint = (
        "Send the same call again with the same request_id: it acts once. If it had none, "
        "look with list_events or get_event what is there before you try again."
    )


class ShuttingDown(Unavailable):
    """The server is about to stop and takes no new requests."""

    code = "shutting_down"
    hint = "Nothing was changed. Send the request again in a second."


class Internal(SchedAgentError):
    """A fault of ours."""

    code = "internal"
    status = 500
    hint = "Try once more; if it fails again, report the reference."


class SettingsError(Exception):
    """Settings, or a database that they name, that the program can't start with."""


def all_errors() -> Iterator[type[SchedAgentError]]:
    """Yield every class that has a code, in the order of this file."""
    waiting: list[type[SchedAgentError]] = [SchedAgentError]
    while waiting:
        kind = waiting.pop(0)
        waiting[:0] = kind.__subclasses__()
        if "code" in vars(kind):
            yield kind
