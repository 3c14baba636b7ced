"""How an event may become what it is: each change as a pure function of what was there."""

from collections.abc import Sequence
from dataclasses import replace

from tests.faults.history import Record, Request
from tests.faults.journal import BOOKINGS, Act, Kind, Seen


def same(one: Seen, other: Seen) -> bool:
    """Whether two who saw an event saw the same; when a hold would have ended is no matter then."""
    return _essence(one) == _essence(other)


def _essence(seen: Seen) -> Seen:
    return replace(seen, hold_expires_at=None) if seen.status == "cancelled" else seen


def fits(act: Act, seen: Seen) -> bool:
    """Whether an acknowledgement shows what was asked for."""
    if act.kind in BOOKINGS:
        asked = (act.request_id, act.calendar, act.start, act.end, act.guests)
        guests = tuple(who for who, _ in seen.guests)
        status = "tentative" if act.kind is Kind.HOLD else "confirmed"
        shown = (seen.title, seen.calendar, seen.start, seen.end, guests)
        return asked == shown and seen.status == status and seen.version == 1
    if act.event != seen.id:
        return False
    if act.if_version is not None and seen.version != act.if_version + 1:
        return False
    if act.kind is Kind.CONFIRM:
        return seen.status == "confirmed" and seen.description == act.request_id
    if act.kind is Kind.MOVE:
        return seen.start == act.start and seen.description == act.request_id
    if act.kind is Kind.CANCEL:
        return seen.status == "cancelled"
    return (act.guests[0], act.response) in seen.guests


def first_version(record: Record) -> Seen:
    """Return what the booking made, as it was asked for if nobody saw it."""
    if 1 in record.versions:
        return record.versions[1][0].seen
    assert record.booking
    act, some = record.booking.act, record.sightings[0].seen
    assert act.start is not None
    assert act.end is not None
    return replace(
        some,
        version=1,
        description=None,
        start=act.start,
        end=act.end,
        status="tentative" if act.kind is Kind.HOLD else "confirmed",
        hold_expires_at=record.hold_expires_at,
        guests=tuple((guest, "needs_action") for guest in act.guests),
    )


def becomes(before: Seen, after: Seen, record: Record) -> bool:
    """Whether requests of the record can have made one version of another, step by step."""
    return _becomes(before, after, record, ())


def _becomes(before: Seen, after: Seen, record: Record, used: Sequence[Request]) -> bool:
    if before.version == after.version:
        return same(before, after)
    makers = record.perhaps_made(before.version + 1)
    for maker in makers:
        made = None if maker in used else _made(maker.act, before)
        if made and _becomes(made, after, record, (*used, maker)):
            return True
    if record.surely_made(before.version + 1) or before.hold_expires_at is None:
        return False
    expired = replace(before, status="cancelled", version=before.version + 1)
    return _becomes(expired, after, record, used)


def _made(act: Act, before: Seen) -> Seen | None:
    """Return what an act makes of an event; of a cancelled one, nothing."""
    if before.status == "cancelled":
        return None
    after = replace(before, version=before.version + 1)
    if act.kind is Kind.CONFIRM:
        mark = act.request_id
        return replace(after, status="confirmed", hold_expires_at=None, description=mark)
    if act.kind is Kind.CANCEL:
        return replace(after, status="cancelled", hold_expires_at=None)
    if act.kind is Kind.RESPOND:
        said = tuple(
            (who, act.response or "" if who == act.guests[0] else answer)
            for who, answer in before.guests
        )
        return replace(after, guests=said)
    assert act.start is not None
    end = act.start + before.end - before.start
    return replace(after, start=act.start, end=end, description=act.request_id)
