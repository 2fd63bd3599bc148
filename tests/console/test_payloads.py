"""An event whose payload is no longer kept: page, API and command line say so, and guess nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.store.retention import ToPrune
from tests.console.conftest import ENVIRON, Site, fill
from tests.store.support import DAY, NOON


async def emptied(site: Site) -> str:
    """The id of an event that was told and has lost its payload."""
    ids = await fill(site)
    assert (await site.store.prune(ToPrune("payloads", NOON + DAY))).gone
    return str(ids["fine"])


async def test_its_page(site: Site) -> None:
    id = await emptied(site)
    page = await site.get(f"/events/{id}")
    assert "It is no longer kept: payloads are deleted after a while" in page
    assert "Only the rules that fired are shown" in page
    assert "It reached <b>team</b>" in page
    assert "did not fire" not in page
    assert "Il n’est plus conservé" in await site.get(f"/events/{id}", language="fr")
    assert "/events/" in await site.get("/events")


async def test_the_api(site: Site) -> None:
    id = await emptied(site)
    event = json.loads(await site.get(f"/api/v1/events/{id}"))
    assert (event["payload_kept"], event["resource"], event["changes"]) == (False, None, {})
    assert [one["fired"] for one in event["decisions"]] == [True]
    assert event["deliveries"][0]["title"]


async def test_explain(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await emptied(site)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    config = site.snapshot.settings.path

    def run() -> str:
        assert main(["--config", str(config), "explain", id]) == 0
        return capsys.readouterr().out

    import asyncio

    said = await asyncio.to_thread(run)
    assert "Its payload is no longer kept" in said
    assert "✗" not in said
