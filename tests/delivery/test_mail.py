"""Mail, through Apprise's own plug-in to a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from bridge.model import Notification, replace
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
        ({"AUTH": "no"}, True, "failed", 535, "it refuses our login"),
        (
            {"RCPT": "550 5.1.1 <ada@example.org> no such user"},
            False,
            "failed",
            550,
            "it knows no such address",
        ),
        ({"RCPT": "451 4.7.1 come back later"}, False, "retry", 451, "it does not want the message yet"),
        (
            {"DATA": "554 5.7.1 this looks like spam"},
            False,
            "failed",
            554,
            "its rules or its spam filter refuse the message",
        ),
        ({"DATA": "452 4.3.1 no room"}, False, "retry", 452, "it cannot take it now"),
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
    quoted = next(iter(replies.values()))[4:] if "AUTH" not in replies else "5.7.8 Authentication credentials invalid"
    assert outcome.reason == f'The mail server answered {status}: {reason} ("{quoted}")'
    assert server.received == []


async def test_a_mail_that_was_taken_is_taken(mail: Mail, send: Send) -> None:
    server = mail(replies={"QUIT": ""})
    outcome = await send(server.url())
    assert (outcome.result, len(server.received)) == ("delivered", 1)


async def test_a_connection_that_breaks_after_the_message_is_ambiguous(mail: Mail, send: Send) -> None:
    outcome = await send(mail(replies={"DATA": ""}).url())
    assert (outcome.result, outcome.ambiguous) == ("retry", True)
    assert outcome.reason == "The mail server: the connection broke before it answered"


async def test_a_connection_that_breaks_before_the_message_is_not(mail: Mail, send: Send) -> None:
    outcome = await send(mail(replies={"RCPT": ""}).url())
    assert (outcome.result, outcome.ambiguous) == ("retry", False)


@pytest.mark.parametrize(
    ("eve", "result", "ambiguous"), [("550 5.1.1 who?", "delivered", False), ("451 4.7.1 later", "retry", True)]
)
async def test_one_of_two_is_refused(mail: Mail, send: Send, eve: str, result: str, ambiguous: bool) -> None:
    server = mail(replies={"RCPT eve@example.org": eve})
    outcome = await send(server.url("&cc=eve@example.org"))
    assert (outcome.result, outcome.ambiguous, outcome.status) == (result, ambiguous, int(eve[:3]))
    assert "not sent to eve@example.org, others have it" in outcome.reason
    assert server.recipients == [["ada@example.org"]]


async def test_all_refused_and_one_for_now(mail: Mail, send: Send) -> None:
    server = mail(replies={"RCPT ada@example.org": "550 5.1.1 who?", "RCPT": "451 4.7.1 later"})
    outcome = await send(server.url("&cc=eve@example.org"))
    assert (outcome.result, outcome.status, outcome.ambiguous) == ("retry", 451, False)


async def test_a_server_that_says_nothing(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@example.org&to=b@example.org&mode=insecure"
        outcome = await send(url, NOTE, deadline=0.5)
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "The mail server: no answer in time"
    assert outcome.took_ms < 2000


async def test_no_server(send: Send) -> None:
    outcome = await send("mailto://127.0.0.1:1?from=a@example.org&to=b@example.org&mode=insecure")
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "The mail server: the connection was refused"


# ---- the text part, and what belongs together ---------------------------------------------------

PAGE = Notification(
    title="Project finished: Logo",
    body='<html lang="en"><head><title>x</title><style>p{}</style></head><body><h1 class="title">Logo</h1><p>one &amp;'
    ' <b>two é</b></p><p><a href="https://b.example/1">Open it</a></p></body></html>',
    format="html",
    thread="creads/project/55e8",
)


async def test_the_text_part_is_ours(mail: Mail, send: Send) -> None:
    server = mail()
    await send(server.url(), PAGE)
    (message,) = server.received
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in message.iter_parts())
    assert text.split() == ["Logo", "one", "&", "two", "é", "Open", "it:", "https://b.example/1"]
    assert len(text.splitlines()) == 4
    assert "<style>p{}</style>" in html


async def test_mails_about_one_resource_belong_together(mail: Mail, send: Send) -> None:
    server = mail()
    for note in (PAGE, replace(PAGE, title="Another"), replace(PAGE, thread="creads/project/other")):
        assert (await send(server.url(), note)).result == "delivered"
    first, second, other = server.received
    assert first["references"] == first["in-reply-to"] == second["references"]
    assert first["references"].startswith("<thread.")
    assert first["references"].endswith("@example.org>")
    assert other["references"] != first["references"]
    assert len({message["message-id"] for message in server.received}) == 3
    assert all(len(message.get_all("message-id", [])) == 1 for message in server.received)
    assert (first["auto-submitted"], first["list-id"]) == ("auto-generated", "<creads.bridge.example.org>")


async def test_each_attempt_of_a_delivery_is_the_same_mail(mail: Mail, send: Send) -> None:
    server = mail()
    for _ in range(2):
        await send(server.url(), PAGE)
    first, again = server.received
    assert first["message-id"] == again["message-id"]


async def test_a_mail_about_nothing_stands_alone(mail: Mail, send: Send) -> None:
    server = mail()
    await send(server.url(), replace(PAGE, thread=""))
    (message,) = server.received
    assert (message["references"], message["in-reply-to"], message["list-id"]) == (None, None, None)


@pytest.mark.parametrize("thread", ["x\r\nBcc: eve@evil.example/y/z", "é\u2028/a/b", "\ud800/a/b"])
async def test_a_thread_cannot_add_a_header(mail: Mail, send: Send, thread: str) -> None:
    server = mail()
    outcome = await send(server.url(), replace(PAGE, thread=thread))
    assert outcome.result == "delivered"
    assert server.received[0]["bcc"] is None
    assert server.recipients == [["ada@example.org"]]
