"""What to say to the caller of a refusal."""

from collections.abc import Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sched_agent.errors import InvalidArgument, SchedAgentError
from sched_agent.model.zone import zone
from sched_agent.speech.language import Language, read_language
from sched_agent.speech.refusing import refusal_words
from sched_agent.speech.saying import Speaker
from sched_agent.tools.offers import nearest

ErrorT = TypeVar("ErrorT", bound=SchedAgentError)


def asked_language(arguments: Mapping[str, Any], default: Language) -> Language:
    """Return the language that a call's arguments name, if it is one, whatever else is wrong."""
    named = arguments.get("language")
    try:
        return read_language(named) if isinstance(named, str) else default
    except InvalidArgument:
        return default


def put_in_words(error: ErrorT, language: Language, now: int) -> ErrorT:
    """Return an error with what to say of it, if whoever raised it did not know that better."""
    if not error.say:
        slots = error.alternatives
        speaker = Speaker(language, _zone(error), now)
        why = refusal_words(speaker, error.code, error.reason)
        error.say = speaker.book.sentences(why, nearest(speaker, slots) if slots else "")
    return error


def _zone(error: SchedAgentError) -> ZoneInfo:
    """Return the zone of the times that an error tells, if it tells any."""
    if error.alternatives:
        return zone(error.alternatives[0].timezone)
    return error.reason.zone if error.reason and error.reason.zone else zone("UTC")
