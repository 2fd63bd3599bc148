"""From a signed Creads event to what Slack, Teams, Discord and a mail server received: whole service, real plug-ins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live, Sink, envelope
from tests.service.test_trouble import kill_sender
from tests.services import FakeWorld, MailServer, Reply, played

CONFIG = """\
listen: 127.0.0.1:{port}
public_url: https://bridge.example.com
store: {store}
locale: en_GB
timezone: Europe/Paris
admin_token: ${{TEST_TOKEN}}
operators: ops
sources:
  creads:
    type: creads
    secrets: ["${{TEST_SECRET}}"]
    links: {{Project: "https://orders.example.com/projects/{{gid}}"}}
destinations:
  slack: {{url: "${{SLACK_URL}}", retry: {{schedule: [300ms, 300ms]}}}}
  teams: {{url: "${{TEAMS_URL}}"}}
  discord: {{url: "${{DISCORD_URL}}"}}
  mail: {{url: "${{MAIL_URL}}"}}
  ops: {{url: "json://127.0.0.1:{sink}/ops"}}
"""
RULES = """\
rules:
  - name: New project
    when: Project created
    notify: [{to: slack}, {to: teams}, {to: discord}, {to: mail, attach: "{{ resource.brief_files }}"}]
"""
TEAMS_HOST = "prod-1.westus.logic.azure.com"
URLS = {
    "SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "TEAMS_URL": f"workflows://{TEAMS_HOST}:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu",
    "DISCORD_URL": "discord://1234567890/abcdefghijklmnop",
}
PROJECT: dict[str, Any] = {
    "title": "Logo <!channel> & co",
    "status": "in_progress",
    "state": "published",
    "owner": {"gid": "u1", "firstname": "Zoé", "lastname": "@everyone"},
    "price": {"amount": 1020.0, "currency": "EUR"},
    "brief_files": [{"url": "http://169.254.169.254/latest/meta-data"}],
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FakeWorld]:
    (tmp_path / "world").mkdir()
    with played(tmp_path / "world") as world:
        world.answer("hooks.slack.com", Reply(body="ok"))
        world.answer(TEAMS_HOST, Reply(status=202))
        world.answer("discord.com", Reply(status=204))
        yield world


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def bridge(live: Callable[..., Live], world: FakeWorld, post_office: MailServer) -> Live:
    environ = {**URLS, **world.environment, "MAIL_URL": post_office.url()}
    return live(config=CONFIG, rules=RULES, environ=environ)


def delivered(bridge: Live) -> list[str]:
    items = bridge.api("/deliveries?state=delivered")["items"]
    return sorted(item["destination"] for item in items if item["destination"] != "ops")


def test_one_event_reaches_all_four(bridge: Live, world: FakeWorld, post_office: MailServer) -> None:
    bridge.post(envelope("559b", **PROJECT))
    bridge.until(lambda: len(delivered(bridge)) == 4, what="all delivered")
    shown = {request.host: request.body.decode() for request in world.received}
    assert set(shown) == {"hooks.slack.com", TEAMS_HOST, "discord.com"}
    for text in shown.values():
        assert "New project: Logo" in text
        assert "€1,020.00" in text or "\\u20ac1,020.00" in text
        assert "<!channel>" not in text
        assert "@everyone" not in text, "event data cannot mention"
    assert "https://orders.example.com/projects/559b" in shown["hooks.slack.com"]
    [mail] = post_office.received
    assert mail["Subject"].startswith("New project: Logo")
    assert mail["To"] is not None
    assert mail["References"] == mail["In-Reply-To"] != mail["Message-ID"]
    text, html = (part.get_content() for part in mail.iter_parts())
    lines = text.splitlines()
    assert lines[lines.index("Open the project:") + 1] == "https://orders.example.com/projects/559b"
    assert '<div class="sheet"><h1 class="title">New project: Logo &lt;!channel&gt; &amp; co</h1>' in html
    [sent] = bridge.api("/deliveries?destination=mail")["items"]
    assert sent["attempts"][0]["reason"] == "left out of the message: 169.254.169.254 is not a public address"


SPLIT = """\
rules:
  - name: Long
    when: Project created
    notify: {to: slack, title: Long, body: "{{ resource.title }}"}
"""


def test_parts_that_arrived_are_not_sent_again_by_the_next_sender(live: Callable[..., Live], world: FakeWorld) -> None:
    config = CONFIG.replace('SLACK_URL}}"', 'SLACK_URL}}", overflow: split')
    mail = {"MAIL_URL": "mailto://127.0.0.1:9?from=a@example.org&to=b@example.org&mode=insecure"}
    bridge = live(config=config, rules=SPLIT, environ={**URLS, **world.environment, **mail})
    world.answer("hooks.slack.com", Reply(body="ok"), Reply(body="ok"), Reply(wait=20), Reply(body="ok"))
    bridge.post(envelope("p1", title=" ".join(["many words"] * 700)))
    world.wait_for(3)
    kill_sender(bridge)
    bridge.until(lambda: delivered(bridge) == ["slack"], what="delivered")
    came = [re.findall(r"\((\d)/3\)", request.body.decode())[0] for request in world.received]
    assert came == ["1", "2", "3", "3"]


def test_retry_after_and_a_revoked_hook(bridge: Live, world: FakeWorld, sink: Sink) -> None:
    world.answer(
        "hooks.slack.com", Reply(status=429, headers={"Retry-After": "1"}, body="rate_limited"), Reply(body="ok")
    )
    world.answer("discord.com", Reply(status=404, body='{"message": "Unknown Webhook"}'))
    bridge.post(envelope("559b", **PROJECT))
    bridge.until(lambda: delivered(bridge) == ["mail", "slack", "teams"], what="the others delivered")
    [slack] = bridge.api("/deliveries?destination=slack")["items"]
    assert [attempt["outcome"] for attempt in slack["attempts"]] == ["retry", "delivered"]
    assert slack["attempts"][0]["status"] == 429
    [discord] = bridge.api("/deliveries?state=failed")["items"]
    assert (discord["destination"], discord["attempts"][0]["status"]) == ("discord", 404)
    bridge.until(lambda: sink.to("ops"))
    [told] = sink.to("ops")
    assert told["title"].startswith("Not delivered to discord: New project")
    everything = told["message"] + str(bridge.api("/deliveries")) + bridge.log.read_text()
    for secret in ("TIiajkdnlazkcOXrIdevi7FQ", "abcdefghijklmnop", "KODuebWbDGYFr0z0eu"):
        assert secret not in everything
