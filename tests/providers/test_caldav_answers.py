"""Answers of CalDAV servers that are not as they should be, or lead where we do not go."""

from collections.abc import Callable, Mapping
from itertools import count, islice
from typing import Any

import httpx
import pytest

from sched_agent.errors import CalendarUnreachable, ConsentNeeded, ProviderRejected, SchedAgentError
from sched_agent.model.interval import DAY
from sched_agent.model.remote import Content, Ref
from sched_agent.providers.base import CursorExpired
from sched_agent.providers.caldav import Caldav
from sched_agent.providers.caldav.quirks import canonical, is_one_server, strong
from tests.builders import NEW_YORK, span

HOME = "https://dav.example/alice/"
PATH = "/alice/office/"
WINDOW = span("00:00", "24:00").padded(30 * DAY)
CONTENT = Content(title="Demo", interval=span("09:00", "09:30"))
UID = "env_abc-evt_def@sched-agent"
EVENT = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:one\nDTSTAMP:20261101T000000Z\n"
    "DTSTART:20261123T140000Z\nDTEND:20261123T143000Z\nEND:VEVENT\nEND:VCALENDAR\n"
)
BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<d:multistatus xmlns:d="DAV:"><d:response><d:href>&b;</d:href></d:response></d:multistatus>'
)
FROM_A_FILE = BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"')


class Answering:
    """Stands for a server: answers each question by its name, and remembers who was asked."""

    def __init__(self, answers: Mapping[str, str | httpx.Response]) -> None:
        self._answers = answers
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = request.content.decode()
        question = next((name for name in self._answers if name in said), request.method)
        answer = self._answers.get(question, httpx.Response(404))
        if isinstance(answer, str):
            return httpx.Response(207, content=answer)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def provider(self, url: str = HOME) -> Caldav:
        http = httpx.Client(transport=httpx.MockTransport(self), auth=("alice", "secret"))
        return Caldav(url, http, NEW_YORK, lambda: 0, self.waited.append)


def listing(*responses: str, token: str = "") -> str:
    return (
        '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
        f"{''.join(responses)}{f'<d:sync-token>{token}</d:sync-token>' if token else ''}"
        "</d:multistatus>"
    )


def having(href: str, properties: str) -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def being(href: str, status: int) -> str:
    return (
        f"<d:response><d:href>{href}</d:href>"
        f"<d:status>HTTP/1.1 {status} Whatever</d:status></d:response>"
    )


def an_event(name: str = "one.ics", etag: str = "v1") -> str:
    data = f"<d:getetag>&quot;{etag}&quot;</d:getetag><c:calendar-data>{EVENT}</c:calendar-data>"
    return having(f"{PATH}{name}", data)


def of_version(name: str = "one.ics", etag: str = "v1") -> str:
    return having(f"{PATH}{name}", f"<d:getetag>&quot;{etag}&quot;</d:getetag>")


def handles(provider: Caldav, cursor: str | None = None) -> dict[str, int]:
    """Return how many events lie under each handle that a read tells of."""
    batches = list(provider.changes(PATH, cursor, WINDOW))
    return {one.handle: len(one.events) for batch in batches for one in batch.changes}


ACTS: Mapping[str, Callable[[Caldav], Any]] = {
    "calendars": lambda provider: provider.calendars(),
    "changes": lambda provider: list(provider.changes(PATH, None, WINDOW)),
    "changes since": lambda provider: list(provider.changes(PATH, "token:t", WINDOW)),
    "busy": lambda provider: provider.busy(PATH, WINDOW),
    "event": lambda provider: provider.event(PATH, Ref("one", f"{PATH}one.ics")),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BOMB, id="entities that unfold"),
        pytest.param(FROM_A_FILE, id="an entity from a file"),
        pytest.param("<html><body>Welcome", id="a web page"),
        pytest.param("<html/>", id="some other XML"),
        pytest.param("\0", id="no text"),
        pytest.param("", id="nothing"),
        pytest.param("<a>" * 100_000, id="a deep hole"),
    ],
)
def test_what_is_no_list_of_resources_is_refused(act, body):
    server = Answering({"REPORT": body, "PROPFIND": body})

    with pytest.raises(ProviderRejected):
        ACTS[act](server.provider())


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(401, ConsentNeeded, id="unauthorized"),
        pytest.param(500, CalendarUnreachable, id="failed"),
        pytest.param(503, CalendarUnreachable, id="too busy"),
        pytest.param(423, CalendarUnreachable, id="locked"),
        pytest.param(429, CalendarUnreachable, id="too often"),
    ],
)
def test_a_status_means_the_same_whatever_was_asked(act, status, error):
    server = Answering(dict.fromkeys(("REPORT", "PROPFIND"), httpx.Response(status)))

    with pytest.raises(error):
        ACTS[act](server.provider())


ELSEWHERE = [
    pytest.param("https://evil.example/alice/", id="another host"),
    pytest.param("https://dav.example:8443/alice/", id="another port"),
    pytest.param("http://dav.example/alice/", id="no longer encrypted"),
    pytest.param("//evil.example/alice/", id="another host without a scheme"),
    pytest.param("https://dav.example@evil.example/", id="a host that looks like ours"),
    pytest.param("https://alice:secret@dav.example/", id="with a password in it"),
    pytest.param("file:///etc/passwd", id="a file"),
    pytest.param("http://[::1", id="no address"),
]


@pytest.mark.parametrize("href", ELSEWHERE)
@pytest.mark.parametrize("name", ["current-user-principal", "calendar-home-set"])
def test_nobody_is_told_who_we_are_because_an_answer_names_them(name, href):
    prefix = "d" if name.startswith("current") else "c"
    lead = having("/alice/", f"<{prefix}:{name}><d:href>{href}</d:href></{prefix}:{name}>")
    server = Answering({"calendar-home-set": listing(lead)})

    with pytest.raises(ProviderRejected):
        server.provider().calendars()
    assert {str(request.url.copy_with(path="/")) for request in server.asked} == {
        "https://dav.example/"
    }


@pytest.mark.parametrize("href", ELSEWHERE)
def test_nobody_is_told_who_we_are_because_a_redirect_leads_there(href):
    server = Answering({"PROPFIND": httpx.Response(301, headers={"Location": href})})

    with pytest.raises((ProviderRejected, CalendarUnreachable)):
        server.provider().calendars()
    assert [str(request.url) for request in server.asked] == [HOME]


@pytest.mark.parametrize("href", ELSEWHERE)
def test_an_event_that_is_said_to_lie_elsewhere_is_refused(href):
    there = having(f"{href}x.ics", "<d:getetag>v1</d:getetag>")
    server = Answering({"sync-collection": listing(there, token="t")})

    with pytest.raises(ProviderRejected):
        handles(server.provider())
    assert {request.url.host for request in server.asked} == {"dav.example"}


def test_the_host_that_is_not_gone_to_is_named():
    moved = httpx.Response(302, headers={"Location": "https://caldav.example/dav"})
    server = Answering({"PROPFIND": moved})

    with pytest.raises(ProviderRejected, match=r"caldav\.example"):
        server.provider("https://dav.example").calendars()


@pytest.mark.parametrize(
    ("here", "there", "allowed"),
    [
        ("https://dav.example/a", "https://dav.example:443/b", True),
        ("http://dav.example/a", "https://dav.example/b", True),
        ("http://dav.example:8080/a", "https://dav.example/b", False),
        ("https://dav.example/a", "http://dav.example/b", False),
        ("https://dav.example/", "https://sub.dav.example/", False),
        ("https://caldav.icloud.com/", "https://p34-caldav.icloud.com:443/1/calendars/", True),
        ("https://p34-caldav.icloud.com/1/", "https://p34-caldav.icloud.com/", True),
        ("https://caldav.icloud.com/", "http://p34-caldav.icloud.com/", False),
        ("https://caldav.icloud.com/", "https://p34-caldav.icloud.com:8443/", False),
        ("https://caldav.icloud.com/", "https://p34-caldav.icloud.com.evil.example/", False),
        ("https://dav.example/", "https://p34-caldav.icloud.com/", False),
    ],
)
def test_what_counts_as_one_server(here, there, allowed):
    assert is_one_server(httpx.URL(here), httpx.URL(there)) is allowed


def test_calendars_on_a_host_of_icloud_are_named_with_it_and_read_there():
    icloud, numbered = "https://caldav.icloud.com", "https://p34-caldav.icloud.com"
    kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    home = f"<d:href>{numbered}:443/1/calendars/</d:href>"
    server = Answering(
        {
            "calendar-home-set": listing(
                having("/", f"<c:calendar-home-set>{home}</c:calendar-home-set>")
            ),
            "supported-calendar-component-set": listing(having("/1/calendars/home/", kind)),
            "calendar-query": listing(),
        }
    )
    provider = server.provider(icloud)

    (found,) = provider.calendars()
    provider.busy(found.id, WINDOW)

    assert found.id == f"{numbered}/1/calendars/home/"
    assert str(server.asked[-1].url) == found.id


def free_busy(*periods: str) -> httpx.Response:
    lines = "".join(f"FREEBUSY{period}\n" for period in periods)
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VFREEBUSY\nUID:f\nDTSTAMP:20261101T000000Z\n"
        f"{lines}END:VFREEBUSY\nEND:VCALENDAR\n"
    )
    return httpx.Response(200, content=text)


@pytest.mark.parametrize(
    ("said", "reads_all"),
    [
        pytest.param(free_busy(":20261124T100000Z/PT1H"), True, id="more than was found"),
        pytest.param(free_busy(":20261123T140000Z/PT1H"), True, id="longer than what was found"),
        pytest.param(free_busy(":20261123T140000Z/PT30M"), False, id="what was found"),
        pytest.param(free_busy(";FBTYPE=BUSY-TENTATIVE:20261124T100000Z/PT1H"), True, id="maybe"),
        pytest.param(free_busy(";FBTYPE=FREE:20261124T100000Z/PT1H"), False, id="what is free"),
        pytest.param(free_busy(":20261124T100000Z/PT1S"), False, id="a second"),
        pytest.param(free_busy(), False, id="nothing"),
        pytest.param(httpx.Response(403), False, id="that it does not know the question"),
        pytest.param(httpx.Response(207, content=listing()), False, id="a list"),
    ],
)
def test_everything_is_read_if_the_server_calls_more_time_busy_than_it_has_found(said, reads_all):
    answers = {
        "free-busy-query": said,
        "calendar-query": listing(an_event()),
        "sync-collection": listing(of_version("two.ics"), token="t"),
        "calendar-multiget": listing(an_event("two.ics").replace("T140000Z", "T120000Z")),
    }

    first = min(Answering(answers).provider().busy(PATH, WINDOW))

    assert (first == CONTENT.interval) is not reads_all


def test_a_server_that_fails_to_tell_whether_it_missed_something_is_not_believed():
    server = Answering(
        {"free-busy-query": httpx.Response(500), "calendar-query": listing(an_event())}
    )

    with pytest.raises(CalendarUnreachable):
        server.provider().busy(PATH, WINDOW)


def test_a_redirect_in_circles_comes_to_an_end():
    server = Answering({"PROPFIND": httpx.Response(308, headers={"Location": HOME})})

    with pytest.raises(ProviderRejected, match="circles"):
        server.provider().calendars()


def test_a_list_that_comes_in_parts_is_read_to_its_end():
    parts = {
        "<d:sync-token></d:sync-token>": listing(
            of_version("one.ics"), being(PATH, 507), token="t1"
        ),
        "<d:sync-token>t1<": listing(being(f"{PATH}two.ics", 404), token="t2"),
        "calendar-multiget": listing(an_event()),
    }
    provider = Answering(parts).provider()

    batches = list(provider.changes(PATH, None, WINDOW))

    assert handles(provider) == {f"{PATH}one.ics": 1, f"{PATH}two.ics": 0}
    assert [batch.cursor for batch in batches] == [None, None, "token:t2"]


def test_a_list_that_never_ends_is_refused_though_it_goes_on_from_elsewhere_each_time():
    tokens = count()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(207, text=listing(being(PATH, 507), token=f"t{next(tokens)}"))

    http = httpx.Client(transport=httpx.MockTransport(answer))
    provider = Caldav(HOME, http, NEW_YORK, lambda: 0, lambda _: None)
    with pytest.raises(ProviderRejected):
        for _ in islice(provider.changes(PATH, None, WINDOW), 3000):
            pass


def test_a_list_that_never_ends_is_refused():
    server = Answering({"sync-collection": listing(being(PATH, 507), token="t1")})

    with pytest.raises(ProviderRejected):
        handles(server.provider(), "token:t1")


@pytest.mark.parametrize("act", ["calendars", "changes", "busy", "event"])
def test_an_answer_that_leaves_something_out_is_not_taken_for_all(act):
    kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    cut = listing(having(PATH, kind), being(PATH, 507))
    server = Answering(
        {
            "sync-collection": listing(of_version(), token="t"),
            "calendar-multiget": listing(being(PATH, 507)),
            "calendar-query": listing(being(PATH, 507)),
            "PROPFIND": cut,
        }
    )

    with pytest.raises(CalendarUnreachable):
        ACTS[act](server.provider(f"https://dav.example{PATH}"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(listing(being(f"{PATH}one.ics", 403)), id="refused"),
        pytest.param(listing(of_version()), id="without its text"),
    ],
)
def test_an_event_whose_text_is_not_told_is_not_taken_for_deleted(answer):
    server = Answering(
        {
            "sync-collection": listing(of_version(), token="t"),
            "calendar-multiget": answer,
            "calendar-query": listing(of_version()),
        }
    )

    for act in ("changes", "changes since", "busy", "event"):
        with pytest.raises(CalendarUnreachable):
            ACTS[act](server.provider())


@pytest.mark.parametrize(
    ("alone", "events"),
    [
        pytest.param(httpx.Response(200, content=EVENT, headers={"ETag": '"v1"'}), 1, id="there"),
        pytest.param(httpx.Response(404), 0, id="not there"),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(listing(), id="nothing"),
        pytest.param(listing(an_event("two.ics")), id="something else"),
    ],
)
def test_an_event_that_is_left_out_of_a_list_is_asked_for_by_itself(answer, alone, events):
    server = Answering(
        {
            "sync-collection": listing(of_version(), token="t"),
            "calendar-multiget": answer,
            "GET": alone,
        }
    )

    assert handles(server.provider()) == {f"{PATH}one.ics": events}


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412])
def test_a_cursor_that_is_refused_in_whatever_way_has_expired(status):
    server = Answering({"sync-collection": httpx.Response(status)})

    with pytest.raises(CursorExpired):
        handles(server.provider(), "token:t")


def test_a_server_that_has_forgotten_how_to_sync_is_read_anew():
    server = Answering({"sync-collection": listing()})

    with pytest.raises(CursorExpired):
        handles(server.provider(), "token:t")


@pytest.mark.parametrize(
    "refusal",
    [
        *(pytest.param(httpx.Response(status), id=str(status)) for status in (403, 405, 501)),
        pytest.param(listing(), id="a list without a token"),
    ],
)
def test_a_server_without_sync_is_followed_by_the_versions_it_lists(refusal):
    calendar = having(PATH, "<d:resourcetype><d:collection/></d:resourcetype>")
    answers: dict[str, str | httpx.Response] = {
        "sync-collection": refusal,
        "d:propfind": listing(calendar, of_version()),
        "calendar-multiget": listing(an_event()),
    }
    provider = Answering(answers).provider()

    batches = list(provider.changes(PATH, None, WINDOW))
    cursor = batches[-1].cursor
    assert handles(provider) == {f"{PATH}one.ics": 1}
    assert handles(provider, cursor) == {}

    answers["d:propfind"] = listing(calendar, of_version(etag="v2"))
    with pytest.raises(CursorExpired):
        handles(provider, cursor)


def test_a_server_without_sync_and_without_versions_is_refused():
    server = Answering(
        {
            "sync-collection": httpx.Response(403),
            "d:propfind": listing(having(f"{PATH}one.ics", "<d:resourcetype/>")),
        }
    )

    with pytest.raises(ProviderRejected):
        handles(server.provider())


def test_a_calendar_that_may_not_be_read_needs_the_owner():
    server = Answering(dict.fromkeys(("REPORT", "PROPFIND"), httpx.Response(403)))

    for act in ("calendars", "changes", "busy", "event"):
        with pytest.raises(ConsentNeeded):
            ACTS[act](server.provider())


def test_a_calendar_that_is_gone_is_no_deleted_event():
    server = Answering({})

    for act in ("changes", "busy", "event"):
        with pytest.raises(ProviderRejected):
            ACTS[act](server.provider())


@pytest.mark.parametrize(
    ("after", "waited"), [("2", [2]), ("3600", []), ("soon", [1])], ids=["soon", "later", "unclear"]
)
def test_a_read_is_tried_once_more_if_the_server_asks_for_it_soon(after, waited):
    busy = httpx.Response(503, headers={"Retry-After": after})
    server = Answering({"REPORT": busy, "PROPFIND": busy})

    with pytest.raises(CalendarUnreachable):
        server.provider().busy(PATH, WINDOW)

    assert server.waited == waited
    assert len(server.asked) == 1 + len(waited)


def test_a_write_is_never_tried_twice():
    server = Answering({"PUT": httpx.Response(503, headers={"Retry-After": "1"})})

    with pytest.raises(CalendarUnreachable):
        server.provider().create(PATH, UID, CONTENT)

    assert len(server.asked) == 1


def test_a_write_that_was_kept_out_by_another_comes_again_a_few_times():
    server = Answering({"PUT": httpx.Response(423)})

    with pytest.raises(CalendarUnreachable):
        server.provider().create(PATH, UID, CONTENT)

    assert len(server.asked) == 1 + len(server.waited) == 5
    assert sum(server.waited) < 1


def test_an_event_that_never_stands_still_is_given_up():
    server = Answering(
        {
            "PUT": httpx.Response(412),
            "DELETE": httpx.Response(412),
            "calendar-multiget": listing(an_event()),
        }
    )
    provider, ref = server.provider(), Ref("one", f"{PATH}one.ics")

    with pytest.raises(CalendarUnreachable):
        provider.update(PATH, ref, CONTENT)
    with pytest.raises(CalendarUnreachable):
        provider.delete(PATH, ref)
    assert [request.method for request in server.asked].count("PUT") == 3


def test_a_calendar_that_may_only_be_read_refuses_what_is_written_there():
    server = Answering(
        {
            "PUT": httpx.Response(403),
            "DELETE": httpx.Response(403),
            "calendar-multiget": listing(an_event()),
            "calendar-query": listing(),
        }
    )
    provider, ref = server.provider(), Ref("one", f"{PATH}one.ics", '"v1"')

    with pytest.raises(ProviderRejected):
        provider.update(PATH, ref, CONTENT)
    with pytest.raises(ProviderRejected):
        provider.delete(PATH, ref)


def test_what_is_shared_with_us_to_read_is_not_writable():
    privileges = "<d:privilege><d:read/></d:privilege>"
    zone = "<c:calendar-timezone>BEGIN:VTIMEZONE\r\nTZID:Europe/Lisbon\r\n</c:calendar-timezone>"
    shared = having(
        PATH,
        "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
        f"<d:current-user-privilege-set>{privileges}</d:current-user-privilege-set>{zone}",
    )
    (found,) = Answering({"PROPFIND": listing(shared)}).provider().calendars()

    assert (found.writable, found.timezone, found.name) == (False, "Europe/Lisbon", "office")


@pytest.mark.parametrize(
    ("spelled", "once"),
    [
        ("/a/x%40y.ics", "/a/x%40y.ics"),
        ("/a/x@y.ics", "/a/x%40y.ics"),
        ("/a/%2F%3F%25%20%c3%a9.ics", "/a/%2F%3F%25%20%C3%A9.ics"),
        ("/a/\u00e9.ics", "/a/%C3%A9.ics"),
        ("/a/%FF.ics", "/a/%FF.ics"),
    ],
)
def test_a_path_has_one_spelling(spelled, once):
    assert canonical(spelled) == once
    assert canonical(once) == once


def test_a_version_stays_what_it_is_when_a_proxy_packs_the_answer():
    assert strong('W/"v1"') == strong('"v1"') == '"v1"'
    assert strong(None) is None


@pytest.mark.parametrize("url", ["", "http://[", "calendar", "ftp://dav.example/"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SchedAgentError):
        Answering({}).provider(url).calendars()
