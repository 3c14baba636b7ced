"""What somebody could try who is not meant to connect a calendar, or to know what opens it."""

import base64
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from sched_agent.bootstrap import set_up_logging
from sched_agent.errors import InvalidArgument, SchedAgentError
from sched_agent.model.connection import ProviderKind, State
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.interval import HOUR, MINUTE
from sched_agent.providers.vault import Vault, new_key
from sched_agent.services import calendars, environments, finishing, providers
from sched_agent.services.environments import local_admin
from sched_agent.services.flows import StateRefused, flow_of, state_of
from sched_agent.services.providers import NewProvider
from sched_agent.settings import Settings
from sched_agent.sync.access import opened
from sched_agent.transports.gate import Allowance
from tests.caldav_servers import PASSWORD, USERNAME, radicale
from tests.connecting import THERE, a_world  # noqa: F401  # a fixture
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET
from tests.transports.browsing import Fields, a_door  # noqa: F401  # a fixture

CALLBACK = "/api/v1/providers/callback"


def state_in(link):
    return parse_qs(urlsplit(link).query)["state"][0]


def is_untouched(world, number):
    now = world.connection(number)
    return now.state is State.PENDING and now.sealed_credentials is None


# The state -------------------------------------------------------------------------------------


def test_a_state_says_nothing_that_is_secret(world):
    begun = world.begin()

    said = base64.urlsafe_b64decode(begun.state.partition(".")[0] + "==").decode()

    assert said.split(":")[:2] == [str(world.admin.environment_id), str(begun.connection.id)]
    flow = Vault(world.app.outside.keys).unseal(begun.connection.sealed_flow)
    assert begun.state not in flow
    assert "verifier" not in said


def test_a_state_is_good_once(world):
    begun = world.begin()
    brought = world.agree(begun)
    world.finish(brought)

    for again in (brought, world.agree(begun)):
        with pytest.raises(StateRefused):
            world.finish(again)


def test_a_state_is_used_up_even_by_what_comes_to_nothing(world):
    begun = world.begin()
    world.finish({"state": begun.state, "code": "guessed"})

    with pytest.raises(StateRefused):
        world.finish(world.agree(begun))

    assert is_untouched(world, begun.connection.id)


def test_a_state_ends_after_ten_minutes(world, clock):
    begun = world.begin()
    brought = world.agree(begun)
    clock.now += 10 * MINUTE

    with pytest.raises(StateRefused):
        world.finish(brought)

    assert is_untouched(world, begun.connection.id)


def test_an_altered_state_is_refused(world):
    begun = world.begin()
    code = world.agree(begun)["code"]
    body, _, signature = begun.state.partition(".")
    said = base64.urlsafe_b64decode(body + "==").decode()
    environment, number, nonce = said.split(":")
    others = [
        f"{environment}:{int(number) + 1}:{nonce}",
        f"{int(environment) + 1}:{number}:{nonce}",
    ]
    forged = [base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in others]

    for state in [
        *(f"{one}.{signature}" for one in forged),
        Vault([new_key()]).sign(said),
        Vault(world.app.outside.keys).sign(f"{environment}:{number}:another-nonce"),
        body,
        f"{body}.",
        "",
        begun.state.upper(),
        f"{begun.state} ",
    ]:
        with pytest.raises(StateRefused):
            world.finish({"state": state, "code": code})

    assert is_untouched(world, begun.connection.id)
    assert world.finish({"state": begun.state, "code": code}).problem is None


def test_a_state_of_one_environment_does_nothing_in_another(world):
    elsewhere = environments.ensure(world.app, "other", "America/New_York")[0]
    admin = local_admin(elsewhere)
    there = calendars.create(world.app, admin, name="Theirs")
    other = replace(world, admin=admin, calendar=there)
    other.add_google()
    ours, theirs = world.begin(), other.begin()

    # the code of one, with the state of the other: PKCE lets neither through
    crossed = world.finish(other.agree(theirs) | {"state": ours.state})

    assert crossed.problem
    assert is_untouched(world, ours.connection.id)
    assert is_untouched(other, theirs.connection.id)


def test_a_state_that_was_replaced_is_worth_nothing(world):
    first = world.begin()
    brought = world.agree(world.begin())

    with pytest.raises(StateRefused):
        world.finish(brought | {"state": first.state})


def test_a_stolen_state_is_worth_nothing_with_a_code_of_the_thiefs_own(world):
    begun = world.begin()
    asked = dict(parse_qsl(urlsplit(begun.authorization_url).query))
    own = urlencode(asked | {"state": "own", "code_challenge": "x" * 43})
    got = world.oauth.visit(f"{world.oauth.authorization_url}?{own}")
    code = parse_qs(urlsplit(got).query)["code"][0]

    finished = world.finish({"state": begun.state, "code": code})

    assert finished.problem
    assert is_untouched(world, begun.connection.id)


def test_what_was_begun_at_one_server_is_not_finished_at_another(world):
    begun = world.begin()
    brought = world.agree(begun)
    world.add_google(token_url=f"{world.oauth.origin}/elsewhere")

    with pytest.raises(StateRefused):
        world.finish(brought)

    assert world.oauth.asked == []


def test_a_state_for_a_password_is_not_finished_by_a_code_nor_the_other_way_round(world):
    new = NewProvider(name="dav", kind=ProviderKind.CALDAV, url="http://127.0.0.1:9/")
    providers.add(world.app, world.admin, new)
    by_password, by_code = world.begin("dav", redirect_uri=None), world.begin()

    with pytest.raises(StateRefused):
        world.finish({"state": by_password.state, "code": "x"})
    with pytest.raises(StateRefused):
        finishing.submit(world.app, by_code.state, {"username": "x", "password": "y"})
    with pytest.raises(StateRefused):
        finishing.form(world.app, by_code.state)


def test_a_state_of_a_connection_that_is_gone_is_refused(world):
    begun = world.begin()
    brought = world.agree(begun)
    with world.app.store.transaction(world.admin.environment_id) as tx:
        tx.delete_connection(begun.connection.id)

    with pytest.raises(StateRefused):
        world.finish(brought)


# The callback ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=x",
        "state=x",
        "state=x&code=x",
        "error=access_denied",
        "state=%00&code=%00",
        "state=" + "x" * 9000,
        "state=x.y&iss=https://evil.example",
        "redirect_uri=https://evil.example&state=x.y",
    ],
)
def test_a_foreign_callback_gets_a_page_and_goes_nowhere(door, query):
    answer = door.http.get(f"{CALLBACK}?{query}")

    assert answer.status_code == 422
    assert "Location" not in answer.headers
    assert "evil" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_callback_whose_state_or_code_comes_twice_is_nobodys_word(door):
    begun = door.begin()
    back = urlsplit(door.world.oauth.visit(begun["authorization_url"]))

    twice = door.http.get(f"{CALLBACK}?{back.query}&state=x")
    assert twice.status_code == 422
    denied = door.http.get(f"{CALLBACK}?{back.query}&code=another")

    assert "error=access_denied" in denied.headers["Location"]
    assert door.world.oauth.asked == []


def test_what_the_browser_brings_cannot_change_where_it_goes(door):
    begun = door.begin()
    back = urlsplit(door.world.oauth.visit(begun["authorization_url"]))

    sent = door.http.get(f"{CALLBACK}?{back.query}&redirect_uri=https://evil.example")

    assert sent.headers["Location"].startswith(f"{THERE}?")


def test_pages_of_other_sites_cannot_send_the_form(door):
    new = NewProvider(name="dav", kind=ProviderKind.CALDAV, url="http://127.0.0.1:9/")
    providers.add(door.world.app, door.world.admin, new)
    state = door.world.begin("dav", redirect_uri=None).state
    form = {"state": state, "username": "u", "password": "p"}

    for origin in ("https://evil.example", "null"):
        answer = door.http.post(
            "/api/v1/providers/authorize", data=form, headers={"Origin": origin}
        )
        assert answer.status_code == 403

    own = door.http.post("/api/v1/providers/authorize", data=form, headers={"Origin": door.url})
    assert own.status_code == 422


def test_browsers_are_served_only_so_often(door):
    answers = {door.http.get(CALLBACK).status_code for _ in range(121)}

    assert answers == {422, 429}
    assert door.http.get("/api/v1/calendars").status_code == 200


def test_addresses_that_came_once_are_not_remembered_for_ever():
    now = [0]
    allowance = Allowance(1, clock=lambda: now[0])
    for number in range(10_001):
        allowance.spend(str(number))
    now[0] += MINUTE

    allowance.spend("another")

    assert len(allowance._buckets) == 1


def test_the_doors_for_browsers_open_nothing_else(door, a_token):
    a_token("admin")  # from now on, one is needed

    assert door.http.get("/api/v1/calendars").status_code == 401
    assert door.http.get(f"{CALLBACK}/../../calendars").status_code == 401
    assert door.http.get(CALLBACK).status_code == 422


@pytest.mark.parametrize("typed", ['"><script>x</script>', "<b>&'\""])
def test_whatever_is_sent_to_the_form_is_shown_as_text(door, typed):
    new = NewProvider(name="dav", kind=ProviderKind.CALDAV, url="http://127.0.0.1:9/")
    providers.add(door.world.app, door.world.admin, new)
    calendars.revise(door.world.app, door.world.admin, door.world.calendar.id, {"name": typed})
    state = door.world.begin("dav", redirect_uri=None).state

    answer = door.http.post(
        "/api/v1/providers/authorize", data={"state": state, "username": typed, "password": typed}
    )

    assert answer.status_code == 422
    assert not Fields(answer.text).tags & {"script", "b"}
    assert typed not in answer.text


def test_passwords_can_be_guessed_five_times_and_no_more(door, tmp_path):
    with radicale(tmp_path / "radicale") as server:
        new = NewProvider(name="dav", kind=ProviderKind.CALDAV, url=server.url)
        providers.add(door.world.app, door.world.admin, new)
        begun = door.world.begin("dav", redirect_uri=None)
        form = {"state": begun.state, "username": USERNAME, "password": "wrong"}
        path = "/api/v1/providers/authorize"

        told = [door.http.post(path, data=form).text for _ in range(5)]
        right = door.http.post(path, data=form | {"password": PASSWORD})

    assert ["The provider refuses" in one for one in told] == [True] * 4 + [False]
    assert (right.status_code, "not valid" in right.text) == (422, True)
    assert is_untouched(door.world, begun.connection.id)


def test_a_form_that_is_sent_connects_a_calendar_once(door, tmp_path):
    with radicale(tmp_path / "radicale") as server:
        server.new_calendar("Home")
        new = NewProvider(
            name="dav", kind=ProviderKind.CALDAV, url=server.url, redirect_uris=(THERE,)
        )
        providers.add(door.world.app, door.world.admin, new)
        begun = door.begin("dav")
        form = Fields(door.http.get(begun["authorization_url"]).text)
        typed = form.values | {"username": USERNAME, "password": PASSWORD}

        first = door.http.post(form.action, data=typed, headers={"Origin": door.url})
        second = door.http.post(form.action, data=typed, headers={"Origin": door.url})

        assert first.status_code == 303
        assert first.headers["Location"].startswith(f"{THERE}?status=connected&")
        assert second.status_code == 422
        number = door.world.connection_of(begun).id
        with opened(door.world.app, door.world.admin.environment_id, number) as provider:
            assert [one.name for one in provider.calendars()] == ["Home"]


@pytest.fixture
def slow_feed():
    """An empty feed that answers when two have asked."""
    both = threading.Barrier(2, timeout=20)

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self):
            both.wait()
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar")
            self.end_headers()
            self.wfile.write(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed.ics"
    server.shutdown()
    server.server_close()
    thread.join()


def test_of_two_that_finish_at_once_one_does(world, slow_feed):
    providers.add(world.app, world.admin, NewProvider(name="ics", kind=ProviderKind.ICS))
    begun = world.begin("ics", redirect_uri=None)

    def submit(_):
        try:
            return finishing.submit(world.app, begun.state, {"url": slow_feed}).problem
        except StateRefused:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(submit, range(2)))

    assert sorted(outcomes, key=str) == [None, "refused"]
    assert world.connection(begun.connection.id).state is State.ACTIVE


# Where browsers are sent -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "tried",
    [
        "https://example.com/oauth/calendar/callback/../../../evil",
        "https://example.com/oauth/calendar/callback/",
        "https://example.com/oauth/calendar/callback?next=https://evil.example",
        "https://example.com/oauth/calendar/callback#fragment",
        "https://example.com/oauth/calendar/callbackevil",
        "https://example.com.evil.example/oauth/calendar/callback",
        "https://example.com@evil.example/oauth/calendar/callback",
        "https://evil.example\\@example.com/oauth/calendar/callback",
        "https://EXAMPLE.com/oauth/calendar/callback",
        "HTTPS://example.com/oauth/calendar/callback",
        "http://example.com/oauth/calendar/callback",
        "https://example.com:443/oauth/calendar/callback",
        "https://example.com/oauth/calendar/%63allback",
        "https://example.com/oauth/calendar/callback%0d%0aSet-Cookie:x=1",
        "//example.com/oauth/calendar/callback",
        "https:/example.com/oauth/calendar/callback",
        "javascript:alert(1)//https://example.com/oauth/calendar/callback",
        "https://example.com/oauth/calendar/callbаck",  # a Cyrillic letter
        "https://evil.example/",
        "",
    ],
)
def test_a_browser_is_sent_only_where_was_set_up_letter_by_letter(door, tried):
    body = {"provider": "google", "redirect_uri": tried}

    door.api("POST", "CAL/providers", body, expect=422)

    assert door.api("GET", "CAL/providers")["data"] == []


@pytest.mark.parametrize(
    ("uri", "is_taken"),
    [
        ("https://example.com/cb", True),
        ("https://example.com:8443/cb?tenant=1", True),
        ("http://127.0.0.1:9000/cb", True),
        ("http://localhost/cb", True),
        ("http://[::1]:9000/cb", True),
        ("http://example.com/cb", False),
        ("http://127.0.0.1.evil.example/cb", False),
        ("http://localhost@evil.example/cb", False),
        ("https://user:pass@example.com/cb", False),
        ("https://example.com/cb#part", False),
        ("https://example.com/cb#", False),
        ("https://example.com\\@evil.example/cb", False),
        ("https://example.com/\r\nSet-Cookie:x", False),
        ("https://exa mple.com/", False),
        ("https://exämple.com/", False),
        ("https://example.com;script-src/", False),
        ("https:///cb", False),
        ("https://example.com:99999/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("/cb", False),
        ("", False),
        ("https://example.com/" + "x" * 2000, False),
    ],
)
def test_only_plain_addresses_can_be_set_up(world, uri, is_taken):
    if is_taken:
        world.add_google("g", redirect_uris=(uri,))
        assert world.begin("g", redirect_uri=uri)
        return
    with pytest.raises(InvalidArgument) as refusal:
        world.add_google("g", redirect_uris=(uri,))
    assert list(refusal.value.fields) == ["redirect_uris"]


def test_what_is_told_is_added_to_an_address_that_has_a_query(world):
    uri = "https://example.com/cb?tenant=1"
    world.add_google(redirect_uris=(uri,))

    finished = world.finish(world.agree(world.begin(redirect_uri=uri)))

    assert finished.redirect_to.startswith(f"{uri}&status=connected&connection_id=")


def test_an_address_that_was_taken_away_meanwhile_is_not_gone_to(world):
    brought = world.agree(world.begin())
    world.add_google(redirect_uris=("https://example.com/other",))

    finished = world.finish(brought)

    assert (finished.redirect_to, finished.problem) == (None, None)


# Secrets at rest, and in logs ------------------------------------------------------------------


@pytest.fixture
def everything_logged():
    """All that is logged while the program runs as it does at level debug, and more."""
    records = []

    class Keeping(logging.Handler):
        def emit(self, record):
            records.append(f"{record.name} {record.getMessage()} {vars(record)}")

    root = logging.getLogger()
    ours = logging.getLogger("sched_agent")
    before = root.handlers[:], root.level, ours.level
    others = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    set_up_logging(Settings.read({"SCHED_AGENT_LOG_LEVEL": "debug"}))
    root.handlers[:] = [Keeping()]
    root.setLevel(logging.DEBUG)
    yield records
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    for name, level in others.items():
        logging.getLogger(name).setLevel(level)


def in_files(database):
    """Return every byte that the database has on the disk, its journal's with them."""
    path = database.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint")
    connection.close()
    found = b""
    for name in (path, f"{path}-wal"):
        with open(name, "rb") as file:
            found += file.read()
    return found


def test_no_secret_is_in_the_database_or_in_any_log(
    door, clock, database, tmp_path, everything_logged
):
    world, secrets = door.world, {CLIENT_SECRET}
    world.oauth.rotates = True
    begun = door.begin()
    link = begun["authorization_url"]
    secrets |= {state_in(link).partition(".")[2], parse_qs(urlsplit(link).query)["state"][0]}
    back = world.oauth.visit(link)
    secrets.add(parse_qs(urlsplit(back).query)["code"][0])
    door.http.get(back)
    connection = world.connection_of(begun)
    for _ in range(2):
        secrets |= {world.tokens(connection).access, world.tokens(connection).refresh}
        clock.now += 2 * HOUR
        with opened(world.app, world.admin.environment_id, connection.id) as provider:
            provider.calendars()
    secrets |= {form["code_verifier"] for form in world.oauth.asked if "code_verifier" in form}
    world.oauth.trouble = (400, {"error": "invalid_grant", "error_description": "of rt-x"})
    clock.now += 2 * HOUR
    with (
        opened(world.app, world.admin.environment_id, connection.id) as provider,
        pytest.raises(SchedAgentError) as refusal,
    ):
        provider.calendars()
    with radicale(tmp_path / "radicale") as server:
        server.new_calendar("Home")
        new = NewProvider(name="dav", kind=ProviderKind.CALDAV, url=server.url)
        providers.add(world.app, world.admin, new)
        dav = world.begin("dav", redirect_uri=None)
        typed = {"state": dav.state, "username": USERNAME, "password": PASSWORD}
        assert door.http.post("/api/v1/providers/authorize", data=typed).status_code == 200
        secrets |= {PASSWORD, dav.state.partition(".")[2]}
    feed = "http://127.0.0.1:9/feed-of-somebody-that-nobody-else-knows.ics"
    providers.add(world.app, world.admin, NewProvider(name="ics", kind=ProviderKind.ICS))
    ics = world.begin("ics", redirect_uri=None)
    door.http.post("/api/v1/providers/authorize", data={"state": ics.state, "url": feed})
    secrets.add("feed-of-somebody-that-nobody-else-knows")

    assert len(secrets) == 12
    stored, logged = in_files(database), "\n".join(everything_logged)
    told = f"{refusal.value.message} {refusal.value.hint}"
    assert CLIENT_ID.encode() in stored  # which tells that this looks at the right bytes
    assert "connected a calendar" in logged
    for secret in secrets:
        assert secret.encode() not in stored, secret
        assert secret not in logged, secret
        assert secret not in told


def test_what_is_stored_is_no_encoding_of_the_tokens_either(world, database):
    connection = world.connect()
    refresh = world.tokens(connection).refresh

    stored = in_files(database)

    for encoded in (base64.b64encode(refresh.encode()), refresh.encode().hex().encode()):
        assert encoded.rstrip(b"=")[:-1] not in stored


def test_no_value_prints_its_secrets(world):
    begun = world.begin()
    connection = world.connect()
    shown = repr((begun, connection, world.app.outside, providers.find_all(world.app, world.admin)))

    for secret in (begun.state, connection.sealed_credentials, *world.app.outside.keys):
        assert secret not in shown
    assert CLIENT_SECRET not in repr(
        NewProvider(name="x", kind=ProviderKind.GOOGLE, client_secret=CLIENT_SECRET)
    )


def test_keys_are_changed_without_asking_anybody_again(world, environment):
    connection = world.connect()
    begun = world.begin()
    brought = world.agree(begun)
    old, new = world.app.outside.keys[0], new_key()
    world.app = replace(world.app, outside=replace(world.app.outside, keys=(new, old)))

    assert providers.rotate(world.app) == 3  # a client's secret, tokens, and what was begun

    world.app = replace(world.app, outside=replace(world.app.outside, keys=(new,)))
    with opened(world.app, world.admin.environment_id, connection.id) as provider:
        assert provider.calendars()
    again = world.connection(begun.connection.id)
    assert again.sealed_flow is not None
    assert world.finish(brought | {"state": resigned(world, again)}).problem is None


def resigned(world, connection):
    vault = Vault(world.app.outside.keys)
    flow = flow_of(vault, connection)
    assert flow is not None
    return state_of(vault, world.admin.environment_id, connection.id, flow)


def test_a_link_that_was_given_out_before_a_change_of_keys_still_works(world):
    begun = world.begin()
    keys = (new_key(), *world.app.outside.keys)
    world.app = replace(world.app, outside=replace(world.app.outside, keys=keys))

    assert world.finish(world.agree(begun)).problem is None


def test_credentials_without_their_key_make_the_calendar_unknown_and_nothing_is_lost(world):
    connection = world.connect()
    keys = world.app.outside.keys
    world.app = replace(world.app, outside=replace(world.app.outside, keys=(new_key(),)))

    way_in = opened(world.app, world.admin.environment_id, connection.id)
    with pytest.raises(SchedAgentError) as refusal, way_in:
        raise AssertionError
    assert (refusal.value.code, refusal.value.status) == ("calendar_unreachable", 503)

    world.app = replace(world.app, outside=replace(world.app.outside, keys=keys))
    with opened(world.app, world.admin.environment_id, connection.id) as provider:
        assert provider.calendars()


def test_a_provider_on_the_own_network_is_not_gone_to_unless_that_is_allowed(world, clock):
    connection = world.connect()
    clock.now += 2 * HOUR
    outside = replace(world.app.outside, allow_private=False)
    guarded = replace(world.app, outside=outside)

    with (
        opened(guarded, world.admin.environment_id, connection.id) as provider,
        pytest.raises(SchedAgentError),
    ):
        provider.calendars()

    assert world.oauth.refreshes == 0


def test_other_environments_do_not_see_a_connection(door, a_token):
    begun = door.begin()
    door.come_back(begun)
    elsewhere = environments.ensure(door.world.app, "other", "America/New_York")[0]
    token = a_token("admin", where=elsewhere)
    headers = {"Authorization": f"Bearer {token}"}
    calendar = uuid(Kind.CALENDAR, door.world.calendar.id)

    for method, path in [
        ("GET", f"/calendars/{calendar}/providers"),
        ("GET", f"/calendars/{calendar}/providers/{begun['id']}"),
        ("DELETE", f"/calendars/{calendar}/providers/{begun['id']}"),
        ("POST", f"/calendars/{calendar}/providers/{begun['id']}/sync"),
    ]:
        door.api(method, path, expect=404, headers=headers)

    assert door.api("GET", "/calendars/sync-status", headers=headers)["data"] == []


def test_a_server_of_tokens_cannot_send_our_secret_elsewhere(world):
    begun = world.begin()
    brought = world.agree(begun)
    world.oauth.trouble = (307, {"Location": world.oauth.token_url})

    assert world.finish(brought).problem
    assert len(world.oauth.asked) == 1
