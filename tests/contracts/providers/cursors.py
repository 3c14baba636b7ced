"""Where the server knows what has changed: only that is read, until it forgets."""

import pytest

from sched_agent.providers.base import CursorExpired
from tests.contracts.providers.outsider import NINE, TEN, Planned
from tests.contracts.providers.place import OTHER_UID, UID, WINDOW, saying, titles


class Cursors:
    def test_only_what_has_changed_is_told(self, place):
        names = place.outsider.add_many([Planned(title=f"{n}") for n in range(20)])
        place.add(TEN, title="Series", rule="FREQ=DAILY;COUNT=4")
        follower = place.follower()
        handle_of = {event.content.title: event.ref.handle for event in follower.events}

        place.outsider.rename(names[7], "Other")
        place.outsider.delete(names[8])
        told = follower.read()

        assert {change.handle for change in told} == {handle_of["7"], handle_of["8"]}
        assert titles([event for change in told for event in change.events]) == ["Other"]
        assert follower.began_anew == 0

    def test_an_old_cursor_tells_all_that_has_changed_since(self, place):
        name = place.add(NINE, title="First")
        follower = place.follower()
        old = follower.cursor

        place.outsider.rename(name, "Second")
        follower.read()
        place.add(TEN, title="Third")
        follower.cursor = old
        follower.read()

        assert titles(follower.events) == ["Second", "Third"]
        assert follower.began_anew == 0

    def test_a_cursor_that_the_server_has_forgotten_has_expired(self, place, world):
        place.add(NINE, title="First")
        follower = place.follower()

        world.forget_cursors()
        place.add(TEN, title="Second")

        with pytest.raises(CursorExpired):
            list(place.provider.changes(place.calendar, follower.cursor, WINDOW))
        follower.read()
        assert titles(follower.events) == ["First", "Second"]
        assert follower.read() == []

    def test_a_cursor_is_good_for_another_provider_of_the_same_person(self, place, another):
        place.add(NINE, title="First")
        follower = place.follower()
        place.add(TEN, title="Second")

        follower.provider = another
        follower.read()

        assert titles(follower.events) == ["First", "Second"]
        assert follower.began_anew == 0

    def test_our_own_writes_come_back_as_they_were_returned(self, place):
        follower = place.follower()
        created = place.create(UID, NINE, title="Created")
        doomed = place.create(OTHER_UID, TEN)

        updated = place.provider.update(place.calendar, created.ref, saying(NINE, title="Updated"))
        place.provider.delete(place.calendar, doomed.ref)
        follower.read()

        (back,) = follower.events
        assert back.ref == updated.ref
        assert back.content.fingerprint == updated.content.fingerprint
        assert follower.read() == []

    def test_a_changed_occurrence_comes_back_as_it_was_returned(self, place):
        place.add(TEN, title="Series", rule="FREQ=DAILY;COUNT=4")
        follower = place.follower()
        second = follower.events[1]

        updated = place.provider.update(
            place.calendar, second.ref, saying(second.content.interval, title="Updated")
        )
        follower.read()

        assert titles(follower.events) == ["Series", "Updated", "Series", "Series"]
        assert follower.events[1].ref == updated.ref
        assert follower.events[1].content.fingerprint == updated.content.fingerprint
