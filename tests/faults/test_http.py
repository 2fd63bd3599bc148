"""Every way in which an HTTP exchange can break, at every point of it: what Bridge makes of each."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from bridge.model import Outcome, replace
from tests.delivery.conftest import Send
from tests.delivery.test_services import DISCORD, JSONS, NTFY, SLACK, SLACK_BOT, TEAMS, TELEGRAM
from tests.faults.stage import (
    HEAD,
    OK,
    Act,
    Stage,
    after,
    after_hello,
    after_request,
    deafness,
    drip,
    endlessly,
    every_post,
    hang_up,
    in_turn,
    part,
    reset,
    say,
    secured,
    silence,
)
from tests.services import FakeWorld, Reply

pytestmark = pytest.mark.asyncio(loop_scope="package")  # one sender process for all

DEADLINE = 0.5
BROKE = "The receiver: the connection broke before it answered"
LATE = "The receiver: no answer in time"

# (what happens, the act, result, ambiguous, status, reason)
EXCHANGES: list[tuple[str, Act, str, bool, int | None, str]] = [
    # Until the request is out nothing can have arrived; a server that has read some of it may have all of it.
    ("hangs up at once", hang_up, "retry", True, None, BROKE),
    ("resets at once", reset, "retry", True, None, BROKE),
    ("resets in the request's head", after(20, reset), "retry", True, None, BROKE),
    ("hangs up in the request's head", after(20, hang_up), "retry", True, None, BROKE),
    ("resets after the request", after_request(reset), "retry", True, None, BROKE),
    ("hangs up after the request", after_request(hang_up), "retry", True, None, BROKE),
    ("resets in the status line", after_request(part(10), reset), "retry", True, None, BROKE),
    ("resets in the headers", after_request(part(30), reset), "retry", True, None, BROKE),
    ("resets before the body", after_request(part(HEAD), reset), "delivered", False, 200, ""),
    ("resets in the body", after_request(part(HEAD + 3), reset), "delivered", False, 200, ""),
    ("hangs up in the body", after_request(part(HEAD + 3), hang_up), "delivered", False, 200, ""),
    ("resets after the body", after_request(say(OK), reset), "delivered", False, 200, ""),
    ("hangs up after the body", after_request(say(OK), hang_up), "delivered", False, 200, ""),
    ("never reads", deafness, "retry", True, None, LATE),
    ("never answers", silence, "retry", True, None, LATE),
    ("goes silent in the headers", after_request(part(30), silence), "delivered", False, 200, ""),
    ("hangs up in the headers", after_request(part(30), hang_up), "delivered", False, 200, ""),
    ("goes silent in the body", after_request(part(HEAD + 3), silence), "delivered", False, 200, ""),
    ("drips its headers", after_request(drip(OK, 0.1)), "retry", True, None, LATE),
    ("drips its body", after_request(part(HEAD), drip(OK[HEAD:], 0.2)), "delivered", False, 200, ""),
    ("speaks another protocol", after_request(say(b"SSH-2.0-OpenSSH_9.9\r\n"), silence), "retry", True, None, BROKE),
    ("answers without end", after_request(say(OK[:17] + b"\r\n"), endlessly(b"x" * 9999)), "delivered", False, 200, ""),
    ("sends headers without end", after_request(say(OK[:17]), endlessly(b"A: b\r\n")), "retry", True, None, BROKE),
    ("answers before it has read", in_turn(say(OK), hang_up), "delivered", False, 200, ""),
    (
        "refuses and breaks off",
        after_request(say(b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 99\r\n\r\nLater"), reset),
        "retry",
        False,
        503,
        'The receiver answered 503: it is overloaded or down ("Later")',
    ),
]


def shown(outcome: Outcome) -> tuple[str, bool, int | None, str]:
    return outcome.result, outcome.ambiguous, outcome.status, outcome.reason


@pytest.mark.parametrize(("act", "expected"), [pytest.param(row[1], row[2:], id=row[0]) for row in EXCHANGES])
async def test_a_server_that(stage: Callable[[Act], Stage], send: Send, act: Act, expected: tuple[object, ...]) -> None:
    server = stage(act)
    outcome = await send(server.http, deadline=DEADLINE)
    assert shown(outcome) == expected
    assert server.connections == 1  # nothing was asked again behind the schedule's back
    assert outcome.took_ms < 1000 * (DEADLINE + 2)


async def test_a_kept_connection_that_died_meanwhile_is_no_failure(stage: Callable[[Act], Stage], send: Send) -> None:
    server = stage(after_request(say(OK), hang_up))
    for _ in range(3):
        assert (await send(server.http, deadline=DEADLINE)).result == "delivered"
        assert server.ended.acquire(timeout=5)
    assert server.connections == 3


async def test_a_kept_connection_that_dies_under_the_next_post_leaves_a_doubt(
    stage: Callable[[Act], Stage], send: Send
) -> None:
    server = stage(after_request(say(OK), after_request(reset)))
    assert (await send(server.http, deadline=DEADLINE)).result == "delivered"
    outcome = await send(server.http, deadline=DEADLINE)
    assert shown(outcome) == ("retry", True, None, BROKE)
    assert server.connections == 1


async def test_nobody_there(stage: Callable[[Act], Stage], send: Send) -> None:
    server = stage(hang_up)
    server.close()
    outcome = await send(server.http, deadline=DEADLINE)
    assert shown(outcome) == ("retry", False, None, "The receiver: the connection was refused")


async def test_a_name_that_nobody_knows(send: Send) -> None:
    outcome = await send("json://nowhere.invalid/", deadline=DEADLINE)
    assert shown(outcome) == ("retry", False, None, "The receiver: its name cannot be resolved")


# ---- TLS ---------------------------------------------------------------------------------------

UNTRUSTED = "The receiver: its certificate is not trusted: "


async def over_tls(stage: Callable[[Act], Stage], send: Send, *acts: Act) -> Outcome:
    server = stage(in_turn(*acts))
    outcome = await send(f"jsons://localhost:{server.port}/", deadline=DEADLINE)
    assert server.connections == 1
    return outcome


def past(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)


def strange(folder: Path, *, itself: bool) -> ssl.SSLContext:
    """A server's certificate made by an authority that nobody knows, or by the server itself."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if itself:
        authority.cert_pem.write_to_path(str(folder / "cert.pem"))
        authority.private_key_pem.write_to_path(str(folder / "key.pem"))
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    else:
        authority.issue_cert("localhost").configure_cert(context)
    return context


def certificate(world: FakeWorld, folder: Path, fault: str) -> tuple[ssl.SSLContext, str]:
    """A server that is at fault, and what is said of it."""
    if fault == "another name":
        return world.certified("example.net"), "Hostname mismatch"
    if fault == "expired":
        return world.certified("localhost", not_before=past(9), not_after=past(1)), "certificate has expired"
    if fault == "not yet valid":
        return world.certified("localhost", not_before=past(-1), not_after=past(-9)), "certificate is not yet valid"
    if fault == "self-signed":
        return strange(folder, itself=True), "self-signed certificate"
    return strange(folder, itself=False), "unable to get local issuer certificate"


@pytest.mark.parametrize("fault", ["another name", "expired", "not yet valid", "unknown authority", "self-signed"])
async def test_a_certificate_that(
    world: FakeWorld, stage: Callable[[Act], Stage], send: Send, tmp_path: Path, fault: str
) -> None:
    context, says = certificate(world, tmp_path, fault)
    outcome = await over_tls(stage, send, secured(context, every_post(say(OK))))
    assert (outcome.result, outcome.ambiguous, outcome.status) == ("retry", False, None)
    assert outcome.reason.startswith(UNTRUSTED + says)


SECURE = "The receiver: no secure connection could be agreed on"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        pytest.param(after_hello(hang_up), SECURE, id="hangs up"),
        pytest.param(after(50, reset), "The receiver: the connection could not be made", id="resets in the handshake"),
        pytest.param(after_hello(say(OK), hang_up), SECURE, id="does not speak TLS"),
        pytest.param(silence, "The receiver: no answer in time", id="never shakes hands"),
    ],
)
async def test_a_handshake_that_fails_leaves_no_doubt(
    stage: Callable[[Act], Stage], send: Send, act: Act, reason: str
) -> None:
    outcome = await over_tls(stage, send, act)
    assert shown(outcome) == ("retry", False, None, reason)


async def test_tls_that_breaks_after_the_post_leaves_a_doubt(
    world: FakeWorld, stage: Callable[[Act], Stage], send: Send
) -> None:
    context = world.certified("localhost")
    for ending in (hang_up, reset):
        outcome = await over_tls(stage, send, secured(context, after_request(part(10), ending)))
        assert shown(outcome) == ("retry", True, None, BROKE)
    assert (await over_tls(stage, send, secured(context, after_request(say(OK), reset)))).result == "delivered"


# ---- the services ------------------------------------------------------------------------------

SERVICES = {
    "slack": (SLACK, "hooks.slack.com", Reply(body="ok")),
    "slack bot": (SLACK_BOT, "slack.com", Reply(body='{"ok": true, "channel": "C1", "message": {"text": ""}}')),
    "teams": (TEAMS, "logic.azure.com", Reply(status=202)),
    "discord": (DISCORD, "discord.com", Reply(status=204)),
    "telegram": (TELEGRAM, "api.telegram.org", Reply(body='{"ok": true, "result": {"message_id": 1}}')),
    "ntfy": (NTFY, "ntfy.sh", Reply(body='{"id": "x", "event": "message"}')),
    "webhook": (JSONS, "example.com", Reply(body="thanks")),
}
BY_WORDS = ("slack", "slack bot", "telegram")  # they may say no in the body of a 200


POINTS = ("before the answer", "in the status line", "in the body", "after the body")


@pytest.mark.parametrize(
    ("service", "point"),
    [(name, point) for name in SERVICES for point in POINTS if point != "in the body" or SERVICES[name][2].body],
)
async def test_a_service_that_breaks_off(world: FakeWorld, send: Send, service: str, point: str) -> None:
    url, host, good = SERVICES[service]
    answer = good.encoded()
    head = answer.index(b"\r\n\r\n") + 4
    at = {"before the answer": 0, "in the status line": 9, "in the body": head + 1, "after the body": len(answer)}[
        point
    ]
    world.answer(host, replace(good, reset=True, reset_at=at))
    outcome = await send(url, deadline=10.0)
    arrived = point == "after the body" or (point == "in the body" and service not in BY_WORDS)
    assert (outcome.result, outcome.ambiguous) == (("delivered", False) if arrived else ("retry", True))
    assert len(world.received) == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_bad_day_of(world: FakeWorld, send: Send, service: str) -> None:
    url, host, good = SERVICES[service]
    limited = Reply(status=429, body="slow down", headers={"Retry-After": "2"})
    world.answer(host, Reply(status=502), Reply(status=503), limited, Reply(reset=True), Reply(status=404), good)
    day = [await send(url, deadline=10.0) for _ in range(6)]  # nothing hangs here: a busy machine must not end one
    assert [one.result for one in day] == ["retry", "retry", "retry", "retry", "failed", "delivered"]
    assert [one.status for one in day[:5]] == [502, 503, 429, None, 404]
    assert [one.retry_after for one in day] == [None, None, 2.0, None, None, None]
    assert [one.ambiguous for one in day] == [False, False, False, True, False, False]
    assert len(world.received) == 6
