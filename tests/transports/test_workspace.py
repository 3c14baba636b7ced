"""The workspace family's events: documented paths and rules, and what docs/adr/0014 decides."""

import re

import pytest

from sched_agent.model.ids import Kind, new_number, uuid
from sched_agent.services import environments
from tests.transports.conftest import bearer

START = "2026-11-24T10:00:00-05:00"
END = "2026-11-24T10:30:00-05:00"
EVENT = {"title": "Check-up", "startTime": START, "endTime": END}
JANE = {"memberId": 7, "name": "Jane", "email": "jane@example.com", "phone": "+12125550142"}


@pytest.fixture
def book(api_v2):
    def book(**more):
        return api_v2("POST", "/calendar-events", EVENT | more)

    return book


def path_of(event, rest=""):
    return f"/calendar-events/{event['id']}{rest}"


def test_an_event_is_told_with_these_fields(api_v2, calendar):
    body = EVENT | {
        "calendarId": calendar.id,
        "description": "d",
        "location": "l",
        "type": "visit",
        "status": "tentative",
        "ownerType": "agent",
        "ownerId": "a1",
        "createdBy": "u1",
        "attendees": [JANE],
    }

    made = api_v2("POST", "/calendar-events", body)

    assert made == {
        "id": made["id"],
        **body,
        "allDay": False,
        "startDate": None,
        "endDate": None,
        "timezone": "America/New_York",
        "attendees": [JANE | {"eventId": made["id"], "response": "needs_action"}],
        "attendeeCount": 1,
        "cancelReason": None,
        "labels": [],
        "version": 1,
        "createdAt": "2026-11-20T15:00:00Z",
        "updatedAt": "2026-11-20T15:00:00Z",
    }
    assert api_v2("GET", path_of(made)) == made


def test_defaults_are_those_of_every_door(book):
    made = book()

    assert (made["status"], made["type"], made["attendees"]) == ("confirmed", "meeting", [])


def test_a_naive_time_is_in_the_calendars_zone_and_any_offset_is_told_in_it(api_v2, book):
    named = book(startTime="2026-11-24T15:00:00Z", endTime="2026-11-24T16:30:00+01:00")
    naive = book(startTime="2026-11-24T11:00", endTime="2026-11-24T11:30:00")

    assert (named["startTime"], named["endTime"]) == (START, END)
    assert naive["startTime"] == "2026-11-24T11:00:00-05:00"
    lisbon = api_v2("POST", "/calendars", {"name": "L", "timezone": "Europe/Lisbon"})["id"]
    there = book(calendarId=lisbon, startTime="2026-11-24T11:00", endTime=None)
    assert there["startTime"] == "2026-11-24T11:00:00+00:00"
    assert there["timezone"] == "Europe/Lisbon"


def test_an_end_that_is_left_out_is_half_an_hour_later(api_v2):
    made = api_v2("POST", "/calendar-events", {"title": "x", "startTime": START})

    assert made["endTime"] == END


def test_the_calendar_may_be_left_out_where_there_is_one(api_v2, book, calendar):
    assert book()["calendarId"] == calendar.id
    other = api_v2("POST", "/calendars", {"name": "Other"})["id"]

    refused = api_v2("POST", "/calendar-events", EVENT, expect=400)
    assert refused["detail"].startswith("calendarId: is required where there are several")
    for number in (other, calendar.id):
        api_v2("DELETE", f"/calendars/{number}")
    assert "Create one first" in api_v2("POST", "/calendar-events", EVENT, expect=404)["detail"]


@pytest.mark.parametrize(
    ("when", "status", "code"),
    [
        (START, 409, "slot_taken"),
        ("2026-11-24T20:00", 400, "outside_hours"),
        ("2026-11-19T10:00", 400, "in_the_past"),
    ],
)
def test_availability_is_checked_in_full_before_booking_and_before_moving(
    api_v2, book, when, status, code
):
    book()
    later = book(startTime="2026-11-24T12:00", endTime=None)

    refused = api_v2("POST", "/calendar-events", {"title": "x", "startTime": when}, expect=status)
    moved = api_v2("PUT", path_of(later), {"startTime": when}, expect=status)

    assert refused["code"] == moved["code"] == code
    if code != "in_the_past":
        assert refused["alternatives"][0].keys() == {"startTime", "endTime"}


def test_the_attendee_limit_is_checked(api_v2, book, rest, calendar):
    rest.put(f"/api/v1/calendars/{calendar.id}", json={"max_attendees": 1})
    two = [{"name": "a"}, {"name": "b"}]

    assert (
        api_v2("POST", "/calendar-events", EVENT | {"attendees": two}, expect=409)["code"]
        == "too_many_attendees"
    )
    made = book(attendees=two[:1])
    api_v2("PUT", path_of(made), {"attendees": two}, expect=409)


def test_a_block_only_takes_time_and_is_checked_against_nothing(book):
    assert book(type="block", startTime="2026-11-22T03:00", endTime=None)["type"] == "block"


def test_an_update_changes_what_was_sent_and_null_clears(api_v2, book):
    made = book(description="d", attendees=[JANE], ownerType="user", ownerId="u", createdBy="c")

    moved = api_v2("PUT", path_of(made), {"startTime": "2026-11-24T14:00"})
    nulls = dict.fromkeys(("title", "startTime", "endTime", "status", "type", "allDay"))
    same = api_v2("PUT", path_of(made), nulls)
    cleared = dict.fromkeys(("description", "ownerType", "ownerId", "createdBy", "attendees"))
    bare = api_v2("PUT", path_of(made), cleared)

    assert moved["endTime"] == "2026-11-24T14:30:00-05:00"
    assert (moved["description"], moved["version"]) == ("d", 2)
    assert same == moved
    assert {name: bare[name] for name in cleared} == cleared | {"attendees": []}


def test_what_was_read_may_be_sent_back(api_v2, book):
    timed = book(attendees=[JANE], ownerType="user", ownerId="u")
    days = book(allDay=True, startTime=None, endTime=None, startDate="2026-11-25", type="block")

    for event in (timed, days):
        assert api_v2("PUT", path_of(event), event) == event


def test_an_event_stays_on_its_calendar(api_v2, book, calendar):
    made = book()
    other = api_v2("POST", "/calendars", {"name": "Other"})["id"]

    refused = api_v2("PUT", path_of(made), {"calendarId": other}, expect=400)

    assert refused["detail"].startswith("calendarId: can't be changed")
    assert api_v2("PUT", path_of(made), {"calendarId": calendar.id}) == made


def test_a_zone_that_times_are_not_read_in_is_refused(api_v2, book):
    wrong = {"timezone": "Europe/Lisbon"}

    refused = api_v2("POST", "/calendar-events", EVENT | wrong, expect=400)

    assert "timezone: must be the calendar's. That is America/New_York" in refused["detail"]
    api_v2("PUT", path_of(book()), wrong, expect=400)


@pytest.mark.parametrize(
    "dates",
    [
        {"startDate": "2026-11-28", "endDate": "2026-11-30"},
        {"startTime": "2026-11-28", "endTime": "2026-11-30"},
    ],
)
def test_an_all_day_event_has_dates_the_end_not_included(api_v2, dates):
    body = {"title": "Away", "type": "block", "allDay": True, **dates}

    made = api_v2("POST", "/calendar-events", body)

    assert made["allDay"] is True
    assert (made["startDate"], made["endDate"]) == ("2026-11-28", "2026-11-30")
    assert (made["startTime"], made["endTime"]) == (
        "2026-11-28T00:00:00-05:00",
        "2026-11-30T00:00:00-05:00",
    )


def test_an_all_day_event_moves_becomes_timed_and_all_day_again(api_v2):
    body = {"title": "Away", "type": "block", "allDay": True, "startDate": "2026-11-28"}
    path = path_of(api_v2("POST", "/calendar-events", body))

    moved = api_v2("PUT", path, {"startDate": "2026-12-01"})
    longer = api_v2("PUT", path, {"endDate": "2026-12-04"})
    timed = api_v2("PUT", path, {"startTime": "2026-12-01T09:00"})
    later = api_v2("PUT", path, {"allDay": False, "endTime": "2026-12-01T12:00"})
    again = api_v2("PUT", path, {"allDay": True})

    def days(event):
        return event["startDate"], event["endDate"]

    assert days(moved) == ("2026-12-01", "2026-12-02")
    assert days(longer) == ("2026-12-01", "2026-12-04")
    assert (timed["allDay"], timed["endTime"]) == (False, "2026-12-01T09:30:00-05:00")
    assert later["endTime"] == "2026-12-01T12:00:00-05:00"
    assert days(timed) == days(later) == (None, None)
    assert days(again) == ("2026-12-01", "2026-12-02")
    refused = api_v2("PUT", path, {"allDay": False}, expect=400)
    assert "startTime: is required where an all-day event gets a time" in refused["detail"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"title": "x"}, 400, "startTime: is required"),
        ({"startTime": START}, 422, "title: field required"),
        (EVENT | {"endTime": START}, 400, "endTime: must be after startTime"),
        (EVENT | {"startTime": "2026-11-24"}, 400, "startTime: needs a time of day"),
        (EVENT | {"startTime": "noon"}, 400, "startTime: is not ISO 8601"),
        (EVENT | {"startTime": "2027-03-14T02:30"}, 400, "does not exist in America/New_York"),
        (EVENT | {"startDate": "2026-11-24"}, 400, "allDay: must be true where there is startDate"),
        (EVENT | {"endDate": "2026-11-24"}, 400, "allDay: must be true where there is endDate"),
        ({"title": "x", "allDay": True}, 400, "startDate: is required for an all-day event"),
        (EVENT | {"allDay": True}, 400, "startTime: must be a date"),
        (
            {"title": "x", "allDay": True, "startDate": "2026-11-24", "endDate": "2026-11-24"},
            400,
            "endDate: must be after startDate. It is the day after the last one",
        ),
        (EVENT | {"status": "maybe"}, 422, "status: input should be"),
        (EVENT | {"ownerId": "u"}, 400, "ownerType: is required"),
        (EVENT | {"attendees": [{}]}, 400, "attendees: each needs"),
        (EVENT | {"attendees": [{"email": "x"}]}, 422, "attendees.0.email"),
        (EVENT | {"attendees": [JANE, JANE]}, 422, "attendees: must not name a memberId twice"),
        (EVENT | {"calendarId": "7"}, 422, "calendarId: input should be a valid integer"),
        (EVENT | {"start_time": START}, 422, "does not exist here"),
        (EVENT | {"memberIds": [7]}, 422, "does not exist here"),
        (EVENT | {"cancelReason": "x"}, 200, None),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_its_field(api_v2, body, status, told):
    answer = api_v2("POST", "/calendar-events", body, expect=status)

    if told:
        assert told in answer["detail"]
        assert not re.search("[a-z]_[a-z]", answer["detail"])


def test_a_reason_comes_with_the_cancellation(api_v2, book):
    made = book()

    api_v2("PUT", path_of(made), {"cancelReason": "x"}, expect=400)
    cancelled = api_v2("PUT", path_of(made), {"status": "cancelled", "cancelReason": "ill"})

    assert (cancelled["status"], cancelled["cancelReason"]) == ("cancelled", "ill")
    again = api_v2("PUT", path_of(made), {"title": "y"}, expect=409)
    assert again["code"] == "status_conflict"


def test_cancelling_keeps_the_event_and_is_done_once(api_v2, book):
    made = book()

    cancelled = api_v2("POST", path_of(made, "/cancel"), {"reason": "ill"})
    again = api_v2("POST", path_of(made, "/cancel"), {"reason": "other"})

    assert (cancelled["status"], cancelled["cancelReason"]) == ("cancelled", "ill")
    assert again == cancelled == api_v2("GET", path_of(made))
    assert api_v2("POST", path_of(book(), "/cancel"))["cancelReason"] is None


def test_deleting_is_for_good_and_needs_the_admin_scope(api_v2, book, a_token):
    made = book()
    write, admin = bearer(a_token("write")), bearer(a_token("admin"))

    refused = api_v2("DELETE", path_of(made), expect=403, headers=write)
    assert "calendars:admin" in refused["detail"]
    assert api_v2("DELETE", path_of(made), headers=admin) == {"success": True}
    assert api_v2("GET", path_of(made), expect=404, headers=admin)["code"] == "unknown_event"


def test_a_reader_reads_and_a_writer_books_moves_answers_and_cancels(api_v2, a_token):
    read, write = bearer(a_token("read")), bearer(a_token("write"))
    body = EVENT | {"attendees": [JANE]}
    api_v2("POST", "/calendar-events", body, expect=403, headers=read)
    made = api_v2("POST", "/calendar-events", body, headers=write)
    changes = (
        ("PUT", "", {"title": "y"}),
        ("PUT", "/attendees/7", {"response": "accepted"}),
        ("POST", "/cancel", None),
    )

    for path in ("", "/attendees"):
        api_v2("GET", path_of(made, path), headers=read)
    api_v2("GET", "/calendar-events", headers=read)
    for method, path, change in changes:
        api_v2(method, path_of(made, path), change, expect=403, headers=read)
        api_v2(method, path_of(made, path), change, headers=write)


def test_attendees_are_listed_and_answer_by_their_number(api_v2, book):
    made = book(attendees=[JANE, {"email": "omar@example.com", "response": "tentative"}])
    listed = api_v2("GET", path_of(made, "/attendees"))
    omar = listed[1]["memberId"]

    answered = api_v2("PUT", path_of(made, "/attendees/7"), {"response": "accepted"})
    pending = api_v2("PUT", path_of(made, f"/attendees/{omar}"), {"response": "pending"})

    assert listed == made["attendees"]
    assert listed[1]["response"] == "tentative"
    assert answered == listed[0] | {"response": "accepted"}
    assert pending == listed[1] | {"response": "needs_action"}
    assert api_v2("GET", path_of(made, "/attendees")) == [answered, pending]
    kept = api_v2("PUT", path_of(made), {"attendees": [{"email": "jane@example.com"}]})
    assert kept["attendees"][0]["response"] == "accepted"
    unknown = path_of(made, "/attendees/8")
    assert api_v2("PUT", unknown, {"response": "declined"}, expect=404)["code"] == (
        "unknown_attendee"
    )
    api_v2("PUT", path_of(made, "/attendees/7"), {"response": "maybe"}, expect=422)


def test_a_request_with_a_key_acts_once(api_v2, book):
    key = {"Idempotency-Key": "k1"}

    first = api_v2("POST", "/calendar-events", EVENT, headers=key)
    assert api_v2("POST", "/calendar-events", EVENT, headers=key) == first
    reused = api_v2("POST", "/calendar-events", EVENT | {"title": "y"}, expect=409, headers=key)
    assert reused["code"] == "request_id_reused"
    for method, path, body in (
        ("PUT", "", {"title": "y", "attendees": [JANE]}),
        ("PUT", "/attendees/7", {"response": "accepted"}),
        ("POST", "/cancel", {"reason": "r"}),
        ("DELETE", "", None),
    ):
        told = [api_v2(method, path_of(first, path), body, headers=key) for _ in range(2)]
        assert told[0] == told[1]


def test_ids_are_numbers(api_v2):
    assert api_v2("GET", "/calendar-events/evt_7k3m9q", expect=422)["detail"]
    assert api_v2("GET", f"/calendar-events/{new_number()}", expect=404)["detail"]


def test_another_workspace_looks_like_none_and_the_tokens_own_is_told(
    app, rest, calendar, workspace, a_token
):
    theirs = environments.ensure(app, "acme", "America/New_York")[0].id
    mine = bearer(a_token("admin"))

    def ask(name):
        answer = rest.get(f"/api/v2/w/{name}/calendar-events", headers=mine)
        return answer.status_code, answer.json()

    told = [ask(uuid(Kind.ENVIRONMENT, number)) for number in (theirs, theirs + 1)]

    assert told[0] == told[1] == ask("none")
    assert told[0][0] == 404
    assert told[0][1]["code"] == "unknown_workspace"
    assert workspace.removeprefix("/api/v2/w/") in told[0][1]["detail"]
    assert ask(workspace.removeprefix("/api/v2/w/").upper())[0] == 200


def test_no_token_or_a_wrong_one_is_told_in_the_familys_form(rest, calendar, workspace, a_token):
    token = a_token("read")

    for headers in ({}, bearer(token + "x")):
        refused = rest.get(f"{workspace}/calendars", headers=headers)
        assert refused.status_code == 401
        assert refused.json()["detail"]
        assert refused.headers["www-authenticate"] == 'Bearer realm="sched-agent"'
