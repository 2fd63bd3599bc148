"""The ingest by itself: each answer, word for word, and nothing that escapes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bridge import receive
from bridge.errors import Refused, StoreUnavailable
from bridge.receive import CUT_SHORT, ASGIApp, Ingest
from tests.receive.support import Recorder, envelope, signature

Chunk = tuple[bytes, bool]
JSON = (b"content-type", b"application/json")


class Answered:
    """What an app sent."""

    def __init__(self, messages: Sequence[dict[str, Any]]) -> None:
        self.messages = messages
        starts = [message for message in messages if message["type"] == "http.response.start"]
        assert len(starts) <= 1
        self.status = starts[0]["status"] if starts else 0
        self.headers = {name.decode(): value.decode() for name, value in starts[0]["headers"]} if starts else {}
        self.body = b"".join(message.get("body", b"") for message in messages)

    @property
    def detail(self) -> str:
        problem = json.loads(self.body)
        assert self.headers["content-type"] == "application/problem+json"
        assert problem["status"] == self.status
        return str(problem["detail"])


async def ask(
    app: ASGIApp,
    chunks: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = (JSON,),
    *,
    method: str = "POST",
    path: str = "/hooks/creads",
    leaves: bool = False,
    **scope: Any,
) -> Answered:
    """One request, straight into the app; `leaves`: the sender goes away after its chunks."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not leaves:
        waiting[-1]["more_body"] = False
    waiting.append({"type": "http.disconnect"})
    sent: list[dict[str, Any]] = []

    async def get() -> dict[str, Any]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": method, "path": path, "headers": list(headers), **scope}, get, send)
    return Answered(sent)


def signed(body: bytes, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [JSON, (b"x-partners-signature", signature(body).encode()), *more]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_an_event_is_accepted_and_its_repeat_named_with_the_first_id(recorder: Recorder) -> None:
    app, body = recorder.ingest(), envelope("a1")
    first, again = [await ask(app, [body], signed(body)) for _ in range(2)]
    assert (first.status, first.body) == (202, b'{"id": "1", "duplicate": false}')
    assert (again.status, again.body) == (202, b'{"id": "1", "duplicate": true}')
    assert first.headers == {
        "content-type": "application/json",
        "content-length": str(len(first.body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    assert recorder.seen == [("creads", 202), ("creads", 202)]
    assert recorder.refused == []


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_a_void_post(recorder: Recorder, body: bytes) -> None:
    answer = await ask(recorder.ingest(), [body], signed(body))
    assert (answer.status, answer.body) == (200, b'{"void": true}')
    assert recorder.ids == {}


async def test_a_body_in_pieces(recorder: Recorder) -> None:
    body = envelope("a1")
    answer = await ask(recorder.ingest(), [body[:5], b"", body[5:]], signed(body))
    assert answer.status == 202


async def test_a_wrong_signature_always_gets_the_same_answer(recorder: Recorder) -> None:
    bodies = [b"", b"{}", envelope("a1"), b"not JSON", b"\xff"]
    answers = [await ask(recorder.ingest(), [body], [JSON]) for body in bodies]
    assert {(answer.status, answer.body) for answer in answers} == {(401, answers[0].body)}
    assert answers[0].detail == "the signature is missing or wrong"
    assert answers[0].headers["connection"] == "close"


async def test_an_envelope_that_is_wrong_is_named(recorder: Recorder) -> None:
    body = b'{"event": "resource.created"}'
    answer = await ask(recorder.ingest(), [body], signed(body))
    assert answer.status == 400
    assert answer.detail == "`resource_type` is missing: the envelope needs event, resource_type, resource_gid"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (b"text/xml", b"<x/>", 415),
        (b"application/x-www-form-urlencoded", b"payload=1x", 415),
        (b"application/json", b"<x/>", 400),
        (b"application/problem+json; charset=utf-8", b"<x/>", 400),
        (b"", b"<x/>", 400),
        (b"text/xml", b"[]", 400),
        (b"text/xml", envelope("a1"), 202),
        (b"application/x-www-form-urlencoded", envelope("a1"), 202),
    ],
)
async def test_a_content_type_counts_only_when_the_body_is_no_json(
    recorder: Recorder, kind: bytes, body: bytes, status: int
) -> None:
    headers = [(b"content-type", kind), *signed(body)[1:]]
    assert (await ask(recorder.ingest(), [body], headers)).status == status


async def test_without_a_content_type_the_body_counts(recorder: Recorder) -> None:
    assert (await ask(recorder.ingest(), [b"<x/>"], signed(b"<x/>")[1:])).status == 400


@pytest.mark.parametrize(("encoding", "status"), [(b"gzip", 415), (b"br, gzip", 415), (b"Identity", 202), (b"", 202)])
async def test_encoded_bodies_are_not_taken(recorder: Recorder, encoding: bytes, status: int) -> None:
    body = envelope("a1")
    answer = await ask(recorder.ingest(), [body], signed(body, (b"content-encoding", encoding)))
    assert answer.status == status


@pytest.mark.parametrize("length", [b"11", b"9" * 5000])
async def test_a_declared_length_is_refused_before_anything_is_read(recorder: Recorder, length: bytes) -> None:
    answer = await ask(recorder.ingest(max_body=10), [b"x"], [JSON, (b"content-length", length)], leaves=True)
    assert (answer.status, answer.detail) == (413, "the body is larger than 10 bytes")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("chunks", [[b"x" * 11], [b"x" * 5, b"x" * 6], [b"x"] * 11])
async def test_a_body_that_grows_too_large(recorder: Recorder, chunks: list[bytes]) -> None:
    app = recorder.ingest(max_body=10)
    assert (await ask(app, chunks)).status == 413
    assert (await ask(app, [b"x" * 5, b"x" * 5])).status == 401, "exactly at the limit, it is read"


async def test_a_length_that_is_none(recorder: Recorder) -> None:
    assert (await ask(recorder.ingest(), headers=[JSON, (b"content-length", b"-1")])).status == 400


async def test_too_many_headers(recorder: Recorder) -> None:
    answer = await ask(recorder.ingest(), headers=[JSON, *[(b"x", b"y")] * 100])
    assert (answer.status, answer.detail) == (431, "more than 100 headers")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_other_methods_get_a_friendly_line(recorder: Recorder, method: str) -> None:
    answer = await ask(recorder.ingest(), method=method, headers=[(b"origin", b"http://evil.example")])
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.body.startswith(b"Webhook events are taken here by POST.")
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", ["/hooks/nope", "/hooks/", "/hooks/creads/", "/hooks/creads/x"])
async def test_unknown_sources_are_one_label(recorder: Recorder, path: str) -> None:
    answer = await ask(recorder.ingest(), path=path)
    assert (answer.status, answer.detail) == (404, "no source of this name is configured")
    assert recorder.seen == [("", 404)]
    assert recorder.refused == [("", 404, "no source of this name is configured", "")]


@pytest.mark.parametrize(
    ("failure", "status"),
    [(StoreUnavailable("database is locked"), 503), (RuntimeError("a defect"), 503), (asyncio.CancelledError(), 503)],
)
async def test_what_could_not_be_stored_is_asked_for_again(
    recorder: Recorder, failure: BaseException, status: int
) -> None:
    recorder.fails, body = failure, envelope("a1")
    with structlog.testing.capture_logs() as logged:
        answer = await ask(recorder.ingest(), [body], signed(body))
    assert (answer.status, answer.headers["retry-after"]) == (status, "5")
    assert answer.detail == "the event could not be stored now; send it again"
    assert [entry["event"] for entry in logged] == ["post.failed"]
    assert recorder.seen == [("creads", 503)]
    assert [refusal[:2] for refusal in recorder.refused] == recorder.seen


async def test_a_refusal_of_another_kind_keeps_its_status(recorder: Recorder) -> None:
    class TooOften(Refused):
        status = 429

    recorder.fails, body = TooOften("too many posts"), envelope("a1")
    answer = await ask(recorder.ingest(), [body], signed(body))
    assert (answer.status, answer.detail) == (429, "too many posts")


async def test_trailers_change_nothing(recorder: Recorder) -> None:
    """httptools appends them to the list that the app was given."""
    body = envelope("a1")
    headers = signed(body)

    async def accept_late(name: str, seen: Sequence[tuple[bytes, bytes]], whole: bytes) -> None:
        headers.append((b"x-partners-signature", b"0" * 64))
        await recorder.accept(name, seen, whole)

    app = Ingest(None, accept=accept_late, limits=lambda name: 1000)
    scope = {"type": "http", "method": "POST", "path": "/hooks/creads", "headers": headers}
    sent: list[Any] = []

    async def get() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, get, send)
    assert Answered(sent).status == 200


@pytest.mark.parametrize(("scope", "status"), [({}, 499), ({CUT_SHORT: 408}, 408)])
async def test_a_sender_that_leaves_is_counted(recorder: Recorder, scope: dict[str, Any], status: int) -> None:
    for chunks in ([], [b"x"], [b"x", b"y"]):
        app = recorder.ingest()
        answer = await ask(app, chunks or [b""], leaves=True, **scope)
        assert answer.messages == []
    assert recorder.seen == [("creads", status)] * 3
    assert recorder.refused == [("creads", status, "the body did not arrive whole", "")] * 3


async def test_all_that_is_arriving_has_one_bound(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_HELD", 10)
    monkeypatch.setattr(receive, "SMALL", 5)
    app = recorder.ingest()
    answer = await ask(app, [b"x" * 6, b"x" * 6, b"x"])
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert (await ask(app, [b"x" * 4, b"x" * 4])).status == 401, "what was held is let go"


async def test_a_small_post_passes_a_flood_of_half_ones(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_HELD", 10)
    body = envelope("a1")
    answer = await ask(recorder.ingest(), [body[:50], body[50:]], signed(body))
    assert answer.status == 202


async def test_everything_else_goes_to_the_app_behind(recorder: Recorder) -> None:
    asked: list[Any] = []

    async def behind(scope: Any, get: Any, send: Any) -> None:
        asked.append((scope["type"], scope.get("path")))

    app = recorder.ingest(behind)
    for scope in ({"type": "lifespan"}, {"type": "websocket", "path": "/hooks/creads"}):
        await app(scope, None, None)  # type: ignore[arg-type]  # the app behind is not to use them
    await ask(app, path="/events")
    assert asked == [("lifespan", None), ("websocket", "/hooks/creads"), ("http", "/events")]


async def test_alone_it_knows_nothing_else(recorder: Recorder) -> None:
    answer = await ask(recorder.ingest(), path="/events", method="GET")
    assert (answer.status, answer.detail) == (404, "nothing is here")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
header = st.tuples(
    st.sampled_from([b"content-type", b"content-encoding", b"content-length", b"x-partners-signature", b"x"]),
    st.binary(max_size=20) | st.sampled_from([b"gzip", b"5", b"99999", b"text/xml"]),
)


@given(
    body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()),
    cut=st.integers(0, 200),
    right=st.booleans(),
    more=st.lists(header, max_size=3),
)
def test_nothing_escapes(body: bytes, cut: int, right: bool, more: list[tuple[bytes, bytes]]) -> None:
    headers = signed(body, *more) if right else [JSON, *more]
    with structlog.testing.capture_logs() as logged:
        answer = asyncio.run(ask(Recorder().ingest(max_body=150), [body[:cut], body[cut:]], headers))
    assert answer.status in (200, 202, 400, 401, 413, 415)
    assert all("exc_info" not in entry for entry in logged)
