"""Holds both sides of connected calendars, when they rest, against what was done to them.

As in `checker`, nothing is guessed: what may have happened in an order that explains it is no
violation.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations

from sched_agent.model.connection import WhenTaken, WhenUnknown
from sched_agent.model.event import Event, SyncState
from sched_agent.model.interval import Interval
from sched_agent.model.remote import Content, is_ours
from sched_agent.sync.apply import GONE_THERE
from sched_agent.sync.push import TAKEN_THERE
from tests.faults import checker
from tests.faults.ending import Ending, Here, Sides
from tests.faults.history import Fate, History, Life, Record, Request
from tests.faults.journal import BOOKINGS, Attempt, Kind
from tests.faults.outsider import Deed, Work
from tests.faults.violation import Violation

_AT_REST = frozenset({SyncState.SYNCED, SyncState.CONFLICT})


class Story:
    """All that is known of a run."""

    def __init__(self, attempts: Iterable[Attempt], deeds: Iterable[Deed], ending: Ending) -> None:
        self.history = History(attempts, ending.final)
        self.deeds, self.ending = list(deeds), ending

    @cached_property
    def here(self) -> dict[int, tuple[Sides, Here]]:
        """Our events by number."""
        return {one.event.id: (side, one) for side in self.ending.sides for one in side.here}

    @cached_property
    def deeds_on(self) -> dict[str, list[Deed]]:
        """What others did, by UID, in the order of doing."""
        found: defaultdict[str, list[Deed]] = defaultdict(list)
        for deed in self.deeds:
            found[deed.uid].append(deed)
        return found

    @cached_property
    def requests_on(self) -> dict[int, list[Request]]:
        """The requests to change an event that were done, or may have been, by its number."""
        found: defaultdict[int, list[Request]] = defaultdict(list)
        for request in self.history.requests.values():
            if request.act.event is not None and request.fate is not Fate.NOT_DONE:
                found[request.act.event].append(request)
        return found

    def ended_by_us(self, number: int) -> bool:
        """Whether somebody cancelled or deleted an event through us, or may have."""
        ends = {Kind.CANCEL, Kind.DELETE}
        return any(one.act.kind in ends for one in self.requests_on.get(number, ()))

    def numbers_of(self, uid: str) -> set[int]:
        """Return the numbers here of an event of others, as far as anybody saw it."""
        titles = {deed.title for deed in self.deeds_on.get(uid, ()) if deed.title}
        seen = {
            number
            for number, record in self.history.records.items()
            if any(one.seen.title in titles for one in record.sightings)
        }
        return seen | {number for number, (_, one) in self.here.items() if uid in one.keys}


def check(attempts: Iterable[Attempt], deeds: Iterable[Deed], ending: Ending) -> list[Violation]:
    """Return everything in which the program did not keep its word."""
    story = Story(attempts, deeds, ending)
    return [violation for rule in _RULES for violation in rule(story)]


def _restless(story: Story) -> Iterator[Violation]:
    """It never comes to rest, or something was given up."""
    if story.ending.unrest is not None:
        yield Violation("no rest", story.ending.unrest, ())
    for dead in story.ending.dead:
        yield Violation("given up", dead, ())


def _diverged(story: Story) -> Iterator[Violation]:
    """What is on one side and not the other, or says something else there."""
    for side in story.ending.sides:
        live = [one for one in side.here if one.is_live]
        tied = Counter(key for one in live for key in one.keys)
        for one in live:
            if one.event.sync not in _AT_REST:
                told = f"{one.event.title} is live, and its sync is {one.event.sync}"
                yield Violation("diverged", told, (_where(one),))
            theirs = [side.there[key] for key in one.keys if key in side.there]
            if len(theirs) != 1:
                told = f"{one.event.title} is here and {len(theirs)} times there, by {one.keys}"
                yield Violation("diverged", told, (_where(one),))
            for content in theirs:
                if content.fingerprint != Content.of(one.event).fingerprint:
                    told = f"{Content.of(one.event)} is {content} there"
                    yield Violation("diverged", told, (_where(one),))
        for key, content in side.there.items():
            if tied[key] != 1:
                told = f"{content.title} is there and {tied[key]} times here"
                yield Violation("diverged", told, (key,))
        yield from _read_wrongly(side)


def _read_wrongly(side: Sides) -> Iterator[Violation]:
    """The program reads something else at the provider than what lies there."""
    read = {key: (one.title, one.interval) for key, one in side.there.items()}
    lies = {one.uid: (one.title, one.when) for one in side.things}
    for uid in read.keys() ^ lies.keys() | {uid for uid in read if read[uid] != lies.get(uid)}:
        told = f"there lies {lies.get(uid)}, and what is read is {read.get(uid)}"
        yield Violation("diverged", told, (uid,))


def _lost_bookings(story: Story) -> Iterator[Violation]:
    """What was acknowledged, and is gone, and nobody took it away."""
    for request in story.history.requests.values():
        if request.act.kind not in BOOKINGS or request.fate is not Fate.DONE:
            continue
        number = request.answer.id
        found = story.here.get(number)
        if found is None:
            if Kind.DELETE not in {one.act.kind for one in story.requests_on.get(number, ())}:
                told = f"{request.act.request_id} was acknowledged and is not there"
                yield Violation("lost", told, request.where)
        elif not found[1].is_live and not _is_explained(story, *found, request):
            why = found[1].event.cancel_reason
            told = f"{request.act.request_id} was acknowledged and is cancelled: {why}"
            yield Violation("lost", told, request.where)


def _is_explained(story: Story, side: Sides, one: Here, request: Request) -> bool:
    """Whether there is a reason for an event to be cancelled."""
    if story.ended_by_us(one.event.id):
        return True
    reason = one.event.cancel_reason
    if reason == GONE_THERE:
        return any(deed.work is Work.DELETE for deed in story.deeds_on.get(one.uid, ()))
    if reason == TAKEN_THERE:
        held = side.policy.when_unknown is WhenUnknown.HOLD
        return held or side.policy.when_taken is WhenTaken.CANCEL
    confirms = (r for r in story.requests_on.get(one.event.id, ()) if r.act.kind is Kind.CONFIRM)
    was_held = request.answer.hold_expires_at is not None
    return was_held and all(confirm.fate is not Fate.DONE for confirm in confirms)


def _lost_changes(story: Story) -> Iterator[Violation]:
    """An event that was changed or answered for, acknowledged, and is gone."""
    for number, requests in story.requests_on.items():
        if number in story.here or Kind.DELETE in {one.act.kind for one in requests}:
            continue
        for request in requests:
            if request.fate is Fate.DONE and request.act.kind is not Kind.CANCEL:
                told = f"{request.act.request_id} was acknowledged, and its event is not there"
                yield Violation("lost", told, request.where)


def _lost_moves(story: Story) -> Iterator[Violation]:
    """The last move that was acknowledged, and neither holds nor was kept aside."""
    for number, (side, one) in story.here.items():
        moves = [r for r in story.requests_on.get(number, ()) if r.act.kind is Kind.MOVE]
        done = [move for move in moves if move.fate is Fate.DONE]
        if not one.is_live or not done:
            continue
        last = max(done, key=lambda move: move.answer.version)
        start = one.event.interval.start
        later = [r for r in moves if r.fate is Fate.MAYBE]
        uids = {one.uid, *one.keys}
        deeds = [d for uid in uids for d in story.deeds_on.get(uid, ()) if d.work is Work.MOVE]
        if (
            start != last.act.start
            and start not in {r.act.start for r in later}
            and not any(
                deed.when is not None
                and deed.when.start == start
                and (deed.ended is None or deed.ended >= last.began)
                for deed in deeds
            )
            and (number, "here", last.act.start) not in _lost_starts(side)
        ):
            told = f"{last.act.request_id} was acknowledged, and {one.event.title} is elsewhere"
            yield Violation("lost", told, (*last.where, *(w for d in deeds for w in d.where)))


def _lost_starts(side: Sides) -> set[tuple[int, str, object]]:
    return {(lost.event_id, lost.what, lost.lost["start_at"]) for lost in side.lost}


def _lost_titles(side: Sides) -> set[tuple[int, str, object]]:
    return {(lost.event_id, lost.what, lost.lost["title"]) for lost in side.lost}


def _undone(story: Story) -> Iterator[Violation]:
    """An event that was cancelled or deleted through us, and is live on either side."""
    for number, requests in story.requests_on.items():
        for request in requests:
            if request.act.kind not in {Kind.CANCEL, Kind.DELETE} or request.fate is not Fate.DONE:
                continue
            found = story.here.get(number)
            if found and found[1].is_live:
                told = f"{request.act.request_id} was acknowledged, and the event is live"
                yield Violation("lost", told, request.where)


def _lost_of_others(story: Story) -> Iterator[Violation]:
    """What others did at the provider, and neither holds nor was kept aside."""
    ours = {one.uid: number for number, (_, one) in story.here.items()}
    for side in story.ending.sides:
        lies = {one.uid: one for one in side.things}
        for uid, deeds in story.deeds_on.items():
            if deeds[0].calendar != side.remote or any(d.work is Work.DELETE for d in deeds):
                continue
            numbers = {ours[uid]} if uid in ours else story.numbers_of(uid)
            if any(map(story.ended_by_us, numbers)) or _called_off(story, numbers):
                continue
            thing = lies.get(uid)
            if thing is not None:
                yield from _overwritten(story, side, numbers, deeds, thing.title, thing.when)
            elif uid not in ours and deeds[0].work is Work.ADD and deeds[0].ended is not None:
                told = f"{deeds[0].title} was put there by others and is gone"
                yield Violation("lost", told, deeds[0].where)


def _called_off(story: Story, numbers: set[int]) -> bool:
    """Whether an event was moved by us, and its owner wants it cancelled where it is taken."""
    found = [story.here[number] for number in numbers if number in story.here]
    return any(
        one.event.cancel_reason == TAKEN_THERE and side.policy.when_taken is WhenTaken.CANCEL
        for side, one in found
    )


def _overwritten(
    story: Story,
    side: Sides,
    numbers: set[int],
    deeds: Sequence[Deed],
    title: str,
    when: Interval,
) -> Iterator[Violation]:
    """Yield the last title and the last time that others gave an event, if they were lost."""
    named = [deed for deed in deeds if deed.title is not None]
    if named and named[-1].ended is not None and named[-1].title != title:
        kept = {(number, "there", named[-1].title) for number in numbers}
        if not kept & _lost_titles(side):
            told = f"others called it {named[-1].title}, and it is {title}"
            yield Violation("lost", told, named[-1].where)
    moved = [deed for deed in deeds if deed.when is not None]
    if not moved or moved[-1].ended is None or moved[-1].when in {None, when}:
        return
    last = moved[-1]
    assert last.when is not None
    kept_at = {(number, "there", last.when.start) for number in numbers}
    ours_since = [
        request
        for number in numbers
        for request in story.requests_on.get(number, ())
        if request.act.kind is Kind.MOVE and _told(request) >= last.began
    ]
    if not kept_at & _lost_starts(side) and not ours_since:
        told = f"others moved {title} to {last.when}, and it is at {when}"
        yield Violation("lost", told, last.where)


def _told(request: Request) -> float:
    """Return when a request surely was over."""
    told = [attempt.told for attempt in request.attempts]
    return float("inf") if None in told else max(at for at in told if at is not None)


def _twice_there(story: Story) -> Iterator[Violation]:
    """Two live events under one UID or one title; all titles are given once."""
    for side in story.ending.sides:
        for uid, times in Counter(one.uid for one in side.things).items():
            if times > 1:
                yield Violation("duplicate", f"{times} events lie there under {uid}", (uid,))
        for title, times in Counter(one.title for one in side.things).items():
            if times > 1:
                yield Violation("duplicate", f"{times} events there are called {title}", (title,))
        live = (one.event.title for one in side.here if one.is_live)
        for title, times in Counter(live).items():
            if times > 1:
                yield Violation("duplicate", f"{times} events here are called {title}", (title,))


def _made_twice(story: Story) -> Iterator[Violation]:
    """An event that was made at the provider more than once."""
    for title, times in (story.ending.made or {}).items():
        if times > 1:
            yield Violation("acted twice", f"{title} was made {times} times there", (title,))


def _booked_twice(story: Story) -> Iterator[Violation]:
    """Two events of ours that took the same time as the only ones, at the end or before."""
    for side in story.ending.sides:
        alone = [one.event for one in side.here if one.is_live and one.event.exclusive]
        for one, other in combinations(alone, 2):
            if _overlap(one, other):
                told = f"{one.title} and {other.title} both are the only ones at that time"
                yield Violation("double booking", told, (str(one.id), str(other.id)))
    for rules in story.history.final.calendars.values():
        yield from checker.born_over_another(
            list(_lives(story, rules.id)),
            rules,
            story.history.final.now,
            lambda life: _made_by_us(story, life.seen.id, life.seen.version),
        )


def _lives(story: Story, calendar: int) -> Iterator[Life]:
    """Yield the versions that take time, and surely do so until they were last seen.

    Others, and the program itself, end versions without a request of which anybody knows.
    """
    for record in story.history.records.values():
        for life in record.lives:
            if life.seen.calendar != calendar:
                continue
            seen = [one.since for one in record.versions.get(life.seen.version, ())]
            last = max(seen, default=0)
            is_final = record.final is not None and record.final.version == life.seen.version
            yield life if is_final else replace(life, dead_from=min(life.dead_from, last))


def _overlap(one: Event, other: Event) -> bool:
    first, second = one.interval, other.interval
    return first.start < second.end and second.start < first.end


def _made_by_us(story: Story, number: int, version: int) -> bool:
    """Whether a version was surely made by a request that had to find its time free."""
    record: Record = story.history.records[number]
    if version == 1:
        return record.booking is not None
    before, after = (record.versions.get(one, ()) for one in (version - 1, version))
    if not before or before[0].seen.start == after[0].seen.start:
        return False  # it may have stayed where others had moved it
    return any(maker.act.kind is Kind.MOVE for maker in record.surely_made(version))


def _booked_over_others(story: Story) -> Iterator[Violation]:
    """A booking on time that others surely had there already, of calendars that always ask."""
    for side in story.ending.sides:
        if side.policy.recheck_seconds:
            continue
        taken = list(_surely_taken(story, side))
        for request in story.history.requests.values():
            act = request.act
            if act.kind is not Kind.BOOK or act.calendar != side.calendar or not act.start:
                continue
            if request.fate is not Fate.DONE or request.answer.status != "confirmed":
                continue
            told = request.acknowledged[0].told or 0
            for deed, until in taken:
                assert deed.when is not None
                assert deed.ended is not None
                meets = act.start < deed.when.end and deed.when.start < (act.end or 0)
                if meets and deed.ended < request.began and told < until:
                    said = f"{act.request_id} was booked over {deed.title or deed.uid}"
                    yield Violation("double booking", said, (*request.where, *deed.where))


def _surely_taken(story: Story, side: Sides) -> Iterator[tuple[Deed, float]]:
    """Yield when an event of others was put somewhere, and until when it surely stayed there."""
    for uid, deeds in story.deeds_on.items():
        untouched = not is_ours(uid) and not any(
            story.requests_on.get(number) for number in story.numbers_of(uid)
        )
        if deeds[0].calendar != side.remote or not untouched:
            continue
        for at, deed in enumerate(deeds):
            if deed.when is not None and deed.ended is not None:
                yield deed, deeds[at + 1].began if at + 1 < len(deeds) else float("inf")


def _told_of_one_another(story: Story) -> Iterator[Violation]:
    """What holds of a calendar whether or not it is connected."""
    for rule in checker.OF_ANSWERS:
        yield from rule(story.history)


def _refused_and_done(story: Story) -> Iterator[Violation]:
    """A request that was refused each time, and left its mark; a claim that is gone is none."""
    marks: dict[str, str] = {}
    for record in story.history.records.values():
        for sighting in record.sightings:
            if sighting.seen.hold_expires_at is not None and record.final is None:
                continue
            for mark in (sighting.seen.title, sighting.seen.description):
                if mark:
                    marks.setdefault(mark, sighting.where)
    yield from checker.refused_and_done(story.history, marks)


def _where(one: Here) -> str:
    return f"event {one.event.id}, version {one.event.version}"


_RULES: tuple[Callable[[Story], Iterator[Violation]], ...] = (
    _restless,
    _diverged,
    _lost_bookings,
    _lost_changes,
    _lost_moves,
    _undone,
    _lost_of_others,
    _twice_there,
    _made_twice,
    _booked_twice,
    _booked_over_others,
    _told_of_one_another,
    _refused_and_done,
)
