"""Pydantic AI: its MCP toolset, and an agent whose model is its own stand-in for one."""

# It runs in an environment of its own.
# mypy: disable-error-code="import-not-found"

import asyncio
import json
import sys
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelRetry
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ToolReturnPart
from pydantic_ai.models.test import TestModel


def tell(step: str, **said: Any) -> None:
    print(json.dumps({"step": step, **said}), flush=True)


async def main(door: dict[str, Any]) -> None:
    source = door["url"] or StdioTransport(door["command"], ["mcp"], env=door["env"])
    async with MCPToolset(source) as toolset:
        tell("connect", revision=toolset.client.session.protocol_version)
        tell("list_tools", tools=[tool.name for tool in await toolset.list_tools()])

        async def call(step: str, name: str, **arguments: Any) -> Any:
            try:
                answer = await toolset.direct_call_tool(name, arguments)
            except ModelRetry as refusal:
                return tell(step, refused=True, text=str(refusal))
            tell(step, refused=False, text=json.dumps(answer))
            return answer

        free = await call("check", "check_availability", when="2026-11-23")
        booking = {"title": "Intake", "start_at": free["slots"][0]["start_at"]}
        booked = await call("book", "create_event", **booking)
        await call("book_again", "create_event", **booking)
        await call("cancel", "cancel_event", event_id=booked["event"]["id"])

        agent = Agent(TestModel(call_tools=["check_availability"]), toolsets=[toolset])
        run = await agent.run("When are you free?")
        parts = [part for message in run.all_messages() for part in message.parts]
        [seen] = [part for part in parts if isinstance(part, ToolReturnPart)]
        tell("agent", tool=seen.tool_name, answer=seen.content)


asyncio.run(main(json.loads(sys.argv[1])))
