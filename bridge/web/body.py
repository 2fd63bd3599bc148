"""The body of a request that acts: one JSON object with known fields, each of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from quart import request

from bridge.config.wording import choices, said, suggestion
from bridge.errors import BridgeError

LARGEST = 64 * 1024  # bytes
_KINDS = {str: "a text", bool: "true or false", dict: "an object", list: "a list"}


class BadBody(BridgeError):
    """A body that cannot be used; the text says which part and what is allowed."""


async def body(allowed: Mapping[str, type]) -> dict[str, Any]:
    """The fields that were given; null is as good as absent, and so is an empty body. Raises BadBody."""
    raw = await request.get_data()
    if len(raw) > LARGEST:
        raise BadBody(f"The body has {len(raw):,} bytes; at most {LARGEST:,} are read.")
    try:
        given = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise BadBody("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise BadBody("The body is one JSON object.")
    for name, value in given.items():
        if name not in allowed:
            fields = f"{suggestion(name, allowed)}Known are {choices(allowed)}." if allowed else "None is known."
            raise BadBody(f"Unknown field {said(name)}. {fields}")
        if value is not None and not isinstance(value, allowed[name]):
            raise BadBody(f"`{name}` is {_KINDS[allowed[name]]}.")
    return {name: value for name, value in given.items() if value is not None}
