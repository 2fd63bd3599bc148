"""Rules switched from their page, their tests, and the history of their file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bridge.config.snapshot import load
from bridge.errors import Problem
from bridge.model import Place, replace
from tests.config.folder import ENVIRON, RULES
from tests.console.test_actions import hand_of, send, text_of
from tests.console.visitor import TOKEN, USERS, House, opened

TEXT = """\
# ours
rules:
  - name: New <b>project</b>
    when: Project created
    notify: projects
tests:
  - {name: told, event: {type: Project, action: created}, expect: {projects: ~}}
"""
NAME = "New <b>project</b>"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with one rule file, which is taken as soon as somebody switches a rule."""
    environ = {**ENVIRON, "TOKEN": TOKEN}

    def reload() -> None:
        made[0].snapshot = load(tmp_path / "config.yaml", environ)

    made: list[House] = []
    async with opened(tmp_path, USERS, environ=environ, reload=reload) as opening:
        made.append(opening)
        (tmp_path / RULES).write_text(TEXT, encoding="utf-8")
        reload()
        yield opening


def text(house: House) -> str:
    return (house.folder / RULES).read_text(encoding="utf-8")


async def test_switched_off_and_on_again(house: House) -> None:
    hand = await hand_of(house)
    page = await text_of(await hand.get("/rules"))
    assert 'aria-checked="true"' in page
    assert "1 test" in page
    assert "tests pass" in page
    page = await text_of(await send(hand, "/rules/switch", rule=NAME, on="0"))
    assert "Switch “New &lt;b&gt;project&lt;/b&gt;” off?" in page
    assert "projects will no longer hear of it" in page
    assert text(house) == TEXT
    answer = await send(hand, "/rules/switch", rule=NAME, on="0", sure="yes")
    assert answer.status_code == 303
    page = await text_of(await hand.get(answer.headers["Location"]))
    assert "“New &lt;b&gt;project&lt;/b&gt;” is switched off." in page
    assert "Switch on" in page
    assert text(house) == TEXT.replace("</b>\n", "</b>\n    enabled: false\n")
    assert (await house.audited())[0] == ("camille", "rule.disabled", f"{NAME}: {RULES}, line 3")
    await send(hand, "/rules/switch", rule=NAME, on="1")
    assert "enabled: true" in text(house)
    assert (await house.audited())[0][1] == "rule.enabled"


async def test_a_file_with_a_mistake_stays_as_it_is(house: House) -> None:
    hand = await hand_of(house)
    (house.folder / RULES).write_text(TEXT.replace("created\n    notify", "created\n    notfy"), encoding="utf-8")
    before = text(house)
    page = await text_of(await send(hand, "/rules/switch", rule=NAME, on="0", sure="yes"), 409)
    assert "Nothing was written." in page
    assert f"{RULES}:5:5: unknown key" in page
    assert text(house) == before
    assert "No rule in force is called" in await text_of(await send(hand, "/rules/switch", rule="<i>"), 404)


async def test_tests_and_what_is_refused_are_told_as_they_are(house: House) -> None:
    hand = await hand_of(house)
    assert house.snapshot
    wrong = Problem(place=Place(RULES, 7, 5), code="test-failed", message="test “told” fails: <b>")
    new = Problem(place=Place("rules/new.yaml", 1, 1), code="unknown-key", message="unknown key `rulez`")
    house.snapshot = replace(house.snapshot, problems=(wrong, new), refused={"rules/new.yaml": (new,), RULES: (wrong,)})
    page = await text_of(await hand.get("/rules"))
    assert "nothing of it is in force" in page
    assert "as they were before the change" in page
    assert "1 tests fail" in page
    page = await text_of(await hand.get("/rule?name=New <b>project</b>"))
    assert "test “told” fails: &lt;b&gt;" in page


async def test_history_with_a_difference(house: House) -> None:
    hand = await hand_of(house)
    for number, said in enumerate(("# first\n" + TEXT, "# first\n" + TEXT, TEXT)):
        house.now += 60
        await house.store.save_version(f"v{number}", {RULES: said, "rules/other.yaml": str(number)})
    page = await text_of(await hand.get(f"/rule?name={NAME}"))
    assert re.findall(r"<code>(v\d)</code>", page) == ["v2", "v0"]  # v0 and v1 hold the same text
    assert "<del>-# first</del> # ours" in page
    assert "+0 −1" in page
    page = await text_of(await hand.get(f"/rule?name={NAME}&version=v0"))
    assert "the oldest that is known" in page
    assert "<del>" not in page[page.index('id="history"') :]


async def test_by_the_api(house: House) -> None:
    house.configure(f"admin_token: {TOKEN}\n")
    house.window.reload()
    program = house.visitor()
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    path = "/api/v1/rules/New%20%3Cb%3Eproject%3C%2Fb%3E"
    answer = await program.ask("POST", f"{path}/disable", headers=bearer)
    assert await answer.get_json() == {
        "name": NAME,
        "file": RULES,
        "line": 3,
        "enabled": False,
        "changed": True,
        "in_force": True,
    }
    again = await (await program.ask("POST", f"{path}/disable", headers=bearer)).get_json()
    assert (again["changed"], again["in_force"]) == (False, True)
    assert (await program.ask("POST", "/api/v1/rules/nobody/enable", headers=bearer)).status_code == 404
    (house.folder / RULES).write_text("rules: {", encoding="utf-8")
    assert (await program.ask("POST", f"{path}/enable", headers=bearer)).status_code == 409
