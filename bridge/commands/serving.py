"""serve, demo."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from bridge.app import Service
from bridge.commands.checking import write_example
from bridge.commands.shared import FINE, PROBLEMS, begin_log, run_async
from bridge.config import report
from bridge.config.apart import parse_beside
from bridge.config.check import report_of
from bridge.config.lastgood import Loader
from bridge.config.parsing import RuleReader
from bridge.config.snapshot import Snapshot
from bridge.demo import demo
from bridge.errors import BridgeError
from bridge.rehearsal import failing

# Seconds. The thread that has committed waits this long for the interpreter, and with it all who wait for their 202.
SWITCH_INTERVAL = 0.0005


def serve(wanted: argparse.Namespace, config: Path) -> int:
    """Serve until SIGTERM or SIGINT."""
    if wanted.init and not config.exists():
        write_example(config)
        print(f"There was no {config}: an example was written, with rules and templates beside it.", file=sys.stderr)
    loader = Loader(config, os.environ, reader=RuleReader(parse_beside), verify=failing)
    found = report_of(loader.load(), config)
    if found.problems:
        print(report.as_text(found, color=sys.stderr.isatty()), file=sys.stderr)
    if found.snapshot is None:
        return PROBLEMS
    begin_log(found.snapshot)
    return run_async(serve_until_told(found.snapshot, loader))


async def serve_until_told(snapshot: Snapshot, loader: Loader) -> int:
    """Run a service until a signal ends it; SIGHUP reloads the files."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    service, told = Service(snapshot, loader), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    loop.add_signal_handler(signal.SIGHUP, service.reload)
    try:
        await service.start()
    except OSError as error:
        address = ":".join(map(str, snapshot.settings.listen))
        raise BridgeError(f"{address} cannot be listened at: {error.strerror or error}") from error
    if service.link:
        print(f"Open {service.door}", file=sys.stderr)
        print("(works once, for 10 minutes; later `admin_token` or `users` in the configuration)", file=sys.stderr)
    await told.wait()
    await service.stop()
    return FINE


def run_demo(wanted: argparse.Namespace, config: Path) -> int:
    """The demo."""
    return run_async(demo(once=wanted.once))
