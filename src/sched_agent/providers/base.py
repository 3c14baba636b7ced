"""What a provider promises; one contract suite holds every provider to it.

All methods raise:
    CalendarUnreachable: It does not answer, not in time, or not now. It may be tried again.
    ConsentNeeded: It refuses our credentials.
    ProviderRejected: It refuses the request, and will refuse it again.

Reads are repeated after a moment where the provider asks for it, writes never are: who calls
knows which of them may be.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from sched_agent.model.interval import Interval
from sched_agent.model.remote import Batch, Content, Ref, RemoteCalendar, RemoteEvent


class Ability(StrEnum):
    """What not every provider can do."""

    WRITE = "write"
    MEETINGS = "meetings"


class CursorExpired(Exception):
    """The provider no longer knows what has changed since then: read everything."""


class RemoteChanged(Exception):
    """The event at the provider is not at the version that was named."""


class RemoteGone(Exception):
    """The event is no longer at the provider, or was deleted there."""


class Created(NamedTuple):
    """The event that lies under a UID, and whether it was made now.

    If it was not, an earlier try came through, or somebody has changed it since.
    """

    event: RemoteEvent
    made: bool


class Provider(Protocol):
    """The calendars that one person has at a provider. Threads do not share it.

    `calendar` is a `RemoteCalendar.id`, as `calendars` returns it.
    """

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do. Whatever else it is asked for, it refuses as `Unsupported`."""
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...

    def calendars(self) -> Sequence[RemoteCalendar]:
        """Return the person's calendars that hold events, the primary one first."""
        ...

    def changes(self, calendar: str, cursor: str | None, window: Interval) -> Iterator[Batch]:
        """Yield what has changed since a cursor or, without one, everything in the window.

        Series come as their occurrences that touch the window. What comes twice comes as it is
        now; what has changed while it is read may come now or next time, but it comes. Only the
        last batch has a cursor.

        Raises:
            CursorExpired: The provider no longer knows the cursor.
        """
        ...

    def busy(
        self, calendar: str, within: Interval, leaving_out: Collection[str] = ()
    ) -> Sequence[Interval]:
        """Return when the calendar is taken, as the provider knows at this moment.

        Args:
            calendar: The calendar.
            within: The stretch; what is returned may reach beyond it.
            leaving_out: Keys (`Ref.key`) of events that do not count.
        """
        ...

    def event(self, calendar: str, ref: Ref) -> RemoteEvent:
        """Return an event as it is now, at whatever version; `ref.etag` is not looked at.

        Raises:
            RemoteGone: It is not there.
        """
        ...

    def create(self, calendar: str, uid: str, content: Content) -> Created:
        """Put an event under a UID of our own; a second time it makes no second one.

        What lies there already stays as it is. What somebody has deleted there is made anew, unless
        the provider remembers it.

        Raises:
            RemoteGone: The provider remembers that it was there and was deleted.
        """
        ...

    def update(self, calendar: str, ref: Ref, content: Content) -> RemoteEvent:
        """Let an event say something else; what `Content` does not know of stays as it is there.

        An occurrence of a series is changed alone. Without an etag any version is replaced.

        Raises:
            RemoteChanged: It is not at the version of `ref.etag`.
            RemoteGone: It is not there.
        """
        ...

    def delete(self, calendar: str, ref: Ref) -> None:
        """Delete an event; one that is not there is deleted already.

        Raises:
            RemoteChanged: It is not at the version of `ref.etag`.
        """
        ...

    def meet(self, calendar: str, ref: Ref) -> RemoteEvent:
        """Give an event a video meeting, unless it has one.

        Raises:
            RemoteGone: It is not there.
        """
        ...
