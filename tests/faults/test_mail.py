"""Every way in which a mail server can leave: only what was said after the message's last line counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.model import Outcome
from tests.delivery.conftest import Send
from tests.faults.stage import Act, Stage, after_hello, deafness, hang_up, in_turn, mail, reset, say, silence

pytestmark = pytest.mark.asyncio(loop_scope="package")  # one sender process for all

DEADLINE = 0.5
NOT_SENT = "The mail server: the connection broke before the message was sent"
BROKE = "The mail server: the connection broke before it answered"
NO_TLS = "The mail server: no secure connection could be agreed on"
BUSY = 'The mail server answered 421: it is too busy to talk ("4.3.2 Closing")'

# (until which step it talks, what it does there, result, ambiguous, status, reason)
TALKS: list[tuple[str, Act, str, bool, int | None, str]] = [
    ("connect", hang_up, "retry", False, None, NOT_SENT),
    ("connect", silence, "retry", False, None, "The mail server: no answer in time"),
    ("connect", say(b"421 4.3.2 Closing\r\n"), "retry", False, 421, BUSY),
    ("connect", say(b"554 No SMTP here\r\n"), "failed", False, 554, ""),
    ("EHLO", reset, "retry", False, None, NOT_SENT),
    ("EHLO", silence, "retry", False, None, "The mail server: no answer in time"),
    ("MAIL", reset, "retry", False, None, NOT_SENT),
    ("MAIL", say(b"421 4.3.2 Closing\r\n"), "retry", False, 421, BUSY),
    ("RCPT", hang_up, "retry", False, None, NOT_SENT),
    ("RCPT", say(b"450 4.2.1 Try later\r\n"), "retry", False, 450, ""),
    ("RCPT", say(b"550 5.1.1 Nobody\r\n"), "failed", False, 550, ""),
    ("DATA", reset, "retry", False, None, NOT_SENT),
    ("DATA", say(b"451 4.3.0 Not now\r\n"), "retry", False, 451, ""),
    # From here on it may have the message.
    ("half", reset, "retry", True, None, BROKE),
    (".", hang_up, "retry", True, None, BROKE),
    (".", reset, "retry", True, None, BROKE),
    (".", silence, "retry", True, None, "The mail server: no answer in time"),
    (".", say(b"451 4.3.0 Disk full\r\n"), "retry", False, 451, ""),
    (".", say(b"554 5.7.1 Spam\r\n"), "failed", False, 554, ""),
    (".", in_turn(say(b"250 2.0.0 Queued\r\n"), reset), "delivered", False, None, ""),
    (".", in_turn(say(b"250 2.0.0 Queued\r\n"), silence), "delivered", False, None, ""),
    ("QUIT", hang_up, "delivered", False, None, ""),
    ("QUIT", silence, "delivered", False, None, ""),
]


def matches(outcome: Outcome, result: str, ambiguous: bool, status: int | None, reason: str) -> None:
    assert (outcome.result, outcome.ambiguous, outcome.status) == (result, ambiguous, status), outcome.reason
    assert outcome.reason == reason or (not reason and status is not None), outcome.reason


@pytest.mark.parametrize(
    ("step", "act", "expected"),
    [pytest.param(row[0], row[1], row[2:], id=f"{number} {row[0]} {row[2]}") for number, row in enumerate(TALKS)],
)
async def test_a_mail_server_that_leaves_at(
    stage: Callable[[Act], Stage], send: Send, step: str, act: Act, expected: tuple[str, bool, int | None, str]
) -> None:
    server = stage(mail(step, act))
    outcome = await send(server.mail, deadline=DEADLINE)
    matches(outcome, *expected)
    assert server.connections == 1
    assert outcome.took_ms < 1000 * (DEADLINE + 2)


async def test_a_mail_server_that_never_speaks_nor_reads(stage: Callable[[Act], Stage], send: Send) -> None:
    outcome = await send(stage(deafness).mail, deadline=DEADLINE)
    matches(outcome, "retry", False, None, "The mail server: no answer in time")


async def test_no_mail_server_there(stage: Callable[[Act], Stage], send: Send) -> None:
    server = stage(hang_up)
    server.close()
    matches(
        await send(server.mail, deadline=DEADLINE), "retry", False, None, "The mail server: the connection was refused"
    )


@pytest.mark.parametrize(
    ("act", "status", "reason"),
    [
        pytest.param(hang_up, None, NOT_SENT, id="hangs up"),
        pytest.param(silence, None, "The mail server: no answer in time", id="goes silent"),
        pytest.param(say(b"454 4.7.0 Not now\r\n"), 454, "", id="has no TLS just now"),
        pytest.param(in_turn(say(b"220 Go ahead\r\n"), after_hello(hang_up)), None, NO_TLS, id="hangs up in TLS"),
        pytest.param(
            in_turn(say(b"220 Go ahead\r\n"), after_hello(say(b"250 OK\r\n"), hang_up)), None, NO_TLS, id="lies"
        ),
    ],
)
async def test_a_mail_server_that_is_asked_for_tls_and(
    stage: Callable[[Act], Stage], send: Send, act: Act, status: int | None, reason: str
) -> None:
    outcome = await send(stage(mail("STARTTLS", act)).secure_mail, deadline=DEADLINE)
    matches(outcome, "retry", False, status, reason)
