"""`why_link` through the whole service: a message for people ends with the link, one for a program does not."""

from __future__ import annotations

from pathlib import Path

from bridge.render.links import rule_anchor
from tests.live import CONFIG, Live, Sink, envelope

RULES = """\
rules:
  - {name: Both, when: Project *, notify: [sink, terminal], title: New, body: "{{ resource.title }}"}
"""


def test_a_program_gets_none_and_a_person_does(tmp_path: Path, sink: Sink) -> None:
    config = CONFIG.replace("operators: ops", "operators: ops\nwhy_link: true")
    config += "  terminal: {{url: console://}}\n"
    bridge = Live(tmp_path, sink, rules=RULES, config=config).start()
    try:
        id = bridge.post(envelope("p1", title="Logo"))[1]["id"]
        line = f"Why this message? http://127.0.0.1:{bridge.port}/events/{id}#{rule_anchor('Both')}"
        bridge.until(lambda: sink.to("sink") and line in bridge.log.read_text(), what="told")
        assert sink.to("sink")[0]["message"] == "Logo"
        page = bridge.request(
            "GET", f"/events/{id}", headers={"Authorization": f"Bearer {bridge.environ['TEST_TOKEN']}"}
        )
        assert f'id="{rule_anchor("Both")}"' in page[2].decode()
    finally:
        bridge.stop()
