"""The Timekit family's bookings: reserved, made, acted upon; one slot goes to one of them."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.transports.conftest import bearer, tool_result

TIME = {"start": "2026-11-23T10:00:00-0500", "end": "2026-11-23T11:00:00-0500"}
WHAT = {"what": "Consultation", "where": "Room 3", "description": "First one"}
CUSTOMER = {"name": "Cy", "email": "cy@example.com", "phone": "+1 212 555 0100"}
MONDAY_MORNING = {"day": "Monday", "start": 9, "end": 12}
EVERYTHING = "event,calendar,customers,attributes,meta,available_actions"


@pytest.fixture
def api(rest, calendar):
    """Call a path below /v2 and return its JSON."""

    def api(method, path, body=None, *, expect=None, key=None, **params):
        headers = {"Idempotency-Key": key} if key else {}
        answer = rest.request(method, f"/v2{path}", json=body, params=params, headers=headers)
        created = 201 if path.count("/") == 1 or path == "/bookings/reserve" else 200
        expected = expect or {"POST": created, "GET": 200}.get(method, 204)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    return api


@pytest.fixture
def ann(api):
    body = {"name": "Ann", "timezone": "America/New_York", "email": "ann@example.com"}
    return api("POST", "/resources", body)["data"]["id"]


@pytest.fixture
def wanted(ann):
    return {**TIME, **WHAT, "resource_id": ann, "graph": "instant", "customer": CUSTOMER}


@pytest.fixture
def book(api, wanted):
    def book(*, expect=None, key=None, **more):
        made = api("POST", "/bookings", wanted | more, expect=expect, key=key, include=EVERYTHING)
        return made if expect else made["data"]

    return book


@pytest.fixture
def reserve(api, ann):
    def reserve(*, expect=None, key=None, **more):
        body = {**TIME, **WHAT, "resource_id": ann, **more}
        made = api("POST", "/bookings/reserve", body, expect=expect, key=key)
        return made if expect else made["data"]

    return reserve


@pytest.fixture
def read(api):
    def read(booking):
        return api("GET", f"/bookings/{booking['id']}", include=EVERYTHING)["data"]

    return read


def slots(api, resource):
    body = {"mode": "mutual", "resources": [resource], "from": "2026-11-23T10:00"}
    return len(api("POST", "/availability", body | {"to": "2026-11-23T11:00"}, expect=200)["data"])


def test_an_instant_booking_is_confirmed_and_takes_its_time(api, book, ann):
    made = book(participants=["ann@example.com", "bo@example.com"], my_rsvp="tentative")

    assert (made["state"], made["graph"], made["completed"]) == ("confirmed", "instant", False)
    assert made["created_at"] == "2026-11-20T10:00:00-05:00"
    assert made["event"]["what"] == "Consultation"
    assert made["event"]["start"] == "2026-11-23T10:00:00-05:00"
    assert made["event"]["participants"] == ["cy@example.com", "ann@example.com", "bo@example.com"]
    assert made["event"]["rsvp"] == "tentative"
    assert made["customers"] == [CUSTOMER]
    assert made["attributes"]["resource_id"] == made["calendar"]["id"] == ann
    assert slots(api, ann) == 0


def test_only_what_is_asked_for_is_included(api, wanted):
    made = api("POST", "/bookings", wanted)["data"]

    assert set(made) == {"id", "state", "graph", "completed", "created_at", "updated_at"}
    read = api("GET", f"/bookings/{made['id']}", include="available_actions")["data"]
    assert read["available_actions"] == [
        "cancel",
        "cancel_by_customer",
        "complete",
        "reschedule_by_customer",
    ]


def test_a_wrong_include_books_nothing(api, wanted, ann):
    api("POST", "/bookings", wanted, include="user", expect=422)

    assert api("GET", "/bookings")["total"] == 0


def test_the_older_form_has_the_event_nested(api, ann):
    event = {**TIME, **WHAT, "participants": ["bo@example.com"], "invite": True}
    body = {"resource_id": ann, "graph": "instant", "customer": CUSTOMER, "event": event}

    made = api("POST", "/bookings", body, include="event")["data"]

    assert made["event"]["what"] == "Consultation"
    assert "bo@example.com" in made["event"]["participants"]


def test_what_is_required_is_named(api):
    refused = api("POST", "/bookings", {}, expect=422)["errors"]

    assert sorted(refused) == [
        "customer",
        "description",
        "end",
        "graph",
        "resource_id",
        "start",
        "what",
        "where",
    ]
    assert "duration" not in api("POST", "/bookings/reserve", {}, expect=422)["errors"]


@pytest.mark.parametrize("graph", ["group_owner", "group_customer", "instant_payment"])
def test_graphs_that_there_are_not_are_refused_with_those_that_there_are(book, graph):
    refused = book(graph=graph, expect=422)

    assert refused["code"] == "unsupported"
    assert refused["hint"] == "There are: instant, confirm_decline."


def test_a_booking_does_not_begin_with_just_any_action(book):
    assert "action" in book(action="cancel", expect=422)["errors"]
    assert book(action="confirm")["state"] == "confirmed"


def test_double_booking_is_refused_with_alternatives_unless_allowed(book):
    book()

    refused = book(expect=409)

    assert refused["code"] == "slot_taken"
    assert {"start": "2026-11-23T16:00:00Z", "end": "2026-11-23T17:00:00Z"} in refused[
        "alternatives"
    ]
    assert book(settings={"allow_double_bookings": True})["state"] == "confirmed"


def test_alternatives_lie_inside_the_resources_own_constraints(api, book, reserve, ann):
    opening = {"availability_constraints": [{"allow_day_and_time": MONDAY_MORNING}]}
    api("PUT", f"/resources/{ann}", opening)
    held = reserve(duration=60)
    path = f"/bookings/{book(start='2026-11-23T11:00', end='2026-11-23T12:00')['id']}"
    to = {"resource_id": ann, "start": TIME["start"], "end": TIME["end"]}

    refused = [
        book(expect=409),
        reserve(expect=409),
        api("PUT", f"{path}/reschedule", to, expect=409),
        api("PUT", f"{path}/reschedule_by_customer", TIME, expect=409),
    ]

    starts = ["2026-11-30T15:00:00Z", "2026-11-23T14:00:00Z", "2026-12-07T15:00:00Z"]
    for one in refused:
        assert [slot["start"] for slot in one["alternatives"]] == starts
    assert held


def test_every_calendar_of_the_resource_is_looked_at(api, book, reserve, ann):
    further = {"resource_id": ann, "name": "Private", "description": "d"}
    private = api("POST", "/calendars", further)["data"]["id"]
    event = {**WHAT, "calendar_id": private, "start": TIME["start"], "end": TIME["end"]}
    made = api("POST", "/events", event)["data"]["id"]

    refused = book(expect=409)

    assert refused["code"] == "slot_taken"
    assert {"start": "2026-11-23T15:00:00Z", "end": "2026-11-23T16:00:00Z"} not in refused[
        "alternatives"
    ]
    reserve(expect=409)
    api("DELETE", f"/events/{made}")
    assert book(calendar_id=private)["calendar"]["id"] == private
    book(expect=409)
    assert "calendar_id" in book(calendar_id="1", expect=422)["errors"]


def test_one_of_many_gets_the_slot(start, calendar, a_token, app):
    url, headers = start(), bearer(a_token("admin"))
    with httpx.Client(base_url=f"{url}/v2", headers=headers, timeout=60) as client:
        resource = {"name": "Ann", "timezone": "America/New_York"}
        ann = client.post("/resources", json=resource).json()["data"]["id"]
        further = {"resource_id": ann, "name": "Private", "description": "d"}
        private = client.post("/calendars", json=further).json()["data"]["id"]

        def attempt(number):
            where = {"calendar_id": private} if number % 2 else {}
            body = {**TIME, **WHAT, "resource_id": ann, "graph": "instant", "customer": CUSTOMER}
            return client.post("/bookings", json=body | where).status_code

        with ThreadPoolExecutor(24) as pool:
            statuses = list(pool.map(attempt, range(24)))

        assert sorted(statuses) == [201] + [409] * 23
        assert client.get("/bookings").json()["total"] == 1


def test_one_of_many_actions_is_the_one_that_happens(api, rest, book, read):
    first, second = book(graph="confirm_decline"), book(graph="confirm_decline")
    asked = [f"/v2/bookings/{first['id']}/{action}" for action in ("confirm", "decline")] * 8
    rival = [f"/v2/bookings/{second['id']}/confirm"] * 4

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda path: rest.put(path).status_code, asked + rival))

    states = sorted([read(first)["state"], read(second)["state"]])
    assert sorted(answers[:16]).count(204) + answers[16:].count(204) == (
        2 if states == ["confirmed", "declined"] else 1
    )
    assert states in (["confirmed", "declined"], ["confirmed", "tentative"])
    assert set(answers) == {204, 409}


def test_a_reservation_keeps_its_time_until_it_runs_out(api, book, reserve, clock, ann):
    held = reserve(duration=90)

    assert held["expires_at"] == "2026-11-20T10:01:30-05:00"
    assert book(expect=409)["code"] == "slot_taken"
    assert api("GET", "/bookings")["total"] == 0
    clock.move_by(2)
    assert slots(api, ann) == 1
    refused = book(reservation_id=held["id"], expect=409)
    assert refused["code"] == "hold_expired"
    assert {"start": "2026-11-23T15:00:00Z", "end": "2026-11-23T16:00:00Z"} in refused[
        "alternatives"
    ]
    book()


def test_a_reservation_lasts_thirty_seconds_by_default_and_an_hour_at_most(reserve):
    assert reserve()["expires_at"] == "2026-11-20T10:00:30-05:00"
    for duration in (0, 3601, "30", 1.5):
        assert "duration" in reserve(duration=duration, expect=422)["errors"]


def test_a_reservation_becomes_the_booking(api, book, reserve, clock, read):
    held = reserve(duration=60, what="Held")

    made = book(reservation_id=held["id"])

    assert made["id"] == held["id"]
    assert made["event"]["what"] == "Consultation"
    clock.move_by(5)
    assert read(made)["state"] == "confirmed"
    assert book(reservation_id=held["id"], expect=404)["code"] == "unknown_event"


def test_a_reservation_that_waits_for_confirmation_does_not_run_out(book, reserve, clock, read):
    held = reserve(duration=60)
    made = book(reservation_id=held["id"], graph="confirm_decline")

    clock.move_by(5)

    assert (made["state"], read(made)["state"]) == ("tentative", "tentative")


def test_a_reservation_is_of_its_resource(api, book, reserve):
    held = reserve()
    other = api("POST", "/resources", {"name": "Bo", "timezone": "UTC"})["data"]["id"]

    assert book(reservation_id=held["id"], resource_id=other, expect=404)["code"] == "unknown_event"


def test_what_is_tentative_takes_no_time_until_it_is_confirmed(api, book, ann, read):
    first = book(graph="confirm_decline")
    second = book(graph="confirm_decline")

    assert (first["state"], first["available_actions"]) == ("tentative", ["confirm", "decline"])
    assert slots(api, ann) == 1
    api("PUT", f"/bookings/{first['id']}/confirm")
    assert slots(api, ann) == 0
    refused = api("PUT", f"/bookings/{second['id']}/confirm", expect=409)
    assert refused["code"] == "slot_taken"
    assert (read(first)["state"], read(second)["state"]) == ("confirmed", "tentative")


def test_what_is_declined_is_over(api, book, read):
    made = book(graph="confirm_decline", action="create")
    path = f"/bookings/{made['id']}"

    after = api("POST", f"{path}/decline", {"decline": {"message": "Away"}}, include=EVERYTHING)

    assert after["data"]["state"] == "declined"
    assert after["data"]["attributes"]["inputs"] == {"decline": {"message": "Away"}}
    assert after["data"]["available_actions"] == []
    assert api("PUT", f"{path}/confirm", expect=409)["code"] == "status_conflict"


@pytest.mark.parametrize(
    ("action", "state"),
    [("cancel", "cancelled"), ("cancel_by_customer", "cancelled_by_customer")],
)
def test_a_cancelled_booking_frees_its_time(api, book, read, ann, url, action, state):
    made = book()
    path = f"/bookings/{made['id']}"

    api("PUT", f"{path}/{action}", {action: {"message": "Ill"}})

    assert read(made)["state"] == state
    assert slots(api, ann) == 1
    seen = tool_result(url, "get_event", event_id=made["attributes"]["event_id"])
    assert seen["structuredContent"]["event"]["status"] == "cancelled"
    refused = api("PUT", f"{path}/{action}", expect=409)
    assert (refused["code"], refused["hint"]) == (
        "status_conflict",
        "Its state is final: book again.",
    )


def test_a_booking_is_moved_by_customer_and_by_staff(api, book, read, ann):
    made = book()
    path = f"/bookings/{made['id']}"
    noon = {"start": "2026-11-23T12:00", "end": "2026-11-23T13:00"}
    two = {"start": "2026-11-23T14:00", "end": "2026-11-23T15:00"}

    api("PUT", f"{path}/reschedule_by_customer", {"reschedule_by_customer": noon})
    by_customer = read(made)
    by_staff = api("POST", f"{path}/reschedule", two | {"resource_id": ann}, include="event")
    book(start=noon["start"], end=noon["end"])
    api("PUT", f"{path}/reschedule", two | {"resource_id": ann})
    taken = api("POST", f"{path}/reschedule_by_customer", noon, expect=409)

    assert by_customer["state"] == "rescheduled_by_customer"
    assert by_customer["event"]["start"] == "2026-11-23T12:00:00-05:00"
    assert by_staff["data"]["state"] == "rescheduled_by_customer"
    assert by_staff["data"]["event"]["start"] == "2026-11-23T14:00:00-05:00"
    assert taken["code"] == "slot_taken"
    assert slots(api, ann) == 1


def test_a_new_time_belongs_to_rescheduling_and_stays_with_the_resource(api, book):
    path = f"/bookings/{book()['id']}"
    other = api("POST", "/resources", {"name": "Bo", "timezone": "UTC"})["data"]["id"]

    api("PUT", f"{path}/reschedule_by_customer", expect=422)
    api("PUT", f"{path}/cancel", TIME, expect=422)
    moved = TIME | {"resource_id": other}
    assert api("POST", f"{path}/reschedule", moved, expect=422)["code"] == "unsupported"
    api("PUT", f"{path}/fly", expect=422)


def test_a_booking_completes_itself_an_hour_after_its_end(api, book, read, clock):
    made, waiting = book(), book(graph="confirm_decline")
    path = f"/bookings/{made['id']}"

    clock.move_to("2026-11-23T11:59")
    before = read(made)
    clock.move_to("2026-11-23T12:00")
    after = read(made)

    assert (before["state"], before["completed"]) == ("confirmed", False)
    assert (after["state"], after["completed"]) == ("completed", True)
    assert read(waiting)["state"] == "tentative"
    assert api("PUT", f"{path}/cancel", expect=409)["code"] == "status_conflict"
    body = TIME | {"resource_id": made["attributes"]["resource_id"]}
    assert api("POST", f"{path}/reschedule", body, expect=409)["code"] == "status_conflict"


def test_a_booking_is_completed_by_hand(api, book, read, ann):
    made = book()

    api("PUT", f"/bookings/{made['id']}/complete")

    assert read(made)["completed"] is True
    assert slots(api, ann) == 0


def test_a_booking_that_another_door_cancels_is_cancelled(api, book, read, url):
    made = book()

    tool_result(url, "cancel_event", event_id=made["attributes"]["event_id"])

    assert read(made)["state"] == "cancelled"


def test_an_event_that_only_calls_itself_a_booking_is_none(api, url, calendar):
    when = {"start_at": "2026-11-23T10:00", "duration_minutes": 30}
    made = tool_result(url, "create_event", title="x", type="booking", **when)
    number = made["structuredContent"]["event"]["id"].removeprefix("evt_")

    assert api("GET", "/bookings")["total"] == 0
    api("GET", f"/bookings/{number}", expect=404)
    api("PUT", f"/bookings/{number}/cancel", expect=404)


def test_meta_is_kept_and_replaced(api, book, read):
    made = book(meta={"crm": {"id": 7}})

    api("PUT", f"/bookings/{made['id']}", {"meta": {"crm": 8}})

    assert made["meta"] == {"crm": {"id": 7}}
    after = read(made)
    assert (after["meta"], after["state"], after["customers"]) == (
        {"crm": 8},
        "confirmed",
        [CUSTOMER],
    )


def test_bookings_are_listed_by_start_and_narrowed(api, book, ann):
    waiting = book(graph="confirm_decline", start="2026-11-24T10:00", end="2026-11-24T11:00")
    gone, kept = book(), book(start="2026-11-25T10:00", end="2026-11-25T11:00")
    api("PUT", f"/bookings/{gone['id']}/cancel")

    def listed(**params):
        return [one["id"] for one in api("GET", "/bookings", **params)["data"]]

    assert listed() == [gone["id"], waiting["id"], kept["id"]]
    assert listed(search="graph:confirm_decline") == [waiting["id"]]
    assert listed(search="state:cancelled") == [gone["id"]]
    assert listed(search=f"resource_id:{ann};state:confirmed") == [kept["id"]]
    assert listed(limit=2, page=2) == [kept["id"]]
    assert api("GET", "/bookings", include="event")["data"][0]["event"]["what"] == "Consultation"


def test_only_what_is_final_is_deleted(api, book):
    path = f"/bookings/{book()['id']}"

    refused = api("DELETE", path, expect=409)
    api("PUT", f"{path}/cancel")
    api("DELETE", path)

    assert refused["code"] == "status_conflict"
    api("GET", path, expect=404)
    api("DELETE", path, expect=404)


def test_every_write_with_a_key_acts_once(api, book, reserve, read, ann):
    held = [reserve(duration=60, key="k1") for _ in range(2)]
    made = [book(reservation_id=held[0]["id"], key="k2") for _ in range(2)]
    path = f"/bookings/{made[0]['id']}"
    to = {"resource_id": ann, "start": "2026-11-23T15:00", "end": "2026-11-23T16:00"}
    for _ in range(2):
        api("POST", f"{path}/reschedule", to, key="k3")
        api("PUT", path, {"meta": {"a": 1}}, key="k4")
    for _ in range(2):
        api("PUT", f"{path}/cancel", {"cancel": {"message": "x"}}, key="k5")
    state = read(made[0])["state"]
    for _ in range(2):
        api("DELETE", path, key="k6")

    assert (held[0], made[0], state) == (held[1], made[1], "cancelled")


def test_customers_need_something_to_be_called_by(book):
    refused = book(customer={"timezone": "UTC"}, expect=422)

    assert refused["code"] == "invalid_argument"
