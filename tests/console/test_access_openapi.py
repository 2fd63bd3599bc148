"""The API's description: complete, true, and all that it allows is answered as it says."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from bridge.config.shipped import shipped
from bridge.config.snapshot import load
from bridge.web import Window, build
from bridge.web.openapi import OPERATIONS, document
from tests.live import RULES, TOKEN, Live, Sink, envelope

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of its own dependencies
    import schemathesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance

ENVIRON = {"CREADS_WEBHOOK_SECRET": "0123456789abcdef0123"}
MORE = """\
  - name: Dear ones
    description: those over a thousand
    labels: [money]
    when: Project *
    if: {resource.titel: Bravo, resource.price.amount: {gte: 1000}}
    notify: ops
"""
ENDLESS = "/api/v1/stream"


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with a few events."""
    sink = Sink()
    sink.status = lambda path: 404 if path == "/sink" else 200
    service = Live(tmp_path_factory.mktemp("openapi"), sink, rules=RULES + MORE).start()
    for number in range(3):
        service.post(envelope(f"a{number}", title=f"Logo {number}", token="hidden-token-123"))
    service.post(envelope("a1", event="resource.updated", title="Logo, again", token="another-hidden-1"))
    service.until(lambda: len(service.api("/deliveries?state=failed")["items"]) == 4)
    yield service
    service.stop()
    sink.close()


def test_every_route_is_described() -> None:
    snapshot = load(shipped("config.example.yaml"), ENVIRON)
    window = Window(store=None, snapshot=lambda: snapshot, token="", state=lambda: "running")  # type: ignore[arg-type]  # nothing is asked of it
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in build(window).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert there == {(one.method, f"/api/v1{one.path}") for one in OPERATIONS}


def test_who_may_look_gets_the_description(bridge: Live) -> None:
    assert bridge.api("/openapi.json") == document()
    assert bridge.get("/api/v1/openapi.json")[0] == 401


api = schemathesis.openapi.from_dict(document()).exclude(path=ENDLESS)


@api.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_every_request_is_answered_as_described(case: Any, bridge: Live) -> None:
    # What may be asked of a service that acts depends on its files, which the description does not know.
    beyond = [] if case.method == "GET" else [positive_data_acceptance]
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{bridge.port}",
        headers={"Authorization": f"Bearer {TOKEN}"},
        excluded_checks=beyond,
    )
