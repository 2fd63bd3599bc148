"""What comes from outside is kept as it came, as far as both databases can hold it."""

from __future__ import annotations

import pytest

from bridge.model import Key, Memory
from bridge.store import Store
from bridge.store.text import clean, from_json, to_json
from tests.store.support import KEY, NOON, match_all, matched, planned, record, settled

ODD = "NUL \0, half \ud83d, whole 😀, quote ' \" \\ %"
KEPT = "NUL \ufffd, half \ufffd, whole 😀, quote ' \" \\ %"


async def test_a_body_is_kept_byte_for_byte(store: Store) -> None:
    raw = bytes(range(256)) * 3
    receipt = await record(store, raw)
    row = await store.event(receipt.id)
    assert row is not None
    assert row.body == raw
    assert [event.body for event in await store.unmatched(1)] == [raw]


async def test_text_that_a_database_refuses_is_replaced(store: Store) -> None:
    await record(store, gid=ODD, type=ODD, action=ODD)
    (event,) = await store.unmatched(1)
    assert (event.key, event.action) == (Key("creads", KEPT, KEPT), KEPT)
    assert len(await store.events(gid=ODD)) == 1
    (delivery,) = await store.write_matched([matched(event, planned(title=ODD, body=ODD, rule=ODD))])
    assert (delivery.notification.title, delivery.notification.body, delivery.rule) == (KEPT, KEPT, KEPT)
    await store.settle(settled(delivery, "failed", reason=ODD))
    (row,) = await store.deliveries()
    assert (row.title, row.body, row.rule, row.reason, row.gid) == (KEPT, KEPT, KEPT, KEPT, KEPT)


async def test_numbers_and_texts_of_a_resource_come_back_as_they_were(store: Store) -> None:
    resource = {
        "int64": 2**63 - 1,
        "uint64": 2**64 - 1,
        "beyond": 10**30,
        "small": 0.1,
        "text": "NUL \0 😀",
        "deep": [{"a": [None, True, {}]}],
    }
    await record(store)
    (event,) = await store.unmatched(1)
    memory = {KEY: Memory(resource=resource, learned={"\0": 2**64 - 1}, at=NOON)}
    await store.write_matched([matched(event, resource=resource, previous=resource, remembered=memory)])
    row = await store.event(event.id)
    assert row is not None
    assert row.resource == row.previous == resource
    assert await store.remember([KEY]) == memory


async def test_half_a_character_in_a_resource_is_replaced(store: Store) -> None:
    await record(store)
    (event,) = await store.unmatched(1)
    await store.write_matched([matched(event, resource={"a\ud800": ["b\udfff", 1]})])
    row = await store.event(event.id)
    assert row is not None
    assert row.resource == {"a\ufffd": ["b\ufffd", 1]}


async def test_text_is_data(store: Store) -> None:
    attack = "'); DROP TABLE event; --"
    await record(store, gid=attack)
    assert len(await match_all(store, planned(attack))) == 1
    assert len(await store.events(gid=attack, destination=attack)) == 1
    assert await store.events(q=attack) == []


@pytest.mark.parametrize("text", ["", "plain", "é 😀", "\n\t\x7f"])
def test_ordinary_text_stays_the_same(text: str) -> None:
    assert clean(text) == text
    assert from_json(to_json({text: text})) == {text: text}
