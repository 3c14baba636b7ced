"""A vendor's ids, which are any text, and the numbers that we know them by; and our marks."""

from collections.abc import Iterable

from sched_agent.errors import ProviderRejected
from sched_agent.model.event import Event
from sched_agent.model.ids import Kind, Number, foreign

_MOST_KNOWN = 100_000


class Names:
    """The vendor's ids of what was read, by our numbers. Threads share it."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Kind, Number], str] = {}
        self._marks: dict[Number, str] = {}

    def make_room(self) -> None:
        """Forget events, if too many were read: those that matter are about to be read again."""
        if len(self._texts) > _MOST_KNOWN:
            self._texts = {
                key: text for key, text in self._texts.items() if key[0] is not Kind.EVENT
            }
            self._marks = {}

    def learn(self, kind: Kind, text: str) -> Number:
        """Return the number of a vendor's id.

        Raises:
            ProviderRejected: Another id that was read has the same number.
        """
        number = foreign(kind, text)
        if self._texts.setdefault((kind, number), text) != text:
            raise ProviderRejected("Two of the vendor's ids can't be told apart here.")
        return number

    def of(self, kind: Kind, number: Number) -> str | None:
        """Return the vendor's id, if it was read."""
        return self._texts.get((kind, number))

    def note(self, event_id: Number, mark: str | None) -> None:
        """Keep an event's mark in mind."""
        if mark is not None:
            self._marks[event_id] = mark

    def mark_of(self, event_id: Number) -> str | None:
        """Return the mark that an event was read with."""
        return self._marks.get(event_id)

    def marks(self, events: Iterable[Event]) -> dict[Number, str]:
        """Return the marks of those events that have one."""
        return {event.id: mark for event in events if (mark := self._marks.get(event.id))}
