"""What `redact` names is masked wherever an explanation could show it, the right side of a comparison included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live import Live, Sink, envelope

RULES = """\
rules:
  - name: Compares with a secret
    when: Invitation created
    if: {resource.email: {eq: {path: resource.token}}}
    notify: sink
  - name: Looks at a secret
    when: Invitation created
    if: {resource.token: something else}
    notify: sink
"""


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_no_secret_of_a_resource_is_explained(tmp_path: Path, sink: Sink, arguments: tuple[str, ...]) -> None:
    bridge = Live(tmp_path, sink, rules=RULES)
    event = tmp_path / "event.json"
    event.write_bytes(envelope("i1", kind="Invitation", email="ada@example.org", token="let-me-in-42"))
    done = bridge.bridge("explain", str(event), *arguments)
    assert done.returncode == 0, done.stderr
    assert "let-me-in-42" not in done.stdout
    if arguments:
        [compared, looked] = json.loads(done.stdout)["decisions"]
        assert compared["failed"][0]["expected"] == {"path": "resource.token", "value": "********"}
        assert looked["failed"][0]["found"] == "********"
