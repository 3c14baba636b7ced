"""What an agent says while a tool runs: one data file a language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from sched_agent.speech.language import Language


class Fillers(BaseModel):
    """The fillers of a language.

    Args:
        default: For a tool that has none of its own.
        delayed: When it takes long.
        tools: The tool's name -> what is said while it runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: str
    delayed: str
    tools: Mapping[str, str]

    def of(self, tool: str) -> str:
        """Return what is said while a tool runs."""
        return self.tools.get(tool, self.default)


@cache
def fillers(language: Language) -> Fillers:
    """Return the fillers of a language."""
    file = files("sched_agent.speech") / "languages" / language / "fillers.toml"
    return Fillers.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
