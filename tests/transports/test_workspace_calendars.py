"""The workspace family's calendars and schedules."""

import pytest

from tests.transports.conftest import bearer

OFFICE = {
    "name": "Office",
    "availabilityType": "available",
    "recurrence": "weekly",
    "daysOfWeek": [1, 2, 3, 4, 5],
    "startTime": "09:00",
    "endTime": "17:00",
}
LUNCH = OFFICE | {"name": "Lunch", "availabilityType": "unavailable"}
LUNCH |= {"startTime": "12:00", "endTime": "13:00"}
ONCE = {"availabilityType": "unavailable", "recurrence": "once", "date": "2026-11-24"}
OF_A_RECURRENCE = ("date", "daysOfWeek", "dayOfMonth", "recurrenceEndDate")


@pytest.fixture
def open_calendar(api_v2):
    """The number of a calendar without schedules, in New York."""
    return api_v2("POST", "/calendars", {"name": "Open"})["id"]


@pytest.fixture
def schedule(api_v2, open_calendar):
    """Add a schedule to the open calendar."""

    def schedule(body, **more):
        return api_v2("POST", f"/calendars/{open_calendar}/schedules", body, **more)

    return schedule


@pytest.fixture
def bookable(rest, workspace, open_calendar):
    """Try to book half an hour on the open calendar; if it works, cancel it."""

    def bookable(when):
        body = {"calendarId": open_calendar, "title": "x", "startTime": when}
        answer = rest.post(f"{workspace}/calendar-events", json=body)
        if answer.status_code == 200:
            rest.post(f"{workspace}/calendar-events/{answer.json()['id']}/cancel")
            return True
        assert answer.json()["code"] == "outside_hours", answer.text
        return False

    return bookable


def test_a_calendar_is_created_listed_read_changed_and_deleted(api_v2):
    body = {
        "name": "Dr. Lima",
        "description": "d",
        "timezone": "America/Sao_Paulo",
        "color": "#3B82F6",
        "isPublic": True,
        "slug": "lima",
    }
    made = api_v2("POST", "/calendars", body)
    path = f"/calendars/{made['id']}"

    assert made["bookingRules"]["availability"] == "open"
    assert made == body | {
        "id": made["id"],
        "schedules": None,
        "bookingRules": made["bookingRules"],
        "createdAt": "2026-11-20T15:00:00Z",
        "updatedAt": "2026-11-20T15:00:00Z",
    }
    assert made in api_v2("GET", "/calendars")["items"]
    assert api_v2("GET", path) == made
    changed = api_v2("PUT", path, {"name": "Lima", "description": None, "timezone": None})
    assert changed == made | {"name": "Lima", "description": None}
    cleared = api_v2("PUT", path, {"color": None, "isPublic": False, "slug": ""})
    assert (cleared["color"], cleared["isPublic"], cleared["slug"]) == (None, False, "lima")
    assert api_v2("PUT", path, {"name": "Dra. Ana Lima!"})["slug"] == "dra-ana-lima"
    assert api_v2("PUT", path, cleared)["name"] == "Lima"
    assert api_v2("DELETE", path) == {"success": True}
    assert api_v2("GET", path, expect=404)["code"] == "unknown_calendar"


def test_a_calendar_without_more_has_the_workspaces_zone_and_a_slug_of_its_name(api_v2):
    made = api_v2("POST", "/calendars", {"name": "Consultório São Paulo"})
    signs = api_v2("POST", "/calendars", {"name": "予約"})

    assert made["timezone"] == "America/New_York"
    assert (made["slug"], made["color"], made["isPublic"]) == ("consultorio-sao-paulo", None, False)
    assert signs["slug"] == f"calendar-{signs['id']}"


def test_what_other_doors_keep_with_a_calendar_stays(api_v2, rest, calendar):
    other_door = f"/api/v1/calendars/{calendar.id}"
    rest.put(other_door, json={"metadata": {"crm": 7, "color": 3, "slug": "", "isPublic": "yes"}})

    read = api_v2("GET", "/calendars/CAL")
    api_v2("PUT", "/calendars/CAL", {"color": "#000000"})

    assert (read["color"], read["slug"], read["isPublic"]) == (None, "my-calendar", False)
    kept = rest.get(other_door).json()["data"]["metadata"]
    assert kept == {"crm": 7, "color": "#000000", "slug": "", "isPublic": "yes"}


def test_calendars_come_in_pages_with_schedules_where_they_are_asked_for(api_v2, open_calendar):
    first = api_v2("GET", "/calendars", pageSize=1)
    second = api_v2("GET", "/calendars", pageSize=1, page=2, includeSchedules=True)

    assert (first["total"], first["page"], first["pageSize"]) == (2, 1, 1)
    both = {one["id"]: one for one in first["items"] + second["items"]}
    assert open_calendar in both
    assert first["items"][0]["schedules"] is None
    assert second["items"][0]["schedules"] is not None
    office = api_v2("GET", "/calendars/CAL", includeSchedules=True)["schedules"]
    assert office == api_v2("GET", "/calendars/CAL/schedules")
    assert (office[0]["recurrence"], office[0]["daysOfWeek"]) == ("weekly", [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"name": " "}, 422),
        ({"name": "x", "color": "blue"}, 422),
        ({"name": "x", "slug": "No Good"}, 422),
        ({"name": "x", "isPublic": "yes"}, 422),
        ({"name": "x", "metadata": {}}, 422),
        ({"name": "x", "timezone": "Mars"}, 400),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(api_v2, body, status):
    assert api_v2("POST", "/calendars", body, expect=status)["detail"]


def test_calendars_and_schedules_need_the_documented_scopes(api_v2, a_token):
    read, write, admin = (bearer(a_token(level)) for level in ("read", "write", "admin"))
    api_v2("POST", "/calendars", {"name": "x"}, expect=403, headers=read)
    made = f"/calendars/{api_v2('POST', '/calendars', {'name': 'x'}, headers=write)['id']}"
    schedules = f"{made}/schedules"
    api_v2("POST", schedules, OFFICE, expect=403, headers=read)
    one = f"{schedules}/{api_v2('POST', schedules, OFFICE, headers=write)['id']}"

    for path in ("/calendars", made, schedules):
        api_v2("GET", path, headers=read)
    for method, path, body in (
        ("PUT", made, {"name": "y"}),
        ("PUT", one, {"name": "y"}),
        ("DELETE", one, None),
    ):
        api_v2(method, path, body, expect=403, headers=read)
        api_v2(method, path, body, headers=write)
    api_v2("DELETE", made, expect=403, headers=write)
    api_v2("DELETE", made, headers=admin)


def test_a_token_for_its_own_events_changes_no_calendar(api_v2, a_token, calendar):
    own = bearer(a_token("write", actor="a1", own=True))

    api_v2("POST", "/calendars", {"name": "x"}, expect=403, headers=own)
    api_v2("POST", "/calendars/CAL/schedules", OFFICE, expect=403, headers=own)


def test_writing_with_a_key_acts_once(api_v2, open_calendar):
    path = f"/calendars/{open_calendar}"
    key = {"Idempotency-Key": "k1"}

    def twice(method, where, body=None):
        told = [api_v2(method, where, body, headers=key) for _ in range(2)]
        assert told[0] == told[1]
        return told[0]

    made = twice("POST", f"{path}/schedules", OFFICE)
    one = f"{path}/schedules/{made['id']}"
    twice("PUT", one, {"endTime": "18:00"})
    twice("DELETE", one)
    twice("POST", "/calendars", {"name": "Twice"})
    twice("PUT", path, {"color": "#000000"})
    twice("DELETE", path)
    assert [one["name"] for one in api_v2("GET", "/calendars")["items"]].count("Twice") == 1


def test_without_schedules_a_calendar_is_open_at_any_time(bookable):
    assert bookable("2026-11-22T03:00")


def test_unavailable_schedules_subtract_from_available_ones(schedule, bookable):
    schedule(OFFICE)
    schedule(LUNCH)

    assert bookable("2026-11-24T11:30")
    assert not bookable("2026-11-24T12:00")
    assert not bookable("2026-11-24T12:30")
    assert bookable("2026-11-24T13:00")
    assert not bookable("2026-11-24T17:00")
    assert not bookable("2026-11-28T10:00")


def test_unavailable_schedules_subtract_from_a_calendar_that_is_always_open(schedule, bookable):
    schedule(LUNCH)
    schedule(ONCE)

    assert not bookable("2026-11-25T12:00")
    assert bookable("2026-11-25T20:00")
    assert not bookable("2026-11-24T20:00")


def test_a_schedule_for_a_date_adds_to_what_repeats(schedule, bookable):
    schedule(OFFICE)
    evening = {"availabilityType": "available", "startTime": "19:00", "endTime": "20:00"}
    schedule(ONCE | evening)

    assert bookable("2026-11-24T19:30")
    assert bookable("2026-11-24T09:00")
    assert not bookable("2026-11-25T19:30")


def test_a_calendar_that_is_always_open_is_not_opened_once(
    api_v2, schedule, open_calendar, bookable
):
    refused = schedule(ONCE | {"availabilityType": "available"}, expect=400)
    assert refused["code"] == "unsupported"
    assert "Add an available schedule that repeats first" in refused["detail"]

    office = schedule(OFFICE)
    path = f"/calendars/{open_calendar}/schedules/{office['id']}"
    instead = {"recurrence": "once", "date": "2026-11-24", "daysOfWeek": None}
    assert api_v2("PUT", path, instead, expect=400)["code"] == "unsupported"
    schedule(ONCE | {"availabilityType": "available"})
    assert api_v2("PUT", path, {"availabilityType": "unavailable"})["id"] == office["id"]


def test_the_first_calendar_may_be_opened_once(api_v2):
    api_v2("POST", "/calendars/CAL/schedules", ONCE | {"availabilityType": "available"})


@pytest.mark.parametrize(
    ("body", "open_then", "closed_then"),
    [
        ({"recurrence": "daily"}, "2026-11-29T10:00", "2026-11-29T08:00"),
        (
            {"recurrence": "daily", "recurrenceEndDate": "2026-11-25"},
            "2026-11-25T10:00",
            "2026-11-26T10:00",
        ),
        ({"recurrence": "weekly", "daysOfWeek": [7]}, "2026-11-29T10:00", "2026-11-30T10:00"),
        ({"recurrence": "monthly", "dayOfMonth": 31}, "2026-12-31T10:00", "2026-11-30T10:00"),
    ],
)
def test_a_schedule_recurs_as_it_says(schedule, bookable, body, open_then, closed_then):
    hours = {"availabilityType": "available", "startTime": "09:00", "endTime": "17:00"}

    made = schedule(hours | body)

    assert bookable(open_then)
    assert not bookable(closed_then)
    expected = dict.fromkeys(OF_A_RECURRENCE) | hours | body
    assert {name: made[name] for name in expected} == expected


def test_hours_that_are_left_out_are_the_whole_day(schedule, bookable):
    made = schedule(ONCE)

    assert (made["startTime"], made["endTime"]) == ("00:00", "24:00")
    assert not bookable("2026-11-24T00:00")
    assert not bookable("2026-11-24T23:30")


def test_a_schedule_may_have_a_zone_of_its_own(api_v2, schedule, open_calendar, bookable):
    made = schedule(OFFICE | {"timezone": "Europe/Lisbon"})

    assert made["timezone"] == "Europe/Lisbon"
    assert bookable("2026-11-24T04:00")
    assert not bookable("2026-11-24T16:00")
    path = f"/calendars/{open_calendar}/schedules/{made['id']}"
    assert api_v2("PUT", path, {"timezone": None})["timezone"] is None
    assert bookable("2026-11-24T16:00")


def test_a_schedule_is_changed_by_what_was_sent(api_v2, schedule, open_calendar):
    made = schedule(OFFICE | {"recurrenceEndDate": "2026-12-24"})
    path = f"/calendars/{open_calendar}/schedules/{made['id']}"

    longer = api_v2("PUT", path, {"endTime": "18:00", "recurrence": None, "name": None})
    monthly = {"recurrence": "monthly", "dayOfMonth": 1, "recurrenceEndDate": None}
    changed = api_v2("PUT", path, monthly)
    back = api_v2("PUT", path, made)

    assert longer == made | {"endTime": "18:00", "name": None}
    assert changed == longer | monthly | {"daysOfWeek": None}
    assert back == made
    assert api_v2("GET", f"/calendars/{open_calendar}/schedules") == [made]


def test_a_schedule_is_deleted(api_v2, schedule, open_calendar, bookable):
    path = f"/calendars/{open_calendar}/schedules/{schedule(OFFICE)['id']}"

    assert api_v2("DELETE", path) == {"success": True}

    assert bookable("2026-11-24T20:00")
    for method, body in (("PUT", {}), ("DELETE", None)):
        assert api_v2(method, path, body, expect=404)["code"] == "unknown_rule"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 422, "availabilityType: field required"),
        (OFFICE | {"recurrence": "yearly"}, 422, "recurrence: input should be"),
        (OFFICE | {"daysOfWeek": None}, 400, "daysOfWeek: must be numbers from 1 to 7"),
        (OFFICE | {"daysOfWeek": [8]}, 400, "daysOfWeek: must be numbers from 1 to 7"),
        (OFFICE | {"endTime": "9pm"}, 400, "endTime: must be HH:MM"),
        (OFFICE | {"endTime": "08:00"}, 400, "endTime: must be after startTime"),
        (OFFICE | {"endTime": None}, 400, "endTime: is required here"),
        (OFFICE | {"date": "2026-11-24"}, 400, "date: does not belong to the recurrence weekly"),
        (OFFICE | {"recurrenceEndDate": "never"}, 400, "recurrenceEndDate: must be a date"),
        (OFFICE | {"recurrenceEndDate": "2026-11-240"}, 422, "recurrenceEndDate"),
        (OFFICE | {"description": "d"}, 422, "description"),
        (OFFICE | {"eventTypeIds": [1]}, 422, "does not exist here"),
        (OFFICE | {"timezone": "Mars"}, 400, "timezone: must be an IANA time zone"),
        (ONCE | {"date": None}, 400, "date: must be YYYY-MM-DD"),
        (ONCE | {"dayOfMonth": 1}, 400, "dayOfMonth: does not belong to the recurrence once"),
        (
            {"availabilityType": "available", "recurrence": "monthly"},
            400,
            "dayOfMonth: is required here",
        ),
        (
            {"availabilityType": "available", "recurrence": "monthly", "dayOfMonth": 32},
            422,
            "dayOfMonth",
        ),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_by_its_field(schedule, body, status, told):
    assert told in schedule(body, expect=status)["detail"]
