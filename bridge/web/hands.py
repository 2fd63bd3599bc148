"""What every page that changes something shares: it asks before it acts, and tells what was done on the next page."""

from __future__ import annotations

from collections.abc import Mapping

from quart import Response, g, request

from bridge.store.rows import AuditRow
from bridge.web.access import see
from bridge.web.console import Console, href

FRESH = 120.0  # seconds in which a page still tells what its reader did


def is_sure(form: Mapping[str, str]) -> bool:
    """Whether the form was sent from where its consequences are told."""
    return form.get("sure") == "yes"


def done(console: Console, path: str, what: str) -> Response:
    """Lead to the page that says what was done: it finds that in the audit list."""
    console.kept.forget()
    return see(href(path, did=what))


async def just_did(console: Console) -> AuditRow | None:
    """What the reader of this page did a moment ago, where the address asks for it.

    It is taken from the audit list: an address alone cannot make a page say that something was done.
    """
    what, since = request.args.get("did", ""), console.window.clock() - FRESH
    rows = await console.store.audits(limit=20) if what else []
    return next((row for row in rows if row.what == what and row.who == g.user and row.at > since), None)
