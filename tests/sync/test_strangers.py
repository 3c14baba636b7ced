"""What strangers bring into a calendar at a provider does nothing in our name."""

import json

import pytest

from sched_agent.model.attendee import Attendee
from sched_agent.model.connection import ConnectionPolicy, WhenTaken
from sched_agent.model.event import Change, Draft, EventFilter, SyncState
from sched_agent.model.event_rule import Email, EventRule, Trigger
from sched_agent.model.outbox import Topic
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.services import events
from tests.builders import span

VICTIM = Attendee(name="Victim", email="victim@example.org")


@pytest.fixture
def thanking(connected):
    """A rule that writes to everybody who is invited, whatever happens."""
    with connected.app.store.transaction(connected.caller.environment_id) as tx:
        for trigger in (Trigger.CREATED, Trigger.UPDATED, Trigger.CANCELLED):
            tx.add_event_rule(
                EventRule(
                    id=0,
                    name=f"Thanks, {trigger}",
                    trigger=trigger,
                    actions=(Email(to="attendees", subject="{title}", text="{title}"),),
                    created_at=0,
                    updated_at=0,
                )
            )
    connected.work()
    return connected


def mails(connected) -> list[str]:
    """Return to whom mails wait to be sent, or were given up for want of a server."""
    with connected.app.store.snapshot(connected.caller.environment_id) as tx:
        found = [*tx.messages(dead=False, limit=50), *tx.messages(dead=True, limit=50)]
    told = [message for message in found if message.topic is Topic.EMAIL]
    return [json.dumps(dict(message.payload)) for message in told]


def test_nobody_gets_a_mail_whom_a_stranger_has_invited(thanking):
    spam = thanking.google.add("Buy now", span("10:00", "11:00"), attendees=(VICTIM,))
    thanking.sync()
    thanking.clock.move_by(minutes=1)
    thanking.google.rename(spam, "Buy more")
    thanking.sync()
    thanking.google.delete(spam)
    thanking.sync()

    assert mails(thanking) == []


def test_whom_we_have_invited_gets_one(thanking):
    draft = Draft(title="Haircut", interval=span("10:00", "11:00"), attendees=(VICTIM,))
    events.book(thanking.app, thanking.caller, thanking.calendar.id, draft, check=Check.FULL)
    thanking.work()

    assert ["victim@example.org" in mail for mail in mails(thanking)] == [True]


def test_an_event_of_others_that_is_moved_to_a_taken_time_is_kept(connected):
    connected.put(policy=ConnectionPolicy(when_taken=WhenTaken.CANCEL))
    connected.google.add("Dentist", span("10:00", "11:00"))
    connected.work()
    (theirs,) = events.find_all(
        connected.app, connected.caller, EventFilter(calendar_ids=(connected.calendar.id,)), 10
    ).items
    change = Change(start=span("14:00", "15:00").start)
    events.revise(connected.app, connected.caller, theirs.id, change, check=Check.FULL)
    connected.google.add("Lunch", span("14:00", "14:30"))
    connected.work()

    assert connected.there() == ["Dentist", "Lunch"]
    assert connected.event(theirs).status is Status.CONFIRMED
    assert connected.event(theirs).sync is SyncState.CONFLICT
