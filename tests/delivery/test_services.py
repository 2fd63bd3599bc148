"""Real plug-ins against played services: what each would have shown, and what Bridge makes of each answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.delivery.senders import Senders
from bridge.model import Notification, Outcome
from tests.delivery.conftest import NOTE, Send
from tests.services import FakeWorld, Reply

pytestmark = pytest.mark.asyncio(loop_scope="package")  # one sender process for all

SECRET = "TIiajkdnlazkcOXrIdevi7FQ"
SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}"
SLACK_BOT = "slack://xoxb-1234-1234-abc124efgh/#general"
TEAMS = "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu"
TEAMS_NATIVE = (
    "https://prod-1.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)
DISCORD = "discord://1234567890/abcdefghijklmnop"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12345"
JSONS = "jsons://example.com/hook"
NTFY = "ntfys://topic"


# ---- what is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize("url", [SLACK, f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{SECRET}"])
async def test_slack_shows_the_title_and_slacks_own_bold(world: FakeWorld, send: Send, url: str) -> None:
    assert (await send(url)).result == "delivered"
    (request,) = world.received
    assert (request.method, request.host) == ("POST", "hooks.slack.com")
    assert request.path == f"/services/T1JJ3T3L2/A1BRTD4JD/{SECRET}"
    (attachment,) = request.json["attachments"]
    assert attachment["title"] == "Project finished: Logo"
    assert attachment["text"] == "*1 020 €* due _today_"
    assert attachment["color"] == "#3AA337"  # success
    assert "github" not in request.body.decode()


async def test_slack_bot_posts_to_its_channel(world: FakeWorld, send: Send) -> None:
    assert (await send(SLACK_BOT)).result == "delivered"
    (request,) = world.received
    assert (request.host, request.path) == ("slack.com", "/api/chat.postMessage")
    assert request.headers["authorization"] == "Bearer xoxb-1234-1234-abc124efgh"
    assert request.json["channel"] == "#general"


@pytest.mark.parametrize("url", [TEAMS, TEAMS_NATIVE])
async def test_teams_shows_a_card(world: FakeWorld, send: Send, url: str) -> None:
    assert (await send(url)).result == "delivered"
    (request,) = world.received
    assert "sig=KODuebWbDGYFr0z0eu" in request.path
    (attachment,) = request.json["attachments"]
    texts = [block["text"] for block in attachment["content"]["body"]]
    assert texts == ["Project finished: Logo", "**1 020 €** due _today_"]


async def test_discord_shows_both_as_one_text(world: FakeWorld, send: Send) -> None:
    assert (await send(DISCORD)).result == "delivered"
    assert world.received[0].path == "/api/webhooks/1234567890/abcdefghijklmnop"
    assert world.received[0].json["content"] == "Project finished: Logo\r\n**1 020 €** due _today_"


async def test_telegram_shows_both_as_one_text(world: FakeWorld, send: Send) -> None:
    assert (await send(TELEGRAM)).result == "delivered"
    shown = world.received[0].json
    assert (shown["parse_mode"], shown["chat_id"]) == ("MARKDOWN", 12345)
    assert shown["text"] == "*Project finished: Logo*\n*1 020 €* due _today_"


async def test_telegram_keeps_what_looks_like_a_tag(world: FakeWorld, send: Send) -> None:
    await send(TELEGRAM, Notification(title="", body="a List<String> & more", format="text"))
    assert world.received[0].json["text"] == "a List&lt;String&gt; &amp; more"


async def test_json_gets_the_words_as_they_are(world: FakeWorld, send: Send) -> None:
    outcome = await send(f"json://127.0.0.1:{world.port}/hook?+X-Key=abc")
    assert (outcome.result, outcome.status) == ("delivered", 200)
    (request,) = world.received
    assert request.headers["x-key"] == "abc"
    assert request.json == {
        "version": "1.0",
        "title": "Project finished: Logo",
        "message": "**1 020 €** due _today_",
        "attachments": [],
        "type": "success",
    }


async def test_a_title_alone_is_sent(world: FakeWorld, send: Send) -> None:
    outcome = await send(JSONS, Notification(title="Only this", body="", format="markdown"))
    assert outcome.result == "delivered"
    assert world.received[0].json["message"] == "Only this"


async def test_half_a_surrogate_pair_is_no_reason_to_stop(world: FakeWorld, send: Send) -> None:
    outcome = await send(JSONS, Notification(title="a\ud800b", body="c", format="text"))
    assert outcome.result == "delivered"
    assert world.received[0].json["title"] == "a�b"


async def test_connections_are_kept(world: FakeWorld, send: Send) -> None:
    await send(JSONS)
    before = world.connections
    for _ in range(5):
        assert (await send(JSONS)).result == "delivered"
    assert (len(world.received), world.connections) == (6, before)


# ---- what answers mean -------------------------------------------------------------------------

SLACK_TOKEN = "the token or webhook address is wrong or was revoked: make a new one"
SLACK_GONE = "the webhook was removed or switched off: make a new one"
RATE = 'Discord answered 429: too many messages at once ("You are being rate limited")'
NO_CHAT = "it knows no such chat, or nobody there has written to the bot"
GONE = {"result": "failed", "status": 410, "reason": "The receiver answered 410: this address is gone for good"}
UNKNOWN_PAGE = """The receiver answered 404: it knows no such address ("say 'no'")"""

ANSWERS: list[tuple[str, str, Reply, dict[str, Any]]] = [
    (
        SLACK,
        "slack.com",
        Reply(status=429, body="rate_limited", headers={"Retry-After": "7"}),
        {
            "result": "retry",
            "status": 429,
            "retry_after": 7.0,
            "reason": 'Slack answered 429: too many messages at once ("rate_limited")',
        },
    ),
    (
        SLACK,
        "slack.com",
        Reply(status=429, headers={"Retry-After": "Wed, 21 Oct 2999 07:28:00 GMT"}),
        {"result": "retry", "retry_after": 3600.0},
    ),
    (
        SLACK,
        "slack.com",
        Reply(status=403, body="invalid_token"),
        {
            "result": "failed",
            "status": 403,
            "reason": f'Slack answered 403: {SLACK_TOKEN} ("invalid_token")',
            "answer": "invalid_token",
        },
    ),
    (
        SLACK,
        "slack.com",
        Reply(status=404, body="no_service"),
        {"result": "failed", "reason": f'Slack answered 404: {SLACK_GONE} ("no_service")'},
    ),
    (
        SLACK,
        "slack.com",
        Reply(status=500),
        {"result": "retry", "status": 500, "reason": "Slack answered 500: it has trouble of its own"},
    ),
    (SLACK, "slack.com", Reply(status=408), {"result": "retry"}),
    (SLACK, "slack.com", Reply(body="ratelimited"), {"result": "retry", "status": 200}),
    (
        SLACK,
        "slack.com",
        Reply(body="no_text"),
        {"result": "failed", "reason": 'Slack answered 200: it cannot read the message ("no_text")'},
    ),
    (
        SLACK_BOT,
        "slack.com",
        Reply(body='{"ok": false, "error": "channel_not_found"}'),
        {
            "result": "failed",
            "reason": 'Slack answered 200: it knows no such channel, or the bot is not in it ("channel_not_found")',
        },
    ),
    (
        SLACK_BOT,
        "slack.com",
        Reply(body='{"ok": false, "error": "ratelimited"}', headers={"Retry-After": "30"}),
        {"result": "retry", "retry_after": 30.0},
    ),
    (TEAMS, "logic.azure.com", Reply(status=429, headers={"Retry-After": "12"}), {"retry_after": 12.0}),
    (
        TEAMS,
        "logic.azure.com",
        Reply(status=400, body='{"error": {"code": "X", "message": "The template is wrong"}}'),
        {"result": "failed", "reason": 'Teams answered 400: it cannot read the message ("The template is wrong")'},
    ),
    (TEAMS, "logic.azure.com", Reply(status=502), {"result": "retry", "ambiguous": False}),
    (
        DISCORD,
        "discord.com",
        Reply(status=429, body='{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}'),
        {"result": "retry", "retry_after": 64.57, "reason": RATE},
    ),
    (
        DISCORD,
        "discord.com",
        Reply(status=404, body='{"message": "Unknown Webhook", "code": 10015}'),
        {
            "result": "failed",
            "reason": 'Discord answered 404: the webhook was deleted: make a new one ("Unknown Webhook")',
        },
    ),
    (
        TELEGRAM,
        "api.telegram.org",
        Reply(status=403, body='{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked"}'),
        {
            "result": "failed",
            "reason": 'Telegram answered 403: the bot was blocked there ("Forbidden: bot was blocked")',
        },
    ),
    (
        TELEGRAM,
        "api.telegram.org",
        Reply(body='{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'),
        {
            "result": "failed",
            "status": 400,
            "reason": f'Telegram answered 400: {NO_CHAT} ("Bad Request: chat not found")',
        },
    ),
    (
        TELEGRAM,
        "api.telegram.org",
        Reply(status=429, body='{"ok":false,"error_code":429,"parameters":{"retry_after":5}}'),
        {"result": "retry", "retry_after": 5.0},
    ),
    (
        JSONS,
        "example.com",
        Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
        {
            "result": "failed",
            "reason": "The receiver answered 302: it wants to be found elsewhere; redirects are not followed",
        },
    ),
    (JSONS, "example.com", Reply(status=201), {"result": "delivered", "status": 201}),
    (JSONS, "example.com", Reply(body=b"x" * 10_000_000), {"result": "delivered"}),
    (SLACK, "slack.com", Reply(status=400, body=b"x" * 10_000_000), {"result": "failed", "answer": "x" * 300}),
    (
        JSONS,
        "example.com",
        Reply(reset=True),
        {
            "result": "retry",
            "ambiguous": True,
            "reason": "The receiver: the connection broke before it answered",
        },
    ),
    (
        JSONS,
        "example.com",
        Reply(status=400, body="<html><body>\x1b[2J"),
        {
            "result": "failed",
            "reason": "The receiver answered 400: it cannot read the message",
            "answer": "<html><body> [2J",
        },
    ),
    (SLACK, "slack.com", Reply(body="<html>Please log in</html>"), {"result": "retry", "ambiguous": False}),
    (SLACK, "slack.com", Reply(status=410, body="channel_is_archived"), {"result": "failed", "status": 410}),
    (SLACK, "slack.com", Reply(status=500, body="rollup_error"), {"result": "retry", "ambiguous": False}),
    (SLACK_BOT, "slack.com", Reply(body='{"ok":false,"error":"token_revoked"}'), {"result": "failed"}),
    (SLACK_BOT, "slack.com", Reply(body='{"ok":false,"error":"fatal_error"}'), {"result": "retry", "ambiguous": True}),
    (TEAMS, "logic.azure.com", Reply(status=204), {"result": "delivered", "status": 204}),
    (TEAMS, "logic.azure.com", Reply(status=504), {"result": "retry", "ambiguous": True}),
    (
        TEAMS,
        "logic.azure.com",
        Reply(status=502, body='{"error": {"code": "NoResponse", "message": "No response from upstream."}}'),
        {
            "result": "retry",
            "ambiguous": True,
            "reason": 'Teams answered 502: the workflow gave no answer, it may have run ("No response from upstream")',
        },
    ),
    (
        TEAMS,
        "logic.azure.com",
        Reply(status=400, body='{"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "It is Disabled."}}'),
        {
            "result": "failed",
            "reason": (
                'Teams answered 400: the workflow is switched off: turn it on in Power Automate ("It is Disabled")'
            ),
        },
    ),
    (
        TEAMS,
        "logic.azure.com",
        Reply(status=401, body='{"error": {"code": "DirectApiAuthorizationRequired", "message": "sig!"}}'),
        {"result": "failed", "status": 401},
    ),
    (
        DISCORD,
        "discord.com",
        Reply(status=401, body='{"message": "Invalid Webhook Token", "code": 50027}'),
        {"result": "failed", "status": 401},
    ),
    (
        DISCORD,
        "discord.com",
        Reply(status=429, body="<html>error 1015</html>", headers={"Retry-After": "900"}),
        {"result": "retry", "retry_after": 900.0},
    ),
    (TELEGRAM, "api.telegram.org", Reply(body="<html>Please log in</html>"), {"result": "retry", "status": 200}),
    (
        TELEGRAM,
        "api.telegram.org",
        Reply(body='{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":35}}'),
        {"result": "retry", "status": 429, "retry_after": 35.0},
    ),
    (
        TELEGRAM,
        "api.telegram.org",
        Reply(status=401, body='{"ok":false,"error_code":401,"description":"Unauthorized"}'),
        {
            "result": "failed",
            "reason": 'Telegram answered 401: the bot\'s token is wrong or was revoked ("Unauthorized")',
        },
    ),
    (TELEGRAM, "api.telegram.org", Reply(status=502, body="Bad Gateway"), {"result": "retry", "ambiguous": False}),
    (NTFY, "ntfy.sh", Reply(body='{"id": "x"}'), {"result": "delivered", "status": 200, "answer": '{"id": "x"}'}),
    (
        NTFY,
        "ntfy.sh",
        Reply(status=403, body='{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs"}'),
        {"result": "failed", "reason": 'ntfy answered 403: this topic does not take our messages ("forbidden")'},
    ),
    (
        NTFY,
        "ntfy.sh",
        Reply(status=429, body='{"code":42908,"http":429,"error":"limit reached: daily message quota reached"}'),
        {"result": "retry", "status": 429, "retry_after": None},
    ),
    (NTFY, "ntfy.sh", Reply(status=507, body='{"code":50701,"http":507,"error":"full"}'), {"result": "retry"}),
    (JSONS, "example.com", Reply(status=410), GONE),
    (JSONS, "example.com", Reply(status=503, headers={"Retry-After": "2"}), {"result": "retry", "retry_after": 2.0}),
    (JSONS, "example.com", Reply(status=404, body='say "no"'), {"reason": UNKNOWN_PAGE}),
]


@pytest.mark.parametrize(("url", "host", "reply", "expected"), ANSWERS)
async def test_answers(
    world: FakeWorld, send: Send, url: str, host: str, reply: Reply, expected: dict[str, Any]
) -> None:
    world.answer(host, reply)
    outcome = await send(url)
    assert {name: getattr(outcome, name) for name in expected} == expected
    assert len(world.received) == 1  # nothing was followed elsewhere, or asked again at once


@pytest.mark.parametrize("drip_from", [0, 12])
async def test_a_dripping_answer_ends_at_the_deadline(world: FakeWorld, send: Send, drip_from: int) -> None:
    world.answer("hooks.slack.com", Reply(body="ok" * 50, drip=0.2, drip_from=drip_from))
    outcome = await send(SLACK, deadline=1.0)
    assert (outcome.result, outcome.ambiguous) == ("retry", True)
    assert "in time" in outcome.reason
    assert outcome.took_ms < 2500


async def test_a_dripping_body_is_ambiguous_where_the_body_counts(world: FakeWorld, send: Send) -> None:
    reply = Reply(body="ok" * 50, drip=0.2, drip_from=60)
    world.answer("hooks.slack.com", reply)
    world.answer("example.com", reply)
    world.answer("api.telegram.org", reply)
    slack, telegram, raw = await asyncio.gather(*(send(url, deadline=1.0) for url in (SLACK, TELEGRAM, JSONS)))
    for outcome in (slack, telegram):
        assert (outcome.result, outcome.ambiguous, outcome.status) == ("retry", True, 200)
    assert (raw.result, raw.status) == ("delivered", 200)


async def test_a_slow_service_may_take_its_time_up_to_the_deadline(world: FakeWorld, send: Send) -> None:
    world.answer("hooks.slack.com", Reply(body="ok", wait=0.6))
    assert (await send(SLACK + "?rto=0.1")).result == "delivered"  # Apprise would stop there, or after 4 s


# ---- no answer ---------------------------------------------------------------------------------


async def test_what_never_left_is_not_ambiguous(world: FakeWorld, send: Send) -> None:
    outcome = await send("json://127.0.0.1:1/")
    assert outcome == Outcome(
        result="retry", reason="The receiver: the connection was refused", took_ms=outcome.took_ms
    )


async def test_a_host_without_a_name(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = await _elsewhere(monkeypatch, {"NO_PROXY": "nowhere.invalid"}, "json://nowhere.invalid")
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "The receiver: its name cannot be resolved"


async def test_an_untrusted_certificate(world: FakeWorld, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await send(SLACK + "?verify=no")).result == "delivered"
    world.reset()
    outcome = await _elsewhere(monkeypatch, {"REQUESTS_CA_BUNDLE": ""}, SLACK)
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason.startswith("Slack: its certificate is not trusted: ")
    assert world.received == []


async def test_a_proxy_that_is_not_there(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    away = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    outcome = await _elsewhere(monkeypatch, away, SLACK)
    assert (outcome.result, outcome.ambiguous) == ("retry", False)
    assert outcome.reason == "Slack: the proxy could not lead there"


async def test_a_url_that_apprise_cannot_use(world: FakeWorld, send: Send) -> None:
    outcome = await send("slack://abc")
    assert (outcome.result, outcome.reason) == (
        "failed",
        "Apprise cannot use this destination's url: see `bridge check`",
    )


async def _elsewhere(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str) -> Outcome:
    """Send from a process with another environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    senders = Senders(threads=1)
    await senders.start()
    try:
        return await senders.send(id=1, url=url, notification=NOTE, deadline=5)
    finally:
        await senders.stop(0)


# ---- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "says"),
    [
        (SLACK, "slack.com", f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{SECRET} is gone"),
        (SLACK_BOT, "slack.com", '{"ok": false, "error": "bad: Bearer xoxb-1234-1234-abc124efgh"}'),
        (TELEGRAM, "api.telegram.org", '{"ok":false,"error_code":401,"description":"123456789:abcdefg_hijklmnop"}'),
        (
            "jsons://ada:CANARY%2FSECRET@example.com",
            "example.com",
            "CANARY/SECRET CANARY%2FSECRET QURBOkNBTkFSWS9TRUNSRVQ=",
        ),
        ("jsons://ada:CANARYSECRET@example.com", "example.com", "YWRhOkNBTkFSWVNFQ1JFVA=="),
        ("jsons://example.com/x?+Authorization=Bearer%20CANARYSECRET", "example.com", "Bearer CANARYSECRET"),
        ("jsons://example.com/x?-token=CANARYSECRET", "example.com", "?token=CANARYSECRET&x=1"),
    ],
)
async def test_a_service_that_quotes_our_secret(world: FakeWorld, send: Send, url: str, host: str, says: str) -> None:
    world.answer(host, Reply(status=401, body=says))
    outcome = await send(url)
    told = outcome.reason + outcome.answer
    assert outcome.result == "failed"
    assert "********" in told
    for secret in ("CANARY", SECRET, "abc124efgh", "hijklmnop", "A1BRTD4JD", "Q0FOQVJZU0VDUkVU", "YWRhOkNB"):
        assert secret not in told
