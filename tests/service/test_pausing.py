"""Services that fail, from outside: nothing is lost, nothing comes twice, operators hear of it once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable

from tests.live import CONFIG, TOKEN, Live, Sink, envelope

Start = Callable[..., Live]
OTHERS = """\
  team: {{url: "json://127.0.0.1:{sink}/team"}}
"""


def config(more: str, others: str = "") -> str:
    """The usual one; `more` are keys of the destination `sink`."""
    return CONFIG.replace('/sink"}}', f'/sink"{more}}}}}').replace("  ops:", f"{others}  ops:")


def news(sink: Sink) -> list[str]:
    """The titles that operators were told."""
    return [message["title"] for message in sink.to("ops")]


def tried(bridge: Live, event: int) -> bool:
    """Whether an attempt of an event's deliveries is kept."""
    return any(one["attempts"] for one in bridge.api(f"/events/{event}")["deliveries"])


def test_a_sink_that_is_down_for_a_whole_load(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 200 if "ops" in path else 503
    bridge = live()
    answers = Counter(bridge.post(envelope(f"a{n}", title=f"Logo {n}"))[0] for n in range(300))
    assert answers == {202: 300}
    bridge.until(lambda: "sink is paused" in news(sink), what="paused and told")
    # The last may still wait to be matched, and one is now and then tried.
    bridge.until(lambda: "300 deliveries are held" in bridge.get("/readyz")[1]["problems"], what="all held")
    (one,) = bridge.api("/deliveries?state=held&limit=1")["items"]
    assert one["reason"].startswith("`sink` is paused since ")
    assert "destination `sink` is paused" in bridge.get("/readyz")[1]["problems"]
    sink.status = 200
    bridge.until(lambda: len(sink.to("sink")) >= 300, what="all delivered", seconds=60)
    bridge.until(lambda: "sink is back" in news(sink), what="its end told")
    assert Counter(message["message"] for message in sink.to("sink")) == {f"Logo {n}": 1 for n in range(300)}
    assert Counter(news(sink)) == {"sink is paused": 1, "sink is back": 1}


def test_a_pause_outlives_a_kill(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 200 if "ops" in path else 500
    bridge = live(config=config(", pause_after: 1"))
    for number, title in enumerate(("First", "Second")):
        bridge.post(envelope(f"a{number}", title=title))
    bridge.until(lambda: bridge.api("/deliveries?state=delivered&destination=ops")["items"], what="told")
    bridge.until(lambda: len(bridge.api("/deliveries?state=held")["items"]) == 2, what="both held")
    bridge.kill()
    bridge.start()
    assert "destination `sink` is paused" in bridge.get("/readyz")[1]["problems"]
    sink.status = 200
    bridge.until(lambda: len(sink.to("sink")) == 2, what="both delivered")
    assert [message["message"] for message in sink.to("sink")] == ["First", "Second"]
    assert news(sink).count("sink is paused") == 1


def test_no_request_earlier_than_the_service_allowed(live: Start, sink: Sink) -> None:
    allowed = 0.0

    def limited(path: str) -> int:
        nonlocal allowed
        now = time.time()
        if "ops" in path:
            return 200
        if not allowed:
            allowed = now + 2
            return 429
        assert now >= allowed
        return 200

    sink.status, sink.refusal = limited, {"Retry-After": "2"}
    bridge = live(config=config(", concurrency: 1, retry: {{schedule: [300ms, 300ms]}}"))
    for n in range(5):
        bridge.post(envelope(f"a{n}", title=f"Logo {n}"))
    bridge.until(lambda: len(sink.to("sink")) == 5, what="all delivered")
    first, *others = [at for path, at in sink.asked if path == "sink"]
    assert min(others) >= first + 2
    assert len(others) == 5


def test_what_a_service_asked_for_outlives_a_kill(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 200 if "ops" in path else 429
    sink.refusal = {"Retry-After": "5"}
    bridge = live(config=config(", concurrency: 1, retry: {{schedule: [100ms]}}"))
    bridge.post(envelope("a0", title="Logo 0"))
    bridge.until(lambda: tried(bridge, 1), what="kept")
    (first,) = [at for path, at in sink.asked if path == "sink"]
    bridge.kill()
    sink.status = 200
    bridge.start()
    for n in range(1, 4):
        bridge.post(envelope(f"a{n}", title=f"Logo {n}"))
    bridge.until(lambda: len(sink.to("sink")) == 4, what="all delivered")
    assert min(at for path, at in sink.asked if path == "sink" and at > first) >= first + 5


def test_failures_in_a_row_outlive_a_kill(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 200 if "ops" in path else 500
    bridge = live(config=config(", pause_after: 2, retry: {{schedule: [1h]}}"))
    bridge.post(envelope("a1"))
    bridge.until(lambda: tried(bridge, 1), what="tried")
    bridge.kill()
    bridge.start()
    assert bridge.get("/readyz")[1]["problems"] == []
    bridge.post(envelope("a2"))
    bridge.until(lambda: news(sink) == ["sink is paused"], what="paused and told")


def test_a_fallback_delivers_what_the_other_refused(live: Start, sink: Sink) -> None:
    sink.status = lambda path: 404 if "sink" in path else 200
    bridge = live(config=config(", fallback: team", OTHERS))
    event = bridge.post(envelope("a1", title="Logo"))[1]["id"]
    bridge.until(lambda: bridge.api("/deliveries?state=delivered&destination=team")["items"], what="kept as delivered")
    assert [message["message"] for message in sink.to("team")] == ["Logo"]
    first, second = sorted(bridge.api(f"/events/{event}")["deliveries"], key=lambda one: int(one["id"]))
    assert (first["destination"], first["state"], first["reason"]) == ("sink", "failed", "sent to `team` instead")
    assert (second["destination"], second["state"]) == ("team", "delivered")
    assert news(sink) == []


def test_by_hand(live: Start, sink: Sink) -> None:
    bridge = live()
    paused = bridge.bridge("destinations", "pause", "sink", "--why", "moves house", "--who", "camille")
    assert paused.returncode == 0, paused.stderr
    for n in range(3):
        bridge.post(envelope(f"a{n}", title=f"Logo {n}"))
    bridge.until(lambda: len(bridge.api("/deliveries?state=held")["items"]) == 3, what="held")
    (view,) = [
        one for one in json.loads(bridge.bridge("destinations", "--json").stdout)["items"] if one["name"] == "sink"
    ]
    assert (view["state"], view["reason"], view["waiting"]["held"]) == ("paused", "moves house", 3)
    assert "moves house" in bridge.bridge("destinations").stdout
    assert sink.to("sink") == []
    tested = bridge.bridge("destinations", "test", "sink", "--who", "camille")
    assert (tested.returncode, tested.stdout.startswith("sink: delivered (200) in ")) == (0, True)
    assert [message["title"] for message in sink.to("sink")] == ["Test from Bridge to sink"]
    resumed = bridge.bridge("destinations", "resume", "sink", "--who", "camille")
    assert resumed.stdout == "sink is active again: 3 held leave in order.\n"
    bridge.until(lambda: len(sink.to("sink")) == 4, what="let go")
    assert bridge.bridge("destinations", "resume", "sink").returncode == 1
    assert "did you mean `sink`?" in bridge.bridge("destinations", "pause", "sinc").stderr


def test_a_paused_destination_that_is_renamed(live: Start, sink: Sink) -> None:
    bridge = live()
    assert bridge.bridge("destinations", "pause", "sink", "--who", "camille").returncode == 0
    bridge.until(lambda: "sink is paused" in news(sink), what="pause told")
    for n in range(2):
        bridge.post(envelope(f"a{n}", title=f"Logo {n}"))
    bridge.until(lambda: len(bridge.api("/deliveries?state=held")["items"]) == 2, what="held")
    files = bridge.config, bridge.folder / "rules" / "all.yaml"
    before = [file.read_text() for file in files]
    bridge.config.write_text(before[0].replace("  sink: {", "  drain: {"))
    files[1].write_text(before[1].replace("to: sink", "to: drain"))
    bridge.until(lambda: len(news(sink)) == 3, what="told")
    assert sorted(news(sink)[1:]) == ["Held: deliveries for sink, which is not configured", "sink is no longer paused"]
    held = bridge.api("/deliveries?state=held")["items"]
    assert {one["reason"] for one in held} == {"no destination `sink` in the configuration"}
    assert "destination `sink` is paused" not in bridge.get("/readyz")[1]["problems"]
    bridge.post(envelope("a2", title="Logo 2"))
    bridge.until(lambda: len(sink.to("sink")) == 1, what="the other name is told")
    for file, text in zip(files, before, strict=True):
        file.write_text(text)
    bridge.until(lambda: len(sink.to("sink")) == 3, what="let go")
    # Two resources, and several threads: their order among each other is not promised.
    assert sorted(message["message"] for message in sink.to("sink")) == ["Logo 0", "Logo 1", "Logo 2"]
    assert len(news(sink)) == 3


def test_a_test_that_is_refused_says_why(live: Start, sink: Sink) -> None:
    sink.status = 404
    bridge = live()
    tested = bridge.bridge("destinations", "test", "sink", "--json")
    said = json.loads(tested.stdout)
    assert (tested.returncode, said["outcome"], said["status"]) == (1, "failed", 404)
    assert TOKEN not in tested.stdout


def test_the_sender_says_that_its_webhook_is_off(live: Start, sink: Sink) -> None:
    bridge = live()
    url = "https://b.example.com/hooks/creads"
    bridge.post(envelope("w1", kind="Webhook", event="resource.updated", url=url, enabled=False))
    bridge.until(lambda: news(sink), what="told")
    assert news(sink) == ["creads: the webhook was switched off"]


def test_another_webhook_of_the_sender_is_no_alarm(live: Start, sink: Sink) -> None:
    bridge = live()
    bridge.post(envelope("w2", kind="Webhook", event="resource.updated", url="https://b.example.com/in", enabled=False))
    bridge.until(lambda: news(sink), what="told")
    (told,) = sink.to("ops")
    assert told["title"].startswith("creads: another webhook was updated, that of ")
    assert told["type"] == "info"


def test_posts_with_bad_signatures_are_told(live: Start, sink: Sink) -> None:
    bridge = live()
    assert {bridge.post(envelope(f"a{n}"), sign=False)[0] for n in range(25)} == {401}
    bridge.until(lambda: news(sink), what="told")
    assert news(sink)[0].startswith("creads: 20 posts with a bad signature within ")
