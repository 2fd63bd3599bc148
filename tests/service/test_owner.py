"""A rule's owner hears of its template's mistakes, besides the operators; both hear of it once."""

from __future__ import annotations

from collections.abc import Callable

from tests.live import CONFIG, Live, Sink, envelope

RULES = """\
rules:
  - name: Broken
    when: Project created
    notify: sink
    owner: team
    body: "{{ resource.no_such_field }}"
"""
TEAM = """\
  author: {{url: "json://127.0.0.1:{sink}/author"}}
  team: [author, ops]
"""


def test_the_owner_is_told(live: Callable[..., Live], sink: Sink) -> None:
    bridge = live(rules=RULES, config=CONFIG + TEAM)
    bridge.post(envelope("a1", title="Logo"))
    bridge.until(lambda: len(sink.to("author")) == 1 and len(sink.to("ops")) == 1 and len(sink.to("sink")) == 1)
    assert "A template failed: rules/all.yaml, line 6" in sink.to("author")[0]["title"]
    assert "could not be written" in sink.to("sink")[0]["message"]
