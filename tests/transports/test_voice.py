"""What webhooks of voice platforms are answered, on a real server."""

import re
import sqlite3
from typing import Any

import httpx
import pytest

from sched_agent.model.ids import Kind, code
from sched_agent.speech.language import Language
from sched_agent.speech.phrasebook import phrasebook
from tests.transports.conftest import bearer, titles
from tests.transports.webhooks import (
    CREATE,
    SIGNING,
    body_for,
    retell_request,
    told,
    vapi_call,
    vapi_message,
)


def test_vapi_gets_an_answer_in_one_line_for_each_call_in_a_message(send):
    in_api_schema = {
        "id": "call_3",
        "type": "function",
        "function": {"name": "check_availability", "arguments": '{"when": "2026-11-23T10:00"}'},
    }
    on_events_page = {"id": "call_4", "name": "list_calendars", "parameters": {"limit": 1}}
    not_json = {"id": "call_5", "function": {"name": "get_event", "arguments": "{"}}
    sent = vapi_message(
        vapi_call("create_event", CREATE, "call_1"),
        vapi_call("create_event", CREATE | {"title": "Omar"}, "call_2"),
        in_api_schema,
        on_events_page,
        not_json,
        {"id": "call_6", "name": "no_such_tool", "arguments": {}},
    )

    results = send("vapi", sent).json()["results"]

    assert [one["toolCallId"] for one in results] == [f"call_{n}" for n in range(1, 7)]
    assert ["error" in one for one in results] == [False, True, False, False, True, True]
    for one in results:
        line = one.get("result") or one["error"]
        assert isinstance(line, str)
        assert len(line.splitlines()) == 1
    assert results[1]["error"].startswith("slot_taken: ")
    assert "Nearest free times: Tuesday" in results[1]["error"]
    assert "; Monday" in results[1]["error"]
    assert "not JSON" in results[4]["error"]
    assert "list_calendars" in results[5]["error"]


def test_calls_in_one_message_act_in_their_order(send):
    made = send("vapi", vapi_message(vapi_call("create_event", CREATE, "call_1"))).json()
    event_id = made["results"][0]["result"].split("[")[1].split(",")[0]

    both = vapi_message(
        vapi_call("cancel_event", {"event_id": event_id}, "call_2"),
        vapi_call("create_event", CREATE | {"title": "Omar"}, "call_3"),
    )

    assert all("result" in one for one in send("vapi", both).json()["results"])


def test_more_calls_than_one_message_may_hold_are_refused(send):
    sent = vapi_message(*[vapi_call("list_calendars", {}, f"call_{n}") for n in range(17)])

    assert send("vapi", sent).status_code == 422


@pytest.mark.parametrize(
    ("platform", "event"),
    [
        ("vapi", {"message": {"type": "status-update", "status": "ended", "call": {"id": "x"}}}),
        ("retell", {"event": "call_ended", "call": {"call_id": "x", "call_status": "ended"}}),
        (
            "elevenlabs",
            {"type": "post_call_transcription", "event_timestamp": 1739537297, "data": {}},
        ),
    ],
)
def test_events_that_are_no_calls_of_tools_are_taken_and_do_nothing(send, platform, event):
    answered = send(platform, event)

    assert answered.status_code == 200
    assert answered.json() in ({}, {"results": []})


@pytest.mark.parametrize("platform", SIGNING)
def test_a_webhook_that_is_sent_again_acts_once_and_gets_the_first_answer(
    send, served, platform, a_token
):
    sent = body_for(platform, "create_event", CREATE)
    in_call = {"X-Conversation-Id": "conv_1", "X-Agent-Turns": "3"}

    first = send(platform, sent, headers=in_call)
    second = send(platform, sent, headers=in_call)

    assert first.json() == second.json()
    assert told(platform, first.json())[1] is False
    assert titles(served, a_token()) == ["Jane Doe"]


LATER: dict[str, Any] = {
    "vapi": (vapi_message(vapi_call("create_event", CREATE, "toolu_later")), {}),
    "retell": (retell_request("create_event", CREATE, "… Yes, do book it."), {}),
    "elevenlabs": (
        {"tool_name": "create_event", "tool_call_id": "tool_2", "parameters": CREATE},
        {},
    ),
}


@pytest.mark.parametrize("platform", SIGNING)
def test_another_call_with_the_same_arguments_is_a_request_of_its_own(send, platform):
    in_call = {"X-Conversation-Id": "conv_1", "X-Agent-Turns": "3"}
    send(platform, body_for(platform, "create_event", CREATE), headers=in_call)
    sent, headers = LATER[platform]

    text, failed = told(platform, send(platform, sent, headers=in_call | headers).json())

    assert failed
    assert text.startswith("slot_taken: ")


def test_a_request_id_of_the_model_counts_within_its_conversation(send):
    def book(start, conversation, mark):
        call = vapi_call("create_event", {"title": "x", "start_at": start, "request_id": "1"}, mark)
        return told("vapi", send("vapi", vapi_message(call, call_id=conversation)).json())

    first = book("2026-11-23T10:00", "call-1", "a")
    again = book("2026-11-23T10:00", "call-1", "b")
    other = book("2026-11-23T11:00", "call-2", "c")
    reused = book("2026-11-23T12:00", "call-1", "d")

    assert first == again
    assert other[1] is False
    assert reused[0].startswith("request_id_reused: ")


def test_elevenlabs_names_the_tool_in_the_path_and_sends_its_arguments_as_the_body(served, a_token):
    headers = bearer(a_token("write")) | {"X-Conversation-Id": "conv_1"}

    def book(turns):
        return httpx.post(
            f"{served}/voice/elevenlabs/create_event",
            json=CREATE,
            headers=headers | {"X-Agent-Turns": turns},
        ).json()

    assert book("3") == book("3")
    assert "result" in book("3")
    assert book("5")["error"].startswith("slot_taken: ")


def test_retell_may_send_the_arguments_alone_when_the_path_names_the_tool(send):
    alone = send("retell", CREATE, path="/create_event")
    nested = send("retell", retell_request("create_event", CREATE), path="/create_event")

    assert "10:00–10:30" in alone.json()["result"]
    assert nested.json()["error"].startswith("slot_taken: ")


def test_the_address_of_a_webhook_says_the_zone_of_the_caller(send):
    sent = body_for("retell", "check_availability", {"when": "2026-11-23T10:00"})
    own = body_for(
        "retell", "check_availability", {"when": "2026-11-23T10:00", "timezone": "Europe/Lisbon"}
    )

    there = send("retell", sent, path="?timezone=America/Sao_Paulo").json()["result"]
    chosen = send("retell", own, path="?timezone=America/Sao_Paulo").json()["result"]

    assert "10:00–10:30 (America/Sao_Paulo)" in there
    assert "(Europe/Lisbon)" in chosen


def test_the_zone_of_the_caller_is_not_taken_for_that_of_a_calendar(start, calendar, a_token):
    url = f"{start()}/voice/vapi?timezone=America/Sao_Paulo"
    named = {"calendar_id": code(Kind.CALENDAR, calendar.id), "name": "Front desk"}
    sent = vapi_message(vapi_call("update_calendar", named))

    answered = httpx.post(url, json=sent, headers=bearer(a_token())).json()

    assert "America/New_York" in told("vapi", answered)[0]


@pytest.mark.parametrize("platform", SIGNING)
def test_what_the_tool_refuses_is_told_with_status_200_and_what_to_do(send, platform):
    closed = CREATE | {"start_at": "2026-11-22T10:00"}

    answered = send(platform, body_for(platform, "create_event", closed))

    text, failed = told(platform, answered.json())
    assert answered.status_code == 200
    assert failed
    assert text.startswith("outside_hours: ")
    assert "2026-11-23T09:00:00-05:00" in text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"\\ud800"', b"[" * 5000, b"\xff"])
@pytest.mark.parametrize("platform", SIGNING)
def test_a_body_that_is_no_object_is_refused(served, platform, body):
    signed = SIGNING[platform](body)

    assert httpx.post(f"{served}/voice/{platform}", content=body, headers=signed).status_code == 422


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"message": []},
        {"message": {"type": "tool-calls", "toolCallList": "x", "call": 1}},
        {"message": {"type": "tool-calls", "toolCallList": [1, {"id": 7, "function": []}]}},
        {"name": 1, "args": [], "call": []},
        {"tool_name": "list_calendars", "parameters": "x"},
        {"tool_name": "list_calendars", "parameters": '{"limit": 1}'},
    ],
)
@pytest.mark.parametrize("platform", SIGNING)
def test_objects_of_any_other_form_get_an_answer_and_never_a_fault(send, platform, sent):
    answered = send(platform, sent)

    assert answered.status_code == 200
    assert "internal" not in answered.text


def test_there_are_no_other_platforms_and_no_other_methods(served, a_token):
    headers = bearer(a_token())

    assert httpx.post(f"{served}/voice/nobody", json={}, headers=headers).status_code == 404
    refused = httpx.get(f"{served}/voice/vapi", headers=headers)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_a_fault_of_ours_is_told_with_a_reference_and_nothing_else(send, database):
    raw = sqlite3.connect(database.removeprefix("sqlite:///"))
    raw.execute("pragma foreign_keys = off")
    raw.execute("drop table event")
    raw.close()

    text, failed = told("vapi", send("vapi", body_for("vapi", "list_events", {})).json())

    assert failed
    assert re.search(r"\(reference [0-9a-f]{8}\)", text)
    assert not any(word in text.lower() for word in ("traceback", "sqlite", "select", ".py"))


def test_a_calendars_id_goes_with_the_call(send, calendar):
    arguments = {"calendar_ids": [code(Kind.CALENDAR, calendar.id)], "when": "2026-11-23T10:00"}

    text, _ = told("vapi", send("vapi", body_for("vapi", "check_availability", arguments)).json())

    assert text.startswith("Yes, Monday, November 23rd at 10 AM is free.")


SAID = {
    "en": "It's booked: Monday, November 23rd at 10 AM.",
    "pt-BR": "Está marcado: ",
    "es": "Queda reservado: ",
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("platform", SIGNING)
def test_what_to_say_comes_first_in_the_language_of_the_address(send, platform, language):
    sent = body_for(platform, "create_event", CREATE)

    booked = send(platform, sent, path=f"?language={language}").json()
    unknown = body_for(platform, "no_such_tool", {})
    refused = send(platform, unknown, path=f"?language={language}").json()

    assert told(platform, booked)[0].startswith(SAID[language])
    words = phrasebook(Language(language)).say("invalid_argument")
    assert words in told(platform, refused)[0]


def test_the_model_may_choose_another_language_than_the_address_and_neither_may_be_unknown(send):
    def book(start, path, **more):
        sent = body_for("retell", "create_event", {"title": "x", "start_at": start} | more)
        return send("retell", sent, path=path)

    chosen = book("2026-11-23T10:00", "?language=pt-BR", language="es").json()["result"]
    unknown = book("2026-11-23T11:00", "?language=tlh")

    assert chosen.startswith(SAID["es"])
    assert unknown.status_code == 422
    assert "language" in unknown.json()["message"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "monday at ten"), ("pt-BR", "segunda às dez"), ("es", "el lunes a las diez")],
)
@pytest.mark.parametrize("platform", SIGNING)
def test_the_callers_own_words_reach_the_calendar(send, platform, language, words):
    sent = body_for(platform, "create_event", {"title": "Jane Doe", "start_at": words})

    booked = send(platform, sent, path=f"?language={language}").json()

    text, failed = told(platform, booked)
    assert not failed
    assert text.startswith(SAID[language])


@pytest.mark.parametrize("platform", SIGNING)
def test_a_question_about_the_time_is_told_and_nothing_is_booked(send, served, platform, a_token):
    sent = body_for(platform, "create_event", {"title": "x", "start_at": "tuesday the 25th at ten"})

    text, failed = told(platform, send(platform, sent).json())

    assert failed
    assert "?" in text
    assert titles(served, a_token()) == []


def test_an_unknown_tool_is_answered_with_those_that_the_token_may_call(url, a_token, calendar):
    sent = retell_request("no_such_tool", {})

    answer = httpx.post(f"{url}/voice/retell", json=sent, headers=bearer(a_token("read")))

    assert "check_availability" in answer.json()["error"]
    assert "create_event" not in answer.json()["error"]
