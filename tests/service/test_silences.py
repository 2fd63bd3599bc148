"""Silences, by hand and by API, beside a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live import TOKEN, Live, Sink, envelope

RULES = """\
rules:
  - name: Everything
    when: "* *"
    notify: {to: sink, title: "{{ event.type }}", body: "{{ resource.title or event.gid }}"}
  - name: Also
    when: "* *"
    notify: {to: ops, title: "{{ event.type }}", body: "{{ event.gid }}"}
"""


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One service for all: each test has resources of its own."""
    sink = Sink()
    service = Live(tmp_path_factory.mktemp("silences"), sink, rules=RULES).start()
    yield service
    service.stop()
    sink.close()


def act(bridge: Live, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A request of who holds the token."""
    raw = None if body is None else json.dumps(body).encode()
    status, _, answer = bridge.request(method, f"/api/v1{path}", raw, {"Authorization": f"Bearer {TOKEN}"})
    return status, json.loads(answer)


def told(bridge: Live, gid: str, **resource: Any) -> dict[str, tuple[str, str | None]]:
    """Post an event; what became of it, by destination."""
    assert bridge.post(envelope(gid, **resource))[0] == 202
    bridge.until(lambda: bridge.api(f"/events?gid={gid}")["items"][0]["state"] == "matched", what="matched")
    event = bridge.api(f"/events?gid={gid}")["items"][0]
    bridge.until(lambda: all(one["state"] != "pending" for one in bridge.api(f"/deliveries?gid={gid}")["items"]))
    return {
        one["destination"]: (one["state"], one["reason"])
        for one in bridge.api(f"/deliveries?gid={gid}")["items"]
        if one["event_id"] == event["id"]
    }


def test_a_silence_added_by_command_is_noticed_and_ended(bridge: Live) -> None:
    added = bridge.bridge(
        "silence", "add", "--destination", "sink", "--where", 'resource.status == "draft"', "--for", "2h",
        "--why", "moving house", "--who", "ada", "--json",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    silence = json.loads(added.stdout)
    assert (silence["state"], silence["who"], silence["destination"]) == ("active", "ada", "sink")
    numbers = iter(range(1000))
    bridge.until(
        lambda: (
            told(bridge, f"c{next(numbers)}", status="draft")["sink"]
            == ("suppressed", f"silenced by ada: moving house (silence {silence['id']})")
        ),
        what="noticed",
    )
    assert told(bridge, "open", status="open")["sink"][0] == "delivered"
    assert told(bridge, "other", status="draft")["ops"][0] == "delivered"
    listed = bridge.bridge("silence", "list")
    assert "moving house" in listed.stdout
    ended = bridge.bridge("silence", "end", silence["id"], "--who", "bob")
    assert ended.returncode == 0, ended.stderr
    bridge.until(lambda: told(bridge, f"d{next(numbers)}", status="draft")["sink"][0] == "delivered", what="ended")
    every = json.loads(bridge.bridge("silence", "list", "--all", "--json").stdout)["items"]
    [over] = [one for one in every if one["id"] == silence["id"]]
    assert (over["state"], over["ended_by"]) == ("expired", "bob")


def test_a_silence_added_by_the_api_holds_for_the_very_next_event(bridge: Live) -> None:
    status, silence = act(
        bridge, "POST", "/silences", {"gid": "next", "rule": "Everything", "for": "1h", "why": "tests"}
    )
    assert status == 201, silence
    found = told(bridge, "next")
    assert found["sink"] == ("suppressed", f"silenced by admin: tests (silence {silence['id']})")
    assert found["ops"][0] == "delivered"
    assert silence["id"] in [one["id"] for one in bridge.api("/silences")["items"]]
    status, over = act(bridge, "DELETE", f"/silences/{silence['id']}")
    assert (status, over["state"], over["ended_by"]) == (200, "expired", "admin")
    assert silence["id"] not in [one["id"] for one in bridge.api("/silences")["items"]]
    assert silence["id"] in [one["id"] for one in bridge.api("/silences?all=true")["items"]]
    assert act(bridge, "DELETE", f"/silences/{silence['id']}")[0] == 409
    assert told(bridge, "next", title="again")["sink"][0] == "delivered"


def test_one_that_begins_later_waits(bridge: Live) -> None:
    later = {"everything": True, "for": "30m", "from": "2100-01-01T00:00:00Z", "why": "far away"}
    status, silence = act(bridge, "POST", "/silences", later)
    assert (status, silence["state"], silence["ends_at"]) == (201, "planned", "2100-01-01T00:30:00.000+00:00")
    assert told(bridge, "later")["sink"][0] == "delivered"
    assert act(bridge, "DELETE", f"/silences/{silence['id']}")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rule", "Everythin"], "there is no rule `Everythin`; did you mean `Everything`?"),
        (["--where", 'resource.status = "draft"'], "  resource.status = \"draft\"\n                  ^"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said(bridge: Live, arguments: list[str], said: str) -> None:
    answer = bridge.bridge("silence", "add", "--for", "2h", "--why", "x", *arguments)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_only_what_is_there_and_not_over_is_ended(bridge: Live) -> None:
    answer = bridge.bridge("silence", "end", "999")
    assert answer.returncode == 1
    assert "no silence 999" in answer.stderr


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rule": "Nothing", "for": "1h", "why": "x"}, "no rule"),
        ({"destination": "sunk", "for": "1h", "why": "x"}, "did you mean `sink`?"),
        ({"source": "cread", "for": "1h", "why": "x"}, "did you mean `creads`?"),
        ({"type": "Projct", "for": "1h", "why": "x"}, "did you mean `Project`?"),
        ({"for": "1h", "why": "x"}, "say what to silence"),
        ({"everything": True, "gid": "a", "for": "1h", "why": "x"}, "`everything` leaves nothing to choose"),
        ({"gid": "a", "from": "soon", "for": "1h", "why": "x"}, "is no time"),
        ({"gid": "a", "from": "2001-01-01", "for": "1h", "why": "x"}, "over already"),
        ({"gid": "a", "for": "2 hours", "why": "x"}, "is not a duration"),
        ({"gid": "a", "why": "x"}, "for how long"),
        ({"gid": "a", "for": "1h"}, "say why"),
        ({"gid": 4, "for": "1h", "why": "x"}, "`gid` is a text"),
        ({"git": "a", "for": "1h", "why": "x"}, "did you mean `gid`"),
        (["a"], "one JSON object"),
        ({"gid": "", "for": "1h", "why": "x"}, "`gid` has from 1"),
    ],
)
def test_the_api_says_what_is_wrong(bridge: Live, body: Any, said: str) -> None:
    status, answer = act(bridge, "POST", "/silences", body)
    assert status == 400
    assert said in answer["detail"]


def test_the_api_knows_no_other_silence(bridge: Live) -> None:
    assert act(bridge, "DELETE", "/silences/999")[0] == 404
    assert act(bridge, "DELETE", "/silences/99999999999999999999")[0] == 404
    assert act(bridge, "GET", "/silences?al=true")[0] == 400
    assert act(bridge, "GET", "/silences?all=true&all=false")[0] == 400
    assert bridge.request("POST", "/api/v1/silences", b"{}")[0] == 401


def test_a_field_that_nobody_sends_is_a_warning(bridge: Live) -> None:
    added = bridge.bridge(
        "silence", "add", "--type", "project", "--where", "resource.titel is defined", "--for", "1m", "--why", "x"
    )
    assert added.returncode == 0
    assert "titel" in added.stderr
    assert "type Project" in added.stdout
    bridge.bridge("silence", "end", added.stdout.split()[1].strip(":"))
