"""What was given up is seen over REST, and tried again."""

import httpx
import pytest

from sched_agent.model.outbox import Message, Topic
from tests.transports.conftest import bearer


@pytest.fixture
def dead(app, environment):
    """A webhook that nobody took."""
    message = Message(
        environment_id=environment.id,
        topic=Topic.WEBHOOK,
        key="hook",
        lane="hook",
        due_at=app.clock(),
        created_at=app.clock(),
    )
    with app.store.transaction(environment.id) as tx:
        tx.queue(message)
    now = app.clock()
    (leased,) = app.store.lease("test", now=now, begins=now, until=now + 1, limit=1)
    with app.store.transaction(environment.id) as tx:
        tx.give_up(leased, now, "It answered 500.")
    return leased


def test_what_was_given_up_is_listed_with_its_reason(url, a_token, dead):
    told = httpx.get(f"{url}/api/v1/outbox", headers=bearer(a_token("admin"))).json()["data"]

    (one,) = told
    assert one["topic"] == "webhook"
    assert one["trouble"] == "It answered 500."
    assert one["attempts"] == 1
    assert one["given_up_at"].endswith("Z")


def test_it_is_tried_again_when_an_admin_wants_that(app, url, a_token, dead):
    admin = bearer(a_token("admin"))
    retried = httpx.post(f"{url}/api/v1/outbox/retry", headers=admin).json()["data"]

    assert retried == {"retried": 1}
    assert httpx.get(f"{url}/api/v1/outbox", headers=admin).json()["data"] == []
    assert app.store.waiting(app.clock()).dead == 0
    assert app.store.waiting(app.clock()).alive == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "outbox"), ("POST", "outbox/retry")])
def test_it_is_for_admins_of_the_same_environment(url, a_token, app, dead, method, path):
    from sched_agent.services import environments

    refused = httpx.request(method, f"{url}/api/v1/{path}", headers=bearer(a_token("write")))
    assert refused.json()["code"] == "not_allowed"

    there, _ = environments.ensure(app, "acme", "UTC")
    other = bearer(a_token("admin", where=there))
    assert httpx.request(method, f"{url}/api/v1/{path}", headers=other).json()["data"] in (
        [],
        {"retried": 0},
    )
    assert app.store.waiting(app.clock()).dead == 1
