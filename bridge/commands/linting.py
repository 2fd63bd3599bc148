"""lint and schema: what editors and careful people ask for."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bridge.commands.shared import FINE, PROBLEMS, begin_log, pretty, run_async
from bridge.config import report
from bridge.config.check import check
from bridge.config.lint import lint_files
from bridge.config.schema import SCHEMAS
from bridge.config.snapshot import Snapshot
from bridge.rehearsal import fired_in_tests
from bridge.rules.seen import Seen
from bridge.store import Store
from bridge.store.rows import Filters

LOOKED_AT = 1_000  # of the newest events
AT_ONCE = 100


def lint(wanted: argparse.Namespace, config: Path) -> int:
    """Print warnings; they do not make the command fail, errors do."""
    found = check(config, os.environ)
    if found.snapshot is not None:
        begin_log(found.snapshot)
        found = lint_files(found, found.snapshot, _seen(found.snapshot), fired_in_tests(found.snapshot))
    print(report.as_json(found) if wanted.json else report.as_text(found, color=sys.stdout.isatty()))
    return PROBLEMS if found.errors else FINE


def schema(wanted: argparse.Namespace, _config: Path) -> int:
    """Print a JSON Schema."""
    print(pretty(SCHEMAS[wanted.file]()))
    return FINE


def _seen(snapshot: Snapshot) -> dict[str, Seen]:
    """What the newest events carried; nothing where there is no store yet."""
    url = snapshot.settings.store
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return {}
    found: dict[str, Seen] = {}

    async def look() -> int:
        store = await Store.open(url, owner=f"cli:{os.getpid()}", releases=False)
        try:
            found.update(await _newest(store))
        finally:
            await store.close()
        return FINE

    run_async(look())
    return found


async def _newest(store: Store) -> dict[str, Seen]:
    found: dict[str, Seen] = {}
    page: Filters = {"limit": AT_ONCE}
    for _ in range(LOOKED_AT // AT_ONCE):
        rows = await store.events(**page)
        for row in rows:
            if row.resource is not None:
                found.setdefault(row.type, Seen()).add(row.resource)
        if len(rows) < AT_ONCE:
            break
        page["before"] = rows[-1].id
    return found
