"""About: what runs here, how it is, and with which configuration."""

from __future__ import annotations

import asyncio

from quart import Blueprint, Response, request

from bridge.retention import AUDIT
from bridge.web.api import number
from bridge.web.code import yaml
from bridge.web.console import Console, href
from bridge.web.in_force import configuration

AUDITS = 12
AUDIT_PAGE = 50
DOCS = ("rules", "conditions", "templates", "configuration", "operations", "security", "api")  # docs/<name>.md


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("about", __name__)
    started = console.window.clock()

    @page.get("/about")
    async def about() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        counts = console.store.counts
        stats, extent, audits, waits = await asyncio.gather(
            console.store.stats(),
            counts.extent(),
            console.store.audits(limit=AUDITS),
            console.store.oldest_unmatched(),
        )
        return await console.page(
            "about.html",
            live=True,
            running=look.lasting(look.now - started),
            state=console.window.state(),
            stats=stats,
            extent=extent,
            audits=audits,
            unmatched_for=look.lasting(look.now - waits) if waits else "",
            oldest_for=look.lasting(stats.oldest_pending) if stats.oldest_pending else "",
            size=look.bytes(extent.bytes),
            store="SQLite" if snapshot.settings.store.startswith("sqlite:") else "PostgreSQL",
            keep={
                name: look.lasting(getattr(snapshot.settings.keep, name)) for name in ("events", "payloads", "failed")
            },
            configuration=yaml(configuration(snapshot.settings)),
            snapshot=snapshot,
            docs=DOCS,
        )

    @page.get("/audit")
    async def audit() -> Response:
        look = console.look()
        cursor = request.args.get("cursor")
        before = number("cursor", cursor, 2**62) if cursor else None
        rows = await console.store.audits(before, AUDIT_PAGE)
        return await console.page(
            "audit.html",
            here="/about",
            rows=rows,
            next=href("/audit", cursor=str(rows[-1].id)) if len(rows) == AUDIT_PAGE else None,
            keep=look.lasting(AUDIT),
        )

    return page
