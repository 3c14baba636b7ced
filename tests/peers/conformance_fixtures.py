"""The tools, prompts and resources that the conformance suite calls by name.

Their docstrings are the descriptions that it demands.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Audio, Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    EmbeddedResource,
    TextResourceContents,
)
from pydantic import Field

from tests.peers import conformance_questions

Ctx = Context[Any, Any]

PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
SILENCE = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0@\x1f\0\0\1\0\x08\0data\0\0\0\0"


def put_on(server: MCPServer[Any]) -> None:
    """Add the fixtures to a server."""
    for tool in TOOLS:
        server.add_tool(tool, structured_output=False)
    for prompt in PROMPTS:
        server.prompt()(prompt)
    for uri, (resource, mime_type) in RESOURCES.items():
        server.resource(uri, mime_type=mime_type)(resource)
    conformance_questions.put_on(server)


def test_simple_text() -> str:
    """Return a text."""
    return "This is a simple text response for testing."


def test_image_content() -> Image:
    """Return a picture."""
    return Image(data=PIXEL, format="png")


def test_audio_content() -> Audio:
    """Return a sound."""
    return Audio(data=SILENCE, format="wav")


def test_embedded_resource() -> EmbeddedResource:
    """Return a resource inside the answer."""
    return embedded("test://embedded-resource", "text/plain", "This is an embedded resource.")


def test_multiple_content_types() -> list[Any]:
    """Return a text, a picture and a resource."""
    return [
        "Multiple content types test:",
        Image(data=PIXEL, format="png"),
        embedded("test://mixed-content-resource", "application/json", '{"test":"data"}'),
    ]


def test_error_handling() -> str:
    """Fail."""
    raise ToolError("This tool intentionally returns an error for testing")


def test_missing_capability() -> str:
    """Refuse a client that can't sample."""
    raise MCPError(
        MISSING_REQUIRED_CLIENT_CAPABILITY,
        "This tool needs a client that can sample.",
        {"requiredCapabilities": {"sampling": {}}},
    )


def test_custom_header(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
) -> str:
    """Take an argument that clients repeat in an HTTP header."""
    return region


async def test_tool_with_progress(ctx: Ctx) -> str:
    """Report progress three times."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return "Done."


async def test_tool_with_logging(ctx: Ctx) -> str:
    """Log three lines to the client."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(line)
        await anyio.sleep(0.05)
    return "Done."


async def test_logging_tool(ctx: Ctx) -> str:
    """Log a line to a client that wants none."""
    await ctx.info("A line of log")
    return "Done."


async def test_reconnection(ctx: Ctx) -> str:
    """Close the stream of the answer before the answer."""
    await ctx.close_sse_stream()
    await anyio.sleep(0.1)
    return "Done."


async def test_trigger_tool_change(ctx: Ctx) -> str:
    """Tell subscribers that the tools changed."""
    await ctx.notify_tools_changed()
    return "Told."


async def test_trigger_prompt_change(ctx: Ctx) -> str:
    """Tell subscribers that the prompts changed."""
    await ctx.notify_prompts_changed()
    return "Told."


def test_simple_prompt() -> str:
    """Return a text."""
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """Return its arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[Any]:  # noqa: N803  # its name there
    """Return a resource and a text."""
    text = "Embedded resource content for testing."
    return [
        embedded(resourceUri, "text/plain", text),
        "Please process the embedded resource above.",
    ]


def test_prompt_with_image() -> list[Any]:
    """Return a picture and a text."""
    return [Image(data=PIXEL, format="png"), "Please analyze the image above."]


def static_text() -> str:
    """A text."""
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    """A picture."""
    return PIXEL


def template(id: str) -> str:  # noqa: A002  # its name there
    """The id that it was asked for."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def watched_resource() -> str:
    """A text to watch."""
    return "Watch me."


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=contents)


TOOLS = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_missing_capability,
    test_custom_header,
    test_tool_with_progress,
    test_tool_with_logging,
    test_logging_tool,
    test_reconnection,
    test_trigger_tool_change,
    test_trigger_prompt_change,
)
PROMPTS = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
)
RESOURCES: Mapping[str, tuple[Callable[..., Any], str]] = {
    "test://static-text": (static_text, "text/plain"),
    "test://static-binary": (static_binary, "image/png"),
    "test://template/{id}/data": (template, "application/json"),
    "test://watched-resource": (watched_resource, "text/plain"),
}
