"""One Bridge feeds another: what an outgoing webhook posts, a source takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bridge.delivery.senders import Senders
from bridge.model import Key, Notification, Outcome, Recorded, Signing, replace
from bridge.render.envelope import check_envelope, enveloped
from bridge.rules import state_of, understand
from bridge.sources.base import Source
from bridge.sources.creads import Creads
from tests.live import CONFIG, SECRET, Live, Sink, envelope

Start = Callable[..., Live]

PARTNERS = Signing(format="partners", secrets=(SECRET, "the-secret-before-this-one"))
WORDS = Notification(title="Project created", body="Logo", format="text")


def told(body: bytes) -> Notification:
    """What a rule of the first Bridge makes of an event it received."""
    recorded = Recorded(id=1, key=Key("creads", "Project", "a1"), action="created", received_at=0.0, body=body)
    source: Source = Creads("creads", (b"x",))
    event = understand(recorded, state_of(recorded.key, source.resource_of(body), source), source, {}).event
    return enveloped(WORDS, "partners", event=event, rule="All", now=datetime.now(UTC), redact=frozenset())


def post(port: int, *notes: Notification, signing: Signing = PARTNERS) -> list[Outcome]:
    """Send them one after the other, as the first Bridge's sender process does."""

    async def send() -> list[Outcome]:
        senders = Senders(threads=1)
        await senders.start()
        try:
            url = f"webhook:http://127.0.0.1:{port}/hooks/creads"
            return [
                await senders.send(id=1, url=url, notification=note, deadline=10, signing=signing) for note in notes
            ]
        finally:
            await senders.stop(0)

    return asyncio.run(send())


def test_what_one_posts_the_other_takes(live: Start, sink: Sink) -> None:
    bridge = live()
    check = Notification(title="Check", body=check_envelope("partners", datetime.now(UTC)), format="text")
    note = told(envelope("a1", title="Logo"))
    outcomes = post(bridge.port, check, note, note)
    assert [(one.result, one.status) for one in outcomes] == [
        ("delivered", 200),
        ("delivered", 202),
        ("delivered", 202),
    ]
    bridge.until(lambda: sink.to("sink"))
    (event,) = bridge.api("/events")["items"]
    assert (event["type"], event["action"], event["gid"]) == ("Project", "created", "a1")
    assert bridge.api(f"/events/{event['id']}")["duplicates"] == 1
    assert sink.to("sink")[0]["message"] == "Logo"


def test_a_secret_the_other_does_not_know_is_final(live: Start) -> None:
    strange = replace(PARTNERS, secrets=("another-secret-altogether",))
    (outcome,) = post(live().port, told(envelope("a1")), signing=strange)
    assert (outcome.result, outcome.status) == ("failed", 401)
    assert outcome.reason.startswith("The receiver answered 401: it refuses our credentials")


def test_a_webhook_that_fails_is_switched_off_and_its_owner_told(live: Start, sink: Sink) -> None:
    shop = f'webhook:http://127.0.0.1:{sink.port}/shop", format: partners, secrets: ["${{{{TEST_SECRET}}}}"]'
    others = '  author: {{url: "json://127.0.0.1:{sink}/author"}}\n  team: [author, ops]\n'
    entry = f'  sink: {{{{url: "{shop}, pause_after: 1, owner: team}}}}'
    sink.status = lambda path: 503 if "shop" in path else 200
    bridge = live(config=CONFIG.replace('  sink: {{url: "json://127.0.0.1:{sink}/sink"}}', entry) + others)
    bridge.post(envelope("a1", title="Logo"))
    bridge.until(lambda: sink.to("author"), what="its owner told")
    assert bridge.bridge("destinations", "test", "sink").returncode == 1
    sink.status = 200
    assert bridge.bridge("destinations", "test", "sink").returncode == 0
    bridge.bridge("destinations", "resume", "sink")
    bridge.until(lambda: len(sink.to("author")) == 2 and len(sink.to("ops")) == 2, what="its end told")
    bridge.until(lambda: len(sink.to("shop")) == 2, what="what waited delivered")
    assert [one["title"] for one in sink.to("author")] == ["sink is paused", "sink is back"]
    assert [one["title"] for one in sink.to("ops")] == ["sink is paused", "sink is back"]


def test_two_bridges_in_a_row(live: Start, sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = Live(tmp_path / "second", sink).start()
    try:
        url = f"webhook:http://127.0.0.1:{second.port}/hooks/creads"
        entry = f'  sink: {{{{url: "{url}", format: partners, secrets: ["${{{{TEST_SECRET}}}}"]}}}}'
        first = live(config=CONFIG.replace('  sink: {{url: "json://127.0.0.1:{sink}/sink"}}', entry))
        first.post(envelope("a1", title="Logo"))
        first.post(envelope("a1", event="resource.deleted"))
        second.until(lambda: len(sink.to("sink")) == 2)
        assert [one["title"] for one in sink.to("sink")] == ["Project created", "Project deleted"]
        bodies = [bridge.api("/events")["items"] for bridge in (first, second)]
        assert [[one["gid"] for one in items] for items in bodies] == [["a1", "a1"]] * 2
    finally:
        second.stop()
