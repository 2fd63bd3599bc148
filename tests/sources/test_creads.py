"""Creads: signatures, envelopes, spellings, void checks and what its fields lead to."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadEnvelope, BadSignature
from bridge.sources import SOURCES
from bridge.sources.creads import Creads

OLD, NEW = b"the-old-secret-of-creads", b"the-new-secret-of-creads"
CREADS = Creads("shop", (OLD, NEW))
HEADER = b"x-partners-signature"
ENVELOPE = {
    "event": "resource.created",
    "resource_type": "Project",
    "resource_gid": "a1",
    "resource": {"title": "Logo"},
}


def body_of(**different: Any) -> bytes:
    return json.dumps(ENVELOPE | different).encode()


def without(*keys: str) -> bytes:
    return json.dumps({key: value for key, value in ENVELOPE.items() if key not in keys}).encode()


def signature_of(body: bytes, secret: bytes = OLD) -> bytes:
    return hmac.new(secret, body, "sha256").hexdigest().encode()


# ---- who speaks --------------------------------------------------------------------------------


def test_the_vector_of_the_documentation() -> None:
    expected = "3c980c81acef21e0356767cca9ab9d6a62a4e09677bb07107e4524c381b17309"
    assert Creads.sign(b"{}", b"my_secret") == ("X-Partners-Signature", expected)
    Creads("creads", (b"my_secret",)).verify([(HEADER, expected.encode())], b"{}")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(HEADER, signature_of(b"{}"))], id="the first secret"),
        pytest.param([(HEADER, signature_of(b"{}", NEW))], id="the second secret"),
        pytest.param([(HEADER, signature_of(b"{}").upper())], id="upper-case hex"),
        pytest.param([(b"X-Partners-Signature", signature_of(b"{}"))], id="a header name as written"),
        pytest.param([(b"host", b"x"), (HEADER, signature_of(b"{}")), (b"x_partners_signature", b"0")], id="a twin"),
    ],
)
def test_right_signatures(headers: list[tuple[bytes, bytes]]) -> None:
    CREADS.verify(headers, b"{}")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([(HEADER, b"")], id="empty"),
        pytest.param([(HEADER, signature_of(b"{} "))], id="of another body"),
        pytest.param([(HEADER, signature_of(b"{}", b""))], id="by an empty secret"),
        pytest.param([(HEADER, signature_of(b"{}", b"a stranger"))], id="by another secret"),
        pytest.param([(HEADER, b"sha256=" + signature_of(b"{}"))], id="with a prefix"),
        pytest.param([(HEADER, signature_of(b"{}") + b"0")], id="too long"),
        pytest.param([(HEADER, signature_of(b"{}")[:-1])], id="too short"),
        pytest.param([(HEADER, "é".encode() * 32)], id="not ASCII"),
        pytest.param([(HEADER, signature_of(b"{}")), (HEADER, signature_of(b"{}"))], id="two headers"),
        pytest.param([(b"authorization", signature_of(b"{}"))], id="in another header"),
    ],
)
def test_wrong_signatures(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(BadSignature) as refusal:
        CREADS.verify(headers, b"{}")
    assert str(refusal.value) == "the signature is missing or wrong"


def test_every_secret_is_tried_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    digest = hmac.digest

    def noted(key: bytes, message: bytes, name: str) -> bytes:
        tried.append(key)
        return digest(key, message, name)

    monkeypatch.setattr(hmac, "digest", noted)
    CREADS.verify([(HEADER, signature_of(b"{}", OLD))], b"{}")
    assert tried == [OLD, NEW]


@pytest.mark.parametrize("secrets", [(), (b"",), (OLD, b"")])
def test_no_source_without_a_secret(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        Creads("creads", secrets)


# ---- what an event is --------------------------------------------------------------------------


def test_an_event_is_read() -> None:
    arrival = CREADS.read(body_of(), 1_700_000_000.5)
    assert arrival is not None
    assert (arrival.source, arrival.type, arrival.action, arrival.gid) == ("shop", "Project", "created", "a1")
    assert (arrival.body, arrival.received_at, len(arrival.digest)) == (body_of(), 1_700_000_000.5, 32)
    assert CREADS.resource_of(arrival.body) == {"title": "Logo"}


def test_equal_bodies_have_equal_digests() -> None:
    one, same, other = (CREADS.read(body, 1.0) for body in (body_of(), body_of(), body_of() + b" "))
    assert one
    assert same
    assert other
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize("kind", Creads.EVENTS)
def test_every_spelling_of_a_type_is_the_documented_one(kind: str) -> None:
    for sent in {kind, kind.lower(), kind.upper(), *(kind.replace(" ", mark) for mark in ("_", "-", ""))}:
        arrival = CREADS.read(body_of(resource_type=sent), 1.0)
        assert arrival is not None
        assert arrival.type == kind == Creads.documented(sent)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("resource.created", "created"),
        ("resource.updated", "updated"),
        ("Resource.Deleted", "deleted"),
        ("deleted", "deleted"),
        ("resource.archived", "archived"),
        ("project.renamed", "project.renamed"),
        ("resource.", "resource."),
        ("ping", "ping"),
        ("p\x00i\x1bn\u202eg", "p\ufffdi\ufffdn\ufffdg"),
        ("x" * 300, "x" * 200),
    ],
)
def test_events_nobody_documented_are_kept(sent: str, read: str) -> None:
    arrival = CREADS.read(body_of(event=sent), 1.0)
    assert arrival is not None
    assert arrival.action == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [("Quote", "Quote"), ("{{7*7}}", "{{7*7}}"), (" Big\x00Quote\n", "Big\ufffdQuote"), ("Q" * 300, "Q" * 200)],
)
def test_types_nobody_documented_are_kept(sent: str, read: str) -> None:
    arrival = CREADS.read(body_of(resource_type=sent), 1.0)
    assert arrival is not None
    assert arrival.type == read
    assert Creads.documented(sent) is None


def test_nothing_postgresql_cannot_hold_gets_into_a_column() -> None:
    arrival = CREADS.read(body_of(resource_type="Project\x00", resource_gid="a\x00b"), 1.0)
    assert arrival is not None
    assert (arrival.type, arrival.gid) == ("Project\ufffd", "a\ufffdb")


@pytest.mark.parametrize("body", [body_of(event="resource.deleted", resource=None), without("resource", "event")])
def test_a_deletion_has_no_resource(body: bytes) -> None:
    if b"event" not in body:
        body = json.dumps(json.loads(body) | {"event": "resource.deleted"}).encode()
    arrival = CREADS.read(body, 1.0)
    assert arrival is not None
    assert arrival.action == "deleted"
    assert CREADS.resource_of(body) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{}",
        b" { } ",
        without("resource"),
        body_of(resource=None),
        body_of(event="resource.updated", resource=None),
    ],
)
def test_void_posts(body: bytes) -> None:
    assert CREADS.read(body, 1.0) is None


def test_only_known_types_can_be_void() -> None:
    """Whether a type that nobody documented has a resource at all, nobody knows."""
    arrival = CREADS.read(body_of(resource_type="Quote", resource=None), 1.0)
    assert arrival is not None
    assert CREADS.resource_of(arrival.body) is None


def test_a_void_post_says_one_thing_only() -> None:
    body = b'{"event":"resource.deleted","event":"resource.created","resource_type":"Project","resource_gid":"a1"}'
    with pytest.raises(BadEnvelope, match="`event` stands twice in the envelope"):
        CREADS.read(body, 1.0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (without("event"), "`event` is missing: the envelope needs event, resource_type, resource_gid"),
        (without("resource_type"), "`resource_type` is missing: the envelope needs event, resource_type, resource_gid"),
        (without("resource_gid"), "`resource_gid` is missing: the envelope needs event, resource_type, resource_gid"),
        (
            without("resource_gid", "resource"),
            "`resource_gid` is missing: the envelope needs event, resource_type, resource_gid",
        ),
        (body_of(resource_gid=None), "`resource_gid` is null: the envelope needs event, resource_type, resource_gid"),
        (
            body_of(resource_gid=" \n"),
            "`resource_gid` is empty: the envelope needs event, resource_type, resource_gid",
        ),
        (body_of(resource_gid=7), "`resource_gid` is a number; it must be a text"),
        (body_of(resource_gid="a" * 201), "`resource_gid` has 201 characters; 200 at most"),
        (body_of(event=["resource.created"]), "`event` is a list; it must be a text"),
        (body_of(resource_type={}), "`resource_type` is an object; it must be a text"),
        (body_of(event=True), "`event` is true or false; it must be a text"),
        (body_of(resource="x"), "`resource` is a text; it must be an object, or null on a deletion"),
        (body_of(resource=[]), "`resource` is a list; it must be an object, or null on a deletion"),
        (body_of(resource=1e308), "`resource` is a number; it must be an object, or null on a deletion"),
        (b"[]", "the body is a list, not an object with event, resource_type, resource_gid"),
        (b"null", "the body is null, not an object with event, resource_type, resource_gid"),
        (b"42", "the body is a number, not an object with event, resource_type, resource_gid"),
        (b"true", "the body is true or false, not an object with event, resource_type, resource_gid"),
        (b'"x"', "the body is a text, not an object with event, resource_type, resource_gid"),
    ],
)
def test_what_is_wrong_with_an_envelope_is_named(body: bytes, words: str) -> None:
    with pytest.raises(BadEnvelope) as refusal:
        CREADS.read(body, 1.0)
    assert str(refusal.value) == words


@pytest.mark.parametrize("date", ["2015-08-04T15:24:23+0000", "2014-09-08T22:47:31-07:00", "soon"])
def test_dates_stay_the_texts_they_are(date: str) -> None:
    body = body_of(resource={"created_at": date})
    assert CREADS.read(body, 1.0) is not None
    assert CREADS.resource_of(body) == {"created_at": date}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(["resource.created", "resource.deleted", "Project", "Comment", "", "a1"])
envelopes = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("event", "resource_type", "resource_gid", "resource"), words | values)
)


@given(values | envelopes)
def test_any_json_is_an_event_a_void_or_a_refusal(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        arrival = CREADS.read(body, 1.0)
    except BadEnvelope:
        return
    assert arrival is None or (arrival.type.isprintable() and arrival.gid.isprintable() and arrival.action)


# ---- what is known of it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "subject"),
    [
        ("/works/559bef4a9b600", ("Work", "559bef4a9b600")),
        ("/projects/559bef4a9b600", ("Project", "559bef4a9b600")),
        ("/project/559bef4a9b600", ("Project", "559bef4a9b600")),
        ("https://api.creads-partners.com/v1/works/559bef4a9b600?x=1", ("Work", "559bef4a9b600")),
        ("/works/559bef4a9b600/comments", ("Work", "559bef4a9b600")),
        ("/works/", None),
        ("/files/559bef4a9b600", None),
        ("/works/\x00", None),
        ("/works/" + "a" * 500, None),
        (None, None),
        (["/works/1"], None),
    ],
)
def test_what_a_comment_is_about(uri: object, subject: tuple[str, str] | None) -> None:
    assert Creads.subject("Comment", {"uri": uri}) == subject
    assert Creads.subject("Project", {"uri": uri}) is None


def test_the_registry_names_it() -> None:
    assert SOURCES["creads"] is Creads


def test_fields_reach_below_references_and_files() -> None:
    assert {"price", "price.amount", "owner.firstname", "brief_files.url", "deadline_at"} <= Creads.FIELDS["Project"]
    assert {"project.title", "project.owner.lastname", "worker.firstname"} <= Creads.FIELDS["Project Message"]
    assert {"work.project.title", "project.title", "nickname"} <= Creads.FIELDS["Comment"]
    assert Creads.FIELDS.keys() == Creads.EVENTS.keys()
