"""The same request twice acts once, whatever it asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sched_agent import errors
from sched_agent.model.attendee import Response
from sched_agent.model.event import Change
from sched_agent.model.interval import DAY
from sched_agent.services import retries
from tests.builders import a_draft, weekdays
from tests.contracts.backends.administering import first_rule, make
from tests.contracts.backends.place import ANA, ELEVEN, NINE, TEN, Place

Prepare = Callable[[Place], Any]
Ask = Callable[[Place, Any, str], Any]


@dataclass(frozen=True)
class Write:
    """A write that can be asked for twice.

    Args:
        needs: What the backend must be able to do for it.
        ask: Asks for it.
        other: Asks for the same with other arguments.
        prepare: Makes what it is about.
    """

    needs: tuple[str, ...]
    ask: Ask
    other: Ask
    prepare: Prepare = field(default=lambda place: place.book(NINE))


def _booking(interval):
    def ask(place, _, request_id):
        return place.book(interval, title="Asked twice", request_id=request_id)

    return ask


def _move(interval):
    def ask(place, event, request_id):
        return place.revise(event, to=interval, request_id=request_id)

    return ask


def _words(title):
    def ask(place, event, request_id):
        change = Change(fields={"title": title})
        return place.backend.revise(
            place.caller, event.id, change, if_version=None, request_id=request_id
        )

    return ask


def _cancellation(reason):
    def ask(place, event, request_id):
        return place.cancel(event, reason=reason, request_id=request_id)

    return ask


def _answer(response):
    def ask(place, event, request_id):
        return place.backend.respond(
            place.caller, event.id, "ana@example.com", response, request_id=request_id
        )

    return ask


def _deletion(place, event, request_id):
    return place.backend.delete(place.caller, event.id, request_id=request_id)


def _other_deletion(place, _, request_id):
    return place.backend.delete(place.caller, place.book(TEN).id, request_id=request_id)


def _new_calendar(name):
    def ask(place, _, request_id):
        return make(place, name, request_id=request_id)

    return ask


def _renaming(name):
    def ask(place, _, request_id):
        return place.backend.revise_calendar(
            place.caller, place.calendar.id, {"name": name}, request_id=request_id
        )

    return ask


def _new_rule(end):
    def ask(place, _, request_id):
        rule = weekdays("18:00", end)
        return place.backend.add_rule(place.caller, place.calendar.id, rule, request_id=request_id)

    return ask


def _removal(place, rule, request_id):
    return place.backend.remove_rule(
        place.caller, place.calendar.id, rule.id, request_id=request_id
    )


def _other_removal(place, _, request_id):
    new = place.backend.add_rule(
        place.caller, place.calendar.id, weekdays("18:00", "19:00"), request_id=None
    )
    return _removal(place, new, request_id)


WRITES = {
    "create_event": Write((), _booking(TEN), _booking(ELEVEN)),
    "update_event, a move": Write((), _move(TEN), _move(ELEVEN)),
    "update_event, words": Write((), _words("Other"), _words("Third")),
    "cancel_event": Write((), _cancellation(None), _cancellation("")),
    "cancel_event, a reason": Write(
        ("cancel_reason",), _cancellation("ill"), _cancellation("late")
    ),
    "respond_to_event": Write(
        ("respond_to_event",),
        _answer(Response.ACCEPTED),
        _answer(Response.DECLINED),
        lambda place: place.book(attendees=(ANA,)),
    ),
    "delete_event": Write(("delete_event",), _deletion, _other_deletion),
    "create_calendar": Write(("create_calendar",), _new_calendar("New"), _new_calendar("Newer")),
    "update_calendar": Write(("update_calendar",), _renaming("New"), _renaming("Newer")),
    "add_availability_rule": Write(
        ("add_availability_rule",), _new_rule("19:00"), _new_rule("20:00")
    ),
    "remove_availability_rule": Write(
        ("remove_availability_rule", "add_availability_rule"), _removal, _other_removal, first_rule
    ),
}


def _state(place):
    """Return everything that is there, as it would change with any act."""
    calendars = place.truth.calendars()
    return [(one, place.truth.events(one.name), place.truth.rules(one.name)) for one in calendars]


class Retrying:
    @pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
    def test_a_repeated_request_acts_once_and_gets_its_first_answer(self, place, write):
        with place.unless_unsupported(*write.needs):
            about = write.prepare(place)
            first = write.ask(place, about, "r1")
            done = _state(place)

            again = write.ask(place, about, "r1")

            assert again == first
            assert _state(place) == done

    @pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
    def test_a_request_id_is_not_taken_for_another_request(self, place, write):
        with place.unless_unsupported(*write.needs):
            about = write.prepare(place)
            write.ask(place, about, "r1")

            with pytest.raises(errors.RequestIdReused):
                write.other(place, about, "r1")

    def test_the_same_words_with_another_request_id_are_another_request(self, place):
        place.book(NINE, request_id="r1")

        with pytest.raises(errors.SlotTaken):
            place.book(NINE, request_id="r2")

    def test_one_request_id_may_serve_for_different_operations(self, place):
        booked = place.book(NINE, request_id="r1")
        place.revise(booked, to=TEN, request_id="r1")
        place.cancel(booked, request_id="r1")

        assert place.there() == []

    def test_the_words_of_a_repeated_request_are_heard_when_they_came_first(self, place):
        first = place.backend.heard_at(place.caller, "r1", ("create", "tomorrow at 3"))
        tomorrow = replace(place.program.app, clock=lambda: first + DAY)

        def heard(*said):
            return retries.heard_at(tomorrow, place.caller, "r1", said)

        assert heard("create", "tomorrow at 3") == first
        assert heard("create", "tomorrow at 4") == first + DAY
        assert heard("update", "tomorrow at 3") == first + DAY

    def test_a_repeated_booking_is_answered_even_when_it_is_cancelled_by_now(self, place):
        booked = place.book(NINE, request_id="r1")
        place.cancel(booked)

        assert place.book(NINE, request_id="r1").id == booked.id

        assert place.there() == []

    def test_a_refused_request_may_be_made_again_when_the_time_is_free(self, place):
        booked = place.book(NINE, title="First")
        with pytest.raises(errors.SlotTaken):
            place.book(NINE, title="Second", request_id="r1")
        place.cancel(booked)

        place.book(NINE, title="Second", request_id="r1")

        assert place.there() == [("Second", NINE)]

    def test_another_program_with_the_same_store_of_its_own_knows_a_request(
        self, place, another_program
    ):
        booked = place.book(NINE, request_id="r1")

        again = another_program.backend.book(
            place.caller, place.calendar.id, a_draft(NINE), request_id="r1"
        )

        assert again == booked
        assert len(place.there()) == 1
