"""Somebody who works on the same calendars at the provider, and writes down what was done."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sched_agent.clock import Clock
from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.remote import is_ours
from tests.faults.remotes import Missed, Remote, Thing, Unreached


class Work(StrEnum):
    """What others do."""

    ADD = "add"
    RENAME = "rename"
    MOVE = "move"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that others did at the provider, or may have done.

    Args:
        work: What.
        calendar: Where, as the provider names it.
        uid: Of which event.
        title: Its new title, if it is new or renamed.
        when: Its new time, if it is new or moved.
        began: It was not done before.
        ended: It was done by then; None: nobody knows whether it was.
    """

    work: Work
    calendar: str
    uid: str
    title: str | None = None
    when: Interval | None = None
    began: int
    ended: int | None

    @property
    def where(self) -> tuple[str, ...]:
        """How it is named where something is told of it."""
        return (f"others: {self.work} {self.uid} {self.title or ''} at {self.began}",)


_WEIGHTS = {Work.ADD: 4, Work.RENAME: 3, Work.MOVE: 3, Work.DELETE: 4}
_MOST = 6
"""So many events of others lie on a calendar at most, to leave room for ours."""
_PAUSE_SECONDS = (0.02, 0.3)


class Outsider:
    """Does one thing after another in a thread of its own, until it is stopped."""

    def __init__(
        self,
        seed: str,
        remote: Remote,
        calendars: Sequence[str],
        starts: Sequence[int],
        clock: Clock,
    ) -> None:
        self._dice = random.Random(seed)
        self._remote, self._calendars, self._starts = remote, calendars, starts
        self._clock = clock
        self._count = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._failed = False
        self._known: set[str] = set()
        self.deeds: list[Deed] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being done, and do no more."""
        self._over.set()
        self._thread.join()
        assert not self._failed, "see what was written to stderr"

    def _live(self) -> None:
        self._failed = True
        self._run()
        self._failed = False

    def _run(self) -> None:
        while not self._over.wait(self._dice.uniform(*_PAUSE_SECONDS)):
            calendar = self._dice.choice(self._calendars)
            try:
                things = self._remote.things(calendar)
            except Unreached:
                continue
            self._do(self._next(things), calendar, things)

    def _next(self, things: Sequence[Thing]) -> Work:
        work = self._dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if not things:
            return Work.ADD
        full = sum(not is_ours(one.uid) for one in things) >= _MOST
        return Work.DELETE if work is Work.ADD and full else work

    def _do(self, work: Work, calendar: str, things: Sequence[Thing]) -> None:
        self._count += 1
        title = f"others-{self._count}"
        start = self._dice.choice(self._starts)
        when = Interval(start, start + self._dice.choice((15, 30, 45)) * MINUTE)
        remote, uid = self._remote, f"{title}@others"
        self._known |= {one.uid for one in things if not is_ours(one.uid)}
        if work is Work.ADD:
            self._note(
                lambda: remote.add(calendar, uid, title, when),
                Deed(
                    work=work,
                    calendar=calendar,
                    uid=uid,
                    title=title,
                    when=when,
                    began=self._clock(),
                    ended=None,
                ),
            )
            return
        newest = [one for one in things if one.uid not in self._known]
        self._known |= {one.uid for one in things}
        thing = self._dice.choice(newest or things)
        acts: dict[Work, Callable[[], object]] = {
            Work.RENAME: lambda: remote.rename(calendar, thing, title),
            Work.MOVE: lambda: remote.move(calendar, thing, when),
            Work.DELETE: lambda: remote.delete(calendar, thing),
        }
        self._note(
            acts[work],
            Deed(
                work=work,
                calendar=calendar,
                uid=thing.uid,
                title=title if work is Work.RENAME else None,
                when=when if work is Work.MOVE else None,
                began=self._clock(),
                ended=None,
            ),
        )

    def _note(self, act: Callable[[], object], deed: Deed) -> None:
        """Do something and write it down, unless it surely was not done."""
        try:
            made = act()
        except Missed:
            return
        except Unreached:
            self.deeds.append(deed)
            return
        uid = made if isinstance(made, str) else deed.uid
        self.deeds.append(replace(deed, uid=uid, ended=self._clock()))
