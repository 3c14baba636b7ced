"""The workspace family's calendars and schedules: `/api/v2/w/{workspace_uuid}/calendars`.

What the pages leave open is decided in docs/adr/0014.
"""

from typing import Annotated

from fastapi import Path, Query

from sched_agent.app import App
from sched_agent.errors import UnknownRule, Unsupported
from sched_agent.model.availability_rule import RecurringRule, Rule
from sched_agent.model.calendar import Availability, Calendar, Policy
from sched_agent.model.caller import Caller, Level
from sched_agent.services import calendars
from sched_agent.transports.rest.common import Asking, Retried, Running, all_calendars
from sched_agent.transports.rest.workspace_calendar_shapes import (
    CalendarResponse,
    CalendarScheduleResponse,
    CreateCalendarRequest,
    CreateScheduleRequest,
    UpdateCalendarRequest,
    UpdateScheduleRequest,
)
from sched_agent.transports.rest.workspace_common import (
    CalendarId,
    PageNumber,
    PageSize,
    workspace_router,
)
from sched_agent.transports.rest.workspace_shapes import LARGEST, Deleted, PaginatedResponse

router = workspace_router()
_CALENDARS = "workspace calendars"
_SCHEDULES = "workspace schedules"

ScheduleId = Annotated[int, Path(ge=1, le=LARGEST, description="The schedule's number")]
IncludeSchedules = Annotated[
    bool, Query(alias="includeSchedules", description="Whether `schedules` is filled in")
]


@router.get("/calendars", tags=[_CALENDARS])
def list_calendars(
    app: Running,
    caller: Asking,
    page: PageNumber = 1,
    page_size: PageSize = 50,
    include_schedules: IncludeSchedules = False,
) -> PaginatedResponse[CalendarResponse]:
    """List the calendars of the workspace, oldest number first."""
    found = all_calendars(app, caller)
    first = (page - 1) * page_size
    rows = [
        _told(app, caller, calendar, include_schedules)
        for calendar in found[first : first + page_size]
    ]
    return PaginatedResponse[CalendarResponse].of(rows, (page, page_size), len(found))


@router.post("/calendars", tags=[_CALENDARS])
def create_calendar(
    app: Running, caller: Asking, body: CreateCalendarRequest, key: Retried = None
) -> CalendarResponse:
    """Create a calendar. It is open at any time until an available schedule is added to it."""
    notes = {name: value for name, value in body.notes().items() if value is not None}
    calendar = calendars.create(
        app,
        caller,
        name=body.name,
        timezone=body.timezone,
        policy=Policy(availability=Availability.OPEN),
        description=body.description,
        metadata=notes or None,
        request_id=key,
        needs=Level.WRITE,
    )
    return CalendarResponse.of(calendar, None)


@router.get("/calendars/{calendar_id}", tags=[_CALENDARS])
def get_calendar(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    include_schedules: IncludeSchedules = False,
) -> CalendarResponse:
    """Read a calendar."""
    calendar = calendars.get(app, caller, calendar_id)
    return _told(app, caller, calendar, include_schedules)


@router.put("/calendars/{calendar_id}", tags=[_CALENDARS])
def update_calendar(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    body: UpdateCalendarRequest,
    key: Retried = None,
) -> CalendarResponse:
    """Change a calendar: what is not sent stays, null clears."""
    calendar = calendars.revise(
        app,
        caller,
        calendar_id,
        body.changes(),
        notes=body.notes(),
        request_id=key,
        needs=Level.WRITE,
    )
    return CalendarResponse.of(calendar, None)


@router.delete("/calendars/{calendar_id}", tags=[_CALENDARS])
def delete_calendar(
    app: Running, caller: Asking, calendar_id: CalendarId, key: Retried = None
) -> Deleted:
    """Delete a calendar with its schedules and events."""
    calendars.delete(app, caller, calendar_id, request_id=key)
    return Deleted()


@router.get("/calendars/{calendar_id}/schedules", tags=[_SCHEDULES])
def list_schedules(
    app: Running, caller: Asking, calendar_id: CalendarId
) -> list[CalendarScheduleResponse]:
    """List a calendar's schedules, oldest first."""
    found = calendars.rules(app, caller, calendar_id)
    return [CalendarScheduleResponse.of(rule, calendar_id) for rule in found]


@router.post("/calendars/{calendar_id}/schedules", tags=[_SCHEDULES])
def create_schedule(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    body: CreateScheduleRequest,
    key: Retried = None,
) -> CalendarScheduleResponse:
    """Say when a calendar is available, or when it is not: unavailable subtracts from available."""
    rule = body.rule()
    _require_effect(app, caller, calendar_id, rule)
    kept = calendars.add_rule(app, caller, calendar_id, rule, request_id=key, needs=Level.WRITE)
    return CalendarScheduleResponse.of(kept, calendar_id)


@router.put("/calendars/{calendar_id}/schedules/{schedule_id}", tags=[_SCHEDULES])
def update_schedule(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    schedule_id: ScheduleId,
    body: UpdateScheduleRequest,
    key: Retried = None,
) -> CalendarScheduleResponse:
    """Change a schedule: what is not sent stays."""
    before = next(
        (one for one in calendars.rules(app, caller, calendar_id) if one.id == schedule_id), None
    )
    if before is None:
        raise UnknownRule(
            "The calendar has no schedule with that id.", hint="List the calendar's schedules."
        )
    rule = body.rule(before)
    _require_effect(app, caller, calendar_id, rule, instead_of=schedule_id)
    kept = calendars.replace_rule(
        app, caller, calendar_id, schedule_id, rule, request_id=key, needs=Level.WRITE
    )
    return CalendarScheduleResponse.of(kept, calendar_id)


@router.delete("/calendars/{calendar_id}/schedules/{schedule_id}", tags=[_SCHEDULES])
def delete_schedule(
    app: Running,
    caller: Asking,
    calendar_id: CalendarId,
    schedule_id: ScheduleId,
    key: Retried = None,
) -> Deleted:
    """Delete a schedule; events that were booked by it stay."""
    calendars.remove_rule(app, caller, calendar_id, schedule_id, request_id=key, needs=Level.WRITE)
    return Deleted()


def _told(app: App, caller: Caller, calendar: Calendar, with_schedules: bool) -> CalendarResponse:
    rules = calendars.rules(app, caller, calendar.id) if with_schedules else None
    return CalendarResponse.of(calendar, rules)


def _require_effect(
    app: App, caller: Caller, calendar_id: int, rule: Rule, *, instead_of: int | None = None
) -> None:
    """Refuse to open a calendar once that is open at any time: it would stay open at any time."""
    if isinstance(rule, RecurringRule) or not rule.available:
        return
    calendar = calendars.get(app, caller, calendar_id)
    opens = any(
        isinstance(one, RecurringRule) and one.available and one.id != instead_of
        for one in calendars.rules(app, caller, calendar_id)
    )
    if calendar.policy.availability is Availability.OPEN and not opens:
        raise Unsupported(
            "The calendar is open at any time, so that it can't be opened once.",
            hint="Add an available schedule that repeats first.",
            fields={"availability_type": "changes nothing: the calendar is open at any time"},
        )
