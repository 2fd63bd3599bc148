"""A store with a day's events, and the console in front of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from quart.typing import TestClientProtocol

from bridge.config.snapshot import Snapshot, load
from bridge.model import Decision, Delivery, Outcome, Planned
from bridge.store import Store
from bridge.web import Window, build
from tests.console.checks import faults
from tests.store.support import NOON, Clock, matched, planned, record, settled

BIG = "Big <b>project</b>"
HOSTILE = """<script>alert('x')</script>" onload="alert(1) <img src=x onerror=alert(2)> {{ 7*7 }}"""

TOKEN = "token-of-the-tests-0123456789-abcdef"
CONFIG = """\
listen: 127.0.0.1:8099
store: sqlite:///bridge.db
locale: en_GB
timezone: Europe/Paris
admin_token: ${TEST_TOKEN}
redact: [iban]
sources:
  creads: {type: creads, secrets: ["${TEST_SECRET}"], expect_every: 3d}
destinations:
  team: {url: "console://"}
  boss: {url: "${BOSS_URL}"}
"""
RULES = """\
rules:
  - name: New project
    when: Project *
    notify: team
  - name: Big <b>project</b>
    when: Project updated
    if:
      resource.status: {to: finished}
      resource.iban: FR76
    notify: boss
"""
ENVIRON = {
    "TEST_TOKEN": TOKEN,
    "TEST_SECRET": "a-secret-of-the-tests-0123456789",
    "BOSS_URL": "json://user:pass-of-the-boss@127.0.0.1:9/hook",
}


@dataclass
class Site:
    """The console over one store."""

    store: Store
    snapshot: Snapshot
    client: TestClientProtocol
    clock: Clock
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def change(self, snapshot: Snapshot) -> None:
        """Let another snapshot be in force."""
        self.snapshot = snapshot

    async def get(self, path: str, *, language: str = "en", status: int = 200) -> str:
        """The page's HTML."""
        response = await self.client.get(path, headers={"Accept-Language": language, **self.headers})
        text = (await response.get_data(as_text=True)) or ""
        assert response.status_code == status, (path, response.status_code, text[:2000])
        assert faults(text) == []
        return text


async def tell(
    site: Site, gid: str, *plans: Planned, at: float, fired: bool = True, **resource: Any
) -> tuple[int, list[Delivery]]:
    """Record an update of a project at this moment and match it with these plans."""
    site.clock.now = at
    await record(site.store, json.dumps({"resource": {"gid": gid, **resource}}), gid=gid, at=at)
    (event,) = await site.store.unmatched(1)
    facts: dict[str, Any] = {
        "version": site.snapshot.version,
        "resource": {"gid": gid, **resource},
        "previous": {"gid": gid, "status": "draft"},
        "decisions": (Decision(rule="New project", file="rules/a.yaml", line=2, fired=True),) if fired else (),
    }
    return event.id, await site.store.write_matched([matched(event, *plans, **facts)])


async def fill(site: Site) -> dict[str, int]:
    """A day: one that arrived, one that the boss did not get and that hurts, one that told nobody."""
    found = {}
    note = planned("team", title="Logo", body="done & dusted")
    found["fine"], (sent,) = await tell(
        site, "p1", note, at=NOON - 3600, title="Logo", status="open", token="tok-123456", iban="DE77"
    )
    await site.store.settle(settled(sent))
    boss = planned("boss", rule=BIG, title=HOSTILE, body=HOSTILE)
    found["missed"], (sent,) = await tell(
        site, "p2", boss, at=NOON - 1800, title=HOSTILE, status="finished", iban="FR76", **{HOSTILE: 1}
    )
    gone = Outcome(result="failed", reason=f"the service says {HOSTILE}", status=404, answer=HOSTILE, took_ms=7)
    await site.store.settle(settled(sent, "failed", outcome=gone, reason=gone.reason))
    found["nobody"], _ = await tell(site, "p3", at=NOON - 60, fired=False, title="Quiet", status="open")
    site.clock.now = NOON
    return found


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A console over an empty store."""
    for folder in ("rules", "templates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    snapshot = load(tmp_path / "config.yaml", ENVIRON)
    clock = Clock()
    store = await Store.open(snapshot.settings.store, owner="me", clock=clock)
    await store.save_version(snapshot.version, snapshot.files)
    made: list[Site] = []
    window = Window(
        store=store,
        snapshot=lambda: made[0].snapshot if made else snapshot,
        token=TOKEN,
        state=lambda: "running",
        clock=clock,
    )
    made.append(Site(store, snapshot, build(window).test_client(), clock))
    yield made[0]
    await store.close()
