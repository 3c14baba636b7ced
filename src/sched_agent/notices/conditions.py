"""Conditions of event rules, in the Common Expression Language (CEL).

A condition sees `event`, `calendar` and `now`, and nothing else. It is looked at when the rule is
made: what can't be read, names something that there is not, or could take long is refused then.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sched_agent.errors import InvalidArgument, Unsupported
from sched_agent.model.calendar import Calendar
from sched_agent.model.event import Event
from sched_agent.model.interval import SECOND
from sched_agent.notices.telling import calendar_data, event_data, sample

if TYPE_CHECKING:
    from celpy import Runner
    from lark import Tree

LONGEST = 1000
"""Characters of a condition."""
_DEEPEST = 150
"""Of its syntax tree; each pair of brackets adds about ten."""
_MOST_BYTES = 64 * 1024
"""Of an event that a condition is asked about."""
_MACROS = frozenset({"all", "exists", "exists_one", "filter"})
"""Which look at each item of a list; none of them makes a longer one."""
_GROWING = frozenset({"map", "reduce"})
_TIMES = ("startTime", "endTime", "createdAt", "updatedAt")


class Undecided(Exception):
    """A condition does not come to true or false; the text says why, without anybody's data."""


def check(condition: str) -> None:
    """Let a condition pass that can be used.

    Raises:
        InvalidArgument: It can't be read, names what there is not, or could take long.
        Unsupported: The library for it is not installed.
    """
    _program(condition)


def holds(condition: str | None, event: Event, calendar: Calendar, now: int) -> bool:
    """Whether a condition holds for an event.

    Raises:
        Undecided: It comes to no answer.
        Unsupported: The library for it is not installed.
    """
    if condition is None:
        return True
    try:
        program = _program(condition)
    except InvalidArgument as error:
        raise Undecided(error.message) from None
    from celpy.celtypes import BoolType
    from celpy.evaluation import CELEvalError

    told = event_data(event, calendar)
    if len(json.dumps(told)) > _MOST_BYTES:
        raise Undecided("The event says too much for a condition.")
    try:
        answer = program.evaluate(_activation(told, calendar, now))
    except (CELEvalError, RecursionError, ValueError, TypeError, ArithmeticError) as error:
        raise Undecided(_why(error)) from None
    if not isinstance(answer, BoolType):
        raise Undecided("It comes to neither true nor false.")
    return bool(answer)


def _activation(told: dict[str, Any], calendar: Calendar, now: int) -> dict[str, Any]:
    from celpy.adapter import json_to_cel
    from celpy.celtypes import TimestampType

    times = {name: datetime.fromisoformat(told[name]) for name in _TIMES}
    return {
        "event": json_to_cel(told | times),
        "calendar": json_to_cel(calendar_data(calendar)),
        "now": TimestampType(datetime.fromtimestamp(now / SECOND, UTC)),
    }


def _why(error: Exception) -> str:
    """Say why a condition failed; the library's own words may repeat what is in the event."""
    told = str(error.args[0]) if error.args else ""
    if "no such member" in told:
        return "It asks for something that the event does not have."
    if "overload" in told:
        return "It compares or combines values of different kinds."
    return "It can't be worked out for this event."


@lru_cache(maxsize=256)
def _program(condition: str) -> "Runner":
    if len(condition) > LONGEST:
        raise _wrong(f"is longer than {LONGEST} characters")
    try:
        from celpy import Environment, InterpretedRunner
        from celpy.celparser import CELParseError
    except ImportError:
        raise Unsupported(
            "This server was installed without what conditions of event rules need.",
            hint="pip install 'sched-agent[rules]'",
        ) from None
    environment = Environment(runner_class=InterpretedRunner)  # the other one runs Python code
    try:
        tree = environment.compile(condition)
        _inspect(tree)
        return environment.program(tree)
    except CELParseError as error:
        where = "" if error.line is None else f" at line {error.line}, column {error.column}"
        raise _wrong(f"can't be read{where}") from None
    except RecursionError:
        raise _wrong("is nested too deeply") from None


def _inspect(tree: "Tree[Any]") -> None:
    """Let a syntax tree pass that names only what there is, and takes no long time.

    Raises:
        InvalidArgument: It does not.
    """
    bound: set[str] = set()
    for node, depth, macros in _nodes(tree, 0, 0):
        if depth > _DEEPEST:
            raise _wrong("is nested too deeply")
        name = str(node.children[1]) if node.data == "member_dot_arg" else ""
        if name in _GROWING:
            raise _wrong(f"uses {name}(), which conditions don't have")
        if name in _MACROS:
            if macros:
                raise _wrong(f"has {name}() inside another loop")
            bound.update(_names(node.children[2], "ident"))
    for node, _, _ in _nodes(tree, 0, 0):
        _inspect_names(node, bound)


def _inspect_names(node: "Tree[Any]", bound: set[str]) -> None:
    if node.data == "ident" and str(node.children[0]) not in bound | _known().keys() | _TYPES:
        raise _unknown(node.children[0])
    if node.data == "ident_arg" and str(node.children[0]) not in _functions():
        raise _unknown(node.children[0])
    if node.data == "member_dot_arg" and str(node.children[1]) not in _functions():
        raise _unknown(node.children[1])
    if node.data == "member_dot":
        of, name = _alone(node.children[0]), node.children[1]
        if of is not None and of not in bound and str(name) not in _known().get(of, {str(name)}):
            raise _unknown(name)


def _nodes(tree: "Tree[Any]", depth: int, macros: int) -> Iterator[tuple["Tree[Any]", int, int]]:
    """Yield all nodes of a tree, how deep they are, and in how many macros."""
    waiting = [(tree, depth, macros)]
    while waiting:
        node, depth, macros = waiting.pop()
        yield node, depth, macros
        is_macro = node.data == "member_dot_arg" and str(node.children[1]) in _MACROS
        for at, child in enumerate(node.children):
            if hasattr(child, "children"):
                waiting.append((child, depth + 1, macros + (is_macro and at == 2)))


def _names(tree: Any, kind: str) -> list[str]:
    """Return the name that the first expression of a macro binds."""
    first = tree.children[0]
    return [str(node.children[0]) for node, _, _ in _nodes(first, 0, 0) if node.data == kind]


def _alone(node: Any) -> str | None:
    """Return the name that a node is, if it is nothing but a name."""
    while len(node.children) == 1 and hasattr(node.children[0], "children"):
        node = node.children[0]
    return str(node.children[0]) if node.data == "ident" else None


_TYPES = frozenset(("int", "uint", "double", "bool", "string", "bytes", "list", "map", "type"))


@cache
def _known() -> Mapping[str, frozenset[str]]:
    """Return what a condition sees, and what is known to be in it."""
    event, calendar = sample(0)
    return {
        "event": frozenset(event_data(event, calendar)),
        "calendar": frozenset(calendar_data(calendar)),
        "now": frozenset(),
    }


@cache
def _functions() -> frozenset[str]:
    from celpy.evaluation import base_functions

    return frozenset(base_functions) | _MACROS | {"has"}


def _unknown(name: Any) -> InvalidArgument:
    """Return the refusal of a name; it is not repeated: nobody knows what was pasted there."""
    return _wrong(f"names something that there is not, at line {name.line}, column {name.column}")


def _wrong(what: str) -> InvalidArgument:
    return InvalidArgument(
        f"The condition {what}.",
        hint="It is an expression of CEL about event, calendar and now, such as "
        'event.type == "demo" && event.attendeeCount > 1.',
        fields={"condition": what},
    )
