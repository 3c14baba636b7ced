"""What the list of tools takes of a model's context."""

import json

from bench.measure import Figure
from sched_agent.tools.catalog import tools_of

MOST_BYTES = 8_000


def figures() -> list[Figure]:
    """Count the bytes of names, descriptions and input schemas as compact JSON."""
    faces = [
        {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
        for tool in tools_of(["booking"]).values()
    ]
    assert faces
    size = len(json.dumps(faces, ensure_ascii=False, separators=(",", ":")).encode())
    return [
        Figure(
            name="tools/list of the toolset booking, against its limit",
            ours=size,
            reference=MOST_BYTES,
            ratio=size / MOST_BYTES,
            bound=1,
            unit="bytes",
        )
    ]
