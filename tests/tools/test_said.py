"""Whatever is answered, what there is to say of it can be said aloud."""

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sched_agent.errors import InThePast, OutsideHours, SlotTaken, all_errors
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.calendar import Calendar, Policy
from sched_agent.model.days import Days
from sched_agent.model.event import Event
from sched_agent.model.interval import DAY, MINUTE, Interval
from sched_agent.model.page import Page
from sched_agent.model.reason import Because, Reason
from sched_agent.model.slot import Slot
from sched_agent.model.status import Status
from sched_agent.model.zone import local_day
from sched_agent.services.availability import Answer
from sched_agent.services.events import Cancelled, Revised
from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.speech.saying import Speaker
from sched_agent.tools import offers, telling
from sched_agent.tools.refusals import put_in_words
from tests.builders import NEW_YORK, at, span
from tests.speech.aloud_rules import faults

NOW = at("2026-11-20T10:00")
ZONES = ("America/New_York", "America/Argentina/Buenos_Aires", "Europe/Madrid", "Asia/Kolkata")

languages = st.sampled_from(LANGUAGES)
words = st.text(max_size=60).filter(lambda text: not re.search(r"UTC|\d\s*h", text))
zones = st.sampled_from(ZONES).map(ZoneInfo)
speakers = st.builds(Speaker, languages, zones, st.just(NOW), st.none() | zones)
starts = st.integers(-400_000, 1_500_000).map(lambda minutes: NOW + minutes * MINUTE)


@st.composite
def events(draw):
    start, minutes = draw(starts), draw(st.integers(1, 20_000))
    interval = Interval(start, start + minutes * MINUTE)
    first = local_day(start, ZoneInfo("UTC"))
    days = draw(st.none() | st.integers(1, 20).map(lambda count: Days(first, first + count)))
    people = draw(st.lists(st.builds(Attendee, words, st.just("x@example.com")), max_size=4))
    held = draw(st.none() | st.just(NOW + 60 * MINUTE))
    return Event(
        id=draw(st.integers(1, 2**53 - 1)),
        calendar_id=1,
        title=draw(words),
        description=None,
        location=None,
        transparent=False,
        owner=None,
        created_by=None,
        interval=interval,
        days=days,
        attendees=tuple(people),
        status=draw(st.sampled_from(Status)),
        type=draw(st.sampled_from(["meeting", "block"])),
        hold_expires_at=held,
        created_at=0,
        updated_at=0,
        version=1,
    )


calendars = st.builds(
    Calendar,
    id=st.just(1),
    name=words,
    timezone=st.sampled_from(ZONES),
    policy=st.just(Policy()),
    created_at=st.just(0),
    updated_at=st.just(0),
)
slots = st.builds(
    lambda start, zone: Slot(Interval(start, start + 30 * MINUTE), (1,), zone),
    starts,
    st.sampled_from(ZONES),
)


openings = st.builds(
    lambda start, minutes: Interval(start, start + minutes * MINUTE), starts, st.integers(1, 1440)
)
reasons = st.builds(
    Reason,
    because=st.sampled_from(Because),
    limit=st.none() | st.integers(1, 100_000),
    hours=st.lists(openings, max_size=4).map(tuple),
    zone=st.none() | zones,
    weekday=st.none() | st.integers(1, 7),
    rule=st.none() | words,
)


@st.composite
def answers(draw):
    found = draw(st.lists(calendars, min_size=1, max_size=4))
    unreadable = {1: SlotTaken("")} if draw(st.booleans()) else {}
    return Answer(
        slots=draw(st.lists(slots, max_size=5)),
        alternatives=draw(st.lists(slots, max_size=4)),
        refusal=draw(st.sampled_from([None, OutsideHours, InThePast, SlotTaken])),
        reason=draw(st.none() | reasons),
        calendars=found,
        as_of={},
        unreadable=unreadable,
    )


def assert_can_be_said(told, language):
    assert not faults(told, language), told
    assert re.search(r"[.?]\Z", told), told
    first = next(letter for letter in told if letter.isalnum())
    assert first == first.upper(), told


@settings(max_examples=200)
@given(speakers, events(), events(), st.booleans())
def test_what_is_said_of_an_event_can_be_said(speaker, event, before, flag):
    for told in (
        telling.made(speaker, event),
        telling.as_it_is(speaker, event),
        telling.revised(speaker, before, Revised(event, flag), confirming=not flag),
        telling.cancelled(speaker, Cancelled(event, flag)),
        telling.deleted(speaker, event),
    ):
        assert_can_be_said(told, speaker.language)


@given(speakers, st.sampled_from(Response))
def test_what_is_said_of_an_attendee_can_be_said(speaker, response):
    invited = Attendee(name="Zoë [x]", phone="+1 212 555 0142", response=response)

    told = telling.responded(speaker, invited)

    assert_can_be_said(told, speaker.language)
    assert "Zoë x" in told


@given(speakers, st.lists(events(), max_size=5), st.booleans(), st.sampled_from([None, "next"]))
def test_what_is_said_of_a_list_can_be_said(speaker, found, mine, cursor):
    told = telling.found(speaker, Page(found, cursor), of_somebody=mine)

    assert_can_be_said(told, speaker.language)


@given(speakers, st.lists(calendars, max_size=5))
def test_what_is_said_of_calendars_can_be_said(speaker, found):
    assert_can_be_said(telling.calendars(speaker, found), speaker.language)
    for calendar in found:
        assert_can_be_said(telling.calendar("closed", speaker, calendar), speaker.language)


@settings(max_examples=200)
@given(speakers, answers(), st.booleans())
def test_what_is_said_of_free_time_can_be_said(speaker, answer, exact):
    told = offers.availability(speaker, answer, answer.slots[:3], exact=exact)

    assert_can_be_said(told, speaker.language)


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.code)
@settings(max_examples=20)
@given(languages, st.lists(slots, max_size=4), st.none() | reasons)
def test_what_is_said_of_a_refusal_can_be_said(kind, language, alternatives, reason):
    error = kind.__new__(kind)
    error.alternatives = tuple(alternatives)
    error.reason = reason

    assert_can_be_said(put_in_words(error, language, NOW).say, language)


def test_whoever_raises_an_error_may_know_better_what_to_say():
    error = SlotTaken("")
    error.say = "One moment."

    assert put_in_words(error, Language.ES, NOW).say == "One moment."


def test_opening_hours_are_said_by_the_calendars_clocks_where_nothing_else_is_free():
    error = OutsideHours("")
    hours = span("09:00", "17:00")
    error.reason = Reason(because=Because.CLOSED_THEN, hours=(hours,), zone=NEW_YORK)

    said = put_in_words(error, Language.EN, NOW).say

    assert said == "I'm sorry, we're open from 9 AM to 5 PM that day."


def test_no_more_than_three_times_are_offered_and_the_best_one_first():
    found = [
        Slot(Interval(NOW + days * DAY, NOW + days * DAY + MINUTE), (1,), "America/New_York")
        for days in (5, 3, 4, 1)
    ]
    speaker = Speaker(Language.EN, ZoneInfo("America/New_York"), NOW)

    assert offers.nearest(speaker, found) == (
        "The nearest free times are Wednesday the 25th at 10 AM, Monday the 23rd at 10 AM, "
        "or Tuesday the 24th at 10 AM."
    )
