"""How many spoken times are read right: `make score` prints it for each language.

A phrase counts as read right when status, granularity, and all candidates with their ends are. It
is silently wrong when a time was resolved that is not the one meant.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sched_agent.resolving import listener

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(path.name for path in DATA.glob("spoken_time.*.jsonl"))


@dataclass(frozen=True)
class Verdict:
    """A phrase, what it means, and what was understood."""

    phrase: Mapping[str, Any]
    wanted: tuple[Any, ...]
    heard: tuple[Any, ...]

    @property
    def right(self) -> bool:
        """Whether it was understood."""
        return self.wanted == self.heard

    @property
    def silently_wrong(self) -> bool:
        """Whether another time was taken than the one meant, without a question."""
        status, _, times = self.heard
        return status == "resolved" and not (
            self.wanted[0] == "resolved" and times == self.wanted[2]
        )

    def __str__(self) -> str:
        told = f"{self.phrase['id']}: {self.phrase['phrase']!r} at {self.phrase['now']}"
        return f"{told}\n    wanted {self.wanted}\n    heard  {self.heard}"


def verdicts(name: str) -> Iterator[Verdict]:
    """Yield what became of each phrase of a file."""
    for text in (DATA / name).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        heard = listener(line["now"], line["timezone"], line["language"]).heard(line["phrase"])
        told = [(c["start_at"], c["end_at"], c["granularity"]) for c in heard["candidates"]]
        times = tuple((_moment(start), _moment(end)) for start, end, _ in told)
        granularity = told[0][2] if told else None
        yield Verdict(line, _wanted(line), (heard["status"], granularity, times))


def _wanted(line: Mapping[str, Any]) -> tuple[Any, ...]:
    times = [(line["start_at"], line["end_at"]), *line["also"]] if line["start_at"] else []
    read = tuple((_moment(start), _moment(end)) for start, end in times)
    return line["status"], line["granularity"], read


def _moment(text: str | None) -> str | None:
    """Return a time in one spelling."""
    return None if text is None else datetime.fromisoformat(text).isoformat()


def _table(found: Sequence[Verdict]) -> Iterator[str]:
    total, right, wrong = Counter[str](), Counter[str](), Counter[str]()
    for verdict in found:
        for language in (verdict.phrase["language"], "all"):
            total[language] += 1
            right[language] += verdict.right
            wrong[language] += verdict.silently_wrong
    for language in sorted(total, key=lambda one: (one == "all", one)):
        share = 100 * right[language] / total[language]
        yield (
            f"  {language:6} {right[language]:4} of {total[language]:4} exact ({share:.1f} %), "
            f"{wrong[language]} silently wrong"
        )


def main() -> int:
    """Print the score of each file, and the phrases that were not understood."""
    missed = 0
    for name in FILES:
        found = list(verdicts(name))
        print(name, *_table(found), sep="\n")
        for verdict in found:
            if not verdict.right:
                missed += 1
                print(verdict)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
