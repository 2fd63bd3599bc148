"""Destinations: how they stand, and what hands may do with them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from bridge.model import Destination, Outcome
from bridge.web.console import WEEK
from tests.console.conftest import BIG, HOSTILE, Site, fill, tell
from tests.console.visitor import TOKEN, USERS, House, opened
from tests.store.support import NOON, planned


async def test_a_list_of_all(site: Site) -> None:
    await fill(site)
    await site.store.pauses.pause("boss", f"it says {HOSTILE}", failures=5)
    page = await site.get("/destinations")
    assert page.index(">boss</a>") < page.index(">team</a>")
    assert "It says &lt;script&gt;" in page
    assert "Next probe <time" in page
    assert "Taken at <time" in page
    assert 'title="1 paused"' in page
    french = await site.get("/destinations", language="fr")
    assert "Destination et dernière réponse" in french


async def test_one_of_them(site: Site) -> None:
    await fill(site)
    page = await site.get("/destinations/boss")
    assert "boss: 1 message did not arrive" in page
    assert "404, the service says &lt;script&gt;" in page
    assert "json://••••••" in page
    assert "pass-of-the-boss" not in page


async def test_a_paused_one(site: Site) -> None:
    found = await fill(site)
    await site.store.pauses.pause("boss", "no such address", failures=5)
    site.clock.now = NOON + 60
    await tell(site, "p9", planned("boss", rule=BIG, title="Later"), at=NOON + 60)
    page = await site.get("/destinations/boss")
    assert "boss is paused" in page
    assert "after 5 failures in a row" in page
    assert "1 message waits in its queue. 1 failed and can be sent again." in page
    assert '<h2 id="h-err">No such address.</h2>' in page
    assert "1 failed, 1 wait" in page
    assert page.index(f'"/events/{found["missed"]}#') < page.index("Later</a>")  # the order they leave in
    assert "<p>The service says &lt;script&gt;" in page


async def test_one_failure_is_one(site: Site) -> None:
    await site.store.pauses.pause("boss", "no such address", failures=1)
    assert "after 1 failure." in await site.get("/destinations/boss")
    assert "après 1 échec." in await site.get("/destinations/boss", language="fr")


@pytest.mark.parametrize("name", ["nobody", "%3Cscript%3E", "x" * 5000])
async def test_one_that_is_not_there(site: Site, name: str) -> None:
    assert "No destination is called" in await site.get(f"/destinations/{name}", status=404)


# ---- what hands do -------------------------------------------------------------------------------

ADMIN = f"admin_token: {TOKEN}\n"


async def is_paused(house: House, name: str = "team") -> bool:
    states = await house.store.destination_states()
    return name in states and states[name].state == "paused"


async def test_paused_and_resumed_by_hand(tmp_path: Path) -> None:
    async with opened(tmp_path, ADMIN) as house:
        hand = house.visitor()
        await hand.sign_in_by_token()
        name = next(iter(house.window.snapshot().settings.destinations))
        path, csrf = f"/destinations/{name}", await hand.form()
        page = await (await hand.post(path, csrf=csrf, do="pause")).get_data(as_text=True)
        assert f"Pause {name}" in page
        assert not await is_paused(house, name)
        answer = await hand.post(path, csrf=csrf, do="pause", sure="yes", why="moving <b>house</b>")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?did=destination.paused")
        assert await is_paused(house, name)
        page = await (await hand.get(answer.headers["Location"])).get_data(as_text=True)
        assert f"{name} is paused: what comes for it waits." in page
        assert "Moving &lt;b&gt;house&lt;/b&gt;." in page
        assert (await house.audited())[0] == ("admin", "destination.paused", f"{name}: moving <b>house</b>")
        assert "what comes for it waits." not in await (await hand.get(path)).get_data(as_text=True)
        answer = await hand.post(path, csrf=csrf, do="resume", sure="yes")
        assert not await is_paused(house, name)
        page = await (await hand.get(answer.headers["Location"])).get_data(as_text=True)
        assert f"{name} is active again" in page


async def test_an_address_alone_says_nothing_was_done(site: Site) -> None:
    assert 'role="status"' not in await site.get("/destinations/team?did=destination.paused")


async def test_without_a_token_nothing_happens(tmp_path: Path) -> None:
    async with opened(tmp_path, ADMIN) as house:
        hand = house.visitor()
        await hand.sign_in_by_token()
        name = next(iter(house.window.snapshot().settings.destinations))
        assert (await hand.post(f"/destinations/{name}", do="pause", sure="yes")).status_code == 403
        assert (await hand.post(f"/destinations/{name}", csrf=await hand.form(), do="nothing")).status_code == 400
        assert not await is_paused(house, name)


async def test_a_test_says_how_it_went(tmp_path: Path) -> None:
    outcomes = [Outcome(result="failed", reason="it knows no such address", status=404), Outcome(result="delivered")]
    tried: list[tuple[str, str]] = []

    async def test(destination: Destination, who: str, now: datetime) -> Outcome:
        tried.append((destination.name, who))
        return outcomes[len(tried) - 1]

    async with opened(tmp_path, ADMIN, test=test) as house:
        hand = house.visitor()
        await hand.sign_in_by_token()
        name = next(iter(house.window.snapshot().settings.destinations))
        for words in (f"{name} did not take the test. It knows no such address.", f"{name} took the test."):
            answer = await hand.post(f"/destinations/{name}", csrf=await hand.form(), do="test")
            assert words in await (await hand.get(answer.headers["Location"])).get_data(as_text=True)
            house.now += 1
        assert tried == [(name, "admin")] * 2


async def test_who_may_look_sees_no_button(tmp_path: Path) -> None:
    async with opened(tmp_path, USERS) as house:
        noor = house.visitor()
        await noor.sign_in("noor")
        name = next(iter(house.window.snapshot().settings.destinations))
        for path in ("/destinations", f"/destinations/{name}"):
            page = await (await noor.get(path)).get_data(as_text=True)
            main = re.search(r"<main.*</main>", page, re.DOTALL)
            assert main
            assert "<form" not in main[0]
            assert "<button" not in main[0]
        answer = await noor.post(f"/destinations/{name}", csrf=await noor.form(), do="pause", sure="yes")
        assert answer.status_code == 403


async def test_what_failed_is_sent_again_too(site: Site) -> None:
    await fill(site)
    await site.store.pauses.pause("boss", "no such address", failures=5)
    _, held = await tell(site, "p9", planned("boss", rule=BIG, title="Later"), at=NOON + 60)
    assert held == []
    form = {"csrf": "", "do": "resume", "sure": "yes", "failed": "on"}
    answer = await site.client.post("/destinations/boss", form=form, headers=site.headers)
    assert answer.status_code == 303
    rows = await site.store.deliveries(destination="boss", state="pending", since=NOON - WEEK)
    assert sorted(row.title for row in rows) == sorted(["Later", HOSTILE])


async def test_by_the_api_too(site: Site) -> None:
    async def ask(verb: str, name: str = "boss", **body: object) -> tuple[int, dict[str, object]]:
        path = f"/api/v1/destinations/{name}/{verb}"
        answer = await site.client.post(path, json=body, headers=site.headers)
        return answer.status_code, await answer.get_json()

    await fill(site)
    status, view = await ask("pause", why="moving <house>")
    assert (status, view["state"], view["reason"], view["paused_by"]) == (200, "paused", "moving <house>", "admin")
    assert (await ask("pause"))[0] == 409
    status, view = await ask("resume", failed=True)
    assert (status, view["state"], view["failed"]) == (200, "active", 0)
    assert (await ask("resume"))[0] == 409
    status, view = await ask("test")
    assert (status, view["outcome"], view["reason"]) == (200, "failed", "nothing sends here")
    assert (await ask("pause", "nobody"))[0] == 404
    assert (await ask("pause", wy="x"))[0] == 400
    noted = [row.what for row in await site.store.audits()]
    assert noted[:4] == ["destination.tested", "destination.resumed", "deliveries.replayed", "destination.paused"]
