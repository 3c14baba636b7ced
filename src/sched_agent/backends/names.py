"""A vendor's ids, which are any text, and the numbers that we know them by."""

from sched_agent.errors import ProviderRejected
from sched_agent.model.ids import Kind, Number, foreign

_MOST_KNOWN = 100_000


class Names:
    """The vendor's ids of what was read, by our numbers. Threads share it."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Kind, Number], str] = {}

    def learn(self, kind: Kind, text: str) -> Number:
        """Return the number of a vendor's id.

        Raises:
            ProviderRejected: Another id that was read has the same number.
        """
        number = foreign(kind, text)
        if len(self._texts) > _MOST_KNOWN:
            self._texts.clear()
        if self._texts.setdefault((kind, number), text) != text:
            raise ProviderRejected("Two of the vendor's ids can't be told apart here.")
        return number

    def of(self, kind: Kind, number: Number) -> str | None:
        """Return the vendor's id, if it was read."""
        return self._texts.get((kind, number))
