"""What the backends can do: what one can't is not offered, or refused by name."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sched_agent.errors import Unsupported
from sched_agent.model.event import BLOCK_TYPE, DEFAULT_TYPE, Draft, Event
from sched_agent.model.status import Status


class Ability(StrEnum):
    """Something that a backend can do: one for each tool, and what its events can carry."""

    LIST_CALENDARS = "list_calendars"
    CHECK_AVAILABILITY = "check_availability"
    CREATE_EVENT = "create_event"
    GET_EVENT = "get_event"
    LIST_EVENTS = "list_events"
    UPDATE_EVENT = "update_event"
    CANCEL_EVENT = "cancel_event"
    RESPOND_TO_EVENT = "respond_to_event"
    CREATE_CALENDAR = "create_calendar"
    UPDATE_CALENDAR = "update_calendar"
    ADD_AVAILABILITY_RULE = "add_availability_rule"
    REMOVE_AVAILABILITY_RULE = "remove_availability_rule"
    DELETE_EVENT = "delete_event"
    CONNECT_PROVIDER = "connect_provider"
    SYNC_CALENDAR = "sync_calendar"

    DESCRIPTION = "description"
    LOCATION = "location"
    TYPE = "type"
    TENTATIVE = "tentative"
    CANCELLED_KEPT = "cancelled_kept"
    CANCEL_REASON = "cancel_reason"
    ATTENDEES = "attendees"
    ATTENDEES_WITHOUT_EMAIL = "attendees_without_email"
    PHONE = "phone"
    OWNER = "owner"
    CREATED_BY = "created_by"
    HOLD = "hold"
    ALL_DAY = "all_day"


ALL = frozenset(Ability)
READING = frozenset(
    {
        Ability.LIST_CALENDARS,
        Ability.CHECK_AVAILABILITY,
        Ability.GET_EVENT,
        Ability.LIST_EVENTS,
    }
)
BOOKING = READING | {Ability.CREATE_EVENT, Ability.UPDATE_EVENT, Ability.CANCEL_EVENT}

INSTEAD: Mapping[Ability, str] = {
    Ability.RESPOND_TO_EVENT: "Write the answer into the event's description with update_event.",
    Ability.CREATE_CALENDAR: "Make the calendar at the vendor.",
    Ability.UPDATE_CALENDAR: "Change the calendar at the vendor.",
    Ability.ADD_AVAILABILITY_RULE: "Change opening hours at the vendor.",
    Ability.REMOVE_AVAILABILITY_RULE: "Change opening hours at the vendor.",
    Ability.DELETE_EVENT: "Cancel it with cancel_event.",
    Ability.CONNECT_PROVIDER: "Connect the calendar at the vendor.",
    Ability.SYNC_CALENDAR: "The vendor syncs its calendars by itself.",
    Ability.LOCATION: "Leave out location, or write it into description.",
    Ability.TYPE: "Leave out type.",
    Ability.TENTATIVE: "Leave out status: events there are confirmed.",
    Ability.CANCELLED_KEPT: "A cancelled event is gone there; list the others.",
    Ability.CANCEL_REASON: "Leave out reason, or write it into description before cancelling.",
    Ability.ATTENDEES_WITHOUT_EMAIL: "Give each attendee an email, or name them in description.",
    Ability.PHONE: "Leave out phone, or write the number into description.",
    Ability.OWNER: "Leave out owner_type and owner_id.",
    Ability.CREATED_BY: "Leave out created_by.",
    Ability.HOLD: "Leave out hold_minutes: book the time, and cancel if the caller declines.",
    Ability.ALL_DAY: "Send start and end with times: from midnight to midnight.",
}
"""What to do where it is lacking."""


def require(name: str, has: frozenset[Ability], ability: Ability) -> None:
    """Let something pass that a backend can do.

    Raises:
        Unsupported: It can't.
    """
    if ability not in has:
        raise lacking(name, ability)


def lacking(name: str, ability: Ability) -> Unsupported:
    """Return the refusal of what a backend can't do."""
    told = f"The {name} calendars do not support {ability.value}."
    return Unsupported(told, hint=INSTEAD.get(ability, Unsupported.hint))


def require_for(name: str, has: frozenset[Ability], event: Event | Draft) -> None:
    """Let an event pass of which a backend keeps everything: nothing is lost in silence.

    Raises:
        Unsupported: It would not.
    """
    for ability, value in _carried(event).items():
        if value:
            require(name, has, ability)


def require_changes(name: str, has: frozenset[Ability], before: Event, after: Event) -> None:
    """Let a change pass of which a backend keeps everything.

    Raises:
        Unsupported: It would not.
    """
    had = _carried(before)
    for ability, value in _carried(after).items():
        if value and value != had[ability]:
            require(name, has, ability)
    if before.type != after.type:
        require(name, has, Ability.TYPE)


def _carried(event: Event | Draft) -> dict[Ability, Any]:
    """Return what an event carries that not every backend has; nothing for what it does not."""
    people = event.attendees
    hold = event.hold_seconds if isinstance(event, Draft) else event.hold_expires_at
    return {
        Ability.HOLD: hold,
        Ability.ALL_DAY: event.days,
        Ability.DESCRIPTION: event.description,
        Ability.LOCATION: event.location,
        Ability.TYPE: None if event.type in {DEFAULT_TYPE, BLOCK_TYPE} else event.type,
        Ability.TENTATIVE: event.status is Status.TENTATIVE,
        Ability.CANCELLED_KEPT: isinstance(event, Draft) and event.status is Status.CANCELLED,
        Ability.ATTENDEES: people,
        Ability.ATTENDEES_WITHOUT_EMAIL: [person for person in people if not person.email],
        Ability.PHONE: [person.phone for person in people if person.phone],
        Ability.OWNER: event.owner,
        Ability.CREATED_BY: event.created_by,
    }
