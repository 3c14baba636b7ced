"""OAuth, from the link to the last refresh, with a server that keeps to the rules."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected
from sched_agent.model.connection import State
from sched_agent.model.interval import HOUR, MINUTE
from sched_agent.model.outbox import Topic
from sched_agent.providers import oauth
from sched_agent.providers.credentials import Lease, sealed
from sched_agent.providers.oauth import Bearer
from sched_agent.providers.vault import Vault
from sched_agent.sync.access import mark_refused, opened
from sched_agent.sync.following import lane
from tests.connecting import PUBLIC_URL, THERE, a_world  # noqa: F401  # a fixture
from tests.google_stub import PRIMARY
from tests.oauth_server import CLIENT_ID


@pytest.fixture
def database(request, tmp_path) -> str:
    """A database file, or for some tests PostgreSQL as well."""
    if getattr(request, "param", "sqlite") == "postgres":
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path}/calendar.db"


on_both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def ask(world, connection, **more):
    """Ask Google for the calendars, as syncing does."""
    with opened(world.app, world.admin.environment_id, connection.id, **more) as provider:
        return provider.calendars()


def queued(world, connection):
    with world.app.store.snapshot(world.admin.environment_id) as tx:
        return [message.due_at for message in tx.messages_of(lane(connection.id), Topic.SYNC)]


# Agreeing --------------------------------------------------------------------------------------


def test_the_link_asks_for_the_least_that_is_needed_and_a_refresh_token(world):
    link = urlsplit(world.begin().authorization_url)
    asked = {name: given[0] for name, given in parse_qs(link.query).items()}

    assert f"{link.scheme}://{link.netloc}{link.path}" == world.oauth.authorization_url
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == f"{PUBLIC_URL}/api/v1/providers/callback"
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert [scope.rsplit("/", 1)[1] for scope in asked["scope"].split()] == [
        "calendar.events",
        "calendar.calendarlist.readonly",
        "calendar.freebusy",
    ]


def test_google_itself_is_asked_where_nothing_else_is_said(world):
    world.add_google("own", url=None, authorization_url=None, token_url=None)

    begun = world.begin("own")

    assert begun.authorization_url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")


def test_a_connection_is_active_once_its_owner_agreed_and_its_first_sync_is_queued(world, clock):
    begun = world.begin(policy={"sync_minutes": 30})
    assert begun.connection.state is State.PENDING
    assert queued(world, begun.connection) == []

    finished = world.finish(world.agree(begun))

    made = world.connection(begun.connection.id)
    assert (made.state, made.remote_calendar, made.writable) == (State.ACTIVE, PRIMARY, True)
    assert (made.policy.sync_minutes, made.sealed_flow) == (30, None)
    assert queued(world, made) == [clock()]
    assert finished.redirect_to.startswith(f"{THERE}?status=connected&connection_id=")
    tokens = world.tokens(made)
    assert (tokens.expires_at, tokens.account) == (clock() + HOUR, PRIMARY)
    assert [one.id for one in ask(world, made)] == [PRIMARY]


def test_the_calendar_that_is_asked_for_by_name_is_taken(world):
    team = world.google.add_calendar("team@example.com", name="Team")

    assert world.connect(remote_calendar="Team").remote_calendar == team.id


def test_a_calendar_that_is_not_there_is_told_and_nothing_is_connected(world):
    begun = world.begin(remote_calendar="Nobody's")

    finished = world.finish(world.agree(begun))

    assert finished.redirect_to.startswith(f"{THERE}?error=server_error&")
    made = world.connection(begun.connection.id)
    assert (made.state, made.sealed_credentials) == (State.PENDING, None)
    assert made.trouble == "The provider has no such calendar."


def test_who_does_not_agree_is_sent_on_and_nothing_is_connected(world):
    world.oauth.agrees = False
    begun = world.begin()

    finished = world.finish(world.agree(begun))

    assert finished.redirect_to.startswith(f"{THERE}?error=access_denied&connection_id=")
    assert world.connection(begun.connection.id).state is State.PENDING


def test_who_agrees_to_a_part_only_has_not_agreed(world):
    world.oauth.scope = oauth.GOOGLE_SCOPES[0]

    assert world.finish(world.agree(world.begin())).problem


@pytest.mark.parametrize(
    "issuer", ["https://accounts.example.com", "http://127.0.0.1", "x", "http://["]
)
def test_an_answer_of_another_server_is_refused_before_the_code_is_sent_anywhere(world, issuer):
    brought = world.agree(world.begin())

    finished = world.finish(brought | {"iss": issuer})

    assert finished.problem
    assert world.oauth.asked == []


def test_a_server_that_does_not_tell_who_it_is_is_taken_at_its_word(world):
    world.oauth.tells_issuer = False

    assert world.connect().state is State.ACTIVE


@pytest.mark.parametrize("lasts", [None, 0, -5, 10**12], ids=str)
def test_a_token_whose_end_is_not_told_is_used_until_it_is_refused(world, lasts):
    world.oauth.lasts = lasts
    made = world.connect()
    assert world.tokens(made).expires_at is None

    world.google.revoke(world.tokens(made).access)

    assert ask(world, made)
    assert world.oauth.refreshes == 1


# What servers answer ---------------------------------------------------------------------------

UNREACHABLE = [
    pytest.param((503, {}), id="503"),
    pytest.param((500, {"error": "invalid_grant"}), id="500 with a word"),
    pytest.param((400, {"error": "temporarily_unavailable"}), id="not now"),
    pytest.param((200, {}), id="no token"),
    pytest.param((200, {"access_token": 5}), id="a number for a token"),
    pytest.param((200, ["x"]), id="a list"),
    pytest.param((429, "slow down"), id="too many"),
]


@pytest.mark.parametrize("answer", UNREACHABLE)
def test_a_refresh_that_is_not_answered_as_it_should_leaves_everything_as_it_was(
    world, clock, answer
):
    made = world.connect()
    before = world.tokens(made)
    clock.now += 2 * HOUR
    world.oauth.trouble = answer

    with pytest.raises(CalendarUnreachable):
        ask(world, made)

    assert world.tokens(made) == before
    world.oauth.trouble = None
    assert ask(world, made)


def test_a_server_that_is_down_is_unreachable(world, clock):
    made = world.connect()
    world.add_google(token_url="http://127.0.0.1:9/token")
    clock.now += 2 * HOUR

    with pytest.raises(CalendarUnreachable):
        ask(world, made)

    assert world.connection(made.id).state is State.ACTIVE


def test_a_client_that_the_server_does_not_know_is_our_own_fault_and_not_the_owners(world, clock):
    made = world.connect()
    world.add_google(client_secret="wrong")
    clock.now += 2 * HOUR

    with pytest.raises(ProviderRejected):
        ask(world, made)

    assert world.connection(made.id).state is State.ACTIVE


def test_a_refresh_that_is_refused_needs_the_owners_consent_and_asks_no_more(world, clock):
    made = world.connect()
    world.oauth.end()
    clock.now += 2 * HOUR

    with pytest.raises(ConsentNeeded):
        ask(world, made)
    with pytest.raises(ConsentNeeded):
        ask(world, made)

    assert world.connection(made.id).state is State.CONSENT_NEEDED
    assert world.connection(made.id).trouble
    assert world.oauth.refreshes == 1


def test_an_owner_who_agrees_anew_brings_the_same_connection_back(world, clock):
    made = world.connect()
    world.oauth.end()
    clock.now += 2 * HOUR
    with pytest.raises(ConsentNeeded):
        ask(world, made)

    again = world.connect()

    assert (again.id, again.state, again.trouble) == (made.id, State.ACTIVE, None)
    assert ask(world, again)


def test_an_active_connection_goes_on_until_the_new_consent_is_there(world):
    made = world.connect()

    begun = world.begin()

    assert begun.connection.state is State.ACTIVE
    assert ask(world, made)
    world.oauth.agrees = False
    world.finish(world.agree(begun))
    assert world.connection(made.id).state is State.ACTIVE
    assert world.connection(made.id).trouble is None


# Refreshing ------------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_ends(world, clock):
    made = world.connect()
    clock.now += HOUR - MINUTE
    assert ask(world, made)
    assert world.oauth.refreshes == 0

    clock.now += MINUTE - 1

    assert ask(world, made)
    assert world.oauth.refreshes == 1
    assert world.google.turned_away == 0


def test_a_token_that_is_refused_is_renewed_once_and_the_request_repeated(world):
    made = world.connect()
    world.google.revoke(world.tokens(made).access)

    assert ask(world, made)
    assert (world.oauth.refreshes, world.google.turned_away) == (1, 1)


def test_a_provider_that_refuses_new_tokens_as_well_is_asked_twice_and_no_more():
    given = iter(["first", "second", "third"])
    seen = []

    def answer(request):
        seen.append(request.headers["Authorization"])
        return httpx.Response(401)

    bearer = Bearer(lambda _: next(given))
    with httpx.Client(transport=httpx.MockTransport(answer), auth=bearer) as http:
        assert http.get("https://example.com").status_code == 401

    assert seen == ["Bearer first", "Bearer second"]


def test_a_refresh_token_that_rotates_is_kept_before_the_new_access_token_is_used(world, clock):
    world.oauth.rotates = True
    made = world.connect()
    kept_then = []
    world.google.on_request = lambda _: kept_then.append(world.tokens(made).refresh)
    for _ in range(5):
        clock.now += 2 * HOUR
        assert ask(world, made)

    assert world.oauth.refreshes == 5
    assert len(set(kept_then)) == 5
    assert world.tokens(made).lease is None


def test_a_refresh_token_that_stays_goes_on_being_used(world, clock):
    made = world.connect()
    first = world.tokens(made)
    for _ in range(3):
        clock.now += 2 * HOUR
        assert ask(world, made)

    assert world.oauth.refreshes == 3
    assert (world.tokens(made).refresh, world.tokens(made).account) == (first.refresh, PRIMARY)


@on_both
def test_many_threads_refresh_once(world, clock):
    world.oauth.rotates = True
    made = world.connect()
    clock.now += 2 * HOUR

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(world, made), range(12)))

    assert all(answers)
    assert world.oauth.refreshes == 1


@on_both
def test_many_threads_whose_token_is_refused_refresh_once(world):
    world.oauth.rotates = True
    made = world.connect()
    world.google.revoke(world.tokens(made).access)
    world.oauth.on_refresh = lambda: world.google.wait_for(turned_away=8)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(world, made, seconds=20), range(8)))

    assert all(answers)
    assert world.oauth.refreshes == 1


ASKING = """
import sys
from sched_agent.bootstrap import open_app
from sched_agent.settings import Settings
from sched_agent.sync.access import opened

app = open_app(Settings.read())
with opened(app, int(sys.argv[1]), int(sys.argv[2]), seconds=30) as provider:
    print(len(provider.calendars()))
app.store.close()
"""


@on_both
def test_many_processes_refresh_once(world, database, tmp_path):
    world.oauth.rotates = True
    made = world.connect()
    world.google.revoke(world.tokens(made).access)
    world.oauth.on_refresh = lambda: world.google.wait_for(turned_away=4)
    script = tmp_path / "asking.py"
    script.write_text(ASKING)
    environ = {
        "PATH": os.environ["PATH"],
        "SCHED_AGENT_DATABASE": database,
        "SCHED_AGENT_NOW": "2026-11-20T10:00-05:00",
        "SCHED_AGENT_CREDENTIAL_KEYS": ",".join(world.app.outside.keys),
        "SCHED_AGENT_ALLOW_PRIVATE": "true",
    }
    command = [sys.executable, str(script), str(world.admin.environment_id), str(made.id)]

    running = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    told = [process.communicate(timeout=60) for process in running]

    assert [out for out, _ in told] == [b"1\n"] * 4, told
    assert world.oauth.refreshes == 1


@on_both
def test_who_can_not_wait_goes_away_and_what_comes_is_kept(world, clock):
    world.oauth.rotates = True
    made = world.connect()
    before = world.tokens(made)
    clock.now += 2 * HOUR
    go_on = threading.Event()
    world.oauth.on_refresh = lambda: go_on.wait(20)

    with pytest.raises(CalendarUnreachable):
        ask(world, made, seconds=0.2)

    go_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("refresh"):
            thread.join(20)
    after = world.tokens(made)
    assert after.refresh != before.refresh
    assert after.lease is None
    assert ask(world, made)
    assert world.oauth.refreshes == 1


def test_the_lease_of_a_process_that_died_ends(world, clock):
    made = world.connect()
    clock.now += 2 * HOUR
    lease_of_the_dead(world, made, clock() + MINUTE)
    with pytest.raises(CalendarUnreachable):
        ask(world, made, seconds=0.1)

    clock.now += 2 * MINUTE

    assert ask(world, made)


def lease_of_the_dead(world, made, until):
    tokens = replace(world.tokens(made), lease=Lease(holder="dead", until=until))
    vault = Vault(world.app.outside.keys)
    with world.app.store.transaction(world.admin.environment_id) as tx:
        kept = sealed(vault, tokens)
        tx.put_connection(replace(tx.connection(made.id), sealed_credentials=kept))


@on_both
@pytest.mark.parametrize("refused", [False, True], ids=["it succeeds", "it is refused"])
def test_a_consent_that_comes_during_a_refresh_goes_before_what_that_brings(world, clock, refused):
    made = world.connect()
    clock.now += 2 * HOUR
    came = []

    def agree_meanwhile():
        world.oauth.on_refresh = lambda: None
        if refused:
            world.oauth.end()
        world.connect()
        came.append(world.tokens(made))

    world.oauth.on_refresh = agree_meanwhile

    assert ask(world, made, seconds=20)

    assert [world.tokens(made)] == came
    assert world.connection(made.id).state is State.ACTIVE


def test_a_connection_that_is_gone_is_not_refreshed(world, clock):
    made = world.connect()
    clock.now += 2 * HOUR
    with opened(world.app, world.admin.environment_id, made.id) as provider:
        with world.app.store.transaction(world.admin.environment_id) as tx:
            tx.delete_connection(made.id)

        with pytest.raises(ConsentNeeded):
            provider.calendars()

    assert world.oauth.refreshes == 0


def test_credentials_that_were_replaced_meanwhile_are_not_marked_as_refused(world):
    made = world.connect()
    again = world.connect()

    assert not mark_refused(world.app, world.admin.environment_id, made)
    assert world.connection(made.id).state is State.ACTIVE
    assert mark_refused(world.app, world.admin.environment_id, again)
    assert world.connection(made.id).state is State.CONSENT_NEEDED
