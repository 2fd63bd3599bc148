"""What is past goes out again: events and deliveries, one or many, by command and API, beside a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.cli import main
from tests.live import CONFIG, TOKEN, Live, Sink, envelope

DESTINATIONS = """\
  sink: {{url: "json://127.0.0.1:{sink}/sink", pause_after: 100}}
  other: {{url: "json://127.0.0.1:{sink}/other"}}
  page: {{url: "jsons://127.0.0.1:{sink}/page", format: html}}
"""
WITH_MORE = CONFIG.replace('  sink: {{url: "json://127.0.0.1:{sink}/sink"}}\n', "") + DESTINATIONS
RULES = """\
rules:
  - name: Projects
    when: "Project *"
    notify: {to: sink, title: "{{ event.type }} {{ event.action }}", body: "{{ resource.title or event.gid }}"}
  - name: Comments once
    when: "Comment created"
    once: {per: 1d}
    notify: {to: sink, title: Comment, body: "{{ resource.message }}"}
"""


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service whose sink can be told to refuse; each test has resources of its own."""
    sink = Sink()
    service = Live(tmp_path_factory.mktemp("replay"), sink, rules=RULES, config=WITH_MORE).start()
    yield service
    service.stop()
    sink.close()


def act(bridge: Live, path: str, body: Any = None) -> tuple[int, Any]:
    """A POST of who holds the token."""
    raw = json.dumps(body or {}).encode()
    status, _, answer = bridge.request("POST", f"/api/v1{path}", raw, {"Authorization": f"Bearer {TOKEN}"})
    return status, json.loads(answer)


def command(bridge: Live, *arguments: str) -> Any:
    """What a command prints as JSON."""
    answer = bridge.bridge(*arguments, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def deliveries(bridge: Live, **filters: str) -> list[Any]:
    """Those that fit, oldest first."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    found: list[Any] = bridge.api(f"/deliveries?limit=200&{query}")["items"]
    return found[::-1]


def fail(bridge: Live, *gids: str) -> None:
    """Events whose deliveries are refused for good."""
    bridge.sink.status = lambda path: 404 if path == "/sink" else 200
    for gid in gids:
        assert bridge.post(envelope(gid, title=f"Logo {gid}"))[0] == 202
        bridge.until(lambda gid=gid: failed(bridge, gid), what="failed")
    bridge.sink.status = 200


def failed(bridge: Live, gid: str) -> list[Any]:
    """The failed deliveries about a resource."""
    return deliveries(bridge, state="failed", rule="Projects", gid=gid)


def bodies(bridge: Live, prefix: str, name: str = "sink") -> list[str]:
    """What came to a destination about the resources of one test."""
    return [one["message"] for one in bridge.sink.to(name) if one["message"].startswith(prefix)]


def test_a_failed_delivery_goes_out_again(bridge: Live) -> None:
    fail(bridge, "a")
    [old] = failed(bridge, "a")
    dry = command(bridge, "replay", f"d{old['id']}", "--dry-run")
    assert (dry["dry_run"], dry["items"][0]["id"], dry["items"][0]["title"]) == (True, None, "Project created")
    answer = command(bridge, "replay", "--delivery", old["id"], "--who", "ada")
    new = answer["items"][0]
    assert (new["origin"], new["destination"], new["state"]) == (old["id"], "sink", "pending")
    bridge.until(lambda: deliveries(bridge, state="delivered", gid="a", destination="sink"), what="delivered")
    assert bodies(bridge, "Logo a") == ["Logo a"]
    [shown] = deliveries(bridge, state="delivered", gid="a", destination="sink")
    assert (shown["id"], shown["kind"], shown["origin"]) == (new["id"], "replay", old["id"])
    assert f"(replay of {old['id']})" in bridge.bridge("explain", shown["event_id"]).stdout


def test_many_go_out_again_each_once_and_in_order(bridge: Live) -> None:
    gids = ["many1", "many2", "many3"]
    since = ["--since", datetime.now(UTC).isoformat(), "--destination", "sink"]
    fail(bridge, *gids)
    dry = command(bridge, "replay", *since, "--dry-run")
    assert (dry["count"], dry["replayed"], dry["destinations"]) == (3, 0, {"sink": 3})
    assert command(bridge, "replay", *since)["replayed"] == 3
    bridge.until(lambda: len(bodies(bridge, "Logo many")) == 3, what="delivered")
    made = [one["body"] for one in deliveries(bridge) if one["kind"] == "replay" and "many" in one["body"]]
    assert made == [f"Logo {gid}" for gid in gids]
    assert "Nothing fits" in bridge.bridge("replay", *since).stdout


def test_an_event_is_matched_anew(bridge: Live) -> None:
    fail(bridge, "anew")
    [event] = bridge.api("/events?gid=anew")["items"]
    rules = bridge.folder / "rules" / "all.yaml"
    rules.write_text(RULES.replace("{{ event.type }} {{ event.action }}", "Anew"))
    try:
        answer = command(bridge, "replay", event["id"])
        assert [(one["title"], one["destination"], one["origin"]) for one in answer["items"]] == [
            ("Anew", "sink", None)
        ]
        bridge.until(lambda: bodies(bridge, "Logo anew"), what="delivered")
        elsewhere = command(bridge, "replay", f"event:{event['id']}", "--to", "other")
        assert elsewhere["items"][0]["destination"] == "other"
        bridge.until(lambda: bodies(bridge, "Logo anew", "other"), what="delivered")
        assert command(bridge, "replay", f"e{event['id']}", "--rule", "Comments once", "--dry-run")["items"] == []
        for id in (failed(bridge, "anew")[0]["id"], answer["items"][0]["id"]):
            again = act(bridge, f"/deliveries/{id}/replay", {"anew": True, "dry_run": True})[1]
            assert again["items"][0]["title"] == "Anew"
    finally:
        rules.write_text(RULES)


def test_gates_are_asked_unless_forced(bridge: Live) -> None:
    bridge.post(envelope("c", kind="Comment", message="Hello"))
    bridge.until(lambda: bodies(bridge, "Hello"))
    [event] = bridge.api("/events?gid=c")["items"]
    [kept] = act(bridge, f"/events/{event['id']}/replay")[1]["items"]
    assert kept["state"] == "suppressed"
    assert kept["reason"].startswith("once per")
    [forced] = act(bridge, f"/events/{event['id']}/replay", {"force": True})[1]["items"]
    assert forced["state"] == "pending"
    bridge.until(lambda: bodies(bridge, "Hello") == ["Hello", "Hello"], what="delivered")
    status, silence = act(bridge, "/silences", {"gid": "c", "for": "1h", "why": "tests"})
    assert status == 201
    [silenced] = act(bridge, f"/events/{event['id']}/replay", {"dry_run": True})[1]["items"]
    assert silenced["reason"] == f"silenced by admin: tests (silence {silence['id']})"


def test_what_waits_goes_elsewhere_or_nowhere(bridge: Live) -> None:
    bridge.sink.status = lambda path: 503 if path == "/sink" else 200
    for gid in ("w1", "w2"):
        bridge.post(envelope(gid, title=f"Logo {gid}"))
    bridge.until(
        lambda: [len(one["attempts"]) for one in deliveries(bridge, state="pending")] == [1, 1], what="tried once"
    )
    first, second = deliveries(bridge, state="pending")
    assert act(bridge, f"/deliveries/{first['id']}/replay")[0] == 409
    status, answer = act(bridge, f"/deliveries/{first['id']}/redirect", {"to": "other", "dry_run": True})
    assert (status, answer["items"][0]["destination"]) == (200, "other"), answer
    assert command(bridge, "replay", f"d{first['id']}", "--to", "other")["items"][0]["destination"] == "other"
    bridge.until(lambda: bodies(bridge, "Logo w1", "other"), what="delivered")
    status, dropped = act(bridge, f"/deliveries/{second['id']}/drop")
    assert (status, dropped["state"]) == (200, "suppressed"), dropped
    assert dropped["reason"].startswith("dropped by admin; before: ")
    assert [one["state"] for one in deliveries(bridge, gid="w1", destination="sink")] == ["suppressed"]
    assert act(bridge, f"/deliveries/{second['id']}/drop")[0] == 409
    bridge.sink.status = 200


def test_another_kind_of_destination_gets_words_of_its_own(bridge: Live) -> None:
    fail(bridge, "kind")
    [old] = failed(bridge, "kind")
    status, answer = act(bridge, f"/deliveries/{old['id']}/replay", {"to": "page", "dry_run": True})
    assert (status, answer["items"][0]["destination"]) == (200, "page")
    bridge.until(lambda: deliveries(bridge, destination="ops"), what="told")
    news = deliveries(bridge, destination="ops")[0]
    status, answer = act(bridge, f"/deliveries/{news['id']}/replay", {"anew": True})
    assert status == 409
    assert "no rule's message about one event" in answer["detail"]


def test_the_api_replays_many(bridge: Live) -> None:
    fail(bridge, "api1", "api2")
    wanted = {"filter": {"destination": "sink", "gid": "api2"}, "dry_run": True}
    assert act(bridge, "/deliveries/replay", wanted)[1]["count"] == 1
    status, answer = act(bridge, "/deliveries/replay", {"filter": {"gid": "api1"}, "to": "other"})
    assert (status, answer["replayed"], answer["destinations"]) == (200, 1, {"other": 1}), answer
    bridge.until(lambda: bodies(bridge, "Logo api1", "other"), what="delivered")


def test_the_api_acts_on_several(bridge: Live) -> None:
    fail(bridge, "some1", "some2", "some3")
    first, second, third = (failed(bridge, f"some{number}")[0]["id"] for number in (1, 2, 3))
    status, answer = act(bridge, "/deliveries/drop", {"ids": [first, "987654321"], "why": "not needed"})
    assert (status, answer["replayed"], list(answer["refused"])) == (200, 1, ["987654321"]), answer
    assert bridge.api("/deliveries?gid=some1&state=suppressed")["items"][0]["reason"].startswith(
        "dropped by admin: not needed"
    )
    assert act(bridge, "/deliveries/replay", {"ids": [second], "dry_run": True})[1]["destinations"] == {"sink": 1}
    assert act(bridge, "/deliveries/replay", {"ids": [second]})[1]["replayed"] == 1
    assert act(bridge, "/deliveries/redirect", {"ids": [second, third], "to": "other"})[1]["replayed"] == 1
    bridge.until(lambda: bodies(bridge, "Logo some3", "other") and bodies(bridge, "Logo some2"), what="delivered")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/deliveries/drop", {"ids": []}, 400),
        ("/deliveries/drop", {"ids": [1]}, 400),
        ("/deliveries/drop", {"ids": "1"}, 400),
        ("/deliveries/redirect", {"ids": ["1"]}, 400),
        ("/deliveries/redirect", {"ids": ["1"], "to": "sunk"}, 400),
        ("/deliveries/drop", {"ids": ["987654321"]}, 409),
        ("/deliveries/replay", {"ids": ["1"], "filter": {"gid": "a"}}, 400),
        ("/events/999/replay", {}, 404),
        ("/deliveries/999/replay", {}, 404),
        ("/deliveries/999/drop", {}, 404),
        ("/deliveries/99999999999999999999/redirect", {"to": "sink"}, 404),
        ("/deliveries/1/redirect", {}, 400),
        ("/deliveries/1/replay", {"to": "sunk"}, 400),
        ("/deliveries/1/replay", {"to": 4}, 400),
        ("/events/1/replay", {"rule": "Nothing"}, 400),
        ("/deliveries/replay", {"filter": {}}, 400),
        ("/deliveries/replay", {"filter": {"state": "pending", "gid": "a"}}, 400),
        ("/deliveries/replay", {"filter": {"cursor": "1"}}, 400),
        ("/deliveries/replay", {"filter": {"since": "soon"}}, 400),
    ],
)
def test_the_api_says_what_is_wrong(quiet: Live, path: str, body: Any, status: int) -> None:
    found, answer = act(quiet, path, body)
    assert (found, answer["status"]) == (status, status), answer


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name an event"),
        (["x9"], "neither an event"),
        (["1", "--delivery", "1"], "one event or one delivery"),
        (["d1", "--since", "2001-01-01"], "--since chooses among many"),
        (["d1", "--force"], "--force goes with an event"),
        (["1", "--anew"], "--anew goes with deliveries"),
    ],
)
def test_wrong_usage_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(["replay", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["999"], "there is no event 999"),
        (["d999"], "there is no delivery 999"),
        (["--destination", "sink", "--to", "sunk"], "did you mean `sink`?"),
    ],
)
def test_the_command_says_what_is_wrong(quiet: Live, arguments: list[str], said: str) -> None:
    check(quiet, arguments, said, code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "soon"], "is a time"),
        (["--state", "held"], "`state` is one of"),
        (["--since", "2001-01-01", "--state", "pending"], "`state` is one of"),
        (["--state", "failed", "--dry-run"], "say which"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(quiet: Live, arguments: list[str], said: str) -> None:
    check(quiet, arguments, said, code=2)


def check(quiet: Live, arguments: list[str], said: str, code: int) -> None:
    answer = quiet.bridge("replay", *arguments)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_lists_have_a_true_cursor(quiet: Live) -> None:
    seen: list[str] = []
    more: list[str] = []
    for _ in range(3):
        page = command(quiet, "deliveries", "--limit", "2", *more)
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        more = ["--cursor", page["next"]]
    assert seen == [one["id"] for one in quiet.api("/deliveries")["items"]]
    page = command(quiet, "events", "--limit", "1")
    assert page["next"] == page["items"][0]["id"]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One service for all that changes nothing."""
    sink = Sink()
    service = Live(tmp_path_factory.mktemp("quiet"), sink, rules=RULES).start()
    for number in range(3):
        service.post(envelope(f"q{number}", title="Quiet"))
    service.until(lambda: len(service.api("/deliveries?state=delivered")["items"]) == 3)
    yield service
    service.stop()
    sink.close()
