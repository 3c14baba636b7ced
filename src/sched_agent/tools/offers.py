"""What to say to the caller of free times."""

from collections.abc import Sequence

from sched_agent.model.slot import Slot
from sched_agent.services.availability import Answer
from sched_agent.speech.refusing import refusal_words
from sched_agent.speech.saying import Speaker
from sched_agent.tools.telling import said_name

_MOST = 3
_ABOUT_THE_TIME = frozenset({"in_the_past", "outside_hours", "too_soon", "too_far_ahead"})
"""The refusals that are as true of a stretch of time as of the point where it begins."""


def availability(speaker: Speaker, answer: Answer, slots: Sequence[Slot], *, exact: bool) -> str:
    """Return what to say of an answer about free time.

    Args:
        speaker: Who says it.
        answer: The answer.
        slots: The free slots that are told.
        exact: Whether a point in time was asked about.
    """
    book = speaker.book
    if slots and exact:
        told = [book.say("free", when=speaker.moment(slots[0].interval.start))]
    elif slots:
        told = [_of_slots("offer", speaker, slots)]
    else:
        told = [_why_not(speaker, answer, exact=exact), nearest(speaker, answer.alternatives)]
    return book.sentences(*told, _unseen(speaker, answer))


def nearest(speaker: Speaker, slots: Sequence[Slot]) -> str:
    """Return what to say of free times that were not asked for."""
    if not slots:
        return speaker.book.say("nothing_near")
    return _of_slots("nearest", speaker, slots)


def _of_slots(key: str, speaker: Speaker, slots: Sequence[Slot]) -> str:
    """Return a text about the first few of some slots, in their order: the best ones first."""
    starts = list(dict.fromkeys(slot.interval.start for slot in slots[:_MOST]))
    return speaker.book.counted(key, len(starts), options=speaker.offered(starts))


def _why_not(speaker: Speaker, answer: Answer, *, exact: bool) -> str:
    refusal = answer.refusal
    if refusal is None or not (exact or refusal.code in _ABOUT_THE_TIME):
        return speaker.book.say("nothing_free")
    is_of_all = len(answer.calendars) == 1  # else it is only what the first of them says
    return refusal_words(speaker, refusal.code, answer.reason if is_of_all else None)


def _unseen(speaker: Speaker, answer: Answer) -> str:
    names = [said_name(speaker, one) for one in answer.calendars if one.id in answer.unreadable]
    if not names:
        return ""
    return speaker.book.counted("unseen", len(names), name=names[0])
