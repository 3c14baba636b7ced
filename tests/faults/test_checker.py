"""The checker finds each kind of violation, and none where there is none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sched_agent.model.interval import DAY, HOUR, MINUTE
from tests.faults.checker import check
from tests.faults.history import Final, Rules
from tests.faults.journal import Act, Answer, Attempt, Kind, Outcome, Seen

CALENDAR = Rules(id=1, a_day=2, guests=1)
OPEN = Rules(id=2, refuses=False)
NINE = 100 * DAY
TEN = NINE + HOUR


class Told:
    """Journals and a final state, made a line at a time; each line takes the clock a tick on."""

    def __init__(self) -> None:
        self.now = 0
        self.attempts: list[Attempt] = []
        self.events: dict[int, Seen] = {}

    def ask(self, act: Act, answer: Answer, *, asked: int | None = None) -> None:
        """Add an attempt; `asked` where it overlaps earlier ones."""
        self.now += 2
        self.attempts.append(
            Attempt(
                where=f"a.jsonl:{len(self.attempts) + 1}",
                door="rest",
                act=act,
                asked=self.now - 1 if asked is None else asked,
                told=self.now,
                answer=answer,
            )
        )

    def book(self, name: str, start: int = NINE, **more: Any) -> Seen:
        """Book, acknowledged; it stays as it is unless a later line changes it."""
        number = len(self.events) + 1
        seen = an_event(name, number, start, **more)
        kind = Kind.HOLD if seen.hold_expires_at else Kind.BOOK
        self.ask(booking(seen, kind), yes(seen))
        self.events[number] = seen
        return seen

    def change(self, kind: Kind, name: str, seen: Seen, start: int | None = None) -> Seen:
        """Confirm, move or cancel, acknowledged."""
        after = changed(kind, name, seen, start)
        self.ask(changing(kind, name, seen, start), yes(after))
        self.events[seen.id] = after
        return after

    def violations(self, *, until: int | None = None) -> Sequence[str]:
        """Return the rules that were not kept."""
        final = Final(
            now=until or self.now + 1,
            calendars={1: CALENDAR, 2: OPEN},
            events=tuple(self.events.values()),
        )
        return [violation.rule for violation in check(self.attempts, final)]


def an_event(name: str, number: int, start: int = NINE, **more: Any) -> Seen:
    fields: dict[str, Any] = {
        "calendar": 1,
        "version": 1,
        "description": None,
        "end": start + HOUR,
        "status": "tentative" if "hold_expires_at" in more else "confirmed",
        "hold_expires_at": None,
        "guests": (),
    }
    return Seen(id=number, title=name, start=start, **fields | more)


def changed(kind: Kind, name: str, seen: Seen, start: int | None = None) -> Seen:
    after = replace(seen, version=seen.version + 1, description=name)
    if kind is Kind.CONFIRM:
        return replace(after, status="confirmed", hold_expires_at=None)
    if kind is Kind.CANCEL:
        return replace(after, status="cancelled", description=seen.description)
    start = seen.start if start is None else start
    return replace(after, start=start, end=start + HOUR)


def booking(seen: Seen, kind: Kind = Kind.BOOK) -> Act:
    guests = tuple(who for who, _ in seen.guests)
    return Act(
        kind=kind,
        calendar=seen.calendar,
        request_id=seen.title,
        start=seen.start,
        end=seen.end,
        guests=guests,
    )


def changing(kind: Kind, name: str, seen: Seen, start: int | None = None) -> Act:
    return Act(kind=kind, calendar=1, request_id=name, event=seen.id, start=start)


def yes(*seen: Seen) -> Answer:
    return Answer(outcome=Outcome.ACKNOWLEDGED, events=seen)


def no(code: str) -> Answer:
    return Answer(outcome=Outcome.REFUSED, code=code)


NOTHING = Answer(outcome=Outcome.LOST, code="ReadError")


def reading(seen: Seen) -> Act:
    return Act(kind=Kind.READ, calendar=1, event=seen.id)


def test_a_clean_history_has_no_violation():
    told = Told()
    hold = told.book("hold", hold_expires_at=1000)
    told.ask(booking(an_event("late", 9)), no("slot_taken"))
    kept = told.change(Kind.CONFIRM, "confirm", hold)
    moved = told.change(Kind.MOVE, "move", kept, TEN)
    told.ask(booking(hold, Kind.HOLD), yes(hold))
    told.ask(reading(moved), yes(moved))
    told.book("second")
    told.ask(booking(an_event("third", 9, NINE + 2 * HOUR)), no("day_full"))
    told.ask(changing(Kind.CANCEL, "cancel", moved), NOTHING)
    told.change(Kind.CANCEL, "cancel", moved)
    told.ask(reading(moved), no("calendar_unreachable"))

    assert told.violations() == []


def test_two_events_at_one_time_in_the_end_are_found():
    told = Told()
    told.book("one")
    told.book("two", NINE + 30 * MINUTE)

    assert "double booking" in told.violations()


def test_two_events_at_one_time_that_are_gone_by_the_end_are_found():
    told = Told()
    one, two = told.book("one"), told.book("two")
    told.change(Kind.CANCEL, "c1", one)
    told.change(Kind.CANCEL, "c2", two)

    assert "double booking" in told.violations()


def test_a_move_onto_another_event_is_found():
    told = Told()
    one = told.book("one")
    told.book("two", TEN)
    told.change(Kind.MOVE, "move", one, TEN)

    assert "double booking" in told.violations()


def test_two_events_at_one_time_are_allowed_where_the_calendar_allows_them():
    told = Told()
    told.book("one", calendar=2)
    told.book("two", calendar=2)

    assert told.violations() == []


def test_a_listing_that_shows_two_events_at_one_time_is_found():
    told = Told()
    one, two = told.book("one"), told.book("two", TEN)
    shown = replace(two, start=NINE + 30 * MINUTE)
    told.ask(Act(kind=Kind.LOOK, calendar=1, start=NINE, end=TEN), yes(one, shown))

    assert "double booking" in told.violations()


def test_booking_over_a_live_hold_is_found_even_if_the_booking_is_gone_at_once():
    told = Told()
    told.book("hold", hold_expires_at=1000)
    over = told.book("over")
    told.ask(changing(Kind.CANCEL, "cancel", over), NOTHING, asked=told.now - 1)
    told.events[over.id] = changed(Kind.CANCEL, "cancel", over)

    assert "booked over a live hold" in told.violations()


def test_booking_over_a_hold_that_may_have_run_out_is_no_violation():
    told = Told()
    hold = told.book("hold", hold_expires_at=4)
    told.book("over")
    told.events[hold.id] = changed(Kind.CANCEL, "", hold)

    assert told.violations() == []


def test_an_acknowledged_booking_that_is_gone_is_found():
    told = Told()
    del told.events[told.book("one").id]

    assert told.violations() == ["lost"]


def test_an_acknowledged_change_that_is_undone_is_found():
    told = Told()
    one = told.book("one")
    told.change(Kind.MOVE, "move", one, TEN)
    told.events[one.id] = one

    assert told.violations() == ["backwards"]


def test_an_answer_with_other_content_than_was_asked_for_is_found():
    told = Told()
    one = an_event("one", 1)
    told.ask(replace(booking(one), start=TEN, end=TEN + HOUR), yes(one))
    told.events[1] = one

    assert "lost" in told.violations()


def test_one_version_in_two_forms_is_found():
    told = Told()
    one = told.book("one")
    told.ask(reading(one), yes(replace(one, start=TEN, end=TEN + HOUR)))

    assert "lost" in told.violations()


def test_two_changes_that_were_acknowledged_as_one_version_are_found():
    told = Told()
    one = told.book("one")
    told.change(Kind.MOVE, "m1", one, TEN)
    told.change(Kind.MOVE, "m2", one, TEN)

    assert "lost" in told.violations()


def test_a_version_that_nobody_asked_for_is_found():
    told = Told()
    one = told.book("one")
    told.events[one.id] = changed(Kind.MOVE, "who", one, TEN)

    assert told.violations() == ["made by nobody"]


def test_an_event_that_nobody_asked_for_is_found():
    told = Told()
    told.events[1] = an_event("who", 1)

    assert told.violations() == ["made by nobody"]


def test_a_change_whose_answer_was_lost_may_have_been_made():
    told = Told()
    one = told.book("one")
    told.ask(changing(Kind.MOVE, "move", one, TEN), NOTHING)

    assert told.violations() == []

    told.events[one.id] = changed(Kind.MOVE, "move", one, TEN)
    assert told.violations() == []


def test_a_version_that_goes_backwards_is_found():
    told = Told()
    one = told.book("one")
    told.change(Kind.MOVE, "move", one, TEN)
    told.ask(reading(one), yes(one))

    assert told.violations() == ["backwards"]


def test_a_cancelled_event_that_comes_back_is_found():
    told = Told()
    one = told.book("one")
    gone = told.change(Kind.CANCEL, "cancel", one)
    told.change(Kind.CONFIRM, "confirm", gone)

    assert "resurrected" in told.violations()


def test_a_repetition_that_acts_again_is_found():
    told = Told()
    one = told.book("one", calendar=2)
    again = replace(one, id=2)
    told.ask(booking(one), yes(again))
    told.events[2] = again

    assert told.violations() == ["acted twice", "acted twice"]


def test_a_repetition_that_is_refused_by_what_it_did_before_is_found():
    told = Told()
    one = told.book("one")
    told.ask(booking(one), no("slot_taken"))

    assert told.violations() == ["acted twice", "untrue refusal"]


def test_a_repetition_may_find_the_calendar_unreachable():
    told = Told()
    told.ask(booking(told.book("one")), no("calendar_unreachable"))

    assert told.violations() == []


def test_a_refused_booking_that_is_there_is_found():
    told = Told()
    one = an_event("one", 1)
    told.ask(booking(one), no("calendar_unreachable"))
    told.events[1] = one

    assert told.violations() == ["refused and done"]


def test_a_refused_cancelling_that_was_done_is_found():
    told = Told()
    one = told.book("one")
    told.ask(changing(Kind.CANCEL, "cancel", one), no("calendar_unreachable"))
    told.events[one.id] = changed(Kind.CANCEL, "cancel", one)

    assert told.violations() == ["made by nobody"]


def test_a_hold_that_is_confirmed_after_it_ran_out_is_found():
    told = Told()
    hold = told.book("hold", hold_expires_at=3)
    told.now = 10
    told.change(Kind.CONFIRM, "confirm", hold)

    assert told.violations() == ["outlived its hold"]


def test_a_hold_that_is_still_shown_after_it_ran_out_is_found():
    told = Told()
    hold = told.book("hold", hold_expires_at=3)
    told.now = 10
    told.ask(reading(hold), yes(hold))
    told.events[hold.id] = changed(Kind.CANCEL, "", hold)

    assert told.violations() == ["outlived its hold"]


def test_a_hold_that_cancels_itself_too_early_is_found():
    told = Told()
    hold = told.book("hold", hold_expires_at=1000)
    told.events[hold.id] = changed(Kind.CANCEL, "", hold)

    assert told.violations() == ["ran out early"]


def test_a_refusal_because_of_a_hold_that_had_run_out_is_found():
    told = Told()
    hold = told.book("hold", hold_expires_at=3)
    told.events[hold.id] = changed(Kind.CANCEL, "", hold)
    told.now = 10
    told.ask(booking(an_event("late", 9)), no("slot_taken"))

    assert told.violations() == ["untrue refusal"]


def test_refusals_without_a_reason_are_found():
    for code in ("slot_taken", "day_full", "too_many_attendees"):
        told = Told()
        told.book("elsewhere", TEN)
        told.ask(booking(an_event("one", 9)), no(code))

        assert told.violations() == ["untrue refusal"]

    for code in ("hold_expired", "status_conflict", "stale"):
        told = Told()
        one = told.book("one")
        asked = replace(changing(Kind.MOVE, "move", one, TEN), if_version=1)
        told.ask(asked, no(code))

        assert told.violations() == ["untrue refusal"]


def test_a_refusal_is_believed_if_a_lost_request_may_have_been_in_the_way():
    told = Told()
    one = told.book("one", TEN)
    told.ask(changing(Kind.MOVE, "there", one, NINE), NOTHING)
    told.ask(booking(an_event("late", 9)), no("slot_taken"))
    moved = changed(Kind.MOVE, "there", one, NINE)
    told.events[one.id] = moved

    assert told.violations() == []


def test_a_fault_of_the_server_is_found():
    told = Told()
    told.ask(booking(an_event("one", 9)), no("internal"))

    assert told.violations() == ["fault"]


def test_more_events_on_a_day_than_a_calendar_takes_are_found():
    told = Told()
    for hour in range(3):
        told.book(f"at {hour}", NINE + hour * HOUR)

    assert told.violations() == ["limit passed"]


def test_more_guests_than_a_calendar_takes_are_found():
    told = Told()
    guests = (("a@example.com", "needs_action"), ("b@example.com", "needs_action"))
    told.book("crowd", guests=guests)

    assert told.violations() == ["limit passed"]
