"""The prepared call puts the same on the wire as `Apprise.notify` does with requests as it comes."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import Any

import pytest
from apprise import Apprise, NotifyType

from bridge.delivery.prepared import ASSET
from bridge.model import Format, Notification
from tests.delivery.conftest import Send
from tests.services import FakeWorld, MailServer, Request

pytestmark = pytest.mark.asyncio(loop_scope="package")

URLS = [
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?blocks=yes&footer=no",
    "slack://xoxb-1234-1234-abc124/#general",
    "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu",
    "discord://1234567890/abcdefghijklmnop",
    "discord://1234567890/abcdefghijklmnop?format=markdown&thread=12&href=https://e.com",
    "tgram://123456789:abcdefg_hijklmnop/12345",
    "tgram://123456789:abcdefg_hijklmnop/12345?format=html",
    "ntfys://topic",
    "ntfys://ada:secret@ntfy.example.org/topic?priority=high&tags=x&actions=view",
    "jsons://example.com/a%20path/?method=put&+X-Key=one%20two&:extra=more&-query=1",
    "jsons://ada:s%C3%A9cret@example.com",
    "xmls://ada:secret@example.com/x",
    "forms://example.com/x?-q=2",
    "gchat://workspace/key/token",
    "mmosts://mattermost.example.org/abcdefghijklmnopqrstuvwx12",
    "gotifys://gotify.example.org/token123",
    "pover://ujbx4as84rmzqq6z8wxwjvpqnbeqlq@ajbx4as84rmzqq6z8wxwjvpqnbeqlq",
    "pagerduty://abcdefghijklmnopqrst@abcdefghijklmnopqrst",
    "jsons://example.com/?emojis=yes",
]
FORMATS: list[Format] = ["text", "markdown", "html"]
BODY = "a <b>bold</b> move & **more**, snake_case :smile:\n\n- one\n- [two](https://e.com/a_b)\n"


def seen_by_a_service(request: Request) -> dict[str, Any]:
    """Of a request, all that the service acts upon."""
    transport = {"accept-encoding", "connection", "content-length"}
    headers = {name: value for name, value in request.headers.items() if name not in transport}
    body = re.sub(rb'"ts": ?[0-9.]+|"timestamp": ?"[^"]+"', b"", request.body)  # the time of day
    body = re.sub(rb"[0-9a-f-]{36}", b"", body)
    return {"to": (request.method, request.host, request.path), "headers": headers, "body": body}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("url", URLS)
async def test_the_same_requests(world: FakeWorld, send: Send, url: str, format: Format) -> None:
    apprise = Apprise(asset=ASSET)
    assert apprise.add(url)
    for plugin in apprise:
        plugin.throttle = lambda *_, **__: None  # type: ignore[method-assign]  # it would sleep
    apprise.notify(title="It's *done* & <so>", body=BODY, notify_type=NotifyType.WARNING, body_format=format)
    theirs = [seen_by_a_service(request) for request in world.received]
    world.received.clear()
    await send(url, Notification(title="It's *done* & <so>", body=BODY, format=format, tone="warning"))
    assert theirs
    assert [seen_by_a_service(request) for request in world.received] == theirs


@pytest.mark.parametrize("format", FORMATS)
async def test_the_same_mail(world: FakeWorld, send: Send, format: Format) -> None:
    server = MailServer()
    try:
        url = server.url("&cc=eve@example.org&name=Bridge%20of%20us")
        apprise = Apprise(asset=ASSET)
        assert apprise.add(url)
        assert apprise.notify(title="It's *done*", body=BODY, body_format=format)
        await send(url, Notification(title="It's *done*", body=BODY, format=format))
    finally:
        server.close()
    theirs, ours = (read_by_a_person(message, html=format == "html") for message in server.received)
    assert ours == theirs
    assert server.recipients[0] == server.recipients[1]


def read_by_a_person(message: EmailMessage, *, html: bool) -> dict[str, Any]:
    """Without what test_mail.py tries: headers of ours, and the text part of HTML."""
    ours = {"Date", "Message-ID", "Content-Type", "Auto-Submitted"}
    headers = {name: value for name, value in message.items() if name not in ours}
    found = [part for part in message.walk() if not part.is_multipart()]
    parts = [(part.get_content_type(), part.get_content()) for part in found if not html or part is not found[0]]
    return {"headers": headers, "parts": parts}
