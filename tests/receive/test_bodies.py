"""The corpus `bodies` against a real server: what is allowed, one answer, one log line, and the next passes."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import resource
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bridge.serve import Limits
from tests.receive.support import Got, Served, chunked, envelope, exchange, request, serving

CORPUS = json.loads((Path(__file__).resolve().parents[1] / "corpus" / "bodies.json").read_text())
BODY_SECONDS = 0.8
QUIET = 0.05  # seconds in which no second answer comes
PROMPT = 1.0  # the corpus says 100 ms; a test machine that is busy otherwise gets more


def unpacked(value: Any) -> str:
    if isinstance(value, dict):
        return gzip.decompress(base64.b64decode(value["$gzip"])).decode("utf-8", "surrogatepass")
    return str(value)


def body_of(line: dict[str, Any]) -> bytes:
    if "body_pieces" in line:
        return b"".join(base64.b64decode(piece) * times for piece, times in line["body_pieces"])
    return base64.b64decode(unpacked(line["body_base64"]))


def bytes_of(line: dict[str, Any]) -> bytes:
    """The whole request of a line."""
    if "raw_base64" in line:
        return base64.b64decode(unpacked(line["raw_base64"]))
    body, headers = body_of(line), [(name, unpacked(value)) for name, value in line["headers"]]
    if line.get("transfer") == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
        body = chunked(body)
    path = "/hooks/creads" + line.get("query", "")
    return request(body, headers, path=path, length=line.get("declared_length"))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    # 1,000 idle connections are open at both ends in this one process.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))
    with serving(Limits(head=BODY_SECONDS, body=BODY_SECONDS, idle=5.0)) as server:
        yield server
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def next_post_passes(served: Served, name: str) -> None:
    began = time.monotonic()
    (answer,) = await exchange(served.port, request(envelope(f"after-{name}-{began}")), quiet=0)
    assert answer.status == 202
    assert time.monotonic() - began < PROMPT


async def sent(served: Served, line: dict[str, Any]) -> list[list[Got]]:
    """The answers on each connection of a line."""
    data, times = bytes_of(line), line.get("repeat", 1)
    pace = 0.05 if "pace_s" in line else 0.0  # slower than the deadline allows, whatever the unit
    if line.get("concurrent"):
        return list(await asyncio.gather(*(exchange(served.port, data, quiet=0.2) for _ in range(times))))
    return [await exchange(served.port, data, pace=pace, quiet=QUIET) for _ in range(times)]


def is_refused_post(line: dict[str, Any], got: Got) -> bool:
    return "raw_base64" not in line and got.status >= 400


ORDINARY = [line for line in CORPUS["items"] if line["id"] not in ("bodies-s129", "bodies-s131")]


@pytest.mark.parametrize("line", ORDINARY, ids=[f"{line['id'][7:]} {line['class']}" for line in ORDINARY])
async def test_a_line_of_the_corpus(served: Served, line: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    began = time.monotonic()
    with structlog.testing.capture_logs() as logged:
        connections = await sent(served, line)
    assert time.monotonic() - began < line.get("max_seconds", 5)
    for got in connections:
        statuses = [answer.status for answer in got] or [0]
        assert set(statuses) <= set(line["allowed"]), line["why"]
        assert len(statuses) <= line.get("max_answers", 1)
        for answer in got:
            assert not set(line.get("must_not_headers", ())) & answer.headers.keys()
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers
            assert CORPUS["secret"].encode() not in answer.body
    refused = sum(is_refused_post(line, answer) for got in connections for answer in got)
    assert len(logged) == refused or "raw_base64" in line
    assert [entry for entry in logged if entry["log_level"] == "error" or "exc_info" in entry] == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    await next_post_passes(served, line["id"])


async def test_repeats_are_one_event(served: Served) -> None:
    lines = {line["id"]: line for line in CORPUS["items"]}
    ids = set()
    for name in ("bodies-s026", "bodies-s027"):
        for got in await sent(served, lines[name]):
            answer = json.loads(got[0].body)
            ids.add(answer["id"])
            assert isinstance(answer["id"], str)
    assert len(ids) == 1
    assert answer["duplicate"] is True


async def test_a_thousand_idle_connections_leave_room(served: Served) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(1000)]
    await next_post_passes(served, "bodies-s129")
    rest = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in idle)), BODY_SECONDS + 5)
    assert set(rest) == {b""}
    for _, writer in idle:
        writer.close()


async def test_a_reset_after_the_request_is_no_trouble(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = (line for line in CORPUS["items"] if line["id"] == "bodies-s131")
    with structlog.testing.capture_logs() as logged:
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(bytes_of(line))
        await next_post_passes(served, "bodies-s131")
    assert [entry for entry in logged if entry["log_level"] == "error"] == []
    assert caplog.records == []
