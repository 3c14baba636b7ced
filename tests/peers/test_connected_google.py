"""A calendar at Google, as others have rebuilt it, from the first command to a slot freed there.

Everything is done as people do it: on the command line, in a browser, over REST and over MCP.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.connected import Installed, Refusal, a_landing, until
from tests.google_emulator import CLIENT_ID, CLIENT_SECRET, TOKEN, GoogleEmulator

NEW_YORK = ZoneInfo("America/New_York")


def a_weekday() -> datetime:
    """Return ten o'clock of the first weekday after tomorrow."""
    day = datetime.now(NEW_YORK).date() + timedelta(days=2)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(10), NEW_YORK)


TEN = a_weekday()


def at(hour: int, minute: int = 0) -> str:
    return TEN.replace(hour=hour, minute=minute).isoformat()


@pytest.fixture
def program(tmp_path) -> Installed:
    return Installed(tmp_path)


@pytest.fixture
def google(program, node_modules) -> Iterator[GoogleEmulator]:
    dentist = {
        "id": "evt_dentist",
        "calendar_id": "primary",
        "summary": "Dentist",
        "start_date_time": at(10),
        "end_date_time": at(11),
    }
    google = GoogleEmulator(redirect_uris=[program.callback], events=[dentist])
    yield google
    google.stop()


def there(google: GoogleEmulator, method: str, path: str = "", body: Any = None) -> Any:
    """Return what the calendar's owner gets who uses Google itself."""
    answer = httpx.request(
        method,
        f"{google.url}/calendars/primary/events{path}",
        json=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def titles(google: GoogleEmulator) -> dict[str, str]:
    return {one["summary"]: one["id"] for one in there(google, "GET")["items"]}


def free(program: Installed) -> list[str]:
    """Return when the morning is free, half an hour each."""
    asked = program.ask("check_availability", when=f"{at(9)}/{at(12)}", limit=50)
    return [slot["start_at"] for slot in asked["slots"]]


def offered(refusal: Refusal) -> set[str]:
    """Return the times that a refusal offers instead."""
    starts = {slot["start_at"] for slot in refusal.error["alternatives"]}
    assert len(starts) == 3
    return starts


def set_up(program: Installed, google: GoogleEmulator, landing: str) -> str:
    """Set Google up on the command line, and return what is to be registered there."""
    return program.run(
        *("provider", "add", "google", "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET),
        *("--url", google.url, "--authorization-url", google.authorization_url),
        *("--token-url", google.token_url, "--redirect-uri", landing),
    ).stdout


def test_a_calendar_at_google_is_connected_read_booked_and_freed_there(program, google):
    with a_landing() as landing:
        assert program.callback in set_up(program, google, landing)
        with program.serving():
            begun = program.begin("google", landing)
            assert not begun["is_active"]
            back = google.agree(begun["authorization_url"])
            assert back.startswith(f"{program.callback}?")
            landed = httpx.get(back, follow_redirects=True)
            assert str(landed.url) == f"{landing}?status=connected&connection_id={begun['id']}"
            program.until_synced()

            assert free(program) == [at(9), at(9, 30), at(11), at(11, 30)]
            dentist = program.refused("create_event", title="Jane", start_at=at(10, 30))
            assert dentist.text.startswith("slot_taken: ")
            assert not offered(dentist) & {at(10), at(10, 30)}

            event = program.ask("create_event", title="Jane", start_at=at(9))["event"]
            assert event["status"] == "confirmed"
            jane = until(lambda: titles(google).get("Jane"), "the event at Google")
            assert free(program) == [at(9, 30), at(11), at(11, 30)]

            there(google, "DELETE", f"/{jane}")
            program.run("sync")
            assert free(program) == [at(9), at(9, 30), at(11), at(11, 30)]
            gone = program.ask("get_event", event_id=event["id"])["event"]
            assert gone["status"] == "cancelled"


def test_what_was_put_there_a_moment_ago_is_not_booked_over(program, google):
    with a_landing() as landing:
        set_up(program, google, landing)
        with program.serving():
            back = google.agree(program.begin("google", landing)["authorization_url"])
            httpx.get(back)
            program.until_synced()
            lunch = {"summary": "Lunch", "start": {"dateTime": at(11)}, "end": {"dateTime": at(12)}}
            put = there(google, "POST", body=lunch)

            refusal = program.refused("create_event", title="Jane", start_at=at(11))

            assert refusal.error["code"] == "slot_taken"
            assert not offered(refusal) & {at(11), at(11, 30)}
            until(lambda: free(program) == [at(9), at(9, 30)], "the event of Google here")

            there(google, "DELETE", f"/{put['id']}")
            program.ask("sync_calendar")
            until(lambda: at(11) in free(program), "the slot that was freed at Google")
