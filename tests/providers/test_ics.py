"""A feed, from a real HTTP server."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from sched_agent import outward
from sched_agent.clock import pinned_clock
from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected, Unsupported
from sched_agent.model.interval import DAY, HOUR, Interval
from sched_agent.model.remote import Change, Content, Ref, RemoteCalendar
from sched_agent.providers.base import CursorExpired, RemoteGone
from sched_agent.providers.http import MOST_BYTES
from sched_agent.providers.ics import FEED, IcsFeed
from tests.providers.icalendars import BERLIN, NEW_YORK, at, vcalendar, vevent

NOW = at("2026-11-21T12:00Z")
WINDOW = Interval(NOW, NOW + 400 * DAY)
DENTIST = vevent("UID:dentist", "SUMMARY:Dentist", "DTSTART:20261124T150000Z", "DURATION:PT1H")
STANDUP = vevent(
    "UID:standup", "DTSTART:20261124T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"
)
HOLIDAY = vevent("UID:holiday", "DTSTART;VALUE=DATE:20261225", "TRANSP:TRANSPARENT")
SATURDAY = "Sat, 21 Nov 2026 12:00:00 GMT"


@dataclass
class Site:
    """What the server answers, and what it was asked."""

    url: str
    body: bytes = vcalendar(DENTIST)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    date: str = SATURDAY
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.asked.append({"path": self.path, **self.headers})
        site.answers.wait()
        if self.path == "/moved":
            self.answer(302, {"Location": "/feed.ics"}, b"")
            return
        known = (site.etag and self.headers["If-None-Match"] == site.etag) or (
            site.last_modified and self.headers["If-Modified-Since"] == site.last_modified
        )
        own = {"ETag": site.etag, "Last-Modified": site.last_modified, "Date": site.date}
        headers = site.headers | {name: value for name, value in own.items() if value}
        self.answer(304 if known else site.status, headers, b"" if known else site.body)

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # who asked may not have waited
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    class Own(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        Own.site = Site(f"http://127.0.0.1:{server.server_port}/feed.ics")
        Own.site.answers.set()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Own.site
        finally:
            Own.site.answers.set()
            server.shutdown()
            thread.join()


def opened(url: str, in_zone=NEW_YORK, seconds: float = 5) -> IcsFeed:
    http = outward.client(seconds=seconds, allow_private=True, redirects=True)
    return IcsFeed(url, http, in_zone, pinned_clock(NOW))


@pytest.fixture
def feed(site: Site) -> Iterator[IcsFeed]:
    feed = opened(site.url)
    yield feed
    feed.close()


def read(feed: IcsFeed, cursor: str | None = None) -> tuple[list[Change], str]:
    batches = list(feed.changes(FEED, cursor, WINDOW))
    assert all(batch.cursor is None for batch in batches[:-1])
    assert batches[-1].cursor is not None
    return [change for batch in batches for change in batch.changes], batches[-1].cursor


@pytest.mark.parametrize(("told", "zone"), [("Europe/Berlin", "Europe/Berlin"), ("Home", None)])
def test_a_feed_is_one_calendar_that_can_only_be_read(site, feed, told, zone):
    site.body = vcalendar("X-WR-CALNAME:Jo's shifts", f"X-WR-TIMEZONE:{told}", DENTIST)

    assert feed.calendars() == [
        RemoteCalendar(id=FEED, name="Jo's shifts", timezone=zone, writable=False, primary=True)
    ]


def test_without_a_cursor_everything_is_read_under_its_uid(site, feed):
    site.body = vcalendar(DENTIST, STANDUP)

    changes, _ = read(feed)

    assert {change.handle: [one.ref for one in change.events] for change in changes} == {
        "dentist": [Ref("dentist", "dentist")],
        "standup": [
            Ref("standup/20261124T090000Z", "standup"),
            Ref("standup/20261125T090000Z", "standup"),
        ],
    }


def test_a_long_feed_comes_in_batches_and_only_the_last_has_a_cursor(site, feed):
    site.body = vcalendar(
        *(vevent(f"UID:{n}", "DTSTART:20261124T150000Z", "DURATION:PT1H") for n in range(1001))
    )

    changes, _ = read(feed)

    assert len(changes) == 1001
    assert len(list(feed.changes(FEED, None, WINDOW))) == 3


@pytest.mark.parametrize(
    ("validators", "sent"),
    [
        pytest.param({"etag": '"one"'}, ("If-None-Match", '"one"'), id="etag"),
        pytest.param(
            {"last_modified": "Sat, 21 Nov 2026 11:00:00 GMT"},
            ("If-Modified-Since", "Sat, 21 Nov 2026 11:00:00 GMT"),
            id="last-modified",
        ),
    ],
)
def test_a_feed_that_has_not_changed_is_not_sent_again(site, feed, validators, sent):
    for name, value in validators.items():
        setattr(site, name, value)
    _, cursor = read(feed)

    assert read(feed, cursor) == ([], cursor)

    name, value = sent
    assert site.asked[-1][name] == value


def test_a_last_modified_of_this_very_second_is_not_relied_on(site, feed):
    site.last_modified = SATURDAY
    _, cursor = read(feed)

    read(feed, cursor)

    assert "If-Modified-Since" not in site.asked[-1]


def test_a_feed_without_validators_is_known_by_what_it_says(site, feed):
    _, cursor = read(feed)

    assert read(feed, cursor)[0] == []

    site.body = vcalendar(STANDUP)
    with pytest.raises(CursorExpired):
        read(feed, cursor)


def test_a_feed_that_has_changed_is_read_anew_so_that_what_is_gone_is_noticed(site, feed):
    site.etag = '"one"'
    _, cursor = read(feed)
    site.etag, site.body = '"two"', vcalendar(STANDUP)

    with pytest.raises(CursorExpired):
        read(feed, cursor)

    assert [change.handle for change in read(feed)[0]] == ["standup"]


def test_a_calendar_in_another_zone_is_read_anew(site, feed):
    site.etag = '"one"'
    _, cursor = read(feed)
    other = opened(site.url, BERLIN)

    with pytest.raises(CursorExpired):
        read(other, cursor)
    other.close()


def test_a_cursor_of_something_else_has_expired(feed):
    for cursor in ("nonsense", "[1,2,3,4,5,6]", "7"):
        with pytest.raises(CursorExpired):
            read(feed, cursor)


def test_busy_is_what_takes_time_and_is_not_left_out(site, feed):
    site.body = vcalendar(DENTIST, STANDUP, HOLIDAY)
    nine, fifteen = at("2026-11-24T09:00Z"), at("2026-11-24T15:00Z")

    busy = feed.busy(FEED, WINDOW, leaving_out=["standup/20261125T090000Z"])

    assert sorted(busy) == [(nine, nine + HOUR), (fifteen, fifteen + HOUR)]


def test_an_event_is_read_as_it_is_now(site, feed):
    found = feed.event(FEED, Ref("dentist", "dentist"))
    assert found.content.title == "Dentist"

    site.body = vcalendar(STANDUP)
    with pytest.raises(RemoteGone):
        feed.event(FEED, Ref("dentist", "dentist"))


CONTENT = Content(title="x", interval=Interval(0, 1))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda f: f.create(FEED, "x@sched-agent", CONTENT), id="create"),
        pytest.param(lambda f: f.update(FEED, Ref("dentist", "dentist"), CONTENT), id="update"),
        pytest.param(lambda f: f.delete(FEED, Ref("dentist", "dentist")), id="delete"),
        pytest.param(lambda f: f.meet(FEED, Ref("dentist", "dentist")), id="meet"),
    ],
)
def test_a_feed_refuses_to_be_written(feed, site, write):
    assert feed.abilities == frozenset()
    with pytest.raises(Unsupported):
        write(feed)
    assert site.asked == []


ASKS = [
    pytest.param(lambda f: f.calendars(), id="calendars"),
    pytest.param(lambda f: read(f), id="changes"),
    pytest.param(lambda f: f.busy(FEED, WINDOW), id="busy"),
    pytest.param(lambda f: f.event(FEED, Ref("dentist", "dentist")), id="event"),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ConsentNeeded),
        (403, ConsentNeeded),
        (404, ProviderRejected),
        (410, ProviderRejected),
        (304, ProviderRejected),
        (429, CalendarUnreachable),
        (500, CalendarUnreachable),
        (503, CalendarUnreachable),
    ],
)
def test_a_feed_that_is_refused_is_not_an_empty_one(site, feed, ask, status, error):
    site.status, site.body = status, vcalendar()

    with pytest.raises(error):
        ask(feed)


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"<!doctype html><title>Log in</title>", ProviderRejected, id="a login page"),
        pytest.param(b"", ProviderRejected, id="nothing"),
        pytest.param(vcalendar(DENTIST)[:-20], CalendarUnreachable, id="cut off at the end"),
        pytest.param(vcalendar(DENTIST)[:80], CalendarUnreachable, id="cut off in an event"),
    ],
)
def test_what_is_no_whole_calendar_is_not_an_empty_one(site, feed, ask, body, error):
    site.body = body

    with pytest.raises(error):
        ask(feed)


def test_a_feed_that_is_too_long_is_not_read(site, feed):
    site.body = vcalendar(DENTIST) + b" " * MOST_BYTES

    with pytest.raises(ProviderRejected):
        read(feed)


def test_a_busy_server_says_when_to_come_back(site, feed):
    site.status, site.headers = 503, {"Retry-After": "120"}

    with pytest.raises(CalendarUnreachable) as caught:
        read(feed)

    assert caught.value.retry_after_seconds == 120


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/secret.ics", "gopher://x/secret.ics", "http://[secret/"]
)
def test_an_address_where_nothing_is_is_not_named_in_the_error(url):
    feed = opened(url)

    with pytest.raises((CalendarUnreachable, ProviderRejected)) as caught:
        read(feed)
    feed.close()

    following: BaseException | None = caught.value
    while following is not None:
        assert "secret" not in f"{following!r} {vars(following)!r}"
        following = following.__cause__ or following.__context__


def test_the_address_of_a_feed_is_not_logged(site, caplog):
    caplog.set_level(logging.DEBUG)
    feed = opened(f"{site.url}?key=secret")

    read(feed)
    feed.close()

    assert "HTTP Request: GET http://127.0.0.1 " in caplog.text
    assert "feed.ics" not in caplog.text
    assert "secret" not in caplog.text


def test_a_feed_on_a_private_network_is_not_asked_for(site):
    http = outward.client(seconds=5, allow_private=False)
    feed = IcsFeed(site.url.replace("http:", "https:"), http, NEW_YORK, pinned_clock(NOW))

    with pytest.raises(ProviderRejected):
        read(feed)
    feed.close()

    assert site.asked == []


def test_a_feed_that_has_moved_is_followed(site):
    feed = opened(site.url.replace("/feed.ics", "/moved"))

    assert [change.handle for change in read(feed)[0]] == ["dentist"]
    feed.close()


@pytest.mark.parametrize("scheme", ["webcal", "WEBCAL", "webcals"])
def test_webcal_is_https(scheme):
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=vcalendar(DENTIST))

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        feed = IcsFeed(f"{scheme}://example.com/a.ics", http, NEW_YORK, pinned_clock(NOW))
        read(feed)

    assert asked == ["https://example.com/a.ics"]


def test_a_server_that_does_not_answer_is_not_waited_for(site):
    site.answers.clear()
    feed = opened(site.url, seconds=0.2)

    with pytest.raises(CalendarUnreachable, match="in time"):
        read(feed)
    feed.close()
