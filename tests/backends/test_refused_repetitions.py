"""A refusal is told only if it is true: not when a request is refused for what it did itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx
import pytest

from sched_agent import errors
from sched_agent.backends.http import Refused, Reply
from sched_agent.backends.refusals import asked
from sched_agent.model.attendee import Response
from sched_agent.model.calendar import Availability, DoubleBooking
from sched_agent.services import calendars
from sched_agent.services.environments import local_admin
from tests.backends.writes import BOOKING, EACH_WRITE, code_of, from_the_first_write_on, once
from tests.builders import on_date, span
from tests.contracts.backends.place import ANA, NINE, TEN, Place, find_calendar
from tests.misbehaving import Misdeed, behave
from tests.vendor import Truth

IN_YEARS = span("09:00", "09:30", "2030-11-25")
REPEATED = pytest.mark.parametrize("misdeed", [Misdeed.TWICE, Misdeed.REFUSED_AFTER])
WORKSPACE = pytest.mark.parametrize("family", ["workspace"], indirect=True)


@EACH_WRITE
@REPEATED
def test_a_write_that_is_refused_since_it_came_before_is_done(place, proxy, write, misdeed):
    lenient = place.lenient
    event = write.prepare(place, lenient)
    proxy.choose = once(misdeed, writes_only=True)

    assert code_of(lambda: write.ask(place, lenient, event, None)) == "done"

    assert place.there("Lenient") == write.after


@EACH_WRITE
def test_a_refusal_that_cannot_be_verified_is_not_told(place, proxy, write):
    lenient = place.lenient
    event = write.prepare(place, lenient)
    proxy.choose = from_the_first_write_on(Misdeed.REFUSED_AFTER, then=Misdeed.HTML)

    assert code_of(lambda: write.ask(place, lenient, event, None)) == "outcome_unknown"

    assert place.there("Lenient") == write.after


@WORKSPACE
def test_what_was_delivered_twice_and_cannot_be_looked_up_is_found_when_asked_again(place, proxy):
    other = place.other
    proxy.choose = from_the_first_write_on(Misdeed.TWICE, then=Misdeed.HTML)
    first = code_of(lambda: BOOKING.ask(place, other, None, "r1"))
    proxy.choose = behave

    booked = BOOKING.ask(place, other, None, "r1")

    assert first == "outcome_unknown"
    assert place.there("Other") == BOOKING.after
    assert place.get(booked) == booked


@WORKSPACE
def test_a_list_may_be_late_to_show_what_was_delivered_twice(place, proxy):
    other, reads = place.other, []

    def choose(request):
        if request.is_write:
            return Misdeed.TWICE
        if place.truth.events("Other"):
            reads.append(request)
            place.truth.move("Other", "Mine", IN_YEARS if len(reads) == 1 else NINE)
        return None

    proxy.choose = choose

    assert code_of(lambda: BOOKING.ask(place, other, None, None)) == "done"
    assert len(reads) == 2


@WORKSPACE
def test_a_refusal_is_told_though_its_reason_is_not_seen(place):
    other, admin = place.other, local_admin(place.truth.environment)
    calendars.revise(place.truth.app, admin, other.id, {"max_days_ahead": 1})  # we know it without

    with pytest.raises(errors.Conflict):
        place.book(NINE, on=other)

    assert place.there("Other") == []


@pytest.mark.parametrize("family", ["talkover"], indirect=True)
def test_an_event_that_was_made_twice_does_not_fill_its_day_alone(place, open_one, proxy):
    both = {"double_booking": DoubleBooking.ALLOW, "max_events_per_day": 1}
    place.truth.add_calendar("Once a day", availability=Availability.OPEN, **both)
    reader = replace(place, program=open_one())
    daily = find_calendar(reader.program, "Once a day")
    proxy.choose = once(Misdeed.TWICE, writes_only=True)

    BOOKING.ask(reader, daily, None, None)

    assert reader.there("Once a day") == BOOKING.after


@dataclass(frozen=True)
class Act:
    """Something other than booking that is done once.

    Args:
        ask: Asks for it.
        is_done: Looks whether it is done, past the backend.
    """

    ask: Callable[[Place], object]
    is_done: Callable[[Truth], bool]


def _respond(place):
    (event,) = place.list()
    accepted = Response.ACCEPTED
    return place.backend.respond(place.caller, event.id, "Ana Souza", accepted, request_id=None)


def _rename(place):
    named = {"name": "Renamed"}
    return place.backend.revise_calendar(place.caller, place.calendar.id, named, request_id=None)


def _add_rule(place):
    closed = on_date("2026-11-24", available=False)
    return place.backend.add_rule(place.caller, place.calendar.id, closed, request_id=None)


def _remove_rule(place):
    (rule,) = place.backend.rules(place.caller, place.calendar.id)
    return place.backend.remove_rule(place.caller, place.calendar.id, rule.id, request_id=None)


def _delete(place):
    (event,) = place.list()
    return place.backend.delete(place.caller, event.id, request_id=None)


def _accepted(truth):
    (event,) = truth.events("Work")
    return [one.response for one in event.attendees] == [Response.ACCEPTED]


ANSWER = Act(_respond, _accepted)
RENAMING = Act(_rename, lambda truth: "Renamed" in {one.name for one in truth.calendars()})
CLOSING = Act(_add_rule, lambda truth: len(truth.rules("Work")) == 2)
OPENING = Act(_remove_rule, lambda truth: truth.rules("Work") == [])
DELETING = Act(_delete, lambda truth: truth.events("Work") == [])
IDEMPOTENT = {"respond": ANSWER, "rename": RENAMING, "remove rule": OPENING, "delete": DELETING}
ACTS = IDEMPOTENT | {"add rule": CLOSING}


@pytest.fixture
def attended(place):
    """A place with an event to which somebody is invited."""
    place.book(TEN, attendees=(ANA,))
    return place


def each_act(acts, *misdeeds):
    """Run a test with all of these, at a backend that can do them."""
    cases = [
        pytest.param("workspace", misdeed, act, id=f"{name}-{misdeed}")
        for misdeed in misdeeds
        for name, act in acts.items()
    ]
    return pytest.mark.parametrize(("family", "misdeed", "act"), cases, indirect=["family"])


@each_act(ACTS, Misdeed.REFUSED_AFTER, Misdeed.LOST_AFTER)
def test_an_act_that_was_done_is_told_as_done_whatever_the_answer(attended, proxy, misdeed, act):
    proxy.choose = once(misdeed, writes_only=True)

    assert code_of(lambda: act.ask(attended)) == "done"

    assert act.is_done(attended.truth)


@each_act(IDEMPOTENT, Misdeed.TWICE)
def test_an_act_that_comes_twice_is_told_as_done(attended, proxy, misdeed, act):
    proxy.choose = once(misdeed, writes_only=True)

    assert code_of(lambda: act.ask(attended)) == "done"

    assert act.is_done(attended.truth)


@each_act(ACTS, Misdeed.REFUSED_AFTER)
def test_an_act_whose_refusal_cannot_be_verified_is_unknown(attended, proxy, misdeed, act):
    proxy.choose = from_the_first_write_on(misdeed, then=Misdeed.HTML)

    assert code_of(lambda: act.ask(attended)) == "outcome_unknown"

    assert act.is_done(attended.truth)


@each_act(ACTS, Misdeed.LIMITED_BEFORE)
def test_an_act_that_was_refused_and_is_not_done_is_told_as_refused(attended, proxy, misdeed, act):
    proxy.choose = lambda request: misdeed if request.is_write else None

    assert code_of(lambda: act.ask(attended)) == "rate_limited"

    assert not act.is_done(attended.truth)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_not_there(status):
    def ask():
        raise Refused(Reply(status, httpx.Headers(), b""))

    with pytest.raises(errors.UnknownEvent):
        asked("vendor", ask, missing=errors.UnknownEvent("No event has that id."))
