"""Every route, asked by nobody, by who may look, and by who may act."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.console.visitor import USERS, House, opened

OPEN = {"/healthz", "/readyz", "/metrics", "/login"}  # to a program of this machine
ENDLESS = {"/api/v1/stream"}  # asked for by who may not see it only


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, USERS) as one:
        yield one


def routes(house: House) -> list[tuple[str, str]]:
    """Each method with each path; what stands for an id is 1."""
    return [
        (method, re.sub(r"<[^>]+>", "1", rule.rule))
        for rule in house.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


async def test_nobody_gets_anywhere(house: House) -> None:
    stranger = house.visitor()
    for method, path in routes(house):
        answer = await stranger.ask(method, path)
        if path in OPEN or path.startswith("/static/"):
            assert answer.status_code != 401, (method, path)
        elif path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
        else:
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/login"), (method, path)


async def test_who_may_look_changes_nothing(house: House) -> None:
    noor = house.visitor()
    await noor.sign_in("noor")
    token = await noor.form()
    for method, path in routes(house):
        if method == "GET" and path not in ENDLESS:
            assert (await noor.get(path)).status_code not in (401, 403), path
        elif method != "GET" and path not in ("/login", "/logout"):
            answer = await noor.ask(method, path, headers={"X-CSRF-Token": token})
            assert answer.status_code == 403, (method, path)
    assert [what for _, what, _ in await house.audited()] == ["signed in"]


async def test_who_may_act_is_let_through(house: House) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    token = await camille.form()
    for method, path in routes(house):
        if path not in ENDLESS and path not in ("/login", "/logout"):
            answer = await camille.ask(method, path, headers={"X-CSRF-Token": token})
            assert answer.status_code not in (401, 403), (method, path)
            without = await camille.ask(method, path)
            assert (without.status_code == 403) == (method != "GET"), (method, path)
