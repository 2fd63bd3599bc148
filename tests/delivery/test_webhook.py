"""Outgoing webhooks: posted and signed so that receivers accept them with their own libraries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from standardwebhooks import Webhook

from bridge.delivery.senders import Senders
from bridge.delivery.webhook import signed
from bridge.model import Event, Notification, Outcome, Signing
from bridge.render.envelope import check_envelope, enveloped
from bridge.sources.creads import Creads
from tests.services import FakeWorld, Reply
from tests.told import BODY, EVENT, NOW, WORDS

pytestmark = pytest.mark.asyncio(loop_scope="package")

URL = "webhook:https://partner.example/hooks/a1b2c3d4e5f6g7"
OLD, NEW = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8
PARTNERS = Signing(format="partners", secrets=("the-new-secret-0123", "the-old-secret-0123"))
STANDARD = Signing(format="standard", secrets=(NEW, OLD))

Post = Callable[..., Awaitable[Outcome]]


def written(signing: Signing, event: Event | None = EVENT) -> Notification:
    return enveloped(WORDS, signing.format, event=event, rule="News", now=NOW, redact={"token"})


@pytest.fixture
def post(senders: Senders, world: FakeWorld) -> Post:
    """Sends one notification to the partner."""

    async def post(note: Notification, signing: Signing = PARTNERS, *, id: int = 1, deadline: float = 5.0) -> Outcome:
        return await senders.send(id=id, url=URL, notification=note, deadline=deadline, signing=signing)

    return post


# ---- partners ----------------------------------------------------------------------------------


async def test_partners_get_the_event_as_it_was_received(world: FakeWorld, post: Post) -> None:
    outcome = await post(written(PARTNERS))
    assert (outcome.result, outcome.status) == ("delivered", 200)
    (request,) = world.received
    assert (request.method, request.path, request.body) == ("POST", "/hooks/a1b2c3d4e5f6g7", BODY)
    assert request.headers["content-type"] == "application/json"
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    source = Creads("elsewhere", (b"the-new-secret-0123",))
    source.verify(headers, request.body)
    arrival = source.read(request.body, 0.0)
    assert arrival is not None
    assert (arrival.type, arrival.action, arrival.gid) == ("Project Message", "created", "559b")


async def test_the_vector_of_the_partners_signature() -> None:
    headers = signed(b"{}", Signing(format="partners", secrets=("my_secret",)), delivery=1, now=0.0)
    assert headers == {"X-Partners-Signature": "3c980c81acef21e0356767cca9ab9d6a62a4e09677bb07107e4524c381b17309"}


# ---- standard ----------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_standard_webhooks(world: FakeWorld, post: Post, secret: str) -> None:
    assert (await post(written(STANDARD), STANDARD)).result == "delivered"
    (request,) = world.received
    told = Webhook(secret).verify(request.body, request.headers)
    assert (told["type"], told["timestamp"]) == ("project_message.created", "2026-11-24T09:00:00.000Z")
    data = told["data"]
    assert (data["title"], data["body"], data["rule"], data["tone"]) == ("A message", "**é**", "News", "success")
    assert data["event"]["resource"] == {"gid": "559b", "token": "********", "project": {"gid": "1", "title": "Logo"}}
    assert data["event"]["changes"]["price.amount"] == {"old": 1, "new": 2}
    assert data["event"]["changes"]["token"] == {"old": "********", "new": "********"}


async def test_the_id_is_the_deliverys(world: FakeWorld, post: Post) -> None:
    note = written(STANDARD)
    for id in (5, 5, 6):
        await post(note, STANDARD, id=id)
    one, again, other = (request.headers["webhook-id"] for request in world.received)
    assert one == again != other


# ---- a check, and answers ----------------------------------------------------------------------


@pytest.mark.parametrize("signing", [PARTNERS, STANDARD])
async def test_a_check(world: FakeWorld, post: Post, signing: Signing) -> None:
    note = Notification(title="Check", body=check_envelope(signing.format, NOW), format="text")
    assert (await post(note, signing)).result == "delivered"
    if signing is PARTNERS:
        assert Creads("elsewhere", (b"x",)).read(world.received[0].body, 0.0) is None
    else:
        assert Webhook(NEW).verify(world.received[0].body, world.received[0].headers)["type"] == "bridge.check"


@pytest.mark.parametrize(
    ("reply", "result", "reason"),
    [
        (Reply(status=202, body='{"id": "1"}'), "delivered", ""),
        (Reply(status=410), "failed", "The receiver answered 410: this address is gone for good"),
        (
            Reply(status=401, body='{"title": "the signature is wrong"}'),
            "failed",
            'The receiver answered 401: it refuses our credentials ("the signature is wrong")',
        ),
        (
            Reply(status=503, headers={"Retry-After": "2"}),
            "retry",
            "The receiver answered 503: it is overloaded or down",
        ),
        (
            Reply(status=307, headers={"Location": "https://elsewhere.example/"}),
            "failed",
            "The receiver answered 307: it wants to be found elsewhere; redirects are not followed",
        ),
        (Reply(reset=True), "retry", "The receiver: the connection broke before it answered"),
    ],
)
async def test_answers(world: FakeWorld, post: Post, reply: Reply, result: str, reason: str) -> None:
    world.answer("partner.example", reply)
    outcome = await post(written(PARTNERS))
    assert (outcome.result, outcome.reason, outcome.ambiguous) == (result, reason, reply.reset)
    assert outcome.retry_after == (2.0 if reply.status == 503 else None)
    assert [request.host for request in world.received] == ["partner.example"]


async def test_nothing_secret_comes_back(world: FakeWorld, post: Post) -> None:
    world.answer("partner.example", Reply(status=400, body="the-old-secret-0123 at /hooks/a1b2c3d4e5f6g7"))
    outcome = await post(written(PARTNERS))
    assert outcome.answer == "******** at /********"
    assert "secret" not in outcome.reason + repr(PARTNERS)


async def test_a_receiver_that_hangs(world: FakeWorld, post: Post) -> None:
    world.answer("partner.example", Reply(wait=3))
    outcome = await post(written(PARTNERS), deadline=0.3)
    assert (outcome.result, outcome.ambiguous) == ("retry", True)


async def test_words_for_another_kind_of_destination(world: FakeWorld, post: Post) -> None:
    outcome = await post(WORDS)
    assert (outcome.result, world.received) == ("failed", [])
    assert "replay" in outcome.reason
