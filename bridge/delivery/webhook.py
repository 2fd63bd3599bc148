"""Bridge's own outgoing webhooks: posts the envelope a notification holds, signed, to one address."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime

import requests
from standardwebhooks import Webhook

from bridge.delivery import http, redact
from bridge.delivery.kinds import OWN_WEBHOOK
from bridge.delivery.outcomes import outcome_of
from bridge.delivery.recorder import SEEN, Seen
from bridge.model import Outcome, Signing

SERVICE = "The receiver"
PARTNERS_SIGNATURE = "X-Partners-Signature"
_HEADERS = {"Content-Type": "application/json", "Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Bridge"}


def post(url: str, body: str, signing: Signing, seen: Seen, *, delivery: int) -> Outcome:
    """One attempt; `delivery` is what every repeat of it has in common."""
    address = url.removeprefix(OWN_WEBHOOK)
    content = body.encode("utf-8", "replace")
    if not content.startswith(b"{"):
        reason = "this text was written for another kind of destination: replay it rendered anew"
        return Outcome(result="failed", reason=reason)
    headers = _HEADERS | signed(content, signing, delivery=delivery, now=time.time())
    token = SEEN.set(seen)
    try:
        status = http.exchange("POST", address, headers, content, timeout=None, verify=True).status_code
    except requests.RequestException:
        status = 0  # what it was, `seen` knows
    finally:
        SEEN.reset(token)
    accepted = 200 <= status < 300
    return outcome_of(
        seen, accepted=accepted, service=SERVICE, kind="webhook", speaks=True, mask=_masker(address, signing)
    )


def signed(content: bytes, signing: Signing, *, delivery: int, now: float) -> dict[str, str]:
    """The headers that prove where a body comes from."""
    if signing.format == "partners":  # has room for one signature: the newest secret's
        return {PARTNERS_SIGNATURE: hmac.new(signing.secrets[0].encode(), content, hashlib.sha256).hexdigest()}
    # The same for each repeat; the body is in it because another Bridge counts its deliveries from 1 too.
    id = f"msg_{delivery}_{hashlib.sha256(content).hexdigest()[:24]}"
    at = datetime.fromtimestamp(int(now), UTC)
    text = content.decode()
    signatures = [Webhook(secret).sign(id, at, text) for secret in signing.secrets]
    return {"webhook-id": id, "webhook-timestamp": str(int(now)), "webhook-signature": " ".join(signatures)}


def _masker(address: str, signing: Signing) -> Callable[[str], str]:
    mask_address = redact.masker(address)

    def mask(text: str) -> str:
        for secret in signing.secrets:
            text = text.replace(secret, redact.MASK)
        return mask_address(text)

    return mask
