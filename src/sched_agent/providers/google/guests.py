"""Between Google's guests and our attendees.

Google knows guests by their e-mail alone. Those of whom we know none, and the phones of the others,
are kept in private properties of the event, which only this calendar's copy of it has.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sched_agent.errors import InvalidArgument
from sched_agent.model.attendee import Attendee, Response
from sched_agent.providers.google.resources import EventResource, Guest

_ANSWERS: Mapping[str, Response] = {
    "needsAction": Response.NEEDS_ACTION,
    "accepted": Response.ACCEPTED,
    "declined": Response.DECLINED,
    "tentative": Response.TENTATIVE,
}
_WORDS = {response: word for word, response in _ANSWERS.items()}

_PROPERTY = "schedAgentPerson"
_MOST_PROPERTIES = 200
_LONGEST_PROPERTY = 1024
"""Limits of Google's on an event's properties: 300 of them, each of 1,024 characters."""

_EMAIL = re.compile(r"[^@\s<>,]+@[^@\s<>,.]+(\.[^@\s<>,.]+)+")


def read(event: EventResource) -> tuple[Attendee, ...]:
    """Return who is invited to an event. Rooms and things are not."""
    invited = {
        one.email or "": _attendee(one)
        for one in event.attendees
        if not one.resource and (one.email or one.display_name)
    }
    others: list[Attendee] = []
    for said in _kept(event.private):
        if (whose := said.pop("of", None)) is None:
            others += _as_attendee(said)
        elif whose in invited:
            invited[whose] = replace(invited[whose], phone=said.get("phone"))
    return (*invited.values(), *others)


def _attendee(guest: Guest) -> Attendee:
    response = _ANSWERS.get(guest.response_status or "", Response.NEEDS_ACTION)
    return Attendee(name=guest.display_name or None, email=guest.email, response=response)


def _kept(properties: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what we have put into private properties, as far as nobody has spoilt it."""
    names = [name for name in properties if re.fullmatch(rf"{_PROPERTY}\d{{1,3}}", name)]
    found = []
    for name in sorted(names, key=lambda name: int(name.removeprefix(_PROPERTY))):
        try:
            said = json.loads(properties[name])
        except ValueError:
            continue
        if isinstance(said, dict) and all(isinstance(value, str) for value in said.values()):
            found.append(said)
    return found


def _as_attendee(said: Mapping[str, str]) -> list[Attendee]:
    response = _ANSWERS.get(said.get("responseStatus", ""), Response.NEEDS_ACTION)
    name, email, phone = (said.get(field) for field in ("name", "email", "phone"))
    try:
        return [Attendee(name=name, email=email, phone=phone, response=response)]
    except InvalidArgument:
        return []


def are_others(before: Sequence[Attendee], after: Sequence[Attendee]) -> bool:
    """Whether two lists tell of other people, or of other answers of theirs."""
    one, other = (
        sorted([a.name or "", a.email or "", a.phone or "", a.response] for a in attendees)
        for attendees in (before, after)
    )
    return one != other


def written(
    attendees: Sequence[Attendee],
    known: Sequence[Guest],
    properties: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the fields of an event that say who is invited.

    Args:
        attendees: Who is.
        known: The guests that the event has at Google: what else is told of them stays.
        properties: The private properties that it has there; None: it is a new one.
    """
    of_email = {one.email: one for one in known if one.email and not one.resource}
    guests = [_as_google_has_it(one) for one in known if one.resource]
    kept: list[dict[str, str]] = []
    seen: set[str] = set()
    for one in attendees:
        said = {"name": one.name, "email": one.email, "phone": one.phone}
        email = one.email or ""
        if not _EMAIL.fullmatch(email) or email in seen:
            kept.append(_told(said | {"responseStatus": _WORDS[one.response]}))
            continue
        seen.add(email)
        before = of_email.get(email)
        told = {"displayName": one.name, "responseStatus": _WORDS[one.response]}
        guests.append((_as_google_has_it(before) if before else {"email": email}) | _told(told))
        if one.phone:
            kept.append({"of": email, "phone": one.phone})
    return _fields(guests, kept, properties)


def _as_google_has_it(guest: Guest) -> dict[str, Any]:
    said = guest.model_dump(by_alias=True, exclude_unset=True)
    return {name: value for name, value in said.items() if name not in _READ_ONLY}


_READ_ONLY = frozenset({"self", "organizer", "asyncOperation"})


def _told(said: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in said.items() if value}


def _fields(
    guests: Sequence[dict[str, Any]],
    kept: Sequence[dict[str, str]],
    properties: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Return the fields of a new event or, of one that is there, those that take back as well."""
    texts = [json.dumps(said, ensure_ascii=False) for said in kept]
    texts = [text for text in texts if len(text) <= _LONGEST_PROPERTY][:_MOST_PROPERTIES]
    private: dict[str, str | None] = {
        name: None for name in properties or () if name.startswith(_PROPERTY)
    }
    private |= {f"{_PROPERTY}{number}": text for number, text in enumerate(texts, 1)}
    fields: dict[str, Any] = {}
    if guests or properties is not None:
        fields["attendees"] = list(guests)
    if private:
        fields["extendedProperties"] = {"private": private}
    return fields
