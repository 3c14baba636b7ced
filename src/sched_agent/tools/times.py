"""Times as agents send them: ISO 8601, or what the caller said."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sched_agent.backends.base import Backend
from sched_agent.errors import (
    AmbiguousTime,
    ContradictoryTime,
    InThePast,
    Invalid,
    SchedAgentError,
    UnrecognizedTime,
)
from sched_agent.model.calendar import Calendar
from sched_agent.model.caller import Caller
from sched_agent.model.days import Days, read_date
from sched_agent.model.interval import DAY, HOUR, MINUTE, Interval
from sched_agent.model.zone import local, local_day, on_the_clock
from sched_agent.services.availability import ALTERNATIVES, SEARCH_DAYS, Question
from sched_agent.speech.dates import Granularity, Status
from sched_agent.speech.iso import Moment, When, is_iso, read_bound, read_moment, read_when
from sched_agent.speech.language import LANGUAGES
from sched_agent.speech.phrasing import quoted, say_interval, say_moment, weekday
from sched_agent.speech.resolver import Candidate, Reading, resolve
from sched_agent.speech.saying import Speaker
from sched_agent.tools.answers import TimeOutput

_LONGEST_NIGHT = 12 * HOUR
"""Within which an end that is said with am or pm may be on the day after its start."""
_INFERRED = frozenset({"am", "pm"})  # by business hours: all that a write may take for granted
_REFUSALS: dict[Status, tuple[type[Invalid], str]] = {
    Status.AMBIGUOUS: (AmbiguousTime, "may mean several times"),
    Status.CONTRADICTION: (ContradictoryTime, "contradicts itself"),
    Status.PAST: (InThePast, "is over"),
    Status.UNRECOGNIZED: (UnrecognizedTime, "is no day or time"),
}
_OF_A_DAY = frozenset({Granularity.DAY, Granularity.PART_OF_DAY})


@dataclass(frozen=True, slots=True)
class Start:
    """Where something begins, where it ends if that was said, and what was assumed."""

    at: int
    end: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """Who reads times: in the zone, language and moment of a speaker.

    What is not ISO 8601 is taken for the caller's words. Words that may mean two times, that can't
    be true, that mean no time or one that is over are refused with what they may mean and the
    question to ask.

    Args:
        speaker: Who asks back.
        heard_at: Returns the instant at which the words were said; it is asked only for words.
    """

    speaker: Speaker
    heard_at: Callable[[], int]

    @property
    def zone(self) -> ZoneInfo:
        """Where times without an offset are read."""
        return self.speaker.zone

    def start(self, text: str, *, field: str) -> Start:
        """Return where something to be written begins; only am and pm are ever assumed.

        Raises:
            UnrecognizedTime: It names no time of day.
            AmbiguousTime: It may mean several times, or the caller did not say which day.
            ContradictoryTime: It can't be true.
            InThePast: It is over.
            NonexistentTime: A clock change skips it.
        """
        if is_iso(text):
            moment = read_moment(text, self.zone, field=field)
            return Start(moment.at, notes=moment.notes)
        meant = self._one(self._read(text, self.heard_at()), text, field)
        if meant.granularity is not Granularity.MINUTE:
            raise self._without_clock(meant, text, field)
        if not _INFERRED.issuperset(meant.assumed):
            raise self._left_open(meant, text, field)
        return Start(meant.start, meant.end, self._notes(meant, field))

    def end(self, text: str, start: int, *, field: str) -> Moment:
        """Return where something that begins at a start ends.

        A time of day alone is the next one after the start; a day is counted from when it was said.

        Raises:
            Invalid: As for `start`.
        """
        if is_iso(text):
            return read_moment(text, self.zone, field=field)
        reading = self._read(text, start)
        if reading.minutes is not None and not reading.candidates:
            return Moment(start + reading.minutes * MINUTE)
        if reading.dated:
            reading = self._read(text, self.heard_at())
        meant = self._one(reading, text, field)
        if meant.granularity is not Granularity.MINUTE:
            raise self._without_clock(meant, text, field)
        same_day = local_day(meant.start, self.zone) == local_day(start, self.zone)
        soon = meant.start - start <= _LONGEST_NIGHT
        following = (
            meant.assumed == ("tomorrow",) and soon
        )  # "one am" after eleven: nothing is open
        if not (same_day or following or _INFERRED.issuperset(meant.assumed)):
            raise self._left_open(meant, text, field)
        from_start = {"today": "the same day", "tomorrow": "the day after"}
        assumed = tuple(from_start.get(one, one) for one in meant.assumed)
        return Moment(meant.start, self._notes(replace(meant, assumed=assumed), field))

    def when(self, text: str, *, length: int | None, default: int) -> When:
        """Return the stretch that is asked about; a point is where something begins.

        Args:
            text: ISO 8601, or words.
            length: Microseconds that the call asks for, if it does.
            default: Microseconds otherwise, where the words say none.

        Raises:
            Invalid: As for `start`; `ends before it starts` is InvalidArgument.
        """
        if is_iso(text):
            return read_when(text, self.zone, length=length or default)
        reading = self._read(text, self.heard_at())
        meant = self._one(reading, text, "when")
        said = None if reading.minutes is None else reading.minutes * MINUTE
        wanted = length or said or default
        if meant.granularity is Granularity.MINUTE:
            if length is None and meant.end is not None:
                wanted = meant.end - meant.start
            within, exact = Interval(meant.start, meant.start + wanted), True
        else:
            assert meant.end is not None  # noqa: S101  # a stretch has one
            within, exact = Interval(meant.start, meant.end), False
        return When(within, exact, self._notes(meant, "when"), wanted, meant.daily)

    def bound(self, text: str, *, field: str, is_end: bool) -> tuple[int, tuple[str, ...]]:
        """Return one end of a stretch, which may be over: of a day its midnight.

        Raises:
            Invalid: As for `start`, but for the past.
        """
        if is_iso(text):
            return read_bound(text, self.zone, field=field, is_end=is_end)
        reading = self._read(text, self.heard_at())
        over = reading.status is Status.PAST
        meant = reading.candidates[0] if over else self._one(reading, text, field)
        at = meant.end if is_end and meant.end is not None else meant.start
        return at, self._notes(meant, field)

    def days(self, text: str, *, field: str) -> Days:
        """Return the days that a date, or words for one or several whole days, name.

        Raises:
            Invalid: As for `start`; no day is ever assumed.
        """
        if is_iso(text):
            first = read_date(text, field)
            return Days(first, first + 1)
        meant = self._one(self._read(text, self.heard_at()), text, field)
        if meant.end is None or not self._is_whole_days(meant, meant.end):
            raise self._refusal(UnrecognizedTime, (), text, "is not a day", field)
        if meant.assumed:
            raise self._left_open(meant, text, field)
        return Days(local_day(meant.start, self.zone), local_day(meant.end, self.zone))

    def _is_whole_days(self, meant: Candidate, end: int) -> bool:
        """Whether a stretch goes from midnight to midnight, with no time of day said for it."""
        midnights = (
            on_the_clock(local_day(at, self.zone), 0, self.zone) for at in (meant.start, end)
        )
        return meant.daily is None and (meant.start, end) == tuple(midnights)

    def _read(self, text: str, now: int) -> Reading:
        mine = self.speaker.language
        others = [language for language in LANGUAGES if language is not mine]
        return resolve(text, now, self.zone, [mine, *others])

    def _one(self, reading: Reading, text: str, field: str) -> Candidate:
        if reading.status is Status.RESOLVED:
            return reading.candidates[0]
        kind, fault = _REFUSALS[reading.status]
        raise self._refusal(kind, reading.candidates, text, fault, field)

    def _left_open(self, meant: Candidate, text: str, field: str) -> Invalid:
        fault = f"leaves open what is assumed: {', '.join(meant.assumed)}"
        return self._refusal(AmbiguousTime, (meant,), text, fault, field)

    def _without_clock(self, meant: Candidate, text: str, field: str) -> Invalid:
        refusal = self._refusal(UnrecognizedTime, (), text, "names no time of day", field)
        if meant.granularity in _OF_A_DAY and meant.end is not None:
            day = self.speaker.stretch(Interval(meant.start, meant.end), meant.granularity.value)
            refusal.say = self.speaker.book.sentences(self.speaker.book.say("what_time", day=day))
        refusal.hint = (
            "Ask for the time, or call check_availability with these words as when and offer "
            "what is free."
        )
        return refusal

    def _refusal(
        self, kind: type[Invalid], meant: Sequence[Candidate], text: str, fault: str, field: str
    ) -> Invalid:
        refusal = kind(f"{field} {quoted(text)} {fault}.", fields={field: fault})
        refusal.candidates = tuple(self._output(one) for one in meant)
        if kind is UnrecognizedTime:
            refusal.hint = _SEND
        elif kind is not InThePast:
            refusal.say = self.speaker.question([one.option for one in meant])
            if any(one.granularity is not Granularity.MINUTE for one in meant):
                refusal.hint = _ASK_FIRST
        return refusal

    def _output(self, meant: Candidate) -> TimeOutput:
        start = local(meant.start, self.zone).isoformat()
        end = None if meant.end is None else local(meant.end, self.zone).isoformat()
        told = say_moment(meant.start, self.zone)
        if meant.end is not None:
            told = say_interval(Interval(meant.start, meant.end), self.zone)
        stretch = end is not None and meant.granularity is not Granularity.MINUTE
        return TimeOutput(
            start_at=start,
            end_at=end,
            weekday=weekday(meant.start, self.zone),
            line=f"{told}: {start}/{end}" if stretch else f"{told}: {start}",
        )

    def _notes(self, meant: Candidate, field: str) -> tuple[str, ...]:
        if not meant.assumed:
            return ()
        return (f"Assumed in {field}: {', '.join(meant.assumed)}.",)


@contextmanager
def helped(
    backend: Backend, caller: Caller, calendars: Sequence[Calendar], in_zone: ZoneInfo, length: int
) -> Iterator[None]:
    """Add to the refusal of a time what time it is, or if it is over, what is free soon."""
    try:
        yield
    except UnrecognizedTime as error:
        error.hint += f" It is {say_moment(backend.now(), in_zone)} now."
        raise
    except InThePast as error:
        now = backend.now()
        soon = Question(
            calendar_ids=tuple(calendar.id for calendar in calendars),
            within=Interval(now, now + SEARCH_DAYS[-1] * DAY),
            length=length,
            limit=ALTERNATIVES,
        )
        with suppress(SchedAgentError):  # the refusal is the answer, with or without
            error.alternatives = tuple(backend.free(caller, soon).slots)
        raise


_ASK_FIRST = (
    "Ask the caller which one is meant; then call check_availability with its start/end as when, "
    "and offer what is free."
)
_SEND = (
    "Send the caller's words for day and time (next Tuesday at half past three), or ISO 8601: "
    "2026-11-24, 2026-11-24T15:30, 2026-11-24T15:30-05:00, for a stretch two of them with /."
)
