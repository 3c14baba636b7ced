"""The definitions keep to what each vendor's documentation says of them."""

import json
import re
from typing import Any

import pytest

from sched_agent.speech.fillers import fillers
from sched_agent.speech.language import LANGUAGES, Language
from sched_agent.tools.catalog import all_tools
from sched_agent.tools.manifests import FORMATS, TIMEOUT_SECONDS, Target, manifest
from tests.tools.test_manifests import parts

VOICE = ("vapi", "retell", "elevenlabs", "livekit")
PLAIN = {"type", "description", "enum", "properties", "required", "items"}
THERE = Target("https://cal.example.com/", Language.PT_BR, "cred_1")


def definitions(form, target: Target | None = None) -> list[Any]:
    told: Any = json.loads(manifest(form, ["booking", "admin"], target))
    if isinstance(told, dict):
        [told] = told.values()
    return list(told)


def by_name(form, name, target=None):
    order = list(all_tools())
    return definitions(form, target)[order.index(name)]


def schemas(schema):
    """Yield a schema and those inside it."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from schemas(inner)
    if "items" in schema:
        yield from schemas(schema["items"])


@pytest.mark.parametrize("form", FORMATS)
def test_names_and_descriptions_are_within_every_vendors_bounds(form):
    for part in parts(definitions(form)):
        name = part.get("name")
        if isinstance(name, str):
            assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", name)
            assert 1 <= len(part["description"]) <= 1024


def test_openais_definitions_are_strict():
    for definition in definitions("openai"):
        function = definition["function"]
        assert function["strict"] is True
        wanted = all_tools()[function["name"]].input_schema
        for schema in schemas(function["parameters"]):
            assert schema.keys() <= PLAIN | {"additionalProperties"}
            if "properties" in schema:
                assert schema["additionalProperties"] is False
                assert schema["required"] == list(schema["properties"])
        properties = function["parameters"]["properties"]
        assert properties.keys() == wanted["properties"].keys()
        for name, schema in properties.items():
            may_be_null = "null" in schema["type"]
            assert may_be_null is (name not in wanted.get("required", []))
            assert "enum" not in schema or (None in schema["enum"]) is may_be_null


def test_what_a_strict_model_sends_is_what_the_tool_takes():
    """Null for all that was left out."""
    for definition in definitions("openai"):
        function = definition["function"]
        tool = all_tools()[function["name"]]
        sent = {
            name: None if "null" in schema["type"] else {"string": "x", "array": []}[schema["type"]]
            for name, schema in function["parameters"]["properties"].items()
        }
        needed = {name: value for name, value in sent.items() if value is not None}
        for name, schema in tool.input_schema["properties"].items():
            if name in needed and "enum" in schema:
                needed[name] = sent[name] = schema["enum"][0]
        assert tool.input.model_validate(sent) == tool.input.model_validate(needed)


@pytest.mark.parametrize("form", ["gemini", "vapi", "retell", "livekit"])
def test_parameters_are_of_the_plainest_kind(form):
    where = {
        "gemini": lambda d: d["parameters"],
        "vapi": lambda d: d["function"]["parameters"],
        "retell": lambda d: d["parameters"],
        "livekit": lambda d: d["raw_schema"]["parameters"],
    }[form]
    for definition in definitions(form):
        assert where(definition)["type"] == "object"
        assert where(definition)["properties"]
        for schema in schemas(where(definition)):
            assert schema.keys() <= PLAIN
            assert isinstance(schema["type"], str)
            assert all(isinstance(value, str) for value in schema.get("enum", []))


def test_bounds_and_defaults_that_a_dialect_lacks_are_said_in_words():
    limit = by_name("gemini", "list_calendars")["parameters"]["properties"]["limit"]

    assert limit["description"] == "from 1 to 100; default 20"


def test_vapi_gets_a_webhook_a_filler_and_a_word_for_when_it_takes_long():
    tool = by_name("vapi", "check_availability", THERE)

    assert (tool["type"], tool["async"]) == ("function", False)
    assert tool["server"]["url"] == "https://cal.example.com/voice/vapi?language=pt-BR"
    assert tool["server"]["credentialId"] == "cred_1"
    assert tool["server"]["timeoutSeconds"] == TIMEOUT_SECONDS
    assert [message["type"] for message in tool["messages"]] == [
        "request-start",
        "request-response-delayed",
    ]
    assert tool["messages"][0]["content"] == "Um momento, estou olhando a agenda."
    assert "credentialId" not in by_name("vapi", "check_availability")["server"]


def test_retell_gets_a_custom_function_that_says_the_filler_as_it_stands():
    tool = by_name("retell", "create_event", THERE)

    assert tool["type"] == "custom"
    assert tool["url"] == "https://cal.example.com/voice/retell?language=pt-BR"
    assert tool["speak_during_execution"]
    assert tool["speak_after_execution"]
    assert tool["execution_message_type"] == "static_text"
    assert tool["execution_message_description"] == "Um momento, estou anotando na agenda."
    assert 1_000 <= tool["timeout_ms"] <= 600_000
    assert 0 <= tool["max_retry"] <= 5


def test_elevenlabs_gets_a_webhook_whose_parts_are_all_for_the_model_to_fill_in():
    for tool in definitions("elevenlabs", THERE):
        api = tool["api_schema"]
        assert tool["type"] == "webhook"
        assert tool["pre_tool_speech"] == "force"
        assert 5 <= tool["response_timeout_secs"] <= 120
        assert tool["description"].endswith(fillers(Language.PT_BR).of(tool["name"]))
        assert api["url"] == (
            f"https://cal.example.com/voice/elevenlabs/{tool['name']}?language=pt-BR"
        )
        assert api["request_headers"]["Authorization"] == {"secret_id": "cred_1"}
        for schema in schemas(api["request_body_schema"]):
            assert schema.keys() <= PLAIN
            assert schema["description"]
    assert "Authorization" not in definitions("elevenlabs")[0]["api_schema"]["request_headers"]


def test_livekit_gets_a_raw_schema_and_where_to_send_the_arguments():
    tool = by_name("livekit", "create_event", THERE)

    assert tool["raw_schema"]["name"] == "create_event"
    assert tool["url"] == "https://cal.example.com/tools/create_event"
    assert tool["filler"] == "Um momento, estou anotando na agenda."


@pytest.mark.parametrize("form", ["vapi", "retell", "elevenlabs"])
def test_models_on_the_phone_are_not_asked_for_request_ids(form):
    assert "request_id" not in manifest(form, ["booking", "admin"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_fillers_are_short_whole_sentences_for_tools_that_there_are(language):
    told = fillers(language)

    assert told.tools.keys() <= all_tools().keys()
    assert told.tools.keys() == fillers(Language.EN).tools.keys()
    for sentence in (told.default, told.delayed, *told.tools.values()):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(sentence) <= 70
        assert not re.search(r"[0-9_{}<>\"]", sentence)


def test_each_language_says_it_in_its_own_words():
    said = [fillers(language).of("check_availability") for language in LANGUAGES]

    assert len(set(said)) == len(LANGUAGES)
