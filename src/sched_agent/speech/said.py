"""What was heard in a phrase: its times, in the order in which they were said."""

from dataclasses import dataclass
from enum import Enum

from sched_agent.speech.clocks import Between, Clock, Part
from sched_agent.speech.dates import DayRef


class Word(Enum):
    """A word that says what to make of the others."""

    OR = "or"
    AND = "and"
    CORRECTION = "correction"
    NEGATION = "negation"
    NO = "no"  # a correction between two times, else a negation
    REPEATED = "repeated"  # every Tuesday
    MOVING = "moving"  # from Tuesday to Thursday: to Thursday
    TO = "to"  # before where something is moved
    SOON = "soon"
    NOTHING = "nothing"  # looks like a time and is none: good morning


@dataclass(frozen=True, slots=True)
class Length:
    """How long something takes, in minutes."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A point so many minutes from now."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Within:
    """The stretch from now until so many days and months, or minutes, from now."""

    days: int = 0
    months: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Deadline:
    """The stretch from now to the end of a day, or to its start."""

    day: DayRef
    to_start: bool = False


@dataclass(frozen=True, slots=True)
class NoStretch:
    """A stretch without an end that anybody could know: after Tuesday."""


@dataclass(frozen=True, slots=True)
class DayPart:
    """A part of a named day in one word: tonight."""

    day: DayRef
    part: Part


Time = Clock | Part | Between
Meaning = DayRef | Time | Length | Elapsed | Within | Deadline | NoStretch | DayPart | Word


@dataclass(frozen=True, slots=True)
class Item:
    """Something that was said: what it means, and which tokens say it."""

    meaning: Meaning
    start: int
    end: int
