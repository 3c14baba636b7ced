"""What every REST dialect keeps, in whichever words."""

from dataclasses import replace
from datetime import datetime

import httpx
import pytest

from sched_agent.services import calendars, environments
from tests.contracts.dialects import DIALECTS

TEN = {
    "title": "Check-up",
    "start": "2026-11-24T10:00:00-05:00",
    "end": "2026-11-24T10:30:00-05:00",
}
NOON = {"start": "2026-11-24T12:00:00-05:00", "end": "2026-11-24T12:30:00-05:00"}


@pytest.fixture(params=DIALECTS)
def dialect(request, rest, calendar, environment):
    return DIALECTS[request.param](rest, calendar, environment)


def start_of(dialect, event):
    return datetime.fromisoformat(event[dialect.names.get("start", "start")])


def booked(dialect, **fields):
    answer = dialect.write(TEN | fields)
    assert answer.status_code == dialect.created, answer.text
    return dialect.told(answer)


def test_an_event_is_read_and_listed_as_it_was_made(dialect):
    event = booked(dialect)

    assert start_of(dialect, event) == datetime.fromisoformat(TEN["start"])
    assert dialect.told(dialect.read(event["id"])) == event
    assert dialect.listed("2026-11-24", "2026-11-25") == [event]
    assert dialect.listed("2026-11-25", "2026-11-26") == []


def test_a_retry_makes_one_event_and_gets_the_first_answer(dialect):
    first = dialect.write(TEN, key="k1")
    again = dialect.write(TEN, key="k1")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(dialect.listed("2026-11-24", "2026-11-25")) == 1


def test_a_retry_with_other_content_is_refused(dialect):
    dialect.write(TEN, key="k1")

    reused = dialect.write(TEN | {"title": "Other"}, key="k1")

    assert (reused.status_code, reused.json()["code"]) == (409, "request_id_reused")


def test_what_is_not_sent_stays(dialect):
    event = booked(dialect, description="Bring the papers")

    changed = dialect.change(event, NOON)

    assert changed.is_success, changed.text
    there = dialect.told(dialect.read(event["id"]))
    assert start_of(dialect, there) == datetime.fromisoformat(NOON["start"])
    assert there["description"] == "Bring the papers"


def test_a_time_without_offset_is_on_the_calendars_clocks(dialect):
    naive = {"start": "2026-11-24T10:00", "end": "2026-11-24T10:30"}

    assert start_of(dialect, booked(dialect, **naive)) == datetime.fromisoformat(TEN["start"])


def test_a_time_that_a_clock_change_skips_is_refused_by_name(dialect):
    skipped = dialect.write(TEN | {"start": "2027-03-14T02:30", "end": "2027-03-14T04:00"})

    assert skipped.status_code in {400, 422}
    assert skipped.json()["code"] == "nonexistent_time"


def test_an_end_before_the_start_is_refused(dialect):
    refused = dialect.write(TEN | {"end": "2026-11-24T09:00:00-05:00"})

    assert (refused.status_code in {400, 422}, refused.json()["code"]) == (True, "invalid_argument")
    assert dialect.listed("2026-11-24", "2026-11-25") == []


def test_an_all_day_event_keeps_its_dates_west_of_utc(dialect):
    days = {"start": "2026-11-24", "end": "2026-11-25", "all_day": True}
    event = booked(dialect, **days, type="block")  # whatever the opening hours

    assert start_of(dialect, event) == datetime.fromisoformat("2026-11-24T00:00-05:00")
    assert len(dialect.listed("2026-11-24", "2026-11-25")) == 1
    assert dialect.listed("2026-11-25", "2026-11-26") == []


def test_an_event_that_is_called_off_is_listed_no_more_and_frees_its_time(dialect):
    event = booked(dialect)

    assert dialect.call_off(event).is_success

    assert dialect.listed("2026-11-24", "2026-11-25") == []
    assert booked(dialect)["id"] != event["id"]


def test_nobody_sees_the_events_of_another_environment(dialect, app, a_token):
    event = booked(dialect)
    other, _ = environments.ensure(app, "other", "Europe/Lisbon")
    stranger = replace(dialect, token=a_token(where=other), environment=other)

    for asked in (stranger.read(event["id"]), stranger.call_off(event), stranger.write(TEN)):
        assert asked.status_code == 404
        assert "Check-up" not in asked.text


def test_a_token_is_needed_once_there_is_one_and_reading_is_not_writing(dialect, a_token):
    reader = replace(dialect, token=a_token("read"))

    assert dialect.write(TEN).status_code == 401
    assert reader.write(TEN).status_code == 403
    assert reader.listed("2026-11-24", "2026-11-25") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"null"])
def test_what_is_no_event_is_refused_in_the_familys_own_form(dialect, body):
    path = dialect.write(TEN).request.url.path.removeprefix(dialect.prefix)

    refused = dialect.ask("POST", path, content=body, headers={"Content-Type": "application/json"})

    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid_argument"


def test_too_many_requests_are_refused_with_a_time_to_come_back(start, dialect):
    with httpx.Client(base_url=start(SCHED_AGENT_RATE_LIMIT="1")) as client:
        limited = replace(dialect, http=client)
        limited.read(1)
        refused = limited.read(1)

    assert refused.status_code == dialect.limited
    assert int(refused.headers["Retry-After"]) > 0


def test_a_calendar_that_is_gone_takes_no_events(dialect, app, admin):
    calendars.delete(app, admin, dialect.calendar.id)

    assert dialect.write(TEN).status_code == 404
