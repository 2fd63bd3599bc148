"""A rule switched on or off by hand: one line of its file is written, then the file is taken as any change is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bridge.config.edit import Switched, set_enabled
from bridge.errors import BridgeError, Invalid
from bridge.web.window import Window

PATIENCE = 5.0  # seconds until a file that was written must be in force, or is told to be not yet
LOOK = 0.05  # seconds


class NotSwitched(BridgeError):
    """The file stays as it is; the text says why, with the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What a switch did."""

    written: Switched
    in_force: bool  # false: not yet, or the file is refused for what else was changed in it


async def switch(window: Window, name: str, who: str, *, enabled: bool) -> Became:
    """Write it, note who did, and wait until it is in force. Raises NotSwitched."""
    path = window.snapshot().settings.path
    try:
        written = await asyncio.to_thread(set_enabled, path, name, enabled, window.environ)
    except Invalid as error:
        told = [f"{one.place.file}:{one.place.line}:{one.place.column}: {one.message}" for one in error.problems]
        raise NotSwitched("; ".join(told)) from error
    except BridgeError as error:
        raise NotSwitched(str(error)) from error
    if written.changed:
        what = "rule.enabled" if enabled else "rule.disabled"
        await window.store.audit(who, what, f"{name}: {written.file}, line {written.line}")
        window.reload()
    for _ in range(round(PATIENCE / LOOK)):
        if _is(window, name, enabled=enabled):
            return Became(written=written, in_force=True)
        if not written.changed:
            break
        await asyncio.sleep(LOOK)
    return Became(written=written, in_force=False)


def _is(window: Window, name: str, *, enabled: bool) -> bool:
    return any(rule.name == name and rule.enabled is enabled for rule in window.snapshot().rules)
