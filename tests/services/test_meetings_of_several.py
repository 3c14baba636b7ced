"""Real puzzles: when are all of these people free at once?"""

import json
from pathlib import Path

import pytest

from sched_agent.model.interval import MINUTE, Interval
from sched_agent.model.schedule import Check
from sched_agent.services import availability, calendars, events
from sched_agent.services.availability import Match, Question
from tests.builders import a_draft, at, span, weekdays

TASKS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "natural_plan.jsonl").read_text().splitlines()
]
DAYS = dict(
    zip(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
        ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"),
        strict=True,
    )
)


@pytest.fixture
def database(tmp_path) -> str:
    """Which store it is makes no difference to the puzzles: the quickest one."""
    return f"sqlite:///{tmp_path}/calendar.db"


def by_hand(task, day):
    """Return the starts on the half hour at which nobody is busy, counted out minute by minute."""
    opens, closes = (int(t[:2]) * 60 + int(t[3:]) for t in task["work_hours"])
    busy = {
        minute
        for times in task["busy"].values()
        for weekday, start, end in times
        if weekday == day
        for minute in range(int(start[:2]) * 60 + int(start[3:]), int(end[:2]) * 60 + int(end[3:]))
    }
    length = task["duration_minutes"]
    return [
        f"{start // 60:02}:{start % 60:02}"
        for start in range(opens, closes - length + 1, 30)
        if not busy & set(range(start, start + length))
    ]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["id"].rsplit("_", 1)[-1])
def test_all_are_free_exactly_when_nobody_is_busy(app, admin, task):
    everybody = []
    for name in task["participants"]:
        rules = (weekdays(*task["work_hours"]),)
        person = calendars.create(app, admin, name=name, rules=rules)
        everybody.append(person.id)
        for weekday, start, end in task["busy"][name]:
            draft = a_draft(span(start, end, DAYS[weekday]))
            events.book(app, admin, person.id, draft, check=Check.FULL)
        calendars.revise(app, admin, person.id, {"slot_step_minutes": 30})

    for weekday in task["days"]:
        question = Question(
            calendar_ids=tuple(everybody),
            within=span("00:00", "24:00", DAYS[weekday]),
            length=task["duration_minutes"] * MINUTE,
            match=Match.ALL,
        )
        slots = availability.check(app, admin, question).slots
        expected = [at(f"{DAYS[weekday]}T{start}") for start in by_hand(task, weekday)]
        assert [slot.interval.start for slot in slots] == expected
        assert all(slot.calendar_ids == tuple(everybody) for slot in slots)

    weekday, start, end = task["golden"]
    golden = span(start, end, DAYS[weekday])
    exact = Question(
        calendar_ids=tuple(everybody),
        within=Interval(*golden),
        length=golden.length,
        exact=True,
        match=Match.ALL,
    )
    assert availability.check(app, admin, exact).slots
