"""The workspace family's lists of events: bounds, order, pages."""

from datetime import date, timedelta

import pytest

from tests.builders import an_event, span


@pytest.fixture
def book(api_v2):
    """Book half an hour."""

    def book(title, when="2026-11-24T10:00", **more):
        return api_v2("POST", "/calendar-events", {"title": title, "startTime": when, **more})

    return book


def titles(listed):
    return [event["title"] for event in listed["items"]]


@pytest.fixture
def three(api_v2, book):
    book("b", "2026-11-24T09:00", endTime="2026-11-24T10:10")
    book("Ä", "2026-11-24T11:00", endTime="2026-11-24T12:00", status="tentative")
    last = book("c", "2026-11-24T13:00", endTime="2026-11-24T14:00")
    api_v2("POST", f"/calendar-events/{last['id']}/cancel")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "bÄc"),
        ({"sortOrder": "desc"}, "cÄb"),
        ({"sortBy": "title"}, "Äbc"),
        ({"sortBy": "title", "sortOrder": "desc"}, "cbÄ"),
        ({"sortBy": "status"}, "cbÄ"),
        ({"sortBy": "endTime"}, "bÄc"),
        ({"status": "tentative"}, "Ä"),
        ({"startDate": "2026-11-24T10:05"}, "bÄc"),
        ({"startDate": "2026-11-24T15:10:00Z"}, "Äc"),
        ({"endDate": "2026-11-24T11:30"}, "bÄ"),
        ({"endDate": "2026-11-24T11:00"}, "b"),
        ({"startDate": "2026-11-24", "endDate": "2026-11-24"}, "bÄc"),
        ({"startDate": "2026-11-25"}, ""),
        ({"page": "2", "pageSize": "2"}, "c"),
        ({"page": "3", "pageSize": "2"}, ""),
    ],
)
def test_events_are_listed_by_overlap_status_order_and_page(api_v2, three, params, expected):
    listed = api_v2("GET", "/calendar-events", **params)

    assert titles(listed) == list(expected)
    assert listed["page"] == int(params.get("page", 1))
    assert listed["pageSize"] == int(params.get("pageSize", 50))
    assert listed["total"] == (3 if "page" in params else len(expected))


def test_events_are_sorted_by_when_they_were_made_and_changed(api_v2, book, clock):
    early = book("early")
    clock.move_by(1)
    late = book("late", "2026-11-24T09:00")
    clock.move_by(1)
    api_v2("PUT", f"/calendar-events/{early['id']}", {"description": "d"})

    assert titles(api_v2("GET", "/calendar-events")) == ["late", "early"]
    assert titles(api_v2("GET", "/calendar-events", sortBy="createdAt")) == ["early", "late"]
    assert titles(api_v2("GET", "/calendar-events", sortBy="updatedAt")) == ["late", "early"]
    assert late["version"] == 1


def test_a_list_is_of_one_calendar_or_of_all(api_v2, book, calendar):
    other = api_v2("POST", "/calendars", {"name": "L", "timezone": "Europe/Lisbon"})["id"]
    book("here", "2026-11-24T09:00", calendarId=calendar.id)
    book("there", "2026-11-24T09:00", calendarId=other)

    assert titles(api_v2("GET", "/calendar-events")) == ["there", "here"]
    listed = api_v2("GET", "/calendar-events", calendarId=other)
    assert listed["items"][0]["startTime"] == "2026-11-24T09:00:00+00:00"
    bounds = {"startDate": "2026-11-24T08:00", "endDate": "2026-11-24T10:00"}
    assert titles(api_v2("GET", "/calendar-events", **bounds)) == ["here"]
    assert titles(api_v2("GET", "/calendar-events", **bounds, calendarId=other)) == ["there"]
    unknown = api_v2("GET", "/calendar-events", calendarId=other + 1, expect=404)
    assert unknown["code"] == "unknown_calendar"
    for number in (other, calendar.id):
        api_v2("DELETE", f"/calendars/{number}")
    assert api_v2("GET", "/calendar-events")["total"] == 0


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"status": "maybe"}, 422),
        ({"sortBy": "ownerId"}, 422),
        ({"sortOrder": "up"}, 422),
        ({"page": 0}, 422),
        ({"pageSize": 1001}, 422),
        ({"calendarId": "cal_7"}, 422),
        ({"attendee": "Jane"}, 422),
        ({"startDate": "soon"}, 400),
        ({"startDate": "2026-11-25", "endDate": "2026-11-24"}, 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api_v2, params, status):
    assert api_v2("GET", "/calendar-events", expect=status, **params)["detail"]


def test_a_list_that_is_too_long_is_refused_and_not_cut(api_v2, app, calendar, environment):
    with app.store.transaction(environment.id) as tx:
        for number in range(5001):
            day = (date(2027, 1, 1) + timedelta(days=number)).isoformat()
            tx.add_event(an_event(calendar.id, span("09:00", "09:30", day)))

    refused = api_v2("GET", "/calendar-events", expect=400)

    assert "More than 5000 events lie there. Ask for less with startDate" in refused["detail"]
    assert api_v2("GET", "/calendar-events", startDate="2027-01-02")["total"] == 5000
