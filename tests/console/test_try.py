"""Try: what would fire and what people would read; nothing is sent, and nothing that is pasted comes to life."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from tests.console.checks import faults
from tests.console.conftest import HOSTILE, Site, fill

RULE = """\
rules:
  - name: Finished
    when: Project updated
    if:
      resource.status: {to: finished}
      resource.price.amount: {gte: 1000}
    notify:
      - {to: team, title: "{{ resource.title }}", body: "It is {{ resource.status }}"}
"""
CORPUS = Path(__file__).parents[1] / "corpus"


def body(**resource: object) -> str:
    return json.dumps(
        {
            "event": "resource.updated",
            "resource_type": "Project",
            "resource_gid": "p77",
            "resource": {"gid": "p77", **resource},
        }
    )


async def attempt(site: Site, path: str = "/try", **given: str) -> str:
    form = {"event": "", "loaded": "", "previous": "", "template": "", "text": "", **given}
    answer = await site.client.post(path, form=form, headers={"Accept-Language": "en", **site.headers})
    text = await answer.get_data(as_text=True)
    assert answer.status_code == 200, text[:2000]
    # What is pasted is shown again, however long it is.
    assert [one for one in faults(text) if not one.endswith(" bytes")] == []
    return str(text)


async def test_it_fires_and_says_this(site: Site) -> None:
    page = await attempt(
        site,
        body=body(title=HOSTILE, status="finished", price={"amount": 1500}),
        previous='{"status": "open"}',
        rule=RULE,
    )
    assert "It fires for “Project updated”." in page
    assert "What team would read" in page
    assert "It is finished" in page
    assert "<code>≥ 1000</code>" in page
    frame = re.search(r'src="(/try/mail/[^"]+)"', page)
    assert frame
    answer = await site.client.get(frame[1], headers=site.headers)
    mail = await answer.get_data(as_text=True)
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "&lt;script&gt;" in mail
    assert "<script" not in mail
    assert await site.store.deliveries() == []
    assert await site.store.events() == []


async def test_why_it_does_not_fire(site: Site) -> None:
    page = await attempt(site, body=body(title="Logo", status="finished"), previous='{"status": "open"}', rule=RULE)
    assert "does not fire" in page
    assert "<code>resource.price.amount</code> is missing here, so its test is unknown" in page
    assert "What team would read if it fired" in page
    page = await attempt(
        site,
        body=body(title="Logo", status="finished", price={"amount": 2000}),
        previous='{"status": "open"}',
        rule=RULE.replace("{to: finished}", "{from: paid, to: finished}"),
    )
    assert "<code>resource.status</code> should have been <code>paid</code>, it was <code>open</code>" in page
    page = await attempt(site, body=body(title="Logo"), rule=RULE.replace("updated", "created"))
    assert "It does not wait for “Project updated”." in page


async def test_mistakes_are_told_as_check_does(site: Site) -> None:
    page = await attempt(site, body=body(title="Logo"), rule=RULE.replace("when", "whn"))
    assert html.escape("unknown key `whn`") in page
    assert "try.yaml:3:5" in page
    page = await attempt(site, body=body(title="Logo"), rule=RULE, template="x.md.j2", text="{% block title %}{{ a.")
    assert "templates/x.md.j2:1:" in page
    page = await attempt(site, body=body(title="Logo"), rule=RULE, template="../../etc/x.md.j2", text="x")
    assert "a template is named as its file below `templates`" in page


@pytest.mark.parametrize("given", ["", "{", "[]", '{"event": 1}', "x" * 500_000, "\x00", "[" * 5000])
async def test_what_is_no_event(site: Site, given: str) -> None:
    assert "The event cannot be used" in await attempt(site, body=given, rule=RULE)


async def test_what_is_no_state(site: Site) -> None:
    for previous in ("{", "[1]", "[" * 5000):
        assert "state before" in await attempt(site, body=body(title="Logo"), previous=previous, rule=RULE)


async def test_a_stored_event_is_tried_as_rules_saw_it(site: Site) -> None:
    found = await fill(site)
    page = await site.get(f"/try?event={found['nobody']}&rule=New%20project")
    assert "name: New project" in page
    assert "&#34;title&#34;: &#34;Quiet&#34;" in page
    shown = html.unescape(page)
    written = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", shown, re.DOTALL)
    given = dict(zip(("body", "previous", "rule", "text"), written, strict=True))
    page = await attempt(site, event=str(found["nobody"]), loaded=str(found["nobody"]), **given)
    assert "It fires for “Project updated”." in page


async def test_another_event_is_picked(site: Site) -> None:
    found = await fill(site)
    page = await attempt(site, event=str(found["nobody"]), loaded="", body="{}", rule=RULE)
    assert "&#34;title&#34;: &#34;Quiet&#34;" in page
    page = await attempt(site, event="sample:creads:project.created", loaded="", rule=RULE)
    assert "It does not wait for “Project created”." in page
    page = await attempt(site, event="sample:nothing:<b>", loaded="", rule=RULE)
    assert "The event cannot be used" in page


async def test_on_the_last_days(site: Site) -> None:
    await fill(site)
    rule = RULE.replace("Finished", "New project").replace("{gte: 1000}", "{exists: false}")
    page = await attempt(site, "/try/backtest", body="", rule=rule)
    assert "Events replayed: 3" in page
    assert '<td class="num" data-l="gone">2</td>' in page
    page = await attempt(site, "/try/backtest", body="", rule="rules: [")
    assert "What the check says" in page


async def test_hostile_words_stay_words(site: Site) -> None:
    items = json.loads((CORPUS / "texts.json").read_text(encoding="utf-8"))["items"]
    for item in items[::8]:
        value = item["value"]
        text = value if isinstance(value, str) else json.dumps(value)
        sent = body(title=text.encode("utf-8", "replace").decode(), status="finished", price={"amount": 1500})
        page = await attempt(site, body=sent, previous='{"status": "open"}', rule=RULE)  # looks at the page's faults
        assert "It fires" in page or "cannot be used" in page
    for item in json.loads((CORPUS / "templates.json").read_text(encoding="utf-8"))["items"][::30]:
        text = str(item.get("template") or item.get("text") or item.get("value") or "")
        await attempt(site, body=body(title="Logo"), rule=RULE, template="x.html.j2", text=text)
