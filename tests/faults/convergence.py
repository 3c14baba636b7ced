"""Holds both sides of connected calendars, when they rest, against what was done to them.

As in `checker`, nothing is guessed: what may have happened in an order that explains it is no
violation.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from sched_agent.model.event import Event, SyncState
from sched_agent.model.remote import Content, is_ours
from tests.faults import checker, losses
from tests.faults.ending import Ending, Here, Sides
from tests.faults.history import Fate, Life, Record
from tests.faults.journal import Attempt, Kind
from tests.faults.outsider import Deed
from tests.faults.story import Story
from tests.faults.violation import Violation

_AT_REST = frozenset({SyncState.SYNCED, SyncState.CONFLICT})


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
    *losses.RULES,
    _twice_there,
    _made_twice,
    _booked_twice,
    _booked_over_others,
    _told_of_one_another,
    _refused_and_done,
)
