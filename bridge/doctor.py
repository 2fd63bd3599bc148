"""What bridge doctor looks at: each check says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import os
import queue
import shutil
import socket
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from platform import python_version
from typing import Literal

import requests

from bridge import __version__
from bridge.config.settings import Settings
from bridge.delivery.reach import goes_to, reach
from bridge.errors import StoreUnavailable
from bridge.model import Destination
from bridge.store import Store
from bridge.store.copies import damage_of
from bridge.store.urls import file_of

SECONDS = 5.0  # that a host may take to answer
LITTLE, VERY_LITTLE = 1 << 30, 100 << 20  # bytes of free disk
OLDEST = {"apprise": (2, 2, 0), "jinja2": (3, 1, 6)}  # older ones have known holes


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    check: str
    state: Literal["ok", "warning", "error"] = "ok"
    found: str
    help: str = ""  # what to do


def many(count: int, noun: str, nouns: str = "") -> str:
    """“1 error”, “2 errors”."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def of_versions() -> Iterator[Check]:
    """Whether libraries are new enough to be safe."""
    old = [name for name, least in OLDEST.items() if _numbers(version(name)) < least]
    found = f"Bridge {__version__}, Python {python_version()}, Apprise {version('apprise')}, Jinja {version('jinja2')}"
    if old:
        least = ", ".join(f"{name} {'.'.join(map(str, OLDEST[name]))}" for name in old)
        help = f"install {least} or newer: older ones have known holes"
        yield Check(check="versions", state="error", found=found, help=help)
    else:
        yield Check(check="versions", found=found)
    if os.getuid() == 0:
        yield Check(check="user", state="warning", found="this runs as root", help="run Bridge as a user of its own")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


# ---- files and disk ----------------------------------------------------------------------------


def of_permissions(settings: Settings) -> Iterator[Check]:
    """Whether others on this machine may read secrets and payloads."""
    store = file_of(settings.store)
    files = [settings.path, *([store, store.with_name(f"{store.name}-wal")] if store else [])]
    wide = [file for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    if wide:
        names = " ".join(str(file) for file in wide)
        found = f"others on this machine can read {', '.join(file.name for file in wide)}"
        yield Check(check="permissions", state="warning", found=found, help=f"chmod 600 {names}")
    else:
        yield Check(check="permissions", found="configuration and store are for their owner only")


def of_disk(settings: Settings) -> Iterator[Check]:
    """Whether there is room for what comes."""
    store = file_of(settings.store)
    if store is None:
        return
    folder = next(parent for parent in store.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB are free at {folder}"
    if free < LITTLE:
        state: Literal["warning", "error"] = "error" if free < VERY_LITTLE else "warning"
        yield Check(check="disk", state=state, found=found, help="make room, or shorten `keep` in the configuration")
    else:
        yield Check(check="disk", found=found)


# ---- store and clock ---------------------------------------------------------------------------


async def of_store(settings: Settings) -> list[Check]:
    """Whether the store can be reached, is whole and can be written, and what it says of the clock."""
    file = file_of(settings.store)
    if file is not None and not file.exists():
        return [Check(check="store", found=f"{file} does not exist yet: `bridge serve` makes it")]
    try:
        if file is not None and (damage := damage_of(file)):
            help = "stop the service, then `bridge restore FILE` with the last backup"
            return [Check(check="store", state="error", found=f"{file} is damaged: {damage}", help=help)]
        store = await Store.open(settings.store, owner=f"doctor:{os.getpid()}", releases=False)
        try:
            return [*await _waiting(store), *await _clock(store)]
        finally:
            await store.close()
    except StoreUnavailable as away:
        help = "start the server, or mend `store` in the configuration" if file is None else "see what it says"
        return [Check(check="store", state="error", found=str(away), help=help)]


async def _waiting(store: Store) -> Iterator[Check]:
    await store.lease("doctor", 1)  # that it can be written at all
    await store.drop_lease("doctor")
    stats, extent = await store.stats(), await store.counts.extent()
    found = f"about {extent.events} events, {extent.bytes / 1e6:.0f} MB; it can be written"
    checks = [Check(check="store", found=found)]
    for name, row in (await store.destination_states()).items():
        if row.state == "paused":
            why = f": {row.reason}" if row.reason else ""
            help = f"mend it, then `bridge destinations resume {name}`"
            checks.append(Check(check="paused", state="warning", found=f"{name} is paused{why}", help=help))
    if failed := stats.deliveries.get("failed", 0):
        help = "`bridge deliveries --state failed` gives the reasons, `bridge replay` sends them again"
        checks.append(
            Check(check="failed", state="warning", found=f"{many(failed, 'delivery', 'deliveries')} failed", help=help)
        )
    return iter(checks)


async def _clock(store: Store) -> Iterator[Check]:
    newest = max((await store.stats()).newest_event.values(), default=0.0)
    ahead = newest - time.time()
    if ahead > 60:
        found = f"the newest event came {ahead / 60:.0f} minutes from now: the clock was set back"
        help = "set the clock, and keep it with NTP; until then retries and clocks wait"
        return iter([Check(check="clock", state="error", found=found, help=help)])
    return iter([Check(check="clock", found=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))])


# ---- network -----------------------------------------------------------------------------------


def of_addresses(settings: Settings) -> Iterator[Check]:
    """Whether the service answers where it listens, and where people and senders look for it."""
    host, port = settings.listen
    here = f"http://{_near(host)}:{port}"
    runs = _healthy(here)
    if not runs and not _is_free(host, port):
        help = "stop the other program, or write another `listen`"
        yield Check(check="listen", state="error", found=f"another program has {host}:{port}", help=help)
    elif runs:
        yield Check(check="listen", found=f"the service answers at {host}:{port}")
    else:
        yield Check(check="listen", found=f"{host}:{port} is free; no service runs there now")
    if not runs or settings.public_url == here:
        return
    if _healthy(settings.public_url):
        yield Check(check="public_url", found=f"{settings.public_url} leads here")
    else:
        help = "look at the proxy and its certificate; links in messages begin with this address"
        found = f"{settings.public_url} does not lead to the service, as seen from here"
        yield Check(check="public_url", state="warning", found=found, help=help)


def _near(host: str) -> str:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- read, not listened on
    return f"[{near}]" if ":" in near else near


def _healthy(url: str) -> bool:
    try:
        answer = requests.get(f"{url}/healthz", timeout=SECONDS, allow_redirects=False)
    except requests.RequestException:
        return False
    return answer.status_code == 200 and '"ok"' in answer.text[:200]


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return True
    except OSError:
        return False


def of_destinations(destinations: Sequence[Destination]) -> Iterator[Check]:
    """Whether their hosts can be reached, all at once."""
    places = {one.name: goes_to(one) for one in destinations if one.kind.name != "console"}
    answers = _reached([place for place in places.values() if place])
    for one in destinations:
        name, place = f"destination {one.name}", places.get(one.name)
        if one.kind.name == "console":
            yield Check(check=name, found="prints here")
        elif place is None:
            yield Check(check=name, found=f"where {one.kind.name} connects to cannot be told without sending")
        elif wrong := answers[place]:
            help = "look at its `url`, the name server, the firewall and proxies"
            yield Check(check=name, state="error", found=wrong, help=help)
        else:
            yield Check(check=name, found=f"{place[0]}:{place[1]} answers")
    if proxies := sorted(key for key in os.environ if key.lower() in ("http_proxy", "https_proxy", "all_proxy")):
        yield Check(check="proxy", found=f"{', '.join(proxies)} is set: messages go through it")


def _reached(places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What is wrong with each place. A name server may take longer than we wait: its thread is left behind."""
    told: queue.Queue[tuple[tuple[str, int], str]] = queue.Queue()
    found = dict.fromkeys(places, f"no answer within {SECONDS:g} s")
    for place in found:
        threading.Thread(target=_reach, args=(place, told), daemon=True).start()
    end = time.monotonic() + 2 * SECONDS
    for _ in list(found):
        try:
            place, wrong = told.get(timeout=max(0.01, end - time.monotonic()))
        except queue.Empty:
            break
        found[place] = wrong
    return found


def _reach(place: tuple[str, int], told: queue.Queue[tuple[tuple[str, int], str]]) -> None:
    told.put((place, reach(*place, SECONDS)))
