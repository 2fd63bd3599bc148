"""The API's reading half: who may look, filters, cursors, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.live import TOKEN, Live, Sink, envelope

PATHS = ["/api/v1/events", "/api/v1/events/1", "/api/v1/deliveries", "/api/v1/rules"]


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One service for all: nothing here changes it."""
    sink = Sink()
    service = Live(tmp_path_factory.mktemp("api"), sink).start()
    for number in range(5):
        service.post(envelope(f"a{number}", title=f"Logo {number}", token="hidden-token-123"))
    service.post(envelope("b", kind="Comment", message="Bravo"))
    service.until(lambda: len(service.api("/deliveries?state=delivered")["items"]) == 6)
    yield service
    service.stop()
    sink.close()


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nobody_looks(bridge: Live, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
        encoded = {name: value.encode("utf-8").decode("latin-1") for name, value in headers.items()}
        status, answer, body = bridge.request("GET", path, headers=encoded)
        assert status == 401, (headers, body)
        assert answer["content-type"] == "application/problem+json"
    assert bridge.get(path, TOKEN)[0] == 200


def test_pages_by_cursor(bridge: Live) -> None:
    seen, cursor = [], ""
    for _ in range(4):
        page = bridge.api(f"/events?limit=2{cursor}")
        seen += [event["gid"] for event in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["b", "a4", "a3", "a2", "a1", "a0"]


@pytest.mark.parametrize(
    ("query", "gids"),
    [
        ("gid=a3", ["a3"]),
        ("type=comment", ["b"]),
        ("type=Project&action=created&limit=1", ["a4"]),
        ("q=Bravo", ["b"]),
        ("rule=Everything&gid=b", ["b"]),
        ("destination=sink&gid=b", ["b"]),
        ("destination=ops", []),
        ("state=stale", []),
        ("since=2001-01-01T00:00:00Z&gid=b", ["b"]),
        ("until=2001-01-01T00:00:00%2B02:00", []),
        ("source=creads&gid=b", ["b"]),
    ],
)
def test_filters_are_named_as_the_fields(bridge: Live, query: str, gids: list[str]) -> None:
    assert [event["gid"] for event in bridge.api(f"/events?{query}")["items"]] == gids


def test_a_command_finds_nothing_in_what_is_redacted(bridge: Live) -> None:
    for what in ("events", "deliveries"):
        assert json.loads(bridge.bridge(what, "--q", "hidden-tok", "--json").stdout) == {"items": [], "next": None}
    assert [item["gid"] for item in json.loads(bridge.bridge("events", "--q", "bravo", "--json").stdout)["items"]] == [
        "b"
    ]


@pytest.mark.parametrize(
    "query", ["stat=x", "state=x", "limit=0", "limit=x", "cursor=-1", "since=soon", "gid=" + "x" * 600, "type=A&type=B"]
)
def test_a_wrong_filter_is_named(bridge: Live, query: str) -> None:
    status, answer = bridge.get(f"/api/v1/events?{query}", TOKEN)
    assert status == 400
    assert query.partition("=")[0] in answer["detail"]


def test_what_is_not_there(bridge: Live) -> None:
    assert bridge.get("/api/v1/events/999999", TOKEN)[0] == 404
    assert bridge.get("/api/v1/events/99999999999999999999", TOKEN)[0] == 404
    assert bridge.get("/nothing", TOKEN)[0] == 404
    assert bridge.request("POST", "/api/v1/events", b"{}", {"Authorization": f"Bearer {TOKEN}"})[0] == 405


def test_secrets_of_a_resource_are_masked(bridge: Live) -> None:
    [event] = bridge.api("/events?gid=a1")["items"]
    assert event["resource"] == {"gid": "a1", "title": "Logo 1", "token": "********"}


def test_the_shape_of_an_event(bridge: Live) -> None:
    [event] = bridge.api("/events?gid=a1")["items"]
    assert set(event) >= {
        "id", "source", "type", "action", "gid", "received_at", "state",
        "duplicates", "resource", "changes", "decisions", "deliveries",
    }  # fmt: skip
    [delivery] = event["deliveries"]
    assert set(delivery) >= {"id", "rule", "destination", "state", "reason", "next_at", "title", "body", "attempts"}
    assert set(delivery["attempts"][0]) >= {
        "at",
        "outcome",
        "reason",
        "status",
        "ambiguous",
        "took_ms",
        "retry_after",
        "answer",
    }
    assert event["decisions"] == [
        {"rule": "Everything", "file": "rules/all.yaml", "line": 2, "fired": True, "failed": []}
    ]


def test_rules_with_their_files(bridge: Live) -> None:
    [file] = bridge.api("/rules")["items"]
    assert file["file"] == "rules/all.yaml"
    assert [rule["name"] for rule in file["rules"]] == ["Everything"]


def test_health_readiness_and_metrics(bridge: Live) -> None:
    assert bridge.get("/healthz") == (200, {"status": "ok"})
    assert bridge.get("/readyz")[1]["status"] == "ready"
    status, text = bridge.get("/metrics")
    assert status == 200
    assert 'bridge_posts_total{source="creads",status="202"} 6.0' in text
