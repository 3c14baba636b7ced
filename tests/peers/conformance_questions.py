"""The fixtures of the conformance suite that ask the client something in the middle of a call.

Since 2026-07-28 a question is a result (`input_required`) and the call is sent again with the
answers; before, it was a request from the server.
"""

from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import (
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

Ctx = Context[Any, Any]
Answer = CallToolResult | InputRequiredResult


def put_on(server: MCPServer[Any]) -> None:
    """Add the fixtures to a server."""
    for tool in TOOLS:
        server.add_tool(tool, structured_output=False)
    server.prompt()(test_input_required_result_prompt)


async def test_input_required_result_elicitation(ctx: Ctx) -> Answer:
    """Ask for a name."""
    return greeting(ctx)


async def test_streaming_elicitation(ctx: Ctx) -> Answer:
    """Ask for a name."""
    return greeting(ctx)


async def test_input_required_result_sampling(ctx: Ctx) -> Answer:
    """Ask the client's model."""
    reply = answers(ctx).get("capital_question")
    if not isinstance(reply, CreateMessageResult):
        return ask(capital_question=sample("What is the capital of France?", 100))
    return say(str(reply.content))


async def test_input_required_result_list_roots(ctx: Ctx) -> Answer:
    """Ask for the client's folders."""
    reply = answers(ctx).get("client_roots")
    if not isinstance(reply, ListRootsResult):
        return ask(client_roots=ListRootsRequest())
    return say(", ".join(str(root.uri) for root in reply.roots))


async def test_input_required_result_request_state(ctx: Ctx) -> Answer:
    """Ask, and check the state that comes back."""
    if ctx.request_state != "asked":
        return ask("asked", confirm=confirmation())
    return say("state-ok")


async def test_input_required_result_tampered_state(ctx: Ctx) -> Answer:
    """Ask, and refuse a state that was changed on its way."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: Ctx) -> Answer:
    """Ask three things at once."""
    if not {"user_name", "greeting", "client_roots"} <= answers(ctx).keys():
        return ask(
            "asked",
            user_name=elicit("What is your name?", name={"type": "string"}),
            greeting=sample("Generate a greeting", 50),
            client_roots=ListRootsRequest(),
        )
    return say("Thank you.")


async def test_input_required_result_multi_round(ctx: Ctx) -> Answer:
    """Ask twice."""
    if ctx.request_state is None:
        return ask("first", step1=elicit("Step 1: What is your name?", name={"type": "string"}))
    if ctx.request_state == "first":
        color = {"type": "string"}
        return ask("second", step2=elicit("Step 2: What is your favorite color?", color=color))
    return say("Thank you.")


async def test_input_required_result_capabilities(ctx: Ctx) -> Answer:
    """Ask only what the client can answer."""
    able = ctx.client_capabilities
    questions: dict[str, Any] = {}
    if able is not None and able.elicitation is not None:
        questions["user_name"] = elicit("What is your name?", name={"type": "string"})
    if able is not None and able.sampling is not None:
        questions["greeting"] = sample("Generate a greeting", 50)
    return ask(**questions) if questions.keys() - answers(ctx).keys() else say("Thank you.")


async def test_input_required_result_prompt(ctx: Ctx) -> Any:
    """Ask for the context of a prompt."""
    reply = answers(ctx).get("user_context")
    if not isinstance(reply, ElicitResult):
        context = {"type": "string"}
        return ask(user_context=elicit("What context should the prompt use?", context=context))
    return f"The context: {reply.content}"


async def test_sampling(prompt: str, ctx: Ctx) -> str:
    """Ask the client's model, in the old way."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    reply = await ctx.session.create_message(
        [message], max_tokens=100, related_request_id=ctx.request_id
    )
    return f"LLM response: {reply.content}"


async def test_elicitation(message: str, ctx: Ctx) -> str:
    """Ask the client's user, in the old way."""
    return await push(ctx, message, username={"type": "string"}, email={"type": "string"})


async def test_elicitation_sep1034_defaults(ctx: Ctx) -> str:
    """Ask with a default for each primitive type, in the old way."""
    states = ["active", "inactive", "pending"]
    return await push(
        ctx,
        "Please review",
        name={"type": "string", "default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status={"type": "string", "enum": states, "default": "active"},
        verified={"type": "boolean", "default": True},
    )


async def test_elicitation_sep1330_enums(ctx: Ctx) -> str:
    """Ask with a choice of each kind, in the old way."""
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"Option {n}"} for n in (1, 2, 3)]
    names = ["Option One", "Option Two", "Option Three"]
    return await push(
        ctx,
        "Please choose",
        untitledSingle={"type": "string", "enum": plain},
        titledSingle={"type": "string", "oneOf": titled},
        legacyEnum={"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": names},
        untitledMulti={"type": "array", "items": {"type": "string", "enum": plain}},
        titledMulti={"type": "array", "items": {"anyOf": titled}},
    )


def greeting(ctx: Ctx) -> Answer:
    reply = answers(ctx).get("user_name")
    if not isinstance(reply, ElicitResult) or not reply.content:
        return ask(user_name=elicit("What is your name?", name={"type": "string"}))
    return say(f"Hello, {reply.content['name']}!")


def answers(ctx: Ctx) -> dict[str, Any]:
    return ctx.input_responses or {}


def ask(state: str | None = None, **questions: Any) -> InputRequiredResult:
    return InputRequiredResult(input_requests=questions, request_state=state)


def say(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)])


def form(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def elicit(message: str, **properties: Any) -> ElicitRequest:
    params = ElicitRequestFormParams(message=message, requested_schema=form(properties))
    return ElicitRequest(params=params)


def confirmation() -> ElicitRequest:
    return elicit("Please confirm", ok={"type": "boolean"})


def sample(text: str, max_tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    params = CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    return CreateMessageRequest(params=params)


async def push(ctx: Ctx, message: str, **properties: Any) -> str:
    reply = await ctx.session.elicit_form(message, form(properties), ctx.request_id)
    return f"Elicitation completed: action={reply.action}, content={reply.content}"


TOOLS = (
    test_input_required_result_elicitation,
    test_streaming_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
)
