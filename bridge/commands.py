"""What each command does."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import requests
import uvloop
from rich.console import Console
from rich.table import Table

from bridge import logs
from bridge.app import Service
from bridge.config import report
from bridge.config.check import check as check_files
from bridge.config.shipped import shipped
from bridge.config.snapshot import Snapshot
from bridge.demo import demo
from bridge.errors import BridgeError
from bridge.explain import Matchers, delivery_view, event_view, explain_file
from bridge.store import Store
from bridge.web.api import DELIVERY_STATES, EVENT_STATES, BadFilter, filters

FINE, PROBLEMS = 0, 1


def run_async(work: Coroutine[Any, Any, int]) -> int:
    """Run one coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def loaded(config: Path) -> Snapshot:
    """The snapshot; raises BridgeError, with all problems as `bridge check` words them, when there is an error."""
    found = check_files(config, os.environ)
    if found.snapshot is None:
        raise BridgeError(f"the files have errors\n\n{report.as_text(found)}")
    begin_log(found.snapshot)
    return found.snapshot


def begin_log(snapshot: Snapshot) -> None:
    """Log as the configuration says, with its secrets masked."""
    settings = snapshot.settings
    logs.configure(style=settings.log.format, level=settings.log.level, mask=logs.mask_of(snapshot.secrets))


# ---- serve, check, init ------------------------------------------------------------------------


def serve(_wanted: argparse.Namespace, config: Path) -> int:
    """Serve until SIGTERM or SIGINT."""
    found = check_files(config, os.environ)
    if found.problems:
        print(report.as_text(found, color=sys.stderr.isatty()), file=sys.stderr)
    if found.snapshot is None:
        return PROBLEMS
    begin_log(found.snapshot)
    return run_async(serve_until_told(found.snapshot))


async def serve_until_told(snapshot: Snapshot) -> int:
    """Run a service until a signal ends it."""
    service, told = Service(snapshot), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    try:
        await service.start()
    except OSError as error:
        address = ":".join(map(str, snapshot.settings.listen))
        raise BridgeError(f"{address} cannot be listened at: {error.strerror or error}") from error
    if not snapshot.settings.admin_token:
        print(f"No `admin_token` is set: for this run the API's token is {service.token}", file=sys.stderr)
    await told.wait()
    await service.stop()
    return FINE


def check(wanted: argparse.Namespace, config: Path) -> int:
    """Print every problem; 1 when one of them is an error."""
    found = check_files(config, os.environ)
    if wanted.format == "json":
        print(report.as_json(found))
    elif wanted.format == "github":
        print(report.as_github(found))
    else:
        print(report.as_text(found, color=sys.stdout.isatty()))
    return FINE if found.snapshot is not None else PROBLEMS


def init(wanted: argparse.Namespace, _config: Path) -> int:
    """Write the example configuration, rules and templates into a folder that does not have them yet."""
    folder: Path = wanted.dir
    config = folder / "config.yaml"
    if config.exists():
        raise BridgeError(f"{config} is there already; nothing was written. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped("config.example.yaml"), config)
    config.chmod(0o600)
    for name in ("rules", "templates"):
        shutil.copytree(shipped(name), folder / name, dirs_exist_ok=True)
    print(f"Written: {config}, {folder / 'rules'}, {folder / 'templates'}. Next:")
    print("  export CREADS_WEBHOOK_SECRET=…   # the secret of the webhook, from the Creads developer menu")
    print(f"  bridge --config {config} check")
    print(f"  bridge --config {config} serve")
    return FINE


# ---- send --------------------------------------------------------------------------------------


def send(wanted: argparse.Namespace, config: Path) -> int:
    """Post an event file, signed with the first secret of its source."""
    snapshot = loaded(config)
    source = snapshot.sources.get(wanted.source)
    if source is None:
        raise BridgeError(f"no source `{wanted.source}` in {config}; there are: {', '.join(snapshot.sources)}")
    try:
        body = wanted.file.read_bytes()
    except OSError as error:
        raise BridgeError(f"{wanted.file} cannot be read: {error.strerror}") from error
    host, port = snapshot.settings.listen_hooks or snapshot.settings.listen
    url = wanted.url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/hooks/{wanted.source}"  # noqa: S104
    try:
        response = requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **dict([source.sign(body, source.secrets[0])])},
            timeout=15,
        )
    except requests.RequestException as error:
        raise BridgeError(
            f"{url} does not answer: is `bridge serve` running there? ({type(error).__name__})"
        ) from error
    print(f"{response.status_code} {response.text.strip()}")
    return FINE if response.ok else PROBLEMS


# ---- explain, events, deliveries ---------------------------------------------------------------


def reading(work: Callable[[Store, Snapshot], Coroutine[Any, Any, int]], config: Path) -> int:
    """Run a command that looks into the store beside a running service."""
    snapshot = loaded(config)

    async def run() -> int:
        store = await Store.open(snapshot.settings.store, owner=f"cli:{os.getpid()}", releases=False)
        try:
            return await work(store, snapshot)
        finally:
            await store.close()

    return run_async(run())


def explain(wanted: argparse.Namespace, config: Path) -> int:
    """Explain a stored event, or an event file against the rules of now."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        if wanted.event.isdigit():
            row = await store.event(int(wanted.event))
            if row is None:
                raise BridgeError(f"there is no event {wanted.event}; `bridge events` lists what is kept")
            deliveries = await store.deliveries_of([row.id])
            matcher = await Matchers(store, lambda: snapshot).of(row.version)
            view = event_view(row, deliveries, snapshot, matcher)
        else:
            view = await explain_file(Path(wanted.event), snapshot, store, datetime.now(UTC))
        if wanted.rule:
            view["decisions"] = [item for item in view["decisions"] if item["rule"] == wanted.rule]
            view["deliveries"] = [item for item in view["deliveries"] if item["rule"] == wanted.rule]
            if not view["decisions"]:
                raise BridgeError(f"no rule `{wanted.rule}` looks at {view['type']} {view['action']}")
        print(pretty(view) if wanted.json else explained(view))
        return FINE

    return reading(work, config)


def explained(view: dict[str, Any]) -> str:
    """An event for people: each rule with the conditions that failed, each delivery with its attempts."""
    lines = [
        f"Event {view['id']}: {view['type']} {view['action']} {view['gid']} · {view['received_at']} · {view['state']}"
    ]
    for path, change in view["changes"].items():
        old, new = (change, change) if isinstance(change, str) else (brief(change["old"]), brief(change["new"]))
        lines.append(f"  {path}: {old} → {new}")
    for item in view["decisions"]:
        lines.append(f"{'✓' if item['fired'] else '✗'} {item['rule']}  ({item['file']}:{item['line']})")
        if item.get("reason"):
            lines.append(f"    {item['reason']}")
        for leaf in item["failed"]:
            why = leaf.get("reason") or f"found {brief(leaf['found'])}"
            lines.append(f"    {leaf['path']} {leaf['op']} {brief(leaf['expected'])}: {why}")
    for item in view["deliveries"]:
        why = f": {item['reason']}" if item["reason"] else ""
        lines.append(f"→ {item['destination']}: {item['state']}{why}  “{item['title']}”")
        for attempt in item["attempts"]:
            detail = f": {attempt['reason']}" if attempt["reason"] else ""
            lines.append(f"    {attempt['at']} {attempt['outcome']}{detail} ({attempt['took_ms']} ms)")
    if not view["decisions"]:
        lines.append("No rule looks at this event.")
    return "\n".join(logs.printable(line) for line in lines)


def brief(value: Any) -> str:
    """A value on one line, cut where it is long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"


def pretty(value: object) -> str:
    """JSON for people and programs."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def chosen(wanted: argparse.Namespace, states: tuple[str, ...]) -> dict[str, Any]:
    """The filters of a listing as arguments of the store's reads."""
    given = {
        name: str(value) for name, value in vars(wanted).items() if name not in ("command", "config", "json") and value
    }
    try:
        return filters(given, states)
    except BadFilter as error:
        raise BridgeError(str(error)) from error


def events(wanted: argparse.Namespace, config: Path) -> int:
    """List events."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        rows = await store.events(**chosen(wanted, EVENT_STATES))
        deliveries = await store.deliveries_of([row.id for row in rows])
        matchers = Matchers(store, lambda: snapshot)
        views = [
            event_view(row, [d for d in deliveries if d.event_id == row.id], snapshot, await matchers.of(row.version))
            for row in rows
        ]
        if wanted.json:
            print(pretty({"items": views, "next": None}))
        else:
            table("Event", "Received", "What", "State", "Rules", "Told", rows=[_event_line(view) for view in views])
        return FINE

    return reading(work, config)


def _event_line(view: dict[str, Any]) -> list[str]:
    rules = ", ".join(item["rule"] for item in view["decisions"] if item["fired"]) or "–"
    told = ", ".join(f"{item['destination']} {item['state']}" for item in view["deliveries"]) or "nobody"
    return [view["id"], view["received_at"], f"{view['type']} {view['action']}", view["state"], rules, told]


def deliveries(wanted: argparse.Namespace, config: Path) -> int:
    """List deliveries."""

    async def work(store: Store, _snapshot: Snapshot) -> int:
        rows = await store.deliveries(**chosen(wanted, DELIVERY_STATES))
        views = [delivery_view(row) for row in rows]
        if wanted.json:
            print(pretty({"items": views, "next": None}))
        else:
            lines = [
                [
                    v["id"],
                    v["event_id"] or "–",
                    v["destination"],
                    v["state"],
                    str(len(v["attempts"])),
                    v["title"],
                    v["reason"] or "",
                ]
                for v in views
            ]
            table("Delivery", "Event", "Destination", "State", "Tries", "Title", "Reason", rows=lines)
        return FINE

    return reading(work, config)


def table(*heads: str, rows: list[list[str]]) -> None:
    """Print a table; text from events cannot colour or move the terminal."""
    grid = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        grid.add_row(*(logs.printable(cell).replace("[", "\\[") for cell in row))
    Console().print(grid)


def run_demo(wanted: argparse.Namespace, config: Path) -> int:
    """The demo."""
    return run_async(demo(once=wanted.once))


COMMANDS: dict[str, Callable[[argparse.Namespace, Path], int]] = {
    "init": init,
    "serve": serve,
    "check": check,
    "demo": run_demo,
    "send": send,
    "explain": explain,
    "events": events,
    "deliveries": deliveries,
}
