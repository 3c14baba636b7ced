"""What is particular to Google, and to what is put in its place for trying things out."""

from base64 import b32hexdecode, b32hexencode
from binascii import Error

from sched_agent.model.interval import DAY

FREE_BUSY_LONGEST = 60 * DAY
"""Google refuses to tell of more than about three months at once (`timeRangeTooLong`)."""

QUIET = frozenset({"birthday", "workingLocation"})
"""Types of events that take time only if they say so; all others do unless they deny it."""

EVERYTHING = "everything"
"""The cursor of a read that gave none, as emulators do: the next one has to read all again."""

_MARK = "sched"


def id_of(uid: str) -> str:
    """Return the id under which an event with a UID of ours lies at Google.

    An id or a UID may be sent along, not both, and only ids are kept from being given twice; so
    the id is the UID in other letters. Google takes a to v and digits (RFC 4648's base32hex).
    """
    return _MARK + b32hexencode(uid.encode()).decode().rstrip("=").lower()


def uid_in(event_id: str) -> str | None:
    """Return the UID that an id was made from, or None if it is not one of ours."""
    packed = event_id.removeprefix(_MARK).upper()
    try:
        uid = b32hexdecode(packed + "=" * (-len(packed) % 8)).decode()
    except (Error, UnicodeError):
        return None
    return uid if id_of(uid) == event_id else None
