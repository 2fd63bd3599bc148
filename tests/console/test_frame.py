"""What all pages share: headers, static files, languages, and how they break."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from bridge.errors import StoreUnavailable
from bridge.web import charts, compiled
from bridge.web.look import Look
from bridge.web.static_files import FILES
from bridge.web.words import ENGLISH, FRENCH
from tests.console.conftest import TOKEN, Site, fill

WEB = Path(__file__).parents[2] / "bridge" / "web"
PHRASE = re.compile(r"""\b(?:t|say)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)""")


def phrases() -> set[str]:
    """Every phrase that a template or a page says."""
    found = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        for literals in PHRASE.findall(path.read_text(encoding="utf-8")):
            found.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)))
    return found


def test_every_phrase_is_there_in_french() -> None:
    assert phrases() - set(FRENCH.phrases) == set()


def test_no_phrase_is_left_over() -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in [*WEB.rglob("*.html"), *WEB.glob("**/*.py")])
    said = phrases()
    unused = {phrase for phrase in FRENCH.phrases if phrase not in said and everything.count(f'"{phrase}"') < 2}
    assert unused == set()


@pytest.mark.parametrize("english", sorted(FRENCH.phrases))
def test_blanks_are_the_same_in_french(english: str) -> None:
    for form in FRENCH.phrases[english].split("|"):
        assert set(re.findall(r"\{\w+\}", form)) <= set(re.findall(r"\{\w+\}", english))
        assert not re.search(r" [:;?!»]|« ", form), "a space that may break"


def test_templates_are_kept_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def said(source: str, **options: Any) -> str:
        loader = DictLoader({"a.html": source})
        return Environment(loader=loader, bytecode_cache=compiled.Compiled(), **options).get_template("a.html").render()

    assert [said("{% if true %}\n1{% endif %}") for _ in range(2)] == ["\n1"] * 2
    [kept] = (tmp_path / "kept").iterdir()
    assert said("2") == "2", "another text"
    assert said("{% if true %}\n1{% endif %}", trim_blocks=True) == "1", "other options"
    before = kept.read_bytes()
    monkeypatch.setattr(compiled, "JINJA", "4.0")
    assert (said("{% if true %}\n1{% endif %}", trim_blocks=True), kept.read_bytes() != before) == ("1", True), "anew"
    kept.write_bytes(before[:20])
    assert said("3") == "3", "damaged"
    monkeypatch.setattr(compiled, "FOLDER", kept)
    assert said("4") == "4", "nowhere to write"


def test_values_in_phrases_are_escaped() -> None:
    assert ENGLISH.say("{name} is paused", name="<b>") == "&lt;b&gt; is paused"


async def test_style_sheets_may_be_kept_for_ever(site: Site) -> None:
    page = await site.get("/")
    for name in ("tokens.css", "bridge.css", "live.js", "mark.svg"):
        path = f"/static/{FILES[name].digest}/{name}"
        assert path in page
        response = await site.client.get(path)
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Type"].startswith(("text/css", "text/javascript", "image/svg+xml"))
    old = await site.client.get("/static/000000000000/live.js")
    assert old.headers["Cache-Control"] == "no-cache"


def test_what_a_page_loads_is_small() -> None:
    assert sum(len(file.content) for file in FILES.values()) < 22_000


async def test_headers(site: Site) -> None:
    response = await site.client.get("/", headers={"Authorization": f"Bearer {TOKEN}"})
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Language"] == "en"


async def test_what_is_not_there(site: Site) -> None:
    assert "<h1" in await site.get("/nothing", status=404)
    response = await site.client.get("/api/v1/nothing", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.content_type == "application/problem+json"


async def test_a_page_breaks_and_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Look, seconds: float, **_: object) -> str:
        raise ValueError("secret of the fault")

    monkeypatch.setattr(Look, "at", broken)
    await fill(site)
    page = await site.get("/", status=500)
    assert "This page broke, Bridge did not" in page
    assert re.search(r"err-[0-9a-f]{6}", page)
    assert "secret of the fault" not in page


async def test_without_a_store_the_page_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(site.store, "_read", away)
    monkeypatch.setattr(site.store.counts, "_read", away)
    page = await site.get("/", status=503)
    assert "The store cannot be used now" in page
    assert "disk" not in page


# ---- charts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (81, 120), (121, 200), (12_000, 12_000)]
)
def test_the_scale(most: int, top: int) -> None:
    assert charts.top_of(most) == top


def test_a_single_failure_shows() -> None:
    assert charts.tall(1, 200) == 2
    assert charts.tall(0, 200) == 0


def test_stairs() -> None:
    assert charts.stairs([0, 2, 2, 4, 0, 1], 4) == "M1 48v-24h2v-24h1V48zM5 48v-12h1V48z"
    assert charts.stairs([4, 1], 4) == "M0 48v-48h1v36h1V48z"
    assert charts.stairs([0, 0], 4) == ""


def test_bars() -> None:
    assert charts.bars([0, 2, 1], 30, 10) == "M10 10v-10h7v10zM20 10v-5h7v5z"
    assert charts.bars([]) == ""


def test_a_meter_hides_nothing() -> None:
    assert charts.meter([]) == []
    assert charts.meter([1, 1000])[0] == "M0 0h2v10h-2z"
