"""The proxy does what its misdeeds say: else the tests behind it would prove nothing."""

import socket
from contextlib import suppress

import httpx
import pytest

from tests.misbehaving import UNHEARD, Dice, Misbehaving, Misdeed
from tests.vendor import a_vendor

PATIENCE = 30
NEW = {"name": "New", "owner_id": "u1"}
_WITHOUT_END = {Misdeed.ENDLESS, Misdeed.TRICKLING}
_UNANSWERED = {
    Misdeed.LOST_BEFORE,
    Misdeed.LOST_AFTER,
    Misdeed.TORN,
    Misdeed.HELD,
    Misdeed.LATE,
    Misdeed.TRICKLING_HEAD,
}


_UNTIL_THE_CLIENT_GOES = {Misdeed.HELD, Misdeed.LATE, Misdeed.TRICKLING_HEAD}


@pytest.fixture
def vendor(tmp_path):
    with a_vendor(tmp_path) as vendor:
        yield vendor


@pytest.fixture
def proxy(vendor):
    with Misbehaving(vendor.port) as proxy:
        yield proxy


@pytest.fixture
def client(vendor, proxy):
    headers = {"Authorization": f"Bearer {vendor.token}"}
    with httpx.Client(base_url=proxy.url, headers=headers, timeout=PATIENCE) as client:
        yield client


def create(client):
    return client.post("/api/v1/calendars", json=NEW)


def made(vendor):
    return [one.name for one in vendor.truth.calendars() if one.name == "New"]


def test_what_is_not_spoilt_passes_as_it_is(vendor, proxy, client):
    answer = create(client)

    assert (answer.status_code, answer.json()["data"]["name"]) == (201, "New")
    assert [(asked.method, fate) for asked, fate in proxy.log] == [("POST", None)]


@pytest.mark.parametrize("misdeed", Misdeed)
def test_a_misdeed_spoils_the_answer_and_the_server_hears_or_does_not(
    misdeed, vendor, proxy, client
):
    proxy.choose = lambda _: misdeed

    patience = 0.3 if misdeed in _UNTIL_THE_CLIENT_GOES else PATIENCE
    answer = None
    with (
        suppress(httpx.TransportError),
        client.stream("POST", "/api/v1/calendars", json=NEW, timeout=patience) as got,
    ):
        answer = next(got.iter_raw(10), b"") if misdeed in _WITHOUT_END else got.read()

    proxy.settle()
    times = {Misdeed.TWICE: 2}.get(misdeed, 0 if misdeed in UNHEARD else 1)
    assert made(vendor) == ["New"] * times
    assert misdeed is Misdeed.TWICE or not _looks_right(answer)
    assert (answer is None) == (misdeed in _UNANSWERED)


def _looks_right(answer):
    with suppress(ValueError, TypeError):
        return httpx.Response(200, content=answer).json()["data"]["name"] == "New"
    return False


def test_a_plain_server_knows_no_keys_and_tells_nothing_of_double_booking(vendor, client):
    with Misbehaving(vendor.port, plain=True) as plain:
        headers = {**client.headers, "Idempotency-Key": "r1"}
        twice = [
            httpx.post(f"{plain.url}/api/v1/calendars", json=NEW, headers=headers) for _ in range(2)
        ]

    assert made(vendor) == ["New", "New"]
    assert "double_booking" not in twice[0].json()["data"]
    assert "double_booking" in create(client).json()["data"]


def test_a_redirect_leads_elsewhere(proxy, client):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        proxy.elsewhere = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        proxy.choose = lambda _: Misdeed.REDIRECTED

        answer = client.get("/api/v1/calendars")

    assert answer.status_code == 307
    assert answer.headers["Location"] == f"{proxy.elsewhere}/api/v1/calendars"


def test_the_same_seed_does_the_same(proxy, client):
    def choices():
        dice = Dice("7", 30, UNHEARD)
        return [dice(asked) for asked, _ in proxy.log * 50]

    create(client)

    assert choices() == choices()
    assert 0 < sum(fate is not None for fate in choices()) < 50
