"""Rules, one rule, and what runs here."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from bridge.errors import Problem
from bridge.model import Place, replace
from tests.console.conftest import BIG, ENVIRON, Site, fill


async def test_rules_with_their_figures(site: Site) -> None:
    await fill(site)
    page = await site.get("/rules")
    assert "2 rules (1 file), 2 switched on." in page
    assert "Project updated → boss" in page
    assert "Project * → team" in page
    assert "fired on each of the last 7 days: 0, 0, 0, 0, 0, 0, 1" in page
    assert "Big &lt;b&gt;project&lt;/b&gt;" in page
    assert "New project" not in await site.get("/rules?q=big")
    assert "No rule matches" in await site.get("/rules?q=nothing")
    assert "No rule matches" in await site.get("/rules?file=../config.yaml")


async def test_a_refused_file(site: Site) -> None:
    path = site.snapshot.settings.rules / "a.yaml"
    path.write_text(path.read_text().replace("notify: boss", "notfy: <boss>"), encoding="utf-8")
    problem = Problem(place=Place("rules/a.yaml", 10, 5), code="unknown-key", message="unknown key `notfy`", width=5)
    site.change(replace(site.snapshot, refused={"rules/a.yaml": (problem,)}, problems=(problem,)))
    await fill(site)
    page = await site.get("/rules")
    assert "rules/a.yaml:10:5: error[unknown-key]: unknown key `notfy`" in page
    assert "notfy: &lt;boss&gt;" in page
    assert "<em>   |     ^^^^^</em>" in page
    assert "as they were before the change" in page
    assert 'title="1 files refused"' in page
    assert "rules/a.yaml is refused" in await site.get("/")
    page = await site.get(f"/rule?name={quote(BIG)}")
    assert "the change is refused" in page
    assert "<b>notify</b>: boss" in page


async def test_a_rule_with_its_lines(site: Site) -> None:
    await fill(site)
    page = await site.get(f"/rule?name={quote(BIG)}")
    assert '<span id="L5" class="is-at">  - <b>name</b>: Big &lt;b&gt;project&lt;/b&gt;' in page
    assert '<span id="L4">    <b>notify</b>: team' in page
    assert "rules/a.yaml, line 5" in page
    assert "Fired 1 × in 7 days." in page


@pytest.mark.parametrize("name", ["", "nothing", "<script>", "x" * 5000])
async def test_a_rule_that_is_not_there(site: Site, name: str) -> None:
    assert "No rule in force is called" in await site.get(f"/rule?name={quote(name)}", status=404)


async def test_about(site: Site) -> None:
    await fill(site)
    await site.store.audit("camille", "added a silence", "<b>")
    page = await site.get("/about")
    assert "about 3, for" in page
    assert "camille added a silence<p>&lt;b&gt;</p>" in page
    assert "<b>boss</b>: {url: json://••••••" in page
    assert "<b>admin_token</b>: ••••••" in page
    for secret in (*ENVIRON.values(), "pass-of-the-boss"):
        assert secret not in page
    assert "Configuration en vigueur" in await site.get("/about", language="fr")


async def test_about_says_what_waits_for_a_start(site: Site) -> None:
    site.change(replace(site.snapshot, waiting=("listen",)))
    assert "Changed, and taken at the next start: listen" in await site.get("/about")
