"""Errors on the way out over HTTP: the same facts in the envelope of the family that was called."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from sched_agent.errors import (
    Invalid,
    MeetingProviderRequired,
    NotAuthenticated,
    OutsideHours,
    RateLimited,
    SchedAgentError,
    Stale,
    TooFarAhead,
    TooSoon,
    Unavailable,
    UnknownArgument,
)
from sched_agent.speech.iso import utc_text
from sched_agent.tools.answers import EventOutput, SlotOutput, error_data, say_error
from sched_agent.transports.rest.talkover_shapes import EventData, etag

WORKSPACE = "/api/v2/"
TIMEKIT = "/v2/"
TOOLS = "/tools/"


class Alternative(BaseModel):
    """A free time, in UTC."""

    start_at: str
    end_at: str


class Problem(BaseModel):
    """A refusal or failure, in the form of the Talkover family's calendar pages."""

    success: bool = Field(False, description="Always false")
    message: str = Field(description="What happened")
    code: str = Field(description="For programs; see docs/errors.md")
    hint: str = Field(description="What to do next")
    because: str | None = Field(None, description="Why a time can't be had, more exactly than code")
    errors: dict[str, list[str]] | None = Field(None, description="Field -> what is wrong with it")
    alternatives: list[Alternative] | None = Field(None, description="Free times, best first")
    current: EventData | None = Field(None, description="The event as it is now, if it is stale")


class WorkspaceAlternative(BaseModel):
    """A free time, in UTC."""

    start_time: str = Field(alias="startTime")
    end_time: str = Field(alias="endTime")


class WorkspaceProblem(BaseModel):
    """A refusal or failure of the workspace family; only `detail` is the vendor's."""

    detail: str = Field(description="What happened and what to do, without personal data")
    code: str | None = Field(None, description="For programs; see docs/errors.md")
    because: str | None = Field(None, description="Why a time can't be had, more exactly than code")
    alternatives: list[WorkspaceAlternative] | None = Field(
        None, description="Free times, best first"
    )


class TimekitAlternative(BaseModel):
    """A free time, in UTC."""

    start: str
    end: str


class TimekitProblem(BaseModel):
    """A refusal or failure of the Timekit family, whose pages document no form for it."""

    message: str = Field(description="What happened")
    code: str = Field(description="For programs; see docs/errors.md")
    hint: str = Field(description="What to do next")
    because: str | None = Field(None, description="Why a time can't be had, more exactly than code")
    errors: dict[str, list[str]] | None = Field(None, description="Field -> what is wrong with it")
    alternatives: list[TimekitAlternative] | None = Field(
        None, description="Free times, best first"
    )


class ToolProblem(BaseModel):
    """A refusal or failure of a tool."""

    success: bool = Field(False, description="Always false")
    text: str = Field(description="For the model: what happened, what to do, what is free instead")
    code: str = Field(description="For programs; see docs/errors.md")
    message: str = Field(description="What happened")
    hint: str = Field(description="What to do next")
    say: str | None = Field(None, description="For the caller: what may be said as it stands")
    fields: dict[str, str] | None = Field(None, description="Argument -> what is wrong with it")
    alternatives: list[SlotOutput] | None = Field(None, description="The nearest free times")
    current: EventOutput | None = Field(None, description="The event as it is now, if it is stale")


def problem_response(
    error: SchedAgentError, path: str = "", *, status: int | None = None
) -> JSONResponse:
    """Return an error as a response.

    Args:
        error: What went wrong.
        path: The path that was asked for; it tells the family.
        status: Where HTTP has a more exact one than the error's family.
    """
    headers = {}
    if isinstance(error, NotAuthenticated):
        scheme = "Basic" if path.startswith(TIMEKIT) else "Bearer"
        headers["WWW-Authenticate"] = f'{scheme} realm="sched-agent"'
    if isinstance(error, RateLimited | Unavailable) and error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if path.startswith(WORKSPACE):
        status = status or _workspace_status(error)
        return JSONResponse(_workspace(error, status), status, headers)
    if path.startswith(TIMEKIT):
        # what the vendor answers to too many requests (help pages: rate limits)
        status = status or (503 if isinstance(error, RateLimited) else error.status)
        return JSONResponse(_timekit(error), status, headers)
    if path.startswith(TOOLS):
        body = {"success": False, "text": say_error(error), **error_data(error)}
        return JSONResponse(body, status or error.status, headers)
    if isinstance(error, Stale):
        headers["ETag"] = etag(error.event)
    return JSONResponse(_talkover(error), status or error.status, headers)


def _talkover(error: SchedAgentError) -> dict[str, Any]:
    """Return an error as the body of a `Problem`."""
    body: dict[str, Any] = {"success": False, **_facts(error, ("start_at", "end_at"))}
    if isinstance(error, MeetingProviderRequired):
        body["code"] = error.code.upper()  # as the page of create-event-meeting has it
    if isinstance(error, Stale):
        body["current"] = EventData.of(error.event).model_dump(mode="json")
    return body


def _timekit(error: SchedAgentError) -> dict[str, Any]:
    """Return an error as the body of a `TimekitProblem`."""
    return _facts(error, ("start", "end"), _TIMEKIT_NAMES)


def _facts(
    error: SchedAgentError, ends: tuple[str, str], names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = {"message": error.message, "code": error.code, "hint": error.hint}
    body |= _because(error)
    if error.fields:
        known = names or {}
        body["errors"] = {known.get(name, name): [told] for name, told in error.fields.items()}
    if error.alternatives:
        body["alternatives"] = _alternatives(error, ends)
    return body


def _because(error: SchedAgentError) -> dict[str, str]:
    return {"because": error.reason.because.value} if error.reason else {}


def _alternatives(error: SchedAgentError, ends: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {ends[0]: utc_text(slot.interval.start), ends[1]: utc_text(slot.interval.end)}
        for slot in error.alternatives
    ]


_TIMEKIT_NAMES = {"start_at": "start", "end_at": "end", "title": "what", "location": "where"}


def _workspace_status(error: SchedAgentError) -> int:
    """Return 400 for what the vendor calls a domain's validation, else what the error says.

    A field or parameter that does not exist is its 422, the validation of the schema.
    """
    if isinstance(error, UnknownArgument):
        return 422
    domain = (Invalid, OutsideHours, TooSoon, TooFarAhead)
    return 400 if isinstance(error, domain) else error.status


def _workspace(error: SchedAgentError, status: int) -> dict[str, Any]:
    """Return an error as the body of a `WorkspaceProblem`: a server's fault is never told."""
    if status >= 500:
        return {"detail": "An internal server error occurred"}
    body: dict[str, Any] = {"detail": _detail(error), "code": error.code, **_because(error)}
    if error.alternatives:
        body["alternatives"] = _alternatives(error, ("startTime", "endTime"))
    return body


def _detail(error: SchedAgentError) -> str:
    """Return a message that repeats nothing of what was sent: it may be about a patient."""
    told = error.message
    if isinstance(error, UnknownArgument):
        told = "A field or parameter was sent that does not exist here."
    elif isinstance(error, Invalid) and error.fields:
        told = "; ".join(f"{_camel(name)}: {what}" for name, what in error.fields.items()) + "."
    return _OUR_NAMES.sub(lambda name: _camel(name[0]), f"{told} {error.hint}".strip())


_OUR_NAMES = re.compile(
    r"\b(?:(?:start|end)_(?:at|time)|owner_(?:type|id)|created_by|days_of_week)\b"
)
_WORKSPACE_NAMES = {"start_at": "startTime", "end_at": "endTime"}


def _camel(name: str) -> str:
    """Return a field's name in the family's spelling."""
    known = _WORKSPACE_NAMES.get(name)
    return known or re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)
