"""RENDER: closed Jinja templates make a notification of an event."""

from bridge.render.bundles import Item
from bridge.render.templates import Templates

__all__ = ["Item", "Templates"]
