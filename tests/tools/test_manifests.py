"""Manifests and documentation: made from the code, and read by others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sched_agent.tools.catalog import all_tools
from sched_agent.tools.export import errors_markdown, settings_markdown
from sched_agent.tools.manifests import FORMATS, manifest

ROOT = Path(__file__).parents[2]


def parts(value):
    """Yield every mapping inside a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner)


@pytest.mark.parametrize("form", FORMATS)
def test_every_manifest_names_every_tool_once_and_refers_to_nothing_outside(form):
    told = json.loads(manifest(form, ["booking", "admin"]))
    names = [part["name"] for part in parts(told) if isinstance(part.get("name"), str)]

    assert names == list(all_tools())
    assert not any("$ref" in part or "$defs" in part for part in parts(told))


def test_input_schemas_use_only_what_small_clients_understand():
    for tool in all_tools().values():
        for part in parts(tool.input_schema):
            assert not {"anyOf", "oneOf", "allOf", "$ref", "title"} & part.keys() or (
                "title" in part and isinstance(part["title"], dict)
            )
        assert tool.input_schema["type"] == "object"


def test_every_description_says_what_the_tool_does_in_a_few_lines():
    for tool in all_tools().values():
        assert tool.description[0].isupper()
        assert tool.description.endswith(".")
        assert 40 <= len(tool.description) <= 400, tool.name
        assert "\n\n\n" not in tool.description


def test_reading_tools_are_read_only_and_only_cancelling_and_removing_is_destructive():
    reading = {name for name, tool in all_tools().items() if tool.read_only}
    destructive = {name for name, tool in all_tools().items() if tool.destructive}

    assert reading == {"list_calendars", "check_availability", "get_event", "list_events"}
    assert destructive == {"cancel_event", "remove_availability_rule", "delete_event"}


def test_every_writing_tool_takes_a_request_id():
    for tool in all_tools().values():
        assert ("request_id" in tool.input_schema["properties"]) is not tool.read_only


def test_the_tables_of_errors_and_settings_have_no_empty_cell():
    for table in (errors_markdown(), settings_markdown()):
        for row in table.splitlines()[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            assert cells[0].startswith("`")
            assert cells[-1]


def readme_blocks(language):
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readmes_configurations_are_json_and_its_python_compiles():
    for block in readme_blocks("json"):
        json.loads(block)
    for block in readme_blocks("python"):
        compile(block, "README.md", "exec")
    assert len(readme_blocks("json")) == len(readme_blocks("python")) == 2


def test_the_readmes_commands_exist():
    from typer.main import get_command

    from sched_agent.cli import app

    lines = [
        line.split("#")[0].split()
        for block in readme_blocks("sh")
        for line in block.splitlines()
        if line.startswith("sched-agent ")
    ]
    assert len(lines) >= 7
    for words in lines:
        command: Any = get_command(app)
        for word in words[1:]:
            if word in getattr(command, "commands", {}):
                command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert not hasattr(command, "commands"), words
        assert {word for word in words if word.startswith("--")} <= options
