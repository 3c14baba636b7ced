"""Wordings as patterns: `(a|one) week (from|on) {day}`, compiled to a tree of words and slots."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Bindings = Mapping[str, Any]
Match = tuple[int, tuple[int, str], Bindings]
Slots = Callable[[str, int], Sequence[tuple[int, Any]]]


@dataclass(slots=True)
class Node:
    """A place in the tree of wordings: where a next word or slot leads, and what ends here.

    A slot has its name in the wording ("day2") and its kind ("day").
    """

    words: dict[str, "Node"] = field(default_factory=dict)
    slots: list[tuple[str, str, "Node"]] = field(default_factory=list)
    ends: list[tuple[int, str]] = field(default_factory=list)

    def add(self, pattern: str, construction: str, rank: int) -> None:
        """Add a wording of a construction; of equally long ones the lowest rank counts."""
        for sequence in expanded(pattern):
            node = self
            for element in sequence:
                node = node._next(element)
            if (rank, construction) not in node.ends:
                node.ends.append((rank, construction))

    def _next(self, element: str) -> "Node":
        if not element.startswith("{"):
            return self.words.setdefault(element, Node())
        name = element.strip("{}")
        for known, _, node in self.slots:
            if known == name:
                return node
        self.slots.append((name, name.rstrip("12"), Node()))
        return self.slots[-1][2]

    def matches(self, words: Sequence[str], at: int, slots: Slots) -> Iterator[Match]:
        """Yield each construction whose wording begins at a word: its end, its rank, its slots."""
        yield from self._matches(words, at, slots, {})

    def _matches(
        self, words: Sequence[str], at: int, slots: Slots, bound: Bindings
    ) -> Iterator[Match]:
        for construction in self.ends:
            yield at, construction, bound
        if at == len(words):
            return
        if (node := self.words.get(words[at])) is not None:
            yield from node._matches(words, at + 1, slots, bound)
        for name, kind, node in self.slots:
            for end, value in slots(kind, at):
                yield from node._matches(words, end, slots, {**bound, name: value})


_ELEMENT = re.compile(r"[()|?]|\{\w+\}|[^\s()|?{}]+")


def expanded(pattern: str) -> list[tuple[str, ...]]:
    """Return the sequences that a pattern stands for: `(a|b)? c` is `a c`, `b c` and `c`."""
    elements = _ELEMENT.findall(pattern)
    sequences, rest = _alternatives(elements, 0)
    if rest != len(elements) or () in sequences:
        raise ValueError(f"not a wording: {pattern!r}")
    return sequences


def _alternatives(elements: Sequence[str], at: int) -> tuple[list[tuple[str, ...]], int]:
    done: list[tuple[str, ...]] = []
    current: list[tuple[str, ...]] = [()]
    while at < len(elements) and elements[at] != ")":
        if elements[at] == "|":
            done, current, at = [*done, *current], [()], at + 1
            continue
        if elements[at] == "(":
            inner, at = _alternatives(elements, at + 1)
            at += 1
        else:
            inner, at = [(elements[at],)], at + 1
        if at < len(elements) and elements[at] == "?":
            inner, at = [*inner, ()], at + 1
        current = [(*head, *tail) for head in current for tail in inner]
    return [*done, *current], at
