"""The main job, from outside: signed posts in, notifications out, everything on record."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import ROOT, TOKEN, Live, Sink, envelope

SHARED = ROOT.parent / "shared" / "creads" / "events"
Start = Callable[..., Live]

CHANGES = """\
rules:
  - name: Finished
    when: Project updated
    if:
      resource.status: {from: in_progress, to: finished}
      resource.price.amount: {gte: 1000}
    notify: {to: sink, title: Done, body: "{{ resource.title }}: {{ changes.status.old }} → {{ changes.status.new }}"}
  - name: Comments
    when: Comment created
    notify: {to: sink, title: Comment, body: "on {{ resource.subject.project.title }}"}
  - name: Gone
    when: Project deleted
    notify: {to: sink, title: Gone, body: "{{ resource.title }}"}
  - name: Broken at run time
    when: Product updated
    notify: {to: sink, title: Product, body: "{{ resource.nothing.here }}"}
"""


def test_a_post_becomes_a_notification(live: Start, sink: Sink) -> None:
    bridge = live()
    status, answer = bridge.post(envelope("a1", title="Logo"))
    assert status == 202
    assert answer == {"id": answer["id"], "duplicate": False}
    bridge.until(lambda: sink.to("sink"))
    assert sink.to("sink")[0] | {"title": "Project created", "message": "Logo"} == sink.to("sink")[0]


def test_the_same_again_tells_nobody_again(live: Start, sink: Sink) -> None:
    bridge = live()
    first = bridge.post(envelope("a1", title="Logo"))[1]
    again = [bridge.post(envelope("a1", title="Logo")) for _ in range(3)]
    assert again == [(202, {"id": first["id"], "duplicate": True})] * 3
    bridge.post(envelope("a2", title="Last"))
    bridge.until(lambda: len(sink.to("sink")) >= 2)
    assert sorted(message["message"] for message in sink.to("sink")) == ["Last", "Logo"]
    assert bridge.api(f"/events/{first['id']}")["duplicates"] == 3


def test_what_changed_what_refers_and_what_is_gone(live: Start, sink: Sink) -> None:
    bridge = live(rules=CHANGES)
    price = {"amount": 2000, "currency": "EUR"}
    posts = [
        envelope("a1", title="Logo", status="in_progress", price=price),
        envelope("w1", kind="Work", project={"gid": "a1"}),
        envelope("c1", kind="Comment", uri="/works/w1", message="Bravo"),
        envelope("a1", event="resource.updated", title="Logo", status="finished", price=price),
        envelope("a1", event="resource.deleted"),
    ]
    for body in posts:
        assert bridge.post(body)[0] == 202
    bridge.until(lambda: len(sink.to("sink")) >= 3)
    assert sorted((m["title"], m["message"]) for m in sink.to("sink")) == [
        ("Comment", "on Logo"),
        ("Done", "Logo: in_progress → finished"),
        ("Gone", "Logo"),
    ]


def test_why_nothing_was_sent(live: Start, sink: Sink) -> None:
    bridge = live(rules=CHANGES)
    event_id = bridge.post(envelope("a1", event="resource.updated", title="Logo", status="finished"))[1]["id"]
    bridge.until(lambda: bridge.api(f"/events/{event_id}")["state"] == "matched")
    event = bridge.api(f"/events/{event_id}")
    assert event["deliveries"] == []
    [decision] = event["decisions"]
    assert (decision["rule"], decision["fired"], decision["line"]) == ("Finished", False, 2)
    assert decision["failed"][0]["path"] == "resource.status"
    assert "no earlier state" in decision["failed"][0]["reason"]
    told = bridge.bridge("explain", event_id)
    assert told.returncode == 0
    assert "✗ Finished" in told.stdout
    assert json.loads(bridge.bridge("explain", event_id, "--json").stdout) == event


def test_a_template_error_sends_the_fallback_and_tells_the_operators(live: Start, sink: Sink) -> None:
    bridge = live(rules=CHANGES)
    bridge.post(envelope("p1", kind="Product", event="resource.updated", title="Logo"))
    bridge.until(lambda: sink.to("sink") and sink.to("ops"))
    assert "Product" in sink.to("sink")[0]["title"] + sink.to("sink")[0]["message"]
    assert "all.yaml" in sink.to("ops")[0]["title"] + sink.to("ops")[0]["message"]
    assert 'bridge_template_errors_total{rule="Broken at run time"} 1.0' in bridge.get("/metrics")[1]


def test_a_given_up_delivery_is_told_to_the_operators_once(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 200 if "ops" in path else 404
    bridge = live()
    for number in range(3):
        bridge.post(envelope(f"a{number}", title="Logo"))
    bridge.until(lambda: len(bridge.api("/deliveries?state=failed")["items"]) == 3)
    bridge.until(lambda: sink.to("ops"))
    failed = bridge.api("/deliveries?state=failed")["items"][0]
    assert failed["attempts"][0]["status"] == 404
    assert failed["attempts"][0]["outcome"] == "failed"
    time.sleep(0.5)
    assert len(sink.to("ops")) == 1


def test_an_outage_delays_and_loses_nothing(live: Start, sink: Sink, tmp_path: Path) -> None:
    sink.status = 503
    config = ((Path(__file__).parents[1] / "live.py").read_text().split('CONFIG = """\\\n')[1].split('"""')[0]).replace(
        '/sink"}}', '/sink", pause_after: 0, retry: {{schedule: [300ms, 300ms, 1s, 1s, 1s, 1s, 1s, 1s]}}}}'
    )
    bridge = live(config=config)
    for number in range(20):
        bridge.post(envelope(f"a{number}", title=f"Logo {number}"))
    bridge.until(lambda: bridge.api("/deliveries?state=pending")["items"])
    sink.status = 200
    bridge.until(lambda: len(sink.to("sink")) == 20)
    assert sorted(m["message"] for m in sink.to("sink")) == sorted(f"Logo {n}" for n in range(20))


def test_a_restart_takes_up_what_was_left(live: Start, sink: Sink) -> None:
    sink.delay = 0.3
    bridge = live()
    for number in range(30):
        bridge.post(envelope(f"a{number}", title=f"Logo {number}"))
    bridge.kill()
    sink.delay = 0
    bridge.start()
    bridge.until(lambda: len({m["message"] for m in sink.to("sink")}) == 30)


def test_a_stop_is_graceful(live: Start, sink: Sink) -> None:
    sink.delay = 0.5
    bridge = live()
    for number in range(4):
        bridge.post(envelope(f"a{number}", title=f"Logo {number}"))
    bridge.until(lambda: bridge.api("/deliveries?state=pending")["items"])
    began = time.monotonic()
    assert bridge.stop() == 0
    assert time.monotonic() - began < 10
    sink.delay = 0
    bridge.start()
    bridge.until(lambda: len({m["message"] for m in sink.to("sink")}) == 4)
    assert len(sink.to("sink")) == 4, "what was in flight finished or was given back, and went out once"


def test_no_secret_in_the_log(live: Start, sink: Sink) -> None:
    bridge = live()
    bridge.post(envelope("a1", title="Logo"))
    bridge.post(envelope("a2", title="Logo"), sign=False)
    bridge.until(lambda: sink.to("sink"))
    bridge.stop()
    log = bridge.log.read_text()
    assert bridge.environ["TEST_SECRET"] not in log
    assert TOKEN not in log
    for stage in ("event.recorded", "event.matched", "delivery.attempted"):
        assert stage in log


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/creads/events is not here")
def test_the_vendors_own_samples_go_through(live: Start, sink: Sink) -> None:
    bridge = live(rules="rules:\n  - {name: All, when: '* *', notify: sink}\n")
    bodies = [path.read_bytes() for path in sorted(SHARED.glob("*.json"))]
    assert len(bodies) == 17
    for body in bodies:
        assert bridge.post(body)[0] == 202
    bridge.until(lambda: len(sink.to("sink")) == 17)
    assert not [m for m in sink.to("ops") if "template" in m["title"].lower()]


def test_demo_once_shows_each_event() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "bridge", "demo", "--once"],
            cwd=ROOT,
            env=os.environ | {"BRIDGE_LISTEN": f"127.0.0.1:{port}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    (served,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)", done.stdout))  # links in messages lead there too
    assert served != port
    for name in ("Comment created", "Project Message created", "Webhook deleted"):
        assert name in done.stdout
    assert "delivered" in done.stdout
