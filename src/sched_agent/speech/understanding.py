"""From what was heard to what was meant: corrections, negations and alternatives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sched_agent.speech.agreement import Both
from sched_agent.speech.clocks import MIDNIGHT, Between, Clock, Part, shared
from sched_agent.speech.dates import DayRef, Span, Was, Week, Weekday
from sched_agent.speech.months import DayOfMonth, MonthDay
from sched_agent.speech.said import (
    DayPart,
    Deadline,
    Elapsed,
    Item,
    Length,
    Meaning,
    NoStretch,
    Within,
    Word,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that may be meant.

    Args:
        days: The ways in which its day was named; all are meant to be true.
        clock: The time of day.
        part: The part of the day.
        between: The stretch of the day.
        length: How long it takes, in minutes.
        elapsed: Minutes from now.
        within: The stretch from now.
        deadline: The end of the stretch from now.
        soon: Whether the soonest is wanted.
    """

    days: tuple[DayRef, ...] = ()
    clock: Clock | None = None
    part: Part | None = None
    between: Between | None = None
    length: int | None = None
    elapsed: int | None = None
    within: Within | None = None
    deadline: Deadline | None = None
    soon: bool = False

    @property
    def timed(self) -> bool:
        """Whether a time of day was said."""
        return not (self.clock is None and self.part is None and self.between is None)

    @property
    def dated(self) -> bool:
        """Whether a day was said."""
        return bool(self.days) or self.deadline is not None


def understood(items: Sequence[Item]) -> Sequence[Said]:
    """Return what may be meant, in the order in which it was said; nothing if it is no time."""
    heard = [item for item in items if item.meaning is not Word.NOTHING]
    words = {item.meaning for item in heard if isinstance(item.meaning, Word)}
    if Word.REPEATED in words or any(isinstance(i.meaning, NoStretch) for i in heard):
        return ()
    if _negated(heard):
        return ()
    meant = _corrected(heard, moving=Word.MOVING in words)
    alternatives = [said for group in _groups(meant) for said in _gathered(group)]
    kept = [said for said in alternatives if said != Said()]
    return _shared(kept)


def _is_time(item: Item) -> bool:
    return not isinstance(item.meaning, Word | Length)


def _is_day(item: Item) -> bool:
    return not isinstance(item.meaning, _OF_THE_DAY)


_OF_THE_DAY = (Word, Length, Clock, Part, Between)


def _negated(items: Sequence[Item]) -> bool:
    """Whether a day or time is ruled out; "no" between two of a kind corrects instead."""
    for n, item in enumerate(items):
        if item.meaning is Word.NEGATION:
            return True
        if item.meaning is Word.NO:
            follows = n + 1 < len(items) and items[n + 1].start <= item.end + 1  # no (el) martes
            if follows and _is_time(items[n + 1]) and not any(map(_is_time, items[:n])):
                return True
            before = [other for other in items[:n] if _is_time(other)]
            after = [other for other in items[n + 1 :] if _is_time(other)]
            if before and not (after and _same_kind(before, after)):
                return True
    return False


def _same_kind(before: Iterable[Item], after: Iterable[Item]) -> bool:
    return bool({_is_day(item) for item in before} & {_is_day(item) for item in after})


def _corrected(items: Sequence[Item], *, moving: bool) -> Sequence[Item]:
    """Return what still counts: after a correction the last day and the last time."""
    kept = [_moved(item) for item in items] if moving else list(items)
    corrections = {Word.CORRECTION, Word.NO, *([Word.TO] if moving else [])}
    while True:
        marks = [n for n, item in enumerate(kept) if item.meaning in corrections]
        if not marks:
            return kept
        kept = [*_replaced(kept[: marks[0]], kept[marks[0] + 1 :]), *kept[marks[0] + 1 :]]


def _moved(item: Item) -> Item:
    """Return where something is moved to: "from Tuesday to Thursday"."""
    meaning = item.meaning
    if isinstance(meaning, Span) and meaning.may_move:
        return replace(item, meaning=meaning.last)
    if isinstance(meaning, Between) and meaning.may_move and meaning.end is not None:
        return replace(item, meaning=meaning.end)
    return item


def _replaced(before: Sequence[Item], after: Sequence[Item]) -> Sequence[Item]:
    """Return what a correction leaves of what was said before it."""
    days = any(_is_time(item) and _is_day(item) for item in after)
    times = any(isinstance(item.meaning, (Clock, Part, Between, DayPart)) for item in after)
    lengths = any(isinstance(item.meaning, Length) for item in after)
    if not (days or times or lengths):
        return before
    return [
        _part_of(item) if days and not times else item
        for item in before
        if item.meaning is not Word.OR
        and not (days and _is_time(item) and _is_day(_part_of(item)))
        and not (times and isinstance(item.meaning, (Clock, Part, Between)))
        and not (lengths and isinstance(item.meaning, Length))
    ]


def _part_of(item: Item) -> Item:
    """Return the part of the day alone of one that was named with its day: tonight."""
    if isinstance(item.meaning, DayPart):
        return replace(item, meaning=item.meaning.part)
    return item


def _groups(items: Sequence[Item]) -> Sequence[Sequence[Item]]:
    """Return what stands between the ors; "Tuesday and Wednesday" are two as well."""
    groups: list[list[Item]] = [[]]
    for n, item in enumerate(items):
        if item.meaning is Word.OR or _divides(items, n, groups[-1]):
            groups.append([])
        elif not isinstance(item.meaning, Word) or item.meaning is Word.SOON:
            groups[-1].append(item)
    return groups


def _divides(items: Sequence[Item], n: int, before: Sequence[Item]) -> bool:
    """Whether an "and" stands between two weekdays, or two days with their times."""
    if items[n].meaning is not Word.AND or not 0 < n < len(items) - 1:
        return False
    weekdays = all(isinstance(items[at].meaning, Weekday) for at in (n - 1, n + 1))
    return weekdays or (_is_whole(before) and _is_whole(items[n + 1 :]))


def _is_whole(items: Sequence[Item]) -> bool:
    """Whether a day and a time of day were said."""
    days = any(_is_time(item) and _is_day(item) for item in items)
    return days and any(isinstance(item.meaning, Clock) for item in items)


def _gathered(items: Sequence[Item]) -> Sequence[Said]:
    """Return what one alternative says; several weekdays or times in it are alternatives again."""
    said, clocks, weekdays = Said(), list[Clock](), list[Weekday]()
    for item in items:
        meaning = item.meaning
        if isinstance(meaning, Clock):
            clocks.append(meaning)
        elif isinstance(meaning, Weekday) and meaning.mode == "bare":
            weekdays.append(meaning)
        else:
            said = _with(said, meaning)
    bounded = said.between
    if len(clocks) == 1 and bounded is not None and (bounded.start is None or bounded.end is None):
        both = Between(bounded.start or clocks[0], bounded.end or clocks[0])
        if both.read(said.part)[1] <= MIDNIGHT:  # from three, until four; not five, after six
            said, clocks = replace(said, between=both), []
    starts = bounded.start if bounded is not None and bounded.end is None else None
    if said.length is not None and isinstance(starts, Clock) and not clocks:
        said, clocks = replace(said, between=None), [starts]  # from three for an hour
    if len(said.days) + len(weekdays) > 1:  # "I came last Monday, could I come on Thursday"
        said = replace(said, days=tuple(day for day in said.days if not isinstance(day, Was)))
    dated = [replace(said, days=(*said.days, day)) for day in dict.fromkeys(weekdays)] or [said]
    return [replace(one, clock=clock) for one in dated for clock in dict.fromkeys(clocks)] or dated


def _with(said: Said, meaning: Meaning) -> Said:
    if isinstance(meaning, Both):
        return replace(said, days=(*said.days, *meaning.refs))
    if isinstance(meaning, Part):
        return replace(said, part=_narrower(said.part, meaning))
    if isinstance(meaning, Between):
        known = said.between
        if known is not None:  # after two but before four
            meaning = Between(meaning.start or known.start, meaning.end or known.end)
        return replace(said, between=meaning)
    if isinstance(meaning, Length):
        return replace(said, length=meaning.minutes)
    if isinstance(meaning, Elapsed):
        return replace(said, elapsed=meaning.minutes)
    if isinstance(meaning, Within):
        return replace(said, within=meaning)
    if isinstance(meaning, Deadline):
        return replace(said, deadline=meaning)
    if isinstance(meaning, DayPart):
        part = _narrower(said.part, meaning.part)
        return replace(said, days=(*said.days, meaning.day), part=part)
    if meaning is Word.SOON:
        return replace(said, soon=True)
    assert not isinstance(meaning, Word | Clock | NoStretch)  # noqa: S101  # sorted out before
    return replace(said, days=(*said.days, meaning))


def _narrower(known: Part | None, part: Part) -> Part:
    """Return the part of the day that lies in the other one, or the last one said."""
    if known is not None and part.start <= known.start and known.end <= part.end:
        return known
    return part


def _shared(alternatives: Sequence[Said]) -> Sequence[Said]:
    """Return alternatives with the day or time that they have in common."""
    real = [s for s in alternatives if s.timed or s.dated or s.elapsed or s.within]
    if len(alternatives) < 2:
        return alternatives
    length = next((said.length for said in alternatives if said.length), None)
    return [
        replace(_completed(said, real[:n], real[n + 1 :]), length=said.length or length)
        for n, said in enumerate(real)
    ]


def _completed(said: Said, earlier: Sequence[Said], later: Sequence[Said]) -> Said:
    """Return an alternative with what it leaves to the others to say."""
    whole = said
    if said.elapsed is None and not said.dated:
        other = next((o for o in (*reversed(earlier), *later) if o.dated), Said())
        whole = replace(whole, days=other.days, deadline=other.deadline)
    elif len(said.days) == 1:
        whole = replace(whole, days=_in_same_stretch(said.days[0], [*earlier, *later]))
    if said.elapsed is None and not said.timed:
        other = next((o for o in (*later, *reversed(earlier)) if o.timed), Said())
        whole = replace(whole, clock=other.clock, part=other.part, between=other.between)
    if said.clock is None or not said.clock.bare or said.part is not None:
        return whole
    near_by = [[o for o in some if not (o.dated and said.dated)] for some in (earlier, later)]
    clocks = [[o.clock for o in some if o.clock is not None] for some in near_by]
    whole = replace(whole, clock=shared(said.clock, *clocks))
    parts = (o.part for some in reversed(near_by) for o in some if o.clock and o.part)
    return replace(whole, part=next(parts, None) if whole.clock == said.clock else None)


def _in_same_stretch(day: DayRef, others: Sequence[Said]) -> tuple[DayRef, ...]:
    """Return a day in the week or month of another one: "Thursday or Friday next week"."""
    refs = [ref for other in others for ref in other.days]
    if isinstance(day, Weekday) and day.mode == "bare":
        return (day, *[ref for ref in refs if isinstance(ref, Week)][:1])
    if isinstance(day, DayOfMonth):
        for ref in refs:
            if isinstance(ref, MonthDay) and day.number < ref.day:
                return (MonthDay(day.number, ref.month, ref.year),)
    return (day,)
