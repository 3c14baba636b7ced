"""Every error code, raised over each door that can raise it, with what the caller reads."""

import sqlite3

import pytest

from sched_agent.errors import all_errors
from sched_agent.store.sqlite import connection
from sched_agent.transports.gate import Doorway
from sched_agent.transports.mcp import ERROR_KEY
from tests.transports.conftest import bearer, tool_call, tool_result

SLOT = {"start_at": "2026-11-23T10:00:00-05:00", "end_at": "2026-11-23T10:30:00-05:00"}


class Scene:
    """A server, its calendar, and both doors."""

    def __init__(self, start, calendar, a_token, clock, path):
        self.start, self.clock, self.path, self.a_token = start, clock, path, a_token
        self.url = start()
        self.calendar_id = self.get("/calendars")["data"][0]["id"]
        self.token = None

    def get(self, path):
        import httpx

        return httpx.get(f"{self.url}/api/v1{path}").json()

    def rest(self, method, path, body=None, token=None, key=None, **headers):
        import httpx

        headers |= bearer(token) if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        path = path.replace("CAL", f"/calendars/{self.calendar_id}")
        return httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers)

    def tool(self, name, token=None, /, **arguments):
        return tool_result(self.url, name, token, **arguments)

    def book(self, **more):
        made = self.tool("create_event", title="x", start_at=SLOT["start_at"], **more)
        return made["structuredContent"]["event"]["id"]

    def policy(self, **changes):
        assert self.rest("PUT", "CAL", changes).status_code == 200

    def break_database(self):
        raw = sqlite3.connect(self.path)
        raw.execute("pragma foreign_keys = off")
        raw.execute("drop table event")
        raw.close()

    def lock_database(self):
        self.lock = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.lock.execute("begin immediate")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Wait for a lock no longer than a test wants to."""
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)


@pytest.fixture
def scene(start, calendar, a_token, clock, tmp_path):
    scene = Scene(start, calendar, a_token, clock, tmp_path / "calendar.db")
    yield scene
    if hasattr(scene, "lock"):
        scene.lock.close()


def event(**more):
    return {"title": "x", **SLOT, **more}


def expired_hold(scene):
    held = scene.book(hold_minutes=1)
    scene.clock.move_by(1)
    return held


def book_twice(scene, **more):
    scene.book(request_id="r1")
    return scene.tool("create_event", title="other", start_at="2026-11-23T11:00", **more)


def rest_twice(scene):
    scene.book()
    return scene.rest("POST", "CAL/events", event())


def rest_expired(scene):
    path = f"CAL/events/{expired_hold(scene)}"
    return scene.rest("PUT", path, {"status": "confirmed"})


def rest_cancelled(scene):
    made = scene.rest("POST", "CAL/events", event(status="cancelled")).json()
    return scene.rest("PUT", f"CAL/events/{made['data']['id']}", {"title": "y"})


def full(scene, **policy):
    scene.policy(**policy)
    scene.book()
    return scene.tool("create_event", title="y", start_at="2026-11-23T15:00")


def hold_all(scene):
    """Hold as many half hours as one caller may, and return the next one."""
    for number in range(10):
        start = f"2026-11-23T{9 + number // 2:02}:{number % 2 * 30:02}"
        scene.tool("create_event", title="x", start_at=start, hold_minutes=5 + number)
    return {"start_at": "2026-11-23T14:30-05:00", "end_at": "2026-11-23T15:00-05:00"}


def rest_stale(scene):
    path = f"CAL/events/{scene.book()}"
    return scene.rest("PUT", path, {"title": "y"}, **{"If-Match": '"7"'})


def closing(scene):
    scene.url = scene.start(doorway=Doorway(closing=True))
    return scene.rest("GET", "CAL")


def limited(scene):
    """The second request within the minute, at a limit of one."""
    scene.url = scene.start(SCHED_AGENT_RATE_LIMIT="1")
    scene.rest("GET", "CAL")
    return scene.rest("GET", "CAL")


def many(scene):
    scene.policy(max_attendees=1)
    return scene.tool(
        "create_event",
        title="x",
        start_at=SLOT["start_at"],
        attendees=[{"name": "a"}, {"name": "b"}],
    )


def with_policy(scene, start_at, **policy):
    scene.policy(**policy)
    return scene.tool("create_event", title="x", start_at=start_at)


def after(act, then):
    act()
    return then()


MCP = {
    "invalid_argument": (
        lambda s: s.tool("create_event", start_at="2026-11-23T10:00", duration_minutes=0),
        r"title: field required; duration_minutes: input should be greater than or equal to 1",
    ),
    "unknown_argument": (
        lambda s: s.tool("create_event", titel="x", start_at="2026-11-23T10:00"),
        r"create_event has no argument titel \(did you mean title\?\)",
    ),
    "unrecognized_time": (
        lambda s: s.tool("check_availability", when="same time as usual"),
        r"when “same time as usual” is no day or time.*\n.*\nSay: Sorry, which day and what time",
    ),
    "ambiguous_time": (
        lambda s: s.tool("create_event", title="x", start_at="tuesday or wednesday at 3 pm"),
        r"\nSay: Do you mean Tuesday the 24th or Wednesday the 25th\?",
    ),
    "contradictory_time": (
        lambda s: s.tool("create_event", title="x", start_at="tuesday the 25th at 3 pm"),
        r"\nSay: Do you mean Wednesday the 25th or Tuesday the 24th\?",
    ),
    "nonexistent_time": (
        lambda s: s.tool("create_event", title="x", start_at="2027-03-14T02:30"),
        r"does not exist in America/New_York.*2027-03-14T03:30 and 2027-03-14T01:30",
    ),
    "in_the_past": (
        lambda s: s.tool("create_event", title="x", start_at="2026-11-19T10:00"),
        r"Thursday 19 November 2026, 10:00–10:30 \(America/New_York\): that time is over",
    ),
    "owner_conflict": (
        lambda s: s.tool("create_event", title="x", start_at=SLOT["start_at"], owner_id="u"),
        r"owner_type is missing: owner_type \(user or agent\) and owner_id come together",
    ),
    "not_allowed": (
        lambda s: s.tool("create_calendar", s.a_token("write"), name="x"),
        r"create_calendar needs the scope calendars:admin; the token has calendars:write",
    ),
    "unknown_calendar": (
        lambda s: s.tool("check_availability", calendar_ids=["cal_zzzzzz"]),
        r"No calendar has that id",
    ),
    "unknown_event": (
        lambda s: s.tool("get_event", event_id="evt_zzzzzz"),
        r"No event has that id",
    ),
    "unknown_rule": (
        lambda s: s.tool("remove_availability_rule", rule_id="rul_zzzzzz"),
        r"no availability rule with that id",
    ),
    "unknown_provider": (
        lambda s: s.tool("connect_provider", provider="fruit"),
        r"has no calendar provider of that name",
    ),
    "unknown_attendee": (
        lambda s: s.tool(
            "respond_to_event", event_id=s.book(), attendee="Omar", response="accepted"
        ),
        r"no attendee with that name, e-mail or phone",
    ),
    "outside_hours": (
        lambda s: s.tool("create_event", title="x", start_at="2026-11-23T20:00"),
        r"20:00–20:30 \(America/New_York\): the calendar is not open then",
    ),
    "too_soon": (
        lambda s: with_policy(s, "2026-11-20T10:30", min_notice_minutes=60),
        r"the calendar wants 60 minutes' notice",
    ),
    "too_far_ahead": (
        lambda s: with_policy(s, "2026-12-23T10:30", max_days_ahead=7),
        r"the calendar takes bookings 7 days ahead",
    ),
    "day_full": (lambda s: full(s, max_events_per_day=1), r"the calendar takes 1 events a day"),
    "too_many_attendees": (many, r"The calendar takes 1 attendees in one event"),
    "slot_taken": (
        lambda s: after(s.book, lambda: s.tool("create_event", title="x", **SLOT)),
        r"Monday 23 November 2026, 10:00–10:30 \(America/New_York\): that time is taken",
    ),
    "status_conflict": (
        lambda s: s.tool("update_event", event_id=s.book(status="cancelled"), title="y"),
        r"The event is cancelled, and that is final",
    ),
    "hold_expired": (
        lambda s: s.tool("update_event", event_id=expired_hold(s), status="confirmed"),
        r"The hold ran out",
    ),
    "stale": (
        lambda s: s.tool("cancel_event", event_id=s.book(), if_version=7),
        r"at version 1 now, not 7.\n.*\nNow: “x” Monday 23 November",
    ),
    "too_many_holds": (
        lambda s: s.tool("create_event", title="y", hold_minutes=5, **hold_all(s)),
        r"10 times on this calendar already, as many as one caller may.*10:05",
    ),
    "request_id_reused": (
        lambda s: book_twice(s, request_id="r1"),
        r"That request_id was used for another request before",
    ),
    "calendar_unreachable": (
        lambda s: after(
            s.lock_database, lambda: s.tool("create_event", title="x", start_at=SLOT["start_at"])
        ),
        r"locked by another program.\nNothing was changed",
    ),
    "internal": (
        lambda s: after(s.break_database, lambda: s.tool("list_events")),
        r"list_events failed by a fault of its own \(reference [0-9a-f]{8}\)",
    ),
}

REST = {
    "invalid_argument": (
        lambda s: s.rest("POST", "CAL/events", event(status="maybe")),
        r"status: input should be 'confirmed', 'tentative' or 'cancelled'",
    ),
    "unrecognized_time": (
        lambda s: s.rest("POST", "CAL/events", event(start_at="noon")),
        r"start_at 'noon' is not a date or time in ISO 8601",
    ),
    "nonexistent_time": (
        lambda s: s.rest("POST", "CAL/events", event(start_at="2027-03-14T02:30")),
        r"does not exist in America/New_York",
    ),
    "owner_conflict": (
        lambda s: s.rest("POST", "CAL/events", event(owner_type="user")),
        r"owner_id is missing",
    ),
    "not_authenticated": (
        lambda s: s.rest("GET", "CAL", token="talq_wrong"),
        r"The token is unknown, expired or revoked",
    ),
    "not_allowed": (
        lambda s: s.rest("DELETE", "CAL", token=s.a_token("write")),
        r"This needs the scope calendars:admin; the token has calendars:write",
    ),
    "unknown_calendar": (lambda s: s.rest("GET", "/calendars/none"), r"No calendar has that id"),
    "unknown_event": (lambda s: s.rest("GET", "CAL/events/none"), r"No event has that id"),
    "unknown_rule": (
        lambda s: s.rest("DELETE", "CAL/availability-rules/none"),
        r"no availability rule with that id",
    ),
    "unknown_provider": (
        lambda s: s.rest("POST", "CAL/providers", {"provider": "fruit", "redirect_uri": "x:y"}),
        r"has no calendar provider of that name",
    ),
    "unknown_connection": (
        lambda s: s.rest("GET", "CAL/providers/none"),
        r"has no provider connection|No provider connection",
    ),
    "meeting_provider_required": (
        lambda s: s.rest("POST", f"CAL/events/{s.book()}/meeting"),
        r"Calendar has no connected provider that supports meeting links",
    ),
    "slot_taken": (rest_twice, r"Monday 23 November 2026, 10:00–10:30 .*: that time is taken"),
    "status_conflict": (rest_cancelled, r"The event is cancelled, and that is final"),
    "hold_expired": (rest_expired, r"The hold ran out"),
    "stale": (rest_stale, r"at version 1 now, not 7"),
    "too_many_holds": (
        lambda s: s.rest("POST", "CAL/events", {"title": "y", "hold_minutes": 5, **hold_all(s)}),
        r"10 times on this calendar already",
    ),
    "shutting_down": (closing, r"The server is about to stop"),
    "request_id_reused": (
        lambda s: after(
            lambda: s.rest("POST", "CAL/events", event(), key="k1"),
            lambda: s.rest("POST", "CAL/events", event(title="y"), key="k1"),
        ),
        r"That request_id was used for another request before",
    ),
    "rate_limited": (limited, r"More than 1 requests in a minute; wait 60 s"),
    "calendar_unreachable": (
        lambda s: after(s.lock_database, lambda: s.rest("POST", "CAL/events", event())),
        r"locked by another program",
    ),
    "internal": (
        lambda s: after(s.break_database, lambda: s.rest("GET", "CAL/events")),
        r"failed by a fault of the server \(reference req_[0-9a-f]{16}\)",
    ),
}

ONLY_ONE_DOOR = {
    "not_authenticated": "over MCP it is the HTTP answer 401, tested below",
    "rate_limited": "over MCP it is the HTTP answer 429, tested below",
    "ambiguous_time": "REST takes no words for times",
    "contradictory_time": "REST takes no words for times",
    "unknown_argument": "the Talkover family's clients may send back whatever they read",
    "in_the_past": "the Talkover family checks conflicts only",
    "outside_hours": "the Talkover family checks conflicts only",
    "too_soon": "the Talkover family checks conflicts only",
    "too_far_ahead": "the Talkover family checks conflicts only",
    "day_full": "the Talkover family checks conflicts only",
    "too_many_attendees": "the Talkover family checks conflicts only",
    "unknown_attendee": "the Talkover family has no answers to invitations",
    "shutting_down": "over MCP it is the HTTP answer 503, tested below",
    "unknown_connection": "tools name calendars, not connections",
    "meeting_provider_required": "no tool makes meetings",
}
NEITHER_DOOR = {
    "outcome_unknown": "it takes a connection that breaks in a commit: test_lost_connections.py",
    "unknown_workspace": "only the paths of the workspace family name one: test_workspace.py",
    "unknown_event_rule": "only the workspace family has event rules: test_event_rules.py",
    "consent_needed": "it takes a provider that refuses us: tests/sync",
    "unsupported": "these calendars can do it all: tests/backends",
    "provider_rejected": "these calendars are nobody else's: tests/backends",
}


def test_every_code_is_raised_over_both_doors_or_there_is_a_reason():
    codes = {kind.code for kind in all_errors()}

    assert codes == MCP.keys() | REST.keys() | NEITHER_DOOR.keys()
    in_both = MCP.keys() & REST.keys()
    assert codes - in_both == ONLY_ONE_DOOR.keys() | NEITHER_DOOR.keys()


@pytest.mark.parametrize("code", MCP)
def test_a_tool_says_what_happened_and_what_to_do(scene, code):
    provoke, says = MCP[code]

    result = provoke(scene)

    text = result["content"][0]["text"]
    assert result["isError"]
    assert "structuredContent" not in result
    first, second = text.splitlines()[:2]
    assert first.startswith(f"{code}: ")
    assert second
    import re

    assert re.search(says, text), text
    data = result["_meta"][ERROR_KEY]
    assert data["code"].lower() == code
    assert data["hint"]
    assert data["say"] == text.splitlines()[-1].removeprefix("Say: ")


@pytest.mark.parametrize("code", REST)
def test_rest_says_what_happened_and_what_to_do(scene, code):
    provoke, says = REST[code]

    response = provoke(scene)

    import re

    kinds = {kind.code: kind for kind in all_errors()}
    assert response.status_code == kinds[code].status
    body = response.json()
    assert body["success"] is False
    assert body["code"].lower() == code
    assert body["hint"]
    assert re.search(says, body["message"]), body
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    "code", ["slot_taken", "outside_hours", "too_soon", "too_far_ahead", "day_full", "hold_expired"]
)
def test_a_refused_time_comes_with_free_ones(scene, code):
    result = MCP[code][0](scene)

    alternatives = result["_meta"][ERROR_KEY]["alternatives"]
    assert 1 <= len(alternatives) <= 3
    for slot in alternatives:
        assert slot["weekday"]
        assert slot["timezone"] == "America/New_York"
        assert slot["start_at"] in result["content"][0]["text"]
        again = scene.tool("check_availability", when=slot["start_at"])
        assert again["structuredContent"]["available"]


def test_over_mcp_a_missing_token_is_401_and_a_limit_429(scene):
    token = scene.a_token("read")

    refused = tool_call(scene.url, "list_calendars")
    scene.url = scene.start(SCHED_AGENT_RATE_LIMIT="1")
    tool_call(scene.url, "list_calendars", token)
    limited = tool_call(scene.url, "list_calendars", token)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == "60"


def test_a_server_that_is_about_to_stop_says_when_to_come_back_over_both_doors(scene):
    refused = closing(scene)
    over_mcp = tool_call(scene.url, "list_calendars")

    for answer in (refused, over_mcp):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["connection"] == "close"
    import httpx

    assert httpx.get(f"{scene.url}/readyz").status_code == 503
    assert httpx.get(f"{scene.url}/healthz").status_code == 200


def test_a_stale_change_is_told_what_the_event_is_now(scene):
    event_id = scene.book()
    scene.tool("update_event", event_id=event_id, title="newer")

    over_mcp = scene.tool("update_event", event_id=event_id, title="y", if_version=1)
    over_rest = scene.rest("PUT", f"CAL/events/{event_id}", {"title": "y"}, **{"If-Match": '"1"'})

    current = over_mcp["_meta"][ERROR_KEY]["current"]
    assert (current["title"], current["version"]) == ("newer", 2)
    assert over_rest.json()["current"]["title"] == "newer"
    assert over_rest.headers["etag"] == '"2"'


def test_no_error_leaks_what_is_inside(scene):
    scene.break_database()
    told = [
        scene.tool("list_events")["content"][0]["text"],
        scene.rest("GET", "CAL/events").text,
        scene.rest("POST", "CAL/events", event()).text,
    ]

    for text in told:
        assert not any(
            word in text.lower() for word in ("traceback", "sqlite", "select", ".py", "/")
        )
