"""Mail, through Apprise's own plug-in to a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from bridge.model import Notification
from tests.delivery.conftest import NOTE, Send
from tests.services import FakeWorld, MailServer

pytestmark = pytest.mark.asyncio(loop_scope="package")

Mail = Callable[..., MailServer]


async def test_a_mail_with_its_text_part(mail: Mail, send: Send) -> None:
    server = mail()
    outcome = await send(server.url())
    assert outcome.result == "delivered"
    (message,) = server.received
    assert server.recipients == [["ada@example.org"]]
    assert message["subject"] == "Project finished: Logo"
    assert message["from"] == "bridge@example.org"
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<strong>1 020 €</strong>" in html.get_content()
    assert "1 020 €" in text.get_content()


async def test_html_goes_as_it_is(mail: Mail, send: Send) -> None:
    server = mail()
    await send(server.url(), Notification(title="A", body="<p>one &amp; <b>two</b></p>", format="html"))
    html = server.received[0].get_body(("html",))
    assert html is not None
    assert "<p>one &amp; <b>two</b></p>" in html.get_content()


async def test_a_title_cannot_add_a_header(mail: Mail, send: Send) -> None:
    server = mail()
    await send(server.url(), Notification(title="Logo\r\nBcc: eve@evil.example", body="x", format="text"))
    assert server.recipients == [["ada@example.org"]]
    assert server.received[0]["bcc"] is None


async def test_starttls_and_a_login(mail: Mail, send: Send, world: FakeWorld) -> None:
    server = mail(tls=world.server_context("localhost"))
    outcome = await send(server.url(login="ada:CANARYSECRET"))
    assert outcome.result == "delivered"
    assert (server.logins, len(server.received)) == (["ada"], 1)


async def test_a_certificate_nobody_vouches_for(mail: Mail, send: Send, world: FakeWorld) -> None:
    server = mail(tls=world.server_context("mail.example.org"))
    outcome = await send(server.url(login="ada:CANARYSECRET"))
    assert (outcome.result, outcome.ambiguous, server.received) == ("retry", False, [])
    assert outcome.reason.startswith("The mail server: its certificate is not trusted: ")


async def test_no_encryption_where_it_is_asked_for(mail: Mail, send: Send) -> None:
    server = mail()
    outcome = await send(server.url(login="ada:CANARYSECRET"))
    assert (outcome.result, server.received) == ("retry", [])
    assert outcome.reason == ("The mail server: it does not offer what the address asks for (STARTTLS or a login)")


@pytest.mark.parametrize(
    ("replies", "login", "result", "status", "reason"),
    [
        ({"AUTH": "no"}, True, "failed", 535, "5.7.8 Authentication credentials invalid"),
        (
            {"RCPT": "550 5.1.1 <ada@example.org> no such user"},
            False,
            "failed",
            550,
            "5.1.1 <ada@example.org> no such user",
        ),
        ({"RCPT": "451 4.7.1 come back later"}, False, "retry", 451, "4.7.1 come back later"),
        ({"DATA": "554 5.7.1 this looks like spam"}, False, "failed", 554, "5.7.1 this looks like spam"),
        ({"DATA": "452 4.3.1 no room"}, False, "retry", 452, "4.3.1 no room"),
    ],
)
async def test_refusals(
    mail: Mail,
    send: Send,
    world: FakeWorld,
    replies: dict[str, str],
    login: bool,
    result: str,
    status: int,
    reason: str,
) -> None:
    server = mail(replies=replies, tls=world.server_context("localhost") if login else None)
    outcome = await send(server.url(login="ada:CANARYSECRET" if login else ""))
    assert (outcome.result, outcome.status, outcome.ambiguous) == (result, status, False)
    assert outcome.reason == f"The mail server answered {status}: {reason}"
    assert server.received == []


async def test_a_server_that_says_nothing(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@example.org&to=b@example.org&mode=insecure"
        outcome = await send(url, NOTE, deadline=0.5)
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "The mail server: could not be reached in time"
    assert outcome.took_ms < 2000


async def test_no_server(send: Send) -> None:
    outcome = await send("mailto://127.0.0.1:1?from=a@example.org&to=b@example.org&mode=insecure")
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "The mail server: the connection was refused"
