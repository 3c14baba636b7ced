"""Google's own description of its Calendar API, held against what is asked and answered.

The description is the one that google-api-python-client ships. Its schemas become JSON Schemas that
allow nothing which it does not name, and only the values that its texts list.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import unquote

import jsonschema_rs

Use = Literal["answer", "request", "patch"]

_LISTED = re.compile(r'^\s*- "(\w+)" - ', re.MULTILINE)
_NUMBERS = ("minimum", "maximum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API: `calendar.events.insert`."""

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Mapping[str, Any]
    request: str | None
    response: str | None


class Violation(Exception):
    """What was asked or answered is not as Google describes it."""


def method_of(verb: str, path: str) -> tuple[Method, dict[str, str]]:
    """Return the method that a request is for, and what its path says.

    Raises:
        Violation: There is none.
    """
    for method in methods():
        if method.verb == verb and (match := method.path.fullmatch(path)):
            return method, {name: unquote(text) for name, text in match.groupdict().items()}
    raise Violation(f"there is no {verb} {path}")


def check_request(method: Method, query: Mapping[str, Sequence[str]], body: Any) -> None:
    """Let a request pass that the method describes.

    Raises:
        Violation: It does not.
    """
    for name, values in query.items():
        _check_parameter(method, name, values)
    required = {n for n, p in method.parameters.items() if p.get("required")} - query.keys()
    if missing := {n for n in required if method.parameters[n]["location"] == "query"}:
        raise Violation(f"{method.id} lacks {missing}")
    if method.request is None:
        if body is not None:
            raise Violation(f"{method.id} takes no body")
        return
    use: Use = "patch" if method.verb == "PATCH" else "request"
    _check(f"the request {method.id}", _validator(method.request, use, method.id), body)


def check_answer(method: Method, body: Any) -> None:
    """Let an answer pass that the method describes.

    Raises:
        Violation: It does not.
    """
    if method.response is None:
        if body is not None:
            raise Violation(f"{method.id} answers nothing")
        return
    _check(f"the answer to {method.id}", _validator(method.response, "answer", ""), body)


def _check_parameter(method: Method, name: str, values: Sequence[str]) -> None:
    described = method.parameters.get(name) or _document()["parameters"].get(name)
    if described is None or described["location"] != "query":
        raise Violation(f"{method.id} has no parameter {name}")
    if len(values) > 1 and not described.get("repeated"):
        raise Violation(f"{method.id} takes {name} once")
    schema: dict[str, Any] = {"type": described["type"]}
    if "enum" in described:
        schema["enum"] = described["enum"]
    if described["type"] == "integer":
        schema |= {bound: int(described[bound]) for bound in _NUMBERS if bound in described}
    elif "format" in described:
        schema["format"] = described["format"]
    for value in values:
        read = json.loads(value) if described["type"] in {"boolean", "integer"} else value
        _check(f"{name} of {method.id}", _built(json.dumps(schema)), read)


def _check(what: str, validator: jsonschema_rs.Validator, value: Any) -> None:
    for error in validator.iter_errors(value):
        where = ".".join(str(part) for part in error.instance_path)
        raise Violation(f"{what} at {where or 'its top'}: {error.message[:300]}")


@cache
def methods() -> Sequence[Method]:
    """Return the methods of the resources that we use."""
    found = []
    for name in ("calendarList", "events", "freebusy"):
        for described in _document()["resources"][name]["methods"].values():
            path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", described["path"])
            found.append(
                Method(
                    id=described["id"],
                    verb=described["httpMethod"],
                    path=re.compile(f"/{path}"),
                    parameters=described.get("parameters", {}),
                    request=described.get("request", {}).get("$ref"),
                    response=described.get("response", {}).get("$ref"),
                )
            )
    return found


@cache
def _document() -> dict[str, Any]:
    folder = resources.files("googleapiclient.discovery_cache.documents")
    document: dict[str, Any] = json.loads(folder.joinpath("calendar.v3.json").read_text("utf-8"))
    return document


@cache
def _validator(schema: str, use: Use, method: str) -> jsonschema_rs.Validator:
    described = _document()["schemas"]
    defs = {name: _as_json_schema(one, use, method) for name, one in described.items()}
    # Only the outermost value has what its method needs: parts of it have other methods.
    top = described[schema]["properties"]
    required = [n for n, p in top.items() if method in p.get("annotations", {}).get("required", ())]
    whole = {**defs[schema], "required": required, "$defs": defs}
    return _built(json.dumps(whole))


@cache
def _built(schema: str) -> jsonschema_rs.Validator:
    formats = {"date-time": _is_date_time, "date": _is_date}
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema), validate_formats=True, formats=formats
    )


def _as_json_schema(described: Mapping[str, Any], use: Use, method: str) -> dict[str, Any]:
    """Return a schema of the description as JSON Schema."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    if described["type"] == "any":
        return {}
    schema: dict[str, Any] = {"type": described["type"]}
    text = described.get("description", "")
    if described.get("format") in {"date", "date-time"}:
        schema["format"] = described["format"]
    if ". Possible values are:" in text and (listed := _LISTED.findall(text)):
        schema["enum"] = listed
    if described["type"] == "array":
        schema["items"] = _as_json_schema(described["items"], use, method)
    if described["type"] == "object":
        schema["properties"] = {
            name: _nullable(_as_json_schema(one, use, method), use)
            for name, one in described.get("properties", {}).items()
            if use == "answer" or not _is_read_only(one)
        }
        more = described.get("additionalProperties")
        allowed = _nullable(_as_json_schema(more, use, method), use) if more else False
        schema["additionalProperties"] = allowed
    return schema


def _is_read_only(described: Mapping[str, Any]) -> bool:
    return "read-only" in described.get("description", "").lower()


def _nullable(schema: dict[str, Any], use: Use) -> dict[str, Any]:
    """A patch takes away what it sets to null."""
    return {"anyOf": [{"type": "null"}, schema]} if use == "patch" else schema


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    """Whether it is RFC 3339, with the offset that this demands."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False
