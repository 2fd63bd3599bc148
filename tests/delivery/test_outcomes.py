"""Answers that would be too rare or too hostile to play over a network."""

from __future__ import annotations

import time

import pytest

from bridge.delivery.outcomes import outcome_of
from bridge.delivery.recorder import Seen
from bridge.delivery.redact import MASK, masker
from bridge.model import Outcome


def outcome(seen: Seen, *, accepted: bool = False, kind: str = "json", speaks: bool = True) -> Outcome:
    return outcome_of(seen, accepted=accepted, service="Slack", kind=kind, speaks=speaks, mask=lambda text: text)


def answered(status: int, body: bytes = b"", retry_after: str = "") -> Seen:
    seen = Seen(deadline=0.0)
    seen.asks("http")
    seen.answered(status, body, retry_after)
    return seen


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("99999999999999999999", 3600.0),
        ("Wed, 21 Oct 2999 07:28:00 GMT", 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2999 07:28:00 GMT", None),
        ('0" onclick="alert(1)', None),
        ("<b>retry</b>", None),
        ("120; Set-Cookie: a=b", None),
        ("\u0661\u0660", None),
        ("-5", None),
        ("1e5", None),
        ("nan", None),
    ],
)
def test_retry_after(header: str, expected: float | None) -> None:
    assert outcome(answered(429, retry_after=header)).retry_after == expected


def test_a_date_as_asctime_writes_it_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        asked = outcome(answered(429, retry_after=time.asctime(time.gmtime(time.time() + 600)))).retry_after
    finally:
        monkeypatch.undo()
        time.tzset()
    assert asked == pytest.approx(600, abs=60)


@pytest.mark.parametrize("body", [b'{"retry_after": -1}', b'{"retry_after": true}', b"[" * 100_000, b"{" * 100_000])
def test_a_body_that_asks_for_nothing_sensible(body: bytes) -> None:
    seen = answered(429, body)
    assert (outcome(seen).result, outcome(seen).retry_after) == ("retry", None)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_statuses_that_pass(status: int) -> None:
    assert outcome(answered(status)).result == "retry"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410, 413, 422])
def test_statuses_that_stay(status: int) -> None:
    assert outcome(answered(status)).result == "failed"


def test_nothing_on_the_wire() -> None:
    assert outcome(Seen(deadline=0.0)).result == "failed"
    assert outcome(Seen(deadline=0.0), speaks=False).result == "retry"
    assert outcome(Seen(deadline=0.0), accepted=True).result == "delivered"


# ---- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/abcdefghijkl", "no team T1JJ3T3L2 here", f"no team {MASK} here"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/abcdefghijkl", "ABCDEFGHIJKL", MASK),
        ("slack://T1JJ/A1BR/abcdefghijkl", "the T1JJ of T1JJX", f"the {MASK} of T1JJX"),
        ("tgram://12345678:secret_token/999", "bot 12345678:secret_token", f"bot {MASK}"),
        ("jsons://example.com/hook?format=html", "example.com likes html", "example.com likes html"),
        ("jsons://example.com/s3cr3t-path", "not found: /s3cr3t-path", f"not found: /{MASK}"),
        ("mailtos://ada:pass%20word@mx.example.org?to=b@x.org", "pass word for b@x.org", f"{MASK} for b@x.org"),
        ("jsons://a.example/?+Authorization=Bearer%20abcdefgh", "abcdefgh, Bearer abcdefgh", f"{MASK}, {MASK}"),
        (
            "https://x.logic.azure.com/workflows/abcdefgh/x?sig=a%2Fbcdefghi",
            "a/bcdefghi a%2Fbcdefghi",
            f"{MASK} {MASK}",
        ),
        ("console://", "console", "console"),
    ],
)
def test_what_is_masked(url: str, text: str, expected: str) -> None:
    assert masker(url)(text) == expected
