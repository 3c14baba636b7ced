"""Schemas of arguments for those who understand less of JSON Schema than we write.

What their dialects leave out (bounds, defaults) is said in the description instead, so that the
model still reads it; `Tool.call` checks it whatever the model sends.
"""

from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]


def in_words(schema: Schema) -> str:
    """Return a description with the bounds and the default in it."""
    bounds = {"minimum": "from", "maximum": "to"}
    told = " ".join(f"{word} {schema[key]}" for key, word in bounds.items() if key in schema)
    default = f"default {_in_json(schema['default'])}" if "default" in schema else ""
    return "; ".join(filter(None, [schema.get("description", ""), told, default]))


def _in_json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(schema: Schema) -> dict[str, Any]:
    """Return a schema of types, descriptions, enumerations and what is required, no more."""
    kept = {key: schema[key] for key in ("type", "enum") if key in schema}
    if words := in_words(schema):
        kept["description"] = words
    return kept | _inside(schema, plain)


def described(schema: Schema, name: str = "") -> dict[str, Any]:
    """Return a plain schema in which each part has a description, made of its name at the least."""
    bare = {key: value for key, value in schema.items() if key not in {"properties", "items"}}
    words = in_words(schema) or name.replace("_", " ").capitalize()
    kept = plain(bare) | ({"description": words} if words else {})
    if "properties" in schema:
        kept["properties"] = {
            inner: described(part, inner) for inner, part in schema["properties"].items()
        }
        kept["required"] = list(schema.get("required", []))
    if "items" in schema:
        kept["items"] = described(schema["items"], f"one of {name}")
    return kept


def strict(schema: Schema) -> dict[str, Any]:
    """Return a plain schema in which every property is required, those that may be absent as null.

    Tools take null for an argument that was left out.
    """
    kept = plain(schema) | _inside(schema, strict)
    if "properties" in kept:
        needed = kept["required"]
        kept["properties"] = {
            name: part if name in needed else _or_null(part)
            for name, part in kept["properties"].items()
        }
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    nullable = schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _inside(schema: Schema, change: Callable[[Schema], dict[str, Any]]) -> dict[str, Any]:
    """Return what a schema has inside, changed."""
    inside: dict[str, Any] = {}
    if "properties" in schema:
        inside["properties"] = {name: change(part) for name, part in schema["properties"].items()}
        inside["required"] = list(schema.get("required", []))
    if "items" in schema:
        inside["items"] = change(schema["items"])
    return inside
