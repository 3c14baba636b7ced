"""The prompts: one Markdown file a prompt and language, its arguments in the front matter."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.tools.refusals import asked_language

_FRONT_MATTER = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", re.DOTALL)
_ARGUMENT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in all its languages.

    Args:
        name: By which clients ask for it.
        title: For people.
        description: What it is for.
        arguments: Name -> what it is; `language` among them.
        defaults: Language -> argument -> what stands for it when it is not given.
        texts: Language -> text with `{{argument}}` marks.
    """

    name: str
    title: str
    description: str
    arguments: Mapping[str, str]
    defaults: Mapping[Language, Mapping[str, str]]
    texts: Mapping[Language, str]

    def render(self, given: Mapping[str, str], default_language: Language) -> str:
        """Return the text in the language asked for, with its arguments filled in."""
        language = asked_language(given, default_language)
        values = dict(self.defaults[language]) | {k: v for k, v in given.items() if v}
        return _ARGUMENT.sub(lambda mark: values.get(mark[1], ""), self.texts[language])


@cache
def load_prompts() -> Sequence[Prompt]:
    """Return the prompts, by name."""
    prompts = []
    folder = _folder()
    for path in sorted(folder.glob("*.en.md")):
        name = path.name.removesuffix(".en.md")
        read = {language: _read(folder / f"{name}.{language}.md") for language in LANGUAGES}
        front, _ = read[Language.EN]
        language = {"language": f"{' or '.join(LANGUAGES)}"}
        prompts.append(
            Prompt(
                name=name,
                title=str(front["title"]),
                description=str(front["description"]),
                arguments={k: str(v["what"]) for k, v in _arguments(front).items()} | language,
                defaults={
                    language: {k: str(v["default"]) for k, v in _arguments(own).items()}
                    for language, (own, _) in read.items()
                },
                texts={language: text for language, (_, text) in read.items()},
            )
        )
    return prompts


def _arguments(front: Mapping[str, object]) -> Mapping[str, Mapping[str, str]]:
    found = front["arguments"]
    assert isinstance(found, dict)  # noqa: S101  # a file of ours; the tests read them all
    return found


def _read(path: Path) -> tuple[dict[str, object], str]:
    parts = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    assert parts is not None, path  # noqa: S101  # a file of ours; the tests read them all
    return tomllib.loads(parts[1]), parts[2].strip()


def _folder() -> Path:
    """Return where the prompts are: in the installed package, else beside the sources."""
    package = Path(__file__).parents[1] / "prompts"
    return package if package.is_dir() else Path(__file__).parents[3] / "prompts"
