"""Pieces of JSON Schema that several files share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bridge.config.reading import DURATION, RATE

Schema = dict[str, Any]
Words = Mapping[str, tuple[str, Schema]]  # key → what it means, what may stand there

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string"}
WORD: Schema = {"type": "string", "pattern": r"\S"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
SPAN: Schema = {"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": ["30s", "5m", "1h", "3d"]}
PER_TIME: Schema = {"type": "string", "pattern": f"^{RATE.pattern}$", "examples": ["1/s", "30/m", "100/h"]}


def keyed(keys: Sequence[str], words: Words, *, needed: Iterable[str] = ()) -> Schema:
    """A map with just these keys, which are the ones that the reader of such a map allows."""
    return {
        "type": "object",
        "properties": {key: described(*words[key]) for key in keys},
        "required": sorted(needed),
        "additionalProperties": False,
    }


def described(words: str, schema: Schema) -> Schema:
    return {"description": words, **schema}


def named(inner: Schema, *, pattern: str = r"\S") -> Schema:
    """A map whose keys are names that people give."""
    return {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": inner}


def listed(inner: Schema) -> Schema:
    return {"type": "array", "items": inner}


def one_or_more(inner: Schema) -> Schema:
    return {"anyOf": [inner, listed(inner)]}


def one_of(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def filled(inner: Schema) -> Schema:
    """Where `${…}` may stand for a value that is no text."""
    return {"anyOf": [inner, {"type": "string", "pattern": r"\$\{"}]}
