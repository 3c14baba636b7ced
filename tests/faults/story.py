"""All that is known of a run with providers."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from tests.faults.ending import Ending, Here, Sides
from tests.faults.history import Fate, History, Request
from tests.faults.journal import Attempt, Kind
from tests.faults.outsider import Deed


class Story:
    """All that is known of a run."""

    def __init__(self, attempts: Iterable[Attempt], deeds: Iterable[Deed], ending: Ending) -> None:
        self.history = History(attempts, ending.final)
        self.deeds, self.ending = list(deeds), ending

    @cached_property
    def here(self) -> dict[int, tuple[Sides, Here]]:
        """Our events by number."""
        return {one.event.id: (side, one) for side in self.ending.sides for one in side.here}

    @cached_property
    def deeds_on(self) -> dict[str, list[Deed]]:
        """What others did, by UID, in the order of doing."""
        found: defaultdict[str, list[Deed]] = defaultdict(list)
        for deed in self.deeds:
            found[deed.uid].append(deed)
        return found

    @cached_property
    def requests_on(self) -> dict[int, list[Request]]:
        """The requests to change an event that were done, or may have been, by its number."""
        found: defaultdict[int, list[Request]] = defaultdict(list)
        for request in self.history.requests.values():
            if request.act.event is not None and request.fate is not Fate.NOT_DONE:
                found[request.act.event].append(request)
        return found

    def ended_by_us(self, number: int) -> bool:
        """Whether somebody cancelled or deleted an event through us, or may have."""
        ends = {Kind.CANCEL, Kind.DELETE}
        return any(one.act.kind in ends for one in self.requests_on.get(number, ()))

    def numbers_of(self, uid: str) -> set[int]:
        """Return the numbers here of an event of others, as far as anybody saw it."""
        titles = {deed.title for deed in self.deeds_on.get(uid, ()) if deed.title}
        seen = {
            number
            for number, record in self.history.records.items()
            if any(one.seen.title in titles for one in record.sightings)
        }
        return seen | {number for number, (_, one) in self.here.items() if uid in one.keys}
