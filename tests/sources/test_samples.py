"""The sample events are of all kinds and of known fields; the vendor's own ones are read as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.sources.creads import Creads

NOW = datetime(2017, 11, 6, 14, 30, tzinfo=UTC)
CREADS = Creads("creads", (b"a secret of the samples",))
SAMPLES = Creads.samples(NOW)
EVENTS = Path(__file__).resolve().parents[2] / ".." / "shared" / "creads" / "events"
KINDS = {f"{kind.lower().replace(' ', '_')}.{action}" for kind, actions in Creads.EVENTS.items() for action in actions}


def paths_in(value: Any, path: str = "") -> Iterator[str]:
    """Every dotted path below a resource, list indexes left out."""
    if isinstance(value, dict) and "readOnly" in value:
        return  # the vendor's sample prints its schema where the value belongs
    if isinstance(value, dict):
        for key, below in value.items():
            yield f"{path}{key}"
            yield from paths_in(below, f"{path}{key}.")
    elif isinstance(value, list):
        for item in value:
            yield from paths_in(item, path)


def test_there_is_one_of_each_kind() -> None:
    names = [name for name, _ in SAMPLES]
    assert len(names) == 17
    assert set(names) == KINDS


@pytest.mark.parametrize(("name", "body"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_sample_is_what_its_name_says(name: str, body: bytes) -> None:
    arrival = CREADS.read(body, NOW.timestamp())
    assert arrival is not None
    assert f"{arrival.type.lower().replace(' ', '_')}.{arrival.action}" == name
    resource = CREADS.resource_of(body)
    assert (resource is None) == (arrival.action == "deleted")
    assert set(paths_in(resource)) <= Creads.FIELDS[arrival.type]


def test_the_story_holds_together() -> None:
    told = {name: json.loads(body) for name, body in SAMPLES}
    order = [name for name, _ in SAMPLES]
    project, message, work = (told[f"{kind}.created"]["resource"] for kind in ("project", "project_message", "work"))
    assert message["project"]["gid"] == project["gid"] == told["project.updated"]["resource_gid"]
    assert Creads.subject("Comment", told["comment.created"]["resource"]) == ("Work", work["gid"])
    assert (project["status"], told["project.updated"]["resource"]["status"]) == ("in_progress", "finished")
    assert datetime.fromisoformat(project["deadline_at"]) - NOW == timedelta(days=5)
    for kind in ("invitation", "membership", "project", "webhook"):
        created, updated, deleted = (order.index(f"{kind}.{action}") for action in ("created", "updated", "deleted"))
        assert created < updated < deleted
        assert len({told[f"{kind}.{action}"]["resource_gid"] for action in ("created", "updated", "deleted")}) == 1


def test_a_signed_sample_is_taken() -> None:
    for _, body in SAMPLES:
        name, value = Creads.sign(body, b"a secret of the samples")
        CREADS.verify([(name.lower().encode(), value.encode())], body)


@pytest.mark.skipif(not EVENTS.is_dir(), reason="the vendor's events (../shared/creads/events) are not here")
@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_vendors_events_are_read_as_they_are(name: str) -> None:
    body = (EVENTS / f"{name}.json").read_bytes()
    arrival = CREADS.read(body, NOW.timestamp())
    assert arrival is not None
    assert f"{arrival.type.lower().replace(' ', '_')}.{arrival.action}" == name
    assert set(paths_in(CREADS.resource_of(body))) <= Creads.FIELDS[arrival.type]
