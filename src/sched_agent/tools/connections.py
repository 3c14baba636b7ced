"""Connecting calendars to those that people keep elsewhere: the toolset `admin`."""

from collections.abc import Sequence

from pydantic import Field

from sched_agent.backends.base import Backend
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller, Level
from sched_agent.model.connection import Connection, State
from sched_agent.model.ids import Kind, code
from sched_agent.speech.phrasing import quoted, say_moment
from sched_agent.speech.saying import Speaker
from sched_agent.tools import telling
from sched_agent.tools.answers import Answer, Output, iso_now
from sched_agent.tools.arguments import Id, Name, RequestId, Spoken, ToolInput
from sched_agent.tools.calendars import the_calendar
from sched_agent.tools.registry import Result, tool


class ConnectProvider(ToolInput):
    """Arguments of `connect_provider`."""

    calendar_id: Id | None = Field(None, description="May be left out if there is only one")
    provider: Name = Field(description="As it was set up, such as google")
    redirect_uri: str | None = Field(
        None, max_length=2000, description="Where the browser goes in the end; one that was set up"
    )
    request_id: RequestId = None
    language: Spoken


class SyncCalendar(ToolInput):
    """Arguments of `sync_calendar`."""

    calendar_id: Id | None = Field(None, description="May be left out if there is only one")
    request_id: RequestId = None
    language: Spoken


class ConnectionOutput(Output):
    """A connection to a provider's calendar."""

    id: str
    calendar_id: str
    provider: str
    state: str = Field(description="pending, active or consent_needed")
    is_active: bool
    is_syncing: bool
    last_sync_at: str | None = None
    events_synced: int
    trouble: str | None = Field(None, description="What went wrong last")

    @classmethod
    def of(cls, calendar: Calendar, connection: Connection) -> "ConnectionOutput":
        """Return a connection for the answer, in its calendar's zone."""
        synced = connection.last_sync_at
        return cls(
            id=code(Kind.CONNECTION, connection.id),
            calendar_id=code(Kind.CALENDAR, calendar.id),
            provider=connection.provider,
            state=connection.state.value,
            is_active=connection.state is State.ACTIVE,
            is_syncing=connection.syncing_since is not None,
            last_sync_at=None if synced is None else iso_now(synced, calendar.zone),
            events_synced=connection.events_synced,
            trouble=connection.trouble,
        )


class ConnectAnswer(Answer):
    """A connection that waits for the consent of the calendar's owner."""

    connection: ConnectionOutput
    authorization_url: str | None = Field(None, description="The owner opens it in a browser")


class SyncAnswer(Answer):
    """The connections that are synced next."""

    connections: list[ConnectionOutput]


@tool(
    "Connect a calendar to Google, CalDAV or a feed",
    output=ConnectAnswer,
    toolset="admin",
    level=Level.ADMIN,
    idempotent=True,
)
def connect_provider(backend: Backend, caller: Caller, arguments: ConnectProvider) -> Result:
    """Begin to connect a calendar to the one that its owner keeps at a provider.

    Give the owner authorization_url to open in a browser; never ask for passwords. Once they
    agree it becomes active and syncs by itself; look with sync_calendar.
    """
    calendar = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    begun = backend.connect(
        caller,
        calendar.id,
        provider=arguments.provider,
        redirect_uri=arguments.redirect_uri,
        request_id=arguments.request_id,
    )
    speaker = Speaker(arguments.language, calendar.zone, backend.now())
    waits = begun.authorization_url is not None
    data = ConnectAnswer(
        say=telling.calendar("connecting" if waits else "connected", speaker, calendar),
        connection=ConnectionOutput.of(calendar, begun.connection),
        authorization_url=begun.authorization_url,
    )
    to_open = f"For the owner to open: {begun.authorization_url}" if waits else ""
    return Result(data, [_line(calendar, begun.connection), *filter(None, [to_open])])


@tool(
    "Sync a calendar with its provider",
    output=SyncAnswer,
    toolset="admin",
    level=Level.ADMIN,
    idempotent=True,
)
def sync_calendar(backend: Backend, caller: Caller, arguments: SyncCalendar) -> Result:
    """Have a connected calendar synced now, and tell how its connections stand.

    It goes on by itself every few minutes; this only hurries it. It does not wait for the end.
    """
    calendar = the_calendar(backend, caller, arguments.calendar_id, arguments.language)
    connections = backend.sync(caller, calendar.id, request_id=arguments.request_id)
    speaker = Speaker(arguments.language, calendar.zone, backend.now())
    data = SyncAnswer(
        say=telling.calendar(_key(connections), speaker, calendar),
        connections=[ConnectionOutput.of(calendar, one) for one in connections],
    )
    return Result(data, [_line(calendar, one) for one in connections])


def _key(connections: Sequence[Connection]) -> str:
    if not connections:
        return "not_connected"
    needed = any(one.state is not State.ACTIVE for one in connections)
    return "connecting" if needed else "syncing"


def _line(calendar: Calendar, connection: Connection) -> str:
    synced = connection.last_sync_at
    when = "never" if synced is None else say_moment(synced, calendar.zone)
    trouble = f"; trouble: {connection.trouble}" if connection.trouble else ""
    name = f"[{code(Kind.CONNECTION, connection.id)}, {connection.state}]"
    place = f"{quoted(calendar.name)} at {connection.provider} {name}"
    return f"{place}; last synced: {when}{trouble}"
