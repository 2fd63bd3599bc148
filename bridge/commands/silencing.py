"""silence add, list, end: what keeps messages from people for a while."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from bridge.commands.shared import FINE, moment, pretty, reading, table, user
from bridge.config.snapshot import Snapshot
from bridge.errors import BridgeError
from bridge.silencing import CRITERIA, Asked, pointed, read_silence, silence_view
from bridge.store import Store


def silence(wanted: argparse.Namespace, config: Path) -> int:
    """Add, list or end silences beside a running service, which notices."""
    work = {"add": _add, "list": _list, "end": _end}[wanted.action]
    return reading(lambda store, snapshot: work(wanted, store, snapshot), config)


async def _add(wanted: argparse.Namespace, store: Store, snapshot: Snapshot) -> int:
    given = {name: getattr(wanted, name) for name in (*CRITERIA, "lasts", "starts", "why", "everything")}
    asked, warnings = read_silence(Asked(who=wanted.who or user(), **given), snapshot, time.time())
    for one in warnings:
        print(f"warning: {pointed(one, wanted.where)}", file=sys.stderr)
    id = await store.add_silence(asked)
    view = await _view(store, id)
    if wanted.json:
        print(pretty(view))
    else:
        until = moment(view["ends_at"])
        print(f"Silence {id}: {criteria(view)}, until {until} UTC. `bridge silence end {id}` ends it early.")
    return FINE


async def _list(wanted: argparse.Namespace, store: Store, _snapshot: Snapshot) -> int:
    now = time.time()
    views = [silence_view(one, now) for one in reversed(await store.silences(all=wanted.all))]
    if wanted.json:
        print(pretty({"items": views, "next": None}))
    else:
        rows = [
            [
                view["id"],
                view["state"],
                criteria(view),
                moment(view["starts_at"]),
                _end_of(view),
                view["why"],
                view["who"],
            ]
            for view in views
        ]
        table("Silence", "State", "What", "From (UTC)", "Until", "Why", "Who", rows=rows)
    return FINE


async def _end(wanted: argparse.Namespace, store: Store, _snapshot: Snapshot) -> int:
    if not await store.end_silence(wanted.id, wanted.who or user()):
        raise BridgeError(f"there is no silence {wanted.id} that could be ended; `bridge silence list --all` shows all")
    view = await _view(store, wanted.id)
    print(pretty(view) if wanted.json else f"Silence {wanted.id} is over. What it kept back is not sent.")
    return FINE


async def _view(store: Store, id: int) -> dict[str, Any]:
    return next(silence_view(one, time.time()) for one in await store.silences(all=True) if one.id == id)


def criteria(view: dict[str, Any]) -> str:
    """What a silence says, on one line."""
    return ", ".join(f"{name} {view[name]}" for name in CRITERIA if view[name] is not None) or "everything"


def _end_of(view: dict[str, Any]) -> str:
    return f"{moment(view['ends_at'])}{', ended by ' + view['ended_by'] if view['ended_by'] else ''}"
