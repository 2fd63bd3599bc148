"""What all nouns are made of."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, TypeVar

from msgspec import Struct, structs

T = TypeVar("T")
Scalar = str | int | float | bool | None
Json = Any  # what msgspec.json.decode gives: dict, list, str, int, float, bool, None
Format = Literal["text", "markdown", "html"]
Tone = Literal["info", "success", "warning", "failure"]


def fold(name: str) -> str:
    """A type or action in the one spelling all others compare as: `Project Message` → `projectmessage`."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


def replace(thing: T, **changes: Any) -> T:
    """A copy with other values: of what goes through the corridor, a Struct, since these are made ten times as fast,
    as of all other nouns.
    """
    if isinstance(thing, Struct):
        return structs.replace(thing, **changes)
    return dataclasses.replace(thing, **changes)  # type: ignore[type-var]  # the one other kind there is


# ---- files that people write -------------------------------------------------------------------
