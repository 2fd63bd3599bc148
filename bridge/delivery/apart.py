"""Asks Apprise of addresses in a process that ends: in the service it would take 50 MB for good."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection

import msgspec

from bridge.delivery.check import UrlProblem, asks_apprise, check_url, known

PATIENCE = 60.0  # seconds; a thousand faulty addresses take three


def check_ahead(urls: Collection[str]) -> None:
    """Have `check_url` know the answers for these; where no process can be had, it finds them itself."""
    wanted = sorted({url for url in urls if asks_apprise(url) and url not in known})
    if not wanted or "apprise" in sys.modules:
        return
    # The child finds its modules where this process does, however that was started.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from bridge.delivery.apart import main; main()"],
            input=msgspec.json.encode(wanted),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=PATIENCE,
            check=True,
            start_new_session=True,  # Ctrl-C in the terminal is for the service
        )
        found = msgspec.json.decode(done.stdout, type=list[list[UrlProblem]])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError):
        return
    known.update(zip(wanted, found, strict=True))


def main() -> None:
    """The child: addresses come in as a JSON list, what is wrong with each goes out."""
    urls = msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])
    sys.stdout.buffer.write(msgspec.json.encode([check_url(url) for url in urls]))
