"""What each command does; one dict COMMANDS."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

# Each is loaded when it is asked for: `bridge check` need not wait for what `bridge serve` brings along.
COMMANDS = {
    "init": "checking:init",
    "serve": "serving:serve",
    "check": "checking:check",
    "test": "testing:test",
    "backtest": "backtesting:backtest",
    "lint": "linting:lint",
    "schema": "linting:schema",
    "rules": "rules:rules",
    "password": "password:password",
    "demo": "serving:run_demo",
    "send": "sending:send",
    "explain": "showing:explain",
    "events": "showing:events",
    "deliveries": "showing:deliveries",
    "silence": "silencing:silence",
    "destinations": "destinations:destinations",
    "replay": "replaying:replay",
    "render": "rendering:render",
    "doctor": "doctoring:doctor",
    "backup": "keeping:backup",
    "restore": "keeping:restore",
    "migrate-store": "keeping:migrate_store",
}


def command(name: str) -> Callable[[argparse.Namespace, Path], int]:
    """The function behind a command: takes its arguments and the configuration's path, gives the exit code."""
    module, _, function = COMMANDS[name].partition(":")
    run: Callable[[argparse.Namespace, Path], int] = getattr(import_module(f"bridge.commands.{module}"), function)
    return run
