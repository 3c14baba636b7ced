"""What an agent can say to a caller, through a whole conversation in each language."""

import json
from dataclasses import replace
from typing import Any

import pytest
from mcp import Client

from sched_agent.services import calendars
from sched_agent.services.environments import local_admin
from sched_agent.speech.aloud import spelled
from sched_agent.speech.language import LANGUAGES
from sched_agent.transports.mcp import ERROR_KEY, SchedAgentServer
from tests.builders import on_date
from tests.transports.conversations import TALKS

pytestmark = pytest.mark.anyio

JANE = [{"name": "Jane Doe", "phone": "+1 212 555 0142"}]
MOST_BYTES = 1200


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def server(backend, environment):
    """A server that speaks Spanish where a call does not say otherwise."""
    return SchedAgentServer(
        backend, toolsets=("booking", "admin"), language="es", local=local_admin(environment)
    )


def text_of(result: Any) -> str:
    """Return what a model reads."""
    return str(result.content[0].text)


class Talk:
    """Calls tools in a language with what the caller says, and keeps what there was to say."""

    def __init__(self, client, language):
        self.client, self.language = client, language
        self.turns, self.said = iter(TALKS[language]), []

    async def __call__(self, tool, *heard_as, **arguments):
        """Take the next turn: what was heard goes into the arguments that are named."""
        *heard, _ = next(self.turns)
        words = dict(zip(heard_as, heard, strict=True))
        result = await self.client.call_tool(tool, arguments | words | {"language": self.language})
        text = text_of(result)
        if result.is_error:
            said = result.meta[ERROR_KEY]["say"]
            assert f"\nSay: {said}" in text
        else:
            said = result.structured_content["say"]
            assert text.splitlines()[0] == said
        self.said.append(said)
        return result.structured_content or {}


@pytest.fixture
def thanksgiving(app, admin, calendar):
    """The Thursday of the week, on which the calendar is closed."""
    rule = replace(on_date("2026-11-26", available=False), name="Thanksgiving")
    return calendars.add_rule(app, admin, calendar.id, rule)


@pytest.mark.usefixtures("thanksgiving")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_conversation_is_heard_and_said_in_the_callers_language(server, clock, language):
    clock.move_to("2026-11-22T10:00")
    async with Client(server) as client:
        talk = Talk(client, language)
        await talk("list_calendars")
        for _ in range(3):
            await talk("check_availability", "when")
        intake = {"title": "Check-up", "attendees": JANE}
        for _ in range(3):
            asked_back = await talk("create_event", "start_at", **intake, hold_minutes=5)
            assert not asked_back
        held = await talk("create_event", "start_at", **intake, hold_minutes=5)
        event_id = held["event"]["id"]
        await talk("update_event", event_id=event_id, status="confirmed")
        await talk("create_event", "start_at", **intake)
        other = await talk("create_event", "start_at", title="Visit")
        await talk("list_events", attendee="jane doe")
        await talk("list_events", "from", "to")
        for _ in range(4):
            await talk("update_event", "start_at", event_id=event_id)
        jane = {"attendee": "+1 212 555 0142", "response": "accepted"}
        await talk("respond_to_event", event_id=event_id, **jane)
        await talk("get_event", event_id=event_id)
        await talk("cancel_event", event_id=event_id)
        await talk("cancel_event", event_id=event_id)
        await talk("update_event", "start_at", event_id=event_id)
        await talk("get_event", event_id="evt_000001")
        await talk("list_events", attendee="nobody at all")

    codes = {"code": spelled(event_id), "other": spelled(other["event"]["id"])}
    assert talk.said == [said.format(**codes) for *_, said in TALKS[language]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Hay un calendario: My calendar."),
        ({"language": "en_GB"}, "There is one calendar: My calendar."),
        ({"language": "PT"}, "Há uma agenda: My calendar."),
        ({"language": None}, "Hay un calendario: My calendar."),
    ],
)
async def test_a_call_may_name_the_language_in_any_spelling(server, calendar, arguments, said):
    async with Client(server) as client:
        result = await client.call_tool("list_calendars", arguments)

    assert result.structured_content is not None
    assert result.structured_content["say"] == said


async def test_a_language_that_we_do_not_speak_is_refused_in_the_usual_one(server, calendar):
    async with Client(server) as client:
        result = await client.call_tool("list_calendars", {"language": "fr"})

    text = text_of(result)
    assert text.startswith("invalid_argument: language 'fr' is not one of en, pt-BR, es.")
    assert "Say: Perdone, no lo he entendido bien." in text


async def test_a_refusal_of_other_arguments_is_still_said_in_the_calls_language(server, calendar):
    async with Client(server) as client:
        result = await client.call_tool("check_availability", {"wen": "x", "language": "pt"})

    told = (result.meta or {})[ERROR_KEY]
    assert told["code"] == "unknown_argument"
    assert told["say"] == ("Um momento, por favor. Vou tentar de outra forma.")


async def test_the_zone_is_said_where_the_caller_is_elsewhere(server, calendar):
    asked = {"when": "2026-11-24", "timezone": "America/Sao_Paulo", "language": "pt-BR", "limit": 1}
    async with Client(server) as client:
        result = await client.call_tool("check_availability", asked)

    assert result.structured_content is not None
    assert result.structured_content["say"] == (
        "Tenho terça-feira, dia 24, às 11h, horário de São Paulo. Fica bom para você?"
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_offer_of_three_times_on_three_days_is_small(server, calendar, clock, language):
    clock.move_to("2026-11-20T16:31")
    days = {"from": "2026-11-24T16:30", "to": "2026-11-30", "duration_minutes": 480}
    async with Client(server) as client:
        result = await client.call_tool("check_availability", days | {"language": language})

    told = result.structured_content
    assert len({slot["start_at"][:10] for slot in told["slots"]}) == 3
    data, text = json.dumps(told, ensure_ascii=False), text_of(result)
    assert len(data.encode()) + len(text.encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "um could we do the 31st some time in the morning please"),
        ("pt-BR", "é eu queria no dia 31 de manhã se for possível"),
        ("es", "querría el día 31 por la mañana si puede ser"),
    ],
)
async def test_an_offer_that_names_what_was_assumed_is_small_too(server, calendar, language, words):
    async with Client(server) as client:
        asked = {"when": words, "language": language}
        result = await client.call_tool("check_availability", asked)

    told = result.structured_content
    assert told["notes"] == ["Assumed in when: next_month."]
    assert len(told["slots"]) == 3
    data = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    assert len(data.encode()) + len(text_of(result).encode()) <= MOST_BYTES
