from zoneinfo import ZoneInfo

import pytest

from sched_agent.errors import InvalidArgument
from sched_agent.model.days import Days, read_date
from sched_agent.model.interval import HOUR, MINUTE, Interval
from sched_agent.speech.language import Language, read_language
from sched_agent.speech.saying import Option, Speaker
from tests.builders import at

NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
EN, PT, ES = Language
FRIDAY = at("2026-11-20T10:00")


def speaker(language, zone=NEW_YORK, home=None):
    return Speaker(language, zone, FRIDAY, home)


def points(*texts):
    return [Option(at(text)) for text in texts]


def stretches(granularity, *ends):
    return [Option(at(start), at(end), granularity) for start, end in ends]


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ({EN: "Wednesday, March 3rd at 2:30 PM"}, "2027-03-03T14:30"),
        ({PT: "quarta-feira, 3 de março, às 14h30"}, "2027-03-03T14:30"),
        ({ES: "el miércoles 3 de marzo a las 14:30"}, "2027-03-03T14:30"),
        ({EN: "Wednesday, December 1st, 2027 at 1:30 AM"}, "2027-12-01T01:30"),
        ({PT: "quarta-feira, 1º de dezembro de 2027, à 1h30"}, "2027-12-01T01:30"),
        ({ES: "el miércoles 1 de diciembre de 2027 a la 1:30"}, "2027-12-01T01:30"),
        ({EN: "today at 3 PM", PT: "hoje às 15h", ES: "hoy a las 15:00"}, "2026-11-20T15:00"),
        (
            {EN: "tomorrow at noon", PT: "amanhã ao meio-dia", ES: "mañana al mediodía"},
            "2026-11-21T12:00",
        ),
        ({EN: "yesterday at 12 AM", PT: "ontem à 0h", ES: "ayer a las 0:00"}, "2026-11-19T00:00"),
        ({EN: "Tuesday, September 1st, 2026 at 9 AM"}, "2026-09-01T09:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(said, moment):
    for language, words in said.items():
        assert speaker(language).moment(at(moment)) == words


def test_today_is_the_callers_today():
    late = at("2026-11-20T23:30")

    assert Speaker(EN, NEW_YORK, late).moment(late) == "today at 11:30 PM"
    assert Speaker(EN, SAO_PAULO, late).moment(late - HOUR) == "today at 12:30 AM"
    assert Speaker(EN, SAO_PAULO, late).moment(late - 2 * HOUR) == "yesterday at 11:30 PM"


@pytest.mark.parametrize("number", range(1, 32))
def test_english_days_have_the_right_ending(number):
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(number, "th")

    assert f"January {number}{ending} at" in speaker(EN).moment(at(f"2027-01-{number:02}T09:00"))


def test_the_zone_is_said_only_where_it_is_not_the_calendars():
    nine = at("2026-11-24T09:00")

    assert speaker(EN, home=NEW_YORK).moment(nine) == "Tuesday, November 24th at 9 AM"
    told = {
        EN: "Tuesday, November 24th at 9 AM, New York time",
        PT: "terça-feira, 24 de novembro, às 9h, horário de Nova York",
        ES: "el martes 24 de noviembre a las 9:00, hora de Nueva York",
    }
    for language, words in told.items():
        assert speaker(language, home=SAO_PAULO).moment(nine) == words


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("US/Eastern", "New York time"),
        ("Etc/UTC", "UTC"),
        ("Etc/GMT+3", "3 hours behind Greenwich"),
        ("Etc/GMT-1", "1 hour ahead of Greenwich"),
    ],
)
def test_a_zone_is_said_by_its_city(zone, said):
    told = speaker(EN, zone=ZoneInfo(zone), home=NEW_YORK).moment(FRIDAY)

    assert told.endswith(f", {said}")


def test_times_to_choose_from_say_each_day_once():
    starts = [at("2026-11-24T14:00"), at("2026-11-24T14:30"), at("2026-12-01T09:00")]
    told = {
        EN: "Tuesday the 24th at 2 PM, 2:30 PM, or Tuesday, December 1st at 9 AM",
        PT: "terça-feira, dia 24, às 14h, às 14h30 ou terça-feira, 1º de dezembro, às 9h",
        ES: "el martes 24 a las 14:00, a las 14:30 o el martes 1 de diciembre a las 9:00",
    }

    for language, words in told.items():
        assert speaker(language).offered(starts) == words


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        pytest.param(
            points("2026-11-24T15:00", "2026-11-25T15:00"),
            {
                EN: "Do you mean Tuesday the 24th or Wednesday the 25th?",
                PT: "Você quer dizer terça-feira, dia 24 ou quarta-feira, dia 25?",
                ES: "¿Quiere decir el martes 24 o el miércoles 25?",
            },
            id="days",
        ),
        pytest.param(
            points("2026-11-24T08:00", "2026-11-24T20:00"),
            {
                EN: "Do you mean 8 AM or 8 PM?",
                PT: "Você quer dizer às 8h ou às 20h?",
                ES: "¿Quiere decir a las 8:00 o a las 20:00?",
            },
            id="hours",
        ),
        pytest.param(
            points("2026-11-21T08:00", "2026-11-20T20:00"),
            {EN: "Do you mean tomorrow at 8 AM or today at 8 PM?"},
            id="both",
        ),
        pytest.param(
            points("2026-11-25T00:00", "2026-11-24T00:00"),
            {
                EN: "Do you mean midnight between Tuesday the 24th and Wednesday the 25th "
                "or midnight between Monday the 23rd and Tuesday the 24th?"
            },
            id="midnights",
        ),
        pytest.param(
            [Option(at("2026-11-01T01:30")), Option(at("2026-11-01T01:30") + HOUR)],
            {
                EN: "Do you mean 1:30 AM before the clocks go back "
                "or 1:30 AM after the clocks go back?"
            },
            id="the hour that occurs twice",
        ),
        pytest.param(
            stretches(
                "day",
                ("2026-11-24T00:00", "2026-11-25T00:00"),
                ("2026-12-01T00:00", "2026-12-02T00:00"),
            ),
            {EN: "Do you mean Tuesday the 24th or Tuesday, December 1st?"},
            id="whole days",
        ),
        pytest.param(
            stretches(
                "part_of_day",
                ("2026-11-24T12:00", "2026-11-24T17:00"),
                ("2026-11-25T12:00", "2026-11-25T17:00"),
            ),
            {EN: "Do you mean Tuesday the 24th or Wednesday the 25th?"},
            id="the same part of two days",
        ),
        pytest.param(
            points("2026-11-24T15:00"),
            {EN: "Do you mean Tuesday the 24th at 3 PM?"},
            id="the only one",
        ),
        pytest.param(
            [
                *points("2026-11-24T15:00"),
                *stretches("week", ("2026-11-30T00:00", "2026-12-07T00:00")),
            ],
            {EN: "Do you mean Tuesday the 24th at 3 PM or the week of Monday the 30th?"},
            id="a point and a stretch",
        ),
    ],
)
def test_a_question_names_what_the_options_differ_in(options, asked):
    for language, words in asked.items():
        assert speaker(language).question(options) == words


@pytest.mark.parametrize(
    ("granularity", "start", "end", "said"),
    [
        (
            "part_of_day",
            "2026-11-24T12:00",
            "2026-11-24T17:00",
            "Tuesday the 24th from noon to 5 PM",
        ),
        (
            "range",
            "2026-11-24T15:00",
            "2026-11-25T00:00",
            "Tuesday the 24th from 3 PM to midnight",
        ),
        ("month", "2026-12-01T00:00", "2027-01-01T00:00", "December"),
        ("month", "2027-12-01T00:00", "2028-01-01T00:00", "December 2027"),
        (
            "range",
            "2026-11-28T00:00",
            "2026-11-30T00:00",
            "from Saturday the 28th to Sunday the 29th",
        ),
        (
            "range",
            "2026-11-20T10:00",
            "2026-11-25T00:00",
            "from today at 10 AM to Tuesday the 24th",
        ),
        (
            "range",
            "2026-11-20T10:00",
            "2026-11-24T09:00",
            "from today at 10 AM to Tuesday the 24th at 9 AM",
        ),
    ],
)
def test_a_stretch_is_said_by_its_kind(granularity, start, end, said):
    assert speaker(EN).stretch(Interval(at(start), at(end)), granularity) == said


def test_days_and_lengths_are_said_in_words():
    days = Days(read_date("2026-12-24", ""), read_date("2026-12-26", ""))

    assert speaker(ES).days(days) == (
        "desde el jueves 24 de diciembre hasta el viernes 25 de diciembre, todo el día"
    )
    assert speaker(EN).length(Interval(0, 90 * MINUTE)) == "1 hour and 30 minutes"
    assert speaker(PT).length(Interval(0, 60 * MINUTE)) == "1 hora"
    assert speaker(EN).day(days.first_date) == "Thursday, December 24th"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", EN), ("en_GB", EN), ("pt", PT), (" pt-br", PT), ("ES-mx", ES), ("es_419", ES)],
)
def test_a_language_may_be_spelled_in_many_ways(tag, language):
    assert read_language(tag) is language


@pytest.mark.parametrize("tag", ["fr", "xx", "", "english", "a" * 2000, "pt--", "es\x00"])
def test_a_language_that_we_do_not_speak_is_refused_with_those_that_we_do(tag):
    with pytest.raises(InvalidArgument, match="is not one of en, pt-BR, es"):
        read_language(tag)


@pytest.mark.parametrize(
    ("items", "by", "told"),
    [
        (["Ana", "Inés"], "standard", "Ana e Inés"),
        (["Ana", "Hilda"], "standard", "Ana e Hilda"),
        (["agua", "hielo"], "standard", "agua y hielo"),
        (["Inés", "Ana"], "standard", "Inés y Ana"),
        (["7", "8"], "or", "7 u 8"),
        (["Inés"], "or", "Inés"),
    ],
)
def test_spanish_and_and_or_change_before_their_own_sound(items, by, told):
    assert speaker(ES).book.joined(items, by) == told
