"""The webhooks of voice platforms, and a plain door to the tools for everybody else's programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import BaseModel, Field
from pydantic_core import from_json
from starlette.responses import JSONResponse

from sched_agent.errors import InvalidArgument
from sched_agent.tools.catalog import all_tools
from sched_agent.transports.auth import caller_of
from sched_agent.transports.calling import Desk
from sched_agent.transports.problem import ToolProblem
from sched_agent.transports.rest.common import Asking, Retried, problems
from sched_agent.transports.voice import elevenlabs, retell, vapi
from sched_agent.transports.voice.common import Outcome, ToolCall, Webhook, answer, one_answer


@dataclass(frozen=True, slots=True)
class Platform:
    """How a platform writes calls and reads answers."""

    calls: Callable[[Webhook], Sequence[ToolCall]]
    reply: Callable[[Sequence[ToolCall], Sequence[Outcome]], Any]


PLATFORMS: Mapping[str, Platform] = {
    "vapi": Platform(vapi.calls, vapi.reply),
    "retell": Platform(retell.calls, one_answer),
    "elevenlabs": Platform(elevenlabs.calls, one_answer),
}


class ToolResult(BaseModel):
    """A tool's answer."""

    success: bool = Field(True, description="Always true")
    text: str = Field(description="For the model: what to say first")
    data: dict[str, Any] = Field(description="For programs, by the tool's output schema")


_REFUSALS = {
    401: "Not authenticated",
    403: "Not allowed",
    404: "No such tool, calendar, event or rule",
    409: "Refused, with the nearest free times",
    412: "The event has changed since it was read",
    413: "The body is too large",
    422: "The arguments are wrong",
    429: "Too many requests",
    500: "A fault of the server",
    502: "The hosted calendar refused",
    503: "The calendar can't be reached now",
}


def router(desk: Desk) -> APIRouter:
    """Return the routes.

    Args:
        desk: What answers the calls.
    """
    made = APIRouter(tags=["tools"])

    # the platforms describe their own webhooks
    @made.post("/voice/{platform}", include_in_schema=False)
    @made.post("/voice/{platform}/{tool}", include_in_schema=False)
    async def webhook(request: Request, platform: str, tool: str | None = None) -> JSONResponse:
        if platform not in PLATFORMS:
            raise HTTPException(404)
        raw = await request.body()
        heard = Webhook(_json(raw), raw, tool, request.query_params, request.headers)
        spoken = PLATFORMS[platform]
        calls = spoken.calls(heard)
        caller = caller_of(request)
        outcomes = await anyio.to_thread.run_sync(answer, desk, caller, calls, heard.query)
        return JSONResponse(spoken.reply(calls, outcomes))

    @made.post("/tools/{name}", responses=problems(ToolProblem, _REFUSALS))
    def plain(
        name: str,
        caller: Asking,
        request_id: Retried = None,
        arguments: Annotated[dict[str, Any] | None, Body()] = None,
    ) -> ToolResult:
        """Call a tool with its arguments as the body; `text` is for the model, `data` for programs.

        A refusal has `text`, too. `GET /openapi.json` does not repeat the tools' schemas:
        `sched-agent tools` prints them.
        """
        if name not in all_tools():
            raise HTTPException(404)
        given = dict(arguments or {})
        if request_id is not None and not all_tools()[name].read_only:
            given.setdefault("request_id", request_id)
        result = desk.call(caller, name, given)
        data = result.data.model_dump(mode="json", exclude_none=True)
        return ToolResult(success=True, text=result.text, data=data)

    return made


def _json(raw: bytes) -> Mapping[str, Any]:
    """Return a body as an object.

    Raises:
        InvalidArgument: It is none.
    """
    try:
        sent = from_json(raw)
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise InvalidArgument("The body is not a JSON object.", fields={"body": "is not an object"})
    return sent
