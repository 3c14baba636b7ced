"""Errors on the way out over HTTP."""

from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from sched_agent.errors import NotAuthenticated, RateLimited, SchedAgentError, Stale, Unavailable
from sched_agent.speech.iso import utc_text
from sched_agent.transports.rest.talkover_shapes import EventData, etag


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
    errors: dict[str, list[str]] | None = Field(None, description="Field -> what is wrong with it")
    alternatives: list[Alternative] | None = Field(None, description="The nearest free times")
    current: EventData | None = Field(None, description="The event as it is now, if it is stale")


def problem(error: SchedAgentError) -> dict[str, Any]:
    """Return an error as the body of a `Problem`."""
    body: dict[str, Any] = {
        "success": False,
        "message": error.message,
        "code": error.code,
        "hint": error.hint,
    }
    if error.fields:
        body["errors"] = {name: [problem] for name, problem in error.fields.items()}
    if error.alternatives:
        body["alternatives"] = [
            {"start_at": utc_text(slot.interval.start), "end_at": utc_text(slot.interval.end)}
            for slot in error.alternatives
        ]
    if isinstance(error, Stale):
        body["current"] = EventData.of(error.event).model_dump(mode="json")
    return body


def problem_response(error: SchedAgentError, status: int | None = None) -> JSONResponse:
    """Return an error as a response; `status` where HTTP has a more exact one than the family."""
    headers = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="sched-agent"'
    if isinstance(error, RateLimited | Unavailable) and error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Stale):
        headers["ETag"] = etag(error.event)
    return JSONResponse(problem(error), status or error.status, headers)
