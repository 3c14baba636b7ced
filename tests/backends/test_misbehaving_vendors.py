"""Whatever a vendor or the network does: no calendar looks free that is not, nothing acts twice."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import pytest

from sched_agent import errors
from sched_agent.model.event import Event
from sched_agent.model.ids import Kind, uuid
from sched_agent.services.availability import Match
from tests.backends.writes import (
    BOOKING,
    CHANGES,
    EACH_WRITE,
    code_of,
    from_the_first_write_on,
    once,
)
from tests.contracts.backends.place import NINE, TEN, Place
from tests.misbehaving import SLOW, Misbehaving, Misdeed, behave
from tests.vendor import HOSTED

NOT_READ = (errors.CalendarUnreachable, errors.ProviderRejected, errors.RateLimited)
SPOILING = frozenset(Misdeed) - {Misdeed.TWICE}

_OF_ITS_WORDS = {
    Misdeed.LOST_AFTER,
    Misdeed.REDIRECTED,
    Misdeed.TRUNCATED,
    Misdeed.EMPTY,
    Misdeed.HTML,
    Misdeed.BROKEN_JSON,
    Misdeed.WRONG_TYPES,
    Misdeed.NULLS,
}
"""What each family has to understand by itself; with the others all of them deal in one place."""


def spoiling(among: Iterable[Misdeed]) -> pytest.MarkDecorator:
    """Run a test with some misdeeds for one backend, and for the others with some of them."""
    each = [
        pytest.param(family, misdeed, id=f"{family}-{misdeed}")
        for family in HOSTED
        for misdeed in sorted(among)
        if family == "talkover" or misdeed in _OF_ITS_WORDS
    ]
    return pytest.mark.parametrize(("family", "misdeed"), each, indirect=["family"])


READS: dict[str, Callable[[Place, Event], Any]] = {
    "free": lambda place, _: place.free().slots,
    "free at a time": lambda place, _: place.free(TEN, exact=True).slots,
    "list": lambda place, _: place.list(),
    "get": lambda place, event: place.get(event),
}


@pytest.fixture
def booked(place):
    """An event that a reader will not see if the vendor is not read."""
    return place.book(TEN, title="There")


@pytest.fixture
def reader(place, booked, open_one):
    """A place that knows which calendars there are, and nothing else yet."""
    reader = replace(place, program=open_one())
    reader.backend.calendars(reader.caller, limit=10)
    return reader


@spoiling(SPOILING)
def test_what_cannot_be_read_is_told_as_such_and_is_neither_free_nor_empty(
    reader, booked, proxy, open_one, misdeed
):
    stranger = open_one().backend
    proxy.choose = lambda _: misdeed
    asks = {name: partial(read, reader, booked) for name, read in READS.items()}
    asks["calendars"] = partial(stranger.calendars, reader.caller, limit=10)

    with ThreadPoolExecutor(len(asks)) as at_once:
        answers = dict(zip(asks, at_once.map(answer_of, asks.values()), strict=True))

    for name, answer in answers.items():
        assert isinstance(answer, NOT_READ), name
        assert answer.hint, name


@spoiling(frozenset(Misdeed) - SLOW)
def test_what_is_spoilt_once_is_answered_rightly_or_not_at_all(reader, booked, proxy, misdeed):
    right = {name: read(reader, booked) for name, read in READS.items()}

    for name, read in READS.items():
        proxy.choose = once(misdeed)
        answer = answer_of(partial(read, reader, booked))
        assert isinstance(answer, NOT_READ) or answer == right[name], name


@pytest.mark.parametrize(
    "misdeed", [Misdeed.ERROR_BEFORE, Misdeed.LOST_AFTER, Misdeed.EMPTY, Misdeed.NULLS]
)
def test_of_several_calendars_the_one_that_cannot_be_read_is_named_and_offers_nothing(
    place, proxy, misdeed
):
    other = place.other
    proxy.choose = whenever_about(other.id, misdeed)
    both = (place.calendar.id, other.id)

    try:
        some = place.free(on=both)
    except NOT_READ:  # one question for both, and no answer
        return
    every = place.free(on=both, match=Match.ALL)

    assert isinstance(some.unreadable[other.id], NOT_READ)
    assert other.id not in some.as_of
    assert all(other.id not in slot.calendar_ids for slot in some.slots)
    assert other.id in every.unreadable
    assert not every.slots
    assert not every.alternatives


def test_no_token_is_sent_to_another_host(place, proxy, vendor):
    with Misbehaving(vendor.port) as elsewhere:
        proxy.elsewhere = elsewhere.url
        proxy.choose = lambda _: Misdeed.REDIRECTED

        assert "done" not in {code_of(ask) for ask in (place.free, place.book, place.list)}

        assert elsewhere.log == []
    assert place.there() == []


_TELLING = (Misdeed.LOST_BEFORE, Misdeed.LOST_AFTER, Misdeed.HTML, Misdeed.HELD, Misdeed.TWICE)
SPOILT = [("talkover", misdeed, BOOKING) for misdeed in Misdeed]
SPOILT += [
    ("talkover", misdeed, change) for misdeed in (*_TELLING, Misdeed.LATE) for change in CHANGES
]
SPOILT += [
    (family, misdeed, BOOKING) for family in ("workspace", "timekit") for misdeed in _TELLING
]
SPOILT += [
    (family, Misdeed.LOST_AFTER, change)
    for family in ("workspace", "timekit")
    for change in CHANGES
]
"""All of them for one backend: how it writes is how all of them write."""
SPOILT_IDS = [f"{family}-{misdeed}-{write}" for family, misdeed, write in SPOILT]


@pytest.fixture
def lenient(place):
    """A calendar whose vendor would book any time twice."""
    return place.lenient


@pytest.mark.parametrize(
    ("family", "misdeed", "write"), SPOILT, ids=SPOILT_IDS, indirect=["family"]
)
def test_a_spoilt_write_is_acknowledged_only_if_it_is_there_and_its_repetition_acts_once(
    place, lenient, proxy, misdeed, write
):
    event = write.prepare(place, lenient)
    proxy.choose = once(misdeed, writes_only=True)

    told = code_of(lambda: write.ask(place, lenient, event, "r1"))
    proxy.settle()
    found = place.there("Lenient")
    again = write.ask(place, lenient, event, "r1")

    assert told in {
        "done",
        "outcome_unknown",
        "calendar_unreachable",
        "rate_limited",
        "provider_rejected",
    }
    if told == "done":
        assert found == write.after
    elif told == "outcome_unknown":
        assert found in (write.before, write.after)
    else:
        assert found == write.before
    assert place.there("Lenient") == write.after
    assert write.ask(place, lenient, event, "r1") == again
    assert place.there("Lenient") == write.after


@EACH_WRITE
def test_a_write_that_never_gets_there_is_not_acknowledged(place, lenient, proxy, write):
    event = write.prepare(place, lenient)
    proxy.choose = lambda asked: Misdeed.BUSY_BEFORE if asked.is_write else None

    told = code_of(lambda: write.ask(place, lenient, event, "r1"))

    assert told in {"outcome_unknown", "calendar_unreachable", "rate_limited", "provider_rejected"}
    assert place.there("Lenient") == write.before


@EACH_WRITE
def test_what_can_neither_be_answered_nor_looked_up_is_unknown_until_it_is_asked_for_again(
    place, lenient, proxy, write
):
    event = write.prepare(place, lenient)
    proxy.choose = from_the_first_write_on(Misdeed.LOST_AFTER)

    told = code_of(lambda: write.ask(place, lenient, event, "r1"))
    proxy.choose = behave

    assert told == "outcome_unknown"
    assert place.there("Lenient") == write.after
    write.ask(place, lenient, event, "r1")
    assert place.there("Lenient") == write.after


def test_a_time_is_not_booked_twice_at_a_vendor_that_would_allow_it(place, lenient):
    place.book(NINE, on=lenient, title="First")
    moving = place.book(TEN, on=lenient, title="Second")

    with pytest.raises(errors.SlotTaken):
        place.book(NINE, on=lenient)
    with pytest.raises(errors.SlotTaken):
        place.revise(moving, to=NINE)

    assert place.there("Lenient") == [("First", NINE), ("Second", TEN)]


@EACH_WRITE
@pytest.mark.parametrize("family", ["talkover"], indirect=True)
def test_a_repetition_that_fails_as_well_forgets_nothing(place, lenient, proxy, write):
    event = write.prepare(place, lenient)
    proxy.choose = from_the_first_write_on(Misdeed.LOST_AFTER)
    first = code_of(lambda: write.ask(place, lenient, event, "r1"))
    proxy.choose = lambda _: Misdeed.LOST_BEFORE
    second = code_of(lambda: write.ask(place, lenient, event, "r1"))
    proxy.choose = behave

    assert (first, second) == ("outcome_unknown", "outcome_unknown")
    write.ask(place, lenient, event, "r1")
    assert place.there("Lenient") == write.after


@pytest.mark.parametrize("misdeed", sorted(SLOW))
@pytest.mark.parametrize("family", ["talkover"], indirect=True)
def test_a_call_ends_in_its_time_however_slowly_an_answer_comes(reader, proxy, misdeed):
    proxy.choose = lambda _: misdeed
    began = monotonic()

    answer = answer_of(reader.list)

    assert isinstance(answer, NOT_READ)
    # the proxy would go on for much longer
    assert monotonic() - began < 4 * reader.program.settings.call_seconds


@EACH_WRITE
def test_without_a_request_id_a_lost_answer_is_looked_up_or_unknown(place, lenient, proxy, write):
    event = write.prepare(place, lenient)
    proxy.choose = once(Misdeed.LOST_AFTER, writes_only=True)

    told = code_of(lambda: write.ask(place, lenient, event, None))

    assert told in {"done", "outcome_unknown"}
    assert place.there("Lenient") == write.after


def answer_of(ask):
    """Return an answer, or the error that is one."""
    try:
        return ask()
    except errors.SchedAgentError as error:
        return error


def whenever_about(calendar_id, misdeed):
    """Spoil what names a calendar, by whichever spelling of its id."""
    names = (uuid(Kind.CALENDAR, calendar_id), str(calendar_id))

    def choose(asked):
        said = f"{asked.path} {asked.body.decode()}"
        return misdeed if any(name in said for name in names) else None

    return choose
