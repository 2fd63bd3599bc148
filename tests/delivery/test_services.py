"""Real plug-ins against played services: what each would have shown, and what Bridge makes of each answer."""

from __future__ import annotations

from tests.delivery.conftest import Send
from tests.services import FakeWorld

TOKENS = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
SLACK = f"slack://{TOKENS}"


async def test_slack_shows_title_and_text(world: FakeWorld, send: Send) -> None:
    outcome = await send(SLACK)
    print(outcome)
    for r in world.received:
        print(r)
    for u in [
        "discord://1234567890/abcdefghijklmnop",
        "tgram://123456789:abcdefg_hijklmnop/12345",
        "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu",
        "slack://xoxb-1234-1234-abc124/#general",
        "ntfys://topic",
        "jsons://u:p@example.com/x",
    ]:
        print(await send(u))
        print(world.received[-1])
    assert 0
