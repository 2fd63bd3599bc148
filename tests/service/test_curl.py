"""The curl lines of docs/api.md do what they say, on a service that has what they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.live import ROOT, TOKEN, Live, Sink, envelope, signature

CONFIG = """\
listen: 127.0.0.1:{port}
public_url: http://127.0.0.1:{port}
store: {store}
admin_token: ${{TEST_TOKEN}}
sources:
  creads: {{type: creads, secrets: ["${{TEST_SECRET}}"]}}
destinations:
  projects: {{url: "json://127.0.0.1:{sink}/projects"}}
  managers: {{url: "json://127.0.0.1:{sink}/managers"}}
"""
RULES = "rules:\n  - {name: New project, when: Project created, notify: projects}\n"
FAILED = 4


def curls() -> list[str]:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl ")]


def ask(bridge: Live, line: str, body: bytes) -> tuple[int, bytes]:
    """What curl would ask; of its options, those that are used there."""
    method, path, data, headers = "", "", None, {"Content-Type": "application/json"}
    words = iter(shlex.split(line.replace("$BRIDGE_ADMIN_TOKEN", TOKEN).replace("$SIGNATURE", signature(body)))[1:])
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            given = next(words)
            data = body if given.startswith("@") else given.encode()
        elif word == "-X":
            method = next(words)
        else:
            path = re.sub(r"^http://127\.0\.0\.1:8080", "", word)
    status, _, answer = bridge.request(method or ("GET" if data is None else "POST"), path, data, headers)
    return status, answer


def test_every_line_can_be_used(tmp_path: Path) -> None:
    sink = Sink()
    sink.status = 404
    bridge = Live(tmp_path, sink, rules=RULES, config=CONFIG).start()
    try:
        for number in range(FAILED):
            bridge.post(envelope(f"p{number}", title="Logo"))
        bridge.until(lambda: len(bridge.api("/deliveries?state=failed")["items"]) == FAILED, what="failed")
        failed = [one["id"] for one in bridge.api("/deliveries?state=failed")["items"]]
        lines = curls()
        assert len(lines) > 10
        for number, shown in enumerate(lines):
            first = failed[1 if '"ids"' in shown and "redirect" in shown else 0]
            line = re.sub(r"\b31\b", first, re.sub(r"\b32\b", failed[2], shown))
            line = line.replace("/events/17", "/events/1").replace("/silences/3", "/silences/1")
            status, answer = ask(bridge, line, envelope(f"new{number}", title="Logo"))
            assert status in (200, 201, 202), (line, status, answer)
    finally:
        bridge.kill()
        sink.close()
