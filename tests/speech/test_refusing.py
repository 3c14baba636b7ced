"""A refusal is said with its reason, as a receptionist says it."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from sched_agent.model.reason import Because, Reason
from sched_agent.speech.language import Language
from sched_agent.speech.refusing import refusal_words
from sched_agent.speech.saying import Speaker
from tests.builders import NEW_YORK, at, span

NOW = at("2026-11-20T10:00")
DAY = (span("09:00", "17:00"),)
TWICE = (span("09:00", "12:00"), span("13:00", "17:30"))


def said(reason, language, *, zone=NEW_YORK, code="outside_hours"):
    return refusal_words(Speaker(Language(language), zone, NOW), code, reason)


def closed(because, **more):
    return Reason(because=because, zone=NEW_YORK, **more)


def limited(because, limit):
    return Reason(because=because, limit=limit)


@pytest.mark.parametrize(
    ("reason", "en", "pt", "es"),
    [
        pytest.param(
            Reason(because=Because.OVER),
            "That time has already passed.",
            "Esse horário já passou.",
            "Esa hora ya ha pasado.",
            id="over",
        ),
        pytest.param(
            limited(Because.HORIZON, 60),
            "I'm sorry, we only take bookings up to 60 days ahead.",
            "Desculpe, só marcamos com até 60 dias de antecedência.",
            "Lo siento, solo reservamos con un máximo de 60 días de antelación.",
            id="horizon",
        ),
        pytest.param(
            limited(Because.HORIZON, 1),
            "I'm sorry, we only take bookings up to 1 day ahead.",
            "Desculpe, só marcamos com até 1 dia de antecedência.",
            "Lo siento, solo reservamos con un máximo de 1 día de antelación.",
            id="horizon of a day",
        ),
        pytest.param(
            closed(Because.CLOSED_THEN, hours=DAY),
            "I'm sorry, we're open from 9 AM to 5 PM that day.",
            "Desculpe, nesse dia atendemos das 9h às 17h.",
            "Lo siento, ese día abrimos de las 9:00 a las 17:00.",
            id="other hours",
        ),
        pytest.param(
            closed(Because.CLOSED_THEN, hours=TWICE),
            "I'm sorry, we're open from 9 AM to noon and from 1 PM to 5:30 PM that day.",
            "Desculpe, nesse dia atendemos das 9h ao meio-dia e das 13h às 17h30.",
            "Lo siento, ese día abrimos de las 9:00 al mediodía y de las 13:00 a las 17:30.",
            id="lunch",
        ),
        pytest.param(
            closed(Because.CLOSED_THEN),
            "I'm sorry, we're not open then.",
            "Desculpe, nesse horário não atendemos.",
            "Lo siento, a esa hora no abrimos.",
            id="days with other hours each",
        ),
        pytest.param(
            closed(Because.CLOSED_THAT_DAY, weekday=6),
            "I'm sorry, we're closed on Saturdays.",
            "Desculpe, não atendemos aos sábados.",
            "Lo siento, los sábados no abrimos.",
            id="Saturday",
        ),
        pytest.param(
            closed(Because.CLOSED_THAT_DAY, weekday=1),
            "I'm sorry, we're closed on Mondays.",
            "Desculpe, não atendemos às segundas-feiras.",
            "Lo siento, los lunes no abrimos.",
            id="Monday",
        ),
        pytest.param(
            closed(Because.CLOSED_THAT_DAY),
            "I'm sorry, we're closed that day.",
            "Desculpe, não atendemos nesse dia.",
            "Lo siento, ese día no abrimos.",
            id="that day only",
        ),
        pytest.param(
            closed(Because.EXCEPTION, rule="Thanksgiving"),
            "I'm sorry, we're closed that day: Thanksgiving.",
            "Desculpe, nesse dia não atendemos: Thanksgiving.",
            "Lo siento, ese día no abrimos: Thanksgiving.",
            id="holiday",
        ),
        pytest.param(
            closed(Because.EXCEPTION, rule="*Staff* meeting!\u202e", hours=DAY),
            "I'm sorry, we're closed then: Staff meeting. We're open from 9 AM to 5 PM that day.",
            "Desculpe, nesse horário não atendemos: Staff meeting. Nesse dia atendemos das 9h às "
            "17h.",
            "Lo siento, a esa hora no abrimos: Staff meeting. Ese día abrimos de las 9:00 a las "
            "17:00.",
            id="an hour of a day",
        ),
        pytest.param(
            closed(Because.EXCEPTION, rule="***", hours=DAY),
            "I'm sorry, we're closed then. We're open from 9 AM to 5 PM that day.",
            "Desculpe, nesse horário não atendemos. Nesse dia atendemos das 9h às 17h.",
            "Lo siento, a esa hora no abrimos. Ese día abrimos de las 9:00 a las 17:00.",
            id="a name that cannot be said",
        ),
        pytest.param(
            closed(Because.TOO_LONG, hours=DAY),
            "I'm sorry, there wouldn't be enough time: we're open from 9 AM to 5 PM that day.",
            "Desculpe, não daria tempo: nesse dia atendemos das 9h às 17h.",
            "Lo siento, no daría tiempo: ese día abrimos de las 9:00 a las 17:00.",
            id="too long",
        ),
        pytest.param(
            limited(Because.FULL, 8),
            "I'm sorry, that day is full.",
            "Desculpe, esse dia está lotado.",
            "Lo siento, ese día está completo.",
            id="full",
        ),
        pytest.param(
            Reason(because=Because.TAKEN),
            "I'm sorry, that time is taken.",
            "Desculpe, esse horário já está ocupado.",
            "Lo siento, esa hora ya está ocupada.",
            id="taken",
        ),
        pytest.param(
            limited(Because.BUFFER, 15),
            "I'm sorry, that's too close to another appointment.",
            "Desculpe, esse horário fica muito próximo de outro atendimento.",
            "Lo siento, esa hora está demasiado cerca de otra cita.",
            id="buffer",
        ),
    ],
)
def test_each_reason_is_said_in_each_language(reason, en, pt, es):
    assert [said(reason, language) for language in ("en", "pt-BR", "es")] == [en, pt, es]


@pytest.mark.parametrize(
    ("minutes", "en", "pt", "es"),
    [
        (120, "2 hours' notice", "2 horas de antecedência", "2 horas de antelación"),
        (60, "1 hour's notice", "1 hora de antecedência", "1 hora de antelación"),
        (45, "45 minutes' notice", "45 minutos de antecedência", "45 minutos de antelación"),
        (61, "1 hour and 1 minute's notice", "1 hora e 1 minuto de", "1 hora y 1 minuto de"),
        (90, "1 hour and 30 minutes' notice", "1 hora e 30 minutos", "1 hora y 30 minutos"),
        (1440, "24 hours' notice", "24 horas de", "24 horas de"),
        (4320, "3 days' notice", "3 dias de antecedência", "3 días de antelación"),
    ],
)
def test_notice_is_said_in_the_largest_units(minutes, en, pt, es):
    told = [said(limited(Because.NOTICE, minutes), each) for each in ("en", "pt-BR", "es")]

    assert told[0] == f"I'm sorry, we need at least {en}."
    assert told[1].startswith(f"Desculpe, precisamos de pelo menos {pt}")
    assert told[2].startswith(f"Lo siento, necesitamos al menos {es}")


@pytest.mark.parametrize(
    "because", [Because.CLOSED_THEN, Because.CLOSED_THAT_DAY, Because.EXCEPTION, Because.TOO_LONG]
)
def test_where_clocks_differ_a_day_of_the_calendar_is_not_told(because):
    reason = closed(because, hours=DAY, weekday=1, rule="Holiday")

    assert said(reason, "en", zone=ZoneInfo("Asia/Tokyo")) == "I'm sorry, we're not open then."


def test_what_is_not_known_more_exactly_is_said_by_its_code():
    often = closed(Because.CLOSED_THEN, hours=DAY * 3)

    assert said(often, "en") == "I'm sorry, we're not open then."
    assert said(replace(often, hours=DAY), "en") != said(often, "en")
    assert said(None, "en", code="too_soon") == "I'm sorry, that's too short notice."
    for because in (Because.NOTICE, Because.HORIZON):
        told = said(Reason(because=because), "en", code="too_far_ahead")
        assert told == "I'm sorry, that's too far ahead to book yet."
