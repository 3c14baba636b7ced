"""Google as others have rebuilt it: consent, and the simplest part of the calendar API."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import psutil  # type: ignore[import-untyped]  # ships none
import pytest

from sched_agent import outward
from sched_agent.errors import CalendarUnreachable, ConsentNeeded
from sched_agent.model.interval import Interval
from sched_agent.model.remote import Content, RemoteEvent, uid_of
from sched_agent.providers.base import CursorExpired
from sched_agent.providers.google.provider import Google
from tests.builders import NEW_YORK, MovableClock, at, span
from tests.google_emulator import CLIENT_ID, CLIENT_SECRET, STRANGER, TOKEN, GoogleEmulator

CALLBACK = "http://127.0.0.1/callback"
WINDOW = Interval(at("2026-11-20T00:00"), at("2026-12-20T00:00"))
STAND_UP = Content(title="Stand-up", interval=span("09:00", "09:30"))
DENTIST = {
    "id": "evt_dentist",
    "calendar_id": "primary",
    "summary": "Dentist",
    "start_date_time": "2026-11-24T10:00:00-05:00",
    "end_date_time": "2026-11-24T11:00:00-05:00",
}


@pytest.fixture(scope="module")
def emulator(node_modules) -> Iterator[GoogleEmulator]:
    team = {"id": "team@group.calendar.google.com", "summary": "Team", "access_role": "reader"}
    emulator = GoogleEmulator(calendars=[team], events=[DENTIST])
    yield emulator
    emulator.stop()


@pytest.fixture
def google(emulator) -> Iterator[Google]:
    google = a_google(emulator, TOKEN)
    yield google
    google.close()


def a_google(emulator: GoogleEmulator, token: str) -> Google:
    http = outward.client(seconds=10, allow_private=True)
    if token:
        http.headers["Authorization"] = f"Bearer {token}"
    return Google(emulator.url, http, NEW_YORK, MovableClock(at("2026-11-20T10:00")))


def everything(google: Google) -> dict[str, RemoteEvent]:
    batches = google.changes("primary", None, WINDOW)
    return {c.handle: event for batch in batches for c in batch.changes for event in c.events}


def test_it_listens_on_loopback_alone(emulator):
    listening = psutil.Process(emulator.pid).net_connections()

    assert [(one.laddr.ip, one.status) for one in listening] == [("127.0.0.1", "LISTEN")]


def test_the_owners_calendars_are_listed_with_the_primary_first(google):
    found = google.calendars()

    assert [(one.name, one.primary, one.writable) for one in found] == [
        ("Mine", True, True),
        ("Team", False, False),
    ]


def test_what_others_put_there_is_read(google):
    there = everything(google)["evt_dentist"].content

    assert there == Content(title="Dentist", interval=span("10:00", "11:00", day="2026-11-24"))


def test_an_event_is_put_there_is_read_and_takes_its_time_until_it_is_deleted(google):
    made, is_new = google.create("primary", uid_of(1, 7), STAND_UP)

    assert is_new
    assert made.content == STAND_UP
    assert everything(google)[made.ref.handle].content == STAND_UP
    assert google.busy("primary", STAND_UP.interval) == [STAND_UP.interval]
    assert google.busy("primary", STAND_UP.interval, leaving_out={made.ref.key}) == []

    google.delete("primary", made.ref)
    google.delete("primary", made.ref)

    assert made.ref.handle not in everything(google)
    assert google.busy("primary", STAND_UP.interval) == []


def test_events_come_from_all_pages(google):
    whole = [
        google.create("primary", uid_of(1, number), replace(STAND_UP, title=f"No. {number}"))
        for number in range(300)
    ]

    assert len(everything(google)) == 301

    for made in whole:
        google.delete("primary", made.event.ref)


def test_without_sync_tokens_everything_is_read_again(google):
    *_, last = google.changes("primary", None, WINDOW)

    with pytest.raises(CursorExpired):
        list(google.changes("primary", last.cursor, WINDOW))


def test_a_calendar_that_is_left_out_of_the_answer_is_not_free(google):
    with pytest.raises(CalendarUnreachable):
        google.busy("nobody@example.com", WINDOW)


def test_without_consent_nothing_is_seen(emulator):
    google = a_google(emulator, "")

    with pytest.raises(ConsentNeeded):
        google.calendars()
    google.close()


def test_a_consent_lets_us_see_the_calendars_of_who_gave_it(emulator):
    verifier = "a-verifier-of-more-than-forty-three-characters"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "https://www.googleapis.com/auth/calendar",
        "state": "a state",
        "code_challenge": challenge.rstrip("="),
        "code_challenge_method": "S256",
    }

    back = emulator.agree(f"{emulator.authorization_url}?{urlencode(asked)}", email=STRANGER)

    answer = parse_qs(urlsplit(back).query)
    assert (back.partition("?")[0], answer["state"]) == (CALLBACK, ["a state"])
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": CALLBACK}
    form |= {"grant_type": "authorization_code", "code": answer["code"][0]}
    given = httpx.post(emulator.token_url, data=form | {"code_verifier": verifier}).json()
    google = a_google(emulator, given["access_token"])
    assert [one.name for one in google.calendars()] == [STRANGER]
    google.close()
