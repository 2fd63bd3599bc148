"""What a service can do beyond text is asked for in the address, in the words of Apprise, and passes through."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.model import Notification, Tone, replace
from tests.delivery.conftest import NOTE, Send
from tests.services import FakeWorld

pytestmark = pytest.mark.asyncio(loop_scope="package")

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu"


async def posted(world: FakeWorld, send: Send, url: str, note: Notification = NOTE) -> Any:
    await send(url, note)
    (request,) = world.received
    return request.json


async def test_slack_blocks(world: FakeWorld, send: Send) -> None:
    payload = await posted(world, send, f"{SLACK}?blocks=yes&footer=no")
    (attachment,) = payload["attachments"]
    assert [block["type"] for block in attachment["blocks"]] == ["header", "section"]
    assert attachment["blocks"][0]["text"]["text"] == NOTE.title
    assert "*1 020 €*" in attachment["blocks"][1]["text"]["text"]


async def test_a_teams_card(world: FakeWorld, send: Send) -> None:
    payload = await posted(world, send, TEAMS)
    (attachment,) = payload["attachments"]
    assert attachment["content"]["type"] == "AdaptiveCard"


@pytest.mark.parametrize("tone", ["info", "success", "warning", "failure"])
async def test_the_tone_is_the_services_colour_and_word(world: FakeWorld, send: Send, tone: Tone) -> None:
    payload = await posted(world, send, "jsons://sink.example/x", replace(NOTE, tone=tone))
    assert payload["type"] == tone
    world.received.clear()
    slack = await posted(world, send, SLACK, replace(NOTE, tone=tone))
    colours = {"info": "#3AA3E3", "success": "#3AA337", "warning": "#CACF29", "failure": "#A32037"}
    assert slack["attachments"][0]["color"] == colours[tone]
