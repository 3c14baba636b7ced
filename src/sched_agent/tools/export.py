"""Documentation that is made from the code."""

import inspect
from collections.abc import Mapping
from typing import Any

from sched_agent.backends.abilities import INSTEAD, Ability
from sched_agent.errors import all_errors
from sched_agent.settings import PREFIX, Settings
from sched_agent.tools.catalog import all_tools
from sched_agent.tools.registry import Tool
from sched_agent.tools.schemas import in_words


def tools_markdown() -> str:
    """Return a section a tool: what it does and its arguments."""
    return "\n".join(_section(tool) for tool in all_tools().values())


def _section(tool: Tool) -> str:
    hints = [
        "read-only" if tool.read_only else "writes",
        *(["destructive"] if tool.destructive else []),
        *(["idempotent"] if tool.idempotent and not tool.read_only else []),
    ]
    lines = [
        f"## `{tool.name}`",
        "",
        f"*{tool.title}.* Toolset `{tool.toolset}`, scope `{tool.level.scope}`, "
        f"{', '.join(hints)}.",
        "",
        tool.description,
        "",
        "| argument | type | |",
        "|---|---|---|",
    ]
    required = tool.input_schema.get("required", [])
    for name, schema in tool.input_schema.get("properties", {}).items():
        shown = f"**`{name}`**" if name in required else f"`{name}`"
        lines.append(f"| {shown} | {_type(schema)} | {in_words(schema)} |")
    return "\n".join([*lines, ""])


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("type", ""))


def errors_markdown() -> str:
    """Return a table of every error: code, HTTP status, what happened, what to do."""
    lines = ["| code | HTTP | what happened | what to do |", "|---|---|---|---|"]
    lines += [
        f"| `{kind.code}` | {kind.status} | {inspect.cleandoc(kind.__doc__ or '')} | {kind.hint} |"
        for kind in all_errors()
    ]
    return "\n".join([*lines, ""])


def settings_markdown() -> str:
    """Return a table of every setting: name, default, meaning."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ",".join(default) if isinstance(default, tuple) else default
        written = f"`{shown}`" if shown not in {None, ""} else ""
        lines.append(f"| `{PREFIX}{name.upper()}` | {written} | {field.description} |")
    return "\n".join([*lines, ""])


def backends_markdown() -> str:
    """Return a table of what each backend can do, and what to do where it can't."""
    from sched_agent.backends.talkover import Talkover
    from sched_agent.backends.timekit import Timekit
    from sched_agent.backends.workspace import Workspace

    hosted = (Talkover, Workspace, Timekit)
    names = " | ".join(vendor.name for vendor in hosted)
    lines = [f"| | local | {names} | where it can't |", f"|---|---|{'---|' * len(hosted)}---|"]
    for ability in Ability:
        can = " | ".join("yes" if ability in vendor.abilities else "no" for vendor in hosted)
        lines.append(f"| `{ability.value}` | yes | {can} | {INSTEAD.get(ability, '')} |")
    return "\n".join([*lines, ""])
