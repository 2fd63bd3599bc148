"""Who may speak and what an event is: one file each, and this one dict of them."""

from __future__ import annotations

from bridge.sources.base import Source
from bridge.sources.creads import Creads

SOURCES: dict[str, type[Source]] = {Creads.type: Creads}

__all__ = ["SOURCES", "Source"]
