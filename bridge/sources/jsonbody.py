"""JSON from strangers: strict UTF-8 JSON within bounds that every later stage can walk without care."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from bridge.errors import BadEnvelope, NotJson
from bridge.model import Json

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_KEY = 1024  # characters
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1

_decoder = msgspec.json.Decoder()
_DIGITS = bytes(ord("9") if chr(byte).isascii() and chr(byte).isdigit() else ord(" ") for byte in range(256))
_LONG = b"9" * 19  # a number of so many digits may be beyond 64 bits
# The first half of a surrogate pair, and behind it a few bytes that do not begin the second.
_HALF_AT_THE_END = re.compile(rb"(?<!\\)(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})(?:[^\\]|\\[^u]).{0,4}\Z", re.DOTALL)
_FLAT = {str, bool, float, type(None)}


def decode(body: bytes) -> Json:
    """The value in `body`. A whole number beyond 64 bits is kept as its text: no store or frame holds it exactly.

    Of a key that stands twice the last wins, here and wherever the body is read again.
    Raises NotJson, and BadEnvelope when a bound is passed.
    """
    try:
        value = _decoder.decode(body)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise NotJson(f"the body is not UTF-8: byte {_first_wrong(body)} is wrong") from None
    except msgspec.DecodeError as error:
        raise NotJson(f"the body is not JSON: {_reason(error, body)}") from None
    if not _is_harmless(body):
        _hold_to_bounds(value)
    return value


def _reason(error: msgspec.DecodeError, body: bytes) -> str:
    reason = str(error).removeprefix("JSON is malformed: ")
    # Where a body ends sooner behind half a pair than the other half is long, msgspec calls the body cut off.
    if reason.endswith("truncated") and (half := _HALF_AT_THE_END.search(body)):
        return f"a text has half a character (`{half[1].decode()}`)"
    return f"{reason[:1].lower()}{reason[1:]}"


def _first_wrong(body: bytes) -> int:
    """Where a body stops being UTF-8: msgspec counts from the start of the text in which it is."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _is_harmless(body: bytes) -> bool:
    """Whether the bytes alone say that every bound is kept: mostly they do, in a third of the time of the walk.

    Signs inside of texts are counted as well, and bytes for characters, so that they may say no without need.
    """
    return (
        len(body) <= MAX_NODES
        and body.count(b"{") + body.count(b"[") < MAX_DEPTH
        and not has_long_number(body)
        and not _has_long_text(body.replace(b'\\"', b"__"))
    )


def _has_long_text(body: bytes) -> bool:
    """Whether a text may be too long for a key: without a quotation mark in some stretch of half that length."""
    half = MAX_KEY // 2
    return any(body.find(b'"', at, at + half) < 0 for at in range(0, len(body) - half, half))


def has_long_number(body: bytes) -> bool:
    """Whether some number may be one that `decode` gives as its text; it may say so without need."""
    return _LONG in body.translate(_DIGITS)


def decode_again(body: bytes) -> Json:
    """The value in a body that `decode` took before, without holding it to bounds once more."""
    return decode(body) if has_long_number(body) else _decoder.decode(body)


def key_that_stands_twice(body: bytes) -> str | None:
    """A key that stands twice in one object of a body that `decode` took. Slow: not for every post."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, Json]]) -> None:
        twice.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)

    json.loads(body, object_pairs_hook=note)
    return twice[0] if twice else None


def _hold_to_bounds(root: Json) -> None:
    """Level by level instead of by recursion: the interpreter's own limit differs from version to version."""
    level = [root] if isinstance(root, dict | list) else []
    nodes = depth = 0
    while level:
        below: list[Json] = []
        for container in level:
            values: Iterable[Json] = container
            if type(container) is dict:
                values = container.values()
                if container and max(map(len, container)) > MAX_KEY:
                    raise BadEnvelope(f"a key in the body is longer than {MAX_KEY:,} characters")
            nodes += len(container)
            if nodes > MAX_NODES:
                raise BadEnvelope(f"the body holds more than {MAX_NODES:,} values")
            if _FLAT.issuperset(map(type, values)):  # most are
                continue
            pairs: Iterable[tuple[Any, Json]] = container.items() if type(container) is dict else enumerate(container)
            for at, value in pairs:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is int and not _LOWEST <= value <= _HIGHEST:
                    container[at] = str(value)
        level = below
        depth += 1
        if level and depth == MAX_DEPTH:
            raise _too_deep()


def _too_deep() -> BadEnvelope:
    return BadEnvelope(f"the body is nested more than {MAX_DEPTH} deep")
