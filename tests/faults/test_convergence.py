"""The checker of both sides finds each kind of violation, and none where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sched_agent.model.connection import ConnectionPolicy, LostChange, WhenTaken
from sched_agent.model.event import Event, SyncState
from sched_agent.model.interval import DAY, HOUR, Interval
from sched_agent.model.remote import Content, uid_of
from sched_agent.model.status import Status
from sched_agent.sync.apply import GONE_THERE
from sched_agent.sync.push import TAKEN_THERE
from tests import builders
from tests.faults.convergence import check
from tests.faults.ending import Ending, Here, Sides
from tests.faults.history import Final, Rules
from tests.faults.journal import Act, Answer, Attempt, Kind, Outcome
from tests.faults.outsider import Deed, Work
from tests.faults.remotes import Thing
from tests.faults.seeing import seen

NINE = 100 * DAY
REMOTE = "work"


class Told:
    """What agents and others did, and how both sides stand; each line takes the clock on."""

    def __init__(self, **policy: Any) -> None:
        self.now = 0
        self.policy = ConnectionPolicy(**policy)
        self.attempts: list[Attempt] = []
        self.deeds: list[Deed] = []
        self.here: dict[int, Here] = {}
        self.there: dict[str, tuple[Content, Sequence[Thing]]] = {}
        self.lost: list[LostChange] = []
        self.more: dict[str, Any] = {}

    def ask(self, kind: Kind, name: str, event: Event, **more: Any) -> None:
        """Add a request that is acknowledged with an event as it is then."""
        self.now += 10
        one = None if kind is Kind.BOOK else event.id
        events = () if kind is Kind.DELETE else (seen(event),)
        self.attempts.append(
            Attempt(
                where=f"a.jsonl:{len(self.attempts) + 1}",
                door="services",
                act=Act(kind=kind, calendar=1, request_id=name, event=one, **more),
                asked=self.now - 5,
                told=self.now,
                answer=Answer(outcome=Outcome.ACKNOWLEDGED, events=events),
            )
        )

    def book(self, name: str, start: int = NINE) -> Event:
        """Book an event, and let it arrive at the provider."""
        event = builders.an_event(
            interval=Interval(start, start + HOUR),
            id=len(self.here) + 1,
            title=name,
            sync=SyncState.SYNCED,
            exclusive=True,
        )
        self.ask(Kind.BOOK, name, event, start=start, end=start + HOUR)
        self.stands(event)
        return event

    def stands(self, event: Event, *keys: str) -> Event:
        """Let an event be like this at the end, on both sides."""
        uid = uid_of(1, event.id)
        live = event.status is not Status.CANCELLED
        self.here[event.id] = Here(event=event, uid=uid, keys=(keys or (uid,)) if live else ())
        self.there.pop((keys or (uid,))[0], None)
        if live:
            self.lies((keys or (uid,))[0], Content.of(event))
        return event

    def lies(self, key: str, content: Content) -> None:
        """Let an event lie at the provider."""
        thing = Thing(uid=key, place="", etag="", title=content.title, when=content.interval)
        self.there[key] = content, [thing]

    def others(self, work: Work, uid: str, **more: Any) -> Deed:
        """Let others do something."""
        self.now += 10
        ended = more.pop("ended", self.now)
        deed = Deed(work=work, calendar=REMOTE, uid=uid, began=self.now - 5, ended=ended, **more)
        self.deeds.append(deed)
        return deed

    def add(self, title: str, start: int = NINE) -> Event:
        """Let others put an event there, and let it be read here."""
        when = Interval(start, start + HOUR)
        self.others(Work.ADD, title, title=title, when=when)
        number = len(self.here) + 1
        event = builders.an_event(interval=when, id=number, title=title, sync=SyncState.SYNCED)
        return self.stands(event, title)

    def violations(self) -> list[str]:
        """Return the rules that were not kept."""
        here = tuple(self.here.values())
        final = Final(
            now=self.now + 1,
            calendars={1: Rules(id=1)},
            events=tuple(seen(one.event) for one in here),
        )
        sides = Sides(
            calendar=1,
            remote=REMOTE,
            policy=self.policy,
            here=here,
            there={key: content for key, (content, _) in self.there.items()},
            things=[thing for _, things in self.there.values() for thing in things],
            lost=self.lost,
        )
        ending = Ending(final=final, sides=[sides], **self.more)
        return [one.rule for one in check(self.attempts, self.deeds, ending)]


def cancelled(event: Event, reason: str | None = None) -> Event:
    return replace(event, status=Status.CANCELLED, cancel_reason=reason, version=event.version + 1)


def moved(event: Event, start: int) -> Event:
    return replace(event, interval=Interval(start, start + HOUR), version=event.version + 1)


def retitled(event: Event, title: str) -> Event:
    return replace(event, title=title, version=event.version + 1)


def nothing(_: Told) -> None:
    pass


def ours_and_theirs(told: Told) -> None:
    told.book("a")
    told.add("others-1", NINE + 2 * HOUR)


def cancelled_by_us(told: Told) -> None:
    event = told.stands(cancelled(told.book("a")))
    told.ask(Kind.CANCEL, "b", event)


def deleted_by_us(told: Told) -> None:
    event = told.book("a")
    told.ask(Kind.DELETE, "b", event)
    del told.here[event.id], told.there[uid_of(1, event.id)]


def deleted_there(told: Told) -> None:
    event = told.book("a")
    told.others(Work.DELETE, uid_of(1, event.id))
    told.stands(cancelled(event, GONE_THERE))


def taken_there(told: Told) -> None:
    told.policy = ConnectionPolicy(when_taken=WhenTaken.CANCEL)
    told.stands(cancelled(told.book("a"), TAKEN_THERE))


def moved_by_us(told: Told) -> None:
    event = told.stands(moved(told.book("a"), NINE + HOUR))
    told.ask(Kind.MOVE, "b", event, start=NINE + HOUR)


def moved_there_since(told: Told) -> None:
    event = moved(told.book("a"), NINE + HOUR)
    told.ask(Kind.MOVE, "b", event, start=NINE + HOUR)
    last = moved(event, NINE + 2 * HOUR)
    told.others(Work.MOVE, uid_of(1, event.id), when=last.interval)
    told.stands(last)


def renamed_there(told: Told) -> None:
    event = told.book("a")
    told.others(Work.RENAME, uid_of(1, event.id), title="others-1")
    told.stands(retitled(event, "others-1"))


def gave_way(told: Told) -> None:
    event = told.book("a")
    told.others(Work.RENAME, uid_of(1, event.id), title="others-1")
    said = Content.of(retitled(event, "others-1")).as_data()
    told.lost.append(LostChange(1, event.id, 1, told.now, "there", said))


def perhaps_renamed_there(told: Told) -> None:
    event = told.book("a")
    told.others(Work.RENAME, uid_of(1, event.id), title="others-1", ended=None)


def adopted_and_cancelled(told: Told) -> None:
    event = told.stands(cancelled(told.add("others-1")), "others-1")
    told.ask(Kind.CANCEL, "b", event)


def moved_by_us_and_called_off(told: Told) -> None:
    told.policy = ConnectionPolicy(when_taken=WhenTaken.CANCEL)
    event = told.add("others-1")
    told.ask(Kind.MOVE, "b", moved(event, NINE + HOUR), start=NINE + HOUR)
    told.stands(replace(cancelled(event, TAKEN_THERE), version=3), "others-1")


def overlapping_those_of_others(told: Told) -> None:
    told.book("a")
    told.add("others-1")


@pytest.mark.parametrize(
    "tell",
    [
        nothing,
        ours_and_theirs,
        cancelled_by_us,
        deleted_by_us,
        deleted_there,
        taken_there,
        moved_by_us,
        moved_there_since,
        renamed_there,
        gave_way,
        perhaps_renamed_there,
        adopted_and_cancelled,
        moved_by_us_and_called_off,
        overlapping_those_of_others,
    ],
    ids=lambda tell: tell.__name__.replace("_", " "),
)
def test_what_can_be_explained_is_no_violation(tell: Callable[[Told], None]) -> None:
    told = Told()
    tell(told)

    assert told.violations() == []


def gone_here(told: Told) -> None:
    event = told.book("a")
    del told.here[event.id], told.there[uid_of(1, event.id)]


def cancelled_by_nobody(told: Told) -> None:
    told.stands(cancelled(told.book("a")))


def said_to_be_gone_there(told: Told) -> None:
    told.stands(cancelled(told.book("a"), GONE_THERE))


def called_off_against_the_policy(told: Told) -> None:
    told.stands(cancelled(told.book("a"), TAKEN_THERE))


def a_change_of_what_is_gone(told: Told) -> None:
    event = told.add("others-1")
    told.ask(Kind.RESPOND, "b", event, guests=("guest0@example.com",), response="accepted")
    told.others(Work.DELETE, "others-1")
    del told.here[event.id], told.there["others-1"]


def a_move_that_is_not_there(told: Told) -> None:
    event = told.book("a")
    told.ask(Kind.MOVE, "b", moved(event, NINE + HOUR), start=NINE + HOUR)
    told.stands(replace(event, version=3))


def an_older_move_of_others_won(told: Told) -> None:
    event = told.book("a")
    told.others(Work.MOVE, uid_of(1, event.id), when=Interval(NINE + 5 * HOUR, NINE + 6 * HOUR))
    told.ask(Kind.MOVE, "b", moved(event, NINE + HOUR), start=NINE + HOUR)
    told.stands(replace(moved(event, NINE + 5 * HOUR), version=3))


def live_again(told: Told) -> None:
    event = told.book("a")
    told.ask(Kind.CANCEL, "b", cancelled(event))


def a_title_of_others_overwritten(told: Told) -> None:
    event = told.book("a")
    told.others(Work.RENAME, uid_of(1, event.id), title="others-1")


def a_time_of_others_overwritten(told: Told) -> None:
    event = told.book("a")
    told.others(Work.MOVE, uid_of(1, event.id), when=Interval(NINE + HOUR, NINE + 2 * HOUR))


def an_event_of_others_gone(told: Told) -> None:
    event = told.add("others-1")
    told.stands(cancelled(event), "others-1")


@pytest.mark.parametrize(
    "tell",
    [
        gone_here,
        cancelled_by_nobody,
        said_to_be_gone_there,
        called_off_against_the_policy,
        a_change_of_what_is_gone,
        a_move_that_is_not_there,
        an_older_move_of_others_won,
        a_title_of_others_overwritten,
        a_time_of_others_overwritten,
        an_event_of_others_gone,
    ],
    ids=lambda tell: tell.__name__.replace("_", " "),
)
def test_what_was_lost_is_found(tell: Callable[[Told], None]) -> None:
    told = Told()
    tell(told)

    assert told.violations() == ["lost"]


def test_what_was_cancelled_and_is_live_is_found() -> None:
    told = Told()
    live_again(told)

    assert "lost" in told.violations()


def missing_there(told: Told) -> None:
    event = told.book("a")
    del told.there[uid_of(1, event.id)]


def missing_here(told: Told) -> None:
    content = Content(title="others-1", interval=Interval(NINE, NINE + HOUR))
    told.lies("others-1", content)


def tied_twice(told: Told) -> None:
    event = told.book("a")
    told.here[event.id] = replace(told.here[event.id], keys=("one", "two"))
    for key in ("one", "two"):
        told.lies(key, Content.of(retitled(event, key)))
    del told.there[uid_of(1, event.id)]


def elsewhere_there(told: Told) -> None:
    event = told.book("a")
    told.lies(uid_of(1, event.id), Content.of(moved(event, NINE + HOUR)))


def other_words_there(told: Told) -> None:
    event = told.book("a")
    told.lies(uid_of(1, event.id), replace(Content.of(event), description="other words"))


def never_told(told: Told) -> None:
    event = told.book("a")
    told.stands(replace(event, sync=SyncState.PENDING))


def read_wrongly(told: Told) -> None:
    event = told.book("a")
    content, (thing,) = told.there[uid_of(1, event.id)]
    told.there[uid_of(1, event.id)] = content, [replace(thing, title="other")]


@pytest.mark.parametrize(
    "tell",
    [
        missing_there,
        missing_here,
        tied_twice,
        elsewhere_there,
        other_words_there,
        never_told,
        read_wrongly,
    ],
    ids=lambda tell: tell.__name__.replace("_", " "),
)
def test_sides_that_do_not_say_the_same_are_found(tell: Callable[[Told], None]) -> None:
    told = Told()
    tell(told)

    assert set(told.violations()) == {"diverged"}


def test_two_events_under_one_uid_are_found() -> None:
    told = Told()
    event = told.book("a")
    content, (thing,) = told.there[uid_of(1, event.id)]
    told.there[uid_of(1, event.id)] = content, [replace(thing, title="other"), thing]

    assert told.violations() == ["duplicate"]


def test_two_events_of_one_title_are_found_on_both_sides() -> None:
    told = Told()
    event = told.book("a")
    told.stands(replace(event, id=7, interval=Interval(NINE + HOUR, NINE + 2 * HOUR)))

    assert told.violations() == ["duplicate", "duplicate"]


def test_an_event_that_was_made_twice_at_the_provider_is_found() -> None:
    told = Told()
    told.book("a")
    told.more = {"made": {"a": 2}}

    assert told.violations() == ["acted twice"]


def test_two_events_that_are_the_only_ones_at_a_time_are_found() -> None:
    told = Told()
    told.book("a")
    told.book("b", NINE + HOUR // 2)

    assert set(told.violations()) == {"double booking"}


def test_an_event_that_was_booked_over_another_one_is_found_after_the_end_of_both() -> None:
    told = Told()
    first = told.book("a")
    second = told.book("b", NINE + HOUR // 2)
    told.ask(Kind.READ, "c", first)
    for event in (first, second):
        told.ask(Kind.CANCEL, f"cancel {event.id}", told.stands(cancelled(event)))

    assert told.violations() == ["double booking"]


def test_an_event_that_was_booked_over_one_of_others_is_found_where_they_are_always_asked() -> None:
    told = Told()
    told.add("others-1")
    told.book("a")

    assert told.violations() == ["double booking"]
    told.policy = ConnectionPolicy(recheck_seconds=60)
    assert told.violations() == []


def test_what_never_rests_and_what_was_given_up_is_found() -> None:
    told = Told()
    told.more = {"unrest": "push after 7 attempts", "dead": ["push"]}

    assert told.violations() == ["no rest", "given up"]
