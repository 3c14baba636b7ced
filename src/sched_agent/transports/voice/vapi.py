"""Vapi: `tool-calls` messages.

https://docs.vapi.ai/tools/custom-tools and https://docs.vapi.ai/server-url/events (request),
https://docs.vapi.ai/tools/custom-tools-troubleshooting (response),
https://docs.vapi.ai/server-url/server-authentication (tokens and signatures).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sched_agent.errors import InvalidArgument
from sched_agent.transports.voice.common import (
    Outcome,
    ToolCall,
    Webhook,
    inside,
    text_inside,
)

MOST_CALLS = 16
"""As many calls as one message may hold."""


def calls(webhook: Webhook) -> Sequence[ToolCall]:
    """Return the calls in a message; every other kind of message has none, and asks for nothing.

    The pages show a call as `id`, `name` and `arguments` or `parameters`, the schema of the API as
    `id` and `function` with the arguments as a JSON text.

    Raises:
        InvalidArgument: There are too many of them.
    """
    message = inside(webhook.sent, "message")
    if inside(message, "type") != "tool-calls":
        return []
    listed = inside(message, "toolCallList") or inside(message, "toolCalls") or []
    found = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    if len(found) > MOST_CALLS:
        raise InvalidArgument(f"One message may hold {MOST_CALLS} calls at the most.")
    conversation = text_inside(message, "call", "id")
    return [_call(one, conversation) for one in found]


def _call(listed: Mapping[str, Any], conversation: str | None) -> ToolCall:
    function = listed if "name" in listed else inside(listed, "function")
    arguments = inside(function, "arguments")
    named = text_inside(listed, "id")
    return ToolCall(
        name=text_inside(function, "name") or "",
        arguments=inside(function, "parameters") or {} if arguments is None else arguments,
        id=named,
        conversation=conversation,
        mark=named,
    )


def reply(asked: Sequence[ToolCall], outcomes: Sequence[Outcome]) -> Any:
    """Return the answer: for each call one line of text, as result or error; the status is 200."""
    return {
        "results": [
            {
                "name": call.name,
                "toolCallId": call.id,
                "error" if outcome.failed else "result": outcome.line,
            }
            for call, outcome in zip(asked, outcomes, strict=True)
        ]
    }
