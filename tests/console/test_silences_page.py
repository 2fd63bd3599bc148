"""Silences from a form, and sources."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.metrics import POSTS
from bridge.model import Silence
from bridge.refusals import MOST, Refusals
from tests.console.conftest import HOSTILE, Site, fill
from tests.console.visitor import TOKEN, USERS, opened
from tests.store.support import NOON

ADMIN = f"admin_token: {TOKEN}\n"


async def test_a_silence_from_the_form_to_its_end(tmp_path: Path) -> None:
    async with opened(tmp_path, ADMIN) as house:
        hand = house.visitor()
        await hand.sign_in_by_token()
        csrf = await hand.form()
        given = {"gid": "p<1>", "for": "1d", "why": HOSTILE, "destination": "", "csrf": csrf}
        page = await (await hand.post("/silences", **given)).get_data(as_text=True)
        assert "Keep every message gid p&lt;1&gt; from people until" in page
        assert "that were such: 0." in page
        assert HOSTILE not in page
        assert await house.store.silences() == []
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        assert fields["gid"] == "p&lt;1&gt;"
        answer = await hand.post("/silences", **given, sure="yes")
        assert answer.headers["Location"] == "/silences?did=silence.added"
        (silence,) = await house.store.silences()
        assert (silence.gid, silence.destination, silence.who) == ("p<1>", None, "admin")
        assert silence.ends_at - silence.starts_at == 86400
        page = await (await hand.get(answer.headers["Location"])).get_data(as_text=True)
        assert "The silence is on." in page
        path = f"/silences/{silence.id}/end"
        page = await (await hand.post(path, csrf=csrf)).get_data(as_text=True)
        assert "End the silence now: every message gid p&lt;1&gt;" in page
        assert await house.store.silences() != []
        answer = await hand.post(path, csrf=csrf, sure="yes")
        assert await house.store.silences() == []
        page = await (await hand.get(answer.headers["Location"])).get_data(as_text=True)
        assert "The silence has ended" in page
        assert "ended by admin" in page
        assert (await hand.post(path, csrf=csrf, sure="yes")).status_code == 404
        assert [what for _, what, _ in (await house.audited())[:2]] == ["silence.ended", "silence.added"]


async def test_what_cannot_be_kept_is_told_beside_the_form(tmp_path: Path) -> None:
    async with opened(tmp_path, ADMIN) as house:
        hand = house.visitor()
        await hand.sign_in_by_token()
        answer = await hand.post("/silences", csrf=await hand.form(), why="quiet", **{"for": "1h"})
        page = await answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "say what to silence" in page
        assert 'value="quiet"' in page
        answer = await hand.post(
            "/silences", csrf=await hand.form(), why="quiet", where="<b> ==", everything="", **{"for": "1h"}
        )
        page = await answer.get_data(as_text=True)
        assert 'value="&lt;b&gt; =="' in page
        assert "in `where`" in page


async def test_how_much_a_silence_keeps_back(site: Site) -> None:
    await fill(site)
    await site.store.add_silence(
        Silence(id=0, starts_at=NOON, ends_at=NOON + 60, reason=HOSTILE, who="api", destination="boss", where="true")
    )
    page = await site.get("/silences?destination=boss&why=holiday")
    assert "every message to boss where <code>true</code>" in page
    assert '<option value="boss" selected>' in page
    assert 'value="holiday"' in page
    assert "Fin" in await site.get("/silences", language="fr")


async def test_a_message_leads_to_its_silence(site: Site) -> None:
    found = await fill(site)
    answer = await site.client.get(f"/events/{found['fine']}/mute", headers=site.headers)
    assert answer.headers["Location"] == "/silences?gid=p1&source=creads&type=Project"
    assert (await site.client.get("/events/99999/mute", headers=site.headers)).headers["Location"] == "/silences"


async def test_who_may_look_sees_no_form(tmp_path: Path) -> None:
    async with opened(tmp_path, USERS) as house:
        noor = house.visitor()
        await noor.sign_in("noor")
        for path in ("/silences", "/sources"):
            page = await (await noor.get(path)).get_data(as_text=True)
            main = re.search(r"<main.*</main>", page, re.DOTALL)
            assert main
            assert "<form" not in main[0]
        assert (await noor.post("/silences", csrf=await noor.form(), why="x", gid="x")).status_code == 403


# ---- sources -------------------------------------------------------------------------------------


async def test_sources(site: Site) -> None:
    page = await site.get("/sources")
    assert "Nothing came from it yet." in page
    assert "http://127.0.0.1:8099/hooks/creads" in page or "/hooks/creads</code>" in page
    assert "every 3 d or sooner" in page


async def test_a_source_that_speaks_and_falls_silent(site: Site) -> None:
    await fill(site)
    POSTS.labels("creads", "401").inc()
    page = await site.get("/sources")
    assert "3 events in 14 days." in page
    assert "had a bad signature and got 401" in page
    assert "events on each of the last 14 days: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3" in page


async def test_a_silent_source(site: Site) -> None:
    await fill(site)
    site.clock.now = NOON + 4 * 86400
    page = await site.get("/sources")
    assert "No event for 4 d" in page
    assert "1 silent" in page


async def test_refused_posts(tmp_path: Path) -> None:
    kept = Refusals(lambda: house.now)
    async with opened(tmp_path, USERS, refusals=kept.newest) as house:
        noor = house.visitor()
        await noor.sign_in("noor")
        assert "Refused requests" not in await (await noor.get("/sources")).get_data(as_text=True)
        kept.note("creads", 413, "the body is larger than 1,000 bytes", "203.0.113.7")
        house.now += 1
        kept.note("", 404, "no source of this name is configured", "")
        for number in range(30):
            house.now += 1
            kept.note("creads", 401, f"signature <b>{number}</b>", "198.51.100.24")
        page = await (await noor.get("/sources")).get_data(as_text=True)
        assert "Refused requests" in page
        assert page.count("<code>198.51.100.24</code>") == MOST
        assert page.index("Signature &lt;b&gt;29&lt;/b&gt;.") < page.index("Signature &lt;b&gt;10&lt;/b&gt;.")
        assert "&lt;b&gt;9&lt;" not in page  # older ones made room
        assert "No source of this name is configured." in page  # not for those of another source
