"""What all nouns are made of."""

from __future__ import annotations

from typing import Any, Literal

Scalar = str | int | float | bool | None
Json = Any  # what msgspec.json.decode gives: dict, list, str, int, float, bool, None
Format = Literal["text", "markdown", "html"]
Tone = Literal["info", "success", "warning", "failure"]


def fold(name: str) -> str:
    """A type or action in the one spelling all others compare as: `Project Message` → `projectmessage`."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


# ---- files that people write -------------------------------------------------------------------
