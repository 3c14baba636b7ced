"""What follows when either side has changed, or both, since they were last the same."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sched_agent.model.connection import Link
from sched_agent.model.event import Event
from sched_agent.model.remote import Content, Ref, RemoteEvent
from sched_agent.model.status import Status
from sched_agent.sync.plan import Action, Here, Step, plan
from tests.builders import an_event, span

KEY = "uid@sched-agent"
BEFORE, OLDER, NOW, NEWER = 100, 200, 300, 400
BASE = Content(title="Both", interval=span("09:00", "09:30"))
OURS = replace(BASE, title="Ours")
THEIRS = replace(BASE, interval=span("10:00", "10:30"))
OFF = replace(BASE, status=Status.CANCELLED)


def here_as(says: Content | None) -> Event | None:
    """Return our event; what it says now was said at NOW."""
    if says is None:
        return None
    event = an_event(id=7, version=3, updated_at=BEFORE if says is BASE else NOW)
    return replace(says.onto(event, event.updated_at), version=3)


def there_as(
    says: Content | None, changed_at: int | None = NEWER, handle: str = "h", etag: str = "e"
) -> RemoteEvent | None:
    if says is None:
        return None
    return RemoteEvent(ref=Ref(KEY, handle, etag), content=says, changed_at=changed_at)


def tied(seen_here: Content = BASE, seen_there: Content = BASE) -> Link:
    return Link(
        connection_id=1,
        event_id=7,
        key=KEY,
        handle="h",
        etag="e",
        seen_here=seen_here.fingerprint,
        seen_there=seen_there.fingerprint,
        start_at=0,
        end_at=1,
        is_ours=True,
    )


def planned(here: Here | None, there: RemoteEvent | None) -> Action | None:
    actions = plan({} if here is None else {KEY: here}, {KEY: there})
    assert len(actions) <= 1
    return actions[0] if actions else None


GONE = None
DELETED = None
CASES = [
    # ours, theirs, what follows, what is lost
    pytest.param(BASE, there_as(GONE), Step.CANCEL, None, id="same, gone"),
    pytest.param(BASE, there_as(BASE), None, None, id="same, same"),
    pytest.param(BASE, there_as(THEIRS), Step.PULL, None, id="same, changed"),
    pytest.param(BASE, there_as(THEIRS, OLDER), Step.PULL, None, id="same, changed long ago"),
    pytest.param(BASE, there_as(THEIRS, 0), Step.PULL, None, id="same, changed by a slow clock"),
    pytest.param(BASE, there_as(OFF), Step.CANCEL, None, id="same, cancelled"),
    pytest.param(BASE, there_as(BASE, handle="h2"), Step.LINK, None, id="same, moved"),
    pytest.param(BASE, there_as(BASE, etag="e2"), Step.LINK, None, id="same, new version"),
    pytest.param(BASE, there_as(THEIRS, handle="h2"), Step.PULL, None, id="same, moved, changed"),
    pytest.param(OURS, there_as(GONE), Step.CANCEL, OURS, id="changed, gone"),
    pytest.param(OURS, there_as(BASE), Step.PUSH, None, id="changed, same"),
    pytest.param(OURS, there_as(BASE, handle="h2"), Step.PUSH, None, id="changed, moved"),
    pytest.param(OURS, there_as(THEIRS, NEWER), Step.PULL, OURS, id="changed, newer"),
    pytest.param(OURS, there_as(THEIRS, NOW), Step.PULL, OURS, id="changed, at the same time"),
    pytest.param(OURS, there_as(THEIRS, None), Step.PULL, OURS, id="changed, nobody knows when"),
    pytest.param(OURS, there_as(THEIRS, OLDER), Step.PUSH, THEIRS, id="changed, older"),
    pytest.param(OURS, there_as(OURS), Step.LINK, None, id="changed, in the same way"),
    pytest.param(OURS, there_as(OFF, OLDER), Step.CANCEL, OURS, id="changed, cancelled before"),
    pytest.param(OURS, there_as(OFF, NEWER), Step.CANCEL, OURS, id="changed, cancelled after"),
    pytest.param(OFF, there_as(GONE), Step.FORGET, None, id="cancelled, gone"),
    pytest.param(OFF, there_as(BASE), Step.PUSH, None, id="cancelled, same"),
    pytest.param(OFF, there_as(BASE, handle="h2"), Step.PUSH, None, id="cancelled, moved"),
    pytest.param(OFF, there_as(THEIRS, NEWER), Step.PUSH, THEIRS, id="cancelled, newer"),
    pytest.param(OFF, there_as(THEIRS, OLDER), Step.PUSH, THEIRS, id="cancelled, older"),
    pytest.param(OFF, there_as(OFF), Step.PUSH, None, id="cancelled, cancelled"),
    pytest.param(DELETED, there_as(GONE), Step.FORGET, None, id="deleted, gone"),
    pytest.param(DELETED, there_as(BASE), Step.PUSH, None, id="deleted, same"),
    pytest.param(DELETED, there_as(BASE, handle="h2"), Step.PUSH, None, id="deleted, moved"),
    pytest.param(DELETED, there_as(THEIRS, NEWER), Step.PUSH, THEIRS, id="deleted, newer"),
    pytest.param(DELETED, there_as(THEIRS, OLDER), Step.PUSH, THEIRS, id="deleted, older"),
    pytest.param(DELETED, there_as(OFF), Step.PUSH, None, id="deleted, cancelled"),
]


@pytest.mark.parametrize(("ours", "theirs", "step", "lost"), CASES)
def test_the_side_that_has_not_changed_takes_what_the_other_one_says(ours, theirs, step, lost):
    action = planned(Here(here_as(ours), tied()), theirs)

    assert (action.step if action else None) is step
    assert (action.lost if action else None) == lost
    if action:
        assert (action.here.link, action.there) == (tied(), theirs)


UNTIED = [
    pytest.param(None, there_as(GONE), None, None, id="nothing, gone"),
    pytest.param(None, there_as(BASE), Step.ADOPT, None, id="nothing, new"),
    pytest.param(None, there_as(OFF), None, None, id="nothing, cancelled"),
    pytest.param(OURS, there_as(GONE), None, None, id="ours, not there yet"),
    pytest.param(OURS, there_as(OURS), Step.LINK, None, id="ours, arrived"),
    pytest.param(OURS, there_as(THEIRS, NEWER), Step.PULL, OURS, id="ours, changed after"),
    pytest.param(OURS, there_as(THEIRS, OLDER), Step.PUSH, THEIRS, id="ours, changed before"),
    pytest.param(OURS, there_as(OFF, NEWER), Step.CANCEL, OURS, id="ours, cancelled after"),
    pytest.param(OURS, there_as(OFF, OLDER), Step.CANCEL, OURS, id="ours, cancelled before"),
    pytest.param(OFF, there_as(GONE), None, None, id="cancelled, never arrived"),
    pytest.param(OFF, there_as(BASE, OLDER), Step.PUSH, None, id="cancelled, had arrived"),
    pytest.param(OFF, there_as(THEIRS, NEWER), Step.ADOPT, None, id="cancelled, there anew"),
    pytest.param(OFF, there_as(OFF, NEWER), None, None, id="cancelled, cancelled after"),
    pytest.param(OFF, there_as(OFF, OLDER), None, None, id="cancelled, cancelled before"),
]


@pytest.mark.parametrize(("ours", "theirs", "step", "lost"), UNTIED)
def test_what_is_not_tied_is_new_or_was_cut_short(ours, theirs, step, lost):
    action = planned(None if ours is None else Here(here_as(ours)), theirs)

    assert (action.step if action else None) is step
    assert (action.lost if action else None) == lost


def test_each_key_is_decided_about_for_itself():
    here = {"a": Here(here_as(BASE), tied()), "b": Here(here_as(OURS), tied())}
    there = {"a": None, "b": there_as(BASE), "c": there_as(THEIRS)}

    steps = [(one.step, one.there) for one in plan(here, there)]
    assert steps == [
        (Step.CANCEL, None),
        (Step.PUSH, there["b"]),
        (Step.ADOPT, there["c"]),
    ]


def test_what_the_provider_does_not_tell_of_is_left_alone():
    assert plan({KEY: Here(here_as(OURS), tied())}, {}) == []


# Both sides together -----------------------------------------------------------------------------


@dataclass
class Pair:
    """An event of ours and a provider's; what the plan says is done, as simply as can be."""

    ours: Event | None = field(default_factory=lambda: here_as(BASE))
    theirs: RemoteEvent | None = None
    link: Link | None = None
    clock: int = NOW
    lost: list[Content] = field(default_factory=list)
    dirty: bool = True
    numbers: int = 0

    def act(self, op: str, title: str) -> None:
        self.clock += 1
        match op:
            case "edit here" if self.ours and self.ours.status is not Status.CANCELLED:
                content = replace(Content.of(self.ours), title=title)
                self.ours, self.dirty = content.onto(self.ours, self.clock), True
            case "cancel here" if self.ours and self.ours.status is not Status.CANCELLED:
                off = replace(Content.of(self.ours), status=Status.CANCELLED)
                self.ours, self.dirty = off.onto(self.ours, self.clock), True
            case "delete here" if self.ours:
                self.ours, self.dirty = None, True
            case "edit there" if self.theirs:
                self.put_there(replace(self.theirs.content, title=title))
            case "cancel there" if self.theirs:
                self.put_there(replace(self.theirs.content, status=Status.CANCELLED))
            case "move there" if self.theirs:
                ref = self.theirs.ref._replace(handle=title)
                self.theirs = replace(self.theirs, ref=ref)
            case "delete there":
                self.theirs = None

    def put_there(self, content: Content) -> None:
        self.numbers += 1
        handle = self.theirs.ref.handle if self.theirs else "h"
        self.theirs = there_as(content, self.clock, handle, f"e{self.numbers}")

    def tie(self) -> None:
        assert self.ours
        assert self.theirs
        self.link = replace(
            tied(Content.of(self.ours), self.theirs.content),
            handle=self.theirs.ref.handle,
            etag=self.theirs.ref.etag,
        )

    def sync(self) -> None:
        knows = self.link is not None or self.ours is not None
        if self.theirs is None and self.link is None:
            return  # nobody tells of it
        here = {KEY: Here(self.ours, self.link)} if knows else {}
        for action in plan(here, {KEY: self.theirs}):
            self.follow(action)

    def follow(self, action: Action) -> None:
        self.clock += 1
        if action.lost:
            self.lost.append(action.lost)
        match action.step:
            case Step.ADOPT:
                assert action.there
                self.ours = replace(action.there.content.as_event(1, self.clock), id=8)
                self.tie()
            case Step.PULL:
                assert action.there
                assert self.ours
                self.ours = action.there.content.onto(self.ours, self.clock)
                self.tie()
            case Step.CANCEL:
                if self.ours and self.ours.status is not Status.CANCELLED:
                    off = replace(Content.of(self.ours), status=Status.CANCELLED)
                    self.ours = off.onto(self.ours, self.clock)
                self.link = None
            case Step.LINK:
                self.tie()
            case Step.FORGET:
                self.link = None
            case Step.PUSH:
                assert action.there
                seen = self.link.seen_here if self.link else ""
                ref = action.there.ref
                new = replace(tied(), handle=ref.handle, etag=ref.etag, seen_here=seen)
                self.link = replace(new, seen_there=action.there.content.fingerprint)
                self.dirty = True

    def push(self) -> None:
        if not self.dirty:
            return
        self.clock += 1
        ref = self.theirs.ref if self.theirs else None
        if self.link and (
            ref is None or (ref.handle, ref.etag) != (self.link.handle, self.link.etag)
        ):
            return  # it has changed there: the next sync comes first
        self.dirty = False
        if self.ours is None or self.ours.status is Status.CANCELLED:
            if self.link:
                self.theirs = self.link = None
        elif self.link is None or Content.of(self.ours).fingerprint != self.link.seen_here:
            self.put_there(Content.of(self.ours))
            self.tie()

    @property
    def says(self) -> tuple[str | None, str | None]:
        """What both sides say; None: nothing that takes time."""
        ours, theirs = self.ours, self.theirs
        here = None if ours is None or ours.status is Status.CANCELLED else ours.title
        off = theirs is None or theirs.content.status is Status.CANCELLED
        return here, None if off or theirs is None else theirs.content.title


OPS = ("edit here", "cancel here", "delete here", "edit there", "cancel there", "move there")
episodes = st.lists(st.lists(st.sampled_from((*OPS, "delete there")), max_size=4), max_size=5)


@given(episodes)
def test_both_sides_come_to_say_the_same_and_no_change_is_lost_unseen(episodes):
    pair = Pair()
    pair.push()
    number = 0
    for ops in episodes:
        base = pair.says
        assert base[0] == base[1]
        for op in ops:
            number += 1
            pair.act(op, f"change {number}")
        changed = [title for title in pair.says if title not in (None, base[0])]
        for _ in range(2):
            pair.sync()
            pair.push()

        assert pair.says[0] == pair.says[1]
        pair.sync()
        assert not pair.dirty or pair.says == (None, None)
        kept = {pair.says[0], *(one.title for one in pair.lost)}
        assert set(changed) <= kept


@given(episodes)
def test_a_sync_with_nothing_new_has_nothing_to_do(episodes):
    pair = Pair()
    pair.push()
    for number, ops in enumerate(episodes):
        for op in ops:
            pair.act(op, f"change {number}")
        for _ in range(3):
            pair.sync()
            pair.push()
        told = {KEY: pair.theirs} if pair.theirs or pair.link else {}
        knows = pair.link is not None or pair.ours is not None

        assert plan({KEY: Here(pair.ours, pair.link)} if knows else {}, told) == []
