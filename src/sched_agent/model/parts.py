"""Dividing what is too much to be done at once."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")


def in_parts(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """Yield the items in their order, `size` at a time."""
    for at in range(0, len(items), size):
        yield items[at : at + size]
