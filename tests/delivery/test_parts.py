"""A long message in several parts: in order, one delivery, and a repeat goes on where it stopped."""

from __future__ import annotations

import itertools

import pytest

from bridge.delivery.senders import Senders
from bridge.model import Notification, Outcome
from tests.delivery.conftest import Send
from tests.services import FakeWorld, Reply

pytestmark = pytest.mark.asyncio(loop_scope="package")

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
THREE = Notification(title="T", body="(1/3)\none\f(2/3)\ntwo\f(3/3)\nthree", format="text")
DELIVERIES = itertools.count(1_000_000)


async def attempt(senders: Senders, delivery: int, parts: int = 0) -> Outcome:
    return await senders.send(id=delivery, url=SLACK, notification=THREE, deadline=5.0, parts=parts)


def sent(world: FakeWorld) -> list[str]:
    words = ("one", "two", "three")
    return [next(word for word in words if word in request.body.decode()) for request in world.received]


async def test_parts_leave_in_order(world: FakeWorld, senders: Senders) -> None:
    world.answer("hooks.slack.com", Reply(body="ok"))
    outcome = await attempt(senders, next(DELIVERIES))
    assert (outcome.result, sent(world)) == ("delivered", ["one", "two", "three"])


async def test_a_repeat_goes_on_where_it_stopped(world: FakeWorld, senders: Senders) -> None:
    world.answer("hooks.slack.com", Reply(body="ok"), Reply(status=503), Reply(body="ok"))
    delivery = next(DELIVERIES)
    outcome = await attempt(senders, delivery)
    assert outcome.result == "retry"
    assert outcome.reason.startswith("part 2 of 3: Slack answered 503")
    assert (await attempt(senders, delivery, outcome.parts)).result == "delivered"
    assert sent(world) == ["one", "two", "two", "three"]


async def test_a_repeat_of_what_arrived_whole_sends_nothing(world: FakeWorld, senders: Senders) -> None:
    outcome = await attempt(senders, next(DELIVERIES), parts=3)  # the process died before it could say so
    assert (outcome.result, outcome.parts, sent(world)) == ("delivered", 3, [])


async def test_a_delivery_sent_anew_begins_with_its_first_part(world: FakeWorld, senders: Senders) -> None:
    world.answer("hooks.slack.com", Reply(body="ok"))
    delivery = next(DELIVERIES)
    for _ in range(2):
        await attempt(senders, delivery)
    assert sent(world) == ["one", "two", "three"] * 2


async def test_programs_get_one_body(world: FakeWorld, send: Send) -> None:
    await send("jsons://sink.example/x", THREE)
    assert len(world.received) == 1
