"""Between rows and values, the same for every store that speaks SQL."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.availability_rule import ExceptionRule, Hours, RecurringRule, Rule
from sched_agent.model.calendar import Availability, Calendar, DoubleBooking, Environment, Policy
from sched_agent.model.caller import Level, Token
from sched_agent.model.days import Days
from sched_agent.model.event import BLOCK_TYPE, Event, Meeting, SyncState
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.owner import Owner, OwnerType
from sched_agent.model.schedule import Taken
from sched_agent.model.status import Status, is_live
from sched_agent.model.text import fold
from sched_agent.store.base import Remembered, RequestKey
from sched_agent.store.statements import Row

CALENDAR = (
    "calendar_id, name, timezone, description, owner_id, metadata, availability, double_booking, "
    "slot_step_minutes, buffer_before_minutes, buffer_after_minutes, min_notice_minutes, "
    "max_days_ahead, max_events_per_day, max_attendees, created_at, updated_at, resource_id"
)
EVENT = (
    "event_id, calendar_id, title, start_at, end_at, description, location, status, type, "
    "transparent, attendees, owner_type, owner_id, created_by, hold_expires_at, cancel_reason, "
    "version, created_at, updated_at, held_by, exclusive, start_date, end_date, metadata, "
    "sync_state, meeting_id, meeting_url"
)
RULE = (
    "rule_id, type, available, days_of_week, date, start_minute, end_minute, timezone, "
    "day_of_month, until, name"
)
TOKEN = (
    "token_id, environment_id, name, hash, level, owner_type, owner_id, own_events_only, "
    "created_at, expires_at, revoked_at"
)  # column names
ENVIRONMENT = "environment_id, name, timezone"


def calendar_row(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar's columns."""
    policy = calendar.policy
    return {
        "calendar_id": calendar.id,
        "name": calendar.name,
        "search_text": fold(calendar.name),
        "timezone": calendar.timezone,
        "description": calendar.description,
        "owner_id": calendar.owner_id,
        "resource_id": calendar.resource_id,
        "metadata": _json(calendar.metadata),
        "availability": policy.availability.value,
        "double_booking": policy.double_booking.value,
        "slot_step_minutes": policy.slot_step_minutes,
        "buffer_before_minutes": policy.buffer_before_minutes,
        "buffer_after_minutes": policy.buffer_after_minutes,
        "min_notice_minutes": policy.min_notice_minutes,
        "max_days_ahead": policy.max_days_ahead,
        "max_events_per_day": policy.max_events_per_day,
        "max_attendees": policy.max_attendees,
        "created_at": calendar.created_at,
        "updated_at": calendar.updated_at,
    }


def calendar(row: Row) -> Calendar:
    """Return the calendar of a `CALENDAR` row."""
    return Calendar(
        id=row[0],
        name=row[1],
        timezone=row[2],
        description=row[3],
        owner_id=row[4],
        metadata=None if row[5] is None else json.loads(row[5]),
        policy=Policy(
            availability=Availability(row[6]),
            double_booking=DoubleBooking(row[7]),
            slot_step_minutes=row[8],
            buffer_before_minutes=row[9],
            buffer_after_minutes=row[10],
            min_notice_minutes=row[11],
            max_days_ahead=row[12],
            max_events_per_day=row[13],
            max_attendees=row[14],
        ),
        created_at=row[15],
        updated_at=row[16],
        resource_id=row[17],
    )


def event_row(event: Event) -> dict[str, Any]:
    """Return an event's columns."""
    attendees = [[a.name, a.email, a.phone, a.response.value, a.member_id] for a in event.attendees]
    days = event.days
    return {
        "event_id": event.id,
        "calendar_id": event.calendar_id,
        "title": event.title,
        "start_at": event.interval.start,
        "end_at": event.interval.end,
        "start_date": days.first_date.isoformat() if days else None,
        "end_date": days.end_date.isoformat() if days else None,
        "description": event.description,
        "location": event.location,
        "status": event.status.value,
        "type": event.type,
        "transparent": event.transparent,
        "attendees": json.dumps(attendees, ensure_ascii=False) if attendees else "[]",
        **_owner_columns(event.owner),
        "created_by": event.created_by,
        "hold_expires_at": event.hold_expires_at,
        "cancel_reason": event.cancel_reason,
        "version": event.version,
        "created_at": event.created_at,
        "updated_at": event.updated_at,
        "held_by": event.held_by,
        "exclusive": event.exclusive,
        "metadata": _json(event.metadata),
        "sync_state": event.sync.value if event.sync else None,
        "meeting_id": event.meeting.id if event.meeting else None,
        "meeting_url": event.meeting.url if event.meeting else None,
        "claims": event.claims,
        "search_text": event.search_text,
        "attendee_text": "".join(attendee.search_text for attendee in event.attendees),
    }


def event(row: Row) -> Event:
    """Return the event of an `EVENT` row."""
    attendees = [] if row[10] == "[]" else json.loads(row[10])
    return Event(
        id=row[0],
        calendar_id=row[1],
        title=row[2],
        interval=Interval(row[3], row[4]),
        description=row[5],
        location=row[6],
        status=Status(row[7]),
        type=row[8],
        transparent=bool(row[9]),
        attendees=tuple(Attendee(n, e, p, Response(r), m) for n, e, p, r, m in attendees),
        owner=_owner(row[11], row[12]),
        created_by=row[13],
        hold_expires_at=row[14],
        cancel_reason=row[15],
        version=row[16],
        created_at=row[17],
        updated_at=row[18],
        held_by=row[19],
        exclusive=bool(row[20]),
        days=None if row[21] is None else Days(_ordinal(row[21]), _ordinal(row[22])),
        metadata=None if row[23] is None else json.loads(row[23]),
        sync=None if row[24] is None else SyncState(row[24]),
        meeting=None if row[25] is None else Meeting(row[25], row[26]),
    )


def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(dict(value))


def taken(claims: Sequence[Row], now: int, leaving_out: Number | None) -> list[Taken]:
    """Return what blocks time of (start, end, type, hold_expires_at, event_id) rows, by start."""
    found = [
        Taken(begins, ends, kind != BLOCK_TYPE)
        for begins, ends, kind, expires, event_id in claims
        if event_id != leaving_out and (expires is None or is_live(expires, now))
    ]
    found.sort()
    return found


def request_row(key: RequestKey, remembered: Remembered, now: int) -> dict[str, Any]:
    """Return the columns of a request and its answer."""
    return {
        **key._asdict(),
        "fingerprint": remembered.fingerprint,
        "answer": json.dumps(dict(remembered.answer), ensure_ascii=False),
        "created_at": now,
    }


def remembered(row: Row) -> Remembered:
    """Return the answer of a (fingerprint, answer) row."""
    return Remembered(row[0], json.loads(row[1]))


def rule_row(rule: Rule) -> dict[str, Any]:
    """Return a rule's columns."""
    days, date_text, day_of_month, until = None, None, None, None
    if isinstance(rule, RecurringRule):
        days = "".join(map(str, sorted(rule.days_of_week)))
        day_of_month = rule.day_of_month
        until = rule.until.isoformat() if rule.until else None
    else:
        date_text = rule.date.isoformat()
    hours = rule.hours
    return {
        "rule_id": rule.id,
        "type": "exception" if days is None else "recurring",
        "available": rule.available,
        "days_of_week": days,
        "date": date_text,
        "start_minute": hours.start if hours else None,
        "end_minute": hours.end if hours else None,
        "timezone": rule.timezone,
        "day_of_month": day_of_month,
        "until": until,
        "name": rule.name,
    }


def rule(row: Row) -> Rule:
    """Return the rule of a `RULE` row."""
    hours = None if row[5] is None else Hours(start=row[5], end=row[6])
    if row[1] == "exception":
        return ExceptionRule(
            id=row[0],
            available=bool(row[2]),
            date=date.fromisoformat(row[4]),
            hours=hours,
            timezone=row[7],
            name=row[10],
        )
    assert hours is not None  # noqa: S101  # a recurring rule is never written without them
    return RecurringRule(
        id=row[0],
        available=bool(row[2]),
        days_of_week=frozenset(int(day) for day in row[3]),
        hours=hours,
        timezone=row[7],
        day_of_month=row[8],
        until=None if row[9] is None else date.fromisoformat(row[9]),
        name=row[10],
    )


def token_row(token: Token) -> dict[str, Any]:
    """Return a token's columns."""
    return {
        "token_id": token.id,
        "name": token.name,
        "hash": token.hash,
        "level": int(token.level),
        **_owner_columns(token.actor),
        "own_events_only": token.own_events_only,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def token(row: Row) -> Token:
    """Return the token of a `TOKEN` row."""
    return Token(
        id=row[0],
        environment_id=row[1],
        name=row[2],
        hash=row[3],
        level=Level(row[4]),
        actor=_owner(row[5], row[6]),
        own_events_only=bool(row[7]),
        created_at=row[8],
        expires_at=row[9],
        revoked_at=row[10],
    )


def environment(row: Row) -> Environment:
    """Return the environment of an `ENVIRONMENT` row."""
    return Environment(id=row[0], name=row[1], timezone=row[2])


def _owner_columns(owner: Owner | None) -> dict[str, str | None]:
    return {
        "owner_type": owner.type.value if owner else None,
        "owner_id": owner.id if owner else None,
    }


def _owner(owner_type: str | None, owner_id: str | None) -> Owner | None:
    if owner_type is None or owner_id is None:
        return None
    return Owner(OwnerType(owner_type), owner_id)
