"""What has to be done so that both sides say the same: decided here, done in `sync.apply`.

Each side is compared with what it said when both were the same. The side that still says that has
not changed, and takes what the other one says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sched_agent.model.connection import Link
from sched_agent.model.event import Event
from sched_agent.model.remote import Content, RemoteEvent
from sched_agent.model.status import Status


class Step(Enum):
    """What is to be done about one event.

    `ADOPT`: make an event here of the provider's. `PULL`: let ours say what theirs says. `CANCEL`:
    cancel ours. `LINK`: note that both are the same. `PUSH`: let theirs say what ours says, or
    take it away there. `FORGET`: there is nothing left on either side.
    """

    ADOPT = "adopt"
    PULL = "pull"
    CANCEL = "cancel"
    LINK = "link"
    PUSH = "push"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Here:
    """What is known here of an event at the provider.

    Args:
        event: Ours; None: there is none, or no longer.
        link: What ties it to the provider's; None: nothing yet, though its UID is ours.
    """

    event: Event | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A step, and what it is about.

    Args:
        step: What is to be done.
        here: Our side.
        there: The provider's side; None: it is gone there.
        lost: What the side said whose change gives way, if it had one.
    """

    step: Step
    here: Here
    there: RemoteEvent | None
    lost: Content | None = None


def plan(here: Mapping[str, Here], there: Mapping[str, RemoteEvent | None]) -> list[Action]:
    """Return what to do about everything that a provider tells of, by key.

    Args:
        here: What is known of those keys; the others are new.
        there: What they are at the provider now; None: gone.
    """
    return list(_planned(here, there))


def _planned(here: Mapping[str, Here], there: Mapping[str, RemoteEvent | None]) -> Iterator[Action]:
    for key, theirs in there.items():
        ours = here.get(key, Here())
        step, lost = _unlinked(ours, theirs) if ours.link is None else _linked(ours, theirs)
        if step is not None:
            yield Action(step, ours, theirs, lost)


_Decision = tuple[Step | None, Content | None]


def _unlinked(ours: Here, theirs: RemoteEvent | None) -> _Decision:
    """Decide about what is not tied: it is new, or ours and its tying was cut short."""
    if theirs is None:
        return None, None
    if ours.event is None:
        return (None if _is_off(theirs) else Step.ADOPT), None
    if ours.event.status is Status.CANCELLED:  # by us, before we knew that it had arrived there
        if _is_off(theirs):
            return None, None
        return (Step.ADOPT if _is_newer(theirs, ours.event) else Step.PUSH), None
    if _is_off(theirs):
        return Step.CANCEL, Content.of(ours.event)
    return _newest(ours.event, theirs)


def _linked(ours: Here, theirs: RemoteEvent | None) -> _Decision:
    event, link = ours.event, ours.link
    assert link is not None  # noqa: S101  # that is what was asked
    ours_changed = event is None or _says(event) != link.seen_here
    theirs_changed = theirs is None or theirs.content.fingerprint != link.seen_there
    if not theirs_changed:
        assert theirs is not None  # noqa: S101  # being gone is a change
        if ours_changed:
            return Step.PUSH, None
        moved = (link.handle, link.etag) != (theirs.ref.handle, theirs.ref.etag)
        return (Step.LINK if moved else None), None
    if not ours_changed:
        return _taken_over(event, theirs), None
    return _conflict(event, theirs)


def _taken_over(event: Event | None, theirs: RemoteEvent | None) -> Step:
    """Decide about what changed at the provider alone."""
    if theirs is None or _is_off(theirs):
        return Step.CANCEL
    if event is not None and event.status is Status.CANCELLED:
        return Step.ADOPT  # a cancelled event stays cancelled: what is there again is another one
    return Step.PULL


def _conflict(event: Event | None, theirs: RemoteEvent | None) -> _Decision:
    """Decide about what changed on both sides: the newer one wins, and a deletion over both."""
    if event is None or event.status is Status.CANCELLED:
        if theirs is None:
            return Step.FORGET, None
        return Step.PUSH, None if _is_off(theirs) else theirs.content
    if theirs is None or _is_off(theirs):
        return Step.CANCEL, Content.of(event)
    return _newest(event, theirs)


def _newest(event: Event, theirs: RemoteEvent) -> _Decision:
    """Decide about two live events either of which may have changed."""
    ours = Content.of(event)
    if ours.fingerprint == theirs.content.fingerprint:
        return Step.LINK, None
    if _is_newer(theirs, event):
        return Step.PULL, ours
    return Step.PUSH, theirs.content


def _says(event: Event) -> str:
    return Content.of(event).fingerprint


def _is_off(theirs: RemoteEvent) -> bool:
    return theirs.content.status is Status.CANCELLED


def _is_newer(theirs: RemoteEvent, event: Event) -> bool:
    """Whether the provider's change is not the older one; one without a time is as old as ours."""
    return theirs.changed_at is None or theirs.changed_at >= event.updated_at
