"""Requests to foreign addresses, from and to real sockets; only the names' meaning is a double."""

import gzip
import ipaddress
import socket
import time

import httpx
import pytest

from sched_agent import outward
from tests.certificates import certified
from tests.receiving import Answer, Receiver, receiving

LONG = 10.0
SHORT = 0.3


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def other():
    with receiving() as one:
        yield one


PUBLIC = "127.0.0.2"
"""An address of this machine that stands for one on the public internet."""


@pytest.fixture
def public(monkeypatch, tmp_path):
    """A server by TLS, named hooks.example, that counts as public."""
    serving, trusting = certified("hooks.example", tmp_path)
    really = outward.is_public
    monkeypatch.setattr(outward, "is_public", lambda one: str(one) == PUBLIC or really(one))
    monkeypatch.setattr(outward, "_public_authorities", lambda: trusting)
    with receiving(serving, PUBLIC) as one:
        yield one


def names(**meaning):
    """Return a resolver that knows these names alone, a dot in them written `_`."""

    def resolve(host, port):
        try:
            return meaning[host.replace(".", "_")]
        except KeyError:
            raise OSError("unknown") from None

    return resolve


def a_client(*, seconds=LONG, allow_private=True, **more):
    return outward.client(seconds=seconds, allow_private=allow_private, **more)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://example.com/", id="plain http"),
        pytest.param("ftp://example.com/", id="another protocol"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("example.com/hook", id="no protocol"),
        pytest.param("https:///hook", id="no host"),
        pytest.param("https://user:secret@example.com/", id="a password"),
        pytest.param("https://user@example.com/", id="a user"),
        pytest.param("https://127.0.0.1\\@example.com/", id="a backslash"),
        pytest.param("https://example.com:99999/", id="no such port"),
        pytest.param("https://exa mple.com/", id="a space"),
        pytest.param("https://localhost/", id="localhost"),
        pytest.param("https://LOCALHOST/", id="localhost in capitals"),
        pytest.param("https://api.localhost/", id="below localhost"),
        pytest.param("https://localhost./", id="a trailing dot"),
        pytest.param("https://127.0.0.1./", id="an address with a trailing dot"),
        pytest.param("https://127.1/", id="short"),
        pytest.param("https://0x7f.1/", id="hexadecimal and short"),
        pytest.param("https://0x7f000001/", id="hexadecimal"),
        pytest.param("https://0177.0.0.1/", id="octal"),
        pytest.param("https://2130706433/", id="one number"),
        pytest.param("https://１２７.0.0.1/", id="wide digits"),
        pytest.param("https://%31%32%37.0.0.1/", id="percent signs"),
        pytest.param("https://127.0.0.1/", id="this machine"),
        pytest.param("https://0.0.0.0/", id="no address"),
        pytest.param("https://10.1.2.3/", id="10/8"),
        pytest.param("https://172.16.0.1/", id="172.16/12"),
        pytest.param("https://192.168.1.1/", id="192.168/16"),
        pytest.param("https://169.254.169.254/", id="a cloud's own"),
        pytest.param("https://100.64.0.1/", id="behind a carrier's NAT"),
        pytest.param("https://224.0.0.1/", id="multicast"),
        pytest.param("https://240.0.0.1/", id="reserved"),
        pytest.param("https://255.255.255.255/", id="broadcast"),
        pytest.param("https://192.0.2.1/", id="of documents"),
        pytest.param("https://192.88.99.1/", id="a relay of 6to4"),
        pytest.param("https://[::]/", id="IPv6: no address"),
        pytest.param("https://[::1]/", id="IPv6: this machine"),
        pytest.param("https://[::ffff:127.0.0.1]/", id="IPv6: IPv4 mapped"),
        pytest.param("https://[::ffff:8.8.8.8]/", id="IPv6: a public IPv4 mapped"),
        pytest.param("https://[::127.0.0.1]/", id="IPv6: IPv4 compatible"),
        pytest.param("https://[64:ff9b::7f00:1]/", id="IPv6: NAT64"),
        pytest.param("https://[64:ff9b:1::7f00:1]/", id="IPv6: local NAT64"),
        pytest.param("https://[2002:7f00:1::]/", id="IPv6: 6to4"),
        pytest.param("https://[2001:0:7f00:1::]/", id="IPv6: Teredo"),
        pytest.param("https://[fd00:ec2::254]/", id="IPv6: unique local"),
        pytest.param("https://[fe80::1]/", id="IPv6: link-local"),
        pytest.param("https://[fe80::1%25lo]/", id="IPv6: link-local with its link"),
        pytest.param("https://[fec0::1]/", id="IPv6: site-local"),
        pytest.param("https://[ff02::1]/", id="IPv6: multicast"),
        pytest.param("https://[2001:db8::1]/", id="IPv6: of documents"),
    ],
)
def test_an_address_that_shows_that_it_is_not_public_is_refused_as_it_stands(url):
    with pytest.raises(outward.Refused):
        outward.check(url, allow_private=False)

    with (
        a_client(allow_private=False) as client,
        pytest.raises((outward.Refused, httpx.InvalidURL)),
    ):
        client.get(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?x=1#y",
        "https://example.com:8443/",
        "https://münchen.example/",
        "https://8.8.8.8/",
        "https://[2001:4860:4860::8888]/",
        "https://7.example.com/",
    ],
)
def test_a_public_address_passes(url):
    outward.check(url, allow_private=False)


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001::1", True),
        ("100.63.255.255", True),
        ("100.64.0.0", False),
        ("100.127.255.255", False),
        ("100.128.0.0", True),
        ("169.254.169.254", False),
        ("198.18.0.1", False),
    ],
)
def test_what_counts_as_public(address, fine):
    assert outward.is_public(ipaddress.ip_address(address)) is fine


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "::1", "fd00::1"])
def test_a_name_that_leads_to_a_private_address_is_refused(address):
    resolve = names(hooks_example=[address])

    with (
        a_client(allow_private=False, resolve=resolve) as client,
        pytest.raises(outward.Refused, match=r"hooks\.example is not on the public internet"),
    ):
        client.get("https://hooks.example/")


def test_names_are_looked_up_as_the_system_does(receiver):
    with a_client() as client:
        assert client.get(f"http://localhost:{receiver.port}/").status_code == 200


def test_a_name_is_looked_up_once_for_each_connection(receiver):
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    with a_client(resolve=lambda host, port: answers.pop(0)) as client:
        client.get(f"http://hooks.example:{receiver.port}/")
        client.get(f"http://hooks.example:{receiver.port}/")  # on the same connection

    assert len(receiver.received) == 2
    assert len(answers) == 1


def test_the_name_stays_in_the_request_though_an_address_is_connected_to(receiver):
    with a_client(resolve=names(hooks_example=["127.0.0.1"])) as client:
        client.get(f"http://hooks.example:{receiver.port}/x")

    assert receiver.received[0].headers["Host"] == f"hooks.example:{receiver.port}"


def test_of_a_names_addresses_only_those_are_tried_that_may_be_gone_to(receiver):
    resolve = names(hooks_example=["169.254.169.254", "::ffff:127.0.0.1", "127.0.0.1"])

    with a_client(resolve=resolve) as client:
        assert client.get(f"http://hooks.example:{receiver.port}/").status_code == 200


def test_an_address_that_takes_no_connection_leaves_the_next_one_its_chance(receiver):
    resolve = names(hooks_example=["127.0.0.9", "127.0.0.1"])  # nobody listens at the first

    with a_client(resolve=resolve) as client:
        assert client.get(f"http://hooks.example:{receiver.port}/").status_code == 200


def test_an_address_that_does_not_answer_leaves_the_next_one_time(receiver):
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.9", receiver.port))
        silent.listen(0)
        for waiting in (first, second):  # nobody accepts them, and there is no room for more
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.9", receiver.port))
        resolve = names(hooks_example=["127.0.0.9", "127.0.0.1"])

        with a_client(seconds=2, resolve=resolve) as client:
            answer = client.get(f"http://hooks.example:{receiver.port}/")

    assert answer.status_code == 200


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("169.254.169.254", id="most"),
        pytest.param("[fd00:ec2::254]", id="AWS by IPv6"),
        pytest.param("[fd00:ec2::254%1]", id="AWS by IPv6, with a zone"),
        pytest.param("[fd20:ce::254]", id="Google by IPv6"),
        pytest.param("100.100.100.200", id="Alibaba"),
        pytest.param("168.63.129.16", id="Azure"),
    ],
)
def test_a_cloud_is_not_asked_about_itself_even_where_private_addresses_are_allowed(
    address, private
):
    with pytest.raises(outward.Refused):
        outward.check(f"https://{address}/latest/meta-data/", allow_private=private)
    inside = names(inside_example=[address.strip("[]")])
    with (
        a_client(allow_private=private, resolve=inside) as client,
        pytest.raises(outward.Refused),
    ):
        client.get("https://inside.example/latest/meta-data/")


def test_a_name_that_leads_nowhere_is_a_failed_connection():
    with a_client(resolve=names()) as client, pytest.raises(httpx.ConnectError):
        client.get("https://hooks.example/")


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("https://127.0.0.1/", id="this machine"),
        pytest.param("https://169.254.169.254/latest/", id="a cloud's own"),
        pytest.param("https://inside.example/", id="a name of this machine"),
        pytest.param("https://cloud.example/", id="a name of a cloud's own"),
        pytest.param("https://user:secret@hooks.example/", id="with a password"),
        pytest.param("http://hooks.example/", id="without TLS"),
        pytest.param("file:///etc/passwd", id="a file"),
    ],
)
def test_a_redirect_is_looked_at_like_the_first_address(public, target):
    resolve = names(
        hooks_example=[PUBLIC], inside_example=["127.0.0.1"], cloud_example=["169.254.169.254"]
    )
    public.answers = [Answer(302, {"Location": target})]

    with (
        a_client(allow_private=False, redirects=True, resolve=resolve) as client,
        pytest.raises((outward.Refused, httpx.UnsupportedProtocol)),
    ):
        client.get(f"https://hooks.example:{public.port}/")

    assert len(public.received) == 1


def test_tls_verifies_the_name_though_an_address_is_connected_to(public):
    resolve = names(hooks_example=[PUBLIC], other_example=[PUBLIC])

    with a_client(allow_private=False, resolve=resolve) as client:
        assert client.get(f"https://hooks.example:{public.port}/").status_code == 200
        with pytest.raises(httpx.ConnectError, match=r"not valid for 'other\.example'"):
            client.get(f"https://other.example:{public.port}/")


def test_a_redirect_is_followed_three_times_at_most(receiver):
    receiver.answers = [Answer(302, {"Location": "/again"})]

    with a_client(redirects=True) as client, pytest.raises(httpx.TooManyRedirects):
        client.get(receiver.url)

    assert len(receiver.received) == 4


def test_a_redirect_is_an_answer_unless_it_is_to_be_followed(receiver, other):
    receiver.answers = [Answer(302, {"Location": other.url})]

    with a_client() as client:
        assert client.get(receiver.url).status_code == 302

    assert not other.received


def test_credentials_do_not_go_along_to_another_origin(receiver, other):
    receiver.answers = [Answer(302, {"Location": other.url})]

    with a_client(redirects=True, auth=httpx.BasicAuth("ada", "secret")) as client:
        client.get(receiver.url)

    assert "Authorization" in receiver.received[0].headers
    assert "Authorization" not in other.received[0].headers


def test_no_proxy_of_the_system_is_asked(receiver, other, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with a_client() as client:
        client.get(receiver.url)

    assert not other.received


def drip(receiver: Receiver):
    """Return a body that comes letter by letter until the test ends."""

    def letters():
        while not receiver.leaving.wait(0.02):
            yield b"x"

    return letters


def at_once(client, url):
    return client.get(url).content


def streamed(client, url):
    with client.stream("GET", url) as response:
        return response.read()


@pytest.mark.parametrize("read", [at_once, streamed])
def test_an_answer_that_drips_is_broken_off_when_the_time_is_over(receiver, read):
    receiver.answers = [Answer(body=drip(receiver))]
    began = time.monotonic()

    with a_client(seconds=SHORT) as client, pytest.raises(httpx.ReadTimeout):
        read(client, receiver.url)

    assert time.monotonic() - began < SHORT * 5


def test_a_name_that_is_looked_up_for_ever_is_given_up_in_time(receiver):
    def resolve(host, port):
        receiver.leaving.wait(LONG)
        return ["127.0.0.1"]

    began = time.monotonic()
    with a_client(seconds=SHORT, resolve=resolve) as client, pytest.raises(httpx.ConnectTimeout):
        client.get("http://hooks.example/")

    assert time.monotonic() - began < SHORT * 5


def test_the_time_holds_for_all_redirects_together(receiver):
    def slowly():
        receiver.leaving.wait(SHORT * 0.6)
        yield b""

    receiver.answers = [Answer(302, {"Location": "/on"}, slowly)]

    with a_client(seconds=SHORT, redirects=True) as client, pytest.raises(httpx.TimeoutException):
        client.get(receiver.url)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_an_answer_that_is_too_long_is_not_read_to_its_end(receiver, monkeypatch, packed):
    monkeypatch.setattr(outward, "MOST_BYTES", 1_000_000)
    body = bytes(2_000_000)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    receiver.answers = [Answer(200, headers, gzip.compress(body) if packed else body)]

    with a_client() as client, pytest.raises(outward.Refused, match="too long"):
        client.get(receiver.url)


def test_a_packed_answer_is_unpacked(receiver):
    body = b"BEGIN:VCALENDAR\r\n" * 100_000
    receiver.answers = [Answer(200, {"Content-Encoding": "gzip"}, gzip.compress(body))]

    with a_client() as client:
        assert client.get(receiver.url).content == body


def test_a_packed_answer_is_unpacked_in_small_pieces(receiver):
    packed = gzip.compress(bytes(20_000_000))
    receiver.answers = [Answer(200, {"Content-Encoding": "gzip"}, packed)]

    with a_client() as client, client.stream("GET", receiver.url) as response:
        longest = max(len(piece) for piece in response.iter_raw())

    assert len(packed) < 65536
    assert longest <= 1_000_000


@pytest.mark.parametrize(
    ("encoding", "error"),
    [
        pytest.param("br", outward.Refused, id="not asked for"),
        pytest.param("gzip", httpx.DecodingError, id="not what it says"),
    ],
)
def test_an_answer_that_is_packed_otherwise_is_an_error(receiver, encoding, error):
    receiver.answers = [Answer(200, {"Content-Encoding": encoding}, b"nonsense")]

    with a_client() as client, pytest.raises(error):
        client.get(receiver.url)
