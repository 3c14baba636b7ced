"""What was acknowledged, or done by others, and neither holds nor was kept aside."""

from collections.abc import Callable, Iterator, Sequence

from sched_agent.model.connection import WhenTaken, WhenUnknown
from sched_agent.model.interval import Interval
from sched_agent.sync.apply import GONE_THERE
from sched_agent.sync.push import TAKEN_THERE
from tests.faults.ending import Here, Sides
from tests.faults.history import Fate, Request
from tests.faults.journal import BOOKINGS, Kind
from tests.faults.outsider import Deed, Work
from tests.faults.story import Story
from tests.faults.violation import Violation


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


RULES: tuple[Callable[[Story], Iterator[Violation]], ...] = (
    _lost_bookings,
    _lost_changes,
    _lost_moves,
    _undone,
    _lost_of_others,
)
