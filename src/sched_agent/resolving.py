"""`sched-agent resolve`: what a phrase means, for people, programs and whole files of phrases."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from sched_agent.errors import SchedAgentError
from sched_agent.model.zone import local, zone
from sched_agent.speech.iso import read_moment
from sched_agent.speech.language import LANGUAGES, Language, read_language
from sched_agent.speech.phrasing import weekday
from sched_agent.speech.resolver import Candidate, Reading, resolve
from sched_agent.speech.saying import in_full


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears phrases: when, where, and in which languages."""

    now: int
    zone: ZoneInfo
    languages: Sequence[Language]

    def heard(self, phrase: str) -> dict[str, Any]:
        """Return what a phrase means, as data."""
        reading = resolve(phrase, self.now, self.zone, self.languages)
        return {
            "status": reading.status.value,
            "candidates": [self._candidate(one) for one in reading.candidates],
            "reading": self._told(reading),
        }

    def _candidate(self, one: Candidate) -> dict[str, Any]:
        end = one.end
        return {
            "start_at": local(one.start, self.zone).isoformat(),
            "end_at": None if end is None else local(end, self.zone).isoformat(),
            "granularity": one.granularity.value,
            "weekday": weekday(one.start, self.zone),
            "assumed": list(one.assumed),
        }

    def _told(self, reading: Reading) -> str:
        options = [one.option for one in reading.candidates]
        return in_full(reading.language, self.zone, options) if options else ""


def listener(now: str | int, timezone: str, language: str) -> Listener:
    """Return who hears phrases at a local time of a zone.

    Args:
        now: ISO 8601, without an offset in the zone; or an instant.
        timezone: An IANA name.
        language: `auto`, or a tag such as `pt-BR`.

    Raises:
        InvalidArgument: One of them is not what it should be.
    """
    there = zone(timezone)
    if not isinstance(now, int):
        now = read_moment(now, there, field="now").at
    return Listener(now, there, LANGUAGES if language == "auto" else [read_language(language)])


class Line(BaseModel):
    """A line of a file of phrases."""

    model_config = ConfigDict(extra="ignore")

    id: str | int | None = None
    phrase: str
    now: str | None = None
    timezone: str | None = None
    language: str = "auto"


def each(lines: Iterable[str], otherwise: Listener) -> Iterator[str]:
    """Yield the answer to each line of JSON Lines; a line that can't be read gets an `error`."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        yield json.dumps(_answer(text, number, otherwise), ensure_ascii=False)


def _answer(text: str, number: int, otherwise: Listener) -> dict[str, Any]:
    try:
        line = Line.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        told = f"{where}: {first['msg']}".lstrip(": ")
        return {"id": _id_of(text), "line": number, "error": told}
    try:
        timezone = otherwise.zone.key if line.timezone is None else line.timezone
        now = otherwise.now if line.now is None else line.now
        heard = listener(now, timezone, line.language).heard(line.phrase)
    except SchedAgentError as error:
        return {"id": line.id, "line": number, "error": error.message}
    return {"id": line.id, **heard}


def _id_of(text: str) -> Any:
    """Return the id of a line that can't be used, if it has one."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line.get("id") if isinstance(line, dict) else None
