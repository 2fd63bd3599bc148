"""What happened before nine: the team's webhook is gone, others were told, and somebody sent hostile words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from tests.live import Live, Sink, envelope

CORPUS = Path(__file__).parents[1] / "corpus" / "texts.json"
CONFIG = """\
listen: 127.0.0.1:{port}
public_url: http://127.0.0.1:{port}
store: {store}
locale: en_GB
timezone: Europe/Paris
admin_token: ${{TEST_TOKEN}}
operators: ops
users:
  camille: {{role: operate, password: "${{TEST_HASH}}"}}
  noor: {{role: view, password: "${{TEST_HASH}}"}}
log: {{format: json}}
sources:
  creads: {{type: creads, secrets: ["${{TEST_SECRET}}"], expect_every: 3d}}
destinations:
  team: {{url: "json://127.0.0.1:{sink}/team"}}
  managers: {{url: "json://127.0.0.1:{sink}/managers", format: html}}
  ops: {{url: "json://127.0.0.1:{sink}/ops"}}
"""
RULES = """\
rules:
  - name: New project
    when: Project created
    notify:
      - to: team
        title: "New project: {{ resource.title }}"
        body: "Asked for by {{ resource.owner or 'somebody' }}"
  - name: Big project finished
    when: Project updated
    if:
      resource.status: {from: in_progress, to: finished}
      resource.price.amount: {gte: 1000}
    notify: team
  - name: New work
    when: Work created
    notify:
      - to: managers
        template: work.html.j2
"""
TEMPLATE = """\
{% block title %}New work: {{ resource.title }}{% endblock %}
{% block body %}<p>Somebody offers <b>{{ resource.title }}</b>.</p>{% endblock %}
"""
ENVIRON = {"TEST_HASH": PasswordHasher().hash("correct horse battery")}
MISSED = 7  # messages that the team did not get
ZEBRA = "Zebra, a logo for a café"  # the project of which nobody heard
HOSTILE = """<script>alert('x')</script>" onload="alert(1) <img src=x onerror=alert(2)>"""


def hostile() -> list[str]:
    """What the corpus puts into fields, of a length that people could send."""
    values = (item["value"] for item in json.loads(CORPUS.read_text(encoding="utf-8"))["items"])
    return [value for value in values if isinstance(value, str) and value.isprintable()][:40]


class Morning:
    """A service in which all of it happened."""

    def __init__(self, live: Live, sink: Sink) -> None:
        self.live, self.sink = live, sink
        self.signed_in: dict[str, Any] = {}  # user → cookies
        sink.status = lambda path: 404 if path == "/team" else 200
        self.missed = [HOSTILE, *(f"Packaging number {number}" for number in range(1, MISSED))]
        for number, title in enumerate(self.missed):
            self.post(envelope(f"p{number}", title=title, status="in_progress", price={"amount": 2000}))
            # One after the other: the destination is paused after the fifth failure, and the others wait.
            self.until_settled(number + 1)
        zebra = {"title": ZEBRA, "price": {"amount": 4000}, "event": "resource.updated"}
        self.post(envelope("zebra", status="in_progress", **zebra))
        self.post(envelope("zebra", status="review", **zebra))
        self.post(envelope("w1", kind="Work", title=HOSTILE))
        live.post(envelope("unsigned"), sign=False)
        live.until(lambda: sink.to("managers"), what="told the managers")
        live.until(lambda: len(self.stuck()) == MISSED, what="kept for the team")

    def post(self, body: bytes) -> None:
        status, answer = self.live.post(body)
        assert status == 202, answer

    def stuck(self) -> list[str]:
        """The states of what the team did not get."""
        items = self.live.api("/deliveries?destination=team")["items"]
        return [item["state"] for item in items if item["state"] in ("failed", "held")]

    def until_settled(self, count: int) -> None:
        self.live.until(lambda: len(self.stuck()) == count, what=f"{count} not delivered")

    def mend(self) -> None:
        """The team's address is right again."""
        self.sink.status = 200

    def titles(self) -> list[str]:
        """Of what the team got."""
        return [str(body["title"]) for body in self.sink.to("team")]
