"""langchain-mcp-adapters, which rests on the first line of the Python SDK."""

# It runs in an environment of its own.
# mypy: disable-error-code="import-not-found"

import asyncio
import json
import sys
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


def tell(step: str, **said: Any) -> None:
    print(json.dumps({"step": step, **said}), flush=True)


async def main(door: dict[str, Any]) -> None:
    stdio = {"transport": "stdio", "command": door["command"], "args": ["mcp"], "env": door["env"]}
    http = {"transport": "streamable_http", "url": door["url"]}
    client = MultiServerMCPClient({"calendar": http if door["url"] else stdio})
    async with client.session("calendar", auto_initialize=False) as session:
        tell("connect", revision=(await session.initialize()).protocolVersion)
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        tell("list_tools", tools=list(tools))

        async def call(step: str, name: str, **arguments: Any) -> Any:
            wanted = {"type": "tool_call", "id": step, "name": name, "args": arguments}
            answer: ToolMessage = await tools[name].ainvoke(wanted)
            tell(step, refused=answer.status == "error", text=answer.text)
            return answer.artifact and answer.artifact["structured_content"]

        free = await call("check", "check_availability", when="2026-11-23")
        booking = {"title": "Intake", "start_at": free["slots"][0]["start_at"]}
        booked = await call("book", "create_event", **booking)
        await call("book_again", "create_event", **booking)
        await call("cancel", "cancel_event", event_id=booked["event"]["id"])


asyncio.run(main(json.loads(sys.argv[1])))
