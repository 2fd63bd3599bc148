"""destinations: how they stand; pause and resume them, send one a test."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.commands.shared import FINE, PROBLEMS, moment, pretty, reading, run_async, sound, table, user
from bridge.config.snapshot import Snapshot
from bridge.config.wording import choices, said, suggestion
from bridge.delivery.senders import Senders
from bridge.errors import BridgeError
from bridge.model import Destination, Outcome
from bridge.standing import destinations_view
from bridge.store import Store
from bridge.trial import send_test


def destinations(wanted: argparse.Namespace, config: Path) -> int:
    """List them, or do to one what is asked for; a running service notices."""
    if wanted.action == "test":
        return _test(wanted, config)
    work = {None: _list, "pause": _pause, "resume": _resume}[wanted.action]
    return reading(lambda store, snapshot: work(wanted, store, snapshot), config)


async def _list(wanted: argparse.Namespace, store: Store, snapshot: Snapshot) -> int:
    views: list[Any] = await destinations_view(store, snapshot, time.time())
    if wanted.json:
        print(pretty({"items": views, "next": None}))
    else:
        table("Destination", "Kind", "State", "Pending", "Held", "Failed", "Why", rows=[_line(view) for view in views])
    return FINE


def _line(view: dict[str, Any]) -> list[str]:
    waiting = view["waiting"]
    counts = [str(count) for count in (waiting["pending"], waiting["held"], view["failed"])]
    why = view["reason"] or (view["last_error"] or {}).get("reason") or ""
    since = f" since {moment(view['paused_since'])}" if view["paused_since"] else ""
    return [view["name"], view["kind"], view["state"] + since, *counts, why]


async def _pause(wanted: argparse.Namespace, store: Store, snapshot: Snapshot) -> int:
    name = _known(wanted.name, snapshot).name
    if not await store.pauses.pause(name, wanted.why or "", who=wanted.who or user()):
        raise BridgeError(f"{said(name)} is paused already; `bridge destinations` says since when")
    await store.audit(wanted.who or user(), "destination.paused", f"{name}: {wanted.why or ''}".rstrip(": "))
    await store.pauses.hold_waiting(name)
    return await _told(wanted, store, f"{name} is paused: {await store.pauses.held(name)} held, and what comes.")


async def _resume(wanted: argparse.Namespace, store: Store, snapshot: Snapshot) -> int:
    destination = _known(wanted.name, snapshot)
    held = await store.pauses.held(destination.name)
    who = wanted.who or user()
    if not await store.pauses.resume(destination.name, who=who, max_age=destination.max_age):
        raise BridgeError(f"{said(destination.name)} is not paused")
    await store.audit(who, "destination.resumed", destination.name)
    return await _told(wanted, store, f"{destination.name} is active again: {held} held leave in order.")


async def _told(wanted: argparse.Namespace, store: Store, words: str) -> int:
    if wanted.json:
        row = (await store.destination_states())[wanted.name]
        print(pretty({"name": row.name, "state": row.state, "reason": row.reason or None}))
    else:
        print(words)
    return FINE


def _test(wanted: argparse.Namespace, config: Path) -> int:
    """Send a message now, past every queue; the exit code says whether it arrived."""
    destination = _known(wanted.name, sound(config))
    outcome = run_async(_sent(destination, wanted.who or user()))
    fine = outcome.result == "delivered"
    if wanted.json:
        view = {"outcome": outcome.result, "reason": outcome.reason or None, "status": outcome.status}
        print(pretty({"name": destination.name, **view, "answer": outcome.answer or None, "took_ms": outcome.took_ms}))
    else:
        status = f" ({outcome.status})" if outcome.status else ""
        why = "" if fine else f": {outcome.reason}"
        print(f"{destination.name}: {'delivered' if fine else 'not delivered'}{status} in {outcome.took_ms} ms{why}")
    return FINE if fine else PROBLEMS


async def _sent(destination: Destination, who: str) -> Outcome:
    senders = Senders(processes=1, threads=1)
    await senders.start()
    try:
        return await send_test(destination, senders, who=who, now=datetime.now(UTC))
    finally:
        await senders.stop(grace=0)


def _known(name: str, snapshot: Snapshot) -> Destination:
    known = snapshot.settings.destinations
    if name not in known:
        raise BridgeError(f"there is no destination {said(name)}; {suggestion(name, known)}there are {choices(known)}")
    return known[name]
