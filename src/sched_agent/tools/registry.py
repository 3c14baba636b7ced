"""What a tool is, and all the tools there are."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import BaseModel

from sched_agent.backends.base import Backend
from sched_agent.errors import NotAllowed, SchedAgentError
from sched_agent.model.caller import Caller, Level
from sched_agent.model.text import clean
from sched_agent.settings import Toolset
from sched_agent.speech.language import Language
from sched_agent.tools.answers import Answer
from sched_agent.tools.arguments import read
from sched_agent.tools.refusals import asked_language, put_in_words


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: data for programs, with a sentence for the caller in it, and text for the model.

    Args:
        data: What is answered.
        lines: What a model that only reads text needs to know beside that sentence.
    """

    data: Answer
    lines: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The sentence for the caller, and under it what the model needs to know."""
        return clean("\n".join((self.data.say, *self.lines)))


Run = Callable[[Backend, Caller, Any], Result]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool: its face to the model, its schemas, and what it does.

    Args:
        name: By which it is called.
        title: For people.
        description: For the model: what it does, when to use it, what comes back.
        toolset: The group by which it is switched on.
        level: What a caller needs.
        input: Its arguments.
        output: Its structured answer.
        run: What it does.
        destructive: Whether it may undo something that was there.
        idempotent: Whether a second call with the same arguments changes nothing more.
    """

    name: str
    title: str
    description: str
    toolset: Toolset
    level: Level
    input: type[BaseModel]
    output: type[Answer]
    run: Run
    destructive: bool
    idempotent: bool

    @property
    def read_only(self) -> bool:
        """Whether it changes nothing."""
        return self.level is Level.READ

    def call(
        self,
        backend: Backend,
        caller: Caller,
        arguments: Mapping[str, Any],
        *,
        language: Language,
    ) -> Result:
        """Check the arguments and do it.

        Args:
            backend: Where the calendars are.
            caller: Who asks.
            arguments: As they were sent.
            language: To speak where the arguments name none.

        Raises:
            NotAllowed: The caller's scope is too low.
            SchedAgentError: The arguments are wrong, or the backend refuses; it has words to say.
        """
        try:
            self._admit(caller)
            return self.run(backend, caller, read(self.input, arguments, self.name, language))
        except SchedAgentError as error:
            put_in_words(error, asked_language(arguments, language), backend.now())
            raise

    def _admit(self, caller: Caller) -> None:
        if caller.level < self.level:
            raise NotAllowed(
                f"{self.name} needs the scope {self.level.scope}; "
                f"the token has {caller.level.scope}."
            )

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments: compact, without `$ref`."""
        return compact(self.input.model_json_schema(by_alias=True))

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the structured answer."""
        return compact(self.output.model_json_schema(mode="serialization"))


_TOOLS: dict[str, Tool] = {}


def tool(
    title: str,
    *,
    output: type[Answer],
    toolset: Toolset = "booking",
    level: Level = Level.READ,
    destructive: bool = False,
    idempotent: bool | None = None,
) -> Callable[[Run], Run]:
    """Register a function as a tool; its docstring is what the model reads."""

    def register(run: Run) -> Run:
        name = run.__name__
        _TOOLS[name] = Tool(
            name=name,
            title=title,
            description=inspect.cleandoc(run.__doc__ or ""),
            toolset=toolset,
            level=level,
            input=get_type_hints(run)["arguments"],
            output=output,
            run=run,
            destructive=destructive,
            idempotent=level is Level.READ if idempotent is None else idempotent,
        )
        return run

    return register


def registered(module: str) -> Sequence[Tool]:
    """Return the tools of a module that has been imported, in the order of its text."""
    return [known for known in _TOOLS.values() if known.run.__module__ == module]


def compact(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with references inlined and without what no model needs."""
    definitions = schema.get("$defs", {})
    shortened = _compact(schema, definitions)
    assert isinstance(shortened, dict)  # noqa: S101
    shortened.pop("description", None)
    return shortened


def _compact(part: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_compact(item, definitions) for item in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" in part:
        target = dict(definitions[part["$ref"].rsplit("/", 1)[-1]])
        target.pop("description", None)  # of the class; the argument has its own
        return _compact(target | {k: v for k, v in part.items() if k != "$ref"}, definitions)
    result: dict[str, Any] = {}
    for key, value in part.items():
        if key in {"title", "$defs"} and not isinstance(value, Mapping):
            continue
        if key == "$defs" or (key == "default" and value in (None, [])):
            continue
        if key == "properties":
            result[key] = {name: _compact(inner, definitions) for name, inner in value.items()}
        elif key == "anyOf":
            kept = [_compact(one, definitions) for one in value if one != {"type": "null"}]
            result |= kept[0] if len(kept) == 1 else {"anyOf": kept}
        else:
            result[key] = _compact(value, definitions)
    return result
