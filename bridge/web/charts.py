"""The geometry of the console's charts: path data for small SVGs that the server draws."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

HEIGHT = 48
_TOPS = (4, 8, 12, 20)


def top_of(most: int) -> int:
    """The figure at the top of a scale: the next of 4, 8, 12, 20, 40, 80, 120, …"""
    unit = 1
    while True:
        for top in _TOPS:
            if most <= top * unit:
                return top * unit
        unit *= 10


def tall(value: int, top: int, height: int = HEIGHT) -> int:
    """The height of a value; never under 2 when there is something, since a single failure must show."""
    return 0 if value <= 0 else max(2, round(value / top * height))


def stairs(values: Sequence[int], top: int, height: int = HEIGHT) -> str:
    """A staircase, one unit wide a value; nothing is drawn where the value is 0."""
    drawn: list[str] = []
    x = level = 0
    for tallness, group in groupby(tall(value, top, height) for value in values):
        wide = len(list(group))
        if tallness and level:
            drawn.append(f"v{level - tallness}h{wide}")
        elif tallness:
            drawn.append(f"M{x} {height}v-{tallness}h{wide}")
        elif level:
            drawn.append(f"V{height}z")
        x, level = x + wide, tallness
    return "".join(drawn) + (f"V{height}z" if level else "")


def bars(values: Sequence[int], width: int = 84, height: int = 18) -> str:
    """A bar a value, each to the scale of the largest."""
    most, step = max(values, default=0), width / max(1, len(values))
    drawn = []
    for place, value in enumerate(values):
        if value > 0:
            tallness = _short(max(1.5, value / most * height))
            drawn.append(f"M{_short(place * step)} {height}v-{tallness}h{_short(step * 0.7)}v{tallness}z")
    return "".join(drawn)


def meter(values: Sequence[int], width: int = 240, height: int = 10, gap: int = 2) -> list[str]:
    """One bar parted by the values: a path for each, none of them invisible."""
    whole, x, drawn = sum(values), 0.0, []
    room = width - gap * (len(values) - 1)
    for value in values:
        wide = max(2.0, value / whole * room) if whole else 0.0
        drawn.append(f"M{_short(x)} 0h{_short(wide)}v{height}h-{_short(wide)}z")
        x += wide + gap
    return drawn


def grid(places: Sequence[int], width: int, height: int = HEIGHT) -> str:
    """The base line, and an upright at each place."""
    return f"M0 {height}h{width}" + "".join(f"M{place} 0v{height}" for place in places)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
