"""What every store promises of its outbox; subclass it and give it a `store` and a `database`."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from threading import Lock

import pytest

from sched_agent.model.outbox import Message, Topic
from tests.contracts.store_contract import at_once

NOW = 1_000
ALL = 100
MACHINE = 50_000
"""The machine's clock, by which leases run out, is another one than the program's."""

LEASE = 100
LEASER = """
import json, sys
from tests.contracts.outbox_store import drained
from tests.stores import open_store

told = json.load(sys.stdin)
store = open_store(told["database"])
print(json.dumps(drained(store, told["name"])))
store.close()
"""


class Undone(Exception):
    pass


def nothing(_):
    return None


def a_message(environment_id, key="m1", **more):
    fields = {
        "environment_id": environment_id,
        "topic": Topic.PUSH,
        "key": key,
        "lane": "lane",
        "due_at": NOW,
        "created_at": NOW,
    }
    return Message(**fields | more)


def put(store, environment_id, *messages):
    with store.transaction(environment_id) as tx:
        for message in messages:
            tx.queue(message)


def leased(store, name="first", *, now=NOW, begins=MACHINE, limit=ALL):
    return store.lease(name, now=now, begins=begins, until=begins + LEASE, limit=limit)


def end(store, message, again_at=None):
    with store.transaction(message.environment_id) as tx:
        tx.end(message, again_at)


def left(store, environment_id, *, dead=False):
    with store.snapshot(environment_id) as tx:
        return tx.messages(dead=dead, limit=ALL)


def drained(store, name):
    """Do what is due until nothing is left, and return the keys of what was done."""
    done, number = [], 0
    while store.waiting(NOW).alive:
        number += 1
        for message in leased(store, f"{name} {number}", limit=3):
            done.append(message.key)
            end(store, message)
    return done


def keys(messages):
    return [one.key for one in messages]


class OutboxStoreContract:
    """Two environments, `here` and `there`."""

    @pytest.fixture
    def here(self, store):
        return store.add_environment("here", "America/New_York", NOW, nothing)[0].id

    @pytest.fixture
    def there(self, store):
        return store.add_environment("there", "Europe/Lisbon", NOW, nothing)[0].id

    def test_a_message_comes_back_as_it_was_put(self, store, here):
        message = a_message(
            here,
            key="cen_1/evt_é",
            lane="one lane",
            payload={"title": "Ação", "nested": [1, None, {"a": True}]},
            due_at=2**52,
            created_at=7,
        )
        put(store, here, message)

        assert left(store, here) == [message]

    def test_a_leased_message_tells_who_does_it_and_which_attempt_it_is(self, store, here):
        message = a_message(here, payload={"event_id": 5})
        put(store, here, message)

        assert leased(store) == [replace(message, lease="first", attempts=1)]
        assert left(store, here) == [replace(message, lease="first", attempts=1)]

    def test_what_is_due_first_comes_first(self, store, here):
        put(store, here, *(a_message(here, f"{due}", due_at=due) for due in (3, 1, 2)))

        assert keys(left(store, here)) == ["1", "2", "3"]
        assert keys(leased(store, limit=2)) == ["1", "2"]

    def test_what_is_not_due_is_not_leased(self, store, here):
        put(store, here, a_message(here, due_at=NOW + 1))

        assert leased(store) == []
        assert keys(leased(store, now=NOW + 1)) == ["m1"]

    def test_a_lease_is_of_one_lane_that_which_has_waited_longest(self, store, here, there):
        put(
            store,
            here,
            a_message(here, "a", lane="young", due_at=3),
            a_message(here, "b", lane="old", due_at=2),
            a_message(here, "c", lane="old", due_at=4),
        )
        put(store, there, a_message(there, "d", lane="young", due_at=1))

        first = leased(store, "first")
        assert (keys(first), first[0].environment_id) == (["d"], there)
        assert keys(leased(store, "second")) == ["b", "c"]
        assert keys(leased(store, "third")) == ["a"]
        assert leased(store, "fourth") == []

    def test_nobody_else_gets_anything_of_a_lane_that_is_leased(self, store, here):
        put(store, here, a_message(here, "a"), a_message(here, "b"))
        (first,) = leased(store, "first", limit=1)
        put(store, here, a_message(here, "c", due_at=1))

        assert leased(store, "second") == []
        end(store, first)
        assert keys(leased(store, "second")) == ["c", "b"]

    def test_who_finds_nothing_to_lease_waits_for_nobody_who_writes(self, store, here):
        put(store, here, a_message(here, "a"), a_message(here, "b"))
        leased(store, "first", limit=1)
        with store.transaction(here) as tx:
            tx.queue(a_message(here, "c"))
            assert leased(store, "second") == []

    def test_a_lane_of_another_environment_is_another_lane(self, store, here, there):
        put(store, here, a_message(here))
        put(store, there, a_message(there))

        assert {leased(store, name)[0].environment_id for name in "ab"} == {here, there}

    def test_a_message_that_is_done_is_gone(self, store, here):
        put(store, here, a_message(here))
        end(store, leased(store)[0])

        assert left(store, here) == []
        assert leased(store, "second") == []

    def test_a_message_that_is_to_be_done_again_waits_with_a_clean_slate(self, store, here):
        put(store, here, a_message(here))
        (message,) = leased(store)
        with store.transaction(here) as tx:
            tx.put_off(message, NOW, "down")
        end(store, leased(store)[0], NOW + 5)

        assert left(store, here) == [a_message(here, due_at=NOW + 5)]
        assert leased(store, "second") == []
        assert keys(leased(store, "second", now=NOW + 5)) == ["m1"]

    def test_a_message_that_is_put_off_comes_again_and_tells_why(self, store, here):
        put(store, here, a_message(here))
        for attempt in (1, 2):
            (message,) = leased(store, f"{attempt}", now=NOW + attempt)
            assert message.attempts == attempt
            with store.transaction(here) as tx:
                tx.put_off(message, NOW + attempt + 1, f"não {attempt}")
            assert leased(store, "early", now=NOW + attempt) == []

        (waiting,) = left(store, here)
        assert (waiting.attempts, waiting.trouble, waiting.lease) == (2, "não 2", None)

    def test_a_message_that_is_put_back_has_spent_no_attempt(self, store, here):
        put(store, here, a_message(here))
        (message,) = leased(store)
        with store.transaction(here) as tx:
            tx.put_back(message, NOW + 5, None)

        assert left(store, here) == [a_message(here, due_at=NOW + 5)]

    def test_a_message_that_is_given_up_is_kept_and_not_leased(self, store, here):
        put(store, here, a_message(here), a_message(here, "m2"))
        first, second = leased(store)
        with store.transaction(here) as tx:
            tx.give_up(first, NOW + 3, "never")
        end(store, second)

        assert leased(store, "second", now=NOW + ALL) == []
        assert left(store, here) == []
        (dead,) = left(store, here, dead=True)
        assert (dead.key, dead.trouble, dead.dead_at) == ("m1", "never", NOW + 3)

    def test_a_dead_message_that_is_put_again_lives_and_holds_up_nobody(self, store, here):
        put(store, here, a_message(here))
        (message,) = leased(store)
        with store.transaction(here) as tx:
            tx.give_up(message, NOW, "never")
        put(store, here, a_message(here, "m2"))
        assert keys(leased(store, "second")) == ["m2"]

        put(store, here, a_message(here, lane="other", payload={"new": 1}))
        (alive,) = leased(store, "third")
        assert (alive.key, alive.attempts, alive.trouble, alive.dead_at) == ("m1", 1, None, None)
        assert alive.payload == {"new": 1}
        assert left(store, here, dead=True) == []

    def test_there_is_one_message_of_a_topic_for_a_key(self, store, here):
        put(
            store,
            here,
            a_message(here, payload={"old": 1}),
            a_message(here, payload={"new": 1}, due_at=5, lane="other", created_at=9),
            a_message(here, topic=Topic.SYNC),
        )

        found = {(one.topic, one.due_at): one for one in left(store, here)}
        assert len(found) == 2
        (pushed,) = [one for one in found.values() if one.topic is Topic.PUSH]
        assert (pushed.payload, pushed.due_at, pushed.lane) == ({"new": 1}, 5, "other")
        assert pushed.generation == 2
        assert pushed.created_at == NOW  # when it was put first

    @pytest.mark.parametrize("ending", ["end", "again", "put_off", "put_back", "give_up"])
    def test_a_message_that_is_put_while_it_is_done_is_done_once_more(self, store, here, ending):
        put(store, here, a_message(here, payload={"old": 1}))
        (message,) = leased(store)
        put(store, here, a_message(here, payload={"new": 1}))
        assert leased(store, "second") == []  # after the one that is under way

        with store.transaction(here) as tx:
            self._ended(tx, message, ending)

        (again,) = leased(store, "second")
        assert (again.payload, again.attempts, again.dead_at) == ({"new": 1}, 1, None)
        end(store, again)
        assert left(store, here) == []

    @pytest.mark.parametrize("ending", ["end", "again", "put_off", "put_back", "give_up"])
    def test_who_let_a_lease_run_out_changes_nothing_any_more(self, store, here, ending):
        put(store, here, a_message(here))
        (slow,) = leased(store, "slow")
        assert leased(store, "early", begins=MACHINE + LEASE - 1) == []
        (quick,) = leased(store, "quick", begins=MACHINE + LEASE)
        assert quick.attempts == 2

        with store.transaction(here) as tx:
            self._ended(tx, slow, ending)
        assert left(store, here) == [quick]
        assert leased(store, "third", begins=MACHINE + LEASE) == []

        end(store, quick)
        with store.transaction(here) as tx:
            self._ended(tx, slow, ending)
        assert left(store, here) == left(store, here, dead=True) == []

    def _ended(self, tx, message, ending):
        match ending:
            case "end":
                tx.end(message, None)
            case "again":
                tx.end(message, NOW + 50)
            case "put_off":
                tx.put_off(message, NOW + 50, "late")
            case "put_back":
                tx.put_back(message, NOW + 50, "late")
            case "give_up":
                tx.give_up(message, NOW + 50, "late")

    def test_a_lease_that_is_renewed_runs_on(self, store, here):
        put(store, here, a_message(here, "a"), a_message(here, "b"))
        first, second = leased(store, "slow")
        assert store.renew("slow", MACHINE + 10 * LEASE)
        assert leased(store, "other", begins=MACHINE + 9 * LEASE) == []

        end(store, first)
        assert store.renew("slow", MACHINE + 10 * LEASE)
        end(store, second)
        assert not store.renew("slow", MACHINE + 20 * LEASE)
        assert not store.renew("nobody", MACHINE)

    def test_a_lease_that_was_given_to_another_is_not_renewed(self, store, here):
        put(store, here, a_message(here))
        leased(store, "slow")
        leased(store, "quick", begins=MACHINE + LEASE)

        assert not store.renew("slow", MACHINE + 10 * LEASE)
        assert keys(leased(store, "third", begins=MACHINE + 2 * LEASE)) == ["m1"]

    def test_a_message_that_is_taken_out_is_not_done(self, store, here):
        put(store, here, a_message(here))
        with store.transaction(here) as tx:
            assert not tx.unqueue(Topic.SYNC, "m1")
            assert tx.unqueue(Topic.PUSH, "m1")
            assert not tx.unqueue(Topic.PUSH, "m1")

        assert leased(store) == []

    def test_a_message_that_was_taken_out_and_put_anew_is_not_ended_by_who_did_the_old_one(
        self, store, here
    ):
        put(store, here, a_message(here))
        (old,) = leased(store)
        with store.transaction(here) as tx:
            tx.unqueue(Topic.PUSH, "m1")
        put(store, here, a_message(here))
        end(store, old)

        assert left(store, here) == [a_message(here)]

    def test_messages_of_a_lane_and_topic_come_by_key_dead_or_alive(self, store, here, there):
        put(
            store,
            here,
            a_message(here, "b"),
            a_message(here, "a"),
            a_message(here, "c", lane="other"),
            a_message(here, "a", topic=Topic.SYNC),
        )
        with store.transaction(here) as tx:
            assert keys(tx.messages_of("lane", Topic.PUSH)) == ["a", "b"]
            assert keys(tx.messages_of("lane", Topic.SYNC)) == ["a"]
            assert tx.messages_of("lane", Topic.EMAIL) == []
        with store.snapshot(there) as tx:
            assert tx.messages_of("lane", Topic.PUSH) == []

    def test_what_was_rolled_back_was_never_there(self, store, here):
        def undone():
            with store.transaction(here) as tx:
                tx.queue(a_message(here))
                raise Undone

        with pytest.raises(Undone):
            undone()

        assert leased(store) == []
        assert left(store, here) == []

    def test_an_end_that_was_rolled_back_did_not_happen(self, store, here):
        put(store, here, a_message(here))
        (message,) = leased(store)

        def undone():
            with store.transaction(here) as tx:
                tx.queue(a_message(here, "then"))
                tx.end(message, None)
                raise Undone

        with pytest.raises(Undone):
            undone()

        assert left(store, here) == [message]

    def test_messages_are_seen_and_changed_in_their_environment_alone(self, store, here, there):
        put(store, here, a_message(here))
        (message,) = leased(store)

        with store.transaction(there) as tx:
            assert tx.messages(dead=False, limit=ALL) == []
            assert not tx.unqueue(Topic.PUSH, "m1")
            for ending in ("end", "again", "put_off", "put_back", "give_up"):
                self._ended(tx, replace(message, environment_id=there), ending)

        assert left(store, here) == [message]

    def test_what_waits_is_counted_over_all_environments(self, store, here, there):
        assert tuple(store.waiting(NOW)) == (0, 0, None)
        put(store, here, a_message(here, "a", due_at=5), a_message(here, "b", due_at=NOW + 1))
        put(store, there, a_message(there, "c", due_at=4))
        assert tuple(store.waiting(NOW)) == (3, 0, 4)

        (oldest,) = leased(store)
        with store.transaction(there) as tx:
            tx.give_up(oldest, NOW, "never")
        assert tuple(store.waiting(NOW)) == (2, 1, 5)
        assert tuple(store.waiting(4)) == (2, 1, None)

    def test_many_who_lease_at_once_do_everything_once_and_each_lane_one_after_the_other(
        self, store, here, there
    ):
        messages = [
            a_message(where, f"{where}-{number}", lane=f"lane {number % 5}", due_at=number)
            for where in (here, there)
            for number in range(30)
        ]
        for where in (here, there):
            put(store, where, *(one for one in messages if one.environment_id == where))
        done: list[str] = []
        at_work: Counter[tuple[int, str]] = Counter()
        guard = Lock()

        def work(number):
            rounds = 0
            while store.waiting(NOW).alive:
                rounds += 1
                for position, message in enumerate(some := leased(store, f"{number} {rounds}")):
                    lane = (message.environment_id, message.lane)
                    with guard:
                        at_work[lane] += 1 if position == 0 else 0
                        assert at_work[lane] == 1
                        done.append(message.key)
                        if message is some[-1]:
                            at_work[lane] -= 1
                    end(store, message)

        at_once(work, 6)

        assert Counter(done) == Counter(keys(messages))

    def test_many_processes_do_everything_once(self, store, database, here):
        messages = [a_message(here, f"{n}", lane=f"lane {n % 4}") for n in range(24)]
        put(store, here, *messages)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", LEASER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for number, process in enumerate(processes):
            assert process.stdin
            process.stdin.write(json.dumps({"database": database, "name": f"process {number}"}))
            process.stdin.close()
        done: list[str] = []
        for process in processes:
            assert process.stdout
            done += json.loads(process.stdout.read())
            process.stdout.close()
            assert process.wait() == 0

        assert Counter(done) == Counter(keys(messages))
