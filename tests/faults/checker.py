"""Holds what agents were told, and what is there in the end, against what the product promises.

Nothing here guesses: a violation is told only where every possible order of events has one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from sched_agent.model.zone import local_day
from tests.faults import refusals
from tests.faults.becoming import becomes, first_version, fits, same
from tests.faults.history import Fate, Final, History, Life, Record, Request, Rules
from tests.faults.journal import DOWN, Attempt, Kind, Outcome
from tests.faults.moments import Moments
from tests.faults.violation import Violation


def check(attempts: Iterable[Attempt], final: Final) -> list[Violation]:
    """Return everything in which the product did not keep its word."""
    history = History(attempts, final)
    return [violation for rule in _RULES for violation in rule(history)]


def _booked_twice(history: History) -> Iterator[Violation]:
    """Two events that surely took the same time, at the end or at any moment before."""
    for rules in history.final.calendars.values():
        if rules.refuses:
            lives = list(history.of_calendar(rules.id))
            yield from _both_alive(lives, rules)
            yield from born_over_another(lives, rules, history.final.now)


def _both_alive(lives: Iterable[Life], rules: Rules) -> Iterator[Violation]:
    alive: list[Life] = []
    for life in sorted(lives, key=lambda one: one.born_by):
        alive = [one for one in alive if one.dead_from > life.born_by]
        if life.born_by < life.dead_from:
            for other in alive:
                if _in_the_way(other, life, rules):
                    yield _overlap("double booking", other, life)
            alive.append(life)


def born_over_another(
    lives: list[Life], rules: Rules, now: int, counts: Callable[[Life], bool] = lambda _: True
) -> Iterator[Violation]:
    """Yield the events that surely took their time while another one surely had it.

    Args:
        lives: Those of a calendar.
        rules: Of that calendar.
        now: When everything has ended.
        counts: Whether one had to find its time free.
    """
    certain = Moments(now)
    for life in lives:
        certain.add(life, life.born_by, life.dead_from)
    for life in filter(counts, lives):
        for other in certain.around(life.born_from, life.born_by):
            surely = other.born_by < life.born_from and life.born_by < other.dead_from
            if surely and _in_the_way(other, life, rules):
                held = other.seen.hold_expires_at is not None
                yield _overlap("booked over a live hold" if held else "double booking", other, life)


def _in_the_way(one: Life, other: Life, rules: Rules) -> bool:
    meets = one.meets(other.seen.start, other.seen.end, rules.gap)
    return meets and one.seen.id != other.seen.id


def _overlap(rule: str, one: Life, other: Life) -> Violation:
    told = (
        f"{one.seen.title} (version {one.seen.version}) and {other.seen.title} "
        f"(version {other.seen.version}) took the same time on calendar {one.seen.calendar}"
    )
    return Violation(rule, told, (*one.where, *other.where))


def _overlap_in_one_answer(history: History) -> Iterator[Violation]:
    """A listing is one moment: what it shows as taken is taken together."""
    for attempt in history.attempts:
        if attempt.act.kind is not Kind.LOOK or attempt.told is None:
            continue
        rules = history.final.calendars[attempt.act.calendar]
        live = [
            seen
            for seen in sorted(attempt.answer.events, key=lambda one: one.start)
            if seen.status != "cancelled"
            and (seen.hold_expires_at is None or attempt.told < seen.hold_expires_at)
        ]
        for one, other in pairwise(live):
            if rules.refuses and other.start < one.end + rules.gap:
                told = f"a listing shows {one.title} and {other.title} at the same time"
                yield Violation("double booking", told, (attempt.where,))


def _lost(history: History) -> Iterator[Violation]:
    """What was acknowledged, or seen, and is gone."""
    for record in history.records.values():
        if record.final is None:
            told = f"{record.title} was acknowledged and is not there"
            yield Violation("lost", told, tuple(one.where for one in record.sightings))
    for request in history.requests.values():
        if request.fate is Fate.DONE and not fits(request.act, request.answer):
            told = f"{request.act.request_id} was acknowledged with what was not asked for"
            yield Violation("lost", told, request.where)


def _versions_disagree(history: History) -> Iterator[Violation]:
    """One version that looks different to two who saw it."""
    for record in history.records.values():
        for version, sightings in record.versions.items():
            first = sightings[0]
            for other in sightings[1:]:
                if not same(first.seen, other.seen):
                    told = f"version {version} of {record.title} was seen in two forms"
                    yield Violation("lost", told, (first.where, other.where))


def _unexplained(history: History) -> Iterator[Violation]:
    """Versions that no request can have made, or that two requests made."""
    for record in history.records.values():
        known = [sightings[0].seen for sightings in record.versions.values()]
        if not record.booking:
            told = f"event {record.id} has the title {record.title}, which nobody asked for"
            yield Violation("made by nobody", told, (record.sightings[0].where,))
            continue
        for before, after in pairwise([first_version(record), *known]):
            if not becomes(before, after, record):
                told = (
                    f"version {after.version} of {record.title} does not follow from "
                    f"version {before.version} by any request"
                )
                where = [one.where for one in record.versions[after.version]]
                where += [line for change in record.changes for line in change.where]
                yield Violation("made by nobody", told, tuple(where))
        for version in record.versions:
            makers = record.surely_made(version)
            if len(makers) > 1:
                names = " and ".join(maker.act.request_id or "" for maker in makers)
                told = f"{names} both were acknowledged as version {version} of {record.title}"
                yield Violation("lost", told, sum((maker.where for maker in makers), ()))


def _backwards(history: History) -> Iterator[Violation]:
    """A version that was seen after a later one, or an event that came back from the dead."""
    for record in history.records.values():
        newest = None
        told_of = sorted(record.sightings, key=lambda one: one.by)
        at = 0
        for sighting in sorted(record.sightings, key=lambda one: one.since):
            while at < len(told_of) and told_of[at].by < sighting.since:
                if newest is None or told_of[at].seen.version > newest.seen.version:
                    newest = told_of[at]
                at += 1
            if newest and sighting.seen.version < newest.seen.version:
                told = (
                    f"{record.title} was at version {newest.seen.version} "
                    f"and then at {sighting.seen.version}"
                )
                yield Violation("backwards", told, (newest.where, sighting.where))
        for before, after in pairwise(record.versions.values()):
            if before[0].seen.status == "cancelled":
                told = f"{record.title} was cancelled, and has changed since"
                yield Violation("resurrected", told, (before[0].where, after[0].where))


def _acted_twice(history: History) -> Iterator[Violation]:
    """A request_id that got two answers, or made two events."""
    yield from _answered_twice(history)
    titles: defaultdict[str, list[Record]] = defaultdict(list)
    for record in history.records.values():
        titles[record.title].append(record)
    for title, records in titles.items():
        if len(records) > 1:
            told = f"{title} made {len(records)} events"
            where = tuple(record.sightings[0].where for record in records)
            yield Violation("acted twice", told, where)


def _answered_twice(history: History) -> Iterator[Violation]:
    """A request_id that got two answers."""
    for request in history.requests.values():
        yield from _answered_differently(request)


def _answered_differently(request: Request) -> Iterator[Violation]:
    if not request.acknowledged:
        return
    name, first = request.act.request_id, request.acknowledged[0]
    for attempt in request.attempts:
        if attempt.acknowledged and attempt.answer.events != first.answer.events:
            told = f"{name} was repeated and got another answer"
            yield Violation("acted twice", told, (first.where, attempt.where))
        later = first.told is not None and attempt.asked > first.told
        no = attempt.answer.outcome is Outcome.REFUSED and attempt.answer.code not in DOWN
        if later and no:
            told = f"{name} was done, and its repetition refused: {attempt.answer.code}"
            yield Violation("acted twice", told, (first.where, attempt.where))


def _refused_and_done(history: History) -> Iterator[Violation]:
    """A request that was refused each time, and left its mark all the same."""
    marks: dict[str, str] = {}
    for record in history.records.values():
        for sighting in record.sightings:
            for mark in (sighting.seen.title, sighting.seen.description):
                if mark:
                    marks.setdefault(mark, sighting.where)
    yield from refused_and_done(history, marks)


def refused_and_done(history: History, marks: Mapping[str, str]) -> Iterator[Violation]:
    """Yield the requests that were refused each time, and left one of the marks all the same.

    Args:
        history: What is known.
        marks: The words that requests leave behind, and where each was seen.
    """
    for name, request in history.requests.items():
        if request.fate is Fate.NOT_DONE and name in marks:
            codes = ", ".join(str(attempt.answer.code) for attempt in request.attempts)
            told = f"{name} was refused ({codes}), and was done all the same"
            yield Violation("refused and done", told, (*request.where, marks[name]))


def _outlived(history: History) -> Iterator[Violation]:
    """A hold that was changed or confirmed although it surely had run out."""
    for record in history.records.values():
        expires = record.hold_expires_at
        for change in record.changes:
            if expires is None or change.fate is not Fate.DONE or change.act.kind is Kind.CANCEL:
                continue
            before = record.versions.get(change.answer.version - 1)
            held = before and before[0].seen.hold_expires_at is not None
            made = change in record.surely_made(change.answer.version)
            if held and made and change.began >= expires:
                told = f"{change.act.request_id} changed {record.title}, a hold that had run out"
                yield Violation("outlived its hold", told, change.where)


def _told_wrongly_of_holds(history: History) -> Iterator[Violation]:
    """A hold that was shown as live when it surely was over, or as over when it was live."""
    for record in history.records.values():
        for one in record.sightings:
            expires = one.seen.hold_expires_at
            if expires is None:
                continue
            if one.seen.status == "tentative" and one.since >= expires:
                told = f"{record.title} was shown as a hold after it had run out"
                yield Violation("outlived its hold", told, (one.where,))
            if one.seen.status == "cancelled" and one.by < expires:
                told = f"{record.title} was shown as run out before it had"
                yield Violation("ran out early", told, (one.where,))


def _limits_passed(history: History) -> Iterator[Violation]:
    """More events on a day, or more guests, than a calendar takes."""
    for rules in history.final.calendars.values():
        lives = list(history.of_calendar(rules.id))
        for life in lives:
            if rules.guests is not None and len(life.seen.guests) > rules.guests:
                told = f"{life.seen.title} has {len(life.seen.guests)} guests"
                yield Violation("limit passed", told, life.where)
        if rules.a_day is not None:
            yield from _crowded_days(lives, rules, rules.a_day)


def _crowded_days(lives: Iterable[Life], rules: Rules, a_day: int) -> Iterator[Violation]:
    days: defaultdict[int, list[Life]] = defaultdict(list)
    for life in sorted(lives, key=lambda one: one.born_by):
        if life.born_by >= life.dead_from:
            continue
        day = local_day(life.seen.start, rules.zone)
        days[day] = [one for one in days[day] if one.dead_from > life.born_by]
        days[day].append(life)
        together = {one.seen.id: one for one in days[day]}
        if len(together) > a_day:
            names = ", ".join(one.seen.title for one in together.values())
            told = f"{len(together)} events on one day of calendar {rules.id}: {names}"
            yield Violation("limit passed", told, life.where)


_RULES: tuple[Callable[[History], Iterator[Violation]], ...] = (
    _booked_twice,
    _overlap_in_one_answer,
    _lost,
    _versions_disagree,
    _unexplained,
    _backwards,
    _acted_twice,
    _refused_and_done,
    _outlived,
    _told_wrongly_of_holds,
    _limits_passed,
    refusals.untrue,
)

OF_ANSWERS: tuple[Callable[[History], Iterator[Violation]], ...] = (
    _versions_disagree,
    _backwards,
    _answered_twice,
)
"""What holds however events come to change, be it by others or by themselves."""
