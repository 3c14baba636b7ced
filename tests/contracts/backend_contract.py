"""What every backend keeps: subclass it and give it an `environ`, a `program` and a `place`.

What a test needs beyond the plain calls it says by `needs(...)`. Where a backend does not declare
that ability, the same test asserts that it is told so by `unsupported` and a hint: nothing is
skipped.
"""

from functools import partial

import pytest

from sched_agent import errors
from sched_agent.model.interval import DAY, Interval
from tests.contracts.backends.administering import Administering
from tests.contracts.backends.booking import Booking
from tests.contracts.backends.changing import Changing
from tests.contracts.backends.freeness import Freeness
from tests.contracts.backends.place import NINE, TEN
from tests.contracts.backends.reading import Reading
from tests.contracts.backends.retrying import Retrying
from tests.vendor import a_program


class BackendContract(Booking, Reading, Changing, Freeness, Retrying, Administering):
    """A `place` on a `program`."""

    @pytest.fixture
    def another_program(self, program, environ):
        """A second process, as it were, with the same settings."""
        with a_program(environ) as another:
            yield another


def everything(place, booked):
    """Return what can be asked of a vendor."""
    return [
        place.free,
        place.list,
        partial(place.is_free, TEN),
        partial(place.get, booked),
        partial(place.book, TEN),
        partial(place.revise, booked, to=TEN),
        partial(place.cancel, booked),
    ]


class HostedContract(BackendContract):
    """What holds in addition where the calendars are at a vendor: a `vendor`, too."""

    def test_what_others_book_at_the_vendor_is_taken(self, place):
        place.truth.book("Work", NINE, title="Theirs")

        assert not place.is_free(NINE)
        with pytest.raises(errors.SlotTaken):
            place.book(NINE)
        assert [event.title for event in place.list()] == ["Theirs"]

    def test_a_token_that_is_no_longer_valid_is_told_as_such_and_nothing_seems_free(
        self, place, vendor
    ):
        booked = place.book(NINE)
        vendor.revoke_token()

        for ask in everything(place, booked):
            with pytest.raises(errors.NotAuthenticated) as refusal:
                ask()
            assert "SCHED_AGENT_TOKEN" in refusal.value.hint
        assert place.there() == [("Stand-up", NINE)]

    def test_a_vendor_that_is_gone_is_unreachable_and_nothing_seems_free(self, place, vendor):
        booked = place.book(NINE)
        vendor.stop()

        for ask in everything(place, booked):
            with pytest.raises(errors.CalendarUnreachable):
                ask()

    def test_a_long_listing_is_whole(self, place):
        for number in range(130):
            start = NINE.start + (number // 8) * DAY + (number % 8) * NINE.length
            place.truth.book("Work", Interval(start, start + NINE.length), title=f"{number}")

        assert [event.title for event in place.list(limit=500)] == [str(n) for n in range(130)]
        assert len(place.list(limit=100)) == 100
