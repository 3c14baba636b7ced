"""A page of a longer list, and the cursor that asks for the next one."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sched_agent.errors import InvalidArgument

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """Some items in order, and where the next page begins; None after the last one."""

    items: Sequence[ItemT]
    next_cursor: str | None = None


def write_cursor(*position: int) -> str:
    """Return a position in a list as an opaque word."""
    return base64.urlsafe_b64encode(".".join(map(str, position)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int) -> tuple[int, ...]:
    """Return the position that `write_cursor` made of `length` numbers.

    Raises:
        InvalidArgument: It is no such word.
    """
    try:
        spelled = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        position = tuple(int(part) for part in spelled.split("."))
    except (ValueError, binascii.Error):
        position = ()
    if len(position) != length or any(abs(part) >= 2**63 for part in position):
        raise InvalidArgument(
            "cursor is not one that this list returned.",
            hint="Send next_cursor of the previous page as it was, or leave cursor out.",
            fields={"cursor": "is not a cursor of this list"},
        )
    return position
