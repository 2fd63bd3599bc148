"""One event: why did anybody, or nobody, hear of it?"""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from bridge.config.snapshot import load, read_all
from bridge.web import starters
from bridge.web.code import marked
from tests.console.conftest import ENVIRON, HOSTILE, Site, fill, tell
from tests.store.support import NOON, planned, record


async def test_what_arrived(site: Site) -> None:
    ids = await fill(site)
    page = await site.get(f"/events/{ids['fine']}")
    assert "<h1>Logo</h1>" in page
    assert "1 of 2 rules fired. It reached <b>team</b>." in page
    assert "done &amp; dusted" in page
    assert '<b data-copy="resource.status">status</b> “open” <span class="tag">was draft</span>' in page


async def test_why_a_rule_did_not_fire(site: Site) -> None:
    ids = await fill(site)
    page = await site.get(f"/events/{ids['fine']}")
    assert (
        "did not fire: <code>resource.status</code> should become <code>finished</code>, it became <code>open</code>"
        in page
    )
    page = await site.get(f"/events/{ids['fine']}", language="fr")
    assert "devait devenir <code>finished</code>, il est devenu <code>open</code>" in page


async def test_secrets_are_masked(site: Site) -> None:
    ids = await fill(site)
    for name in ids:
        page = await site.get(f"/events/{ids[name]}")
        for secret in ("tok-123456", "DE77", "FR76", "pass-of-the-boss", ENVIRON["TEST_SECRET"]):
            assert secret not in page
    assert "********" in await site.get(f"/events/{ids['fine']}")


async def test_hostile_words_stay_words(site: Site) -> None:
    ids = await fill(site)
    page = await site.get(f"/events/{ids['missed']}")
    assert "It did not reach <b>boss</b>." in page
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert HOSTILE in html.unescape(page)


async def test_nobody_was_told(site: Site) -> None:
    ids = await fill(site)
    page = await site.get(f"/events/{ids['nobody']}")
    assert "no earlier" not in page
    assert "Deliveries</h2>" not in page


async def test_an_event_that_is_not_matched_yet(site: Site) -> None:
    id = (await record(site.store, '{"resource": {"gid": "p9"}}', gid="p9")).id
    assert "Not matched yet." in await site.get(f"/events/{id}")


@pytest.mark.parametrize("id", ["999999", "99999999999999999999", "0"])
async def test_an_event_that_is_not_there(site: Site, id: str) -> None:
    assert f"There is no event {id}." in await site.get(f"/events/{id}", status=404)


async def test_a_large_payload_is_cut(site: Site) -> None:
    resource = {f"field_{number}": {"deep": ["x" * 50] * 5} for number in range(900)}
    id, _ = await tell(site, "p1", at=NOON, title="Large", **resource)
    page = await site.get(f"/events/{id}")
    assert "the whole is behind “JSON”" in page


async def test_a_deep_payload(site: Site) -> None:
    deep: dict[str, object] = {"end": 1}
    for _ in range(55):
        deep = {"a": deep}
    id, _ = await tell(site, "p1", at=NOON, title="Deep", deep=deep)
    assert 'data-copy="resource.deep.a.a.' in await site.get(f"/events/{id}")


async def test_a_mail_is_shown_in_a_frame_of_its_own(site: Site) -> None:
    body = f"<p style='color: red'>Hello</p><script>alert(1)</script>{HOSTILE}"
    note = planned("team").notification
    mail = type(note)(title="A mail", body=body, format="html")
    id, (sent,) = await tell(site, "p1", planned("team", notification=mail), at=NOON)
    page = await site.get(f"/events/{id}")
    assert f'<iframe class="mailbox" sandbox src="/deliveries/{sent.id}/preview"' in page
    assert "Hello" not in page
    response = await site.client.get(f"/deliveries/{sent.id}/preview", headers=site.headers)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy
    assert body in await response.get_data(as_text=True)
    assert (await site.client.get("/deliveries/99999/preview", headers=site.headers)).status_code == 404


async def test_the_rule_and_the_test_are_taken_by_the_check(site: Site, tmp_path: Path) -> None:
    ids = await fill(site)
    for name, id in ids.items():
        page = await site.get(f"/events/{id}")
        for kind in ("rule", "test"):
            code = re.search(rf'<pre class="code" id="yaml-{kind}"[^>]*>(.*?)</pre>', page, re.DOTALL)
            assert code is not None
            text = html.unescape(re.sub(r"</?[bi]>", "", code[1])) + "\n"
            assert "DE77" not in text
            (tmp_path / "rules" / "b.yaml").write_text(text, encoding="utf-8")
            read = read_all(tmp_path / "config.yaml", ENVIRON)
            assert [(name, kind, one) for one in read.findings.problems if one.severity == "error"] == [], text
    load(tmp_path / "config.yaml", ENVIRON)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("finished", "finished"),
        ("in progress", "in progress"),
        ("true", '"true"'),
        ("4", '"4"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ('"\\', '"\\"\\\\"'),
        ("\x07\u2028", '"\\x07\\u2028"'),
        ("é", '"é"'),
        (None, "~"),
        (True, "true"),
        (4.5, "4.5"),
    ],
)
def test_values_in_yaml(value: object, written: str) -> None:
    assert starters.scalar(value) == written


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("rules:", "<b>rules</b>:"),
        ("  - name: A # why", "  - <b>name</b>: A <i># why</i>"),
        ('    body: "# no <b>"', "    <b>body</b>: &#34;# no &lt;b&gt;&#34;"),
        ("# only a comment: yes", "<i># only a comment: yes</i>"),
        ("<script>: x", "<b>&lt;script&gt;</b>: x"),
    ],
)
def test_yaml_with_its_keys_marked(line: str, shown: str) -> None:
    assert str(marked(line)) == shown
