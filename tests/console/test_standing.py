"""/api/v1/destinations: how each one stands, and never where it is."""

from __future__ import annotations

import json
from typing import Any

from bridge.model import Bundling, Outcome
from tests.console.conftest import ENVIRON, Site, fill, tell
from tests.store.support import NOON, planned, settled


async def destinations(site: Site) -> dict[str, Any]:
    """The answer, by name."""
    response = await site.client.get("/api/v1/destinations", headers=site.headers)
    assert response.status_code == 200
    text = await response.get_data(as_text=True)
    for secret in (ENVIRON["BOSS_URL"], "pass-of-the-boss", "127.0.0.1:9"):
        assert secret not in text
    page = json.loads(text)
    assert page["next"] is None
    return {one["name"]: one for one in page["items"]}


async def test_nothing_was_sent_yet(site: Site) -> None:
    found = await destinations(site)
    assert list(found) == ["team", "boss"]
    assert found["boss"] == {
        "name": "boss",
        "kind": "json",
        "state": "active",
        "paused_since": None,
        "paused_by": None,
        "reason": None,
        "next_probe_at": None,
        "concurrency": 4,
        "rate": None,
        "fallback": None,
        "waiting": {"pending": 0, "held": 0, "merged": 0},
        "oldest_waiting": None,
        "failed": 0,
        "last_delivered_at": None,
        "last_error": None,
    }


async def test_what_it_took_and_what_it_refused(site: Site) -> None:
    await fill(site)
    found = await destinations(site)
    assert found["team"]["last_delivered_at"] == "2025-11-25T12:00:00.000+00:00"
    assert found["team"]["last_error"] is None
    assert found["boss"]["failed"] == 1
    assert found["boss"]["last_error"]["status"] == 404
    assert found["boss"]["last_error"]["reason"].startswith("the service says")


async def test_what_waits(site: Site) -> None:
    digest = planned(state="merged", bundle=Bundling(kind="digest", key="", due_at=NOON))
    hours = planned(state="held", bundle=Bundling(kind="hours", key="", due_at=NOON))
    for number, plan in enumerate((digest, hours, planned(), planned())):
        _, given = await tell(site, f"p{number}", plan, at=NOON - 60 + number)
        if number == 3:
            again = Outcome(result="retry", reason="Slack answered 503", status=503)
            await site.store.settle(settled(given[0], "pending", outcome=again, reason=again.reason))
    team = (await destinations(site))["team"]
    assert team["waiting"] == {"pending": 2, "held": 1, "merged": 1}
    assert team["oldest_waiting"] == "2025-11-25T11:59:00.000+00:00"
    assert team["last_error"]["status"] == 503


async def test_one_that_is_paused(site: Site) -> None:
    for number in range(3):
        _, given = await tell(site, f"p{number}", planned("boss"), at=NOON - 60)
        await site.store.release([one.id for one in given])
    site.clock.now = NOON
    await site.store.pauses.pause("boss", "it answered 503", failures=5)
    await site.store.pauses.hold_waiting("boss")
    boss = (await destinations(site))["boss"]
    assert (boss["state"], boss["paused_by"], boss["reason"]) == ("paused", "failures", "it answered 503")
    assert boss["paused_since"] == "2025-11-25T12:00:00.000+00:00"
    assert boss["next_probe_at"] == "2025-11-25T12:00:05.000+00:00"
    assert boss["waiting"] == {"pending": 0, "held": 3, "merged": 0}


async def test_one_that_is_paused_by_hand(site: Site) -> None:
    await site.store.pauses.pause("team", "moving house", who="ada")
    team = (await destinations(site))["team"]
    assert (team["paused_by"], team["next_probe_at"]) == ("ada", None)
