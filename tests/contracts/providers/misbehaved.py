"""What networks and servers do to answers: nothing seems free for it, and nothing is made twice."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected
from sched_agent.model.remote import Batch
from sched_agent.providers.base import CursorExpired
from tests.contracts.providers.failing import reads
from tests.contracts.providers.outsider import NINE
from tests.contracts.providers.place import UID, WINDOW, keys, saying, titles
from tests.misbehaving import SLOW, Misbehaving, Misdeed, behave

TOLD = (CalendarUnreachable, ProviderRejected, ConsentNeeded)
IMPATIENT_SECONDS = 0.2
_JSON = {Misdeed.BROKEN_JSON, Misdeed.WRONG_TYPES, Misdeed.NULLS}
_MISDEEDS = sorted(set(Misdeed) - SLOW - _JSON - {Misdeed.LIMITED_BEFORE, Misdeed.ENDLESS})
"""How patient we are with slow answers, and whether we come back when told to, is not the point."""


def without_cursor(answer):
    if isinstance(answer, list) and answer and isinstance(answer[0], Batch):
        return [batch.changes for batch in answer]
    return answer


class Silent:
    def test_a_server_that_says_nothing_is_unreachable_within_the_time_that_we_have(
        self, place, world
    ):
        place.add(NINE)
        follower = place.follower()
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            provider = world.provider_at(nobody.getsockname()[1], seconds=IMPATIENT_SECONDS)
            asked = reads(provider, place.calendar, follower.events[0], follower.cursor)
            for ask in asked.values():
                with pytest.raises(CalendarUnreachable):
                    ask()
            provider.close()


class Misbehaved:
    """A `world` that speaks plain HTTP."""

    @pytest.fixture
    def proxy(self, world):
        with Misbehaving(world.server_port) as proxy:
            yield proxy

    @pytest.fixture
    def spoilt(self, world, proxy):
        """A provider that hears from its server through the proxy alone."""
        provider = world.provider_at(urlsplit(proxy.url).port, seconds=10)
        yield provider
        provider.close()

    def check_reads(self, place, proxy, spoilt, misdeed):
        place.add(NINE)
        follower = place.follower()
        (event,) = follower.events
        right = {
            name: without_cursor(ask())
            for name, ask in reads(place.provider, place.calendar, event, follower.cursor).items()
        }
        proxy.choose = lambda _: misdeed

        for name, ask in reads(spoilt, place.calendar, event, follower.cursor).items():
            try:
                answer = ask()
            except (*TOLD, CursorExpired):  # then everything is read, which is looked at, too
                continue
            assert without_cursor(answer) == right[name], name
        assert proxy.done[misdeed]

    def check_creation(self, place, proxy, spoilt, misdeed):
        proxy.choose = lambda _: misdeed
        with suppress(*TOLD):
            spoilt.create(place.calendar, UID, saying())
        proxy.choose = behave

        again = spoilt.create(place.calendar, UID, saying())

        assert again.event.content.fingerprint == saying().fingerprint
        assert place.outsider.count(UID) == 1
        assert keys(place.read()) == [UID]
        assert proxy.done[misdeed]

    @pytest.mark.parametrize("misdeed", _MISDEEDS)
    def test_an_answer_that_is_spoilt_is_right_or_none(self, place, proxy, spoilt, misdeed):
        self.check_reads(place, proxy, spoilt, misdeed)

    def test_what_was_read_before_an_answer_was_lost_is_read_again(self, place, proxy, spoilt):
        place.add(NINE, title="First")
        follower = place.follower()
        follower.provider = spoilt
        place.add(NINE, title="Second")
        proxy.choose = lambda _: Misdeed.LOST_AFTER
        with pytest.raises(CalendarUnreachable):
            list(spoilt.changes(place.calendar, follower.cursor, WINDOW))

        proxy.choose = behave
        follower.read()

        assert sorted(titles(follower.events)) == ["First", "Second"]


class MisbehavedWrites(Misbehaved):
    """Somebody may write there."""

    @pytest.mark.parametrize("misdeed", _MISDEEDS)
    def test_whatever_becomes_of_the_answer_an_event_is_made_once(
        self, place, proxy, spoilt, misdeed
    ):
        self.check_creation(place, proxy, spoilt, misdeed)


class MisbehavedJson(MisbehavedWrites):
    """Its answers are JSON."""

    @pytest.mark.parametrize("misdeed", sorted(_JSON))
    def test_json_that_is_spoilt_is_no_answer(self, place, proxy, spoilt, misdeed):
        self.check_reads(place, proxy, spoilt, misdeed)

    @pytest.mark.parametrize("misdeed", sorted(_JSON))
    def test_whatever_becomes_of_the_json_an_event_is_made_once(
        self, place, proxy, spoilt, misdeed
    ):
        self.check_creation(place, proxy, spoilt, misdeed)
