"""What agents agree on before they write to a hosted calendar, on every store."""

from threading import Barrier, Event, Thread

import pytest

from sched_agent import errors
from sched_agent.backends.claims import Claims
from sched_agent.model.caller import Caller, Level
from tests.builders import a_calendar, span
from tests.contracts.store_contract import at_once
from tests.stores import MAKE

NINE = span("09:00", "09:30")
TEN = span("09:30", "10:00")
ME = Caller(environment_id=7, name="me", level=Level.ADMIN)


@pytest.fixture(params=MAKE)
def database(request, tmp_path) -> str:
    return MAKE[request.param](request, tmp_path)


@pytest.fixture
def claims(app):
    return Claims(app, "vendor", settle_seconds=0.05)


def attempt(claims):
    return claims.once(ME, ("x", None, ()), int, lambda attempt: attempt)


def test_of_many_who_want_a_time_at_once_one_may_write_there(app, claims):
    inside, won, refused = Event(), [], []
    ready = Barrier(8)

    def agent(number):
        mine = claims if number % 2 else Claims(app, "vendor", settle_seconds=1)
        ready.wait()
        try:
            with mine.hold(a_calendar(), NINE, attempt(mine)):
                won.append(number)
                inside.wait(20)
        except errors.SlotTaken:
            refused.append(number)
            if len(refused) == 7:
                inside.set()

    at_once(agent, 8)

    assert (len(won), len(refused)) == (1, 7)


def test_a_claim_ends_with_what_it_was_for_whether_that_worked_or_not(claims):
    with claims.hold(a_calendar(), NINE, attempt(claims)):
        pass
    with pytest.raises(ZeroDivisionError), claims.hold(a_calendar(), NINE, attempt(claims)):
        raise ZeroDivisionError

    with claims.hold(a_calendar(), NINE, attempt(claims)):
        pass


def test_a_claim_of_which_nobody_knows_how_it_ended_stays_until_it_ends_by_itself(claims, clock):
    unknown = errors.OutcomeUnknown("?")
    with pytest.raises(errors.OutcomeUnknown), claims.hold(a_calendar(), NINE, attempt(claims)):
        raise unknown

    with pytest.raises(errors.SlotTaken), claims.hold(a_calendar(), NINE, attempt(claims)):
        pass
    with claims.hold(a_calendar(), TEN, attempt(claims)):
        pass

    clock.move_by(minutes=6)
    with claims.hold(a_calendar(), NINE, attempt(claims)):
        pass


def test_the_buffer_between_events_is_kept_between_claims_on_both_sides(claims):
    calendar = a_calendar(buffer_after_minutes=15)

    for first, second in ((NINE, TEN), (TEN, NINE)):
        with (
            claims.hold(calendar, first, attempt(claims)),
            pytest.raises(errors.SlotTaken),
            claims.hold(calendar, second, attempt(claims)),
        ):
            pass


def test_a_request_is_acted_upon_once_and_a_replay_gets_its_answer(claims):
    acts = []

    def act(_):
        acts.append(1)
        return len(acts)

    request = ("create_event", "r1", ("a",))
    answers = [claims.once(ME, request, int, act) for _ in range(3)]

    assert answers == [1, 1, 1]
    with pytest.raises(errors.RequestIdReused):
        claims.once(ME, ("create_event", "r1", ("b",)), int, act)


def test_a_request_that_was_refused_may_come_again(claims):
    def refuse(_):
        raise errors.SlotTaken("taken")

    request = ("create_event", "r1", ())
    with pytest.raises(errors.SlotTaken):
        claims.once(ME, request, int, refuse)

    assert claims.once(ME, request, int, lambda attempt: int(attempt.again)) == 0


def test_a_request_whose_outcome_is_unknown_comes_again_with_the_same_mark(claims, clock):
    seen = []

    def lose(attempt):
        seen.append(attempt)
        raise errors.OutcomeUnknown("?")

    request = ("create_event", "r1", ())
    with pytest.raises(errors.OutcomeUnknown):
        claims.once(ME, request, int, lose)
    clock.move_by(minutes=1)
    with pytest.raises(errors.OutcomeUnknown):
        claims.once(ME, request, int, lose)

    first, again = seen
    assert (first.again, again.again, first.mark == again.mark) == (False, True, True)


def test_the_same_request_twice_at_once_is_acted_upon_once(app):
    patient = Claims(app, "vendor", settle_seconds=20)
    began, go_on, answers = Event(), Event(), []

    def act(_):
        began.set()
        go_on.wait(20)
        return 5

    def ask():
        answers.append(patient.once(ME, ("create_event", "r1", ()), int, act))

    threads = [Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert began.wait(20)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert answers == [5, 5, 5]
