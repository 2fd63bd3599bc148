"""Now: what did not reach people, and the figures of the day."""

from __future__ import annotations

import pytest

from bridge.model import Health, replace
from tests.console.conftest import BIG, Site, fill, tell
from tests.store.support import NOON, planned, settled


async def test_before_the_first_event(site: Site) -> None:
    page = await site.get("/")
    assert "No event yet" in page
    assert "http://127.0.0.1:8099/hooks/creads" in page
    assert "Aucun événement" in await site.get("/", language="fr-CA,fr;q=0.9")


async def test_the_title_is_the_answer(site: Site) -> None:
    await fill(site)
    page = await site.get("/")
    assert "<h1>1 message has not reached people</h1>" in page
    assert "boss gave up on 1 message" in page
    assert "The service says &lt;script&gt;" in page
    assert 'title="1 not delivered"' in page


async def test_the_title_in_french(site: Site) -> None:
    await fill(site)
    page = await site.get("/", language="fr")
    assert "1 message n’est pas arrivé" in page
    assert 'lang="fr"' in page


async def test_all_is_well(site: Site) -> None:
    await tell(site, "p1", at=NOON - 60)
    assert "Everything sent since" in await site.get("/")


@pytest.mark.parametrize("span", ["6h", "24h", "7d", "nonsense"])
async def test_each_span(site: Site, span: str) -> None:
    await fill(site)
    page = await site.get(f"/?span={span}")
    assert "3 in the last hour" not in page  # the first was an hour ago
    assert "Events in: 3 in" in page
    assert "Not delivered: 1 in" in page


async def test_what_is_gathered_is_no_trouble(site: Site) -> None:
    await tell(site, "p1", planned("gone"), at=NOON - 60)
    await site.store.hold("gone", "no destination `gone` in the configuration")
    page = await site.get("/")
    assert "gone is not in the configuration: 1 message waits" in page
    assert "for a paused destination" in page


async def pause(site: Site, *names: str, operators: tuple[str, ...]) -> None:
    await fill(site)
    site.change(replace(site.snapshot, settings=replace(site.snapshot.settings, operators=operators)))
    for name in names:
        await site.store.pauses.pause(name, "gone", failures=5)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["No operator can be told of troubles", "Each destination of “operators” is paused: team, boss."]),
        (
            "fr",
            [
                "Aucun opérateur ne peut être prévenu des incidents",
                "Chaque destination de «\u00a0operators\u00a0» est en pause\u00a0: team, boss.",
            ],
        ),
    ],
)
async def test_operators_that_are_all_paused(site: Site, language: str, said: list[str]) -> None:
    await pause(site, "team", "boss", operators=("team", "boss"))
    page = await site.get("/", language=language)
    assert [words in page for words in said] == [True, True]


@pytest.mark.parametrize("operators", [(), ("team", "boss")])
async def test_one_operator_that_is_left_is_enough(site: Site, operators: tuple[str, ...]) -> None:
    await pause(site, "team", operators=operators)
    page = await site.get("/")
    assert "team is paused" in page
    assert "No operator can be told" not in page


UNHEARD = "no operator can be told of troubles: each destination of `operators` is paused"
FAILING = "operators may not hear of troubles: each destination of `operators` is paused or failed when last tried"


@pytest.mark.parametrize(
    ("failing", "paused", "said"),
    [
        (["team", "boss"], [], [FAILING]),
        (["team"], ["boss"], [FAILING]),
        ([], ["team", "boss"], [UNHEARD]),
        (["team"], [], []),
        ([], ["boss"], []),
    ],
)
async def test_readiness_says_whether_operators_hear(
    site: Site, failing: list[str], paused: list[str], said: list[str]
) -> None:
    await pause(site, *paused, operators=("team", "boss"))
    for name in failing:
        _, (sent,) = await tell(site, name, planned(name), at=NOON)
        await site.store.settle(settled(sent, "failed", health=Health(failures=1)))
    answer = await (await site.client.get("/readyz")).get_json()
    assert [problem for problem in answer["problems"] if "`operators`" in problem] == said


async def test_rules_that_fired(site: Site) -> None:
    await fill(site)
    page = await site.get("/")
    assert "fired on each of the last 7 days: 0, 0, 0, 0, 0, 0, 1" in page
    assert BIG not in page
    assert "Big &lt;b&gt;project&lt;/b&gt;" in page
