"""An event run once more, what was filled in from memory, and the list of who did what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.model import Matched, replace
from tests.console.conftest import Site, fill
from tests.console.test_actions import hand_of, send, text_of
from tests.console.visitor import USERS, House, opened
from tests.store.support import NOON, matched, planned, record

RULES = """\
rules:
  - {name: Changed, when: Project updated, notify: projects}
  - {name: Once, when: Project updated, notify: managers, once: {per: 1d}}
"""


async def told(house: House) -> int:
    """An event that told both."""
    await record(house.store, '{"resource": {"gid": "g1", "title": "Logo"}}', at=house.now)
    (event,) = await house.store.unmatched(1)
    plans = [planned(to, rule=rule, title="Logo") for to, rule in (("projects", "Changed"), ("managers", "Once"))]
    await house.store.write_matched([matched(event, *plans, resource={"gid": "g1", "title": "Logo"})])
    return event.id


async def test_an_event_is_run_once_more(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "messages.yaml").write_text(RULES, encoding="utf-8")
    async with opened(tmp_path, USERS) as house:
        id = await told(house)
        hand = await hand_of(house)
        page = await text_of(await send(hand, f"/events/{id}/replay"))
        assert "Would be sent: 2. Without asking gates and silences: 2." in page
        assert len(await house.store.deliveries()) == 2
        answer = await send(hand, f"/events/{id}/replay", sure="yes")
        page = await text_of(await hand.get(answer.headers["Location"]))
        assert "run through today’s rules: 2 deliveries." in page
        page = await text_of(await send(hand, f"/events/{id}/replay"))
        assert "Would be sent: 1. Without asking gates and silences: 2." in page
        await send(hand, f"/events/{id}/replay", sure="yes", force="yes")
        assert (await house.audited())[0] == (
            "camille",
            "event.replayed",
            f"event {id}: 2 deliveries, gates not asked",
        )
        assert len(await house.store.deliveries(destination="managers", state="pending")) == 3
        await text_of(await send(hand, "/events/99/replay"), 404)
        await record(house.store, "not yet", gid="g2", at=house.now)
        page = await text_of(await send(hand, f"/events/{id + 1}/replay"), 409)
        assert "is not matched yet" in page


async def test_what_is_remembered_says_since_when(site: Site) -> None:
    site.clock.now = NOON
    await record(site.store, "A")
    (event,) = await site.store.unmatched(1)
    resource = {"gid": "g1", "iban": "FR76", "owner": {"name": "Ada"}}
    one: Matched = matched(event, resource=resource, previous=None, version=site.snapshot.version)
    filled = {"owner.name": event.received_at - 7200, "iban": event.received_at - 60}
    await site.store.write_matched([replace(one, filled=filled)])
    page = await site.get(f"/events/{event.id}")
    assert "remembered, 2 h old" in page
    assert page.count("remembered, 1 min old") == 2  # in the payload, and where a rule asked for it


async def test_who_did_what(site: Site) -> None:
    await fill(site)
    for number in range(60):
        await site.store.audit("ada", "rule.disabled", f"<b>{number}</b>")
    page = await site.get("/audit")
    assert "&lt;b&gt;59&lt;/b&gt;" in page
    assert "&lt;b&gt;9&lt;/b&gt;" not in page
    (older,) = re.findall(r'href="(/audit\?cursor=\d+)"', page)
    page = await site.get(older)
    assert "&lt;b&gt;9&lt;/b&gt;" in page
    assert 'href="/audit"' in await site.get("/about")
    await site.get("/audit?cursor=x", status=400)
    response = await site.client.get("/api/v1/audit?limit=2", headers=site.headers)
    answer = await response.get_json()
    assert [(one["who"], one["what"], one["detail"]) for one in answer["items"]] == [
        ("ada", "rule.disabled", "<b>59</b>"),
        ("ada", "rule.disabled", "<b>58</b>"),
    ]
    assert answer["next"] == answer["items"][-1]["id"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=", "q=a", "cursor=-1", "cursor=9&cursor=8"])
async def test_odd_questions_about_who_did_what(site: Site, query: str) -> None:
    response = await site.client.get(f"/api/v1/audit?{query}", headers=site.headers)
    assert response.status_code == 400
