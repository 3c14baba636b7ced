"""The verdict on a torture finds what it is there to find."""

from dataclasses import replace

import pytest

from tests.backends import verdict
from tests.backends.tortured import LENGTH
from tests.faults.history import Request
from tests.faults.journal import Act, Answer, Attempt, Kind, Outcome, Seen

START = 1_000_000_000_000
BOOK = Act(kind=Kind.BOOK, calendar=1, request_id="a", start=START, end=START + LENGTH)
MOVE = Act(kind=Kind.MOVE, calendar=1, request_id="b", event=7, start=START + LENGTH)
CANCEL = Act(kind=Kind.CANCEL, calendar=1, request_id="c", event=7)
EVENT = Seen(
    id=7,
    calendar=1,
    version=1,
    title="a",
    description=None,
    start=START,
    end=START + LENGTH,
    status="confirmed",
    hold_expires_at=None,
    guests=(),
)
MOVED = replace(EVENT, start=START + LENGTH, end=START + 2 * LENGTH)
YES = Answer(outcome=Outcome.ACKNOWLEDGED, events=(EVENT,))
UNKNOWN = Answer(outcome=Outcome.LOST, code="outcome_unknown")


def no(code="slot_taken"):
    return Answer(outcome=Outcome.REFUSED, code=code)


def asked(act, *answers):
    attempts = [
        Attempt(where=f"a:{n}", door="backend", act=act, asked=n, told=n, answer=answer)
        for n, answer in enumerate(answers)
    ]
    return Request(act, attempts)


@pytest.mark.parametrize(
    ("requests", "there"),
    [
        pytest.param([asked(BOOK, YES)], [EVENT], id="booked"),
        pytest.param([asked(BOOK, no())], [], id="refused"),
        pytest.param([asked(BOOK, UNKNOWN)], [], id="unknown, and not there"),
        pytest.param([asked(BOOK, UNKNOWN)], [EVENT], id="unknown, and there"),
        pytest.param([asked(BOOK, UNKNOWN, YES)], [EVENT], id="reconciled"),
        pytest.param([asked(BOOK, YES), asked(MOVE, UNKNOWN)], [MOVED], id="perhaps moved"),
        pytest.param([asked(BOOK, YES), asked(MOVE, UNKNOWN)], [EVENT], id="perhaps not moved"),
        pytest.param([asked(BOOK, YES), asked(CANCEL, YES)], [], id="cancelled"),
        pytest.param(
            [asked(BOOK, YES)],
            [EVENT, replace(EVENT, id=8, status="cancelled")],
            id="a surplus one was taken back",
        ),
    ],
)
def test_what_is_as_it_was_told_is_no_violation(requests, there):
    assert verdict.check(requests, there) == []


@pytest.mark.parametrize(
    ("requests", "there", "rule"),
    [
        pytest.param([asked(BOOK, YES)], [], "not as acknowledged", id="lost"),
        pytest.param([asked(BOOK, no())], [EVENT], "not as acknowledged", id="refused, and done"),
        pytest.param(
            [asked(BOOK, no("calendar_unreachable"))],
            [EVENT],
            "not as acknowledged",
            id="unreachable, and done",
        ),
        pytest.param(
            [asked(BOOK, UNKNOWN, no())],
            [EVENT],
            "not as acknowledged",
            id="unknown, then refused, and done",
        ),
        pytest.param(
            [asked(BOOK, YES), asked(MOVE, YES)], [EVENT], "not as acknowledged", id="not moved"
        ),
        pytest.param(
            [asked(BOOK, YES), asked(CANCEL, YES)],
            [EVENT],
            "not as acknowledged",
            id="not cancelled",
        ),
        pytest.param(
            [asked(BOOK, YES)], [EVENT, replace(EVENT, id=8)], "acted twice", id="two events"
        ),
        pytest.param(
            [asked(BOOK, YES), asked(replace(BOOK, request_id="b"), YES)],
            [EVENT, replace(EVENT, id=8, title="b")],
            "double booking",
            id="two at one time",
        ),
        pytest.param([], [EVENT], "made by nobody", id="nobody's"),
        pytest.param([asked(BOOK, no("internal"))], [], "unexpected answer", id="a fault of ours"),
        pytest.param(
            [asked(BOOK, YES, Answer(outcome=Outcome.ACKNOWLEDGED, events=(MOVED,)))],
            [EVENT],
            "acted twice",
            id="two answers",
        ),
    ],
)
def test_what_is_not_as_it_was_told_is_a_violation(requests, there, rule):
    assert rule in {violation.rule for violation in verdict.check(requests, there)}
