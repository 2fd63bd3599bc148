"""init, check: the files alone."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from bridge.commands.shared import FINE, PROBLEMS
from bridge.config import report
from bridge.config.check import check as check_files
from bridge.config.shipped import shipped
from bridge.config.snapshot import in_order
from bridge.errors import BridgeError
from bridge.model import replace


def check(wanted: argparse.Namespace, config: Path) -> int:
    """Print every problem; 1 when one of them is an error."""
    found = check_files(config, os.environ)
    if found.snapshot is not None and found.snapshot.tests:
        from bridge.rehearsal import failing  # noqa: PLC0415 -- brings the store and all it needs

        found = replace(found, problems=in_order([*found.problems, *failing(found.snapshot)]))
    if wanted.format == "json":
        print(report.as_json(found))
    elif wanted.format == "github":
        print(report.as_github(found))
    else:
        print(report.as_text(found, color=sys.stdout.isatty()))
    return PROBLEMS if found.errors else FINE


def init(wanted: argparse.Namespace, _config: Path) -> int:
    """Write the example configuration, rules and templates into a folder that does not have them yet."""
    folder: Path = wanted.dir
    config = folder / "config.yaml"
    if config.exists():
        raise BridgeError(f"{config} is there already; nothing was written. Choose another folder.")
    write_example(config)
    print(f"Written: {config}, {folder / 'rules'}, {folder / 'templates'}. Next:")
    print("  export CREADS_WEBHOOK_SECRET=…   # the secret of the webhook, from the Creads developer menu")
    print(f"  bridge --config {config} check")
    print(f"  bridge --config {config} serve")
    return FINE


def write_example(config: Path) -> None:
    """Write config.yaml, rules and templates; raises BridgeError where that cannot be."""
    folder = config.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("rules", "templates"):
            shutil.copytree(shipped(name), folder / name, dirs_exist_ok=True)
        shutil.copyfile(shipped("config.example.yaml"), config)
        config.chmod(0o600)
    except OSError as error:
        raise BridgeError(
            f"{error.filename or folder} cannot be written: {error.strerror}. "
            f"Give {folder} to the user that Bridge runs as: `chown -R {os.getuid()}:{os.getgid()}`"
        ) from error
