"""Who is invited to an event."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from sched_agent.errors import InvalidArgument, UnknownAttendee
from sched_agent.model import person
from sched_agent.model.person import Fit
from sched_agent.model.text import clean_line, digits, fold


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

    def cleaned(self) -> Self:
        """Return the attendee without characters that nobody sees.

        Raises:
            InvalidArgument: Nothing is left.
        """
        name, email, phone = (
            None if text is None else clean_line(text)
            for text in (self.name, self.email, self.phone)
        )
        return replace(self, name=name, email=email, phone=phone)

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

    def fits(self, who: str | int, country: str | None = None) -> Fit:
        """Return how well `who`, what a caller says or a member's number, fits this attendee."""
        if isinstance(who, int):
            return Fit.WHOLLY if who == self.member else Fit.NOT
        return person.fit(who, self, country)

    @property
    def search_text(self) -> str:
        """What a search for this attendee looks through."""
        return person.search_text(self)


def find(attendees: Sequence[Attendee], who: str | int, country: str | None = None) -> int:
    """Return the position of the one attendee that `who` fits best; see `person.fit`.

    Raises:
        UnknownAttendee: It fits nobody, or several.
    """
    fits = [attendee.fits(who, country) for attendee in attendees]
    best = max(fits, default=Fit.NOT)
    found = [at for at, fit in enumerate(fits) if fit is best is not Fit.NOT]
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
        f"{len(found)} attendees fit that name, e-mail or phone.",
        hint="Ask which of them is meant, then send the whole name, the e-mail or the phone.",
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
