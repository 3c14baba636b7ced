"""What an agent can say to a caller, through a whole conversation in each language."""

import json
from typing import Any

import pytest
from mcp import Client

from sched_agent.services.environments import local_admin
from sched_agent.speech.aloud import spelled
from sched_agent.transports.mcp import ERROR_KEY, SchedAgentServer

pytestmark = pytest.mark.anyio

JANE = [{"name": "Jane Doe", "phone": "+1 212 555 0142"}]
MOST_BYTES = 1200

SAID = {
    "en": [
        "There is one calendar: My calendar.",
        "I'm sorry, we're closed on Sundays. The nearest free times are tomorrow at 3 PM, "
        "Tuesday the 24th at 3 PM, or tomorrow at 9 AM.",
        "I have Tuesday the 24th at 2 PM, 2:30 PM, or 3 PM. Which one suits you?",
        "Yes, Tuesday, November 24th at 2:30 PM is free.",
        "Tuesday, November 24th at 2:30 PM with Jane Doe, for 30 minutes. Shall I book it?",
        "It's confirmed: Tuesday, November 24th at 2:30 PM with Jane Doe. Your code is {code}.",
        "I'm sorry, that time is taken. The nearest free times are Wednesday the 25th at "
        "2:30 PM, Tuesday the 24th at 3 PM, or tomorrow at 2:30 PM.",
        "It's booked: tomorrow at noon. Your code is {other}.",
        "You have one booking: Check-up, Tuesday, November 24th at 2:30 PM.",
        "There are two bookings: Visit, tomorrow at noon and Check-up, Tuesday, November 24th at "
        "2:30 PM.",
        "I've moved it from Tuesday, November 24th at 2:30 PM to Thursday, November 26th at 9 AM.",
        "Noted: Jane Doe is coming.",
        "Check-up: Thursday, November 26th at 9 AM with Jane Doe. It's confirmed.",
        "It's cancelled: Thursday, November 26th at 9 AM with Jane Doe.",
        "It was cancelled already: Thursday, November 26th at 9 AM with Jane Doe.",
        "I'm sorry, a cancelled booking can't be changed. Shall I make a new one?",
        "I'm sorry, I can't find that booking. Could you give me the code again, or the name?",
        "I found no booking.",
    ],
    "pt-BR": [
        "Há uma agenda: My calendar.",
        "Desculpe, não atendemos aos domingos. Os horários livres mais próximos são "
        "amanhã às 15h, terça-feira, dia 24, às 15h ou amanhã às 9h.",
        "Tenho terça-feira, dia 24, às 14h, às 14h30 ou às 15h. Qual fica melhor?",
        "Sim, está livre: terça-feira, 24 de novembro, às 14h30.",
        "Terça-feira, 24 de novembro, às 14h30, com Jane Doe, por 30 minutos. Posso marcar?",
        "Está confirmado: terça-feira, 24 de novembro, às 14h30, com Jane Doe. Seu código é "
        "{code}.",
        "Desculpe, esse horário já está ocupado. Os horários livres mais próximos são "
        "quarta-feira, dia 25, às 14h30, terça-feira, dia 24, às 15h ou amanhã às 14h30.",
        "Está marcado: amanhã ao meio-dia. Seu código é {other}.",
        "Você tem um horário marcado: Check-up, terça-feira, 24 de novembro, às 14h30.",
        "Há dois horários marcados: Visit, amanhã ao meio-dia e Check-up, terça-feira, 24 de "
        "novembro, às 14h30.",
        "Remarquei: era terça-feira, 24 de novembro, às 14h30, agora é quinta-feira, 26 de "
        "novembro, às 9h.",
        "Anotado: Jane Doe vem.",
        "Check-up: quinta-feira, 26 de novembro, às 9h, com Jane Doe. Está confirmado.",
        "Está cancelado: quinta-feira, 26 de novembro, às 9h, com Jane Doe.",
        "Já estava cancelado: quinta-feira, 26 de novembro, às 9h, com Jane Doe.",
        "Desculpe, um horário cancelado não pode ser alterado. Quer que eu marque outro?",
        "Desculpe, não encontro esse horário marcado. Pode me dizer de novo o código, ou o nome?",
        "Não encontrei nenhum horário marcado.",
    ],
    "es": [
        "Hay un calendario: My calendar.",
        "Lo siento, los domingos no abrimos. Las horas libres más próximas son mañana a las "
        "15:00, el martes 24 a las 15:00 o mañana a las 9:00.",
        "Tengo el martes 24 a las 14:00, a las 14:30 o a las 15:00. ¿Cuál le viene mejor?",
        "Sí, el martes 24 de noviembre a las 14:30 está libre.",
        "El martes 24 de noviembre a las 14:30 con Jane Doe, durante 30 minutos. ¿Lo reservo?",
        "Queda confirmado: el martes 24 de noviembre a las 14:30 con Jane Doe. Su código es "
        "{code}.",
        "Lo siento, esa hora ya está ocupada. Las horas libres más próximas son el miércoles "
        "25 a las 14:30, el martes 24 a las 15:00 o mañana a las 14:30.",
        "Queda reservado: mañana al mediodía. Su código es {other}.",
        "Tiene una cita: Check-up, el martes 24 de noviembre a las 14:30.",
        "Hay dos citas: Visit, mañana al mediodía y Check-up, el martes 24 de noviembre a las "
        "14:30.",
        "Lo he cambiado: era el martes 24 de noviembre a las 14:30 y ahora es el jueves 26 de "
        "noviembre a las 9:00.",
        "Anotado: Jane Doe viene.",
        "Check-up: el jueves 26 de noviembre a las 9:00 con Jane Doe. Está confirmado.",
        "Queda cancelado: el jueves 26 de noviembre a las 9:00 con Jane Doe.",
        "Ya estaba cancelado: el jueves 26 de noviembre a las 9:00 con Jane Doe.",
        "Lo siento, una cita cancelada no se puede cambiar. ¿Le reservo otra?",
        "Lo siento, no encuentro esa cita. ¿Me repite el código, o el nombre?",
        "No he encontrado ninguna cita.",
    ],
}


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
    """Calls tools in a language and keeps what there was to say."""

    def __init__(self, client, language):
        self.client, self.language, self.said = client, language, []

    async def __call__(self, tool, **arguments):
        result = await self.client.call_tool(tool, arguments | {"language": self.language})
        text = text_of(result)
        if result.is_error:
            said = result.meta[ERROR_KEY]["say"]
            assert f"\nSay: {said}" in text
        else:
            said = result.structured_content["say"]
            assert text.splitlines()[0] == said
        self.said.append(said)
        return result.structured_content or {}


@pytest.mark.parametrize("language", list(SAID))
async def test_a_conversation_is_said_in_the_callers_language(server, calendar, clock, language):
    clock.move_to("2026-11-22T10:00")
    async with Client(server) as client:
        talk = Talk(client, language)
        await talk("list_calendars")
        await talk("check_availability", when="2026-11-22T15:00")
        await talk("check_availability", when="2026-11-24T14:00/2026-11-24T17:00")
        await talk("check_availability", when="2026-11-24T14:30")
        intake = {"title": "Check-up", "start_at": "2026-11-24T14:30", "attendees": JANE}
        held = await talk("create_event", **intake, hold_minutes=5)
        event_id = held["event"]["id"]
        await talk("update_event", event_id=event_id, status="confirmed")
        await talk("create_event", **intake)
        other = await talk("create_event", title="Visit", start_at="2026-11-23T12:00")
        await talk("list_events", attendee="jane doe")
        await talk("list_events")
        await talk("update_event", event_id=event_id, start_at="2026-11-26T09:00")
        jane = {"attendee": "+1 212 555 0142", "response": "accepted"}
        await talk("respond_to_event", event_id=event_id, **jane)
        await talk("get_event", event_id=event_id)
        await talk("cancel_event", event_id=event_id)
        await talk("cancel_event", event_id=event_id)
        await talk("update_event", event_id=event_id, start_at="2026-11-27T09:00")
        await talk("get_event", event_id="evt_000001")
        await talk("list_events", attendee="nobody at all")

    codes = {"code": spelled(event_id), "other": spelled(other["event"]["id"])}
    assert talk.said == [said.format(**codes) for said in SAID[language]]


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


@pytest.mark.parametrize("language", list(SAID))
async def test_an_offer_of_three_times_on_three_days_is_small(server, calendar, clock, language):
    clock.move_to("2026-11-20T16:31")
    days = {"from": "2026-11-24T16:30", "to": "2026-11-30", "duration_minutes": 480}
    async with Client(server) as client:
        result = await client.call_tool("check_availability", days | {"language": language})

    told = result.structured_content
    assert len({slot["start_at"][:10] for slot in told["slots"]}) == 3
    data, text = json.dumps(told, ensure_ascii=False), text_of(result)
    assert len(data.encode()) + len(text.encode()) <= MOST_BYTES
