"""Who is invited to an event."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sched_agent.errors import InvalidArgument, UnknownAttendee
from sched_agent.model.text import digits, fold, telling_digits


class Response(StrEnum):
    """An attendee's answer to the invitation (RFC 5545 §3.2.12, PARTSTAT)."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person by name, e-mail or phone: one of them at least.

    The e-mail is kept as it was sent: the Talkover family documents no form for it.

    Args:
        member_id: The person's number in the workspace family, if a client has given it.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    response: Response = Response.NEEDS_ACTION
    member_id: int | None = None

    @property
    def member(self) -> int:
        """The person's number in the workspace family: the given one, or one that stays the same.

        The family names attendees by a number, of members that it keeps; we keep none.
        """
        if self.member_id is not None:
            return self.member_id
        return int.from_bytes(hashlib.sha256(_key(self).encode()).digest()[:6], "big") | 1

    def __post_init__(self) -> None:
        if not (self.name or self.email or self.phone):
            raise InvalidArgument(
                "An attendee needs a name, an email or a phone.",
                fields={"attendees": "each needs a name, an email or a phone"},
            )

    def is_called(self, who: str | int) -> bool:
        """Whether `who` is this attendee's whole name, e-mail or phone, or number as a member."""
        if isinstance(who, int):
            return who == self.member
        sought = fold(who)
        if sought in {fold(self.name or ""), fold(self.email or "")} - {""}:
            return True
        return len(digits(who)) >= 7 and telling_digits(who) == telling_digits(self.phone or "")

    @property
    def search_text(self) -> str:
        """What a search for this attendee looks through."""
        return f"{fold(self.name or '')}\n{fold(self.email or '')}\n{digits(self.phone or '')}\n"


def find(attendees: Sequence[Attendee], who: str | int) -> int:
    """Return the position of the one attendee that `who` names.

    Raises:
        UnknownAttendee: Nobody there is called that, or several are.
    """
    found = [at for at, attendee in enumerate(attendees) if attendee.is_called(who)]
    if len(found) == 1:
        return found[0]
    if isinstance(who, int):
        which = "Several attendees have" if found else "The event has no attendee with"
        raise UnknownAttendee(
            f"{which} that number.", hint="Read the event's attendees and their numbers."
        )
    if not found:
        raise UnknownAttendee("The event has no attendee with that name, e-mail or phone.")
    raise UnknownAttendee(
        "Several attendees have that name.", hint="Name the attendee by e-mail or phone."
    )


def keep_responses(before: Sequence[Attendee], after: Sequence[Attendee]) -> tuple[Attendee, ...]:
    """Return the new attendees, with the answers that those among them had given already."""
    answered = {_key(attendee): attendee.response for attendee in before}
    return tuple(
        replace(attendee, response=answered.get(_key(attendee), attendee.response))
        if attendee.response is Response.NEEDS_ACTION
        else attendee
        for attendee in after
    )


def _key(attendee: Attendee) -> str:
    return fold(attendee.email or "") or digits(attendee.phone or "") or fold(attendee.name or "")
