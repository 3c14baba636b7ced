"""What every store keeps of event rules; subclass it and give it a `store`."""

from dataclasses import replace

import pytest

from sched_agent.errors import UnknownEventRule
from sched_agent.model.event_rule import (
    DELIVERIES_KEPT,
    Delivery,
    Email,
    EventRule,
    Label,
    Means,
    Outcome,
    Style,
    Trigger,
    Webhook,
)

NOW = 1_000
HOOK = Webhook(url="https://example.com/é", style=Style.STANDARD, delay_minutes=5)
MAIL = Email(to="attendees", subject="{title}", text="Olá\n{name}")
LABELS = Label(add=("vip", "new"), remove=("old",))


def nothing(_):
    return None


def a_rule(**more):
    fields = {"name": "Tell them", "trigger": Trigger.CREATED, "actions": (HOOK,)}
    return EventRule(**{"id": 0, "created_at": NOW, "updated_at": NOW} | fields | more)


def a_delivery(rule, **more):
    fields = {
        "rule_id": rule.id,
        "delivery_id": "msg_1",
        "means": Means.WEBHOOK,
        "event_name": "event:created",
        "event_id": 7,
        "attempt": 1,
        "at": NOW,
        "outcome": Outcome.FAILED,
        "http_status": 500,
        "duration_ms": 12,
        "trouble": "It answered 500.",
    }
    return Delivery(**fields | more)


class EventRuleStoreContract:
    """Two environments, `here` and `there`."""

    @pytest.fixture
    def here(self, store):
        return store.add_environment("here", "America/New_York", NOW, nothing)[0].id

    @pytest.fixture
    def there(self, store):
        return store.add_environment("there", "Europe/Lisbon", NOW, nothing)[0].id

    @pytest.mark.parametrize(
        "rule",
        [
            pytest.param(a_rule(), id="least"),
            pytest.param(
                a_rule(
                    trigger=Trigger.STARTS_IN,
                    minutes_before=60,
                    condition='event.title == "ção"',
                    actions=(HOOK, MAIL, LABELS),
                    enabled=False,
                    sealed_secret="sealed",
                    updated_at=2**52,
                ),
                id="most",
            ),
        ],
    )
    def test_a_rule_comes_back_as_it_was_kept(self, store, here, rule):
        with store.transaction(here) as tx:
            kept = tx.add_event_rule(rule)

        with store.snapshot(here) as tx:
            assert kept == replace(rule, id=kept.id)
            assert tx.event_rule(kept.id) == kept
            assert tx.event_rules() == [kept]

    def test_rules_come_oldest_first(self, store, here):
        with store.transaction(here) as tx:
            newer = tx.add_event_rule(a_rule(created_at=2 * NOW))
            older = tx.add_event_rule(a_rule())

        with store.snapshot(here) as tx:
            assert tx.event_rules() == [older, newer]

    def test_a_rule_is_replaced(self, store, here):
        with store.transaction(here) as tx:
            kept = tx.add_event_rule(a_rule())
            changed = replace(kept, name="Other", condition="true", actions=(MAIL,))
            tx.put_event_rule(changed)

            assert tx.event_rules() == [changed]

    def test_a_deleted_rule_is_gone_with_its_log(self, store, here):
        with store.transaction(here) as tx:
            kept, other = tx.add_event_rule(a_rule()), tx.add_event_rule(a_rule())
            tx.add_delivery(a_delivery(kept))
            tx.add_delivery(a_delivery(other))
            tx.delete_event_rule(kept.id)

        with store.snapshot(here) as tx:
            assert tx.event_rules() == [other]
            assert tx.deliveries(kept.id) == []
            assert tx.deliveries(other.id) == [a_delivery(other)]

    def test_a_rule_that_is_not_there_is_unknown(self, store, here):
        with store.transaction(here) as tx:
            for act in (
                lambda: tx.event_rule(5),
                lambda: tx.put_event_rule(a_rule(id=5)),
                lambda: tx.delete_event_rule(5),
            ):
                with pytest.raises(UnknownEventRule):
                    act()

    def test_the_triggers_are_those_of_rules_that_are_enabled(self, store, here):
        with store.transaction(here) as tx:
            assert tx.triggers() == frozenset()
            tx.add_event_rule(a_rule())
            tx.add_event_rule(a_rule())
            tx.add_event_rule(a_rule(trigger=Trigger.DELETED))
            tx.add_event_rule(a_rule(trigger=Trigger.CANCELLED, enabled=False))

            assert tx.triggers() == {Trigger.CREATED, Trigger.DELETED}

    def test_triggers_follow_what_a_transaction_does_to_the_rules(self, store, here):
        with store.transaction(here) as tx:
            first = tx.add_event_rule(a_rule())
            second = tx.add_event_rule(a_rule(trigger=Trigger.DELETED))
            assert tx.triggers() == {Trigger.CREATED, Trigger.DELETED}

            tx.put_event_rule(replace(first, trigger=Trigger.UPDATED))
            assert tx.triggers() == {Trigger.UPDATED, Trigger.DELETED}

            tx.delete_event_rule(second.id)
            assert tx.triggers() == {Trigger.UPDATED}

    def test_a_log_comes_newest_first_and_tells_what_is_done(self, store, here):
        with store.transaction(here) as tx:
            rule = tx.add_event_rule(a_rule())
            failed = a_delivery(rule)
            tx.add_delivery(failed)
            assert not tx.is_delivered(rule.id, "msg_1")
            done = a_delivery(rule, attempt=2, at=NOW + 1, outcome=Outcome.DELIVERED, trouble=None)
            tx.add_delivery(done)

            assert tx.deliveries(rule.id) == [done, failed]
            assert tx.is_delivered(rule.id, "msg_1")
            assert not tx.is_delivered(rule.id, "msg_2")

    def test_a_try_that_is_written_twice_is_in_the_log_once(self, store, here):
        with store.transaction(here) as tx:
            rule = tx.add_event_rule(a_rule())
            tx.add_delivery(a_delivery(rule))
            again = a_delivery(rule, at=NOW + 5, event_id=None, http_status=None, trouble="broken")
            tx.add_delivery(again)

            assert tx.deliveries(rule.id) == [again]

    def test_a_log_keeps_only_the_newest_tries_of_each_rule(self, store, here):
        with store.transaction(here) as tx:
            rule, other = tx.add_event_rule(a_rule()), tx.add_event_rule(a_rule())
            tx.add_delivery(a_delivery(other))
            for number in range(DELIVERIES_KEPT + 3):
                tx.add_delivery(a_delivery(rule, delivery_id=f"msg_{number}", at=NOW + number))

            kept = tx.deliveries(rule.id)
            assert len(kept) == DELIVERIES_KEPT
            assert {one.at for one in kept} == set(range(NOW + 3, NOW + 3 + DELIVERIES_KEPT))
            assert len(tx.deliveries(other.id)) == 1

    def test_rules_and_logs_are_seen_in_their_environment_alone(self, store, here, there):
        with store.transaction(here) as tx:
            rule = tx.add_event_rule(a_rule())
            tx.add_delivery(a_delivery(rule, outcome=Outcome.DELIVERED))

        with store.transaction(there) as tx:
            assert tx.event_rules() == []
            assert tx.triggers() == frozenset()
            assert tx.deliveries(rule.id) == []
            assert not tx.is_delivered(rule.id, "msg_1")
            with pytest.raises(UnknownEventRule):
                tx.event_rule(rule.id)
            with pytest.raises(UnknownEventRule):
                tx.delete_event_rule(rule.id)
