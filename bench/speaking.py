"""What is said of an answer, against the whole tool call that it is a part of."""

from pathlib import Path
from zoneinfo import ZoneInfo

from bench.measure import Figure, by_turns
from bench.servers import database, settings
from bench.tool_calls import DAY, NOW, fifty_events
from sched_agent.model.interval import MINUTE
from sched_agent.services.availability import Question
from sched_agent.services.environments import local_admin
from sched_agent.speech.iso import read_day
from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.tools import offers, telling
from sched_agent.tools.arguments import calendar_number, event_number
from sched_agent.tools.calendars import the_speaker
from sched_agent.tools.catalog import all_tools

MOST = 1 / 6
"""Of the whole: a fifth of the rest."""


def figures(folder: Path) -> list[Figure]:
    """Measure in this process, where nothing else weighs in: each language, words once said."""
    environ = settings(folder / "said.db", NOW)
    calendar_id = fifty_events(environ)
    program = database(environ)
    backend, caller = program.backend, local_admin(program.environment)
    calendar = backend.calendar(caller, calendar_number(calendar_id))
    asked = {"calendar_ids": [calendar_id], "when": DAY.isoformat()}
    within = read_day(DAY.isoformat(), ZoneInfo(calendar.timezone), field="when")
    question = Question(calendar_ids=(calendar.id,), within=within, length=30 * MINUTE, limit=4)
    answer = backend.free(caller, question)
    tools = all_tools()
    listed = tools["list_events"].call(backend, caller, {}, language=Language.EN)
    event_id = listed.data.model_dump()["events"][0]["id"]
    _, event = backend.event(caller, event_number(event_id))

    def ask(tool: str, **arguments: object) -> None:
        for language in LANGUAGES:
            tools[tool].call(backend, caller, arguments, language=language)

    def say_free() -> None:
        for language in LANGUAGES:
            speaker = the_speaker(language, calendar.zone, answer.calendars, backend.now())
            assert offers.availability(speaker, answer, answer.slots[:3], exact=False)

    def say_event() -> None:
        for language in LANGUAGES:
            speaker = the_speaker(language, calendar.zone, [calendar], backend.now())
            assert telling.as_it_is(speaker, event)

    free = by_turns(say_free, lambda: ask("check_availability", **asked), turns=40, calls=20)
    one = by_turns(say_event, lambda: ask("get_event", event_id=event_id), turns=40, calls=20)
    program.close()
    return [
        free.figure("what is said of free times, in the whole check_availability", bound=MOST),
        one.figure("what is said of an event, in the whole get_event", bound=MOST),
    ]
