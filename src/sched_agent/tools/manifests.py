"""The tools as each kind of client reads them: assistants, model vendors, voice platforms."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sched_agent.speech.fillers import fillers
from sched_agent.speech.language import Language
from sched_agent.tools.catalog import tools_of
from sched_agent.tools.registry import Tool
from sched_agent.tools.schemas import described, plain, strict

TIMEOUT_SECONDS = 20
"""How long a voice platform waits for an answer: twice what a call takes here at the most."""

_DELAYED_MILLISECONDS = 4000


@dataclass(frozen=True, slots=True)
class Target:
    """What a definition says beside the tool.

    Args:
        url: Where the server is, as the platform sees it.
        language: Of the fillers, and of the answers if the model names no other.
        credential: The platform's id of the stored token or secret: Vapi's `credentialId`,
            ElevenLabs' `secret_id`. None: it is chosen at the platform later.
    """

    url: str = "https://YOUR-SERVER"
    language: Language = Language.EN
    credential: str | None = None

    def at(self, path: str) -> str:
        """Return the address of a path, which names the language."""
        return f"{self.url.rstrip('/')}{path}?{urlencode({'language': self.language})}"


def _mcp(tool: Tool, _: Target) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": {
            "readOnlyHint": tool.read_only,
            "destructiveHint": tool.destructive,
            "idempotentHint": tool.idempotent,
            "openWorldHint": False,
        },
    }


def _openai(tool: Tool, _: Target) -> dict[str, Any]:
    """Return a tool for chat completions, in strict mode: arguments always fit the schema.

    https://platform.openai.com/docs/guides/structured-outputs: every property is required, an
    optional one may be null; objects admit nothing else; bounds are not for every model.
    """
    function = {
        "name": tool.name,
        "description": tool.description,
        "strict": True,
        "parameters": strict(tool.input_schema),
    }
    return {"type": "function", "function": function}


def _anthropic(tool: Tool, _: Target) -> dict[str, Any]:
    """Return a tool for the messages API, which reads any JSON Schema.

    https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use
    """
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.input_schema,
    }


def _gemini(tool: Tool, _: Target) -> dict[str, Any]:
    """Return a function declaration in the part of OpenAPI 3.0 that every Gemini model reads.

    https://ai.google.dev/api/caching#FunctionDeclaration and #Schema
    """
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": plain(tool.input_schema),
    }


def _vapi(tool: Tool, target: Target) -> dict[str, Any]:
    """Return a function tool of Vapi, which asks our webhook.

    https://docs.vapi.ai/tools/custom-tools, https://docs.vapi.ai/tools/api-request/reliability,
    https://docs.vapi.ai/api-reference/tools/create. There is no `request-failed` message: it would
    be said instead of the reason and the alternatives. A request that got lost is sent once more,
    since it acts once.
    """
    said = fillers(target.language)
    server = {
        "url": target.at("/voice/vapi"),
        "timeoutSeconds": TIMEOUT_SECONDS,
        "backoffPlan": {
            "type": "fixed",
            "maxRetries": 1,
            "baseDelaySeconds": 1,
            "excludedStatusCodes": [401, 413, 421, 422],
        },
    }
    return {
        "type": "function",
        "async": False,
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": plain(_spoken(tool)),
        },
        "messages": [
            {"type": "request-start", "content": said.of(tool.name), "blocking": False},
            {
                "type": "request-response-delayed",
                "content": said.delayed,
                "timingMilliseconds": _DELAYED_MILLISECONDS,
            },
        ],
        "server": server | ({"credentialId": target.credential} if target.credential else {}),
    }


def _retell(tool: Tool, target: Target) -> dict[str, Any]:
    """Return a custom function of Retell, which asks our webhook.

    https://docs.retellai.com/build/single-multi-prompt/custom-function;
    https://docs.retellai.com/api-references/create-retell-llm. Retell signs its requests, so it
    needs no token; a request that failed is sent once more, since it acts once.
    """
    return {
        "type": "custom",
        "name": tool.name,
        "description": tool.description,
        "url": target.at("/voice/retell"),
        "method": "POST",
        "args_at_root": False,
        "parameters": plain(_spoken(tool)),
        "speak_during_execution": True,
        "execution_message_type": "static_text",
        "execution_message_description": fillers(target.language).of(tool.name),
        "speak_after_execution": True,
        "timeout_ms": TIMEOUT_SECONDS * 1000,
        "max_retry": 1,
    }


def _elevenlabs(tool: Tool, target: Target) -> dict[str, Any]:
    """Return a webhook tool of ElevenLabs, which asks our webhook.

    https://elevenlabs.io/docs/eleven-agents/customization/tools/server-tools;
    https://elevenlabs.io/docs/api-reference/tools/create. Each part of the body has a description,
    for that makes it one that the model fills in. What is said before the call is the model's, so
    the filler stands in the description. The headers let a retry be told from a new call.
    """
    said = fillers(target.language).of(tool.name)
    headers: dict[str, Any] = {
        "X-Conversation-Id": {"variable_name": "system__conversation_id"},
        "X-Agent-Turns": {"variable_name": "system__agent_turns"},
    }
    if target.credential:
        headers["Authorization"] = {"secret_id": target.credential}
    return {
        "type": "webhook",
        "name": tool.name,
        "description": f"{tool.description}\n\nSay before you call it: {said}",
        "pre_tool_speech": "force",
        "response_timeout_secs": TIMEOUT_SECONDS,
        "api_schema": {
            "url": target.at(f"/voice/elevenlabs/{tool.name}"),
            "method": "POST",
            "content_type": "application/json",
            "request_headers": headers,
            "request_body_schema": described(_spoken(tool), f"Arguments of {tool.name}"),
        },
    }


def _livekit(tool: Tool, target: Target) -> dict[str, Any]:
    """Return what `function_tool` of LiveKit's agents takes, and the path that answers the call.

    https://docs.livekit.io/agents/logic/tools/definition/: a tool made from a raw schema. The
    filler is for the agent's `session.say`.
    """
    return {
        "raw_schema": {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": plain(tool.input_schema),
        },
        "url": f"{target.url.rstrip('/')}/tools/{tool.name}",
        "filler": fillers(target.language).of(tool.name),
    }


def _spoken(tool: Tool) -> dict[str, Any]:
    """Return the arguments that a model on the phone sends: the webhook names the request."""
    schema = tool.input_schema
    left = {name: part for name, part in schema["properties"].items() if name != "request_id"}
    return schema | {"properties": left}


FORMATS: Mapping[str, Callable[[Tool, Target], dict[str, Any]]] = {
    "mcp": _mcp,
    "openai": _openai,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "vapi": _vapi,
    "retell": _retell,
    "elevenlabs": _elevenlabs,
    "livekit": _livekit,
}


def manifest(form: str, toolsets: Sequence[str], target: Target | None = None) -> str:
    """Return the definitions of some toolsets as JSON, in the form that a kind of client reads."""
    define, place = FORMATS[form], target or Target()
    definitions: Any = [define(tool, place) for tool in tools_of(toolsets).values()]
    if form == "mcp":
        definitions = {"tools": definitions}
    if form == "gemini":
        definitions = {"functionDeclarations": definitions}
    return json.dumps(definitions, indent=2, ensure_ascii=False)
