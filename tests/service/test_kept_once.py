"""What stands in a body already is not stored again, and reads the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.live import Live, Sink, envelope

Start = Callable[..., Live]

RULES = """\
rules:
  - {name: All, when: "* *", notify: {to: sink, title: x, body: x}}
"""
BIG = "123456789012345678901234567890"


def column(bridge: Live, id: str) -> Any:
    """What the table holds."""
    with closing(sqlite3.connect(bridge.folder / "bridge.db")) as store:
        return store.execute("SELECT resource FROM event WHERE id = ?", (int(id),)).fetchone()[0]


def test_a_resource_is_kept_in_its_body_where_rules_saw_it_as_it_was_sent(live: Start, sink: Sink) -> None:
    bridge = live(rules=RULES)
    logo = {"gid": "a1", "title": "Logo", "tags": ["é", None, 1.5]}
    plain = bridge.post(envelope("a1", title="Logo", tags=["é", None, 1.5]))[1]["id"]
    filled = bridge.post(envelope("m1", kind="Project Message", message="Hello", project={"gid": "a1"}))[1]["id"]
    gone = bridge.post(envelope("a1", event="resource.deleted"))[1]["id"]
    body = envelope("b1", number="NUMBER").replace(b'"NUMBER"', BIG.encode())
    long = bridge.post(body)[1]["id"]
    bridge.until(lambda: len(sink.to("sink")) == 4)

    assert column(bridge, plain) == "resource"
    assert bridge.api(f"/events/{plain}")["resource"] == logo
    seen = bridge.api(f"/events/{filled}")["resource"]
    assert seen["project"] == logo
    assert json.loads(column(bridge, filled)) == seen
    # A deletion shows what was known last; a number no store holds exactly is its text for rules.
    assert json.loads(column(bridge, gone)) == bridge.api(f"/events/{gone}")["resource"] == logo
    assert json.loads(column(bridge, long)) == bridge.api(f"/events/{long}")["resource"] == {"gid": "b1", "number": BIG}
