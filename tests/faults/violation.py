"""A promise that was not kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """What a person has to know to act.

    Args:
        rule: Which promise.
        told: What happened, with the request_ids.
        where: Lines of the journals that show it.
    """

    rule: str
    told: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.told} [{', '.join(dict.fromkeys(self.where))}]"
