"""What each command does; one dict COMMANDS."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bridge.commands.backtesting import backtest
from bridge.commands.destinations import destinations
from bridge.commands.linting import lint, schema
from bridge.commands.password import password
from bridge.commands.replaying import replay
from bridge.commands.rules import rules
from bridge.commands.sending import send
from bridge.commands.serving import check, init, run_demo, serve
from bridge.commands.showing import deliveries, events, explain
from bridge.commands.silencing import silence
from bridge.commands.testing import test

COMMANDS: dict[str, Callable[[argparse.Namespace, Path], int]] = {
    "init": init,
    "serve": serve,
    "check": check,
    "test": test,
    "backtest": backtest,
    "lint": lint,
    "schema": schema,
    "rules": rules,
    "password": password,
    "demo": run_demo,
    "send": send,
    "explain": explain,
    "events": events,
    "deliveries": deliveries,
    "silence": silence,
    "destinations": destinations,
    "replay": replay,
}
