"""JSON from strangers: what is read, what is refused, and in which words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadEnvelope, NotJson
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
        (b'{"a": "\\ud800"}', "not JSON"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8"),
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
