"""Event rules at work: what is booked through the services, and what a worker then does."""

import json
import random
from dataclasses import replace

import pytest

from sched_agent.app import App, Outside
from sched_agent.errors import InvalidArgument, SlotTaken
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.event import Change
from sched_agent.model.event_rule import (
    Email,
    Label,
    Means,
    Outcome,
    Style,
    Trigger,
    Webhook,
    labels_of,
)
from sched_agent.model.interval import MINUTE
from sched_agent.model.outbox import Done, Topic
from sched_agent.model.schedule import Check
from sched_agent.model.status import Status
from sched_agent.providers.vault import new_key
from sched_agent.services import calendars, environments, event_rules, events, rule_acting, sweeping
from sched_agent.services.event_rules import NewRule
from sched_agent.services.rule_running import heard, starts_soon
from sched_agent.services.tasks import TASKS
from sched_agent.services.working import Worker
from sched_agent.sync import following
from tests.builders import a_draft, an_event, at, span
from tests.post_office import post_office
from tests.receiving import Answer, receiving

NINE = span("09:00", "09:30")
TEN = span("10:00", "10:30")
PEOPLE = (
    Attendee(name="Ada", email="ada@example.com"),
    Attendee(name="Bob", phone="+1 202 555 0101"),
    Attendee(name=None, email="cyd@example.com"),
    Attendee(name="Ada again", email="ada@example.com", response=Response.ACCEPTED),
)


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def office():
    with post_office() as one:
        yield one


@pytest.fixture
def app(store, clock, office):
    outside = Outside(
        keys=(new_key(),),
        allow_private=True,
        mail=f"smtp://127.0.0.1:{office.port}",
        mail_from="calendar@example.org",
    )
    return App(store=store, clock=clock, outside=outside)


@pytest.fixture
def worker(app):
    return Worker(app, TASKS)


@pytest.fixture
def a_rule(app, admin, receiver):
    """Make a rule; without actions, one that sends a webhook to the receiver."""

    def a_rule(trigger=Trigger.CREATED, *actions, **more):
        hook = Webhook(url=f"{receiver.url}/hook")
        new = NewRule(name="A rule", trigger=trigger, actions=actions or (hook,), **more)
        return event_rules.create(app, admin, new).rule

    return a_rule


@pytest.fixture
def book(app, admin, calendar):
    def book(interval=NINE, **more):
        return events.book(app, admin, calendar.id, a_draft(interval, **more), check=Check.FULL)

    return book


@pytest.fixture
def log(app, admin):
    """Return what a rule's log says, the oldest first."""

    def log(rule):
        found = event_rules.deliveries(app, admin, rule.id)
        return [(one.means, one.outcome, one.attempt) for one in reversed(found)]

    return log


def sent(receiver):
    """Return what the receiver was told: (what happened, the event's number)."""
    bodies = [json.loads(request.body) for request in receiver.received]
    return [(body["event"], body["calendarEvent"]["id"]) for body in bodies]


def move(app, admin, event, interval):
    change = Change(start=interval.start, end=interval.end)
    return events.revise(app, admin, event.id, change, check=Check.FULL).event


def test_a_rule_runs_after_the_booking_and_tells_of_it_once(a_rule, book, worker, receiver, log):
    rule = a_rule()
    event = book()
    assert not receiver.received

    worker.run_due()
    worker.run_due()

    assert sent(receiver) == [("event:created", event.id)]
    assert log(rule) == [(Means.WEBHOOK, Outcome.DELIVERED, 1)]


def test_each_rule_hears_what_it_waits_for_and_nothing_else(
    app, admin, a_rule, book, worker, receiver
):
    for trigger in (Trigger.UPDATED, Trigger.CANCELLED, Trigger.DELETED):
        a_rule(trigger)
    event = book()
    worker.run_due()
    assert sent(receiver) == []

    moved = move(app, admin, event, TEN)
    worker.run_due()
    assert sent(receiver) == [("event:updated", event.id)]
    told = json.loads(receiver.received[0].body)["calendarEvent"]
    assert (told["startTime"], told["version"]) == ("2026-11-23T10:00:00-05:00", moved.version)

    events.cancel(app, admin, event.id, reason="ill")
    events.cancel(app, admin, event.id)
    worker.run_due()
    assert sent(receiver)[1:] == [("event:cancelled", event.id)]

    events.delete(app, admin, event.id)
    worker.run_due()
    assert sent(receiver)[2:] == [("event:deleted", event.id)]


def test_what_changes_nothing_or_is_refused_is_no_news(app, admin, a_rule, book, worker, receiver):
    event = book()
    for trigger in (Trigger.CREATED, Trigger.UPDATED):
        a_rule(trigger)

    events.revise(app, admin, event.id, Change(fields={"title": "Stand-up"}), check=Check.FULL)
    with pytest.raises(SlotTaken):
        book()
    worker.run_due()

    assert sent(receiver) == []


def test_without_a_rule_that_waits_for_it_nothing_is_written_down(app, admin, a_rule, book, store):
    rule = a_rule(Trigger.DELETED)
    a_rule(Trigger.CREATED, enabled=False)
    book()

    with store.snapshot(admin.environment_id) as tx:
        assert tx.messages(dead=False, limit=10) == []
    assert rule.enabled


def test_a_hold_is_news_when_it_is_confirmed(
    app, admin, a_rule, book, worker, receiver, clock, calendar
):
    for trigger in Trigger:
        if trigger is not Trigger.STARTS_IN:
            a_rule(trigger)
    kept = book(NINE, status=Status.TENTATIVE, hold_seconds=300)
    released = book(TEN, status=Status.TENTATIVE, hold_seconds=300)
    book(span("11:00", "11:30"), status=Status.TENTATIVE, hold_seconds=300)
    events.cancel(app, admin, released.id)
    worker.run_due()
    assert sent(receiver) == []

    confirm = Change(fields={"status": Status.CONFIRMED})
    events.revise(app, admin, kept.id, confirm, check=Check.FULL)
    clock.move_by(minutes=6)
    sweeping.sweep(app)
    worker.run_due()

    assert sent(receiver) == [("event:created", kept.id)]


@pytest.mark.parametrize(
    ("condition", "fires", "logged"),
    [
        pytest.param('event.type == "demo"', True, [Outcome.DELIVERED], id="holds"),
        pytest.param('event.type == "other"', False, [], id="does not hold"),
        pytest.param("event.metadata.price > 1", False, [Outcome.GAVE_UP], id="can't be told"),
    ],
)
def test_a_rule_acts_where_its_condition_holds(
    a_rule, book, worker, receiver, log, condition, fires, logged
):
    rule = a_rule(condition=condition)
    book(type="demo")

    worker.run_due()

    assert bool(receiver.received) is fires
    assert [outcome for _, outcome, _ in log(rule)] == logged


def test_a_receiver_that_fails_undoes_nothing_and_is_tried_five_times(
    app, admin, a_rule, book, worker, receiver, log, clock, store, monkeypatch
):
    monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)
    rule = a_rule()
    receiver.answers = [Answer(500)]
    event = book()

    begun_at = []
    for _ in range(400):
        before = len(receiver.received)
        worker.run_due()
        if len(receiver.received) > before:
            begun_at.append(clock.now)
        clock.now += MINUTE // 60

    assert [(later - begun_at[0]) // (MINUTE // 60) for later in begun_at] == [0, 10, 30, 70, 150]
    assert log(rule) == [
        *[(Means.WEBHOOK, Outcome.FAILED, attempt) for attempt in (1, 2, 3, 4)],
        (Means.WEBHOOK, Outcome.GAVE_UP, 5),
    ]
    assert len({request.body for request in receiver.received}) == 1
    assert events.get(app, admin, event.id)[1] == event
    with store.snapshot(admin.environment_id) as tx:
        [dead] = tx.messages(dead=True, limit=10)
        assert tx.messages(dead=False, limit=10) == []
    assert (dead.topic, dead.trouble) == (Topic.WEBHOOK, "It answered 500.")


def test_a_delivery_has_one_name_over_all_its_tries(a_rule, book, worker, receiver, clock):
    a_rule(Trigger.CREATED, Webhook(url=receiver.url, style=Style.STANDARD))
    receiver.answers = [Answer(503), Answer(200)]
    book()
    worker.run_due()
    clock.move_by(minutes=1)
    worker.run_due()

    first, second = receiver.received
    names = [dict(one.headers)["webhook-id"] for one in (first, second)]
    assert names[0] == names[1]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_receiver_that_is_gone_is_asked_once(a_rule, book, worker, receiver, log, clock):
    rule = a_rule()
    receiver.answers = [Answer(410)]
    book()
    worker.run_due()
    clock.move_by(minutes=60)
    worker.run_due()

    assert log(rule) == [(Means.WEBHOOK, Outcome.GAVE_UP, 1)]


def test_one_receiver_that_fails_does_not_keep_the_others_waiting(
    a_rule, book, worker, receiver, office
):
    a_rule()
    a_rule(Trigger.CREATED, Email(to="boss@example.com", subject="New", text="{title}"))
    receiver.answers = [Answer(500)]
    book()

    worker.run_due()

    assert len(office.letters) == 1


def test_what_was_decided_and_sent_before_a_crash_is_not_sent_again(
    app, admin, a_rule, book, worker, receiver, store
):
    """Both are done as by a worker that dies before it can write down that they are done."""
    a_rule()
    book()
    with store.snapshot(admin.environment_id) as tx:
        [news] = tx.messages(dead=False, limit=10)
    [webhook] = heard(app, news).then
    rule_acting.send_webhook(app, webhook)
    with store.transaction(admin.environment_id) as tx:
        tx.queue(webhook)

    worker.run_due()

    assert len(receiver.received) == 1


@pytest.mark.parametrize("stop", ["delete", "disable"])
def test_a_rule_that_is_stopped_does_nothing_any_more(
    app, admin, a_rule, book, worker, receiver, office, clock, stop
):
    rule = a_rule(
        Trigger.CREATED,
        Webhook(url=receiver.url, delay_minutes=10),
        Email(to="boss@example.com", subject="New", text="{title}", delay_minutes=10),
        Label(add=("new",), delay_minutes=10),
    )
    event = book()
    worker.run_due()
    if stop == "delete":
        event_rules.delete(app, admin, rule.id)
    else:
        event_rules.revise(app, admin, rule.id, {"enabled": False})
    clock.move_by(minutes=11)

    worker.run_due()

    assert not receiver.received
    assert not office.letters
    assert labels_of(events.get(app, admin, event.id)[1]) == ()


def test_an_action_may_wait(a_rule, book, worker, receiver, clock):
    a_rule(Trigger.CREATED, Webhook(url=receiver.url, delay_minutes=10))
    book()
    clock.move_by(minutes=9)
    worker.run_due()
    assert not receiver.received

    clock.move_by(minutes=1)
    worker.run_due()
    assert len(receiver.received) == 1


HOUR_BEFORE = {"trigger": Trigger.STARTS_IN, "minutes_before": 60}


def test_an_event_is_announced_before_it_starts_and_once(a_rule, book, worker, receiver, clock):
    a_rule(**HOUR_BEFORE)
    event = book()
    clock.move_to("2026-11-23T07:59")
    worker.run_due()
    assert sent(receiver) == []

    clock.move_to("2026-11-23T08:00")
    worker.run_due()
    clock.move_to("2026-11-23T08:30")
    worker.run_due()
    assert sent(receiver) == [("event:starts_in", event.id)]


@pytest.mark.parametrize(
    ("moved_to", "announced_at"),
    [
        pytest.param(span("15:00", "15:30"), "2026-11-23T14:00", id="later"),
        pytest.param(span("11:00", "11:30", "2026-11-20"), "2026-11-20T10:00", id="just in time"),
        pytest.param(span("10:30", "11:00", "2026-11-20"), None, id="too near"),
    ],
)
def test_an_event_that_is_moved_is_announced_before_its_new_time(
    app, admin, a_rule, book, worker, receiver, clock, moved_to, announced_at
):
    a_rule(**HOUR_BEFORE)
    event = book()
    worker.run_due()
    clock.move_to("2026-11-20T09:59")
    move(app, admin, event, moved_to)
    worker.run_due()
    clock.move_to("2026-11-23T08:01")
    if announced_at and at(announced_at) > clock.now:
        worker.run_due()
        assert sent(receiver) == []
    clock.move_to(announced_at or "2026-11-23T08:01")

    worker.run_due()

    assert sent(receiver) == ([("event:starts_in", event.id)] if announced_at else [])


def test_an_event_that_is_moved_after_its_announcement_is_announced_again(
    app, admin, a_rule, book, worker, receiver, clock
):
    a_rule(**HOUR_BEFORE)
    event = book()
    worker.run_due()
    clock.move_to("2026-11-23T08:00")
    worker.run_due()
    move(app, admin, event, span("15:00", "15:30"))
    worker.run_due()
    assert len(receiver.received) == 1

    clock.move_to("2026-11-23T14:00")
    worker.run_due()
    assert len(receiver.received) == 2


@pytest.mark.parametrize("gone", ["cancelled", "deleted", "started"])
def test_an_event_that_no_longer_comes_is_not_announced(
    app, admin, a_rule, book, worker, receiver, clock, gone
):
    a_rule(**HOUR_BEFORE)
    event = book()
    worker.run_due()
    if gone == "cancelled":
        events.cancel(app, admin, event.id)
    elif gone == "deleted":
        events.delete(app, admin, event.id)
    clock.move_to("2026-11-23T09:00" if gone == "started" else "2026-11-23T08:00")

    worker.run_due()

    assert not receiver.received


def test_an_event_that_is_booked_at_short_notice_is_not_announced(
    a_rule, book, worker, receiver, clock
):
    a_rule(**HOUR_BEFORE)
    clock.move_to("2026-11-23T08:15")
    book()

    worker.run_due()

    assert not receiver.received


def test_a_new_rule_announces_the_events_that_there_are_already(
    app, admin, a_rule, book, worker, receiver, clock, monkeypatch
):
    monkeypatch.setattr("sched_agent.services.rule_running._AT_ONCE", 2)
    booked = [book(span(f"{hour}:00", f"{hour}:30")) for hour in range(10, 15)]
    cancelled = book(NINE)
    events.cancel(app, admin, cancelled.id)
    a_rule(**HOUR_BEFORE)
    worker.run_due()
    clock.move_to("2026-11-23T09:00")
    worker.run_due()
    assert sent(receiver) == [("event:starts_in", booked[0].id)]

    for hour in range(10, 14):
        clock.move_to(f"2026-11-23T{hour}:00")
        worker.run_due()
    assert [number for _, number in sent(receiver)] == [event.id for event in booked]


def test_an_event_that_was_moved_just_now_is_left_for_later(
    app, admin, a_rule, book, worker, receiver, clock, store
):
    """As where the news of it has not been heard yet."""
    a_rule(**HOUR_BEFORE)
    event = book()
    worker.run_due()
    with store.snapshot(admin.environment_id) as tx:
        [soon] = tx.messages(dead=False, limit=10)
    clock.move_to("2026-11-23T08:00")
    move(app, admin, event, TEN)

    assert starts_soon(app, soon) == Done(again_at=at("2026-11-23T09:00"))


def test_a_hold_is_not_announced(a_rule, book, worker, receiver, clock):
    today = span("11:30", "12:00", "2026-11-20")
    book(today, status=Status.TENTATIVE, hold_seconds=3600)
    a_rule(**HOUR_BEFORE)
    worker.run_due()
    clock.move_to("2026-11-20T10:30")

    worker.run_due()

    assert not receiver.received


def test_what_a_first_sync_brings_is_no_news_but_is_announced(
    app, admin, a_rule, worker, receiver, clock, store, calendar
):
    a_rule()
    a_rule(**HOUR_BEFORE)
    with store.transaction(admin.environment_id) as tx:
        following.adopt(tx, an_event(calendar.id, NINE), clock(), quietly=True)
        event = following.adopt(tx, an_event(calendar.id, TEN), clock(), quietly=False)
    worker.run_due()
    assert sent(receiver) == [("event:created", event.id)]

    clock.move_to("2026-11-23T08:00")
    worker.run_due()
    assert [happened for happened, _ in sent(receiver)[1:]] == ["event:starts_in"]


@pytest.mark.parametrize("stopped_by", [{"enabled": False}, "another trigger"])
def test_a_rule_that_is_stopped_announces_nothing(
    app, admin, a_rule, book, worker, receiver, clock, stopped_by
):
    rule = a_rule(**HOUR_BEFORE)
    book()
    worker.run_due()
    other = {"trigger": Trigger.DELETED, "minutes_before": None}
    event_rules.revise(
        app, admin, rule.id, other if stopped_by == "another trigger" else stopped_by
    )
    clock.move_to("2026-11-23T08:00")

    worker.run_due()

    assert not receiver.received


def test_a_new_rule_that_is_deleted_at_once_looks_at_nothing(app, admin, a_rule, book, worker):
    book()
    rule = a_rule(**HOUR_BEFORE)
    event_rules.delete(app, admin, rule.id)

    assert worker.run_due() == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({"name": "\u200b"}, "name", id="a name that nobody sees"),
        pytest.param({"minutes_before": 0}, "minutes_before", id="at once"),
        pytest.param({"minutes_before": 10**6}, "minutes_before", id="years before"),
        pytest.param({"actions": ()}, "actions", id="nothing to do"),
        pytest.param({"actions": (Label(add=("a",), delay_minutes=-1),)}, "delay", id="before it"),
    ],
)
def test_what_no_rule_can_be_is_refused_at_whichever_door(app, admin, a_rule, fields, told):
    rule = a_rule(**HOUR_BEFORE)

    with pytest.raises(InvalidArgument, match=told):
        event_rules.revise(app, admin, rule.id, fields)

    assert event_rules.get(app, admin, rule.id) == rule


def test_a_rule_that_is_changed_announces_earlier(
    app, admin, a_rule, book, worker, receiver, clock
):
    rule = a_rule(**HOUR_BEFORE)
    book()
    worker.run_due()
    event_rules.revise(app, admin, rule.id, {"minutes_before": 120})
    worker.run_due()
    clock.move_to("2026-11-23T07:00")
    worker.run_due()

    assert len(receiver.received) == 1


def test_a_mail_goes_to_each_attendee_alone_and_once(a_rule, book, worker, office, log):
    text = "Hello {name}, {title} is on {when} ({timezone}), {status}. {unknown is kept}"
    rule = a_rule(Trigger.CREATED, Email(to="attendees", subject="New: {title}", text=text))
    book(title="Check-up {name}", attendees=PEOPLE)

    worker.run_due()
    worker.run_due()

    assert sorted(office.to) == [["ada@example.com"], ["cyd@example.com"]]
    letter = next(one for one in office.letters if one["To"] == "ada@example.com")
    assert letter["Subject"] == "New: Check-up {name}"
    said = " ".join(letter.get_content().split())
    assert said.startswith("Hello Ada again, Check-up {name} is on Monday")
    assert "(America/New_York), confirmed. {unknown is kept}" in said
    assert log(rule) == [(Means.EMAIL, Outcome.DELIVERED, 1)] * 2


def test_a_mail_that_is_refused_for_now_is_sent_later(a_rule, book, worker, office, log, clock):
    rule = a_rule(Trigger.CREATED, Email(to="boss@example.com", subject="New", text="{title}"))
    office.answers = ["451 Later"]
    book()
    worker.run_due()
    clock.move_by(minutes=1)
    worker.run_due()

    assert len(office.letters) == 1
    assert log(rule) == [
        (Means.EMAIL, Outcome.FAILED, 1),
        (Means.EMAIL, Outcome.DELIVERED, 2),
    ]


def test_a_mail_that_is_refused_for_good_is_given_up(a_rule, book, worker, office, log, clock):
    rule = a_rule(Trigger.CREATED, Email(to="boss@example.com", subject="New", text="{title}"))
    office.answers = ["550 Nobody"]
    book()
    worker.run_due()
    clock.move_by(minutes=90)
    worker.run_due()

    assert log(rule) == [(Means.EMAIL, Outcome.GAVE_UP, 1)]
    assert not office.letters


def test_labels_are_put_and_taken_off_and_are_no_news(
    app, admin, a_rule, book, worker, receiver, store, log
):
    rule = a_rule(Trigger.CREATED, Label(add=("new", "vip"), remove=("old",)))
    a_rule(Trigger.UPDATED)
    event = book(metadata={"labels": ["old", "vip"], "meta": 1})

    worker.run_due()

    labelled = events.get(app, admin, event.id)[1]
    assert labels_of(labelled) == ("vip", "new")
    assert (labelled.metadata or {})["meta"] == 1
    assert replace(labelled, metadata=event.metadata) == event  # not even another version
    assert sent(receiver) == []
    assert log(rule) == [(Means.LABEL, Outcome.DELIVERED, 1)]


def test_a_label_comes_too_late_for_an_event_that_is_deleted(app, admin, a_rule, book, worker):
    a_rule(Trigger.CREATED, Label(add=("new",)))
    event = book()
    events.delete(app, admin, event.id)

    assert worker.run_due() > 0


def test_rules_hear_of_their_own_environment_alone(app, a_rule, worker, receiver):
    a_rule()
    elsewhere, _ = environments.ensure(app, "elsewhere", "Europe/Lisbon")
    stranger = environments.local_admin(elsewhere)
    there = calendars.create(app, stranger, name="Theirs")

    events.book(app, stranger, there.id, a_draft(NINE), check=Check.CONFLICTS)
    worker.run_due()

    assert sent(receiver) == []


def test_a_calendar_that_is_deleted_takes_its_news_along(
    app, admin, a_rule, book, worker, receiver, calendar
):
    a_rule()
    a_rule(**HOUR_BEFORE)
    book()
    calendars.delete(app, admin, calendar.id)

    worker.run_due()

    assert not receiver.received
