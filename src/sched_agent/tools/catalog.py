"""All the tools there are, in the order in which models see them."""

from collections.abc import Mapping, Sequence

from sched_agent.backends.abilities import ALL, INSTEAD, Ability
from sched_agent.errors import Unsupported
from sched_agent.tools import admin, availability, calendars, connections, events
from sched_agent.tools.registry import Tool, registered


def all_tools() -> Mapping[str, Tool]:
    """Return every tool by name."""
    nouns = (calendars, availability, events, admin, connections)
    return {tool.name: tool for noun in nouns for tool in registered(noun.__name__)}


def tools_of(toolsets: Sequence[str], abilities: frozenset[Ability] = ALL) -> Mapping[str, Tool]:
    """Return the tools of some toolsets, without those that a backend can't serve."""
    return {
        name: tool
        for name, tool in all_tools().items()
        if tool.toolset in toolsets and name in abilities
    }


def lacking(tool: Tool) -> Unsupported:
    """Return the refusal of a tool that a backend can't serve."""
    instead = INSTEAD.get(Ability(tool.name), Unsupported.hint)
    return Unsupported(f"The calendars behind this can't do {tool.name}.", hint=instead)
