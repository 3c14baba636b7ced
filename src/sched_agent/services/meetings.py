"""Video meetings, made by the provider of a connected calendar (Talkover: create-event-meeting)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sched_agent.app import App
from sched_agent.errors import (
    CalendarUnreachable,
    MeetingProviderRequired,
    StatusConflict,
    UnknownEvent,
)
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection, Link, State
from sched_agent.model.event import Event, Meeting
from sched_agent.model.ids import Number
from sched_agent.model.remote import Ref, RemoteEvent
from sched_agent.model.status import Status
from sched_agent.providers.base import Ability, Provider, RemoteGone
from sched_agent.services import events
from sched_agent.sync import following
from sched_agent.sync.access import opened
from sched_agent.sync.apply import link as linked
from sched_agent.sync.push import push


def meet(app: App, caller: Caller, calendar_id: Number, event_id: Number) -> tuple[Event, Meeting]:
    """Give an event a video meeting, or return the one that it has.

    Raises:
        NotAllowed: The caller may not change it.
        UnknownEvent: The calendar has no such event.
        MeetingProviderRequired: The calendar is connected to no provider that makes meetings.
        StatusConflict: The event is cancelled, or a hold.
        CalendarUnreachable: The provider does not answer; asked again, it makes no second one.
    """
    caller.require(Level.WRITE)
    calendar, event = events.get(app, caller, event_id)
    if calendar.id != calendar_id:
        raise UnknownEvent("The calendar has no event with that id.")
    caller.require_own(event)
    if event.meeting is not None:
        return event, event.meeting
    if event.status is Status.CANCELLED or event.is_hold:
        raise StatusConflict(
            "There is no meeting for an event that is cancelled, or only held.",
            hint="Confirm the hold first, or book again.",
        )
    with _maker(app, caller, calendar_id) as (connection, provider):
        there = _asked(app, caller, connection, provider, event)
    if there.meeting is None:
        raise CalendarUnreachable(
            f"{connection.provider} has not made the meeting yet.",
            hint="Ask again in a moment: there will be no second one.",
        )
    return _kept(app, caller, connection, event, there), there.meeting


@contextmanager
def _maker(app: App, caller: Caller, calendar_id: Number) -> Iterator[tuple[Connection, Provider]]:
    """Open the first provider of a calendar that makes meetings."""
    with app.store.snapshot(caller.environment_id) as tx:
        connections = tx.connections(calendar_id)
    for connection in connections:
        if connection.state is State.ACTIVE and connection.writable:
            with opened(app, caller.environment_id, connection.id) as provider:
                if Ability.MEETINGS in provider.abilities:
                    yield connection, provider
                    return
    raise MeetingProviderRequired("Calendar has no connected provider that supports meeting links")


def _asked(
    app: App, caller: Caller, connection: Connection, provider: Provider, event: Event
) -> RemoteEvent:
    """Have the provider make a meeting for an event, which is told of first if it is not there."""
    link = _link(app, caller, connection, event)
    if link is None:
        push(app, caller.environment_id, connection.id, event.id, provider)
        link = _link(app, caller, connection, event)
    if link is None:
        raise CalendarUnreachable(f"{connection.provider} does not have the event yet.")
    try:
        return provider.meet(
            connection.remote_calendar or "", Ref(link.key, link.handle, link.etag)
        )
    except RemoteGone:
        raise StatusConflict("The event was deleted in the connected calendar.") from None


def _link(app: App, caller: Caller, connection: Connection, event: Event) -> Link | None:
    with app.store.snapshot(caller.environment_id) as tx:
        links = tx.links_of(event.id)
    return next((one for one in links if one.connection_id == connection.id), None)


def _kept(
    app: App, caller: Caller, connection: Connection, event: Event, there: RemoteEvent
) -> Event:
    """Keep an event's meeting."""
    with app.store.transaction(caller.environment_id) as tx:
        _, now = tx.lock_event(event.id)
        at = app.clock()
        met = replace(now, meeting=there.meeting, version=now.version + 1, updated_at=at)
        kept = following.put(tx, now, met, at, told_by=connection.id)
        for link in tx.links_of(event.id):
            if link.connection_id == connection.id:
                new = linked(connection.id, now, there, is_ours=link.is_ours)
                tx.put_link(replace(new, seen_here=link.seen_here, awaited=link.awaited))
        return kept
