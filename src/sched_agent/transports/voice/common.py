"""What the webhooks of all voice platforms have in common: the calls in them, and their answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from sched_agent.errors import InvalidArgument, SchedAgentError
from sched_agent.model.caller import Caller
from sched_agent.speech.language import Language, read_language
from sched_agent.tools.answers import say_error
from sched_agent.tools.registry import Tool
from sched_agent.transports.calling import Desk


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request of a voice platform.

    Args:
        sent: Its body.
        raw: Its body as it came.
        tool: The tool that its path names, if it names one.
        query: What its address says: the language and the zone of the conversation.
        headers: By their names in small letters.
    """

    sent: Mapping[str, Any]
    raw: bytes
    tool: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool, as a platform sends it.

    Args:
        name: The tool's.
        arguments: As the model wrote them: an object, or a text of JSON.
        id: The platform's for this call, by which it finds the answer.
        conversation: Within which the agent's request ids are unique.
        mark: What a retry of the webhook repeats, and another call in the conversation does not.
    """

    name: str
    arguments: object
    id: str | None = None
    conversation: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to, in words that the model may read."""

    text: str
    failed: bool = False

    @property
    def line(self) -> str:
        """The words in one line."""
        return one_line(self.text)


def answer(
    desk: Desk, caller: Caller, calls: Sequence[ToolCall], query: Mapping[str, str]
) -> Sequence[Outcome]:
    """Answer calls one after the other: a message may cancel first and then book the same time.

    What goes wrong is told in words, for the agent has to go on.

    Raises:
        InvalidArgument: The address names a language that we don't speak.
    """
    language = read_language(query["language"]) if "language" in query else None
    return [_answer(desk, caller, call, query, language) for call in calls]


def _answer(
    desk: Desk,
    caller: Caller,
    call: ToolCall,
    query: Mapping[str, str],
    language: Language | None,
) -> Outcome:
    try:
        arguments = _completed(desk.tools.get(call.name), call, query)
        return Outcome(desk.call(caller, call.name, arguments, language).text)
    except SchedAgentError as error:
        return Outcome(say_error(desk.in_words(error, {}, language)), failed=True)


def _completed(tool: Tool | None, call: ToolCall, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments, with what the webhook says where the model said nothing.

    A request id names a request within its conversation: models like to begin anew with 1.
    """
    given = {name: value for name, value in _read(call.arguments).items() if value is not None}
    if tool is None:
        return given
    known: dict[str, Any] = {}
    if tool.toolset == "booking":  # an admin's timezone is a calendar's, not the caller's
        known["timezone"] = query.get("timezone")
    known["request_id"] = named = _request_id(call, given.get("request_id", call.mark))
    if named is not None:
        given.pop("request_id", None)
    fitting = {
        name: value
        for name, value in known.items()
        if value is not None and name in tool.input.model_fields
    }
    return fitting | given


def _read(arguments: object) -> Mapping[str, Any]:
    """Return arguments as an object; some platforms send them as a text of JSON."""
    if isinstance(arguments, str):
        try:
            arguments = from_json(arguments or "{}")
        except ValueError:
            raise InvalidArgument("The arguments are not JSON.") from None
    if not isinstance(arguments, Mapping):
        raise InvalidArgument("The arguments are not an object.")
    return arguments


def _request_id(call: ToolCall, mark: object) -> str | None:
    if call.conversation is None or not isinstance(mark, str):
        return None
    named = "\n".join((call.conversation, call.name, mark))
    return f"voice_{hashlib.sha256(named.encode()).hexdigest()[:40]}"


def one_line(text: str) -> str:
    """Return a text without line breaks; the items of a list are set apart by semicolons."""
    told = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        item = line.removeprefix("- ")
        between = "" if not told else " " if item == line or told.endswith(":") else "; "
        told += between + item
    return told


def inside(value: Any, *path: str) -> Any:
    """Return what lies at a path of names inside a JSON value, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_inside(value: Any, *path: str) -> str | None:
    """Return the text at a path, or None: ids of other kinds are nobody's."""
    found = inside(value, *path)
    return found if isinstance(found, str) and found else None


def one_answer(_: Sequence[ToolCall], outcomes: Sequence[Outcome]) -> Any:
    """Return the answer to at most one call, as an object that the model reads whole.

    A failure, too, goes out with status 200: the agent has to read it, and nobody to try again.
    """
    return {"error" if one.failed else "result": one.text for one in outcomes}
