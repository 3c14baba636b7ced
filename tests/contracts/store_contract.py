"""What every store keeps: subclass it and give it a `store`."""

from dataclasses import replace
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest

from sched_agent.errors import UnknownCalendar, UnknownEvent, UnknownRule
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.caller import Level, Token
from sched_agent.model.days import Days
from sched_agent.model.event import EventFilter
from sched_agent.model.interval import DAY, HOUR, MINUTE, Interval
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.schedule import Taken
from sched_agent.model.status import Status
from sched_agent.store.base import Overdue, Remembered, RequestKey
from tests.builders import a_calendar, an_event, on_date, span, weekdays

NOW = 1_000


def nothing(_):
    return None


def at_once(act, times):
    """Run something in several threads, each with its number, and let no failure pass."""
    failures: list[BaseException] = []

    def run(number):
        try:
            act(number)
        except BaseException as failure:  # noqa: BLE001  # told below, in the test's own thread
            failures.append(failure)

    threads = [Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class StoreContract:
    """One environment `here`, another one `there`, and a calendar in `here`."""

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

    def test_an_environment_is_made_once_and_furnished_with_it(self, store):
        furnished: list[object] = []
        first, made = store.add_environment("acme", "UTC", NOW, furnished.append)
        again, remade = store.add_environment("acme", "Asia/Tokyo", NOW, furnished.append)

        assert (made, remade) == (True, False)
        assert first == again
        assert len(furnished) == 1
        with store.snapshot(first.id) as tx:
            assert tx.environment() == first

    def test_an_environment_that_cannot_be_furnished_is_not_made(self, store):
        def fails(_):
            raise UnknownCalendar("no")

        with pytest.raises(UnknownCalendar):
            store.add_environment("acme", "UTC", NOW, fails)

        assert "acme" not in [environment.name for environment in store.environments()]

    def test_a_calendar_comes_back_as_it_was_kept(self, store, here):
        full = replace(
            a_calendar(slot_step_minutes=5, buffer_after_minutes=10, max_attendees=3),
            name="Ação",
            description="d",
            owner_id="u1",
            metadata={"floor": 3, "tags": ["a"]},
        )
        with store.transaction(here) as tx:
            kept = tx.add_calendar(full)
            tx.put_calendar(replace(kept, name="Recepção"))

        with store.snapshot(here) as tx:
            assert tx.calendar(kept.id) == replace(full, id=kept.id, name="Recepção")
            assert [c.id for c in tx.calendars("recepcao", 10, 0)] == [kept.id]
            assert tx.calendars("acao", 10, 0) == []

    def test_calendars_are_listed_by_id_from_beyond_the_last_one(self, store, here):
        with store.transaction(here) as tx:
            ids = sorted(tx.add_calendar(a_calendar()).id for _ in range(5))

        with store.snapshot(here) as tx:
            assert [c.id for c in tx.calendars(None, 3, 0)] == ids[:3]
            assert [c.id for c in tx.calendars(None, 3, ids[2])] == ids[3:]

    def test_rules_come_back_in_the_order_in_which_they_were_made(self, store, here, work):
        made = [
            weekdays(timezone="Europe/Lisbon"),
            on_date("2026-12-24", available=False),
            on_date("2026-12-24", available=True, hours=("09:00", "24:00")),
            weekdays("12:00", "13:00", available=False),
        ]
        with store.transaction(here) as tx:
            kept = [tx.add_rule(work.id, rule) for rule in made]
            tx.delete_rule(work.id, kept[1].id)

        with store.snapshot(here) as tx:
            assert tx.rules(work.id) == [kept[0], kept[2], kept[3]]
        assert [replace(rule, id=0) for rule in kept] == made

    def test_deleting_a_rule_that_is_not_there_is_refused(self, store, here, work):
        with pytest.raises(UnknownRule), store.transaction(here) as tx:
            tx.delete_rule(work.id, 12345)

    def test_an_event_comes_back_as_it_was_kept(self, store, here, work):
        full = an_event(
            work.id,
            title="Café ☕",
            description="d",
            location="l",
            status=Status.TENTATIVE,
            type="visit",
            transparent=True,
            attendees=(
                Attendee(name="Jané", email="j@x.org", phone="+1 2", response=Response.DECLINED),
                Attendee(name="Omar"),
            ),
            owner=Owner(OwnerType.AGENT, "a1"),
            created_by="u1",
            hold_expires_at=NOW + MINUTE,
            held_by="tok_1",
            exclusive=True,
            cancel_reason="r",
            version=4,
        )
        with store.transaction(here) as tx:
            kept = tx.add_event(full)
        with store.transaction(here) as tx:
            tx.put_event(replace(kept, title="Tea"))

        with store.snapshot(here) as tx:
            assert tx.event(kept.id) == replace(full, id=kept.id, title="Tea")

    def test_locking_an_event_gives_it_with_its_calendar(self, store, here, work):
        with store.transaction(here) as tx:
            kept = tx.add_event(an_event(work.id))
            assert tx.lock_event(kept.id) == (work, kept)
            with pytest.raises(UnknownEvent):
                tx.lock_event(kept.id + 1)

    def test_what_fails_half_way_leaves_nothing(self, store, here, work):
        def fail_half_way():
            with store.transaction(here) as tx:
                tx.add_event(an_event(work.id))
                tx.event(1)

        with pytest.raises(UnknownEvent):
            fail_half_way()

        with store.snapshot(here) as tx:
            assert tx.events(EventFilter(calendar_ids=(work.id,)), 10, NOW) == []

    def test_deleting_a_calendar_takes_its_rules_and_events_along(self, store, here, work):
        with store.transaction(here) as tx:
            event = tx.add_event(an_event(work.id))
            tx.add_rule(work.id, weekdays())
            tx.delete_calendar(work.id)

        with store.snapshot(here) as tx:
            with pytest.raises(UnknownEvent):
                tx.event(event.id)
            with pytest.raises(UnknownCalendar):
                tx.calendar(work.id)
            assert tx.rules(work.id) == []

    def test_nothing_of_another_environment_can_be_seen_or_touched(self, store, here, there, work):
        with store.transaction(here) as tx:
            event = tx.add_event(an_event(work.id))
            rule = tx.add_rule(work.id, weekdays())
            tx.remember(RequestKey("me", "op", "r1"), Remembered("f", {"value": 1}), NOW)

        with store.transaction(there) as tx:
            for look in (tx.calendar, tx.lock_calendar):
                with pytest.raises(UnknownCalendar):
                    look(work.id)
            for look in (tx.event, tx.lock_event):
                with pytest.raises(UnknownEvent):
                    look(event.id)
            with pytest.raises(UnknownRule):
                tx.delete_rule(work.id, rule.id)
            tx.put_calendar(replace(work, name="stolen"))
            tx.put_event(replace(event, title="stolen"))
            tx.delete_event(event)
            tx.delete_calendar(work.id)
            assert tx.calendars(None, 10, 0) == []
            assert tx.events(EventFilter(calendar_ids=(work.id,)), 10, NOW) == []
            assert tx.taken(work.id, event.interval, NOW) == []
            assert tx.rules(work.id) == []
            assert tx.recall(RequestKey("me", "op", "r1")) is None

        with store.snapshot(here) as tx:
            assert tx.calendar(work.id) == work
            assert tx.event(event.id) == event

    @pytest.mark.parametrize(
        ("interval", "found"),
        [
            pytest.param(("08:00", "09:00"), False, id="touches the start"),
            pytest.param(("08:00", "09:01"), True, id="one minute in"),
            pytest.param(("09:10", "09:20"), True, id="inside"),
            pytest.param(("00:00", "24:00"), True, id="around"),
            pytest.param(("09:30", "10:00"), False, id="touches the end"),
        ],
    )
    def test_taken_time_is_half_open(self, store, here, work, interval, found):
        with store.transaction(here) as tx:
            event = tx.add_event(an_event(work.id))

        with store.snapshot(here) as tx:
            expected = (
                [Taken(event.interval.start, event.interval.end, counts=True)] if found else []
            )
            assert tx.taken(work.id, span(*interval), NOW) == expected

    def test_only_what_blocks_is_taken_and_it_is_sorted(self, store, here, work):
        live, ended = NOW + 1, NOW
        with store.transaction(here) as tx:
            kinds: list[dict[str, Any]] = [
                {},
                {"status": Status.TENTATIVE},
                {"status": Status.CANCELLED},
                {"transparent": True},
                {"status": Status.TENTATIVE, "hold_expires_at": live},
                {"status": Status.TENTATIVE, "hold_expires_at": ended},
                {"type": "block"},
            ]
            for hour, more in enumerate(kinds):
                tx.add_event(an_event(work.id, Interval(hour * HOUR, (hour + 1) * HOUR), **more))
            long = tx.add_event(an_event(work.id, Interval(-40 * DAY, 9 * HOUR)))
            taken = tx.taken(work.id, Interval(0, DAY), NOW)

        assert [t.start // HOUR for t in taken] == [-40 * 24, 0, 1, 4, 6]
        assert [t.counts for t in taken] == [True, True, True, True, False]
        with store.snapshot(here) as tx:
            left = tx.taken(work.id, Interval(0, HOUR), NOW, leaving_out=long.id)
            assert [t.start for t in left] == [0]
            assert tx.taken(work.id, Interval(9 * HOUR, DAY), NOW) == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            pytest.param({}, "abcde", id="all, by start"),
            pytest.param({"starts_from": 2 * HOUR}, "bcde", id="from: what overlaps"),
            pytest.param({"ends_until": 2 * HOUR}, "ab", id="to: what overlaps"),
            pytest.param(
                {"starts_from": 2 * HOUR, "contained": True}, "cde", id="from: what lies inside"
            ),
            pytest.param(
                {"ends_until": 3 * HOUR, "contained": True}, "abc", id="to: what lies inside"
            ),
            pytest.param({"statuses": frozenset({Status.CANCELLED})}, "d", id="status"),
            pytest.param({"query": "ÁGUA"}, "b", id="words, accents and case aside"),
            pytest.param({"attendee": "josé"}, "c", id="attendee by name"),
            pytest.param({"attendee": "(212) 555"}, "c", id="attendee by phone digits"),
            pytest.param({"attendee": "jose@"}, "c", id="attendee by e-mail"),
            pytest.param({"attendee": "obrien JOSÉ"}, "c", id="attendee by words in any order"),
            pytest.param({"attendee": "011 1 (212) 555.0142"}, "c", id="attendee by whole phone"),
            pytest.param({"attendee": "jose maria"}, "", id="attendee by a word too many"),
            pytest.param({"attendee": "_%"}, "", id="wildcards are letters"),
        ],
    )
    def test_events_are_filtered(self, store, here, work, wanted, expected):
        jose = Attendee(name="Jose O'Brien", email="jose@x.org", phone="+1 212-555-0142")
        written: list[tuple[str, int, int, dict[str, Any]]] = [
            ("a", 0, 1, {}),
            ("b", 1, 3, {"description": "levar água"}),
            ("c", 2, 3, {"attendees": (jose,)}),
            ("d", 4, 5, {"status": Status.CANCELLED}),
            ("e", 5, 6, {}),
        ]
        with store.transaction(here) as tx:
            kept = {
                tx.add_event(an_event(work.id, Interval(start * HOUR, end * HOUR), **more)).id: name
                for name, start, end, more in written
            }
            found = tx.events(EventFilter(calendar_ids=(work.id,), **wanted), 10, NOW)

        assert "".join(kept[event.id] for event in found) == expected

    def test_pages_of_events_follow_each_other_over_several_calendars(self, store, here, work):
        with store.transaction(here) as tx:
            other = tx.add_calendar(a_calendar())
            for n in range(7):
                tx.add_event(an_event((work, other)[n % 2].id, Interval(HOUR, 2 * HOUR)))
            both = EventFilter(calendar_ids=(work.id, other.id))
            whole = tx.events(both, 100, NOW)
            pages, after = [], None
            while page := tx.events(replace(both, after=after), 2, NOW):
                pages += page
                after = (page[-1].interval.start, page[-1].id)

        assert pages == whole
        assert len(whole) == 7

    def test_a_token_is_found_by_its_hash_and_revoked_once(self, store, here):
        token = Token(
            id=0,
            environment_id=here,
            name="t",
            hash="h",
            level=Level.WRITE,
            actor=Owner(OwnerType.AGENT, "a"),
            own_events_only=True,
            created_at=NOW,
            expires_at=NOW + 10,
            revoked_at=None,
        )
        assert not store.has_tokens()
        with store.transaction(here) as tx:
            kept = tx.add_token(token)

        assert store.find_token("h") == replace(token, id=kept.id)
        assert store.find_token("x") is None
        assert store.has_tokens()
        with store.transaction(here) as tx:
            assert tx.revoke_token(kept.id, NOW + 1)
            assert tx.revoke_token(kept.id, NOW + 2)
            assert not tx.revoke_token(kept.id + 1, NOW)
            assert [t.revoked_at for t in tx.tokens()] == [NOW + 1]
        assert store.has_tokens()

    def test_an_answer_is_remembered_until_it_is_forgotten(self, store, here):
        answer = Remembered("f", {"value": {"title": "Café"}})
        keys = [RequestKey("me", "op", name) for name in ("r1", "r2", "r3")]
        for n, key in enumerate(keys):
            with store.transaction(here) as tx:
                assert tx.claim(key) is None
                tx.remember(key, answer, NOW + n)

        with store.transaction(here) as tx:
            assert tx.claim(keys[0]) == answer
            assert tx.recall(keys[0]) == answer
            assert tx.recall(keys[0]._replace(operation="other")) is None
            assert tx.recall(keys[0]._replace(caller="somebody else")) is None
        assert store.forget(NOW + 2, limit=1) == 1
        assert store.forget(NOW + 2, limit=5) == 1
        assert store.forget(NOW + 2, limit=5) == 0
        with store.snapshot(here) as tx:
            assert [tx.recall(key) for key in keys] == [None, None, answer]

    def test_a_claim_that_comes_to_nothing_leaves_nothing(self, store, here):
        key = RequestKey("me", "op", "r1")

        def fails():
            with store.transaction(here) as tx:
                tx.claim(key)
                tx.event(1)

        with pytest.raises(UnknownEvent):
            fails()

        with store.transaction(here) as tx:
            assert tx.claim(key) is None

    def test_of_two_that_claim_a_request_at_once_the_second_gets_the_first_one_s_answer(
        self, store, here
    ):
        key, barrier = RequestKey("me", "op", "r1"), Barrier(8)
        answers: list[object] = []

        def ask(number):
            barrier.wait()
            with store.transaction(here) as tx:
                before = tx.claim(key)
                if before is None:
                    tx.remember(key, Remembered("f", {"value": number}), NOW)
                answers.append(before.answer["value"] if before else number)

        at_once(ask, 8)

        assert len(answers) == 8
        assert len(set(answers)) == 1

    def test_live_holds_are_counted_by_who_holds_and_those_that_ran_out_are_found(
        self, store, here, work
    ):
        expiries = [("a", NOW + 2), ("a", NOW + 1), ("b", NOW + 1), ("a", NOW), ("a", NOW - 1)]
        with store.transaction(here) as tx:
            other = tx.add_calendar(a_calendar())
            held = [
                tx.add_event(
                    an_event(
                        work.id,
                        Interval(n * HOUR, (n + 1) * HOUR),
                        status=Status.TENTATIVE,
                        hold_expires_at=expires,
                        held_by=who,
                    )
                )
                for n, (who, expires) in enumerate(expiries)
            ]
            assert tx.holds(work.id, "a", NOW) == [NOW + 1, NOW + 2]
            assert tx.holds(other.id, "a", NOW) == []
            assert tx.run_out(work.id, NOW) == sorted(held[3:], key=lambda event: event.id)
        assert store.overdue(NOW) == [Overdue(here, work.id)]
        assert store.overdue(NOW - 2) == []
        with store.transaction(here) as tx:
            for event in tx.run_out(work.id, NOW):
                tx.put_event(event.as_of(NOW))
        assert store.overdue(NOW) == []

    def test_a_hold_that_ran_out_is_listed_as_cancelled_before_anybody_writes_it_down(
        self, store, here, work
    ):
        with store.transaction(here) as tx:
            hold = tx.add_event(
                an_event(work.id, status=Status.TENTATIVE, hold_expires_at=NOW, held_by="a")
            )
            for status, at, found in (
                (Status.TENTATIVE, NOW - 1, [hold]),
                (Status.TENTATIVE, NOW, []),
                (Status.CANCELLED, NOW - 1, []),
                (Status.CANCELLED, NOW, [hold]),
            ):
                wanted = EventFilter(calendar_ids=(work.id,), statuses=frozenset({status}))
                assert tx.events(wanted, 10, at) == found

    def test_a_snapshot_does_not_see_what_is_written_meanwhile(self, store, here, work):
        with store.snapshot(here) as before:
            assert before.taken(work.id, span("00:00", "24:00"), NOW) == []
            with store.transaction(here) as tx:
                tx.add_event(an_event(work.id))
            assert before.taken(work.id, span("00:00", "24:00"), NOW) == []
        with store.snapshot(here) as after:
            assert len(after.taken(work.id, span("00:00", "24:00"), NOW)) == 1

    def test_who_locks_a_calendar_second_sees_what_the_first_one_wrote(self, store, here, work):
        """Eight threads that look and then write never all see the calendar empty."""
        barrier, seen = Barrier(8), []

        def look_then_write(_):
            barrier.wait()
            with store.transaction(here) as tx:
                tx.lock_calendar(work.id)
                seen.append(len(tx.taken(work.id, span("00:00", "24:00"), NOW)))
                tx.add_event(an_event(work.id))

        at_once(look_then_write, 8)

        assert sorted(seen) == list(range(8))

    def test_a_migrated_store_has_nothing_left_to_migrate(self, store):
        assert list(store.pending()) == []
        assert list(store.migrate()) == []

    def test_days_and_metadata_of_an_event_are_kept(self, store, here, work):
        days = Days(740_000, 740_002)
        event = an_event(work.id, days=days, metadata={"a": [1, {"b": "ü"}]})
        timed = an_event(work.id, interval=span("10:00", "10:30"))

        with store.transaction(here) as tx:
            kept = tx.add_event(replace(event, interval=days.interval(work.zone)))
            tx.add_event(timed)

        with store.snapshot(here) as tx:
            assert tx.event(kept.id) == kept
            assert list(tx.all_day(work.id)) == [kept]

    def test_a_resources_calendars_come_with_its_own_first(self, store, here, there, work):
        with store.transaction(here) as tx:
            further = tx.add_calendar(replace(work, resource_id=work.id))
            tx.add_calendar(work)

        with store.snapshot(here) as tx:
            assert [c.id for c in tx.calendars_of(work.id)] == [work.id, further.id]
        with store.snapshot(there) as tx:
            assert list(tx.calendars_of(work.id)) == []

    def test_a_rule_is_replaced_and_keeps_its_place(self, store, here, work):
        with store.transaction(here) as tx:
            first = tx.add_rule(work.id, weekdays(name="Office"))
            second = tx.add_rule(work.id, on_date("2026-11-24", available=False))
            monthly = weekdays(day_of_month=1, until=date(2027, 1, 1), name="First")
            tx.put_rule(work.id, replace(monthly, id=first.id))
            with pytest.raises(UnknownRule):
                tx.put_rule(work.id, replace(monthly, id=first.id + 1))

        with store.snapshot(here) as tx:
            assert list(tx.rules(work.id)) == [replace(monthly, id=first.id), second]

    def test_events_are_found_by_type(self, store, here, work):
        with store.transaction(here) as tx:
            booking = tx.add_event(an_event(work.id, type="booking"))
            tx.add_event(an_event(work.id, interval=span("10:00", "10:30")))

        with store.snapshot(here) as tx:
            wanted = EventFilter(calendar_ids=(work.id,), type="booking")
            assert list(tx.events(wanted, 10, NOW)) == [booking]
