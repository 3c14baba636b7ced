"""What happened in a run, in numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.history import Fate, Final, History
from tests.faults.journal import Attempt, Outcome


@dataclass(slots=True)
class Figures:
    """Counted from the journals, and from what was done to the product."""

    acts: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    replays: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    holds_expired: Counter[str] = field(default_factory=Counter)
    chaos: Counter[str] = field(default_factory=Counter)
    drops: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, attempts: Sequence[Attempt], final: Final) -> "Figures":
        """Count what the journals tell."""
        figures = cls()
        for attempt in attempts:
            figures._count(attempt)
        history = History(attempts, final)
        for request in history.requests.values():
            figures.replays += max(0, len(request.attempts) - 1)
            figures.fates[request.fate] += 1
        for event in final.events:
            record = history.records[event.id]
            expires = record.hold_expires_at
            if expires is not None and expires <= final.now and event.hold_expires_at is not None:
                figures.holds_expired[f"read as {event.status}"] += 1
        return figures

    def _count(self, attempt: Attempt) -> None:
        self.acts[f"{attempt.act.kind} over {attempt.door}"] += 1
        code = str(attempt.answer.code)
        if attempt.acknowledged:
            self.acknowledged += 1
        elif attempt.answer.outcome is Outcome.REFUSED:
            self.refused[code] += 1
        else:
            self.lost[code] += 1

    @property
    def of_unknown_outcome(self) -> int:
        """Requests of which nobody was ever told whether they were done."""
        return self.fates[Fate.MAYBE]

    def __str__(self) -> str:
        lines = [
            f"acts: {self.acts.total()}, acknowledged {self.acknowledged}, "
            f"refused {self.refused.total()}, answers lost {self.lost.total()}; "
            f"repetitions {self.replays}; outcome never known: {self.of_unknown_outcome}"
        ]
        parts: Iterable[tuple[str, Mapping[str, int]]] = (
            ("acts", self.acts),
            ("refused", self.refused),
            ("lost", self.lost),
            ("holds that ran out", self.holds_expired),
            ("chaos", self.chaos),
            ("connections", self.drops),
        )
        for name, counted in parts:
            shown = ", ".join(f"{what} {n}" for what, n in sorted(counted.items()))
            lines.append(f"  {name}: {shown or 'none'}")
        return "\n".join(lines)
