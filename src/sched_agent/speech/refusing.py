"""Why a time can't be had, as it is said to the caller."""

from sched_agent.model.reason import Because, Reason
from sched_agent.speech.aloud import aloud
from sched_agent.speech.phrasebook import length_parts, length_words
from sched_agent.speech.saying import Speaker

_MOST_OPENINGS = 2


def refusal_words(speaker: Speaker, code: str, reason: Reason | None) -> str:
    """Return what to say of a refusal: the very reason, if it is known and the caller can use it.

    Opening hours and weekdays are told by the calendar's clocks; elsewhere that day may be another.

    Args:
        speaker: Who says it.
        code: The refusal's, which has a more general sentence.
        reason: Why, if that is known more exactly.
    """
    if reason is None or not _can_be_told(speaker, reason):
        return speaker.book.say(code)
    if reason.because is Because.NOTICE:
        return _notice(speaker, reason.limit or 0)
    if reason.because is Because.HORIZON:
        return speaker.book.counted(reason.because, reason.limit or 0)
    return _without_limit(speaker, reason)


def _can_be_told(speaker: Speaker, reason: Reason) -> bool:
    if reason.because in {Because.NOTICE, Because.HORIZON}:
        return reason.limit is not None
    is_here = reason.zone is None or reason.zone.key == speaker.zone.key
    return is_here and len(reason.hours) <= _MOST_OPENINGS


def _notice(speaker: Speaker, minutes: int) -> str:
    last, _ = length_parts(minutes)[-1]
    length = length_words(speaker.language, minutes)
    return speaker.book.counted(Because.NOTICE, last, length=length)


def _without_limit(speaker: Speaker, reason: Reason) -> str:
    book, name = speaker.book, aloud(reason.rule or "")
    is_named = reason.because is Because.EXCEPTION and name
    return book.counted(
        "exception_named" if is_named else reason.because,
        len(reason.hours),
        hours=speaker.hours(reason.hours) if reason.hours else "",
        every=book.counted("every", reason.weekday or 0),
        name=name,
    )
