"""What a CalDAV server is asked: the bodies of requests (RFC 4918, RFC 4791, RFC 6578)."""

from collections.abc import Iterable
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from sched_agent.model.interval import Interval
from sched_agent.model.zone import local

_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_ETAG = "<d:prop><d:getetag/></d:prop>"
_EVENTS = "<d:prop><d:getetag/><c:calendar-data/></d:prop>"
_UTC = ZoneInfo("UTC")

WHO_WE_ARE = "<d:resourcetype/><d:current-user-principal/><c:calendar-home-set/>"
"""Properties that lead to a person's calendars."""

WHAT_IT_IS = (
    "<d:resourcetype/><d:displayname/><d:current-user-privilege-set/>"
    "<c:supported-calendar-component-set/><c:calendar-timezone/>"
)
"""Properties of a calendar."""

WHICH_VERSION = "<d:resourcetype/><d:getetag/>"
"""Properties of what lies in a calendar."""


def properties(names: str) -> str:
    """Return the question for properties: one of the lists above."""
    return f"<d:propfind {_SPACES}><d:prop>{names}</d:prop></d:propfind>"


def changes_since(token: str) -> str:
    """Return the question for what has changed since a token; an empty one means everything."""
    since = f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level>"
    return f"<d:sync-collection {_SPACES}>{since}{_ETAG}</d:sync-collection>"


def contents_at(handles: Iterable[str]) -> str:
    """Return the question for what lies at some paths."""
    hrefs = "".join(f"<d:href>{escape(handle)}</d:href>" for handle in handles)
    return f"<c:calendar-multiget {_SPACES}>{_EVENTS}{hrefs}</c:calendar-multiget>"


def contents_within(stretch: Interval) -> str:
    """Return the question for the events that touch a stretch of time."""
    return _query(_time_range(stretch))


def busy_within(stretch: Interval) -> str:
    """Return the question for the busy time in a stretch, whoever takes it."""
    return f"<c:free-busy-query {_SPACES}>{_time_range(stretch)}</c:free-busy-query>"


def contents_under(uid: str) -> str:
    """Return the question for the event with a UID; servers answer with those that contain it."""
    match = f'<c:text-match collation="i;octet">{escape(uid)}</c:text-match>'
    return _query(f'<c:prop-filter name="UID">{match}</c:prop-filter>')


def _query(condition: str) -> str:
    events = f'<c:comp-filter name="VEVENT">{condition}</c:comp-filter>'
    wanted = f'<c:filter><c:comp-filter name="VCALENDAR">{events}</c:comp-filter></c:filter>'
    return f"<c:calendar-query {_SPACES}>{_EVENTS}{wanted}</c:calendar-query>"


def _time_range(stretch: Interval) -> str:
    start, end = (_instant(moment) for moment in stretch)
    return f'<c:time-range start="{start}" end="{end}"/>'


def _instant(moment: int) -> str:
    return f"{local(moment, _UTC):%Y%m%dT%H%M%SZ}"
