"""What a store promises; one contract suite holds every store to it.

A transaction belongs to one environment: it can neither see nor touch another one, whatever ids
it is given. All instants are UTC microseconds.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sched_agent.model.availability_rule import Rule
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.caller import Token
from sched_agent.model.connection import Connection, Link, LostChange, ProviderSettings
from sched_agent.model.event import Event, EventFilter
from sched_agent.model.event_rule import Delivery, EventRule, Trigger
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.outbox import Message, Topic
from sched_agent.model.schedule import Taken


class RequestKey(NamedTuple):
    """Names a request: who sent it, what it does, and the id that they gave it."""

    caller: str
    operation: str
    request_id: str


class Overdue(NamedTuple):
    """Names a calendar on which holds have run out that are not written down as cancelled."""

    environment_id: Number
    calendar_id: Number


class Waiting(NamedTuple):
    """How full the outbox is.

    Args:
        alive: Messages that will be done.
        dead: Messages that were given up.
        oldest_due_at: Since when the one waits that is due longest, if any is.
    """

    alive: int
    dead: int
    oldest_due_at: int | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer that a request_id got, and the fingerprint of the arguments it came with."""

    fingerprint: str
    answer: Mapping[str, object]


class Reader(Protocol):
    """What can be read in one environment; every read sees the same state."""

    def environment(self) -> Environment:
        """Return the environment."""
        ...

    def calendar(self, calendar_id: Number) -> Calendar:
        """Return a calendar.

        Raises:
            UnknownCalendar: The environment has none with that id.
        """
        ...

    def calendars(self, query: str | None, limit: int, after: Number) -> Sequence[Calendar]:
        """Return calendars whose name contains the folded `query`, by id, from beyond `after`."""
        ...

    def calendars_of(self, resource_id: Number) -> Sequence[Calendar]:
        """Return the calendars of a resource, its own first, then by id; none if it is unknown."""
        ...

    def rules(self, calendar_id: Number) -> Sequence[Rule]:
        """Return a calendar's availability rules in the order in which they were made."""
        ...

    def event(self, event_id: Number) -> Event:
        """Return an event as it is written down; see `Event.as_of`.

        Raises:
            UnknownEvent: The environment has none with that id.
        """
        ...

    def events(self, wanted: EventFilter, limit: int, now: int) -> Sequence[Event]:
        """Return the events that a filter lets through as of `now`, by (start, id).

        They come as they are written down; see `Event.as_of`. Of `attendee` only the clues are
        looked for (`person.clues`), so others may be among them whom it does not fit.
        """
        ...

    def taken(
        self, calendar_id: Number, within: Interval, now: int, leaving_out: Number | None = None
    ) -> Sequence[Taken]:
        """Return what blocks time in a stretch at `now`, by start; nothing else is read."""
        ...

    def all_day(self, calendar_id: Number) -> Sequence[Event]:
        """Return the events of a calendar that have dates."""
        ...

    def holds(self, calendar_id: Number, held_by: str, now: int) -> Sequence[int]:
        """Return when the live holds of a caller on a calendar run out, the first one first."""
        ...

    def run_out(self, calendar_id: Number, now: int) -> Sequence[Event]:
        """Return the holds that have run out and are not yet written down as cancelled."""
        ...

    def tokens(self) -> Sequence[Token]:
        """Return the environment's tokens, oldest first."""
        ...

    def recall(self, key: RequestKey) -> Remembered | None:
        """Return what the same request was answered before, if it was."""
        ...

    def providers(self) -> Sequence[ProviderSettings]:
        """Return the providers that the environment can connect to, by name."""
        ...

    def connections(self, calendar_id: Number | None = None) -> Sequence[Connection]:
        """Return the connections of a calendar, or of all of them, oldest first."""
        ...

    def connection(self, connection_id: Number) -> Connection:
        """Return a connection.

        Raises:
            UnknownConnection: The environment has none with that id.
        """
        ...

    def links_of(self, event_id: Number) -> Sequence[Link]:
        """Return what an event is tied to, over all connections."""
        ...

    def links_at(self, connection_id: Number, handles: Sequence[str]) -> Sequence[Link]:
        """Return what is tied to events that lie under some handles at a provider."""
        ...

    def links_named(self, connection_id: Number, keys: Sequence[str]) -> Sequence[Link]:
        """Return what is tied to events with some keys at a provider."""
        ...

    def links_to(self, connection_id: Number, event_ids: Sequence[Number]) -> Sequence[Link]:
        """Return what some events are tied to on a connection."""
        ...

    def links_within(self, connection_id: Number, window: Interval) -> Sequence[Link]:
        """Return what is tied to a provider's events that overlapped a stretch when last seen."""
        ...

    def links_awaited(self, connection_id: Number) -> Sequence[Link]:
        """Return what is tied to events than which the provider's cursor may be older."""
        ...

    def lost_changes(self, connection_id: Number, limit: int) -> Sequence[LostChange]:
        """Return the changes that gave way on a connection, the newest first."""
        ...

    def held(self, calendar_id: Number, held_by: str) -> Sequence[Event]:
        """Return the holds of a caller on a calendar, whether or not they have run out."""
        ...

    def messages(self, *, dead: bool, limit: int) -> Sequence[Message]:
        """Return the messages that were given up, or the others, by when they are due."""
        ...

    def messages_of(self, lane: str, topic: Topic) -> Sequence[Message]:
        """Return the messages of a lane about one topic, by key."""
        ...

    def event_rules(self) -> Sequence[EventRule]:
        """Return the environment's event rules, oldest first."""
        ...

    def event_rule(self, rule_id: Number) -> EventRule:
        """Return an event rule.

        Raises:
            UnknownEventRule: The environment has none with that id.
        """
        ...

    def triggers(self) -> frozenset[Trigger]:
        """Return what any event rule waits for that is enabled."""
        ...

    def deliveries(self, rule_id: Number) -> Sequence[Delivery]:
        """Return the tries of an event rule that are kept, newest first."""
        ...

    def is_delivered(self, rule_id: Number, delivery_id: str) -> bool:
        """Whether something that a rule has done is known to be done."""
        ...


class Transaction(Reader, Protocol):
    """Reads and writes of one environment that happen together or not at all."""

    def claim(self, key: RequestKey) -> Remembered | None:
        """Return what the same request was answered before, if it was.

        If it was not, no other transaction gets past its own claim of it before this one ends.
        It is the first thing that a transaction does, so that no two wait for each other.
        """
        ...

    def lock_calendar(self, calendar_id: Number) -> Calendar:
        """Return a calendar, and let no other transaction lock it before this one ends.

        Raises:
            UnknownCalendar: The environment has none with that id.
        """
        ...

    def lock_event(self, event_id: Number) -> tuple[Calendar, Event]:
        """Lock an event's calendar and return both as they are under the lock.

        Raises:
            UnknownEvent: The environment has none with that id.
        """
        ...

    def add_calendar(self, calendar: Calendar) -> Calendar:
        """Keep a new calendar under an id of its own, which the result carries."""
        ...

    def put_calendar(self, calendar: Calendar) -> None:
        """Replace a calendar."""
        ...

    def delete_calendar(self, calendar_id: Number) -> None:
        """Delete a calendar with its rules and events."""
        ...

    def add_rule(self, calendar_id: Number, rule: Rule) -> Rule:
        """Keep a new availability rule under an id of its own, which the result carries."""
        ...

    def put_rule(self, calendar_id: Number, rule: Rule) -> None:
        """Replace an availability rule, which keeps its place among the others.

        Raises:
            UnknownRule: The calendar has none with its id.
        """
        ...

    def delete_rule(self, calendar_id: Number, rule_id: Number) -> None:
        """Delete an availability rule.

        Raises:
            UnknownRule: The calendar has none with that id.
        """
        ...

    def add_event(self, event: Event) -> Event:
        """Keep a new event under an id of its own, which the result carries.

        Raises:
            SlotTaken: It would overlap another exclusive event, which a database may see itself.
        """
        ...

    def put_event(self, event: Event) -> None:
        """Replace an event.

        Raises:
            SlotTaken: As for `add_event`.
        """
        ...

    def delete_event(self, event: Event) -> None:
        """Delete an event."""
        ...

    def add_token(self, token: Token) -> Token:
        """Keep a new token under an id of its own, which the result carries."""
        ...

    def revoke_token(self, token_id: Number, now: int) -> bool:
        """Make a token invalid from `now` on; whether there was such a token."""
        ...

    def remember(self, key: RequestKey, remembered: Remembered, now: int) -> None:
        """Keep the answer to a request that was claimed, in place of one that is kept."""
        ...

    def unclaim(self, key: RequestKey) -> None:
        """Forget a request that was claimed: it came to nothing, and may come again."""
        ...

    def put_provider(self, provider: ProviderSettings) -> None:
        """Keep a provider, in place of the one with its name."""
        ...

    def delete_provider(self, name: str) -> bool:
        """Forget a provider; whether there was one with that name."""
        ...

    def add_connection(self, connection: Connection) -> Connection:
        """Keep a new connection under an id of its own, which the result carries."""
        ...

    def lock_connection(self, connection_id: Number) -> Connection:
        """Lock a connection's calendar and return the connection as it is under the lock.

        Raises:
            UnknownConnection: There is none with that id.
        """
        ...

    def put_connection(self, connection: Connection) -> None:
        """Replace a connection.

        Raises:
            UnknownConnection: There is none with its id.
        """
        ...

    def delete_connection(self, connection_id: Number) -> None:
        """Forget a connection and its links; the events stay."""
        ...

    def put_link(self, link: Link) -> None:
        """Keep a link, in place of the one with its connection and key."""
        ...

    def put_links(self, links: Sequence[Link]) -> None:
        """Keep many links of different keys at once; see `put_link`."""
        ...

    def delete_link(self, connection_id: Number, key: str) -> None:
        """Forget a link."""
        ...

    def await_no_more(self, connection_id: Number, keys: Sequence[str]) -> None:
        """Note that a provider's cursor is newer than some of its events."""
        ...

    def keep_lost(self, change: LostChange) -> None:
        """Keep a change that gave way, where people find it."""
        ...

    def queue(self, message: Message) -> None:
        """Put a message in the outbox, in place of the one with its topic and key.

        If that one is being done at the moment, this one is done after it.
        """
        ...

    def unqueue(self, topic: Topic, key: str) -> bool:
        """Take a message out of the outbox; whether it was there."""
        ...

    def end(self, message: Message, again_at: int | None) -> None:
        """Take a message that was done out of the outbox, or have it done again at an instant.

        Nothing happens to one that was put again meanwhile, or that somebody else does now: it
        is done once more.
        """
        ...

    def put_off(self, message: Message, until: int, trouble: str) -> None:
        """Have a message that failed tried again at an instant; see `end`."""
        ...

    def put_back(self, message: Message, until: int, trouble: str | None) -> None:
        """Have a message that was leased, but not begun, begun at an instant; see `end`.

        It is no attempt.
        """
        ...

    def give_up(self, message: Message, now: int, trouble: str) -> None:
        """Keep a message that failed for good where people see it; see `end`."""
        ...

    def add_event_rule(self, rule: EventRule) -> EventRule:
        """Keep a new event rule under an id of its own, which the result carries."""
        ...

    def put_event_rule(self, rule: EventRule) -> None:
        """Replace an event rule.

        Raises:
            UnknownEventRule: There is none with its id.
        """
        ...

    def delete_event_rule(self, rule_id: Number) -> None:
        """Delete an event rule and its log.

        Raises:
            UnknownEventRule: There is none with that id.
        """
        ...

    def add_delivery(self, delivery: Delivery) -> None:
        """Write a try into its rule's log, of which only the newest ones are kept."""
        ...


class Store(Protocol):
    """A database. Threads and processes share it."""

    def snapshot(self, environment_id: Number) -> AbstractContextManager[Reader]:
        """Begin to read one environment.

        Raises:
            CalendarUnreachable: The database can't be read at this moment.
        """
        ...

    def transaction(self, environment_id: Number) -> AbstractContextManager[Transaction]:
        """Begin to write one environment; leaving it by an exception undoes everything.

        Raises:
            CalendarUnreachable: The database can't be written at this moment.
            Interrupted: The database undid it, and it may be run again from its beginning.
            OutcomeUnknown: The connection broke while it was being committed.
        """
        ...

    def environments(self) -> Sequence[Environment]:
        """Return all environments, oldest first."""
        ...

    def add_environment(
        self, name: str, timezone: str, now: int, furnish: Callable[[Transaction], None]
    ) -> tuple[Environment, bool]:
        """Return the environment with that name, and whether it was made now.

        A new one is furnished in the transaction that makes it.
        """
        ...

    def find_token(self, hashed: str) -> Token | None:
        """Return the token with that hash, of whichever environment."""
        ...

    def has_tokens(self) -> bool:
        """Whether any environment ever had a token, whether or not one is valid now."""
        ...

    @property
    def place(self) -> str:
        """Where the database is, as people may be told: no password."""
        ...

    def probe(self) -> None:
        """Find out within a second or so whether the database answers.

        Raises:
            CalendarUnreachable: It does not.
        """
        ...

    def concern(self) -> str | None:
        """Say what in the settings of the database itself breaks a promise, if anything does."""
        ...

    def overdue(self, now: int) -> Sequence[Overdue]:
        """Return the calendars, of all environments, that have something for `Reader.run_out`."""
        ...

    def forget(self, before: int, limit: int) -> int:
        """Forget up to `limit` answers that were remembered before an instant; how many it did."""
        ...

    def lease(
        self, lease: str, *, now: int, begins: int, until: int, limit: int
    ) -> Sequence[Message]:
        """Lease due messages of one lane, that which has waited longest, of any environment.

        Until the lease ends or runs out, nobody else gets a message of that lane.

        Args:
            lease: A name that nobody else uses.
            now: The instant as the program knows it, by which messages are due.
            begins: The instant by the machine's own clock, which nobody pins ...
            until: ... and when the lease runs out by it.
            limit: The most messages.
        """
        ...

    def renew(self, lease: str, until: int) -> bool:
        """Let a lease run out later; whether anything is still leased under it."""
        ...

    def waiting(self, now: int) -> Waiting:
        """Count what is in the outbox, of all environments."""
        ...

    def migrate(self, partitions: int | None = None) -> Sequence[str]:
        """Bring the schema up to date and return the names of the steps taken.

        Args:
            partitions: Into how many parts to divide what belongs to calendars; None: as it is.

        Raises:
            SettingsError: The database was made by a newer version, or has no partitions.
        """
        ...

    def pending(self) -> Sequence[str]:
        """Return the names of the migrations that `migrate` would take."""
        ...

    def close(self) -> None:
        """Give back everything that is open."""
        ...
