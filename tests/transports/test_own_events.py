"""What a token for its own events only sees of the others, over every door: when they are."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from sched_agent.model.attendee import Attendee
from sched_agent.model.booking import Graph, booked
from sched_agent.model.caller import Level
from sched_agent.model.event import EventFilter
from sched_agent.model.ids import Kind, code, uuid
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.schedule import Check
from sched_agent.services import events
from tests.builders import a_draft, span
from tests.contracts.dialects import DIALECTS
from tests.transports.conftest import bearer, tool_call

DAY = "2026-11-24"
ROSA = Attendee(name="Rosa Okafor", email="rosa@example.com", phone="+1 212 555 0199")
SECRETS = ("rosa", "okafor", "5550199", "555 0199", "allergy")


def hides(text):
    return not any(secret in text.lower() for secret in SECRETS)


@pytest.fixture
def theirs(app, admin, calendar):
    """An event and a booking about Rosa that are nobody's own."""
    words: dict[str, Any] = {
        "title": "Rosa Okafor's allergy test",
        "type": "allergy",
        "description": "Rosa",
        "location": "at Rosa's",
        "created_by": "rosa",
        "attendees": (ROSA,),
    }
    event = events.book(
        app, admin, calendar.id, a_draft(span("09:00", "09:30", DAY), **words), check=Check.FULL
    )
    state = booked(Graph.INSTANT, None).fields()
    draft = a_draft(span("11:00", "11:30", DAY), **words | state)
    return event, events.book(app, admin, calendar.id, draft, check=Check.FULL)


@pytest.fixture
def own(url, a_token):
    return a_token("write", actor="desk", own=True)


@pytest.fixture
def ask(url, own):
    def ask(tool, **arguments):
        return tool_call(url, tool, own, **arguments).json()["result"]

    return ask


def found(answer):
    return [event["title"] for event in answer["structuredContent"]["events"]]


@pytest.mark.parametrize(
    "said",
    [
        {"attendee": "Rosa"},
        {"attendee": "rosa@example.com"},
        {"attendee": "+1 212 555 0199"},
        {"query": "allergy"},
        {"query": "rosa"},
    ],
)
def test_others_are_not_found_by_their_words_or_people(ask, theirs, said):
    assert found(ask("list_events", **said)) == []


def test_its_own_are_found_and_shown_in_full(ask, theirs):
    people = [{"name": "Rosa Vale"}]
    ask("create_event", title="Fitting", start_at=f"{DAY}T10:00", attendees=people)

    answer = ask("list_events", attendee="rosa")

    assert found(answer) == ["Fitting"]
    assert "Rosa Vale" in answer["content"][0]["text"]


def test_a_listing_shows_when_others_are_and_no_more(ask, theirs):
    listed = ask("list_events")
    read = ask("get_event", event_id=code(Kind.EVENT, theirs[0].id))

    assert found(listed) == ["Busy", "Busy"]
    assert read["structuredContent"]["event"]["start_at"] == f"{DAY}T09:00:00-05:00"
    assert hides(str(listed)), listed
    assert hides(str(read)), read


def test_whose_the_others_are_is_not_shown_either(app, admin, calendar, theirs):
    by = replace(admin, actor=Owner(OwnerType.AGENT, "desk"), own_events_only=True)

    shown = by.shown(replace(theirs[0], owner=Owner(OwnerType.USER, "doctor")))

    assert (shown.owner, shown.created_by) == (None, None)


def test_others_are_not_found_by_their_type(app, admin, calendar, theirs):
    actor = Owner(OwnerType.AGENT, "desk")
    by = replace(admin, level=Level.WRITE, actor=actor, own_events_only=True)
    wanted = EventFilter(calendar_ids=(calendar.id,), type="allergy")

    assert len(events.find_all(app, admin, wanted, 10).items) == 1
    assert events.find_all(app, by, wanted, 10).items == []


def test_a_refusal_shows_nothing_of_others(ask, theirs):
    event_id = code(Kind.EVENT, theirs[0].id)

    writes: dict[str, dict[str, Any]] = {
        "update_event": {"title": "x", "if_version": 7},
        "cancel_event": {"if_version": 7},
        "respond_to_event": {"attendee": "Nobody", "response": "accepted"},
    }
    for tool, more in writes.items():
        refused = ask(tool, event_id=event_id, **more)
        assert refused["content"][0]["text"].startswith("not_allowed")
        assert hides(str(refused)), refused
    taken = ask("create_event", title="x", start_at=f"{DAY}T09:00")
    assert taken["content"][0]["text"].startswith("slot_taken")
    assert hides(str(taken)), taken


@pytest.mark.parametrize("family", DIALECTS)
def test_no_family_shows_more(url, own, calendar, environment, theirs, family):
    with httpx.Client(base_url=url) as http:
        dialect = DIALECTS[family](http, calendar, environment, own)
        number = theirs[0].id
        event_id = number if family == "workspace" else uuid(Kind.EVENT, number)
        read = dialect.read(event_id)
        listed = dialect.listed(DAY, "2026-11-25")
        changed = dialect.change({"id": event_id}, {"title": "x"})

    assert read.status_code == 200, read.text
    assert len(listed) == 2
    assert changed.status_code == 403
    assert hides(read.text + str(listed) + changed.text)


def test_the_further_reads_of_the_families_show_no_more(url, own, workspace, theirs):
    event, booking = theirs
    paths = [
        f"{workspace}/calendar-events/{event.id}/attendees",
        f"/v2/bookings/{uuid(Kind.BOOKING, booking.id)}",
        "/v2/bookings",
        f"/v2/events?start={DAY}&end=2026-11-25",
    ]
    for path in paths:
        answer = httpx.get(url + path, headers=bearer(own))
        assert answer.status_code in {200, 404}, answer.text
        assert hides(answer.text), answer.text
