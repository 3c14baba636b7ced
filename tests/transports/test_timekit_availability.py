"""The Timekit family's availability query, and that what it offers can be booked."""

import pytest

from tests.transports.conftest import tool_result

MONDAY = {"from": "2026-11-23T09:00", "to": "2026-11-23T12:00"}


@pytest.fixture
def api(rest, calendar):
    """Call a path below /v2 and return its JSON."""

    def api(method, path, body, *, expect=None):
        answer = rest.request(method, f"/v2{path}", json=body)
        expected = expect or (200 if path == "/availability" else 201)
        assert answer.status_code == expected, answer.text
        return answer.json()

    return api


@pytest.fixture
def add(api):
    """Create a resource and return its id."""

    def add(name, timezone="America/New_York", **more):
        body = {"name": name, "timezone": timezone, **more}
        return api("POST", "/resources", body)["data"]["id"]

    return add


@pytest.fixture
def ann(add):
    return add("Ann")


@pytest.fixture
def bo(add):
    return add("Bo")


@pytest.fixture
def block(api):
    """Block a resource on the Monday."""

    def block(calendar_id, start, end, **more):
        times = {"start": f"2026-11-23T{start}", "end": f"2026-11-23T{end}"}
        body = {"calendar_id": calendar_id, "what": "x", "where": "y", **times, **more}
        return api("POST", "/events", body)["data"]["id"]

    return block


@pytest.fixture
def ask(api):
    """Return the starts on New York clocks, each with the names of who is free."""

    def ask(*resources, **more):
        body = {
            "mode": "mutual",
            "resources": resources,
            "output_timezone": "America/New_York",
            **MONDAY,
            **more,
        }
        found = api("POST", "/availability", body)["data"]
        return {
            f"{slot['start'][11:16]}-{slot['end'][11:16]}": "".join(
                r["name"] for r in slot["resources"]
            )
            for slot in found
        }

    return ask


def test_a_resource_is_free_until_something_blocks_it(ask, block, ann):
    assert list(ask(ann)) == ["09:00-10:00", "10:00-11:00", "11:00-12:00"]
    block(ann, "10:30", "11:00")
    assert list(ask(ann)) == ["09:00-10:00", "11:00-12:00"]


def test_an_event_that_does_not_block_leaves_its_time_free(ask, block, ann):
    block(ann, "10:30", "11:00", transparent=True)

    assert list(ask(ann)) == ["09:00-10:00", "10:00-11:00", "11:00-12:00"]


def test_the_defaults_are_an_hour_from_now_for_four_weeks_in_utc(api, ann):
    found = api("POST", "/availability", {"mode": "mutual", "resources": [ann]})["data"]

    assert found[0] == {
        "start": "2026-11-20T15:00:00+00:00",
        "end": "2026-11-20T16:00:00+00:00",
        "resources": [{"id": ann, "name": "Ann", "timezone": "America/New_York"}],
    }
    assert found[-1]["end"] == "2026-12-18T15:00:00+00:00"
    assert len(found) == 28 * 24


def test_the_first_slot_begins_at_a_full_hour_or_now(ask, ann, clock):
    clock.move_to("2026-11-20T10:07")
    soon = {"from": "now", "to": "3 hours"}

    assert list(ask(ann, **soon)) == ["11:00-12:00", "12:00-13:00"]
    exact = ask(ann, **soon, round_to_nearest_hour=False)
    assert list(exact) == ["10:07-11:07", "11:07-12:07", "12:07-13:07"]


def test_a_full_hour_is_one_on_the_clocks_of_the_resource(ask, add, clock):
    india = add("Indu", "Asia/Kolkata")

    assert list(ask(india, **{"from": "now", "to": "2 hours"})) == ["10:30-11:30"]


def test_what_is_over_is_not_offered(ask, ann):
    assert next(iter(ask(ann, **{"from": "-3 hours", "to": "2 hours"}))) == "10:00-11:00"
    assert ask(ann, **{"from": "-3 hours", "to": "-1 hour"}) == {}


def test_increments_and_length(ask, ann):
    found = ask(ann, to="2026-11-23T10:30", length="1 hour", timeslot_increments="15 minutes")

    assert list(found) == ["09:00-10:00", "09:15-10:15", "09:30-10:30"]


def test_any_length_gives_the_gaps(ask, block, ann, bo):
    block(ann, "10:00", "10:20")

    assert list(ask(ann, length=None)) == ["09:00-10:00", "10:20-12:00"]
    assert ask(ann, bo, length=None, mode="exclusive") == {
        "09:00-10:00": "Ann",
        "09:00-12:00": "Bo",
        "10:20-12:00": "Ann",
    }


def test_a_buffer_keeps_clear_of_events_on_both_sides(ask, block, ann):
    block(ann, "08:00", "09:00")
    block(ann, "12:00", "12:30")

    found = ask(ann, length="30 minutes", buffer="20 minutes")

    assert list(found) == ["09:30-10:00", "10:00-10:30", "10:30-11:00", "11:00-11:30"]


def test_mutual_is_when_all_are_free(ask, block, ann, bo):
    block(ann, "09:00", "10:00")
    block(bo, "11:00", "12:00")

    assert ask(ann, bo) == {"10:00-11:00": "AnnBo"}


def test_exclusive_names_all_who_are_free(ask, block, ann, bo):
    block(ann, "09:00", "10:00")
    block(bo, "11:00", "12:00")

    found = ask(ann, bo, mode="exclusive")

    assert found == {"09:00-10:00": "Bo", "10:00-11:00": "AnnBo", "11:00-12:00": "Ann"}


def test_prioritized_names_the_first_who_is_free(ask, block, ann, bo):
    block(ann, "09:00", "10:00")
    mode = "roundrobin_prioritized"

    assert list(ask(ann, bo, mode=mode).values()) == ["Bo", "Ann", "Ann"]
    assert list(ask(bo, ann, mode=mode).values()) == ["Bo", "Bo", "Bo"]


def test_random_names_one_who_is_free_and_not_always_the_same(ask, block, ann, bo):
    block(ann, "09:00", "10:00")

    seen = [tuple(ask(ann, bo, mode="roundrobin_random").values()) for _ in range(40)]

    assert set(seen) == {("Bo", "Ann", "Ann"), ("Bo", "Bo", "Bo")}


def test_constraints_are_read_on_each_resources_clocks(ask, ann, add):
    west = add("Wes", "America/Los_Angeles")
    opening = [{"allow_hours": {"start": 9, "end": 12}}, {"block_weekends": {}}]

    day = {"from": "2026-11-23", "to": "2026-11-24"}
    found = ask(ann, west, mode="exclusive", constraints=opening, **day)

    assert found == {
        "09:00-10:00": "Ann",
        "10:00-11:00": "Ann",
        "11:00-12:00": "Ann",
        "12:00-13:00": "Wes",
        "13:00-14:00": "Wes",
        "14:00-15:00": "Wes",
    }
    assert ask(ann, **{"from": "2026-11-21", "to": "2026-11-23"}, constraints=opening) == {}


def test_a_query_does_not_open_what_the_resource_closes(ask, add):
    early = add("Eve", availability_constraints=[{"allow_hours": {"start": 9, "end": 11}}])

    assert list(ask(early)) == ["09:00-10:00", "10:00-11:00"]
    assert list(ask(early, constraints=[{"allow_hours": {"start": 10, "end": 14}}])) == [
        "10:00-11:00"
    ]


def test_output_timezone_only_writes_the_answer(api, ann):
    body = {"mode": "mutual", "resources": [ann], **MONDAY}
    tokyo = {"output_timezone": "Asia/Tokyo"}

    assert api("POST", "/availability", body)["data"][0]["start"] == "2026-11-23T14:00:00+00:00"
    written = api("POST", "/availability", body | tokyo)["data"][0]["start"]
    assert written == "2026-11-23T23:00:00+09:00"


def test_every_calendar_of_a_resource_blocks_it(ask, block, api, ann):
    further = {"resource_id": ann, "name": "Private", "description": "d"}
    private = api("POST", "/calendars", further)["data"]["id"]
    block(private, "10:00", "11:00")

    assert list(ask(ann)) == ["09:00-10:00", "11:00-12:00"]
    api("POST", "/availability", {"mode": "mutual", "resources": [private]}, expect=404)


def test_a_resource_that_is_not_there_is_never_free(api, ann):
    body = {"mode": "exclusive", "resources": [ann, "5c4ed000-0001-8000-8000-000000000001"]}

    assert api("POST", "/availability", body, expect=404)["code"] == "unknown_calendar"


def test_what_is_offered_can_be_booked_through_the_other_doors(ask, url, ann):
    when = "2026-11-23T" + next(iter(ask(ann, length="30 minutes")))[:5]
    booked = tool_result(
        url, "create_event", title="x", calendar_id=ann, start_at=when, duration_minutes=30
    )

    assert not booked.get("isError")
    assert next(iter(ask(ann, length="30 minutes"))) == "09:30-10:00"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "any"}, "mode"),
        ({"resources": []}, "resources"),
        ({"to": "7 months"}, "to"),
        ({"from": "2 days", "to": "1 day"}, "to"),
        ({"from": "soon"}, "from"),
        ({"length": "long"}, "length"),
        ({"length": "0 minutes"}, "length"),
        ({"timeslot_increments": "1 second"}, "timeslot_increments"),
        ({"buffer": "x"}, "buffer"),
        ({"output_timezone": "Mars"}, "timezone"),
        ({"constraints": [{"allow": {}}]}, "constraints.0"),
        ({"timeslot_increments": "1 minute", "length": "1 minute", "to": "4 weeks"}, "to"),
    ],
)
def test_what_cannot_be_asked_is_named(api, ann, wrong, field):
    body = {"mode": "mutual", "resources": [ann], **wrong}

    assert list(api("POST", "/availability", body, expect=422)["errors"]) == [field]


def test_there_are_no_projects(api, ann):
    body = {"mode": "mutual", "resources": [ann], "project_id": "p"}

    assert api("POST", "/availability", body, expect=422)["code"] == "unsupported"
