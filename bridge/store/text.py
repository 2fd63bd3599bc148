"""What goes into text columns: cleaned text, and JSON as text."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LONGEST_KEY = 400
_encoder = msgspec.json.Encoder()


def clean(text: str) -> str:
    """The text with NUL, which PostgreSQL refuses, and lone surrogates, which UTF-8 cannot say, replaced by “�”."""
    return text if text.isascii() and "\0" not in text else _UNSTORABLE.sub("\ufffd", text)


def bounded(key: str) -> str:
    """A cleaned key of any length as one that fits an index: PostgreSQL takes no row over 2,700 bytes into one."""
    key = clean(key)
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY // 2]}…{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"


def to_json(value: Any) -> str:
    """JSON text; dataclasses become objects. A NUL in a text stays, escaped."""
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_cleaned(msgspec.to_builtins(value))).decode()


def from_json(text: str | None) -> Any:
    """The value of a JSON column; an empty column gives None."""
    return None if text is None else msgspec.json.decode(text)


def resource_of(column: str | None, body: bytes) -> Any:
    """The resource of an event as rules saw it: see the column."""
    if column is None or column.startswith("{"):
        return from_json(column)
    return msgspec.json.decode(body)[column] if body else None


def _cleaned(value: Any) -> Any:
    """The JSON value with all its texts cleaned; its depth was bounded when it was received."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(inner) for inner in value]
    return value
