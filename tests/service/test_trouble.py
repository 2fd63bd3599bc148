"""A store in trouble: 503 while it lasts, and what was answered 202 is there afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.app import Service
from bridge.config.snapshot import load
from bridge.errors import StoreUnavailable
from tests.live import CONFIG, Live, Sink, envelope

Start = Callable[..., Live]


def test_a_locked_database(live: Start, sink: Sink) -> None:
    bridge = live()
    assert bridge.post(envelope("a1", title="Before"))[0] == 202
    bridge.until(lambda: sink.to("sink"))
    other = sqlite3.connect(bridge.folder / "bridge.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = envelope("a2", title="Meanwhile")
    status, headers, _ = bridge.request("POST", "/hooks/creads", body, _signed(body))
    assert status == 503
    assert int(headers["retry-after"]) > 0
    reason = "another process has kept the store locked"
    assert bridge.get("/readyz") == (503, {"status": "unavailable", "problems": [reason]})
    assert bridge.get("/healthz")[0] == 200
    other.execute("ROLLBACK")
    other.close()
    bridge.until(bridge.is_ready, what="ready again without a post")
    bridge.until(lambda: bridge.post(body)[0] == 202)
    bridge.until(lambda: [m["message"] for m in sink.to("sink")] == ["Before", "Meanwhile"])


def test_a_second_service_on_the_same_file_is_refused(live: Start, sink: Sink) -> None:
    bridge = live()
    second = bridge.bridge("serve")
    assert second.returncode == 1
    assert "another Bridge service already uses" in second.stderr
    assert "Traceback" not in second.stderr
    assert bridge.post(envelope("a1", title="Logo"))[0] == 202


def kill_sender(bridge: Live) -> None:
    """As a crash in a plug-in would."""
    children = Path(f"/proc/{bridge.process.pid}/task/{bridge.process.pid}/children").read_text().split()
    sender = next(pid for pid in children if "bridge.delivery.sender" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(int(sender), 9)


def test_a_killed_sender_is_replaced(live: Start, sink: Sink) -> None:
    sink.delay = 0.3
    bridge = live()
    for number in range(8):
        bridge.post(envelope(f"a{number}", title=f"Logo {number}"))
    kill_sender(bridge)
    bridge.until(lambda: len({m["message"] for m in sink.to("sink")}) == 8, what="all delivered", seconds=60)


TWO = """\
rules:
  - name: Everything
    when: "* *"
    notify: [sink, ops]
"""
TOUCHY = ", pause_after: 2, retry: {{{{schedule: [{}]}}}}}}}}"


def touchy(again: str) -> str:
    """Two failures in a row pause each."""
    keys = TOUCHY.format(again)
    return CONFIG.replace('/sink"}}', f'/sink"{keys}').replace('/ops"}}', f'/ops"{keys}')


def states(bridge: Live) -> set[str]:
    return {one["state"] for one in bridge.api("/destinations")["items"]}


def test_a_killed_sender_is_no_failure_of_those_it_served(live: Start, sink: Sink) -> None:
    sink.delay = 9
    bridge = live(rules=TWO, config=touchy("1h"))
    for number in range(3):
        sink.asked.clear()
        bridge.post(envelope(f"a{number}"))
        bridge.until(lambda: {path for path, _ in sink.asked} == {"sink", "ops"}, what="both under way")
        kill_sender(bridge)
        bridge.until(lambda: all(one["attempts"] for one in bridge.api("/deliveries")["items"]), what="noticed")
    assert states(bridge) == {"active"}
    assert len(bridge.api("/deliveries?state=pending")["items"]) == 6


def test_a_destination_that_kills_the_sender_each_time_is_paused(live: Start, sink: Sink) -> None:
    sink.delay = 9
    bridge = live(config=touchy("100ms"))
    bridge.post(envelope("a1"))
    for times in (1, 2):
        bridge.until(lambda times=times: len(sink.asked) == times, what="under way")  # type: ignore[misc]
        kill_sender(bridge)
    bridge.until(lambda: "paused" in states(bridge), what="paused")
    bridge.until(lambda: bridge.api("/deliveries?state=held")["items"], what="held")
    (held,) = bridge.api("/deliveries?state=held")["items"]
    assert held["reason"].endswith("the sender process ended during this attempt")


def test_wrong_configuration_is_told_and_nothing_starts(tmp_path: Path, sink: Sink) -> None:
    service = Live(tmp_path, sink)
    service.config.write_text(service.config.read_text().replace("destinations:", "destination:"))
    done = service.bridge("serve")
    assert done.returncode == 1
    assert "error[unknown-key]" in done.stderr
    assert "did you mean `destinations`?" in done.stderr


def test_a_port_in_use_is_told(live: Start, tmp_path: Path, sink: Sink) -> None:
    bridge = live()
    other = tmp_path / "other"
    other.mkdir()
    service = Live(other, sink)
    service.config.write_text(CONFIG.format(port=bridge.port, sink=sink.port, store="sqlite:///bridge.db"))
    done = service.bridge("serve")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert str(bridge.port) in line


async def test_what_a_start_that_fails_has_opened_is_closed(tmp_path: Path, sink: Sink) -> None:
    files = Live(tmp_path, sink)
    service = Service(load(files.config, files.environ))
    with socket.create_server(("127.0.0.1", files.port)), pytest.raises(OSError, match="in use"):
        await service.start()
    with pytest.raises(StoreUnavailable, match="closed"):
        await service.store.renew()


def _signed(body: bytes) -> dict[str, str]:
    from tests.live import signature

    return {"X-Partners-Signature": signature(body), "Content-Type": "application/json"}


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not here")
def test_a_full_disk(live: Start, sink: Sink, tmp_path: Path) -> None:
    """A file system of 3 MB: posts that do not fit get 503, those answered 202 are told when there is room again."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        bridge = live(store=f"sqlite:///{small}/bridge.db", rules="rules: []\n")
        statuses = []
        for number in range(400):
            statuses.append(bridge.post(envelope(f"a{number}", title="x" * 20_000))[0])
            if statuses[-1] == 503:
                break
        assert statuses[-1] == 503
        assert set(statuses) == {202, 503}
        kept = bridge.api("/events?limit=200")["items"]
        assert len(kept) == min(200, statuses.count(202))
        bridge.stop()
    finally:
        subprocess.run(["umount", "-l", str(small)], capture_output=True, check=False)


def test_the_file_is_taken_away_while_it_runs(live: Start, sink: Sink) -> None:
    bridge = live(store="sqlite:///data/bridge.db")
    assert bridge.post(envelope("a1", title="Before"))[0] == 202
    data = bridge.folder / "data"
    data.rename(bridge.folder / "aside")
    assert bridge.post(envelope("a2", title="Meanwhile"))[0] == 503
    status, ready = bridge.get("/readyz")
    assert (status, ready["status"]) == (503, "unavailable")
    assert f"{data / 'bridge.db'} was removed or replaced" in ready["problems"][0]
    assert not data.exists()
    (bridge.folder / "aside").rename(data)
    assert bridge.post(envelope("a3", title="After"))[0] == 202
    bridge.until(lambda: len(sink.to("sink")) >= 2, what="told")
    assert {"Before", "After"} <= {message["message"] for message in sink.to("sink")}


def test_an_event_that_takes_long_is_logged_with_the_rule_at_fault(live: Start, sink: Sink) -> None:
    tests = ", ".join(f"{{resource.parts: {{any: {{at: {number}}}}}}}" for number in range(-60, 0))
    rules = f"""\
rules:
  - {{name: Quick, when: Project created, if: {{resource.title: Logo}}, notify: sink}}
  - {{name: Slow, when: Project created, if: {{any: [{tests}]}}, notify: sink}}
"""
    bridge = live(rules=rules)
    assert bridge.post(envelope("a1", title="Logo", parts=[{"at": 1}] * 20_000))[0] == 202
    bridge.until(lambda: sink.to("sink"))
    [line] = [one for one in bridge.log.read_text().splitlines() if '"event.slow"' in one]
    assert '"rules":["Slow","Quick"]' in line
