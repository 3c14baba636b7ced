"""What every provider keeps: subclass it and give it a `world`.

A world has a server, somebody's calendar there, and another client of that calendar, which works on
it past the provider that is tested.
"""

from functools import partial

import pytest

from sched_agent.errors import CalendarUnreachable, Unsupported
from sched_agent.model.remote import RemoteEvent
from sched_agent.providers.base import Ability, RemoteGone
from tests.contracts.providers import failing
from tests.contracts.providers.changing import Changing
from tests.contracts.providers.creating import Creating
from tests.contracts.providers.cursors import Cursors
from tests.contracts.providers.deleting import Deleting
from tests.contracts.providers.failing import Failing
from tests.contracts.providers.following import Following
from tests.contracts.providers.misbehaved import Silent
from tests.contracts.providers.outsider import NINE
from tests.contracts.providers.place import OTHER_UID, UID, Place, saying, titles
from tests.contracts.providers.reading import Reading
from tests.contracts.providers.series import SeriesAsOccurrences
from tests.contracts.providers.sharing import Sharing
from tests.contracts.providers.taken import Taken
from tests.contracts.providers.walking import Walking


class ProviderContract(Reading, SeriesAsOccurrences, Following, Taken, Failing, Silent, Walking):
    """A `world`."""

    @pytest.fixture
    def provider(self, world):
        provider = world.provider()
        yield provider
        provider.close()

    @pytest.fixture
    def another(self, world):
        """A second provider of the same person, as another process has it."""
        provider = world.provider()
        yield provider
        provider.close()

    @pytest.fixture
    def place(self, world, provider):
        (calendar,) = [one for one in provider.calendars() if one.name == world.name]
        return Place(provider, calendar.id, world.outsider)


class ReadOnlyContract(ProviderContract):
    """Nothing can be written there."""

    def test_what_cannot_be_done_is_told_as_such_and_nothing_is_tried(self, place):
        place.add(NINE)
        (event,) = place.read()
        provider, calendar = place.provider, place.calendar

        assert not provider.abilities
        for act in writes(provider, calendar, event).values():
            with pytest.raises(Unsupported):
                act()
        with pytest.raises(Unsupported):
            provider.meet(calendar, event.ref)
        assert not any(one.writable for one in provider.calendars())
        assert place.outsider.titles() == ["Stand-up"]


class WritableContract(ProviderContract, Cursors, Creating, Changing, Deleting, Sharing):
    """A `world` that can forget cursors."""

    @pytest.fixture
    def asked(self):
        """What is asked of a provider that fails."""
        return lambda provider, calendar, event, cursor: {
            **failing.reads(provider, calendar, event, cursor),
            **writes(provider, calendar, event),
        }

    def test_it_says_that_it_can_be_written_to(self, place):
        assert Ability.WRITE in place.provider.abilities
        (calendar,) = [one for one in place.provider.calendars() if one.id == place.calendar]
        assert calendar.writable


class LosesAnswers:
    """A `world` whose wire can be cut after a write has passed."""

    def test_a_write_whose_answer_was_lost_is_not_made_twice(self, place, world):
        world.lose_the_next_answer()
        with pytest.raises(CalendarUnreachable):
            place.provider.create(place.calendar, UID, saying())

        again = place.provider.create(place.calendar, UID, saying())

        assert not again.made
        assert again.event.content.fingerprint == saying().fingerprint
        assert place.outsider.count(UID) == 1
        assert titles(place.read()) == ["Stand-up"]


class NoMeetings:
    """It has no video meetings to give."""

    def test_a_meeting_is_told_to_be_unsupported(self, place):
        created = place.create()

        assert Ability.MEETINGS not in place.provider.abilities
        with pytest.raises(Unsupported):
            place.provider.meet(place.calendar, created.ref)


class Meetings:
    """It gives video meetings."""

    def test_an_event_gets_one_meeting_however_often_it_is_asked_for(self, place):
        created = place.create()
        assert created.meeting is None

        first = place.provider.meet(place.calendar, created.ref)
        again = place.provider.meet(place.calendar, created.ref)

        assert first.meeting
        assert first.meeting.url.startswith("https://")
        assert again.meeting == first.meeting
        assert first.content.fingerprint == created.content.fingerprint
        (read,) = place.read()
        assert (read.meeting, read.ref) == (first.meeting, again.ref)

    def test_a_meeting_stays_when_the_event_changes(self, place):
        met = place.provider.meet(place.calendar, place.create().ref)

        updated = place.provider.update(place.calendar, met.ref, saying(title="Renamed"))

        assert met.meeting
        assert updated.meeting == met.meeting
        assert place.read()[0].meeting == met.meeting

    def test_two_events_have_two_meetings(self, place):
        made = [place.create(uid) for uid in (UID, OTHER_UID)]

        urls = [place.provider.meet(place.calendar, one.ref).meeting.url for one in made]

        assert len(set(urls)) == 2

    def test_an_event_that_is_gone_gets_no_meeting(self, place):
        created = place.create()
        place.outsider.delete(UID)

        with pytest.raises(RemoteGone):
            place.provider.meet(place.calendar, created.ref)


def writes(provider, calendar, event: RemoteEvent):
    """Return what can be asked of a provider that can be written to; the last is the end of it."""
    return {
        "create": partial(provider.create, calendar, UID, saying()),
        "update": partial(provider.update, calendar, event.ref, event.content),
        "delete": partial(provider.delete, calendar, event.ref._replace(etag=None)),
    }
