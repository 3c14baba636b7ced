"""Providers that an environment can connect to, and the connections of its calendars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from sched_agent.model.ids import Number
from sched_agent.model.interval import DAY, MINUTE

HORIZON_DAYS = 400
"""How far ahead a provider's events are read. Time beyond is not known."""

_READ_AGAIN_AFTER = 14 * DAY
"""How much of the horizon may have passed when everything is read anew."""


class ProviderKind(StrEnum):
    """What language a provider speaks."""

    GOOGLE = "google"
    CALDAV = "caldav"
    ICS = "ics"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """A provider as an environment is set up to use it.

    Args:
        name: By which connections name it.
        url: Google: the API's base; CalDAV: the server, or a calendar on it; ICS: the feed.
            None: Google's own; of the others, whoever connects says it.
        client_id: OAuth.
        sealed_secret: OAuth: the client's secret, sealed.
        authorization_url: OAuth; None: Google's own.
        token_url: OAuth; None: Google's own.
        redirect_uris: To which the browser may be sent on after a connection is made.
    """

    name: str
    kind: ProviderKind
    url: str | None = None
    client_id: str | None = None
    sealed_secret: str | None = field(default=None, repr=False)
    authorization_url: str | None = None
    token_url: str | None = None
    redirect_uris: tuple[str, ...] = ()
    created_at: int = 0


class State(StrEnum):
    """Where a connection is.

    `pending`: nobody has agreed yet; it is as if it were not there. `active`: in use.
    `consent_needed`: the provider refuses us, so that nothing is known of its time.
    """

    PENDING = "pending"
    ACTIVE = "active"
    CONSENT_NEEDED = "consent_needed"


class WhenUnknown(StrEnum):
    """What becomes of a booking while the provider can't be asked."""

    REFUSE = "refuse"
    HOLD = "hold"


class WhenTaken(StrEnum):
    """What becomes of an event that finds its time taken when it arrives at the provider."""

    KEEP = "keep"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPolicy:
    """What the owner of a connected calendar wants.

    Args:
        recheck_seconds: A booking asks the provider anew if what is known is older; 0: always.
        max_age_minutes: How long what is known counts as known.
        sync_minutes: How often it is synced.
    """

    recheck_seconds: int = 0
    max_age_minutes: int = 60
    sync_minutes: int = 5
    when_unknown: WhenUnknown = WhenUnknown.REFUSE
    when_taken: WhenTaken = WhenTaken.KEEP


def usual_policy(kind: ProviderKind) -> ConnectionPolicy:
    """Return what is done where the owner of a calendar has said nothing.

    A feed can only be read as a whole, and those who publish one write it anew now and then: it is
    not asked about each booking.
    """
    if kind is ProviderKind.ICS:
        return ConnectionPolicy(recheck_seconds=900, sync_minutes=10)
    return ConnectionPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection between a calendar and a provider's calendar. Instants are UTC microseconds.

    Args:
        provider: The name of the provider, as in `ProviderSettings`.
        redirect_uri: Where the browser goes after the connection is made.
        sealed_credentials: Tokens or a password, sealed.
        sealed_flow: While it is pending: what the callback needs, sealed.
        remote_calendar: The provider's id of its calendar.
        writable: Whether our events go there.
        cursor: From which the next sync goes on; None: it reads everything.
        known_until: How far ahead the last sync that read everything looked.
        last_sync_at: When the last sync that came to its end began.
        syncing_since: When the sync began that is under way.
        events_synced: How many events of the provider were written here, all syncs together.
        trouble: What went wrong last, in words; None once it goes well again.
    """

    id: Number
    calendar_id: Number
    provider: str
    kind: ProviderKind
    state: State = State.PENDING
    redirect_uri: str | None = None
    sealed_credentials: str | None = field(default=None, repr=False)
    sealed_flow: str | None = field(default=None, repr=False)
    remote_calendar: str | None = None
    writable: bool = False
    cursor: str | None = None
    known_until: int | None = None
    last_sync_at: int | None = None
    syncing_since: int | None = None
    events_synced: int = 0
    trouble: str | None = None
    policy: ConnectionPolicy = ConnectionPolicy()
    created_at: int
    updated_at: int

    @property
    def counts(self) -> bool:
        """Whether free time depends on it."""
        return self.state is not State.PENDING

    def is_known(self, now: int) -> bool:
        """Whether what was read of the provider's calendar still counts as known."""
        fresh_for = self.policy.max_age_minutes * MINUTE
        return (
            self.state is State.ACTIVE
            and self.last_sync_at is not None
            and now - self.last_sync_at <= fresh_for
        )

    def reads_all(self, now: int) -> bool:
        """Whether the next sync reads everything, not only what has changed."""
        if self.cursor is None or self.known_until is None:
            return True
        return self.known_until < now + HORIZON_DAYS * DAY - _READ_AGAIN_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Ties an event of ours to one at a provider, with what both said when they were the same.

    Args:
        event_id: Ours.
        key: See `remote.Ref`.
        handle: See `remote.Ref`.
        etag: See `remote.Ref`.
        seen_here: The fingerprint of what ours said.
        seen_there: The fingerprint of what the provider's said.
        start_at: When the provider's began, to find those that must still be there ...
        end_at: ... and when it ended.
        is_ours: Whether it came about here.
        awaited: Whether the cursor that is kept may be older than the provider's event. Not every
            provider tells of what came and went between two cursors.
    """

    connection_id: Number
    event_id: Number
    key: str
    handle: str
    etag: str | None
    seen_here: str
    seen_there: str
    start_at: int
    end_at: int
    is_ours: bool
    awaited: bool = False


class LostChange(NamedTuple):
    """What one side had changed about an event when the other side's change won.

    Args:
        calendar_id: Of the event.
        event_id: The event.
        connection_id: Between which sides.
        at: When it was decided.
        what: Whose change it was: `here` or `there`.
        lost: What it said.
    """

    calendar_id: Number
    event_id: Number
    connection_id: Number
    at: int
    what: str
    lost: Mapping[str, Any]
