"""What the Talkover family sends and receives about connections to calendar providers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sched_agent.model import ids
from sched_agent.model.connection import (
    Connection,
    ConnectionPolicy,
    LostChange,
    State,
    WhenTaken,
    WhenUnknown,
)
from sched_agent.model.ids import Kind
from sched_agent.model.status import Status
from sched_agent.services.connecting import Begun
from sched_agent.speech.iso import utc_text
from sched_agent.transports.rest.talkover_shapes import Body


class PolicyBody(Body):
    """What the owner of a connected calendar wants: our addition."""

    recheck_seconds: Annotated[int, Field(strict=True, ge=0, le=86_400)] | None = Field(
        None, description="Ask the provider again before a booking if what is known is older"
    )
    max_age_minutes: Annotated[int, Field(strict=True, ge=1, le=10_080)] | None = Field(
        None, description="How long what is known of the provider's calendar counts as known"
    )
    sync_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] | None = Field(
        None, description="How often it is synced"
    )
    when_unknown: WhenUnknown | None = Field(
        None, description="What becomes of a booking while the provider can't be asked"
    )
    when_taken: WhenTaken | None = Field(
        None, description="What becomes of an event whose time is found taken at the provider"
    )

    def changes(self) -> dict[str, Any]:
        """Return what was sent, by field of `ConnectionPolicy`; null is as good as nothing."""
        sent = {name: getattr(self, name) for name in ConnectionPolicy.__slots__}
        return {name: value for name, value in sent.items() if value is not None}


class ConnectionBody(PolicyBody):
    """Body of create-provider-connection."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "provider": "google",
                "redirect_uri": "https://example.com/oauth/calendar/callback",
            }
        }
    )

    provider: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="As your environment is set up: `sched-agent provider list`"
    )
    redirect_uri: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="Where the browser goes after the user agreed; exactly one of the provider's"
    )
    calendar: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Our addition: the provider's calendar, by id or name; default: primary"
    )


class BegunData(BaseModel):
    """A connection that waits for its user."""

    id: str
    provider: str
    authorization_url: str | None = Field(
        description="Where the user agrees, within ten minutes; null: they have, since"
    )
    is_active: bool

    @classmethod
    def of(cls, begun: Begun) -> "BegunData":
        """Return a begun connection for the answer."""
        return cls(
            id=ids.uuid(Kind.CONNECTION, begun.connection.id),
            provider=begun.connection.provider,
            authorization_url=begun.authorization_url,
            is_active=begun.connection.state is State.ACTIVE,
        )


class SyncData(BaseModel):
    """How the syncing of a calendar with a provider goes."""

    calendar_id: str
    provider: str
    last_sync_at: str | None
    is_syncing: bool
    events_synced: int
    state: State = Field(description="Our addition")
    trouble: str | None = Field(description="Our addition: what went wrong last")

    @classmethod
    def facts(cls, connection: Connection) -> dict[str, Any]:
        """Return what is told of a connection's syncing, by field."""
        last = connection.last_sync_at
        return {
            "calendar_id": ids.uuid(Kind.CALENDAR, connection.calendar_id),
            "provider": connection.provider,
            "last_sync_at": None if last is None else utc_text(last),
            "is_syncing": connection.syncing_since is not None,
            "events_synced": connection.events_synced,
            "state": connection.state,
            "trouble": connection.trouble,
        }

    @classmethod
    def of(cls, connection: Connection) -> "SyncData":
        """Return a connection for the answer."""
        return cls(**cls.facts(connection))


class ConnectionData(SyncData):
    """A connection; its credentials are shown to nobody."""

    id: str
    is_active: bool
    kind: str
    calendar: str | None = Field(description="The provider's calendar")
    writable: bool
    redirect_uri: str | None
    recheck_seconds: int
    max_age_minutes: int
    sync_minutes: int
    when_unknown: WhenUnknown
    when_taken: WhenTaken
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, connection: Connection) -> "ConnectionData":
        """Return a connection for the answer."""
        policy = {name: getattr(connection.policy, name) for name in ConnectionPolicy.__slots__}
        return cls(
            **cls.facts(connection),
            **policy,
            id=ids.uuid(Kind.CONNECTION, connection.id),
            is_active=connection.state is State.ACTIVE,
            kind=connection.kind.value,
            calendar=connection.remote_calendar,
            writable=connection.writable,
            redirect_uri=connection.redirect_uri,
            created_at=utc_text(connection.created_at),
            updated_at=utc_text(connection.updated_at),
        )


class ConflictData(BaseModel):
    """What one side had changed about an event when the other side's change won."""

    event_id: str
    at: str = Field(description="When it was decided")
    whose: Literal["here", "there"] = Field(description="Whose change gave way")
    title: str
    start_at: str
    end_at: str
    description: str | None
    location: str | None
    status: Status

    @classmethod
    def of(cls, change: LostChange) -> "ConflictData":
        """Return a change for the answer."""
        lost = change.lost
        return cls(
            event_id=ids.uuid(Kind.EVENT, change.event_id),
            at=utc_text(change.at),
            whose="here" if change.what == "here" else "there",
            title=lost["title"],
            start_at=utc_text(lost["start_at"]),
            end_at=utc_text(lost["end_at"]),
            description=lost["description"],
            location=lost["location"],
            status=Status(lost["status"]),
        )


class QueuedData(BaseModel):
    """A sync that will be made."""

    queued: Literal[True] = True
    queued_at: str
