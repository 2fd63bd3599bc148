"""Deliveries sent again, elsewhere, or dropped from the pages: asked first, counted, and in the audit list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from quart import Response

from bridge.model import Bundling, Delivery
from tests.console.checks import faults
from tests.console.conftest import HOSTILE
from tests.console.visitor import TOKEN, USERS, House, Visitor, opened
from tests.store.support import match_all, matched, planned, record, settled

ADMIN = f"admin_token: {TOKEN}\n"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, USERS) as house:
        yield house


async def hand_of(house: House, name: str = "camille") -> Visitor:
    hand = house.visitor()
    await hand.sign_in(name)
    return hand


async def failed(house: House, count: int, *, reason: str = "no such channel", to: str = "projects") -> list[Delivery]:
    """So many that a destination refused."""
    found = []
    for number in range(count):
        gid = f"{to}-{reason}-{number}-{house.now}"
        await record(house.store, gid, gid=gid, at=house.now)
        (event,) = await house.store.unmatched(1)
        plan = planned(to, title=f"{HOSTILE} {number}")
        (sent,) = await house.store.write_matched([matched(event, plan)])
        await house.store.settle(settled(sent, "failed", at=house.now, reason=reason))
        found.append(sent)
    return found


async def send(hand: Visitor, path: str, ids: Sequence[int] = (), **fields: str) -> Response:
    """A form in which several boxes may be ticked."""
    pairs = [("csrf", await hand.form()), *fields.items(), *(("id", str(id)) for id in ids)]
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    return await hand.ask("POST", path, headers=typed, data=urlencode(pairs))


async def text_of(answer: Response, status: int = 200) -> str:
    text = str(await answer.get_data(as_text=True))
    assert answer.status_code == status, text[:2000]
    assert faults(text) == []
    return text


async def states(house: House) -> list[tuple[str, str, str]]:
    rows = await house.store.deliveries()
    return [(row.state, row.destination, row.kind) for row in reversed(rows)]


async def test_picked_ones_are_sent_again_after_a_page_that_counts_them(house: House) -> None:
    first, second, third = await failed(house, 3)
    hand = await hand_of(house)
    page = await text_of(await hand.get("/deliveries"))
    assert "projects: 3 failed" in page
    assert f'name="id" value="{third.id}"' in page
    page = await text_of(await send(hand, "/deliveries/confirm", [first.id, second.id], do="again"))
    assert "<h1>Send again: 2</h1>" in page
    assert HOSTILE not in page
    assert re.findall(r'name="id" value="(\d+)"', page) == [str(first.id), str(second.id)]
    assert len(await house.store.deliveries()) == 3
    answer = await send(hand, "/deliveries/again", [first.id, second.id])
    assert answer.status_code == 303
    page = await text_of(await hand.get(answer.headers["Location"]))
    assert "2 messages are on their way." in page
    assert "projects: 1 failed" in page
    assert (await states(house))[3:] == [("pending", "projects", "replay")] * 2
    ((who, what, detail), *_) = await house.audited()
    assert (who, what, detail[:3]) == ("camille", "deliveries.replayed", "2: ")
    assert "on their way" not in await text_of(await hand.get("/deliveries?did=again&after=99"))


async def test_pressing_twice_sends_once(house: House) -> None:
    (only,) = await failed(house, 1)
    hand = await hand_of(house)
    await send(hand, "/deliveries/again", [only.id])
    page = await text_of(await send(hand, "/deliveries/again", [only.id]), 409)
    assert "Nothing was done." in page
    assert "it was repeated already" in page
    assert len(await house.store.deliveries()) == 2
    page = await text_of(await hand.get("/deliveries?state=failed"))
    assert f"sent again: {only.id + 1}" in page


async def test_all_of_one_cause_and_all_of_a_destination(house: House) -> None:
    await failed(house, 2)
    await failed(house, 1, reason="no such token")
    await failed(house, 1, to="managers")
    hand = await hand_of(house)
    page = await text_of(await hand.get("/deliveries"))
    assert "2 × No such channel." in page
    page = await text_of(await send(hand, "/deliveries/confirm", do="drop", all="projects", cause="No such channel."))
    assert "<h1>Drop: 2</h1>" in page
    fields = dict(re.findall(r'<input type="hidden" name="(all|cause|upto)" value="([^"]*)"', page))
    house.now += 1
    await failed(house, 1)  # one more, which nobody counted
    await send(hand, "/deliveries/drop", **fields, why="a <b>try</b>")
    found = await states(house)
    assert [state for state, *_ in found] == ["suppressed", "suppressed", "failed", "failed", "failed"]
    ((_, what, detail), *_) = await house.audited()
    assert (what, detail.partition(":")[0], detail.rpartition(": ")[2]) == ("deliveries.dropped", "2", "a <b>try</b>")
    page = await text_of(await send(hand, "/deliveries/confirm", do="again", all="projects"))
    assert "<h1>Send again: 2</h1>" in page


async def test_elsewhere_takes_what_waits_along(house: House) -> None:
    (first,) = await failed(house, 1)
    await house.store.pauses.pause("projects", "gone", failures=5)
    await record(house.store, "B", gid="b")
    await match_all(house.store, planned("projects", title="Waits"))
    hand = await hand_of(house)
    page = await text_of(await send(hand, "/deliveries/confirm", [first.id, first.id + 1], do="again"))
    assert "<h1>Send again: 1</h1>" in page
    assert "Left out: 1. What waits or is held leaves by itself." in page
    page = await text_of(await send(hand, "/deliveries/confirm", [first.id, first.id + 1], do="elsewhere"))
    assert "<h1>Send elsewhere: 2</h1>" in page
    assert '<option value="managers">' in page
    answer = await send(hand, "/deliveries/elsewhere", [first.id, first.id + 1], to="nobody")
    assert "there is no destination" in await text_of(answer, 400)
    assert "says nothing to do" in await text_of(await send(hand, "/deliveries/elsewhere", [first.id]), 400)
    await send(hand, "/deliveries/elsewhere", [first.id, first.id + 1], to="managers")
    assert await states(house) == [
        ("failed", "projects", "event"),
        ("suppressed", "projects", "event"),
        ("pending", "managers", "replay"),
        ("pending", "managers", "replay"),
    ]
    assert (await house.audited())[0][1] == "deliveries.redirected"


async def test_one_on_the_page_of_its_event(house: House) -> None:
    (only,) = await failed(house, 1)
    hand = await hand_of(house)
    (event,) = await house.store.events()
    page = await text_of(await hand.get(f"/events/{event.id}"))
    assert page.count('action="/deliveries/confirm"') == 1
    page = await text_of(await send(hand, "/deliveries/confirm", [only.id], do="again", event=str(event.id)))
    assert f'href="/events/{event.id}">Cancel' in page
    answer = await send(hand, "/deliveries/again", [only.id], event=str(event.id))
    assert answer.headers["Location"].startswith(f"/events/{event.id}?did=again")
    assert "1 message is on its way." in await text_of(await hand.get(answer.headers["Location"]))


async def test_what_a_rule_gathers_is_no_trouble_and_not_meant_by_all(house: House) -> None:
    bundle = Bundling(kind="hours", key="", due_at=house.now + 60)
    await record(house.store, "B", gid="b")
    await match_all(house.store, planned("projects", state="held", reason="outside hours", bundle=bundle))
    hand = await hand_of(house)
    assert "<h1>Drop: 0</h1>" in await text_of(await send(hand, "/deliveries/confirm", do="drop", all="projects"))
    await text_of(await send(hand, "/deliveries/drop", all="projects"), 409)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/deliveries/confirm", {"do": "explode"}, 400),
        ("/deliveries/confirm", {"do": "again", "id": "<b>"}, 400),
        ("/deliveries/confirm", {"do": "again", "id": "9" * 40}, 400),
        ("/deliveries/confirm", {"do": "again", "all": "projects", "upto": "x"}, 400),
        ("/deliveries/confirm", {"do": "again"}, 200),
        ("/deliveries/confirm", {"do": "again", "all": HOSTILE, "cause": HOSTILE}, 200),
        ("/deliveries/explode", {}, 404),
    ],
)
async def test_odd_forms(house: House, path: str, fields: dict[str, str], status: int) -> None:
    await text_of(await send(await hand_of(house), path, (), **fields), status)


async def test_at_most_so_many(house: House) -> None:
    page = await text_of(await send(await hand_of(house), "/deliveries/confirm", range(1, 1002), do="again"), 400)
    assert "At most 1,000 at once." in page


async def test_who_may_look_sees_no_button_and_changes_nothing(house: House) -> None:
    (only,) = await failed(house, 1)
    noor = await hand_of(house, "noor")
    for path in ("/deliveries", "/deliveries?state=failed", "/events/1", "/rules"):
        page = await text_of(await noor.get(path))
        main = page[page.index("<main") :]
        assert "<form method" not in main
        assert 'method="post"' not in main
        assert 'type="checkbox"' not in main
    for path in ("/deliveries/confirm", "/deliveries/again", "/events/1/replay"):
        assert (await send(noor, path, [only.id], do="again")).status_code == 403
    assert len(await house.store.deliveries()) == 1


async def test_without_a_token_nothing_happens(house: House) -> None:
    (only,) = await failed(house, 1)
    hand = await hand_of(house)
    fields: dict[str, Any] = {"id": str(only.id)}
    assert (await hand.post("/deliveries/again", **fields)).status_code == 403
    assert len(await house.store.deliveries()) == 1


async def test_in_french(house: House) -> None:
    (only,) = await failed(house, 1)
    hand = await hand_of(house)
    pairs = {"csrf": await hand.form(), "id": str(only.id), "do": "drop"}
    page = await text_of(await hand.post("/deliveries/confirm", {"Accept-Language": "fr"}, **pairs))
    assert "<h1>Abandonner\u00a0: 1</h1>" in page
