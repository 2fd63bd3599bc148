"""doctor: everything that may be wrong around Bridge, and what to do about it."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bridge import doctor as looks
from bridge import logs
from bridge.commands.shared import FINE, PROBLEMS, begin_log, pretty, run_async
from bridge.config.check import check as check_files
from bridge.doctor import Check, many

SIGNS = {"ok": "✓", "warning": "!", "error": "✗"}


def doctor(wanted: argparse.Namespace, config: Path) -> int:
    """Print what was looked at; 1 when something is wrong. Nothing is sent."""
    checks = list(_checks(config))
    print(pretty({"checks": checks}) if wanted.json else as_text(checks))
    return PROBLEMS if any(one.state == "error" for one in checks) else FINE


def _checks(config: Path) -> Iterator[Check]:
    yield from looks.of_versions()
    found = check_files(config, os.environ)
    counts = Counter(problem.severity for problem in found.problems)
    told = ", ".join(many(counts[what], what) for what in ("error", "warning") if counts[what])
    if found.snapshot is None:
        yield Check(check="config", state="error", found=f"{config}: {told}", help="`bridge check` names them")
        return
    begin_log(found.snapshot)
    settings = found.snapshot.settings
    if told:
        yield Check(check="config", state="warning", found=f"{config}: {told}", help="`bridge check` names them")
    else:
        rules, places = len(found.snapshot.rules), len(settings.destinations)
        yield Check(check="config", found=f"{config}: {many(rules, 'rule')}, {many(places, 'destination')}")
    yield from looks.of_permissions(settings)
    yield from looks.of_disk(settings)
    yield from run_async(looks.of_store(settings))
    yield from looks.of_addresses(settings)
    yield from looks.of_destinations(list(settings.destinations.values()))


def as_text(checks: list[Check]) -> str:
    """A line for each, with what to do below it."""
    lines = []
    for one in checks:
        lines.append(f"{SIGNS[one.state]} {one.check}: {one.found}")
        if one.help:
            lines.append(f"    → {one.help}")
    wrong = sum(one.state == "error" for one in checks)
    lines.append(f"{len(checks)} checks, {many(wrong, 'error') if wrong else 'no error'}")
    return "\n".join(logs.printable(line) for line in lines)
