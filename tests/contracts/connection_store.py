"""What every store keeps of providers and connections; subclass it and give it a `store`."""

from dataclasses import replace

import pytest

from sched_agent.errors import UnknownConnection
from sched_agent.model.connection import (
    Connection,
    ConnectionPolicy,
    Link,
    LostChange,
    ProviderKind,
    ProviderSettings,
    State,
    WhenTaken,
    WhenUnknown,
)
from sched_agent.model.interval import Interval
from tests.builders import a_calendar, an_event

NOW = 1_000
MOST = 2**52
MANY = 1_200
"""More values than one statement names."""


def nothing(_):
    return None


def a_connection(calendar, **more):
    fields = {
        "id": 0,
        "calendar_id": calendar.id,
        "provider": "google",
        "kind": ProviderKind.GOOGLE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Connection(**fields | more)


def a_link(connection, key="k1", **more):
    fields = {
        "connection_id": connection.id,
        "event_id": 7,
        "key": key,
        "handle": f"/at/{key}",
        "etag": None,
        "seen_here": "here",
        "seen_there": "there",
        "start_at": 10,
        "end_at": 20,
        "is_ours": False,
    }
    return Link(**fields | more)


def a_loss(connection, **more):
    fields = {
        "calendar_id": connection.calendar_id,
        "event_id": 7,
        "connection_id": connection.id,
        "at": NOW,
        "what": "here",
        "lost": {"title": "Ação", "attendees": ["a@x.org"], "description": None},
    }
    return LostChange(**fields | more)


class ConnectionStoreContract:
    """Two environments, and in `here` a calendar with a connection, and another one of each."""

    @pytest.fixture
    def here(self, store):
        return store.add_environment("here", "America/New_York", NOW, nothing)[0].id

    @pytest.fixture
    def there(self, store):
        return store.add_environment("there", "Europe/Lisbon", NOW, nothing)[0].id

    @pytest.fixture
    def work(self, store, here):
        with store.transaction(here) as tx:
            return tx.add_calendar(a_calendar())

    @pytest.fixture
    def home(self, store, here):
        with store.transaction(here) as tx:
            return tx.add_calendar(a_calendar())

    @pytest.fixture
    def joined(self, store, here, work):
        with store.transaction(here) as tx:
            return tx.add_connection(a_connection(work))

    @pytest.mark.parametrize(
        "provider",
        [
            pytest.param(ProviderSettings(name="feed", kind=ProviderKind.ICS), id="least"),
            pytest.param(
                ProviderSettings(
                    name="Größe",
                    kind=ProviderKind.CALDAV,
                    url="https://dav.example.com/é",
                    client_id="id",
                    sealed_secret="sealed",
                    authorization_url="https://example.com/auth",
                    token_url="https://example.com/token",
                    redirect_uris=("https://a.example.com/", "https://b.example.com/?x=1,2"),
                    created_at=MOST,
                ),
                id="most",
            ),
        ],
    )
    def test_a_provider_comes_back_as_it_was_kept(self, store, here, provider):
        with store.transaction(here) as tx:
            tx.put_provider(provider)

        with store.snapshot(here) as tx:
            assert tx.providers() == [provider]

    def test_a_provider_takes_the_place_of_the_one_with_its_name(self, store, here):
        first = ProviderSettings(name="b", kind=ProviderKind.CALDAV, url="https://one.example")
        with store.transaction(here) as tx:
            tx.put_provider(first)
            tx.put_provider(replace(first, name="a"))
            tx.put_provider(replace(first, url=None))

            assert tx.providers() == [replace(first, name="a"), replace(first, url=None)]
            assert tx.delete_provider("b")
            assert not tx.delete_provider("b")
            assert tx.providers() == [replace(first, name="a")]

    @pytest.mark.parametrize(
        "more",
        [
            pytest.param({}, id="least"),
            pytest.param(
                {
                    "kind": ProviderKind.CALDAV,
                    "state": State.CONSENT_NEEDED,
                    "redirect_uri": "https://example.com/back",
                    "sealed_credentials": "sealed",
                    "sealed_flow": "flow",
                    "remote_calendar": "/dav/é/",
                    "writable": True,
                    "cursor": "c" * 5_000,
                    "known_until": MOST,
                    "last_sync_at": MOST,
                    "syncing_since": MOST,
                    "events_synced": 2**40,
                    "trouble": "não",
                    "policy": ConnectionPolicy(
                        recheck_seconds=0,
                        max_age_minutes=1,
                        sync_minutes=2,
                        when_unknown=WhenUnknown.HOLD,
                        when_taken=WhenTaken.CANCEL,
                    ),
                    "updated_at": MOST,
                },
                id="most",
            ),
        ],
    )
    def test_a_connection_comes_back_as_it_was_kept(self, store, here, work, more):
        made = a_connection(work, **more)
        with store.transaction(here) as tx:
            kept = tx.add_connection(made)

        assert kept == replace(made, id=kept.id)
        with store.snapshot(here) as tx:
            assert tx.connection(kept.id) == kept
            assert tx.connections(work.id) == [kept]

    def test_a_connection_is_replaced_with_all_its_fields(self, store, here, work, joined):
        changed = a_connection(
            work,
            id=joined.id,
            state=State.ACTIVE,
            sealed_credentials="s",
            cursor="c",
            writable=True,
            trouble="t",
            policy=ConnectionPolicy(sync_minutes=9, when_taken=WhenTaken.CANCEL),
        )
        with store.transaction(here) as tx:
            tx.put_connection(changed)
            assert tx.connection(joined.id) == changed
            tx.put_connection(joined)

        with store.snapshot(here) as tx:
            assert tx.connection(joined.id) == joined

    def test_connections_come_oldest_first_of_one_calendar_or_all(self, store, here, work, home):
        with store.transaction(here) as tx:
            newest = tx.add_connection(a_connection(work, created_at=3))
            middle = tx.add_connection(a_connection(home, created_at=2))
            oldest = tx.add_connection(a_connection(work, created_at=1))

        with store.snapshot(here) as tx:
            assert tx.connections() == [oldest, middle, newest]
            assert tx.connections(work.id) == [oldest, newest]
            assert tx.connections(work.id + home.id) == []

    def test_a_connection_that_is_not_there_is_unknown(self, store, here, work):
        with store.transaction(here) as tx:
            with pytest.raises(UnknownConnection):
                tx.connection(5)
            with pytest.raises(UnknownConnection):
                tx.put_connection(a_connection(work, id=5))

    @pytest.mark.parametrize(
        "more",
        [
            pytest.param({}, id="least"),
            pytest.param(
                {
                    "handle": "/é b%20c",
                    "etag": 'W/"x"',
                    "start_at": -MOST,
                    "end_at": MOST,
                    "is_ours": True,
                    "awaited": True,
                },
                id="most",
            ),
        ],
    )
    def test_a_link_comes_back_as_it_was_kept(self, store, here, joined, more):
        made = a_link(joined, **more)
        with store.transaction(here) as tx:
            tx.put_link(made)

        with store.snapshot(here) as tx:
            assert tx.links_of(made.event_id) == [made]
            assert tx.links_at(joined.id, [made.handle]) == [made]
            assert tx.links_named(joined.id, [made.key]) == [made]

    def test_a_link_takes_the_place_of_the_one_with_its_key(self, store, here, joined):
        other = a_link(joined, event_id=8, handle="h2", etag="e2", awaited=True, is_ours=True)
        with store.transaction(here) as tx:
            tx.put_link(a_link(joined))
            tx.put_link(other)

            assert tx.links_of(7) == []
            assert tx.links_of(8) == [other]
            tx.delete_link(joined.id, other.key)
            assert tx.links_of(8) == []
            tx.delete_link(joined.id, other.key)  # a second time is no fault

    @pytest.mark.parametrize("many", [0, 1, 120])
    def test_links_kept_at_once_take_the_places_of_those_with_their_keys(
        self, store, here, joined, many
    ):
        links = [a_link(joined, f"k{number:03}", event_id=number + 1) for number in range(many)]
        with store.transaction(here) as tx:
            tx.put_links([replace(one, etag="older", awaited=True) for one in links[::2]])
            tx.put_links(links)

            assert tx.links_named(joined.id, [one.key for one in links]) == links

    def test_the_same_key_at_two_connections_is_two_links(self, store, here, work, joined):
        with store.transaction(here) as tx:
            second = tx.add_connection(a_connection(work))
            ours, theirs = a_link(joined), a_link(second)
            tx.put_link(ours)
            tx.put_link(theirs)

            assert {one.connection_id for one in tx.links_of(7)} == {joined.id, second.id}
            tx.delete_link(joined.id, ours.key)
            assert tx.links_of(7) == [theirs]
            assert tx.links_named(joined.id, [ours.key]) == []

    def test_several_events_may_lie_under_one_handle(self, store, here, joined):
        with store.transaction(here) as tx:
            for number in range(3):
                tx.put_link(a_link(joined, f"k{number}", handle="series", event_id=number + 1))
            found = tx.links_at(joined.id, ["series", "elsewhere"])

        assert {one.key for one in found} == {"k0", "k1", "k2"}

    def test_as_many_links_are_found_as_are_asked_for(self, store, here, joined):
        links = [a_link(joined, f"k{number}", event_id=number + 1) for number in range(MANY)]
        with store.transaction(here) as tx:
            for link in links:
                tx.put_link(link)

        with store.snapshot(here) as tx:
            assert len(tx.links_named(joined.id, [one.key for one in links])) == MANY
            assert len(tx.links_at(joined.id, [one.handle for one in links])) == MANY
            assert tx.links_named(joined.id, []) == []
            assert tx.links_at(joined.id, ["'; --", "%"]) == []

    @pytest.mark.parametrize(
        ("window", "found"),
        [
            pytest.param((0, 10), False, id="touches the start"),
            pytest.param((0, 11), True, id="over the start"),
            pytest.param((12, 13), True, id="inside"),
            pytest.param((0, 100), True, id="around"),
            pytest.param((19, 30), True, id="over the end"),
            pytest.param((20, 30), False, id="touches the end"),
        ],
    )
    def test_links_within_a_stretch_are_those_that_overlapped_it(
        self, store, here, joined, window, found
    ):
        link = a_link(joined)
        with store.transaction(here) as tx:
            tx.put_link(link)

            assert tx.links_within(joined.id, Interval(*window)) == ([link] if found else [])
            assert tx.links_within(joined.id + 1, Interval(*window)) == []

    def test_awaited_links_are_found_until_they_are_awaited_no_more(self, store, here, joined):
        with store.transaction(here) as tx:
            for number in range(MANY):
                tx.put_link(a_link(joined, f"k{number:04}", awaited=True))
            tx.put_link(a_link(joined, "seen"))
            awaited = [one.key for one in tx.links_awaited(joined.id)]
            assert len(awaited) == MANY
            tx.await_no_more(joined.id, [*awaited[1:], "unknown"])
            (left,) = tx.links_awaited(joined.id)
            assert left == a_link(joined, awaited[0], awaited=True)
            tx.await_no_more(joined.id, [])
            assert tx.links_awaited(joined.id) == [left]

        with store.snapshot(here) as tx:
            assert tx.links_named(joined.id, ["k0001"]) == [a_link(joined, "k0001")]

    def test_lost_changes_come_newest_first(self, store, here, joined):
        with store.transaction(here) as tx:
            for at in (2, 3, 1):
                tx.keep_lost(a_loss(joined, at=at, what="there" if at == 2 else "here"))
            tx.keep_lost(a_loss(joined, at=3))  # one more at the same instant

            assert [one.at for one in tx.lost_changes(joined.id, 10)] == [3, 3, 2, 1]
            assert [one.at for one in tx.lost_changes(joined.id, 1)] == [3]
            assert tx.lost_changes(joined.id, 10)[2] == a_loss(joined, at=2, what="there")

    def test_a_deleted_connection_is_gone_with_its_links_and_leaves_the_events(
        self, store, here, work, joined
    ):
        with store.transaction(here) as tx:
            other = tx.add_connection(a_connection(work))
            event = tx.add_event(an_event(work.id))
            tx.put_link(a_link(joined, event_id=event.id))
            tx.put_link(a_link(other, event_id=event.id))
            tx.delete_connection(joined.id)

        with store.snapshot(here) as tx:
            assert tx.connections() == [other]
            assert tx.links_of(event.id) == [a_link(other, event_id=event.id)]
            assert tx.event(event.id) == event
            with pytest.raises(UnknownConnection):
                tx.connection(joined.id)

    def test_deleting_a_calendar_takes_its_connections_along(self, store, here, work, home, joined):
        with store.transaction(here) as tx:
            other = tx.add_connection(a_connection(home))
            for one in (joined, other):
                tx.put_link(a_link(one))
                tx.keep_lost(a_loss(one))
            tx.delete_calendar(work.id)

        with store.snapshot(here) as tx:
            assert tx.connections() == [other]
            assert tx.links_of(7) == [a_link(other)]
            assert tx.links_named(joined.id, ["k1"]) == []
            assert tx.lost_changes(joined.id, 10) == []
            assert tx.lost_changes(other.id, 10) == [a_loss(other)]

    def test_nothing_of_another_environment_can_be_seen_or_touched(
        self, store, here, there, work, joined
    ):
        link, loss = a_link(joined, awaited=True), a_loss(joined)
        settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE)
        with store.transaction(here) as tx:
            tx.put_provider(settings)
            tx.put_link(link)
            tx.keep_lost(loss)

        with store.transaction(there) as tx:
            assert tx.providers() == []
            assert not tx.delete_provider("google")
            assert tx.connections() == tx.connections(work.id) == []
            for act in (
                lambda: tx.connection(joined.id),
                lambda: tx.put_connection(replace(joined, state=State.ACTIVE)),
            ):
                with pytest.raises(UnknownConnection):
                    act()
            tx.delete_connection(joined.id)
            tx.delete_link(joined.id, link.key)
            tx.await_no_more(joined.id, [link.key])
            tx.delete_calendar(work.id)
            assert tx.links_of(link.event_id) == []
            assert tx.links_at(joined.id, [link.handle]) == []
            assert tx.links_named(joined.id, [link.key]) == []
            assert tx.links_awaited(joined.id) == []
            assert tx.links_within(joined.id, Interval(0, 100)) == []
            assert tx.lost_changes(joined.id, 10) == []

        with store.snapshot(here) as tx:
            assert tx.providers() == [settings]
            assert tx.connection(joined.id) == joined
            assert tx.links_awaited(joined.id) == [link]
            assert tx.lost_changes(joined.id, 10) == [loss]

    def test_what_fails_half_way_leaves_nothing(self, store, here, work, joined):
        def fail_half_way():
            with store.transaction(here) as tx:
                tx.put_provider(ProviderSettings(name="google", kind=ProviderKind.GOOGLE))
                tx.put_connection(replace(joined, cursor="new"))
                tx.put_link(a_link(joined))
                tx.keep_lost(a_loss(joined))
                tx.connection(1)

        with pytest.raises(UnknownConnection):
            fail_half_way()

        with store.snapshot(here) as tx:
            assert tx.providers() == []
            assert tx.connection(joined.id) == joined
            assert tx.links_of(7) == []
            assert tx.lost_changes(joined.id, 10) == []
