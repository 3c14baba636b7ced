"""The Inspector's command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Self

from tests.peers.running import NODE, Door, run

AUTH_REQUIRED = 3  # its exit codes
TOOL_FAILED = 5


@dataclass
class Inspector:
    """The Inspector, pointed at a server; it starts anew for each call."""

    program: Path
    door: Door
    era: str
    called: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, node_modules: Path, door: Door, era: str) -> Self:
        """Point the one that is installed there at a server."""
        return cls(node_modules / ".bin" / "mcp-inspector", door, era)

    def ask(self, method: str, *options: str, code: int = 0) -> Any:
        """Return the result of a request, after which the Inspector ends with an exit code."""
        done = self.run(method, *options)
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)["result"]

    def run(self, method: str, *options: str) -> CompletedProcess[str]:
        """Send a request."""
        target = ["--server-url", self.door.url, "--transport", "http"]
        if self.door.url is None:
            pairs = [f"{name}={value}" for name, value in self.door.env.items()]
            target = [*(word for pair in pairs for word in ("-e", pair)), self.door.command, "mcp"]
        asked = ["--method", method, "--protocol-era", self.era, "--format", "json", *options]
        return run([NODE, self.program, "--cli", *map(str, target), *asked])

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return the structured content of a tool's answer."""
        self.called.append(tool)
        answer = self._answer(tool, arguments)
        assert answer["isError"] is False
        assert answer["content"][0]["text"]
        return answer["structuredContent"]

    def refused(self, tool: str, **arguments: Any) -> Any:
        """Return the answer of a tool that refuses or fails."""
        answer = self._answer(tool, arguments, code=TOOL_FAILED)
        assert answer["isError"] is True
        assert "structuredContent" not in answer
        return answer

    def _answer(self, tool: str, arguments: Mapping[str, Any], code: int = 0) -> Any:
        given = json.dumps(arguments)
        return self.ask("tools/call", "--tool-name", tool, "--tool-args-json", given, code=code)
