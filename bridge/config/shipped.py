"""Finds what ships with Bridge: default templates, rules, the example configuration."""

from __future__ import annotations

from pathlib import Path

import bridge


def shipped(name: str) -> Path:
    """The packaged copy, or the one in the repository where Bridge runs from its sources."""
    package = Path(bridge.__file__).resolve().parent
    packaged = package / "shipped" / name
    return packaged if packaged.exists() else package.parent / name
