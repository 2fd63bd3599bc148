"""JSON from strangers: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
from contextlib import suppress
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.errors import BadEnvelope, NotJson
from bridge.sources import jsonbody
from bridge.sources.jsonbody import MAX_DEPTH, MAX_KEY, MAX_NODES, decode


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1020.0}', {"a": 1020.0}),
        (b'{"a": 9223372036854775807, "b": -9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a": 18446744073709551616}', {"a": "18446744073709551616"}),
        (b'{"a": [1, -9223372036854775809]}', {"a": [1, "-9223372036854775809"]}),
        (b'{"status": "draft", "status": "paid"}', {"status": "paid"}),
        (b'{"a": "\\u0000\\ud83d\\ude00"}', {"a": "\x00\U0001f600"}),
        (b"[]", []),
        (b"null", None),
    ],
)
def test_what_is_read(body: bytes, value: object) -> None:
    assert decode(body) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a": NaN}', "invalid character"),
        (b'{"a": 1e999}', "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": "\\ud800"}', r"not JSON: a text has half a character \(`\\ud800`\)"),
        (b'{"a": "\\\\\\uDBFFb\\n"', r"half a character \(`\\uDBFF`\)"),
        (b'{"a": "\\ud800 and more"}', "surrogate pair"),
        (b'{"a": "\\ud83d\\ude', "truncated"),
        (b'{"a": "\\ud83d', "truncated"),
        (b'{"a": "\\\\ud83d"', "truncated"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8: byte 7 is wrong"),
        (b'{"abc": ["d", "e\xff"]}', "not UTF-8: byte 16 is wrong"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a"', "truncated"),
        (b"payload={}", "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_not_json(body: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words):
        decode(body)


def test_the_bounds_hold_exactly() -> None:
    assert decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert decode(b'{"%s": 1}' % (b"k" * MAX_KEY))
    assert len(decode(b"[" + b"0," * (MAX_NODES - 1) + b"0]")) == MAX_NODES
    for beyond, words in [
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested more than 64 deep"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested more than 64 deep"),
        (b'{"%s": 1}' % (b"k" * (MAX_KEY + 1)), "a key in the body is longer than 1,024 characters"),
        (b"[" + b"0," * MAX_NODES + b"0]", "the body holds more than 100,000 values"),
    ]:
        with pytest.raises(BadEnvelope, match=words) as caught:
            decode(beyond)
        assert not isinstance(caught.value, NotJson)


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_anything_is_read_or_refused(body: bytes) -> None:
    with suppress(BadEnvelope):
        decode(body)


KEYS = st.text(st.sampled_from('k"\\/é\n{'), max_size=14)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(st.sampled_from('9"\\,['), max_size=24),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
@example({"k" * 9: 1}, False)
@example({'"' * 9: 1}, True)
@example({'\\"' * 5: 1}, True)
@example([[[[1]]]], True)
@example({"a": 2**63}, True)
@example(["a"] * 61, True)
def test_what_the_bytes_call_harmless_keeps_the_bounds(value: object, ascii: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii).encode()
    with patch.multiple(jsonbody, MAX_DEPTH=4, MAX_NODES=60, MAX_KEY=8):
        if jsonbody._is_harmless(body):
            read = msgspec.json.decode(body)
            jsonbody._hold_to_bounds(read)
            assert read == msgspec.json.decode(body)  # no number was kept as its text either
