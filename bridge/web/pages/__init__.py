"""The pages of the console: one page, one file."""

from __future__ import annotations

from collections.abc import Callable

from quart import Blueprint

from bridge.web.console import Console
from bridge.web.pages import (
    about,
    deliveries,
    destinations,
    event,
    events,
    now,
    picking,
    replaying,
    rules,
    silences,
    sources,
    trying,
)

PAGES: tuple[Callable[[Console], Blueprint], ...] = (
    now.routes,
    events.routes,
    event.routes,
    replaying.routes,
    deliveries.routes,
    picking.routes,
    rules.routes,
    destinations.routes,
    silences.routes,
    sources.routes,
    trying.routes,
    about.routes,
)
